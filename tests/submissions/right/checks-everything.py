# right: Node refuses an operand without a partial, and an order asks that it gets a Node
"""Checks everything, logs everything, refuses nothing legitimate."""
from __future__ import annotations

import logging
import math
import numbers
import sys
import unittest
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple, Union

try:
    import numpy as np
except ImportError:                                    # pragma: no cover
    np = None

STARTER = "2026.1"
__all__ = ["Node", "create_node", "add", "sub", "mul", "div", "log", "exp", "sin", "cos",
           "topological_order", "forward", "backward"]
logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())


class AutodiffError(Exception):
    """Base of all errors of this module."""


class CycleFound(AutodiffError, ValueError):
    """The graph is not acyclic."""


class BadNode(AutodiffError, TypeError):
    """Not a node."""


def _is_number(x: Any) -> bool:
    if isinstance(x, bool):
        return False
    return isinstance(x, numbers.Number) or (np is not None and isinstance(x, (np.ndarray, np.generic)))


def _require(condition: bool, message: str, error: type = BadNode) -> None:
    if not condition:
        logger.error(message)
        raise error(message)


class Node:
    _FIELDS = frozenset({"value", "parent_nodes", "child_nodes", "operator", "grad_wrt_parents",
                         "partial_derivative", "adjoint"})

    def __init__(self, value: Any, parent_nodes: Iterable["Node"] = (), operator: str = "input",
                 grad_wrt_parents: Iterable[Any] = ()) -> None:
        _require(_is_number(value), f"value must be a number, got {type(value).__name__}")
        _require(isinstance(operator, str), "operator must be text")
        self.value = value
        self.parent_nodes: List[Node] = list(parent_nodes)
        self.child_nodes: List[Node] = []
        self.operator: str = operator
        self.grad_wrt_parents: List[Any] = list(grad_wrt_parents)
        self.partial_derivative: Any = 0.0
        self.adjoint: Any = 0.0
        _require(all(isinstance(p, Node) for p in self.parent_nodes), "operands must be nodes")
        _require(all(map(_is_number, self.grad_wrt_parents)), "partials must be numbers")
        _require(len(self.parent_nodes) == len(self.grad_wrt_parents), "one partial per operand", AutodiffError)

    def __setattr__(self, name: str, new: Any) -> None:
        _require(name in self._FIELDS, f"a Node has no field {name!r}", AttributeError)
        super().__setattr__(name, new)

    def __repr__(self) -> str:
        return f"<{self.operator} {self.value}>"


def create_node(value: Any, parent_nodes: Sequence[Node], operator: str, grad_wrt_parents: Sequence[Any]) -> Node:
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in node.parent_nodes:
        parent.child_nodes.append(node)
    assert all(any(c is node for c in p.child_nodes) for p in node.parent_nodes), "postcondition"
    logger.debug("made %r", node)
    return node


def _values(*nodes: Node) -> List[Any]:
    for n in nodes:
        _require(isinstance(n, Node), f"expected a Node, got {type(n).__name__}: write Node({n!r})")
    return [n.value if isinstance(n.value, (int, float)) or np is None or isinstance(n.value, np.ndarray)
            else n.value.item() for n in nodes]


def _call(name: str, x: Any) -> Any:
    return getattr(math, name)(x) if isinstance(x, (int, float)) else getattr(np, name)(x)


def add(a: Node, b: Node) -> Node:
    x, y = _values(a, b)
    return create_node(x + y, [a, b], "add", [1.0, 1.0])


def sub(a: Node, b: Node) -> Node:
    x, y = _values(a, b)
    return create_node(x - y, [a, b], "sub", [1.0, -1.0])


def mul(a: Node, b: Node) -> Node:
    x, y = _values(a, b)
    return create_node(x * y, [a, b], "mul", [y, x])


def div(a: Node, b: Node) -> Node:
    x, y = _values(a, b)
    return create_node(x / y, [a, b], "div", [1.0 / y, -(x / y) / y])


def log(a: Node) -> Node:
    (x,) = _values(a)
    return create_node(_call("log", x), [a], "log", [1.0 / x])


def exp(a: Node) -> Node:
    (x,) = _values(a)
    y = _call("exp", x)
    return create_node(y, [a], "exp", [y])


def sin(a: Node) -> Node:
    (x,) = _values(a)
    return create_node(_call("sin", x), [a], "sin", [_call("cos", x)])


def cos(a: Node) -> Node:
    (x,) = _values(a)
    return create_node(_call("cos", x), [a], "cos", [-_call("sin", x)])


def _check_order(root: Node, order: List[Node], up: str, down: str) -> None:
    """Prove the order right before anybody uses it (linear time)."""
    place: Dict[Node, int] = {n: i for i, n in enumerate(order)}
    assert order and order[0] is root and len(place) == len(order)
    for n, i in place.items():
        for c in getattr(n, down):
            if place[c] <= i:
                raise CycleFound(f"{c!r} is both before and after {n!r}")


def _sorted_from(start: Node, up: str, down: str) -> List[Node]:
    _require(isinstance(start, Node), "the start must be a Node")
    finished: List[Node] = []
    seen = {start}
    stack: List[Tuple[Node, List[Node]]] = [(start, list(getattr(start, down)))]
    while stack:
        node, rest = stack[-1]
        while rest and rest[-1] in seen:
            rest.pop()
        if rest:
            seen.add(rest[-1])
            stack.append((rest[-1], list(getattr(rest[-1], down))))
        else:
            finished.append(node)
            stack.pop()
    finished.reverse()
    _check_order(start, finished, up, down)
    return finished


def topological_order(root: Node) -> List[Node]:
    return _sorted_from(root, "parent_nodes", "child_nodes")


def forward(root: Node) -> None:
    _require(isinstance(root, Node), "root must be a Node")
    known: Dict[Node, Any] = {}
    for node in topological_order(root):
        if node is root:
            known[node] = 1.0
            continue
        terms = [g * known[p] for p, g in zip(node.parent_nodes, node.grad_wrt_parents) if p in known]
        assert terms, "a reached node has a reached parent"
        known[node] = terms[0]
        for t in terms[1:]:
            known[node] = known[node] + t
    for node, d in known.items():
        node.partial_derivative = d


def backward(output: Node) -> None:
    _require(isinstance(output, Node), "output must be a Node")
    order = _sorted_from(output, "child_nodes", "parent_nodes")
    total: Dict[Node, Any] = dict.fromkeys(order, 0.0)
    total[output] = 1.0
    for node in order:
        node.adjoint = total[node]
        for p, g in zip(node.parent_nodes, node.grad_wrt_parents):
            total[p] = total[p] + node.adjoint * g


class _SelfTest(unittest.TestCase):
    def test_example(self) -> None:
        x1, x2 = Node(2.0), Node(5.0)
        y = sub(add(log(x1), mul(x1, x2)), sin(x2))
        forward(x1)
        self.assertAlmostEqual(y.partial_derivative, 5.5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
