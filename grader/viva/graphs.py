"""A student's own graph of a public case, as a kept trace describes it, and what one changed link of it would do.

Values and local partials are the student's, taken from the trace; every derivative is what the reference's sweep leaves on them.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.formats import AnswerData, CaseData, OwnWay, Trace
from grader.model import Rows
from grader.plan.oracle import Oracle
from grader.plan.plan import Plan
from grader.quiz.answers import shown

FEWEST, MOST = 4, 9
"""Nodes of a graph: enough to ask about, and few enough for half a page."""
LARGEST = 1e6
"""Numbers above this, and below its inverse, are nobody's to work out by hand."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph, the derivatives that forward(root) leaves on it, and whether the student's program made it."""

    case: str
    program: str
    names: tuple[str, ...]
    rows: Rows
    right: Rows
    """What the reference makes of the same program."""
    root: int
    derivatives: tuple[Any, ...]
    is_own: bool

    @property
    def call(self) -> str:
        return f"forward({self.names[self.root]})"


@dataclass(frozen=True, slots=True)
class Change:
    """One changed link: operand `place` of `node`, with `new` in its place or, if that is empty, gone. `after` are the derivatives."""

    node: str
    place: int
    old: str
    new: str
    partial: str
    after: tuple[Any, ...]


def draw_graph(plan: Plan, trace: Trace | None, oracle: Oracle, rng: Random) -> Graph | None:
    """Return a randomly chosen graph of a public forward case, the student's own where the trace has one; None where no case is fit.

    Hidden cases are not looked at.
    """
    answers = {answer["question"]: answer for answer in trace["answers"]} if trace else {}
    cases = list(_fit_cases(plan))
    own = [(case, rows, way) for case, way in cases if (rows := _own_rows(way, answers)) is not None]
    right = [(case, _right_rows(way), way) for case, way in cases]
    for chosen in (own, right):
        rng.shuffle(chosen)
        for case, rows, way in chosen:
            root = case["roots"][0]
            derivatives = oracle.sweeps("forward", rows, [root])["values"][0]
            if derivatives[-1] is not None and all(map(_is_modest, (d for d in derivatives if d is not None))):
                program = case["text"].partition(" sweeps ")[0]
                return Graph(case["id"], program, tuple(case["names"]), rows, _right_rows(way), root, tuple(derivatives), chosen is own)
    return None


def draw_change(graph: Graph, oracle: Oracle, rng: Random) -> Change | None:
    """Return a random change of one operand link that changes the last node's derivative, or None if no such change exists."""
    changes = list(_changes(graph))
    rng.shuffle(changes)
    for i, k, new in changes:
        rows = [list(row) for row in graph.rows]
        offsets, partials = list(rows[i][2]), list(rows[i][3])
        old, partial = offsets[k], partials[k]
        if new is None:
            del offsets[k], partials[k]
        else:
            offsets[k] = new - i
        rows[i][2:4] = offsets, partials
        after = oracle.sweeps("forward", rows, [graph.root])["values"][0]
        if after[-1] != graph.derivatives[-1] and all(map(_is_modest, (d for d in after if d is not None))):
            names = graph.names
            return Change(names[i], k + 1, names[i + old], "" if new is None else names[new], shown(partial), tuple(after))
    return None


def _changes(graph: Graph) -> Iterator[tuple[int, int, int | None]]:
    """Yield each place of an operand and what may replace it: another earlier node, or None for nothing."""
    for i, row in enumerate(graph.rows):
        for k, offset in enumerate(row[2]):
            if i != graph.root and graph.derivatives[i] is not None:
                if len(row[2]) > 1:
                    yield i, k, None
                yield from ((i, k, new) for new in range(i) if new != i + offset)


def _fit_cases(plan: Plan) -> Iterator[tuple[CaseData, OwnWay]]:
    """Yield the public forward cases of plain programs of a fit size, which are swept once or whose first sweep will do."""
    keys = {key for name, keys in plan.expected["criteria"].items() for key in keys if name.startswith("forward/")}
    for key in sorted(keys):
        case = plan.expected["cases"][key]
        plain = (
            case["asks"] == "forward"
            and case["text"] != "random"
            and not (case["cyclic"] or case["grown_sizes"] or case["earlier_graph_count"] or case["between"])
        )
        if case["public"] and plain and case["own"] and case["own"]["build"] == "operators" and FEWEST <= len(case["names"]) <= MOST:
            yield case, case["own"]


def _right_rows(own: OwnWay) -> Rows:
    return [row[:4] for row in own["graph"]]


def _own_rows(own: OwnWay, answers: Mapping[int, AnswerData]) -> Rows | None:
    """Return the graph that the student's program made for a case, or None unless it has the case's form and plain numbers."""
    answer = answers.get(own["question"])
    reply = (answer.get("reply") or {}) if answer else {}
    graph, right = reply.get("graph"), own["graph"]
    if not isinstance(graph, list) or len(graph) != len(right):
        return None
    rows = [row[:4] for row in graph]
    for (value, operator, offsets, partials), expected in zip(rows, right, strict=True):
        if (operator, offsets) != (expected[1], expected[2]) or not isinstance(partials, list) or len(partials) != len(offsets):
            return None
        if not all(map(_is_modest, (value, *partials))):
            return None
    return [list(row) for row in rows]


def _is_modest(number: Any) -> bool:
    return type(number) in (int, float) and math.isfinite(number) and (number == 0 or 1 / LARGEST < abs(number) < LARGEST)
