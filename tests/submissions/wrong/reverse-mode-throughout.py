# wrong: written for reverse mode: no child is linked, the order walks the operands, forward sweeps backwards; loses node-creation, topological-order, forward
import numpy as np

STARTER = "2026.1"


class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)
        self.child_nodes = []
        self.operator = operator
        self.grad_wrt_parents = list(grad_wrt_parents)
        self.partial_derivative = 0.0
        self.adjoint = 0.0


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    return Node(value, parent_nodes, operator, grad_wrt_parents)


def add(a, b):
    value = a.value + b.value
    return create_node(value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    value = a.value - b.value
    return create_node(value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    value = a.value * b.value
    return create_node(value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    value = a.value / b.value
    return create_node(value, [a, b], "div", [1.0 / b.value, -value / b.value])


def log(a):
    value = np.log(a.value)
    return create_node(value, [a], "log", [1.0 / a.value])


def exp(a):
    value = np.exp(a.value)
    return create_node(value, [a], "exp", [value])


def sin(a):
    value = np.sin(a.value)
    return create_node(value, [a], "sin", [np.cos(a.value)])


def cos(a):
    value = np.cos(a.value)
    return create_node(value, [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    order, seen = [], set()

    def build(node):
        if node not in seen:
            seen.add(node)
            for p in node.parent_nodes:
                build(p)
            order.append(node)

    build(root)
    return order[::-1]


def forward(root):
    order = topological_order(root)
    for node in order:
        node.partial_derivative = 0.0
    root.partial_derivative = 1.0
    for node in order:
        for p, g in zip(node.parent_nodes, node.grad_wrt_parents):
            p.partial_derivative += g * node.partial_derivative
