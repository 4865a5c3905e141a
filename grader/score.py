"""Outcomes and rubric give the report: a plain dictionary in the form of `schemas/report.schema.json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from grader import __version__
from grader.model import CaseResult, Criterion, CriterionResult, KitFault, Rubric, Step

SCHEMA = "autodiff-kit/report/v1"
PRACTICE = "Practice: without a sandbox, and on the public cases only. This is no grade."
ENDED = {
    "fail": "gave a wrong answer",
    "error": "raised an exception or gave an unusable answer",
    "timeout": "gave no answer in time",
    "crash": "ended the process",
    "forbidden": "tried something that is not allowed here",
    "not tried": "was not asked, because the step's time was used up before",
}


def round_points(points: Fraction) -> Fraction:
    """Return points rounded half up to 0.01."""
    return Fraction((points * 100 + Fraction(1, 2)).__floor__(), 100)


def earned(criterion: Criterion, result: CriterionResult) -> Fraction:
    """Return the points of one criterion, rounded: for the share of cases that passed, or for all of them alone."""
    passed, total = sum(case.outcome == "pass" for case in result.cases), len(result.cases)
    share = Fraction(passed, total) if total else Fraction(0)  # no evidence, no points
    return round_points(criterion.points * (int(share) if criterion.all_or_nothing else share))


def number(points: Fraction) -> int | float:
    """Return points as JSON shows them: 35, not 35.0."""
    return points.numerator if points.denominator == 1 else float(points)


def build_report(
    submission: str,
    rubric: Rubric,
    results: list[CriterionResult] | KitFault,
    trace: dict[str, Any],
    *,
    diagnoses: Mapping[tuple[str, str], dict[str, str]],
    steps: frozenset[str],
    practice: bool,
    reference_sha256: str,
    seed: str,
    cases: str,
) -> dict[str, Any]:
    """Return one submission's report over the named steps; with fewer than all, or in practice, it is provisional.

    Of a hidden criterion it holds only how many cases passed and the outcome's kind.
    """
    notes = [PRACTICE] if practice else []
    shown = [step for step in rubric.steps if step.id in steps]
    graded = not isinstance(results, KitFault)
    found = {} if isinstance(results, KitFault) else {(r.step, r.criterion): r for r in results}
    parts = [_step(step, found, diagnoses) for step in shown] if graded else []
    earned = [criterion for part in parts for criterion in part["criteria"]]
    return {
        "schema": SCHEMA,
        "submission": submission,
        "status": "graded" if graded else "not graded",
        "score": _total(c["score"] for c in earned if not c["bonus"]) if graded else None,
        "max_score": number(sum((step.points for step in shown), Fraction(0))),
        "bonus": _total(c["score"] for c in earned if c["bonus"]) if graded else None,
        "provisional": practice or len(shown) < len(rubric.steps),
        "starter": trace["loading"]["starter"],
        "notes": [*notes, *_notes(trace)] if graded else [f"Not graded, because of a fault of the grader and not of the work: {results}"],
        "steps": parts,
        "provenance": {
            "grader": __version__,
            "rubric_sha256": rubric.sha256,
            "reference_sha256": reference_sha256,
            "submission_sha256": trace["submission_sha256"],
            "seed": seed,
            "cases": cases,
            "python": trace["loading"]["python"],
            "sandbox": trace["sandbox"],
            "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": trace["seconds"],
        },
    }


def _total(scores: Any) -> int | float:
    return number(sum((Fraction(str(score)) for score in scores), Fraction(0)))


def _notes(trace: dict[str, Any]) -> list[str]:
    """Return what a student should know about the file as a whole, in sentences."""
    loading = trace["loading"]
    stopped = loading["stopped"]
    if loading["kind"] == "refused":
        return [loading["why"]]
    if loading["kind"] == "unreadable":
        line = f" at line {stopped['line']}" if stopped["line"] else ""
        return [f"Python can't read autodiff.py{line}: {stopped['message']}. Nothing in it could be graded."]
    if loading["kind"] != "loaded":
        return [f"Loading autodiff.py failed twice: {loading['why']}. Nothing in it could be graded."]
    if stopped and trace["cells"]:
        why = f"{stopped['kinds'][0]}: {stopped['message']}"
        return [f"{_place(trace['cells'], stopped['line'])} did not run to its end: {why}. The other cells were graded."]
    if stopped:
        line = f" at line {stopped['line']}" if stopped["line"] else ""
        return [f"Loading stopped{line}: {stopped['kinds'][0]}: {stopped['message']}. What stands before it was graded."]
    return []


def _place(cells: list[int], line: int | None) -> str:
    """Return in words where in a notebook a line stands, if its code cells have so many lines."""
    for number, lines in enumerate(cells, start=1):
        if line is not None and line <= lines:
            return f"The notebook's code cell {number}, at its line {line},"
        line = None if line is None else line - lines
    return "A code cell of the notebook"


def _step(step: Step, found: dict[tuple[str, str], CriterionResult], diagnoses: Mapping[tuple[str, str], dict[str, str]]) -> dict[str, Any]:
    by_hand = {"manual": True, "message": "A person gives these points."}
    none = {(step.id, c.id): CriterionResult(step.id, c.id, ()) for c in step.criteria if c.manual}
    criteria = [
        _criterion(c, (none | found)[step.id, c.id], diagnoses.get((step.id, c.id))) | (by_hand if c.manual else {}) for c in step.criteria
    ]
    score = _total(c["score"] for c in criteria if not c["bonus"])
    return {"id": step.id, "title": step.title, "score": score, "max_score": number(step.points), "criteria": criteria}


def _criterion(criterion: Criterion, result: CriterionResult, diagnosis: dict[str, str] | None) -> dict[str, Any]:
    total = len(result.cases)
    passed = sum(case.outcome == "pass" for case in result.cases)
    unpassed = next((case for case in result.cases if case.outcome != "pass"), None)
    return {
        "id": criterion.id,
        "says": criterion.says,
        "score": number(earned(criterion, result)),
        "max_score": number(criterion.points)
        if criterion.points.denominator in (1, 2, 4, 5, 10)
        else number(round_points(criterion.points)),
        "bonus": criterion.bonus,
        "public": criterion.public,
        "outcome": unpassed.outcome if unpassed else "pass" if total else "not tried",
        "passed": passed,
        "cases_total": total,
        "message": _message(criterion, unpassed, passed, total) if unpassed else "",
        "hint": criterion.hint if unpassed and unpassed.outcome not in ("unwritten", "not tried") else "",
        "diagnosis": diagnosis,
        "cases": [_case(case) for case in result.cases] if criterion.public else [],
    }


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "outcome": case.outcome,
        "called": case.called,
        "expected": case.expected,
        "got": case.got,
        "paid_by": case.paid_by,
    }


def _message(criterion: Criterion, case: CaseResult, passed: int, total: int) -> str:
    if case.outcome == "unwritten":
        return f"Not written yet. {passed} of {total} cases passed."
    if not criterion.public:
        return f"{passed} of {total} hidden cases passed; the first that did not {ENDED[case.outcome]}."
    return f"Called: {case.called}. Expected: {case.expected}. Got: {case.got.rstrip('.')}."
