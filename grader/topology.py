"""Properties of graphs: children, what a node reaches, whether an order is topological, and a digest of a graph's nodes.

Graphs come as rows, which questions and replies have in common, or as links: for each node the indices of its parents or children.
"""

import json
from collections.abc import Sequence, Set
from typing import Any

from grader.digests import digest
from grader.model import Rows

Links = Sequence[Sequence[int]]
"""For each node the indices of its parents, in operand order, or of its children."""


def parents_of(rows: Rows) -> list[list[int]]:
    """Return the parents of each node."""
    return [[i + offset for offset in row[2]] for i, row in enumerate(rows)]


def children_of(parents: Links) -> list[list[int]]:
    """Return the children of each node, once per use."""
    children: list[list[int]] = [[] for _ in parents]
    for i, its in enumerate(parents):
        for parent in its:
            children[parent].append(i)
    return children


def reached(links: Links, start: int) -> set[int]:
    """Return `start` and all nodes that can be reached from it along links: its descendants along children, its ancestors along parents."""
    found, todo = {start}, [start]
    while todo:
        new = set(links[todo.pop()]) - found
        found |= new
        todo += new
    return found


def order_fault(parents: Links, reachable: Set[int], root: int, order: Any) -> tuple[str, list[int]]:
    """Return the fault of an order from `root`, the name of a sentence of `orders`, and its nodes; or an empty text.

    An order is topological if it starts with root, holds exactly the nodes that are reachable from root, each once, and every
    node after all of its reachable parents. So there is none where root reaches a cycle.
    """
    if not isinstance(order, list):
        return "no_order", []
    place = {i: at for at, i in enumerate(order)}
    if len(order) != len(reachable) or place.keys() != reachable:
        return _membership_fault(reachable, order)
    if order[0] != root:
        return "start", [order[0]]
    for i in order[1:]:
        for parent in parents[i]:
            if parent in reachable and place[parent] >= place[i]:
                return "early", [i, parent]
    return "", []


def _membership_fault(reachable: Set[int], order: list[Any]) -> tuple[str, list[int]]:
    """Return the first entry that is no node of the order, or appears in it twice; else the first node that is missing."""
    seen: set[int] = set()
    for i in order:
        if i is None:
            return "foreign", []
        if i not in reachable:
            return "unreached", [i]
        if i in seen:
            return "repeated", [i]
        seen.add(i)
    return "missing", [min(reachable - seen)]


def graph_digest(graph: Rows) -> str:
    """Return a hash of a graph's nodes: values, operators, operands and partials, numbers to twelve digits, but not the children."""
    rows = [[_number(value), operator, parents, _number(partials)] for value, operator, parents, partials, *_ in graph]
    return digest(json.dumps(rows, separators=(",", ":")).encode())


def sweeps_digest(sweeps: Sequence[Sequence[Any]]) -> str:
    """Return a hash of what sweeps left at the nodes that they reach, numbers to twelve digits."""
    return digest(json.dumps(list(map(_number, sweeps)), separators=(",", ":")).encode())


def _number(value: Any) -> Any:
    """Return a number, or the numbers in a list, as text: 1 and 1.0 are one number, as are 0.0 and -0.0."""
    if isinstance(value, list):
        return list(map(_number, value))
    return f"{value + 0.0:.12g}" if isinstance(value, (float, int)) else value
