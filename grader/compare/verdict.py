"""Decide how a case ended: each way on its own, then the way that counts (handout, "How the steps are scored apart").

Where the submission's earlier steps are right on that very case, its own graph alone counts; otherwise the best way does.
"""

import re
from dataclasses import replace
from typing import Any

from grader.collect.skip_rules import lacks_function
from grader.compare import rendering
from grader.compare.answers import NOT_TRIED, Answers
from grader.compare.drawing import drawing
from grader.compare.expectations import Check, Mismatch, NotJudged
from grader.compare.expected_graph import ExpectedGraph
from grader.compare.nodes_view import NodesView
from grader.compare.operators import judge_operators
from grader.compare.order_view import OrderView
from grader.compare.sweep_view import SweepView
from grader.formats import CaseData, Ended, Reply
from grader.messages import reason, retold
from grader.model import BETWEEN, TRACES_LEFT, CaseResult, FailureSignature, Sentences
from grader.plan.plan import Plan, ways_of
from grader.report_format import Drawing

Signs = tuple[tuple[str, FailureSignature], ...]
CALLED_LIKE_THEIRS = frozenset({"log", "exp", "sin", "cos"})
"""Operators that have the name of a function of math and NumPy."""
NUMBER = re.compile(r"'(int|float|numpy\.\w+)' object has no attribute")
TAKES_NUMBERS = re.compile(r"only (0-dimensional|length-1|size-1) arrays")
"""What NumPy says where a function of math, or a conversion, gets an array."""
ATTRIBUTES = {"forward": "partial_derivative", "backward": "adjoint"}


class ExpectedCase:
    """One case of the plan, with its graphs decoded when they are first needed."""

    def __init__(self, data: CaseData, sentences: Sentences) -> None:
        self.data, self.sentences = data, sentences
        self.own_way = data["own"]
        self.questions = [way["question"] for way in ways_of(data)]
        self.passed: dict[CaseResult, CaseResult] = {}
        """The results of those who passed, which are equal for most: kept once, they take little memory."""
        self.own: ExpectedGraph | None = None
        self.given: ExpectedGraph | None = None
        if data["own"]:
            self.own = ExpectedGraph(data, data["own"]["graph"], data["own"].get("sweeps"), sentences)
            self.own.tangents = data["own"].get("tangents")
            self.own.code = rendering.code_of(data, data["own"]["rows"], data["own"]["build"], sentences)
            self.own.called = "; ".join(self.own.code)
        if data["given"]:
            self.given = ExpectedGraph(data, data["given_rows"], data.get("given_sweeps"), sentences)
            self.given.tangents = data.get("given_tangents")
            self.given.code = rendering.code_of(data, data["given_rows"], "create_node", sentences)
            self.given.called = self.given.say("called.given", code="; ".join(self.given.code))


class ExpectedCases(dict[str, ExpectedCase]):
    """The plan's cases by their keys, each made when it is first looked at: of random cases most variants never are."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, key: str) -> ExpectedCase:
        self[key] = ExpectedCase(self._plan.expected["cases"][key], self._plan.rubric.sentences)
        return self[key]


def judge(case: ExpectedCase, functions: frozenset[str], check: Check, answers: Answers, *, by_operator: bool = False) -> CaseResult:
    """Return how `case` ended for one submission. `functions` are the names of the step's own stubs.

    With `by_operator` the result also says how each operator of the case ended.
    """
    if by_operator and (graph := case.own) and case.own_way:
        answer = answers[case.own_way["question"]]
        result = judge_operators(graph, case.data, answer, lambda view: _one_way(case, graph, answer, functions, check, view))
        return replace(result, paid_by="own") if result.outcome == "pass" else replace(result, way="own", signs=_signs(own=result))
    own = None
    if case.own and case.own_way:
        answer = answers[case.own_way["question"]]
        view = None
        if case.data["between"] == BETWEEN["forward"] and answer["kind"] == "answered":
            view = SweepView(case.own, answer["reply"], ATTRIBUTES["forward"], judges_orders=_has_right_orders(case, answers))
        own = _one_way(case, case.own, answer, functions, check, view)
        if own.outcome == "pass":
            return replace(own, paid_by="own")
        if not case.given:
            return replace(own, way="own", signs=_signs(own=own))
    given = _given(case, functions, check, answers)
    if own and (_earlier_right(case, answer, answers) or (given.outcome == "not tried" and _lacks_function(case, answer))):
        return replace(own, way="own", signs=_signs(own=own, given=given))
    if given.outcome == "pass":
        return replace(given, paid_by="given")
    return replace(given, way="given", signs=_signs(own=own, given=given))


def _given(case: ExpectedCase, functions: frozenset[str], check: Check, answers: Answers) -> CaseResult:
    """Return the best of the given graphs: one that passes, or else the most telling."""
    assert case.given
    tried: list[tuple[Ended, CaseResult]] = []
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


def _most_telling(tried: list[tuple[Ended, CaseResult]]) -> CaseResult:
    """Return the first way in which the step's own function was reached, or else the first of all."""
    for answer, result in tried:
        if answer["kind"] != "raised" or answer["reply"]["stage"] != "build":
            return result
    return tried[0][1]


def _one_way(
    case: ExpectedCase, graph: ExpectedGraph, answer: Ended, functions: frozenset[str], check: Check, view: Any = None
) -> CaseResult:
    """Return how one way ended; `view` is what the check looks at, by default the whole answer."""
    name, kind = case.data["id"], answer["kind"]
    if kind == "answered" or _refused(case, answer):
        view = view or _view(case, graph, answer["reply"])
        try:
            check(view)
        except NotJudged as unjudged:
            return CaseResult(name, "not judged", graph.called, depends=unjudged.depends)
        except Mismatch as mismatch:
            sign = FailureSignature(rendering.shortened(mismatch.sign), rendering.answer_digest(view.answered()))
            got = rendering.shortened(mismatch.got)
            drawn = _drawn(case, graph, answer)
            return CaseResult(name, "fail", graph.called, mismatch.expected, got, lacks=mismatch.lacks, signs=(("", sign),), drawing=drawn)
        return CaseResult(name, "pass", graph.called)
    if kind == "raised":
        return _raised(case, graph, answer, functions, getattr(check, "depends", ""))
    return _without_reply(case, graph, answer)


def _raised(case: ExpectedCase, graph: ExpectedGraph, answer: Ended, functions: frozenset[str], depends: str) -> CaseResult:
    """Return how a way ended in which the submission raised an exception; the check depends on what `depends` says."""
    name, raised, outcome = case.data["id"], answer["reply"]["raised"], "error"
    if "NotImplementedError" in raised["kinds"] and raised["function"] in functions:
        outcome = "unwritten"
    elif "PermissionError" in raised["kinds"]:
        outcome = "forbidden"
    if outcome == "error" and depends and answer["reply"]["stage"] != "read":
        return CaseResult(name, "not judged", graph.called, depends=depends)
    signs = (("", _sign_of(answer["reply"])),) if outcome == "error" else ()
    lacks = _lacks(raised) if outcome == "error" else ""
    got = rendering.exception(answer["reply"], case.sentences)
    drawn = _drawn(case, graph, answer) if outcome == "error" else None
    return CaseResult(
        name, outcome, graph.called, _wanted(case, graph), got, lacks=lacks, signs=signs, drawing=drawn,
        function=raised["function"] or "", line=raised["line"],
    )  # fmt: skip


def _without_reply(case: ExpectedCase, graph: ExpectedGraph, answer: Ended) -> CaseResult:
    """Return how a way ended that got no reply: a time-out, a crash, or nothing that could be asked."""
    name, kind = case.data["id"], answer["kind"]
    outcome = kind if kind in ("timeout", "crash", "not tried") else "error"
    if answer == NOT_TRIED or kind == "unreadable":
        why = graph.say(f"endings.{kind.replace(' ', '_')}")
    else:
        why = retold(case.sentences, answer["why"]) if kind in ("refused", "unusable", "fault") else reason(case.sentences, answer["why"])
    lacks = "file" if "question" not in answer and kind != "not tried" else ""
    if answer.get("why") == "loading":
        lacks = "time"
    drawn = _drawn(case, graph, answer) if outcome in ("timeout", "crash") and not lacks else None
    return CaseResult(name, outcome, graph.called, _wanted(case, graph), why, lacks=lacks, drawing=drawn)


def _wanted(case: ExpectedCase, graph: ExpectedGraph) -> str:
    """Return in words what was expected where no answer came."""
    return graph.say("orders.refusal" if case.data["cyclic"] else "endings.wanted")


def _lacks(raised: Reply) -> str:
    """Return what an exception says is missing (see CaseResult), or nothing where it says no such thing."""
    kind, message = raised["kinds"][0], raised["message"]
    if kind == "NameError":
        return "name" if raised["line"] else "function"
    if kind == "RecursionError":
        return "depth"
    if kind not in ("AttributeError", "TypeError"):
        return ""
    if "NoneType" in message:
        return "node"
    if raised["function"] in CALLED_LIKE_THEIRS and kind == "AttributeError" and NUMBER.match(message):
        return "module"
    return "" if kind != "TypeError" else "array" if TAKES_NUMBERS.match(message) else "fit"


def _drawn(case: ExpectedCase, graph: ExpectedGraph, answer: Ended) -> Drawing | None:
    """Return what a page can draw of a case; nothing of a hidden one."""
    return drawing(case.data, graph, answer) if case.data["public"] else None


def _sign_of(reply: Reply) -> FailureSignature:
    """Return the sign of an exception: its kind and where it was met; the whole of it has its message as well."""
    raised, stage = reply["raised"], reply["stage"]
    where = stage if raised["line"] else f"{stage}, outside the file"
    return FailureSignature(
        f"{raised['kinds'][0]} in {where}", rendering.answer_digest([raised["kinds"][0], raised["message"], where, reply["at"]])
    )


def _refused(case: ExpectedCase, answer: Ended) -> bool:
    """Return whether a graph with a cycle was refused, which is the answer that is asked for."""
    if not case.data["cyclic"] or answer["kind"] != "raised" or answer["reply"]["stage"] != "call":
        return False
    return "ValueError" in answer["reply"]["raised"]["kinds"]


def _view(case: ExpectedCase, graph: ExpectedGraph, reply: Reply) -> Any:
    asks = case.data["asks"]
    if asks == "nodes":
        assert case.own_way
        return NodesView(graph, reply, by_create_node=case.own_way["build"] == "create")
    if asks == "order":
        return OrderView(graph, reply)
    return SweepView(graph, reply, ATTRIBUTES[asks])


def _earlier_right(case: ExpectedCase, answer: Ended, answers: Answers) -> bool:
    """Return whether the submission's graph, and for a sweep its orders too, are right on this very case.

    Of a case that comes after others that is not known, for nobody looks at the earlier graphs.
    """
    assert case.own
    assert case.own_way
    if case.data["earlier_graph_count"] or not _is_sound(case, case.own, answer):
        return False
    if "order" in case.own_way:
        return _has_right_orders(case, answers)
    return _graph_right(case.own, answers.with_graph(case.own_way["question"]))


def _lacks_function(case: ExpectedCase, answer: Ended) -> bool:
    """Return whether there is no function that could be asked about a given graph."""
    return "reply" in answer and lacks_function(case.data["asks"], answer["reply"])


def _has_right_orders(case: ExpectedCase, answers: Answers) -> bool:
    """Return whether a question of its own found the submission's graph and its orders right, before any sweep."""
    assert case.own
    assert case.own_way
    orders = answers[case.own_way["order"]["question"]]
    if orders["kind"] != "answered" or not _graph_right(case.own, orders) or any(orders["reply"]["changed"]):
        return False
    if any(orders["reply"].get(part) for part in TRACES_LEFT) or not orders["reply"].get("sound", True):
        return False
    asked = case.own_way["order"]
    found = zip(asked["roots"], asked["sizes"], orders["reply"]["orders"], strict=True)
    return not any(case.own.order_fault(root, size, order)[0] for root, size, order in found)


def _is_sound(case: ExpectedCase, graph: ExpectedGraph, answer: Ended) -> bool:
    """Return whether the graph stays sound without the step's own function. Only a question with `between` can show that it does not.

    Forward sweeps that precede a backward one must be right, so an answer that lacks them is not sound.
    """
    between, reply = case.data["between"], answer.get("reply", {})
    if between == BETWEEN["backward"]:
        return reply.get("sound", False) and SweepView(graph, reply, ATTRIBUTES["backward"]).has_right_start()
    return reply.get("sound", True) is True


def _graph_right(graph: ExpectedGraph, answer: Ended) -> bool:
    reply = answer.get("reply", {})
    if "graph" not in reply:
        return False
    if reply["graph"] == graph.rows:  # to the last digit: spares looking at every node
        return bool(reply["identity"] == {"hashable": True, "wrong": []})
    return NodesView(graph, reply, by_create_node=False).usable_by_later_steps()
