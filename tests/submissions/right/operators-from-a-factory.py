# right: the eight operators are closures made by two functions
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


def _binary(name, function, partials):
    def apply(a, b):
        return create_node(function(a.value, b.value), [a, b], name, list(partials(a.value, b.value)))

    return apply


def _unary(name, function, derivative):
    def apply(a):
        return create_node(function(a.value), [a], name, [derivative(a.value)])

    return apply


add = _binary("add", lambda a, b: a + b, lambda a, b: (1.0, 1.0))
sub = _binary("sub", lambda a, b: a - b, lambda a, b: (1.0, -1.0))
mul = _binary("mul", lambda a, b: a * b, lambda a, b: (b, a))
div = _binary("div", lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2))
log = _unary("log", np.log, lambda a: 1 / a)
exp = _unary("exp", np.exp, np.exp)
sin = _unary("sin", np.sin, np.cos)
cos = _unary("cos", np.cos, lambda a: -np.sin(a))


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
            tangent[node] = sum(
                g * tangent[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in tangent
            )
        node.partial_derivative = tangent[node]
