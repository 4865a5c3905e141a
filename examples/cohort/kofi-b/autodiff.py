"""Kofi B. - forward mode AD"""

import math

STARTER = "2026.1"


class Node:
    """One number of the computation, what it was computed from, and what was computed from it."""

    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)  # the operands, in operand order; x * x holds x twice
        self.child_nodes = []  # the nodes computed from this one
        self.operator = operator  # "input", or the name of the function that made the node
        self.grad_wrt_parents = list(grad_wrt_parents)  # d self / d operand, one per operand
        self.partial_derivative = 0.0  # d self / d root, after forward(root)
        self.adjoint = 0.0  # d output / d self, after backward(output)


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    n = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in n.parent_nodes:
        parent.child_nodes.append(n)
    return n


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1, 1])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1, -1])


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


def comes_from(node, root):
    """Is node below root?"""
    return node is root or any(comes_from(p, root) for p in node.parent_nodes)


def size(node):
    """Number of nodes from here on down"""
    total = 1
    for child in node.child_nodes:
        total += size(child)
    return total


def topological_order(root):
    n = size(root)
    order = [root]
    while len(order) < n:
        for node in list(order):
            for child in node.child_nodes:
                if child in order:
                    continue
                # all parents that matter must be in the list already
                needed = [p for p in child.parent_nodes if comes_from(p, root)]
                if all(p in order for p in needed):
                    order.append(child)
    return order


def forward(root):
    # my topological_order hangs sometimes, so this one finds its own way
    found = {root: 1.0}

    def derivative(node):
        if node not in found:
            total = 0.0
            for p, g in zip(node.parent_nodes, node.grad_wrt_parents):
                total += derivative(p) * g
            found[node] = total
        return found[node]

    todo, seen = [root], set()
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            node.partial_derivative = derivative(node)
            todo.extend(node.child_nodes)


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")
