"""Forward-mode automatic differentiation, Amara O."""

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


# ---------- step 1 ----------


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    new = Node(value, parent_nodes, operator, grad_wrt_parents)
    # tell the parents that they have a child now
    for p in new.parent_nodes:
        p.child_nodes.append(new)
    return new


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1, 1])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1, -1])


def mul(a, b):
    # product rule: d(ab)/da = b, d(ab)/db = a
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    # quotient rule with u' = 1 or v' = 1
    da = 1 / b.value
    db = -a.value / (b.value * b.value)
    return create_node(a.value / b.value, [a, b], "div", [da, db])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1 / a.value])


def exp(a):
    e = np.exp(a.value)
    return create_node(e, [a], "exp", [e])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


# ---------- step 2 ----------


def topological_order(root):
    visited = set()
    finished = []

    def visit(node):
        visited.add(node)
        for child in node.child_nodes:
            if child not in visited:
                visit(child)
        # everything after this node is finished, so it goes in front of them (list is reversed below)
        finished.append(node)

    visit(root)
    finished.reverse()
    return finished


# ---------- step 3 ----------


def forward(root):
    order = topological_order(root)
    reached = set(order)

    root.partial_derivative = 1.0
    for node in order[1:]:
        total = 0.0
        for i in range(len(node.parent_nodes)):
            parent = node.parent_nodes[i]
            if parent in reached:
                total += node.grad_wrt_parents[i] * parent.partial_derivative
        node.partial_derivative = total


def backward(output):
    """Set adjoint to d output / d node on output and on every node it was computed from."""
    raise NotImplementedError("backward is not written yet (step reverse)")


if __name__ == "__main__":
    x1, x2 = Node(2.0), Node(5.0)
    y = sub(add(log(x1), mul(x1, x2)), sin(x2))
    forward(x1)
    print("dy/dx1 =", y.partial_derivative, "should be 5.5")
    forward(x2)
    print("dy/dx2 =", y.partial_derivative, "should be", 2 - np.cos(5.0))
