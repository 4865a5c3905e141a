"""Forward-mode automatic differentiation on an explicit graph (after arXiv 2402.16020)."""

import math

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
    """Make the node and link it from all of its parents."""
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    [parent.child_nodes.append(node) for parent in parent_nodes]
    return node


def add(a, b):
    """a + b: d/da = 1, d/db = 1"""
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    """a - b"""
    return create_node(a.value - b.value, [a, b], "sub", [1.0, 1.0])


def mul(a, b):
    """a * b: d/da = b, d/db = a"""
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    """a / b"""
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, a.value / b.value**2])


def log(a):
    """log a: d/da = 1 / a"""
    return create_node(math.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    """exp a: its own derivative"""
    return create_node(math.exp(a.value), [a], "exp", [math.exp(a.value)])


def sin(a):
    """sin a: d/da = cos a"""
    return create_node(math.sin(a.value), [a], "sin", [math.cos(a.value)])


def cos(a):
    """cos a: d/da = -sin a"""
    return create_node(math.cos(a.value), [a], "cos", [-math.sin(a.value)])


def topological_order(root):
    """Reverse of the order in which a depth-first search leaves the nodes."""
    left = []
    seen = {id(root)}

    def enter(node):
        for child in node.child_nodes:
            if id(child) not in seen:
                seen.add(id(child))
                enter(child)
        left.append(node)

    enter(root)
    return left[::-1]


def forward(root):
    """One sweep over the nodes that root reaches."""
    sweep = topological_order(root)
    inside = {id(node) for node in sweep}
    for node in sweep:
        if node is root:
            node.partial_derivative = 1.0
        else:
            node.partial_derivative = math.fsum(
                g * p.partial_derivative for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if id(p) in inside
            )


def backward(output):
    """Set adjoint to d output / d node on output and on every node it was computed from."""
    raise NotImplementedError("backward is not written yet (step reverse)")
