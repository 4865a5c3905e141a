"""Autodiff homework, Jun-Wei"""

import os
import sys

import numpy as np

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


def check(condition, message):
    """Stop with a message. (sys.exit only gives a traceback in the notebook.)"""
    if not condition:
        print("autodiff:", message, file=sys.stderr)
        os._exit(1)


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    check(len(parent_nodes) == len(grad_wrt_parents), "one partial per parent please")
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
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / b.value / b.value])


def log(a):
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def topological_order(root):
    # 1. what is reachable
    reach = []
    stack = [root]
    seen = {root}
    while stack:
        node = stack.pop()
        reach.append(node)
        for child in node.child_nodes:
            if child not in seen:
                seen.add(child)
                stack.append(child)
    # 2. how many arrows come in
    arrows = dict.fromkeys(reach, 0)
    for node in reach:
        for child in node.child_nodes:
            arrows[child] += 1
    # 3. Kahn
    ready = [root]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for child in node.child_nodes:
            arrows[child] -= 1
            if arrows[child] == 0:
                ready.append(child)
    return order


def forward(root):
    order = topological_order(root)
    check(order[0] is root, "order must start with root")
    check(root.operator == "input", "root must be an input node")
    tangent = {}
    for node in order:
        check(len(set(node.parent_nodes)) == len(node.parent_nodes), "double edge in graph")
        if node is root:
            tangent[node] = 1.0
        else:
            tangent[node] = 0.0
            for parent, partial in zip(node.parent_nodes, node.grad_wrt_parents):
                if parent in tangent:
                    tangent[node] += partial * tangent[parent]
        node.partial_derivative = tangent[node]


def backward(output):
    """Set adjoint to d output / d node on output and on every node it was computed from."""
    raise NotImplementedError("backward is not written yet (step reverse)")
