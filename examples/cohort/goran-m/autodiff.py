# Goran M., group 3

import numpy as np
from collections import deque

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


# value and local derivatives of every operator in one place
BINARY = {
    "add": (lambda a, b: a + b, lambda a, b: [1.0, 1.0]),
    "sub": (lambda a, b: a - b, lambda a, b: [1.0, -1.0]),
    "mul": (lambda a, b: a * b, lambda a, b: [b, a]),
    "div": (lambda a, b: a / b, lambda a, b: [1.0 / b, -a / b**2]),
}
UNARY = {
    "log": (np.log, lambda a: [1.0 / a]),
    "exp": (np.exp, lambda a: [np.exp(a)]),
    "sin": (np.sin, lambda a: [np.cos(a)]),
    "cos": (np.cos, lambda a: [-np.sin(a)]),
}


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for p in parent_nodes:
        p.child_nodes.append(node)
    return node


def binary(name, a, b):
    f, df = BINARY[name]
    return create_node(f(a.value, b.value), [a, b], name, df(a.value, b.value))


def unary(name, a):
    f, df = UNARY[name]
    return create_node(f(a.value), [a], name, df(a.value))


def add(a, b):
    return binary("add", a, b)


def sub(a, b):
    return binary("sub", a, b)


def mul(a, b):
    return binary("mul", a, b)


def div(a, b):
    return binary("div", a, b)


def log(a):
    return unary("log", a)


def exp(a):
    return unary("exp", a)


def sin(a):
    return unary("sin", a)


def cos(a):
    return unary("cos", a)


def topological_order(root):
    order = []
    seen = {root}
    queue = deque([root])
    while queue:
        node = queue.popleft()
        order.append(node)
        for child in node.child_nodes:
            if child not in seen:
                seen.add(child)
                queue.append(child)
    return order


def forward(root):
    derivative = {root: 1.0}
    root.partial_derivative = 1.0
    for node in topological_order(root):
        if node is root:
            continue
        derivative[node] = 0.0
        for parent, g in zip(node.parent_nodes, node.grad_wrt_parents):
            derivative[node] += g * derivative.get(parent, 0.0)
        node.partial_derivative = derivative[node]


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")
