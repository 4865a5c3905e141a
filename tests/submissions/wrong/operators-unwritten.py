# wrong: create_node and the operators are not written, what follows is; loses node-creation
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
    raise NotImplementedError("create_node")


def add(a, b):
    raise NotImplementedError("add")


def sub(a, b):
    raise NotImplementedError("sub")


def mul(a, b):
    raise NotImplementedError("mul")


def div(a, b):
    raise NotImplementedError("div")


def log(a):
    raise NotImplementedError("log")


def exp(a):
    raise NotImplementedError("exp")


def sin(a):
    raise NotImplementedError("sin")


def cos(a):
    raise NotImplementedError("cos")


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
    reachable = set(order)
    root.partial_derivative = 1.0
    for node in order[1:]:
        total = 0.0
        for parent, grad in zip(node.parent_nodes, node.grad_wrt_parents):
            if parent in reachable:
                total += grad * parent.partial_derivative
        node.partial_derivative = total


def backward(output):
    raise NotImplementedError
