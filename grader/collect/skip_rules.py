"""Which questions are skipped, because what the submission did on its own graph settles the case.

A right result on the submission's own graph earns the points, whatever else is asked. And if all earlier steps are right on that graph,
only the result there counts. A question about that graph carries a digest of what is right, which reveals no value; an order is checked
by its properties. In doubt, for example if a number is within the tolerance but differs in its first twelve digits, the other questions
are asked too. That costs time but never a point.

A function that is missing, or a stub that uses no name but NotImplementedError, does the same on any graph: it is asked about no given one.
"""

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Any

from grader.formats import Question, Reply
from grader.model import TRACES_LEFT, Rows
from grader.topology import children_of, graph_digest, order_fault, parents_of, reached, sweeps_digest

FINE = {"hashable": True, "wrong": []}
FUNCTIONS = {"order": "topological_order", "forward": "forward", "backward": "backward"}


class Settles(Enum):
    """Which of the questions that depend on an answer need not be asked."""

    NOTHING = "nothing"
    ORDERS = "orders"
    """Questions about orders, unless the function has met other graphs before."""
    ALL = "all"


def is_settled(question: Question, settling: Mapping[int, Settles]) -> bool:
    """Return whether there is no need to ask a question. `settling` says by question ids what the answers settle."""
    settles = settling.get(question.get("skip_if_right", -1), Settles.NOTHING)
    return settles is Settles.ALL or (settles is Settles.ORDERS and question["ask"] == "order" and "earlier_graphs" not in question)


def settles(question: Question, reply: Reply) -> Settles:
    """Return what the reply to a question about the submission's own graph settles."""
    is_order = question["ask"] == "order"
    if lacks_function(question["ask"], reply):
        return Settles.ORDERS if is_order else Settles.ALL
    if not is_order:
        return Settles.ALL if _has_right_sweeps(question, reply) else Settles.NOTHING
    if not _has_right_graph(question, reply):
        return Settles.NOTHING
    return Settles.ALL if _has_right_orders(question, reply) else Settles.ORDERS


def lacks_function(ask: str, reply: Reply) -> bool:
    """Return whether the function that is asked for is missing, or a stub: it raised NotImplementedError and can do nothing else."""
    if "raised" not in reply or reply["stage"] != "call":
        return False
    raised = reply["raised"]
    if raised["kinds"][0] == "NameError":
        return raised["line"] is None  # it was raised in no line of the file: the probe did not find the function
    return "stub" in raised and raised["function"] == FUNCTIONS[ask]


def _has_right_graph(question: Question, reply: Reply) -> bool:
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


def _has_right_sweeps(question: Question, reply: Reply) -> bool:
    """Return whether every sweep left the right derivatives, to twelve digits, and changed nothing else."""
    if "raised" in reply or any(reply["changed"]):
        return False
    parents = parents_of(question["rows"])
    swept = []
    for root, numbers in zip(question["roots"], reply["sweeps"], strict=True):
        links = parents if question["ask"] == "backward" else children_of(parents[: len(numbers)])
        swept.append([numbers[i] for i in sorted(reached(links, root))])
    return sweeps_digest(swept) == question["digest"]


def _has_right_orders(question: Question, reply: Reply) -> bool:
    """Return whether every call gave a valid order and left the graph, which is right, as it was."""
    if "raised" in reply or any(reply["changed"]) or any(reply.get(part) for part in TRACES_LEFT):
        return False
    parents = parents_of(question["rows"])
    sizes = question.get("grown_sizes") or [len(parents)] * len(question["roots"])
    calls = zip(question["roots"], sizes, reply["orders"], strict=True)
    return not any(order_fault(parents, reached(children_of(parents[:size]), root), root, order)[0] for root, size, order in calls)
