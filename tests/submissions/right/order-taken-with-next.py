# right: topological_order is an iterator, and forward takes its root with next
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
    n = Node(value, parent_nodes, operator, grad_wrt_parents)
    for p in n.parent_nodes:
        p.child_nodes.append(n)
    return n


def add(a, b): return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])
def sub(a, b): return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])
def mul(a, b): return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])
def div(a, b): return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -(a.value / b.value) / b.value])
def log(a): return create_node(math.log(a.value), [a], "log", [1.0 / a.value])
def exp(a): return create_node(math.exp(a.value), [a], "exp", [math.exp(a.value)])
def sin(a): return create_node(math.sin(a.value), [a], "sin", [math.cos(a.value)])
def cos(a): return create_node(math.cos(a.value), [a], "cos", [-math.sin(a.value)])


def topological_order(root):
    """A deque-backed iterator; forward relies on next()."""
    seen, out, on = set(), [], set()
    def go(n):
        if n in on: raise ValueError("cycle")
        if n in seen: return
        seen.add(n); on.add(n)
        for c in n.child_nodes: go(c)
        on.discard(n); out.append(n)
    go(root)
    return iter(out[::-1])

def forward(root):
    order = topological_order(root)
    first = next(order)
    t = {first: 1.0}
    first.partial_derivative = 1.0
    for n in order:
        t[n] = n.partial_derivative = sum(g * t.get(p, 0) for p, g in zip(n.parent_nodes, n.grad_wrt_parents))


def backward(output):
    seen, out = set(), []
    def go(n):
        if n not in seen:
            seen.add(n)
            n.adjoint = 0.0
            for p in n.parent_nodes: go(p)
            out.append(n)
    go(output)
    output.adjoint = 1.0
    for n in reversed(out):
        for p, g in zip(n.parent_nodes, n.grad_wrt_parents): p.adjoint += g * n.adjoint

