"""Decide how a case ended: each way on its own, then the way that counts (contract, section 1).

Where the submission's earlier steps are right on that very case, its own graph alone counts; otherwise the best way does.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.compare import words
from grader.compare.graphs import ExpectedGraph, order_fault
from grader.compare.views import Mismatch, NodesView, OrderView, SweepView
from grader.model import CaseResult, Sentences, Sign
from grader.plan import Plan
from grader.wire import expand_order
from grader.wording import reason

Check = Callable[[Any], None]
Signs = tuple[tuple[str, Sign], ...]
NOT_TRIED = {"kind": "not tried"}
ATTRIBUTES = {"forward": "partial_derivative", "backward": "adjoint"}


class ExpectedCase:
    """One case of the plan, with its graphs decoded when they are first needed."""

    def __init__(self, data: dict[str, Any], sentences: Sentences) -> None:
        self.data, self.sentences = data, sentences
        own, given = data["own"] or {}, data["given"] or ()
        self.questions = [part["question"] for part in (own, own.get("order"), *given) if part]
        self.own: ExpectedGraph | None = None
        self.given: ExpectedGraph | None = None
        if data["own"]:
            self.own = ExpectedGraph(data, data["own"]["graph"], data["own"].get("sweeps"), sentences)
            self.own.called = words.called(data, data["own"]["rows"], data["own"]["build"], sentences)
        if data["given"]:
            self.given = ExpectedGraph(data, data["given_rows"], data.get("given_sweeps"), sentences)
            made = words.called(data, data["given_rows"], "create_node", sentences)
            self.given.called = self.given.say("called.given", code=made)


class ExpectedCases(dict[str, ExpectedCase]):
    """The plan's cases by their keys, each made when it is first looked at: of random cases most variants never are."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, key: str) -> ExpectedCase:
        self[key] = ExpectedCase(self._plan.expected["cases"][key], self._plan.rubric.sentences)
        return self[key]


class Answers:
    """One submission's answers by the question's number; after a failed load every answer is that failure."""

    def __init__(self, trace: dict[str, Any]) -> None:
        self._answers: dict[int, dict[str, Any]] = {answer["question"]: answer for answer in trace["answers"]}
        loading = trace["loading"]
        self._default: dict[str, Any] = NOT_TRIED
        if loading["kind"] != "loaded":
            self._default = {"kind": loading["kind"], "why": loading["why"]}

    def __getitem__(self, number: int) -> dict[str, Any]:
        return _expanded(self._answers.get(number, self._default))

    def identity(self, questions: list[int]) -> tuple[int, ...]:
        """Return by what one knows, while the traces are held, that another gave the very same answers to these questions."""
        answers = [self._answers.get(number, self._default) for number in questions]
        return tuple(id(answer.get("reply", answer)) for answer in answers)


def _expanded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer whose orders are lists, also if some travelled as runs; many of these at once would be large."""
    orders = answer.get("reply", {}).get("orders")
    if not orders or not any(isinstance(order, dict) for order in orders):
        return answer
    return {**answer, "reply": {**answer["reply"], "orders": list(map(expand_order, orders))}}


def judge(case: ExpectedCase, functions: frozenset[str], check: Check, answers: Answers) -> CaseResult:
    """Return how `case` ended for one submission. `functions` are the names of the step's own stubs."""
    own = None
    if case.own:
        answer = answers[case.data["own"]["question"]]
        own = _one_way(case, case.own, answer, functions, check)
        if own.outcome == "pass":
            return replace(own, paid_by="own")
        if not case.given:
            return replace(own, way="own", signs=_signs(own=own))
    given = _given(case, functions, check, answers)
    if own and _earlier_right(case, answer, answers):
        return replace(own, way="own", signs=_signs(own=own, given=given))
    if given.outcome == "pass":
        return replace(given, paid_by="given")
    return replace(given, way="given", signs=_signs(own=own, given=given))


def _given(case: ExpectedCase, functions: frozenset[str], check: Check, answers: Answers) -> CaseResult:
    """Return the best of the given graphs: one that passes, or else the most telling."""
    assert case.given
    tried: list[tuple[dict[str, Any], CaseResult]] = []
    for entry in case.data["given"]:
        answer = answers[entry["question"]]
        result = _one_way(case, case.given, answer, functions, check)
        if result.outcome == "pass":
            return result
        tried.append((answer, result))
    return _most_telling(tried)


def _signs(**results: CaseResult | None) -> Signs:
    """Return the sign of each way that ended with an answer or an exception; a crash or time-out is no sign of anything."""
    return tuple((way, dict(result.signs)[""]) for way, result in results.items() if result and result.signs)


def _most_telling(tried: list[tuple[dict[str, Any], CaseResult]]) -> CaseResult:
    """Return the first way in which the step's own function was reached, or else the first of all."""
    for answer, result in tried:
        if answer["kind"] != "raised" or answer["reply"]["stage"] != "build":
            return result
    return tried[0][1]


def _one_way(case: ExpectedCase, graph: ExpectedGraph, answer: dict[str, Any], functions: frozenset[str], check: Check) -> CaseResult:
    name, kind = case.data["id"], answer["kind"]
    if kind == "answered" or _refused(case, answer):
        view = _view(case, graph, answer["reply"])
        try:
            check(view)
        except Mismatch as mismatch:
            sign = Sign(words.shortened(mismatch.sign), words.digest(view.answered()))
            got = words.shortened(mismatch.got)
            return CaseResult(name, "fail", graph.called, mismatch.expected, got, lacks=mismatch.lacks, signs=(("", sign),))
        return CaseResult(name, "pass", graph.called)
    if kind == "raised":
        raised = answer["reply"]["raised"]
        outcome = "error"
        if "NotImplementedError" in raised["kinds"] and raised["function"] in functions:
            outcome = "unwritten"
        elif "PermissionError" in raised["kinds"]:
            outcome = "forbidden"
        signs = (("", _sign_of(answer["reply"])),) if outcome == "error" else ()
        lacks = "function" if outcome == "error" and raised["kinds"][0] == "NameError" and not raised["line"] else ""
        told = words.exception(answer["reply"], case.sentences)
        return CaseResult(name, outcome, graph.called, graph.say("endings.wanted"), told, lacks=lacks, signs=signs)
    outcome = kind if kind in ("timeout", "crash", "not tried") else "error"
    if kind in ("not tried", "unreadable"):
        why = graph.say(f"endings.{kind.replace(' ', '_')}")
    else:
        why = answer["why"] if kind in ("refused", "fault") else reason(case.sentences, answer["why"])
    lacks = "file" if "question" not in answer and kind != "not tried" else ""
    return CaseResult(name, outcome, graph.called, graph.say("endings.wanted"), why, lacks=lacks)


def _sign_of(reply: dict[str, Any]) -> Sign:
    """Return the sign of an exception: its kind and where it was met; the whole of it has its message as well."""
    raised, stage = reply["raised"], reply["stage"]
    where = stage if raised["line"] else f"{stage}, outside the file"
    return Sign(f"{raised['kinds'][0]} in {where}", words.digest([raised["kinds"][0], raised["message"], where, reply["at"]]))


def _refused(case: ExpectedCase, answer: dict[str, Any]) -> bool:
    """Return whether a graph with a cycle was refused, which is the answer that is asked for."""
    if not case.data["cyclic"] or answer["kind"] != "raised" or answer["reply"]["stage"] != "call":
        return False
    return "ValueError" in answer["reply"]["raised"]["kinds"]


def _view(case: ExpectedCase, graph: ExpectedGraph, reply: dict[str, Any]) -> Any:
    asks = case.data["asks"]
    if asks == "nodes":
        assert case.own
        return NodesView(graph, reply, by_create_node=case.data["own"]["build"] == "create")
    if asks == "order":
        return OrderView(graph, reply)
    return SweepView(graph, reply, ATTRIBUTES[asks])


def _earlier_right(case: ExpectedCase, answer: dict[str, Any], answers: Answers) -> bool:
    """Return whether the submission's graph, and for a sweep its orders too, are right on this very case.

    Of a case that comes after others that is not known, for nobody looks at the earlier graphs.
    """
    assert case.own
    if case.data["earlier"]:
        return False
    if "order" not in case.data["own"]:
        return _graph_right(case.own, answer)
    orders = answers[case.data["own"]["order"]["question"]]
    if orders["kind"] != "answered" or not _graph_right(case.own, orders) or any(orders["reply"]["changed"]):
        return False
    found = zip(case.own.calls, orders["reply"]["orders"], strict=True)
    return not any(order_fault(case.own, *call, order)[0] for call, order in found)


def _graph_right(graph: ExpectedGraph, answer: dict[str, Any]) -> bool:
    reply = answer.get("reply", {})
    if "graph" not in reply:
        return False
    if reply["graph"] == graph.rows:  # to the last digit: spares looking at every node
        return bool(reply["identity"] == {"hashable": True, "wrong": []})
    return NodesView(graph, reply, by_create_node=False).serves()
