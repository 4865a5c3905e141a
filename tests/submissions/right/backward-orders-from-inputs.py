# right: backward calls topological_order on every input
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
    seen, out, stack = {root}, [], [(root, iter(list(root.child_nodes)))]
    on = {root}
    while stack:
        n, it = stack[-1]
        for c in it:
            if c in on:
                raise ValueError("cycle")
            if c not in seen:
                seen.add(c); on.add(c)
                stack.append((c, iter(list(c.child_nodes))))
                break
        else:
            stack.pop(); on.discard(n); out.append(n)
    return out[::-1]


def forward(root):
    t = {}
    for n in topological_order(root):
        t[n] = 1.0 if n is root else sum(g * t[p] for p, g in zip(n.parent_nodes, n.grad_wrt_parents) if p in t)
        n.partial_derivative = t[n]


def backward(output):
    """Order all ancestors by calling topological_order on every ancestor without parents."""
    anc, todo = {output: None}, [output]
    while todo:
        for p in todo.pop().parent_nodes:
            if p not in anc: anc[p] = None; todo.append(p)
    done, out = set(), []
    for source in anc:
        if not source.parent_nodes:
            out = [n for n in topological_order(source) if n in anc and n not in done] + out
            done.update(out)
    for n in out: n.adjoint = 0.0
    output.adjoint = 1.0
    for n in reversed(out):
        for p, g in zip(n.parent_nodes, n.grad_wrt_parents): p.adjoint += g * n.adjoint

