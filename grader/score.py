"""Outcomes and rubric give the report: a plain dictionary in the form of `schemas/report.schema.json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from grader import __version__
from grader.model import CaseResult, Criterion, CriterionResult, KitFault, Rubric, Sentences, Step, round_points
from grader.wording import reason, say

SCHEMA = "autodiff-kit/report/v1"


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
    shown = [step for step in rubric.steps if step.id in steps]
    graded = not isinstance(results, KitFault)
    found = {} if isinstance(results, KitFault) else {(r.step, r.criterion): r for r in results}
    parts = [_step(step, found, diagnoses, rubric.sentences) for step in shown] if graded else []
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
        "notes": _notes(rubric.sentences, trace, results, practice=practice),
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


def _notes(sentences: Sentences, trace: dict[str, Any], results: object, *, practice: bool) -> list[str]:
    """Return what a student should know about the file as a whole, in sentences."""
    if isinstance(results, KitFault):
        return [say(sentences, "notes.not_graded", fault=results)]
    loading, first = trace["loading"], [say(sentences, "notes.practice")] if practice else []
    stopped, at = loading["stopped"], ""
    parts: dict[str, object] = {}
    if stopped and stopped["line"]:
        at, parts["line"] = "_at", stopped["line"]
    if loading["kind"] == "refused":
        return [*first, loading["why"]]
    if loading["kind"] == "unreadable":
        return [*first, say(sentences, f"notes.unreadable{at}", problem=stopped["message"], **parts)]
    if loading["kind"] != "loaded":
        return [*first, say(sentences, "notes.not_loaded", why=reason(sentences, loading["why"]))]
    if stopped:
        why = f"{stopped['kinds'][0]}: {stopped['message']}"
        in_cell = _cell_note(sentences, trace["cells"], stopped["line"], why)
        return [*first, in_cell or say(sentences, f"notes.stopped{at}", exception=why, **parts)]
    return first


def _cell_note(sentences: Sentences, cells: list[int], line: int | None, why: str) -> str:
    """Return in words where in a notebook loading met an exception, if its code cells have so many lines; of a file nothing."""
    for number, lines in enumerate(cells, start=1):
        if line is not None and line <= lines:
            return say(sentences, "notes.cell_at", cell=number, line=line, exception=why)
        line = None if line is None else line - lines
    return say(sentences, "notes.cell", exception=why) if cells else ""


def _step(
    step: Step, found: dict[tuple[str, str], CriterionResult], diagnoses: Mapping[tuple[str, str], dict[str, str]], sentences: Sentences
) -> dict[str, Any]:
    by_hand = {"manual": True, "message": say(sentences, "notes.by_hand")}
    none = {(step.id, c.id): CriterionResult(step.id, c.id, ()) for c in step.criteria if c.manual}
    told = none | found
    criteria = [
        _criterion(c, told[step.id, c.id], diagnoses.get((step.id, c.id)), sentences) | (by_hand if c.manual else {}) for c in step.criteria
    ]
    score = _total(c["score"] for c in criteria if not c["bonus"])
    return {"id": step.id, "title": step.title, "score": score, "max_score": number(step.points), "criteria": criteria}


def _criterion(criterion: Criterion, result: CriterionResult, diagnosis: dict[str, str] | None, sentences: Sentences) -> dict[str, Any]:
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
        "message": _message(criterion, unpassed, passed, total, sentences) if unpassed else "",
        "why": criterion.why if unpassed else "",
        "hint": _hint(criterion, unpassed, sentences) if unpassed else "",
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


def _message(criterion: Criterion, case: CaseResult, passed: int, total: int, sentences: Sentences) -> str:
    if case.outcome == "unwritten":
        return say(sentences, "messages.unwritten", passed=passed, total=total)
    if not criterion.public:
        ended = say(sentences, f"hidden.{case.outcome.replace(' ', '_')}")
        return say(sentences, "messages.hidden", passed=passed, total=total, ended=ended)
    return say(sentences, "messages.public", called=case.called, expected=case.expected, got=case.got.rstrip("."))


def _hint(criterion: Criterion, case: CaseResult, sentences: Sentences) -> str:
    """Return what to look at next; what is not written yet has nothing to look at. Of a hidden answer it does not tell the type."""
    if case.outcome == "unwritten":
        return ""
    told = case.lacks and (criterion.public or case.outcome != "fail")
    kind = f"no_{case.lacks}" if told else case.outcome.replace(" ", "_")
    return say(sentences, f"next.{kind}", hint=criterion.hint)
