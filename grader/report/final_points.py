"""What people decided, in a report: the points that count come first, and the automatic score after them."""

from collections.abc import Iterator

from grader.escape import code, plain
from grader.messages import say
from grader.model import Sentences
from grader.report_format import CriterionFacts, CriterionReport, Decision, Report, StepPoints, counted


class ShownCriterion(CriterionFacts):
    """A criterion with the points that count."""

    score: float | None
    """None where a person has still to give the points."""
    automatic: str
    """What the grader gave, in words, where a person gave other points; else empty."""


class ShownStep(StepPoints):
    """A step with the points that count."""

    criteria: list[ShownCriterion]
    waits: bool
    """A person has still to give some of its points."""


def is_decided(report: Report) -> bool:
    """Return whether people decided something about a report, or have still to."""
    final = counted(report)
    return bool(final["decisions"] or final["waiting"])


def markdown(report: Report, words: Sentences) -> Iterator[str]:
    """Yield the headline of a Markdown report on which people decided, and their decisions."""
    final = report["final"]
    parts = {"most": f"{report['max_score']:g}", "bonus": f"{final['bonus']:g}", "provisional": _yet(report, words)}
    counts = say(words, "decisions.what_counts", score=f"{final['score']:g}")
    yield say(words, "decisions.counts", what_counts=f"**{counts}**", automatic=_automatic(report, words), **parts)
    if final["decisions"] or final["waiting"]:
        yield ""
    for decision in final["decisions"]:
        reason = f": {code(decision['reason'])}" if decision["reason"] else ""
        yield f"- {_what(decision, words)}{reason} ({plain(decision['by'])}, {decision['at'][:10]})"
    for name in final["waiting"]:
        yield f"- {say(words, 'decisions.waiting', name=name)}."


def lines(report: Report, words: Sentences) -> Iterator[str]:
    """Yield the same for a terminal, without the submission's name."""
    final = report["final"]
    parts = {"score": f"{final['score']:g}", "most": f"{report['max_score']:g}", "bonus": f"{final['bonus']:g}"}
    yield say(words, "decisions.counts_in_short", provisional=_yet(report, words), **parts)
    yield f"  {_automatic(report, words)}"
    for decision in final["decisions"]:
        reason = f": {plain(decision['reason'])}" if decision["reason"] else ""
        yield f"    {_what(decision, words)}{reason} ({plain(decision['by'])})"
    for name in final["waiting"]:
        yield f"    {say(words, 'decisions.waiting', name=name)}"


def sentences(report: Report, words: Sentences) -> Iterator[str]:
    """Yield each decision in a sentence, for a note: what it is, why, and who made it. What the report's notes say is not repeated."""
    for decision in counted(report)["decisions"]:
        reason = decision["reason"]
        for note in report["notes"] if decision["kind"] == "unusable" else ():
            reason = reason.removeprefix(note).strip()
        yield plain(f"{_what(decision, words)}{f': {reason}' if reason else ''} ({decision['by']})")


def steps(report: Report, words: Sentences) -> Iterator[ShownStep]:
    """Yield the steps with the points that count. A criterion that a person grades ends `by hand`."""
    final = counted(report)
    scores = {step["id"]: step["score"] for step in final["steps"]}
    given = {(d["step"], d["criterion"]): d for d in final["decisions"] if d["criterion"]}
    for step in report["steps"]:
        criteria = [_counted(criterion, given.get((step["id"], criterion["id"])), words) for criterion in step["criteria"]]
        waits = any(name.partition("/")[0] == step["id"] for name in final["waiting"])
        yield {**step, "score": scores.get(step["id"], step["score"]), "criteria": criteria, "waits": waits}


def _counted(criterion: CriterionReport, decision: Decision | None, words: Sentences) -> ShownCriterion:
    if criterion.get("manual"):
        return {**criterion, "score": decision["points"] if decision else None, "outcome": "by hand", "automatic": ""}
    if decision is None:
        return {**criterion, "automatic": ""}
    automatic = say(words, "decisions.automatically", points=f"{decision['automatic']:g}")
    return {**criterion, "score": decision["points"], "automatic": automatic}


def outcome(criterion: CriterionFacts, words: Sentences, section: str = "outcomes") -> str:
    """Return in a word or two how a criterion ended: one of the words in this section."""
    return say(words, f"{section}.{criterion['outcome'].replace(' ', '_')}")


def points_of(criterion: ShownCriterion) -> str:
    """Return how many of a criterion's points count, with a dash where nobody gave any."""
    return f"{'-' if criterion['score'] is None else format(criterion['score'], 'g')}/{criterion['max_score']:g}"


def bonus_of(step: ShownStep) -> tuple[float, float]:
    """Return a step's bonus that counts, and the most that there is."""
    bonus = [criterion for criterion in step["criteria"] if criterion["bonus"]]
    return sum(c["score"] or 0 for c in bonus), sum(c["max_score"] for c in bonus)


def is_settled(criterion: ShownCriterion) -> bool:
    """Return whether there is nothing to say of a criterion but its points."""
    return bool(criterion["outcome"] == "pass" or (criterion.get("manual") and criterion["score"] is not None))


def _automatic(report: Report, words: Sentences) -> str:
    """Return in words what the grader gave."""
    if report["score"] is None:
        return say(words, "decisions.no_automatic")
    return say(words, "decisions.automatic", score=f"{report['score']:g}", bonus=f"{report['bonus']:g}")


def _yet(report: Report, words: Sentences) -> str:
    """Return the word that follows points while a person has still to give some, or where only a part was graded."""
    return say(words, "decisions.provisional") if report["final"]["waiting"] or report["provisional"] else ""


def _what(decision: Decision, words: Sentences) -> str:
    points = f"{decision['points']:g}"
    if decision["kind"] == "late":
        return say(words, "decisions.late" if decision["points"] else "decisions.late_without_cost", points=points)
    if decision["kind"] == "unusable":
        return say(words, "decisions.unusable", points=points)
    if decision["kind"] == "void":
        return say(words, "decisions.void")
    what = "/".join(part for part in (decision["step"], decision["criterion"]) if part)
    if decision["automatic"] is None:
        return say(words, "decisions.given", what=what, points=points)
    return say(words, "decisions.given_instead", what=what, points=points, automatic=f"{decision['automatic']:g}")
