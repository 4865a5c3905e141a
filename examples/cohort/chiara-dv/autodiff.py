"""AD on an explicit graph: forward mode, reverse mode, arrays, deep graphs, cycles.

Chiara D. V.

>>> x1, x2 = Node(2.0), Node(5.0)
>>> y = sub(add(log(x1), mul(x1, x2)), sin(x2))
>>> forward(x1); y.partial_derivative
5.5
>>> backward(y); x1.adjoint
5.5
"""

from __future__ import annotations

from collections.abc import Iterable

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


def create_node(value, parent_nodes: Iterable[Node], operator: str, grad_wrt_parents) -> Node:
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in dict.fromkeys(node.parent_nodes):  # each parent once, even in x * x
        parent.child_nodes.append(node)
    return node


def add(a: Node, b: Node) -> Node:
    return create_node(a.value + b.value, (a, b), "add", (1.0, 1.0))


def sub(a: Node, b: Node) -> Node:
    return create_node(a.value - b.value, (a, b), "sub", (1.0, -1.0))


def mul(a: Node, b: Node) -> Node:
    return create_node(a.value * b.value, (a, b), "mul", (b.value, a.value))


def div(a: Node, b: Node) -> Node:
    ratio = a.value / b.value
    return create_node(ratio, (a, b), "div", (1.0 / b.value, -ratio / b.value))


def log(a: Node) -> Node:
    return create_node(np.log(a.value), (a,), "log", (1.0 / a.value,))


def exp(a: Node) -> Node:
    result = np.exp(a.value)
    return create_node(result, (a,), "exp", (result,))


def sin(a: Node) -> Node:
    return create_node(np.sin(a.value), (a,), "sin", (np.cos(a.value),))


def cos(a: Node) -> Node:
    return create_node(np.cos(a.value), (a,), "cos", (-np.sin(a.value),))


NEW, OPEN, DONE = range(3)


def _sorted(start: Node, following: str) -> list[Node]:
    """Depth-first search with a stack of our own; `following` names the attribute with the next nodes."""
    colour: dict[Node, int] = {start: OPEN}
    path = [(start, iter(getattr(start, following)))]
    finished: list[Node] = []
    while path:
        node, rest = path[-1]
        for nxt in rest:
            state = colour.get(nxt, NEW)
            if state == OPEN:
                raise ValueError(f"cycle through a node made by {nxt.operator!r}")
            if state == NEW:
                colour[nxt] = OPEN
                path.append((nxt, iter(getattr(nxt, following))))
                break
        else:
            colour[node] = DONE
            finished.append(node)
            path.pop()
    return finished[::-1]


def topological_order(root: Node) -> list[Node]:
    return _sorted(root, "child_nodes")


def forward(root: Node) -> None:
    """Pull style; the derivatives of this sweep live in `dot` first, so nothing old can leak in."""
    dot = {root: np.ones_like(root.value, dtype=float)}
    for node in topological_order(root)[1:]:
        dot[node] = sum(
            dot[parent] * local for parent, local in zip(node.parent_nodes, node.grad_wrt_parents, strict=True) if parent in dot
        )
    for node, derivative in dot.items():
        node.partial_derivative = derivative


def backward(output: Node) -> None:
    """The same sweep, the other way round."""
    bar = {output: np.ones_like(output.value, dtype=float)}
    for node in _sorted(output, "parent_nodes"):
        for parent, local in zip(node.parent_nodes, node.grad_wrt_parents, strict=True):
            bar[parent] = bar.get(parent, 0.0) + bar[node] * local
    for node, adjoint in bar.items():
        node.adjoint = adjoint
