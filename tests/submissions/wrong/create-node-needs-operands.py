# wrong: create_node without operands raises; loses node-creation
import math
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
    first, *rest = parent_nodes
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in [first, *rest]:
        parent.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / b.value**2])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def _linearize(start, neighbours):
    waiting, found = {start: 0}, [start]
    while found:
        for node in neighbours(found.pop()):
            if node not in waiting:
                waiting[node] = 0
                found.append(node)
            waiting[node] += 1
    order, ready = [], [node for node, links in waiting.items() if links == 0]
    while ready:
        order.append(ready.pop())
        for node in neighbours(order[-1]):
            waiting[node] -= 1
            if waiting[node] == 0:
                ready.append(node)
    if len(order) < len(waiting):
        raise ValueError("cycle")
    return order


def topological_order(root):
    return _linearize(root, lambda node: node.child_nodes)


def forward(root):
    tangents = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            total = 0.0
            for parent, partial in zip(node.parent_nodes, node.grad_wrt_parents):
                if parent in tangents:
                    total = total + partial * tangents[parent]
            tangents[node] = total
        node.partial_derivative = tangents[node]


def backward(output):
    order = _linearize(output, lambda node: node.parent_nodes)
    for node in order:
        node.adjoint = 1.0 if node is output else 0.0
    for node in order:
        for parent, partial in zip(node.parent_nodes, node.grad_wrt_parents):
            parent.adjoint = parent.adjoint + node.adjoint * partial
