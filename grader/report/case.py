"""One case for an instructor: its program, graph and expected values, and what a submission answered to each question."""

import json
import re
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.model import KitFault
from grader.pick import Pick
from grader.plan import Plan


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


def describe(plan: Plan, keys: list[str], trace: dict[str, Any] | None, *, as_json: bool) -> str:
    """Return the cases of these keys in words or as JSON."""
    found = {key: plan.expected["cases"][key] for key in keys}
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
            answer = answers.get(number, {"kind": "not asked"})
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
