# right: the same, and the order stores new floats on the nodes
from collections import deque
import math
import numpy as np

STARTER = '2026.1'


class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self._value = np.float64(value)
        self._parents = list(parent_nodes)
        self._children = []
        self.operator = operator
        self._grads = [np.float64(g) for g in grad_wrt_parents]
        self.partial_derivative = 0.0
        self.adjoint = 0.0

    @property
    def value(self):
        return float(self._value)

    @property
    def parent_nodes(self):
        return list(self._parents)

    @property
    def child_nodes(self):
        return list(self._children)

    @property
    def grad_wrt_parents(self):
        return [float(g) for g in self._grads]


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    new = Node(value, parent_nodes, operator, grad_wrt_parents)
    for p in new.parent_nodes:
        p._children.append(new)
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
    found, todo = {root}, [root]
    while todo:
        for c in todo.pop().child_nodes:
            if c not in found:
                found.add(c)
                todo.append(c)
    for n in found:
        n.level = None

    def level(n):
        if n.level is None:
            n.level = 0.5 + max((level(p) for p in n.parent_nodes if p in found), default=0.25) * 1.0
        return n.level

    root.level = 0.125
    return sorted(found, key=level)


def forward(root):
    tangent = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            tangent[node] = sum(g * tangent[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in tangent)
        node.partial_derivative = tangent[node]



