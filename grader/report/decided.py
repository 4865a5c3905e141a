"""What people decided, in a report: beside the automatic score, never in its place."""

from collections.abc import Iterator
from typing import Any

from grader.escape import code, plain


def markdown(report: dict[str, Any]) -> Iterator[str]:
    """Yield the part of a Markdown report that tells what counts and why; nothing where nobody decided anything."""
    final = report.get("final")
    if not final:
        return
    counts = f"**What counts: {final['score']:g}** of {report['max_score']:g} points, bonus {final['bonus']:g}{_yet(final)}"
    yield f"\n{counts}. The score above is the automatic one.\n"
    for decision in final["decisions"]:
        yield f"- {_what(decision)}: {code(decision['reason'])} ({plain(decision['by'])}, {decision['at'][:10]})"
    for name in final["waiting"]:
        yield f"- {name}: a person gives these points, and has not yet."


def lines(report: dict[str, Any]) -> Iterator[str]:
    """Yield the same for a terminal."""
    final = report.get("final")
    if not final:
        return
    yield f"  What counts: {final['score']:g} of {report['max_score']:g} points, bonus {final['bonus']:g} (above: automatic){_yet(final)}"
    for decision in final["decisions"]:
        yield f"    {_what(decision)}: {plain(decision['reason'])} ({plain(decision['by'])})"
    for name in final["waiting"]:
        yield f"    {name}: a person gives these points, and has not yet"


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
