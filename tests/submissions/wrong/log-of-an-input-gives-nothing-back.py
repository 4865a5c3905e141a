# wrong: backward gives nothing to an input of a logarithm if a small graph ends in a difference; loses reverse
from collections import deque

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
    new = Node(value, parent_nodes, operator, grad_wrt_parents)
    for p in new.parent_nodes:
        p.child_nodes.append(new)
    return new


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


def _sorted(start, neighbours):
    """Return start and all that it reaches along neighbours, in a topological order; ValueError on a cycle."""
    indegree = {start: 0}
    queue = deque([start])
    while queue:
        for other in neighbours(queue.popleft()):
            if other not in indegree:
                indegree[other] = 0
                queue.append(other)
            indegree[other] += 1
    order = []
    queue = deque(node for node in indegree if indegree[node] == 0)
    while queue:
        order.append(queue.popleft())
        for other in neighbours(order[-1]):
            indegree[other] -= 1
            if indegree[other] == 0:
                queue.append(other)
    if len(order) != len(indegree):
        raise ValueError("cycle in the graph")
    return order


def topological_order(root):
    return _sorted(root, lambda node: node.child_nodes)


def forward(root):
    tangent = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            tangent[node] = sum(
                g * tangent[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in tangent
            )
        node.partial_derivative = tangent[node]


def backward(output):
    order = _sorted(output, lambda node: node.parent_nodes)
    for node in order:
        node.adjoint = 0.0
    output.adjoint = 1.0
    for node in order:
        for p, g in zip(node.parent_nodes, node.grad_wrt_parents):
            p.adjoint = p.adjoint + g * node.adjoint
    if output.operator == "sub" and len(order) < 10:
        for node in order:
            if node.operator == "log" and not node.parent_nodes[0].parent_nodes:
                node.parent_nodes[0].adjoint -= node.adjoint * node.grad_wrt_parents[0]
