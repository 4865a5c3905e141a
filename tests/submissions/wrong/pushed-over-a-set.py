# wrong: pushes over set(child_nodes): an operand that appears twice counts once; loses forward
import math

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
    return create_node(a.value / b.value, [a, b], "div", [1 / b.value, -a.value / b.value**2])


def log(a):
    return create_node(math.log(a.value), [a], "log", [1 / a.value])


def exp(a):
    return create_node(math.exp(a.value), [a], "exp", [math.exp(a.value)])


def sin(a):
    return create_node(math.sin(a.value), [a], "sin", [math.cos(a.value)])


def cos(a):
    return create_node(math.cos(a.value), [a], "cos", [-math.sin(a.value)])


def topological_order(root):
    visited = set()
    order = []

    def visit(node):
        if node in visited:
            return
        visited.add(node)
        for child in node.child_nodes:
            visit(child)
        order.append(node)

    visit(root)
    return order[::-1]


def forward(root):
    order = topological_order(root)
    for node in order:
        node.partial_derivative = 0.0
    root.partial_derivative = 1.0
    for node in order:
        for child in set(node.child_nodes):
            i = child.parent_nodes.index(node)
            child.partial_derivative += child.grad_wrt_parents[i] * node.partial_derivative


def backward(output):
    raise NotImplementedError
