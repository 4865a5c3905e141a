"""Forward-mode automatic differentiation on an explicit graph (after arXiv 2402.16020).

Lucía F., second attempt
"""

import numpy as np

STARTER = "2026.1"


class Node:
    """One number of the computation, what it was computed from, and what was computed from it."""

    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)  # the operands, in operand order; x * x holds x twice
        self.child_nodes = []  # the nodes computed from this one
        self.operator = operator  # "input", or the name of the function that made the node
        self.grad_wrt_parents = list(grad_wrt_parents)  # d self / d operand, one per operand
        self.partial_derivative = 0.0  # d self / d root, after forward(root)
        self.adjoint = 0.0  # d output / d self, after backward(output)


def link(node):
    for parent in node.parent_nodes:
        parent.child_nodes.append(node)
    return node


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    return link(Node(value, parent_nodes, operator, grad_wrt_parents))


def add(a, b):
    return link(Node(a.value + b.value, [a, b], "add", [1.0, 1.0]))


def sub(a, b):
    return link(Node(a.value - b.value, [a, b], "sub", [1.0, -1.0]))


def mul(a, b):
    return link(Node(a.value * b.value, [a, b], "mul", [b.value, a.value]))


def div(a, b):
    num, den = a.value, b.value
    return link(Node(num / den, [a, b], "div", [1 / den, -num / den**2]))


def log(a):
    return link(Node(np.log(a.value), [a], "log", [1 / a.value]))


def exp(a):
    y = np.exp(a.value)
    return link(Node(y, [a], "exp", [y]))


def sin(a):
    return link(Node(np.sin(a.value), [a], "sin", [np.cos(a.value)]))


def cos(a):
    return link(Node(np.cos(a.value), [a], "cos", [-np.sin(a.value)]))


def topological_order(root):
    """First see what is below root, then take each node as soon as its parents are in."""
    below = {}

    def explore(node):
        if node not in below:
            below[node] = False
            for child in node.child_nodes:
                explore(child)

    explore(root)

    order = [root]
    below[root] = True
    for node in order:  # grows while we walk along it
        for child in node.child_nodes:
            parents_inside = [p for p in child.parent_nodes if p in below]
            if not below[child] and all(below[p] for p in parents_inside):
                below[child] = True
                order.append(child)
    return order


def forward(root):
    derivatives = {root: 1.0}
    for node in topological_order(root)[1:]:
        parts = zip(node.grad_wrt_parents, node.parent_nodes)
        derivatives[node] = sum(g * derivatives[p] for g, p in parts if p in derivatives)
    for node, d in derivatives.items():
        node.partial_derivative = d
    return derivatives


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")


# the example from the handout
x1, x2 = Node(2.0), Node(5.0)
y = sub(add(log(x1), mul(x1, x2)), sin(x2))
forward(x1)
print("dy/dx1:", y.partial_derivative)

# my own example
a = Node(0.3)
z = mul(exp(a), tanh(a))
forward(a)
print("dz/da:", z.partial_derivative)
