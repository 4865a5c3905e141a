# right: sorts the reachable nodes by the length of the longest path that leads to them
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


def topological_order(root):
    reachable = {root: None}
    stack = [root]
    while stack:
        new = {child: None for child in stack.pop().child_nodes if child not in reachable}
        reachable |= new
        stack.extend(new)
    level = {root: 0}

    def find_level(node):
        if node not in level:
            level[node] = 1 + max(find_level(p) for p in node.parent_nodes if p in reachable)
        return level[node]

    return sorted(reachable, key=find_level)


def forward(root):
    tangent = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            tangent[node] = sum(
                g * tangent[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in tangent
            )
        node.partial_derivative = tangent[node]
