# wrong: the starter as it was handed out, nothing is written; loses node-creation, topological-order, forward
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
    raise NotImplementedError("create_node is not written yet")


def add(a, b):
    raise NotImplementedError("add is not written yet")


def sub(a, b):
    raise NotImplementedError("sub is not written yet")


def mul(a, b):
    raise NotImplementedError("mul is not written yet")


def div(a, b):
    raise NotImplementedError("div is not written yet")


def log(a):
    raise NotImplementedError("log is not written yet")


def exp(a):
    raise NotImplementedError("exp is not written yet")


def sin(a):
    raise NotImplementedError("sin is not written yet")


def cos(a):
    raise NotImplementedError("cos is not written yet")


def topological_order(root):
    raise NotImplementedError("topological_order is not written yet")


def forward(root):
    raise NotImplementedError("forward is not written yet")


def backward(output):
    raise NotImplementedError("backward is not written yet")
