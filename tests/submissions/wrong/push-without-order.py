# wrong: a queue that pushes as soon as something arrives; loses forward
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


def forward(root):
    for n in topological_order(root):
        n.partial_derivative = 0.0
    root.partial_derivative = 1.0
    queue = [root]
    while queue:
        n = queue.pop(0)
        for c in dict.fromkeys(n.child_nodes):
            for p, g in zip(c.parent_nodes, c.grad_wrt_parents):
                if p is n:
                    c.partial_derivative += g * n.partial_derivative
            queue.append(c)
            if len(queue) > 5000:
                return


def backward(output):
    raise NotImplementedError("did not get to the extension")
