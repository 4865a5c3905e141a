"""Which questions are skipped, because what the submission did on its own graph settles the case.

If all earlier steps are right on the submission's own graph, only the result on that graph counts. A question about that graph carries a
digest of the right graph, which reveals no value; an order is checked by its properties. In doubt, for example if a number is within the
tolerance but differs in its first twelve digits, the given graphs are asked too. That costs time but never a point.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from grader.formats import Question, Reply
from grader.model import TRACES_LEFT, Rows
from grader.topology import children_of, graph_digest, order_fault, parents_of, reached

FINE = {"hashable": True, "wrong": []}


class RightGraph(Protocol):
    """A reply whose graph is right."""

    def has_right_orders(self, question: Question) -> bool: ...


def is_settled(question: Question, right_graphs: Mapping[int, tuple[Question, RightGraph]]) -> bool:
    """Return whether there is no need to ask a question on a given graph.

    `right_graphs` holds the questions, by their ids, that were answered with a right graph of the submission's own. A sweep is settled
    where the orders on that graph were right as well.
    """
    own = question.get("skip_if_right")
    if own is None or own not in right_graphs:
        return False
    asked, reply = right_graphs[own]
    return question["ask"] == "order" or reply.has_right_orders(asked)


def has_right_graph(question: Question, reply: Reply) -> bool:
    """Return whether the student's own graph is right. Numbers match to twelve digits; each node lists a child once, or once per use."""
    fine = "graph" in reply and reply["identity"] == FINE and reply.get("sound", True)
    return fine and graph_digest(reply["graph"]) == question["digest"] and _is_linked(reply["graph"])


def _is_linked(graph: Rows) -> bool:
    """Return whether each node of a graph, whose operands are right, lists exactly its children: each once, or once per use."""
    uses: list[list[int]] = [[] for _ in graph]
    for i, row in enumerate(graph):
        for offset in row[2]:
            uses[i + offset].append(-offset)
    return all(children == its or _lists(children, Counter(its)) for its, (*_, children) in zip(uses, graph, strict=True))


def _lists(children: Any, uses: Counter[int]) -> bool:
    """Return whether these are the children that use a node so often, each once or once per use."""
    if not isinstance(children, list):
        return False
    got = Counter(children)
    return got.keys() == uses.keys() and all(got[child] in (1, times) for child, times in uses.items())


def has_right_orders(question: Question, reply: Reply) -> bool:
    """Return whether every call gave a valid order and left the graph, which is right, as it was."""
    if "raised" in reply or any(reply["changed"]) or any(reply.get(part) for part in TRACES_LEFT):
        return False
    parents = parents_of(question["rows"])
    sizes = question.get("grown_sizes") or [len(parents)] * len(question["roots"])
    calls = zip(question["roots"], sizes, reply["orders"], strict=True)
    return not any(order_fault(parents, reached(children_of(parents[:size]), root), root, order)[0] for root, size, order in calls)
