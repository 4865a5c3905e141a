from collections import deque
from math import cos as math_cos, exp as math_exp, log as math_log, sin as math_sin

STARTER = "2026.1"


class Node:
    """One number of the computation, what it was computed from, and what was computed from it."""

    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)
        self.child_nodes = []
        self.operator = operator
        self.grad_wrt_parents = list(grad_wrt_parents)
        self.partial_derivative = 0.0
        self.adjoint = 0.0

    def __repr__(self):
        return f"<{self.operator} {self.value:.4g} d={self.partial_derivative:.4g}>"


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        if node not in parent.child_nodes:
            parent.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    q = a.value / b.value
    return create_node(q, [a, b], "div", [1.0 / b.value, -q / b.value])


def log(a):
    return create_node(math_log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    y = math_exp(a.value)
    return create_node(y, [a], "exp", [y])


def sin(a):
    return create_node(math_sin(a.value), [a], "sin", [math_cos(a.value)])


def cos(a):
    return create_node(math_cos(a.value), [a], "cos", [-math_sin(a.value)])


def _reachable(root):
    seen = {root}
    todo = [root]
    while todo:
        for child in todo.pop().child_nodes:
            if child not in seen:
                seen.add(child)
                todo.append(child)
    return seen


def topological_order(root):
    # Kahn's algorithm on the part of the graph that hangs below root.
    # open_parents counts *different* parents, because child_nodes holds each child once.
    inside = _reachable(root)
    open_parents = {n: len({p for p in n.parent_nodes if p in inside}) for n in inside}
    open_parents[root] = 0

    queue = deque([root])
    order = []
    while queue:
        node = queue.popleft()
        order.append(node)
        for child in dict.fromkeys(node.child_nodes):
            open_parents[child] -= 1
            if open_parents[child] == 0:
                queue.append(child)
    return order


def forward(root):
    order = topological_order(root)
    for node in order:
        node.partial_derivative = 0.0
    root.partial_derivative = 1.0

    # push: every node hands its derivative on to its children
    for node in order:
        for child in dict.fromkeys(node.child_nodes):
            for parent, local in zip(child.parent_nodes, child.grad_wrt_parents):
                if parent is node:
                    child.partial_derivative += local * node.partial_derivative


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")
