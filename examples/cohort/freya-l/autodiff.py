"""Forward-mode automatic differentiation on an explicit graph (after arXiv 2402.16020).

In this file `root` is always an input (or intermediate) node and never the output.
Constants are nodes too: Node(2.0), a new one at each use.
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


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes += [node]
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    return create_node(a.value / b.value, [a, b], "div", [1 / b.value, -a.value * b.value**-2.0])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1 / a.value])


def exp(a):
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    """Depth first search, then turned round."""
    seen, result = set(), []

    def dfs(node):
        if node in seen:
            return
        seen.add(node)
        for child in node.child_nodes:
            dfs(child)
        result.insert(0, node)

    dfs(root)
    return result


def forward(root):
    """Hand derivatives on from parents to children, in topological order."""
    nodes = topological_order(root)
    for node in nodes:
        node.partial_derivative = 0.0
    root.partial_derivative = 1.0
    for node in nodes:
        for child in node.child_nodes:
            for k, parent in enumerate(child.parent_nodes):
                if parent is node:
                    child.partial_derivative = child.grad_wrt_parents[k] * node.partial_derivative


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")
