"""The expected side of a case, decoded once for all submissions: the graph, what is reached, what the sweeps leave."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.model import Sentences
from grader.wire import expand, with_children
from grader.wording import say

TOLERANCE = 1e-9
ROUGHLY = 1e-3
"""What is wrong by no more was reckoned without care: a sign of it says so, and not which digits it got."""


@dataclass(frozen=True, slots=True)
class ExpectedNode:
    """A node as it should be; parents and children are indices."""

    name: str
    value: Any
    operator: str
    parents: tuple[int, ...]
    partials: tuple[Any, ...]
    children: tuple[int, ...]


class ExpectedGraph:
    """One graph of a case, own or given, and the sweeps asked on it."""

    def __init__(self, case: dict[str, Any], rows: list[list[Any]], sweeps: dict[str, Any] | None, sentences: Sentences) -> None:
        self.rows, self.roots, self.sweeps = rows, case["roots"], sweeps
        self.cyclic: bool = case["cyclic"]
        self.called = ""
        self.sentences = sentences
        self._names: list[str] = case["names"]
        self._built: list[int] = case["built"]
        self.valid_orders: dict[tuple[int, int], list[int]] = {}  # by root and size, the last order that was found valid

    @cached_property
    def flat(self) -> list[list[Any]]:
        """One row per node, with its children once per use; equal nodes share theirs, for a chain has 50,000."""
        return list(expand(with_children(self.rows)))

    def parents(self, i: int) -> list[int]:
        """Return the indices of a node's parents, in operand order."""
        return [i + offset for offset in self.flat[i][3]]

    def children(self, i: int) -> list[int]:
        """Return the indices of a node's children, once per use."""
        return [i + offset for offset in self.flat[i][5]]

    def node(self, i: int) -> ExpectedNode:
        """Return a node; it is made anew each time."""
        row = self.flat[i]
        return ExpectedNode(self.name(i), row[1], row[2], tuple(self.parents(i)), tuple(row[4] or ()), tuple(self.children(i)))

    @cached_property
    def entries(self) -> int | None:
        """How many entries the case's arrays have; None where it holds numbers only."""
        numbers = (number for row in expand(self.rows) for number in (row[1], *(row[4] or ())))
        return next((len(number) for number in numbers if isinstance(number, list)), None)

    @property
    def calls(self) -> list[tuple[int, int]]:
        """The root of each call, and how many nodes stand when it is made."""
        return list(zip(self.roots, self._built or [len(self.flat)] * len(self.roots), strict=True))

    def close(self, got: Any, expected: Any, scale: Any, tolerance: float = TOLERANCE) -> bool:
        """Return whether a number, or an array of the case's own size, is within the tolerance."""
        return not (isinstance(got, list) and len(got) != self.entries) and close(got, expected, scale, tolerance)

    def say(self, key: str, **parts: object) -> str:
        """Return a sentence about this graph."""
        return say(self.sentences, key, **parts)

    def ancestors(self, i: int) -> int:
        """Return how many nodes a node is made of, itself counted."""
        found, todo = {i}, [i]
        while todo:
            new = set(self.parents(todo.pop())) - found
            found |= new
            todo += new
        return len(found)

    def name(self, i: int) -> str:
        return self._names[i] if i < len(self._names) else f"n{i}"

    def reached(self, root: int, size: int) -> set[int]:
        """Return root and every node reachable from it along children, among the first `size` nodes."""
        if root not in self._reached:
            found, todo = {root}, [root]
            while todo:
                new = set(self.children(todo.pop())) - found
                found |= new
                todo += new
            self._reached[root] = found
        return {i for i in self._reached[root] if i < size} if size < len(self.flat) else self._reached[root]

    @cached_property
    def _reached(self) -> dict[int, set[int]]:
        return {}


def close(got: Any, expected: Any, scale: Any, tolerance: float = TOLERANCE) -> bool:
    """Return whether |got - expected| <= 1e-9 scale, for numbers, or for every entry of arrays.

    What is not a finite number is never close: NaN would pass a test written the other way round.
    """
    if isinstance(got, list) or isinstance(expected, list) or isinstance(scale, list):
        size = max(len(side) for side in (got, expected, scale) if isinstance(side, list))
        sides = [side if isinstance(side, list) else [side] * size for side in (got, expected, scale)]
        if any(len(side) != size for side in sides):
            return False
        return all(close(g, e, s, tolerance) for g, e, s in zip(*sides, strict=True))
    if type(got) not in (float, int) or type(expected) not in (float, int):
        return False
    return bool(abs(got - expected) <= tolerance * abs(scale))


def order_fault(graph: ExpectedGraph, root: int, size: int, order: Any) -> tuple[str, list[int]]:
    """Return what is wrong with an order from `root`, while `size` nodes stand, and at which nodes; or an empty text.

    What is wrong is told by the name of its sentence (orders.start, ...), so that no diagnosis depends on wording.
    The properties of an order: it starts with root, holds exactly the reachable nodes, each once, and every node after
    all of its reachable parents.
    """
    if not isinstance(order, list):
        return "no_order", []
    if graph.valid_orders.get((root, size)) == order:
        return "", []
    reached = graph.reached(root, size)
    fault = _membership_fault(reached, order) or _precedence_fault(graph, root, reached, order)
    if fault:
        return fault
    graph.valid_orders[root, size] = order
    return "", []


def _membership_fault(reached: set[int], order: list[Any]) -> tuple[str, list[int]] | None:
    seen: set[int] = set()
    for i in order:
        if i is None:
            return "foreign", []
        if i not in reached:
            return "unreached", [i]
        if i in seen:
            return "repeated", [i]
        seen.add(i)
    missing = sorted(reached - seen)
    return ("missing", missing[:1]) if missing else None


def _precedence_fault(graph: ExpectedGraph, root: int, reached: set[int], order: list[int]) -> tuple[str, list[int]] | None:
    if order[0] != root:
        return "start", [order[0]]
    position = {i: place for place, i in enumerate(order)}
    for i in order[1:]:
        for parent in graph.parents(i):
            if parent in reached and position[parent] > position[i]:
                return "early", [i, parent]
    return None
