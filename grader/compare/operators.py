"""Judge each operator of a case by itself, for criteria that are scored by operator.

A program of several operators is evidence about each of them. An operator is judged by the nodes that it made; a wrong operand is
charged to the operator that made it. Where a case ended without a graph, its operators can be distinguished only in part. The operator
that raised is then responsible, unless one of the operators before it fails elsewhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.compare.expected_graph import ExpectedGraph
from grader.compare.nodes_view import NodesView
from grader.formats import CaseData, Ended
from grader.model import UNFAILED, CaseResult, Part


def judge_operators(graph: ExpectedGraph, case: CaseData, answer: Ended, judge: Callable[[Any], CaseResult]) -> CaseResult:
    """Return how a case ended, and how each of its operators did. `judge` applies the check to a view, or to the whole case for None.

    A graph that create_node makes counts by itself.
    """
    made = [i for i, row in enumerate(graph.rows) if row[1] != "input"]
    operators = list(dict.fromkeys(graph.rows[i][1] for i in made))
    if not case["own"] or case["own"]["build"] != "operators":
        result = judge(None)
        return replace(result, parts=(Part(case["id"], result.outcome),))
    if answer["kind"] != "answered":
        result = judge(None)
        responsible = _part_without_graph(graph, case["id"], answer, result.outcome, operators)
        others = (Part(operator, "not judged") for operator in operators if operator != responsible.group)
        return replace(result, parts=(responsible, *others))
    views = (NodesView(graph, answer["reply"], by_create_node=False, operator=operator) for operator in operators)
    results = [judge(view) for view in views]
    parts = tuple(Part(operator, result.outcome) for operator, result in zip(operators, results, strict=True))
    return replace(_worst(results), parts=parts)


def _worst(results: list[CaseResult]) -> CaseResult:
    """Return the first failure, or else the first pass: the case is not judged only if none of its operators is."""
    failed = (result for result in results if result.outcome not in UNFAILED)
    passed = (result for result in results if result.outcome == "pass")
    return next(failed, None) or next(passed, None) or results[0]


def _part_without_graph(graph: ExpectedGraph, case: str, answer: Ended, outcome: str, operators: list[str]) -> Part:
    """Return the part of a case that ended in an exception, a time-out or a crash."""
    if len(operators) == 1:
        return Part(operators[0], outcome)
    reply = answer.get("reply") or {}
    if answer["kind"] == "raised" and reply.get("stage") == "build" and graph.rows[reply["at"]][1] != "input":
        place = reply["at"]
        return Part(graph.rows[place][1], outcome, frozenset(_operators_before(graph, place)))
    return Part(case, outcome, frozenset(operators))


def _operators_before(graph: ExpectedGraph, place: int) -> set[str]:
    """Return the operators that made what a node is computed from."""
    return {graph.rows[i][1] for i in graph.ancestors(place)} - {"input", graph.rows[place][1]}
