# wrong: a decorator that does not exist stops the loading at topological_order; loses topological-order
from __future__ import annotations

import math

STARTER = "2026.1"


class Node:
    def __init__(self, value: float, parent_nodes=(), operator: str = "input", grad_wrt_parents=()) -> None:
        self.value = value
        self.parent_nodes: list[Node] = list(parent_nodes)
        self.child_nodes: list[Node] = []
        self.operator = operator
        self.grad_wrt_parents: list[float] = list(grad_wrt_parents)
        self.partial_derivative = 0.0
        self.adjoint = 0.0


def create_node(value: float, parent_nodes: list[Node], operator: str, grad_wrt_parents: list[float]) -> Node:
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes.append(node)
    return node


def add(a: Node, b: Node) -> Node:
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a: Node, b: Node) -> Node:
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a: Node, b: Node) -> Node:
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a: Node, b: Node) -> Node:
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / (b.value * b.value)])


def log(a: Node) -> Node:
    return create_node(math.log(a.value), [a], "log", [1.0 / a.value])


def exp(a: Node) -> Node:
    y = math.exp(a.value)
    return create_node(y, [a], "exp", [y])


def sin(a: Node) -> Node:
    return create_node(math.sin(a.value), [a], "sin", [math.cos(a.value)])


def cos(a: Node) -> Node:
    return create_node(math.cos(a.value), [a], "cos", [-math.sin(a.value)])


@profile
def topological_order(root: Node) -> list[Node]:
    order: list[Node] = []

    def walk(node: Node) -> None:
        if node not in order:
            for child in node.child_nodes:
                walk(child)
            order.insert(0, node)

    walk(root)
    return order


def forward(root: Node) -> None:
    order = topological_order(root)
    for node in order:
        node.partial_derivative = 0.0
    root.partial_derivative = 1.0
    for node in order:
        for child in set(node.child_nodes):
            for parent, grad in zip(child.parent_nodes, child.grad_wrt_parents):
                if parent is node:
                    child.partial_derivative += grad * node.partial_derivative
