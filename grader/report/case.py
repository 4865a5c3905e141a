"""One case for an instructor: its program, graph and expected values, and what a submission answered to each question."""

import json
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.model import KitFault
from grader.plan import Plan


def describe(plan: Plan, case_id: str, trace: dict[str, Any] | None, *, as_json: bool) -> str:
    """Return the case in words or as JSON. Raises KitFault for an unknown id, with similar ones."""
    found = {key: case for key, case in plan.expected["cases"].items() if case["id"] == case_id}
    if not found:
        known = sorted({case["id"] for case in plan.expected["cases"].values()})
        near = [name for name in known if case_id.lower() in name] or known[:8]
        raise KitFault(f"there is no case {case_id!r}; there are {', '.join(near)} and others")
    answers = {answer["question"]: answer for answer in trace["answers"]} if trace else None
    if as_json:
        asked = {q for case in found.values() for q in _questions(case).values()}
        some = None if answers is None else [answers[q] for q in sorted(asked) if q in answers]
        return json.dumps({"cases": found, "answers": some}, indent=1)
    return "\n".join(line for key, case in found.items() for line in _lines(plan, key, case, answers))


def _questions(case: dict[str, Any]) -> dict[str, int]:
    """Return the case's questions by the name of their way."""
    own, questions = case["own"] or {}, {}
    if own:
        questions["own graph"] = own["question"]
    if "order" in own:
        questions["own graph, order"] = own["order"]["question"]
    for way in case["given"]:
        order = "known-good order" if way["known_order"] else "own order"
        questions[f"given graph, {way['build']} Node, linked per {way['link']}, {order}"] = way["question"]
    return questions


def _lines(plan: Plan, key: str, case: dict[str, Any], answers: dict[int, Any] | None) -> Iterator[str]:
    users = [criterion for criterion, keys in plan.expected["criteria"].items() if key in keys]
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
            answer = answers.get(number, {"kind": "not tried"})
            yield f"          {answer['kind']}: {plain(json.dumps(answer.get('reply', answer.get('why', ''))))}"
    yield ""


def _graph(case: dict[str, Any], rows: list[list[Any]], sweeps: dict[str, Any] | None) -> Iterator[str]:
    names = case["names"] or [f"n{i}" for i in range(len(rows))]
    for i, (times, value, operator, offsets, partials, *_) in enumerate(rows):
        parents = ", ".join(names[i + o] if 0 <= i + o < len(names) else "?" for o in offsets)
        made = f"{operator}({parents})" if offsets else "Node"
        expected = f"  partials {partials}" if offsets else ""
        after = "".join(f"  after {k + 1}: {sweep[i]}" for k, sweep in enumerate(sweeps["values"])) if sweeps else ""
        yield f"    {f'{times} x ' if times > 1 else ''}{names[i]} = {made}: {value}{expected}{after}"
