"""The points that count: a report's `final` block, made from the automatic scores and what people decided.

The automatic score stays as it is, beside it. A regrade makes the block anew from the log, so that no decision is lost: one on a
criterion that the rubric no longer has is listed, and counts for nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from grader.course import decision_names, late_policy
from grader.course.decision_log import AUTOMATIC, Entry, State, state
from grader.report_format import CriterionReport, Decision, Final, Report, StepPoints, StepReport

WAITING = "A person gives these points, and has not yet."
WHOLE = "A person gave points for the step as a whole."


def applied(out: Path, report: Report) -> Report:
    """Return a report with what people decided about it; without a `final` block where there is nothing to decide."""
    bare = report.copy()
    bare.pop("final", None)
    bare.pop("written", None)
    decided, name = state(out), report["submission"]
    if name in decided.written:
        answers = decided.written[name].items()
        bare["written"] = [
            {"id": question, "score": e["score"], "max_score": e["max_score"], "comment": e["comment"]} for question, e in answers
        ]
    if report["status"] == "unusable":
        if final := _unusable(report, decided):
            bare["final"] = final
        return bare
    manual = any(criterion.get("manual") for step in report["steps"] for criterion in step["criteria"])
    concerned = decided.policy or name in decided.points or name in decided.steps
    timed = decision_names.time_said(out, decided, name) or decision_names.extension(out, decided, name)
    if report["status"] != "graded" or not (manual or concerned or timed):
        return bare
    final, steps = _final(out, report, decided)
    return {**bare, "steps": steps, "final": final}


def number(points: Fraction) -> int | float:
    return points.numerator if points.denominator == 1 else float(points)


def _final(out: Path, report: Report, decided: State) -> tuple[Final, list[StepReport]]:
    criterion_entries = dict(decided.points.get(report["submission"], {}))
    step_entries = dict(decided.steps.get(report["submission"], {}))
    decisions, waiting = list[Decision](), list[str]()
    steps, shown, bonus = list[StepPoints](), list[StepReport](), Fraction(0)
    for step in report["steps"]:
        core, criteria = Fraction(0), list[CriterionReport]()
        step_entry = step_entries.pop(step["id"], None)
        if step_entry and step_entry["points"] == AUTOMATIC:
            step_entry = None
        for criterion in step["criteria"]:
            points, decision = _counted(step, criterion, criterion_entries.pop(criterion["id"], None))
            if decision:
                decisions.append(decision)
            if criterion.get("manual"):
                message = (
                    f"{number(points)} of {criterion['max_score']:g} points, given by a person."
                    if decision
                    else WHOLE
                    if step_entry
                    else WAITING
                )
                waiting += [] if decision or step_entry else [f"{step['id']}/{criterion['id']}"]
                criterion = {**criterion, "message": message}  # noqa: PLW2901  the same criterion with another message
            criteria.append(criterion)
            bonus += points if criterion["bonus"] else 0
            core += 0 if criterion["bonus"] else points
        core, decision = _instead(step, core, step_entry)
        decisions += [decision] if decision else []
        steps.append({"id": step["id"], "title": step["title"], "max_score": step["max_score"], "score": number(core)})
        shown.append({**step, "criteria": criteria})
    decisions += [] if report["provisional"] else list(_gone(criterion_entries | step_entries))
    score = sum((Fraction(str(step["score"])) for step in steps), Fraction(0))
    if found := _lateness(out, report, decided, score):
        penalty, decision = found
        decisions.append(decision)
        score, bonus = score - penalty.points, Fraction(0) if penalty.after_cutoff else bonus
    return {"score": number(score), "bonus": number(bonus), "steps": steps, "waiting": waiting, "decisions": decisions}, shown


def _unusable(report: Report, decided: State) -> Final | None:
    """Return the `final` block of a submission in which nothing could be graded; None while nobody decided about this very fault."""
    entry = decided.unusable.get(report["submission"])
    if entry is None or entry["points"] == AUTOMATIC or entry["reason"] != report["notes"][0]:
        return None
    points, reason = _at_most(entry, report["max_score"])
    reason = f"{reason} {entry['said']}" if entry.get("said") else reason
    decision: Decision = {
        "kind": "unusable", "step": None, "criterion": None, "automatic": None, "points": number(points),
        "reason": reason, "by": entry["by"], "at": entry["at"],
    }  # fmt: skip
    return {"score": number(points), "bonus": 0, "steps": [], "waiting": [], "decisions": [decision]}


def of_missing(decided: State, name: str, most: float) -> tuple[Fraction, str] | None:
    """Return the points of somebody from whom nothing came in, and who gave them and why; None while nobody did.

    `most` are the assignment's points, 0 where they are not known.
    """
    entry = decided.missing.get(name)
    if entry is None or entry["points"] == AUTOMATIC:
        return None
    points, reason = _at_most(entry, most or float(Fraction(entry["points"])))
    return points, f"{number(points):g} points, given by {entry['by']}" + (f": {reason}" if reason else "")


def _counted(step: StepReport, criterion: CriterionReport, entry: Entry | None) -> tuple[Fraction, Decision | None]:
    """Return the points of a criterion, and the decision about it if there is one."""
    automatic = Fraction(str(criterion["score"]))
    if entry is None or entry["points"] == AUTOMATIC:
        return automatic, None
    points, reason = _at_most(entry, criterion["max_score"])
    return points, {
        "kind": "manual" if criterion.get("manual") else "override", "step": step["id"], "criterion": criterion["id"],
        "automatic": None if criterion.get("manual") else number(automatic), "points": number(points),
        "reason": reason, "by": entry["by"], "at": entry["at"],
    }  # fmt: skip


def _instead(step: StepReport, core: Fraction, entry: Entry | None) -> tuple[Fraction, Decision | None]:
    """Return a step's points, and the decision on the step as a whole if there is one."""
    if entry is None:
        return core, None
    points, reason = _at_most(entry, step["max_score"])
    return points, {
        "kind": "override", "step": step["id"], "criterion": None, "automatic": number(core), "points": number(points),
        "reason": reason, "by": entry["by"], "at": entry["at"],
    }  # fmt: skip


def _at_most(entry: Entry, most: float) -> tuple[Fraction, str]:
    """Return the points that were given and why, cut where the rubric pays less than when this was decided."""
    points, reason = Fraction(entry["points"]), entry["reason"]
    if points <= Fraction(str(most)):
        return points, reason
    return Fraction(str(most)), f"{reason} ({entry['points']} were given, {most:g} are the most now)".strip()


def _gone(left: Mapping[str, Entry]) -> Iterator[Decision]:
    """Yield decisions on criteria and steps that the rubric no longer has."""
    for criterion, entry in left.items():
        if entry["points"] != AUTOMATIC:
            reason = f"{entry['points']} points were given for {criterion}, which the rubric no longer has"
            reason += f": {entry['reason']}" if entry["reason"] else ""
            yield {"kind": "void", "step": None, "criterion": None, "automatic": None, "points": 0,
                   "reason": reason, "by": entry["by"], "at": entry["at"]}  # fmt: skip


def _lateness(out: Path, report: Report, decided: State, score: Fraction) -> tuple[late_policy.Penalty, Decision] | None:
    """Return the late penalty and the decision that describes it, or None where no decision concerns it.

    An extension, and a time that a person entered, are described with their effect, even where that is none.
    """
    name = report["submission"]
    said, extension, at = (
        decision_names.time_said(out, decided, name),
        decision_names.extension(out, decided, name),
        decision_names.handed_in(out, decided, name),
    )
    extended = late_policy.instant(extension["until"]) if extension else None
    policy = late_policy.read_policy(decided.policy["policy"]) if decided.policy else None
    shown = policy.shown if policy else late_policy.moment
    found = policy.penalty(late_policy.instant(at), extended, score, Fraction(str(report["max_score"]))) if policy and at else None
    if found is None:
        if not (said or extension):
            return None
        when = f"handed in {shown(late_policy.instant(at))}" if at else "nobody knows when it came in"
        found = late_policy.Penalty(
            Fraction(0), f"{when}: this costs nothing" + ("" if policy else ", for there is no late policy"), after_cutoff=False
        )
    if extension and extended:
        found = replace(found, reason=f"{found.reason}; extended to {shown(extended)}: {extension['reason']}")
    made = extension or said or decided.policy  # whoever decided about this student, else whoever made the policy
    assert made
    return found, {"kind": "late", "step": None, "criterion": None, "automatic": None, "points": number(-found.points),
                   "reason": found.reason, "by": made["by"], "at": made["at"]}  # fmt: skip
