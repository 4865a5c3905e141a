"""Forward-mode automatic differentiation on an explicit graph (after arXiv 2402.16020).

Build f(x1, x2) = log x1 + x1 x2 - sin x2 at (2, 5) and ask what x1 does to it:

    x1, x2 = Node(2.0), Node(5.0)
    y = sub(add(log(x1), mul(x1, x2)), sin(x2))
    forward(x1)                     # x1 is the ROOT: the input whose influence is followed
    y.partial_derivative            # d y / d x1 = 5.5

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
    """Return a new node that knows its operands, and that each operand knows as a child."""
    n = Node(value, parent_nodes, operator, grad_wrt_parents)
    for i in range(len(parent_nodes)):
        parent_nodes[i].child_nodes.append(n)
    return n


def add(a, b):
    """Return the node a + b."""
    value = a.value + b.value
    return create_node(value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    """Return the node a - b."""
    value = a.value - b.value
    return create_node(value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    """Return the node a * b."""
    value = a.value * b.value
    return create_node(value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    """Return the node a / b."""
    value = a.value / b.value
    grad_a = 1.0 / b.value
    grad_b = (-a.value) / (b.value**2)
    return create_node(value, [a, b], "div", [grad_a, grad_b])


def log(a):
    """Return the node log a, the natural logarithm."""
    value = np.log(a.value)
    return create_node(value, [a], "log", [1.0 / a.value])


def exp(a):
    """Return the node e to the a."""
    value = np.exp(a.value)
    return create_node(value, [a], "exp", [value])


def sin(a):
    """Return the node sin a, a in radians."""
    value = np.sin(a.value)
    return create_node(value, [a], "sin", [np.cos(a.value)])


def cos(a):
    """Return the node cos a, a in radians."""
    value = np.cos(a.value)
    return create_node(value, [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    """Return root and every node reachable from it along child_nodes, each once, each after its reachable parents."""
    raise NotImplementedError("topological_order is not written yet (step topological-order)")


def forward(root):
    """Set partial_derivative to d node / d root on root and on every node reachable from it."""
    raise NotImplementedError("forward is not written yet (step forward)")


def backward(output):
    """Set adjoint to d output / d node on output and on every node it was computed from."""
    raise NotImplementedError("backward is not written yet (step reverse)")
