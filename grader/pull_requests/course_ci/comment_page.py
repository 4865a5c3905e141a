"""A report.json as the Markdown of a comment, a job summary and a check run. Standard library only.

Text of a submission appears in code spans, never in a heading or a link. Sentences, hints and titles
are the rubric's, from a branch that the student can't write to. So are the `words`: rubrics/feedback/words.yaml, in the course's language.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.escape import code
from grader.pull_requests.course_ci.trace import trace_table
from grader.pull_requests.course_ci.wording import Words, ended, say

LONGEST = 60_000
"""Characters of a page; GitHub takes 65,536 in a comment and 65,535 in a check run's summary."""
PROVISIONAL, OFFICIAL = "provisional", "official"
MARKS = {"pass": "✅", "unwritten": "✏️", "timeout": "⏳", "not tried": "⏳", "not judged": "⏳"}


@dataclass(frozen=True, slots=True)
class About:
    """What a page is about besides its report: provisional or official, the commit, and where it was made."""

    kind: str
    sha: str
    url: str = ""
    notes: tuple[str, ...] = ()
    full: float = 0
    """Core points of the whole assignment; 0 where they are those of the report."""


def headline(report: Mapping[str, Any], words: Words) -> str:
    """Return the score in a few words."""
    parts = {"score": f"{report['score']:g}", "most": f"{report['max_score']:g}", "bonus": f"{report['bonus']:g}"}
    return say(words, "comment.points_and_bonus" if report["bonus"] else "comment.points", **parts)


def scored(report: Mapping[str, Any], about: About, words: Words) -> str:
    """Return the page of a graded report."""
    parts = {"both": say(words, "comment.both"), "most": f"{report['max_score']:g}", "full": f"{about.full or report['max_score']:g}"}
    says = say(words, f"comment.about_{about.kind}", **parts)
    if about.kind == PROVISIONAL:
        says += f"\n\n{say(words, 'comment.no_grade')}"
    blocks = [_head(headline(report, words), about, words, says), _table(report, words), *_firsts(report, words), _foot(about, words)]
    return _joined(blocks, words)


def unscored(why: str, about: About, words: Words) -> str:
    """Return the page that says why there is no score. `why` is a sentence of ours; what it quotes is escaped by then."""
    head = _head(say(words, "comment.no_score"), about, words)
    return _joined([head, f"{why}\n\n{say(words, 'comment.no_zero')}", _foot(about, words)], words)


def failed_first(step: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first criterion of a step that did not pass; bonus ones come after the others."""
    return next((c for c in sorted(step["criteria"], key=lambda c: bool(c["bonus"])) if c["outcome"] != "pass"), None)


def _head(title: str, about: About, words: Words, says: str = "") -> str:
    notes = "".join(f"\n\n> {note}" for note in about.notes)
    return f"### {say(words, f'comment.head_{about.kind}', title=title)}" + (f"\n\n{says}" if says else "") + notes


def _foot(about: About, words: Words) -> str:
    run = f" · {say(words, 'comment.run', url=about.url)}" if about.url else ""
    commit = say(words, "comment.commit", sha=about.sha[:10]) if about.sha else say(words, "comment.no_commit")
    return f"<sub>{commit}{run} · {say(words, 'comment.newest')}</sub>"


def _table(report: Mapping[str, Any], words: Words) -> str:
    heads = " | ".join(say(words, f"comment.{head}") for head in ("step", "points_head", "failed_first"))
    lines = [f"| | {heads} |", "| :-: | --- | ---: | --- |"]
    for step in report["steps"]:
        bonus = [c for c in step["criteria"] if c["bonus"]]
        points = [f"**{step['score']:g}** / {step['max_score']:g}"] if step["max_score"] else []
        if bonus:
            shown = f"{sum(c['score'] for c in bonus):g} / {sum(c['max_score'] for c in bonus):g}"
            points.append(say(words, "comment.bonus_points", points=shown))
        first = failed_first(step)
        extra = first is not None and first["bonus"]
        mark = MARKS.get(first["outcome"], "❌") if first and not (extra and step["max_score"]) else "✅"
        failure = f"{_cell(first['says'])} ({ended(words, first['outcome'])})" if first else say(words, "comment.nothing")
        if extra and step["max_score"]:
            failure = say(words, "comment.bonus_of", what=failure)
        lines.append(f"| {mark} | {_cell(step['title'])} | {' + '.join(points)} | {failure} |")
    return "\n".join(lines)


def _firsts(report: Mapping[str, Any], words: Words) -> Iterator[str]:
    """Yield a paragraph for the notes and for each step whose first failure has more to say than the table."""
    for note in report["notes"]:
        yield f"> {code(note)}"
    for step in report["steps"]:
        first = failed_first(step)
        if first and first["outcome"] not in ("unwritten", "not tried"):
            yield "\n".join(_first(step, first, words))


def _first(step: dict[str, Any], criterion: dict[str, Any], words: Words) -> Iterator[str]:
    yield f"**{step['title']}**: {criterion['says']}"
    case = next((case for case in criterion["cases"] if case["outcome"] not in ("pass", "not judged")), None)
    if case:
        yield f"- {say(words, 'comment.case', case=code(case['id']), called=code(case['called']))}"
        yield from (f"- {say(words, f'comment.{side}', text=code(case[side]))}" for side in ("expected", "got") if case[side])
        yield from trace_table(case.get("drawing"), words)
    elif criterion["outcome"] == "not judged":
        yield f"- {ended(words, 'not judged')}"
    elif criterion["message"]:
        counts = {"passed": criterion["passed"], "total": criterion["cases_total"]}
        yield f"- {say(words, 'comment.hidden', ended=ended(words, criterion['outcome']), **counts)}"
    if criterion["diagnosis"]:
        yield f"- {say(words, 'comment.perhaps', text=criterion['diagnosis']['says'])}"
    elif criterion["hint"]:
        yield f"- {say(words, 'comment.hint', text=criterion['hint'])}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _joined(blocks: list[str], words: Words) -> str:
    """Return the blocks as one page; where it grows too long, whole blocks are left out and that is said."""
    *most, foot = blocks
    kept: list[str] = []
    room = LONGEST - len(foot) - 200
    for block in most:
        if len(block) > room:
            kept.append(say(words, "comment.full"))
            break
        kept.append(block)
        room -= len(block) + 2
    return "\n\n".join([*kept, foot]) + "\n"
