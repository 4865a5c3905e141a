# wrong: values are rounded to five digits; loses node-creation
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


Number = float


def create_node(value: Number, parent_nodes: list[Node], operator: str, grad_wrt_parents: list[Number]) -> Node:
    node = Node(round(value, 5), parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes.append(node)
    return node


def _unary(a: Node, operator: str, value: Number, partial: Number) -> Node:
    return create_node(value, [a], operator, [partial])


def _binary(a: Node, b: Node, operator: str, value: Number, partials: tuple[Number, Number]) -> Node:
    return create_node(value, [a, b], operator, list(partials))


def add(a: Node, b: Node) -> Node:
    return _binary(a, b, "add", a.value + b.value, (1.0, 1.0))


def sub(a: Node, b: Node) -> Node:
    return _binary(a, b, "sub", a.value - b.value, (1.0, -1.0))


def mul(a: Node, b: Node) -> Node:
    return _binary(a, b, "mul", a.value * b.value, (b.value, a.value))


def div(a: Node, b: Node) -> Node:
    return _binary(a, b, "div", a.value / b.value, (1.0 / b.value, -a.value / b.value**2))


def log(a: Node) -> Node:
    return _unary(a, "log", math.log(a.value), 1.0 / a.value)


def exp(a: Node) -> Node:
    return _unary(a, "exp", math.exp(a.value), math.exp(a.value))


def sin(a: Node) -> Node:
    return _unary(a, "sin", math.sin(a.value), math.cos(a.value))


def cos(a: Node) -> Node:
    return _unary(a, "cos", math.cos(a.value), -math.sin(a.value))


def topological_order(root: Node) -> list[Node]:
    finished: list[Node] = []
    seen = {root}
    stack = [(root, iter(root.child_nodes))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child not in seen:
                seen.add(child)
                stack.append((child, iter(child.child_nodes)))
                break
        else:
            finished.append(node)
            stack.pop()
    finished.reverse()
    return finished


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
