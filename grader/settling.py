"""When a submission's own graph settles a case, so that it need not be asked on given graphs.

Where all that comes before a step is right on the own graph, that alone counts. A question about the own graph carries a
digest of the right one, which tells no value; an order is looked at for its properties. In doubt, as where a last digit differs,
nothing is settled and the given graphs are asked: that costs time and never a point.
"""

import hashlib
import json
from typing import Any

from grader.wire import Rows, expand

FINE = {"hashable": True, "wrong": []}


def digest(graph: Rows) -> str:
    """Return by what the snapshot of a right graph can be known."""
    return hashlib.sha256(json.dumps(graph, separators=(",", ":")).encode()).hexdigest()


def has_right_graph(question: dict[str, Any], reply: dict[str, Any]) -> bool:
    """Return whether the own graph in a reply is right to the last digit."""
    return "graph" in reply and reply["identity"] == FINE and digest(reply["graph"]) == question["digest"]


def has_right_orders(question: dict[str, Any], reply: dict[str, Any]) -> bool:
    """Return whether every call gave a valid order and left the graph, which is right, as it was."""
    if "raised" in reply or any(reply["changed"]):
        return False
    parents = [[i + offset for offset in row[3]] for i, row in enumerate(expand(question["rows"]))]
    stands = question.get("built") or [len(parents)] * len(question["roots"])
    calls = zip(question["roots"], stands, reply["orders"], strict=True)
    return all(_is_order(parents[:size], root, order) for root, size, order in calls)


def _is_order(parents: list[list[int]], root: int, order: Any) -> bool:
    """Return whether an order starts with root, holds exactly what root reaches, each once, and parents before their children."""
    reached = {root}
    for i in range(root + 1, len(parents)):  # parents have smaller numbers
        if not reached.isdisjoint(parents[i]):
            reached.add(i)
    if not isinstance(order, list) or not order or order[0] != root or len(order) != len(reached) or set(order) != reached:
        return False
    place = {i: position for position, i in enumerate(order)}
    return all(place[parent] < place[i] for i in order[1:] for parent in parents[i] if parent in reached)
