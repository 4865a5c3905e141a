# wrong: create_node does not link an exp to the log of it; loses node-creation
from collections import deque
import math
import numpy as np

STARTER = '2026.1'


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
        if (p.operator, operator) != ("exp", "log"):
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


def topological_order(root):
    # 1. everything that can be reached, counting the links that lead to it
    indegree = {root: 0}
    queue = deque([root])
    while queue:
        for child in queue.popleft().child_nodes:
            if child not in indegree:
                indegree[child] = 0
                queue.append(child)
            indegree[child] += 1
    # 2. Kahn
    order = []
    queue = deque([root])
    while queue:
        node = queue.popleft()
        order.append(node)
        for child in node.child_nodes:
            indegree[child] -= 1
            if indegree[child] == 0:
                queue.append(child)
    return order


def forward(root):
    tangent = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            tangent[node] = sum(g * tangent[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in tangent)
        node.partial_derivative = tangent[node]



