"""The expected side of a case, decoded once for all submissions: the graph, what is reached, what the sweeps leave."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader import topology
from grader.compare.tolerance import TOLERANCE, close
from grader.formats import CaseData, Sweeps
from grader.messages import say
from grader.model import Rows, Sentences


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

    def __init__(self, case: CaseData, rows: Rows, sweeps: Sweeps | None, sentences: Sentences) -> None:
        self.rows, self.roots, self.sweeps = rows, case["roots"], sweeps
        self.cyclic: bool = case["cyclic"]
        self.tangents: Sweeps | None = None
        self.called = ""
        self.code: list[str] = []
        self.sentences = sentences
        self._names: list[str] = case["names"]
        self._built: list[int] = case["grown_sizes"]
        self._valid_orders: dict[tuple[int, int], list[int]] = {}  # by root and size, the last order that was found valid

    @cached_property
    def flat(self) -> Rows:
        """The rows, with each node's children once per use, as a snapshot of a graph that is made exactly so."""
        return [[*row[:4], [child - i for child in self._children[i]]] for i, row in enumerate(self.rows)]

    @cached_property
    def _parents(self) -> list[list[int]]:
        return topology.parents_of(self.rows)

    @cached_property
    def _children(self) -> list[list[int]]:
        return topology.children_of(self._parents)

    def parents(self, i: int) -> list[int]:
        """Return the indices of a node's parents, in operand order."""
        return self._parents[i]

    def children(self, i: int) -> list[int]:
        """Return the indices of a node's children, once per use."""
        return self._children[i]

    def node(self, i: int) -> ExpectedNode:
        """Return a node; it is made anew each time."""
        row = self.flat[i]
        return ExpectedNode(self.name(i), row[0], row[1], tuple(self.parents(i)), tuple(row[3] or ()), tuple(self.children(i)))

    @cached_property
    def entries(self) -> int | None:
        """How many entries the case's arrays have; None where it holds numbers only."""
        numbers = (number for row in self.rows for number in (row[0], *(row[3] or ())))
        return next((len(number) for number in numbers if isinstance(number, list)), None)

    @property
    def calls(self) -> list[tuple[int, int]]:
        """The root of each call, and the number of nodes at that call."""
        return list(zip(self.roots, self._built or [len(self.flat)] * len(self.roots), strict=True))

    def close(self, got: Any, expected: Any, scale: Any, tolerance: float = TOLERANCE) -> bool:
        """Return whether a number, or an array of the case's own size, is within the tolerance."""
        return not (isinstance(got, list) and len(got) != self.entries) and close(got, expected, scale, tolerance)

    def say(self, key: str, **parts: object) -> str:
        """Return a sentence about this graph."""
        return say(self.sentences, key, **parts)

    def ancestors(self, i: int) -> set[int]:
        """Return the nodes that a node is made of, itself among them."""
        return topology.reached(self._parents, i)

    def name(self, i: int) -> str:
        return self._names[i] if i < len(self._names) else f"n{i}"

    def reached(self, root: int, size: int) -> set[int]:
        """Return root and every node reachable from it along children, among the first `size` nodes."""
        if root not in self._reached:
            self._reached[root] = topology.reached(self._children, root)
        return {i for i in self._reached[root] if i < size} if size < len(self.flat) else self._reached[root]

    def order_fault(self, root: int, size: int, order: Any) -> tuple[str, list[int]]:
        """Return the fault of an order from `root` among the first `size` nodes, and its nodes; or an empty text.

        The fault is the name of a sentence (orders.start, ...), so that no diagnosis depends on wording.
        """
        if self._valid_orders.get((root, size)) == order:
            return "", []
        fault = topology.order_fault(self._parents, self.reached(root, size), root, order)
        if not fault[0]:
            self._valid_orders[root, size] = order
        return fault

    @cached_property
    def _reached(self) -> dict[int, set[int]]:
        return {}
