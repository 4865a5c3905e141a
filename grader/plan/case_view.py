"""One case for an instructor: its program, graph and expected values, and what a submission answered to each question."""

import json
import re
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.formats import CaseData, Ended, Sweeps, Trace
from grader.model import KitFault
from grader.plan.plan import Plan
from grader.plan.variant_choice import Pick

USUAL = {"hashable": True, "wrong": []}
"""The reply about nodes that equal only themselves."""


def find(plan: Plan, name: str, pick: Pick | None, submission: str) -> list[str]:
    """Return the keys of the cases of this name, or that the rubric draws under this name; with `pick` those that a submission meets.

    Raises KitFault where there are none, with similar names.
    """
    variants = plan.expected["variants"]
    first = {key: case for case, all in variants.items() for key in all}
    drawn = re.compile(re.escape(name) + "-[0-9]+[a-z]?")
    cases = plan.expected["cases"].items()
    found = [key for key, case in cases if case["id"] == name or (case["text"] == "random" and drawn.fullmatch(case["id"]))]
    if not found:
        known = sorted({case["id"] for case in plan.expected["cases"].values()})
        near = [other for other in known if name.lower() in other] or known[:8]
        raise KitFault(f"there is no case {name!r}; there are {', '.join(near)} and others")
    return list(dict.fromkeys(pick.keys((first.get(key, key) for key in found), variants, submission))) if pick else found


def describe(plan: Plan, keys: list[str], trace: Trace | None, *, as_json: bool) -> str:
    """Return the cases of these keys in words or as JSON."""
    found = {key: plan.expected["cases"][key] for key in keys}
    answers = {answer["question"]: answer for answer in trace["answers"]} if trace else None
    if as_json:
        asked = {q for case in found.values() for q in _questions(case).values()}
        some = None if answers is None else [answers[q] for q in sorted(asked) if q in answers]
        return json.dumps({"cases": found, "answers": some}, indent=1)
    return "\n".join(line for key, case in found.items() for line in _lines(plan, key, case, answers))


def _questions(case: CaseData) -> dict[str, int]:
    """Return the case's questions by the name of their way."""
    questions = {}
    if case["own"]:
        questions["own graph"] = case["own"]["question"]
        if "order" in case["own"]:
            questions["own graph, order"] = case["own"]["order"]["question"]
    for way in case["given"]:
        order = "known-good order" if way["known_order"] else "own order"
        questions[f"given graph, {way['build']} Node, linked per {way['link']}, {order}"] = way["question"]
    return questions


def _lines(plan: Plan, key: str, case: CaseData, answers: dict[int, Any] | None) -> Iterator[str]:
    first = next((case for case, all in plan.expected["variants"].items() if key in all), key)
    users = [criterion for criterion, keys in plan.expected["criteria"].items() if first in keys]
    yield f"{case['id']}  asks {case['asks']}, {'public' if case['public'] else 'hidden'}, used by {', '.join(users)}"
    yield f"  {case['text']}"
    if case["own"]:
        yield "\n  own graph"
        yield from _graph(case, case["own"]["graph"], case["own"].get("sweeps"))
    if case["given"]:
        yield "\n  given graph"
        yield from _graph(case, case["given_rows"], case.get("given_sweeps"))
    yield "\n  questions"
    for way, number in _questions(case).items():
        yield f"    {number:4}  {way}"
        if answers is not None:
            yield from (f"          {plain(line)}" for line in _answer(case, answers.get(number, {"kind": "not asked"})))
    yield ""


def _answer(case: CaseData, answer: Ended) -> Iterator[str]:
    """Yield in words what came back: orders and derivatives by the nodes' names, and all other facts of the reply."""
    reply, names = answer.get("reply"), case["names"]
    if reply is None:
        yield f"{answer['kind']}: {answer['why']}" if answer.get("why") else answer["kind"]
        return
    if "raised" in reply:
        raised = reply["raised"]
        where = f", line {raised['line']}, in {raised['function']}" if raised["line"] else ""
        yield f"raised {raised['kinds'][0]}: {raised['message']}{where}"
    for call, order in enumerate(reply.get("orders", ()), start=1):
        shown_order = ", ".join("?" if i is None else names[i] for i in order) if isinstance(order, list) else f"a {order['not']}"
        yield f"order {call}: [{shown_order}]"
    for sweep, numbers in enumerate(reply.get("sweeps", ()), start=1):
        yield f"after {sweep}: " + ", ".join(f"{name} {_short(number)}" for name, number in zip(names, numbers, strict=False))
    if "graph" in reply:
        right = case["own"] and reply["graph"] == case["own"]["graph"]
        yield from ("the graph as expected",) if right else (f"graph: {json.dumps(row)}" for row in reply["graph"])
    shown_above = {"id", "raised", "orders", "sweeps", "graph"}
    rest = {name: part for name, part in reply.items() if name not in shown_above and part not in ([], [[]] * len(case["roots"]), USUAL)}
    if rest:
        yield f"besides: {json.dumps(rest)}"


def _short(number: Any) -> str:
    return f"{number:.10g}" if isinstance(number, int | float) else json.dumps(number)


def _graph(case: CaseData, rows: list[list[Any]], sweeps: Sweeps | None) -> Iterator[str]:
    names = case["names"]
    for i, (value, operator, offsets, partials, *_) in enumerate(rows):
        parents = ", ".join(names[i + o] if 0 <= i + o < len(names) else "?" for o in offsets)
        made = f"{operator}({parents})" if offsets else "Node"
        expected = f"  partials {partials}" if offsets else ""
        after = "".join(f"  after {k + 1}: {sweep[i]}" for k, sweep in enumerate(sweeps["values"])) if sweeps else ""
        yield f"    {names[i]} = {made}: {value}{expected}{after}"
