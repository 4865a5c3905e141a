# wrong: topological_order marks nodes with the root, so the same root finds none the next time; loses topological-order
import math
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
    for p in parent_nodes:
        p.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / b.value / b.value])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    e = np.exp(a.value)
    return create_node(e, [a], "exp", [e])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    order = []
    def visit(n):
        n._mark = root
        for c in n.child_nodes:
            if getattr(c, "_mark", None) is not root:
                visit(c)
        order.append(n)
    visit(root)
    return order[::-1]


def forward(root):
    t = {root: 1.0}
    for n in topological_order(root):
        if n is not root:
            s = 0.0
            for p, g in zip(n.parent_nodes, n.grad_wrt_parents):
                if p in t:
                    s = s + g * t[p]
            t[n] = s
        n.partial_derivative = t[n]


def backward(output):
    done, order = set(), []
    def visit(n):
        done.add(n)
        for p in n.parent_nodes:
            if p not in done:
                visit(p)
        order.append(n)
    visit(output)
    for n in order:
        n.adjoint = 0.0
    output.adjoint = 1.0
    for n in reversed(order):
        for p, g in zip(n.parent_nodes, n.grad_wrt_parents):
            p.adjoint = p.adjoint + g * n.adjoint
