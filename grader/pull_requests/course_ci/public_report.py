"""From grading.json and how each public test ended to a report.json: where what the student's run says is checked.

The form is that of grader/schemas/report.schema.json. Standard library only.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from grader.pull_requests.course_ci.wording import Words, say

SCHEMA = "autodiff-kit/report/v2"
SANDBOX = "none: the public tests, in the student's own repository"
OUTCOMES = ("pass", "fail", "error", "timeout", "crash", "unwritten", "not tried")


@dataclass(frozen=True, slots=True)
class Ended:
    """How one test ended, what it expected and what it got."""

    outcome: str = "not tried"
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run says of itself besides its tests."""

    submission: str
    sha256: str
    starter: str | None = None
    notes: tuple[str, ...] = ()
    python: str = ""
    seconds: float = 0.0
    graded_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def tests_of(grading: dict[str, Any]) -> list[str]:
    """Return the names of all tests that are worth points, in the rubric's order."""
    return [case["test"] for step in grading["steps"] for c in step["criteria"] for case in c["cases"]]


def report_of(grading: dict[str, Any], ended: dict[str, Ended], facts: Facts) -> dict[str, Any]:
    """Return the report. A test that is not in `ended` was not tried; no evidence, no points."""
    steps = [_step(step, ended, grading["words"]) for step in grading["steps"]]
    criteria = [c for step in steps for c in step["criteria"]]
    return {
        "schema": SCHEMA,
        "submission": facts.submission,
        "status": "graded",
        "score": _sum(c["score"] for c in criteria if not c["bonus"]),
        "max_score": _sum(c["max_score"] for c in criteria if not c["bonus"]),
        "bonus": _sum(c["score"] for c in criteria if c["bonus"]),
        "provisional": True,
        "starter": facts.starter,
        "notes": list(facts.notes),
        "steps": steps,
        "provenance": {
            "grader": grading["grader"],
            "rubric_sha256": grading["rubric_sha256"],
            "reference_sha256": grading["reference_sha256"],
            "submission_sha256": facts.sha256,
            "seed": "public cases only",
            "cases": "fixed",
            "python": facts.python,
            "sandbox": SANDBOX,
            "graded_at": facts.graded_at,
            "seconds": facts.seconds,
        },
    }


def _step(step: dict[str, Any], ended: dict[str, Ended], words: Words) -> dict[str, Any]:
    criteria = [_criterion(c, ended, words) for c in step["criteria"]]
    core = [c for c in criteria if not c["bonus"]]
    score, most = (_sum(c[key] for c in core) for key in ("score", "max_score"))
    return {"id": step["id"], "title": step["title"], "score": score, "max_score": most, "criteria": criteria}


def _criterion(criterion: dict[str, Any], ended: dict[str, Ended], words: Words) -> dict[str, Any]:
    cases = [_case(case, ended.get(case["test"], Ended())) for case in criterion["cases"]]
    passed, total, points = sum(c["outcome"] == "pass" for c in cases), len(cases), Fraction(criterion["points"])
    share = _share(criterion["cases"], cases)
    first = next((case for case in cases if case["outcome"] != "pass"), None)
    needs_hint = first is not None and first["outcome"] not in ("unwritten", "not tried")
    return {
        "id": criterion["id"],
        "says": criterion["says"],
        "score": _number(_rounded(points * (int(share) if criterion["all_or_nothing"] else share))),
        "max_score": _number(_rounded(points)),
        "bonus": criterion["bonus"],
        "public": True,
        "outcome": first["outcome"] if first else "pass" if cases else "not tried",
        "passed": passed,
        "cases_total": total,
        "message": _message(first, passed, total, words) if first else "",
        "why": criterion["why"] if first else "",
        "hint": criterion["hint"] if needs_hint else "",
        "diagnosis": None,
        "cases": cases,
    }


def _share(cases: list[dict[str, Any]], ended: list[dict[str, Any]]) -> Fraction:
    """Return the share of cases that count; those that count together, as the cases of an operator do, count if all of them passed."""
    pairs = [(case.get("counts_with", case["id"]), end["outcome"]) for case, end in zip(cases, ended, strict=True)]
    failed = {group for group, outcome in pairs if outcome != "pass"}
    return Fraction(sum(group not in failed for group, _ in pairs), len(pairs)) if pairs else Fraction(0)


def _case(case: dict[str, Any], end: Ended) -> dict[str, Any]:
    passed = end.outcome == "pass"
    return {
        "id": case["id"],
        "outcome": end.outcome,
        "called": case["says"],
        "expected": "" if passed else end.expected,
        "got": "" if passed else end.got,
        "paid_by": case["way"] if passed else None,
    }


def _message(case: dict[str, Any], passed: int, total: int, words: Words) -> str:
    if case["outcome"] == "unwritten":
        return say(words, "public.unwritten", passed=passed, total=total)
    return say(words, "public.message", called=case["called"], expected=case["expected"], got=case["got"].rstrip("."))


def _rounded(points: Fraction) -> Fraction:
    return Fraction((points * 100 + Fraction(1, 2)).__floor__(), 100)


def _number(points: Fraction) -> int | float:
    return points.numerator if points.denominator == 1 else float(points)


def _sum(scores: Any) -> int | float:
    return _number(sum((Fraction(str(score)) for score in scores), Fraction(0)))
