# right: a try-out in the middle of the file raises before forward is defined
# Homework: forward mode on a graph
from math import cos as m_cos, exp as m_exp, log as m_log, sin as m_sin

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
    new_node = Node(value, parent_nodes, operator, grad_wrt_parents)
    # tell the parents that they have a child now
    for i in range(len(parent_nodes)):
        parent_nodes[i].child_nodes.append(new_node)
    return new_node


def add(a, b):
    result = a.value + b.value
    return create_node(result, [a, b], "add", [1, 1])


def sub(a, b):
    result = a.value - b.value
    return create_node(result, [a, b], "sub", [1, -1])


def mul(a, b):
    # product rule: the derivative by one factor is the other one
    result = a.value * b.value
    return create_node(result, [a, b], "mul", [b.value, a.value])


def div(a, b):
    # quotient rule
    result = a.value / b.value
    da = 1 / b.value
    db = -a.value / (b.value ** 2)
    return create_node(result, [a, b], "div", [da, db])


def log(a):
    return create_node(m_log(a.value), [a], "log", [1 / a.value])


def exp(a):
    return create_node(m_exp(a.value), [a], "exp", [m_exp(a.value)])


def sin(a):
    return create_node(m_sin(a.value), [a], "sin", [m_cos(a.value)])


def cos(a):
    return create_node(m_cos(a.value), [a], "cos", [-m_sin(a.value)])


def _dfs(node, done):
    # a dict remembers the order in which things were put into it
    for child in node.child_nodes:
        if child not in done:
            _dfs(child, done)
    done[node] = True


def topological_order(root):
    done = {}
    _dfs(root, done)
    return list(reversed(list(done)))


# try it
x = Node(3.0)
y = mul(x, x)
print([node.name for node in topological_order(x)])


def forward(root):
    ordering = topological_order(root)
    for node in ordering:
        node.partial_derivative = 0.0
        for parent in node.parent_nodes:
            parent.partial_derivative = 0.0
    root.partial_derivative = 1.0
    for node in ordering[1:]:
        for i in range(len(node.parent_nodes)):
            node.partial_derivative += node.grad_wrt_parents[i] * node.parent_nodes[i].partial_derivative


def backward(output):
    raise NotImplementedError("did not get to the extension")
