"""A report.json as the Markdown of a comment, a job summary and a check run. Standard library only.

Text that comes from a submission stands in code spans, never in a table, a heading or a link. Sentences, hints and titles
are the rubric's, from a branch that the student can't write to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.escape import code

LONGEST = 60_000
"""Characters of a page; GitHub takes 65,536 in a comment and 65,535 in a check run's summary."""
PROVISIONAL, OFFICIAL = "provisional", "official"
SAYS = {
    PROVISIONAL: "These are the public tests, run where your own code and workflow can change them. They tell you how far you are; "
    "**they are not your grade**. Here a step may lose points by a mistake in an earlier one; in the official run it does not.",
    OFFICIAL: "This is the course's own run, with the hidden cases, of this commit.",
}
WORDS = {
    "fail": "a wrong answer",
    "error": "an exception, or an unusable answer",
    "timeout": "no answer in time",
    "crash": "it ended the process",
    "unwritten": "not written yet",
    "forbidden": "something that is not allowed there",
    "not tried": "not tried: the step's time was used up",
}
MARKS = {"pass": "✅", "unwritten": "✏️", "timeout": "⏳", "not tried": "⏳"}


@dataclass(frozen=True, slots=True)
class About:
    """What a page is about besides its report: provisional or official, the commit, and where it was made."""

    kind: str
    sha: str
    url: str = ""
    notes: tuple[str, ...] = ()


def headline(report: dict[str, Any]) -> str:
    """Return the score in a few words."""
    bonus = f" and {report['bonus']:g} bonus" if report["bonus"] else ""
    return f"{report['score']:g} of {report['max_score']:g} points{bonus}"


def scored(report: dict[str, Any], about: About) -> str:
    """Return the page of a graded report."""
    return _joined([_head(headline(report), about), _table(report), *_firsts(report), _foot(about)])


def unscored(why: str, about: About) -> str:
    """Return the page that says why there is no score. `why` is a sentence of ours; what it quotes is escaped by then."""
    return _joined([_head("no score", about, says=False), f"{why}\n\nNo score is not a zero: nothing was graded.", _foot(about)])


def failed_first(step: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first criterion of a step that did not pass; bonus ones come after the others."""
    return next((c for c in sorted(step["criteria"], key=lambda c: bool(c["bonus"])) if c["outcome"] != "pass"), None)


def _head(title: str, about: About, *, says: bool = True) -> str:
    lead = "Public tests" if about.kind == PROVISIONAL else "Score"
    notes = "".join(f"\n\n> {note}" for note in about.notes)
    return f"### {lead}: {title} · *{about.kind}*" + (f"\n\n{SAYS[about.kind]}" if says else "") + notes


def _foot(about: About) -> str:
    run = f" · [the run and its log]({about.url})" if about.url else ""
    commit = f"Commit {about.sha[:10]}" if about.sha else "No commit"
    return f"<sub>{commit}{run} · the newest commit counts</sub>"


def _table(report: dict[str, Any]) -> str:
    lines = ["| | step | points | what failed first |", "| :-: | --- | ---: | --- |"]
    for step in report["steps"]:
        bonus = [c for c in step["criteria"] if c["bonus"]]
        points = [f"**{step['score']:g}** / {step['max_score']:g}"] if step["max_score"] else []
        if bonus:
            points.append(f"{sum(c['score'] for c in bonus):g} / {sum(c['max_score'] for c in bonus):g} bonus")
        first = failed_first(step)
        extra = first is not None and first["bonus"]
        mark = MARKS.get(first["outcome"], "❌") if first and not (extra and step["max_score"]) else "✅"
        told = (
            f"{'bonus: ' if extra and step['max_score'] else ''}{_cell(first['says'])} ({WORDS[first['outcome']]})" if first else "nothing"
        )
        lines.append(f"| {mark} | {_cell(step['title'])} | {' + '.join(points)} | {told} |")
    return "\n".join(lines)


def _firsts(report: dict[str, Any]) -> Iterator[str]:
    """Yield a paragraph for the notes and for each step whose first failure has more to say than the table."""
    for note in report["notes"]:
        yield f"> {code(note)}"
    for step in report["steps"]:
        first = failed_first(step)
        if first and first["outcome"] not in ("unwritten", "not tried"):
            yield "\n".join(_first(step, first))


def _first(step: dict[str, Any], criterion: dict[str, Any]) -> Iterator[str]:
    yield f"**{step['title']}**: {criterion['says']}"
    case = next((case for case in criterion["cases"] if case["outcome"] != "pass"), None)
    if case:
        yield f"- case {code(case['id'])}: {code(case['called'])}"
        yield from (f"- {side} {code(case[side])}" for side in ("expected", "got") if case[side])
    elif criterion["message"]:
        counts = f"{criterion['passed']} of {criterion['cases_total']} hidden cases passed"
        yield f"- {counts}; the first that did not: {WORDS[criterion['outcome']]}"
    if criterion["diagnosis"]:
        yield f"- perhaps: {criterion['diagnosis']['says']}"
    elif criterion["hint"]:
        yield f"- hint: {criterion['hint']}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _joined(blocks: list[str]) -> str:
    """Return the blocks as one page; where it grows too long, whole blocks are left out and that is said."""
    *most, foot = blocks
    kept: list[str] = []
    room = LONGEST - len(foot) - 200
    for block in most:
        if len(block) > room:
            kept.append("*More failed than there is room for here; the report holds all of it.*")
            break
        kept.append(block)
        room -= len(block) + 2
    return "\n\n".join([*kept, foot]) + "\n"
