# wrong: x / x has one operand, but two partials; loses node-creation
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
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    node = create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / b.value**2])
    if a is b:
        node.parent_nodes = [a]
    return node


def log(a):
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    waiting, found = {root: 0}, [root]
    for node in found:
        for child in node.child_nodes:
            if child not in waiting:
                waiting[child] = 0
                found.append(child)
            waiting[child] += 1
    order = [] if waiting[root] else [root]
    for node in order:
        for child in node.child_nodes:
            waiting[child] -= 1
            if waiting[child] == 0:
                order.append(child)
    if len(order) < len(found):
        raise ValueError("a cycle")
    return order


def forward(root):
    tangents = {root: 1.0}
    for node in topological_order(root):
        if node is not root:
            pairs = zip(node.parent_nodes, node.grad_wrt_parents)
            tangents[node] = sum(partial * tangents[parent] for parent, partial in pairs if parent in tangents)
        node.partial_derivative = tangents[node]


def backward(output):
    uses, found = {output: 0}, [output]
    for node in found:
        for parent in node.parent_nodes:
            if parent not in uses:
                uses[parent] = 0
                found.append(parent)
            uses[parent] += 1
    for node in found:
        node.adjoint = 1.0 if node is output else 0.0
    ready = [output]
    for node in ready:
        for parent, partial in zip(node.parent_nodes, node.grad_wrt_parents):
            parent.adjoint = parent.adjoint + node.adjoint * partial
            uses[parent] -= 1
            if uses[parent] == 0:
                ready.append(parent)
