"""Outcomes and rubric give the report."""

from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial

from grader import __version__
from grader.formats import Trace
from grader.messages import say
from grader.model import ENGLISH, UNFAILED, CaseResult, Criterion, CriterionResult, KitFault, Rubric, Sentences, Step, round_points
from grader.report.earlier_reason import Reason, earlier_reason
from grader.report.loading_notes import loading_notes
from grader.report_format import CaseReport, CriterionReport, Diagnosis, Provenance, Report, Row, RowStep, StepReport

SCHEMA = "autodiff-kit/report/v2"


def earned(criterion: Criterion, result: CriterionResult) -> Fraction:
    """Return the points of one criterion, rounded: for the share of cases that count, or for all of them alone.

    Cases that were not judged are left out of the share. If no case was judged, the criterion earns nothing.
    """
    passed, total = _operators(result) if criterion.by_operator else _cases(result)
    share = Fraction(passed, total) if total else Fraction(0)  # no evidence, no points
    return round_points(criterion.points * (int(share) if criterion.all_or_nothing else share))


def _cases(result: CriterionResult) -> tuple[int, int]:
    """Return how many cases passed, and how many were judged."""
    judged = [case.outcome for case in result.cases if case.outcome != "not judged"]
    return judged.count("pass"), len(judged)


def _operators(result: CriterionResult) -> tuple[int, int]:
    """Return how many cases have only operators that are right in all of their cases, and how many cases were judged."""
    failed = [part for case in result.cases for part in case.parts if part.outcome not in UNFAILED]
    wrong = {part.group for part in failed if not part.after}
    wrong |= {part.group for part in failed if not part.after & wrong}
    judged = [case for case in result.cases if case.outcome != "not judged"]
    if not wrong:
        return len(judged), len(judged)
    return sum(wrong.isdisjoint(part.group for part in case.parts) for case in judged), len(judged)


def number(points: Fraction) -> int | float:
    """Return points as JSON shows them: 35, not 35.0."""
    return points.numerator if points.denominator == 1 else float(points)


def columns_of(rubric: Rubric, steps: Container[str]) -> Row:
    """Return what tables show of a submission without a result: the steps, with no score, and the most points of all of them."""
    shown = [step for step in rubric.steps if step.id in steps]
    most = number(sum((step.points for step in shown), Fraction(0)))
    rows: list[RowStep] = [{"id": step.id, "title": step.title, "score": "", "max_score": number(step.points)} for step in shown]
    return {"max_score": most, "steps": rows}


def build_report(
    submission: str,
    rubric: Rubric,
    results: list[CriterionResult] | KitFault,
    trace: Trace,
    *,
    diagnoses: Mapping[tuple[str, str], Diagnosis],
    steps: frozenset[str],
    practice: bool,
    reference_sha256: str,
    seed: str,
    cases: str,
) -> Report:
    """Return one submission's report over the named steps; with fewer than all, or in practice, it is provisional.

    Where nothing usable was handed in, or the kit failed, it has no score and no steps.
    Of a hidden criterion it holds only how many cases passed and the outcome's kind.
    """
    shown = [step for step in rubric.steps if step.id in steps]
    status = "not graded" if isinstance(results, KitFault) else "unusable" if trace["loading"]["kind"] == "unusable" else "graded"
    graded = status == "graded"
    found = {} if isinstance(results, KitFault) else {(r.step, r.criterion): r for r in results}
    parts = [_step(step, shown[:i], found, diagnoses, rubric.sentences) for i, step in enumerate(shown)] if graded else []
    report: Report = {
        "schema": SCHEMA,
        "submission": submission,
        "status": status,
        "score": _total(parts, bonus=False) if graded else None,
        "max_score": number(sum((step.points for step in shown), Fraction(0))),
        "bonus": _total(parts, bonus=True) if graded else None,
        "provisional": practice or len(shown) < len(rubric.steps),
        "starter": trace["loading"]["starter"],
        "notes": _notes(rubric.sentences, trace, results, practice=practice),
        "language": rubric.language,
        "steps": parts,
        "provenance": _provenance(rubric, trace, reference_sha256, seed, cases),
    }
    if rubric.language == ENGLISH:
        del report["language"]
    return report


def _provenance(rubric: Rubric, trace: Trace, reference_sha256: str, seed: str, cases: str) -> Provenance:
    return {
        "grader": __version__,
        "rubric_sha256": rubric.sha256,
        "reference_sha256": reference_sha256,
        "submission_sha256": trace["submission_sha256"],
        "seed": seed,
        "cases": cases,
        "python": trace["python"],
        "sandbox": trace["sandbox"],
        "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": trace["seconds"],
    }


def _total(steps: list[StepReport], *, bonus: bool) -> int | float:
    return _sum(criterion["score"] for step in steps for criterion in step["criteria"] if criterion["bonus"] == bonus)


def _sum(scores: Iterable[float]) -> int | float:
    return number(sum((Fraction(str(score)) for score in scores), Fraction(0)))


def _notes(sentences: Sentences, trace: Trace, results: object, *, practice: bool) -> list[str]:
    """Return what a student should know about the file as a whole, in sentences."""
    if isinstance(results, KitFault):
        return [say(sentences, "notes.not_graded", fault=results)]
    first = [say(sentences, "notes.practice")] if practice else []
    return [*first, *trace["notes"], *loading_notes(sentences, trace)]


def _step(
    step: Step, before: list[Step], found: dict[tuple[str, str], CriterionResult], diagnoses: Mapping[tuple[str, str], Diagnosis],
    sentences: Sentences,
) -> StepReport:  # fmt: skip
    manual_results = {(step.id, c.id): CriterionResult(step.id, c.id, ()) for c in step.criteria if c.manual}
    results_by_criterion = manual_results | found
    earlier = partial(earlier_reason, step, before=before, results=found)
    criteria = [
        _criterion(c, results_by_criterion[step.id, c.id], diagnoses.get((step.id, c.id)), sentences, earlier) for c in step.criteria
    ]
    score = _sum(c["score"] for c in criteria if not c["bonus"])
    return {"id": step.id, "title": step.title, "score": score, "max_score": number(step.points), "criteria": criteria}


def _criterion(
    criterion: Criterion, result: CriterionResult, diagnosis: Diagnosis | None, sentences: Sentences,
    earlier: Callable[[CaseResult], Reason | None],
) -> CriterionReport:  # fmt: skip
    passed, total = _cases(result)
    unpassed = next((case for case in result.cases if case.outcome not in UNFAILED), None)
    if result.cases and not total:
        unpassed = result.cases[0]  # none was judged
    # a note says all there is to say of a file that was not loaded
    explained_case = None if unpassed and unpassed.lacks == "file" else unpassed
    made: CriterionReport = {
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
        "message": _message(criterion, explained_case, result, sentences) if explained_case else "",
        "why": criterion.why if explained_case else "",
        "hint": _hint(criterion, explained_case, sentences, earlier(explained_case) if criterion.public else None)
        if explained_case
        else "",
        "diagnosis": diagnosis,
        "cases": [_case(case) for case in result.cases] if criterion.public else [],
    }
    if criterion.manual:
        made["message"], made["manual"] = say(sentences, "notes.by_hand"), True
    return made


def _case(case: CaseResult) -> CaseReport:
    made: CaseReport = {
        "id": case.id,
        "outcome": case.outcome,
        "called": case.called,
        "expected": case.expected,
        "got": case.got,
        "paid_by": case.paid_by,
    }
    if case.drawing:
        made["drawing"] = case.drawing
    return made


def _message(criterion: Criterion, case: CaseResult, result: CriterionResult, sentences: Sentences) -> str:
    passed, total = _cases(result)
    if case.outcome == "unwritten":
        functions = dict.fromkeys(case.function for case in result.cases if case.outcome == "unwritten")
        return say(sentences, "messages.unwritten", functions=", ".join(functions), passed=passed, total=total)
    if case.outcome == "not judged":
        return say(sentences, "messages.not_judged", depends=say(sentences, f"depends.{case.depends}"))
    if not criterion.public:
        ended = say(sentences, f"hidden.{case.outcome.replace(' ', '_')}")
        return say(sentences, "messages.hidden", passed=passed, total=total, ended=ended)
    return say(sentences, "messages.public", called=case.called, expected=case.expected, got=case.got.rstrip("."))


def _hint(criterion: Criterion, case: CaseResult, sentences: Sentences, earlier: Reason | None) -> str:
    """Return what to look at next: first at what failed `earlier` for the same reason.

    What is not written yet has nothing to look at. Of a hidden answer it does not tell the type.
    """
    if earlier:
        return say(sentences, "next.earlier", **earlier._asdict())
    if case.outcome == "unwritten":
        return ""
    may_name_lack = case.lacks and (criterion.public or case.outcome != "fail")
    kind = f"no_{case.lacks}" if may_name_lack else case.outcome.replace(" ", "_")
    return say(sentences, f"next.{kind}", hint=criterion.hint, function=case.function)
