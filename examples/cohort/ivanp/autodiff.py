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


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / (b.value**2)])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    ordering = []
    visited = set()

    def dfs(node):
        visited.add(node)
        for child in node.child_nodes:
            if child not in visited:
                dfs(child)
        ordering.append(node)

    dfs(root)
    return list(reversed(ordering))


def forward(root):
    root.partial_derivative = 1.0
    ordering = topological_order(root)
    for node in ordering[1:]:
        partial_derivative = 0.0
        for i in range(len(node.parent_nodes)):
            dnode_dparent = node.grad_wrt_parents[i]
            dparent_droot = node.parent_nodes[i].partial_derivative
            partial_derivative += dnode_dparent * dparent_droot
        node.partial_derivative = partial_derivative
        print(node.operator, node.value, node.partial_derivative)


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")
