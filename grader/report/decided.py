"""What people decided, in a report: the automatic score stands at the top, and below it what counts."""

from collections.abc import Iterator
from typing import Any

from grader.escape import code, plain


def markdown(report: dict[str, Any]) -> Iterator[str]:
    """Yield the part of a Markdown report that tells what counts and why; nothing where nobody decided anything."""
    final = report.get("final")
    if not final:
        return
    counts = f"**What counts: {final['score']:g}** of {report['max_score']:g} points, bonus {final['bonus']:g}{_yet(final)}"
    yield f"\n{counts}. The score above is the automatic one, the points below are those that count.\n"
    for decision in final["decisions"]:
        reason = f": {code(decision['reason'])}" if decision["reason"] else ""
        yield f"- {_what(decision)}{reason} ({plain(decision['by'])}, {decision['at'][:10]})"
    for name in final["waiting"]:
        yield f"- {name}: a person gives these points, and has not yet."


def lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield the same for a terminal."""
    final = report.get("final")
    if not final:
        return
    yield f"  What counts: {final['score']:g} of {report['max_score']:g} points, bonus {final['bonus']:g} (above: automatic){_yet(final)}"
    for decision in final["decisions"]:
        reason = f": {plain(decision['reason'])}" if decision["reason"] else ""
        yield f"    {_what(decision)}{reason} ({plain(decision['by'])})"
    for name in final["waiting"]:
        yield f"    {name}: a person gives these points, and has not yet"


def steps(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the steps with the points that count.

    `waits` says of a step whether a person has still to give some of them. Of a criterion `automatic` says in words what the grader
    gave where a person gave others; one that a person grades ends `by hand`, and its score is None where nobody gave points for it.
    """
    final = report.get("final") or {"steps": (), "waiting": (), "decisions": ()}
    scores = {step["id"]: step["score"] for step in final["steps"]}
    given = {(d["step"], d["criterion"]): d for d in final["decisions"] if d["criterion"]}
    for step in report["steps"]:
        criteria = [_counted(criterion, given.get((step["id"], criterion["id"]))) for criterion in step["criteria"]]
        waits = any(name.partition("/")[0] == step["id"] for name in final["waiting"])
        yield {**step, "score": scores.get(step["id"], step["score"]), "criteria": criteria, "waits": waits}


def _counted(criterion: dict[str, Any], decision: dict[str, Any] | None) -> dict[str, Any]:
    if criterion.get("manual"):
        return {**criterion, "score": decision["points"] if decision else None, "outcome": "by hand"}
    if decision is None:
        return criterion
    return {**criterion, "score": decision["points"], "automatic": f"{decision['automatic']:g} automatically"}


def points_of(criterion: dict[str, Any]) -> str:
    """Return how many of a criterion's points count, with a dash where nobody gave any."""
    return f"{'-' if criterion['score'] is None else format(criterion['score'], 'g')}/{criterion['max_score']:g}"


def bonus_of(step: dict[str, Any]) -> tuple[float, float]:
    """Return a step's bonus that counts, and the most that there is."""
    bonus = [criterion for criterion in step["criteria"] if criterion["bonus"]]
    return sum(c["score"] or 0 for c in bonus), sum(c["max_score"] for c in bonus)


def is_settled(criterion: dict[str, Any]) -> bool:
    """Return whether there is nothing to say of a criterion but its points."""
    return bool(criterion["outcome"] == "pass" or (criterion.get("manual") and criterion["score"] is not None))


def _yet(final: dict[str, Any]) -> str:
    """Return the word that stands behind points while a person has still to give some."""
    return ", provisional" if final["waiting"] else ""


def _what(decision: dict[str, Any]) -> str:
    if decision["kind"] == "late":
        return f"late, {decision['points']:g} points"
    if decision["kind"] == "void":
        return "no longer counts"
    automatic = "" if decision["automatic"] is None else f", {decision['automatic']:g} automatically"
    what = "/".join(part for part in (decision["step"], decision["criterion"]) if part)
    return f"{what}, {decision['points']:g} points{automatic}"
