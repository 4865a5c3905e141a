"""A report as Markdown: a table of steps, then what each unpassed criterion says."""

from collections.abc import Iterator
from typing import Any

from grader.escape import code, plain
from grader.model import Sentences
from grader.report import decided
from grader.report.feedback import parts_of
from grader.wording import say


def markdown(report: dict[str, Any], sentences: Sentences) -> str:
    """Return the report as Markdown. Text that comes from the submission stands in code spans only."""
    return "\n".join(_lines(report, sentences)) + "\n"


def _lines(report: dict[str, Any], sentences: Sentences) -> Iterator[str]:
    yield f"# {say(sentences, 'report.title', submission=code(report['submission']))}"
    yield ""
    yield _points(report, sentences)
    yield from decided.markdown(report)
    for note in report["notes"]:
        yield f"\n> {code(note)}"
    yield from _origin(report["provenance"], sentences)
    if report["steps"]:
        heads = (say(sentences, f"report.{name}") for name in ("step", "points_head", "bonus_head"))
        yield f"\n| {' | '.join(heads)} |\n| --- | ---: | ---: |"
    steps = list(decided.steps(report))
    for step in steps:
        bonus, most = decided.bonus_of(step)
        points = f"{step['score']:g} / {step['max_score']:g}{' (provisional)' if step['waits'] else ''}"
        yield f"| {step['title']} | {points} | {f'{bonus:g} / {most:g}' if most else ''} |"
    for step in steps:
        yield f"\n## {step['title']}\n"
        for criterion in step["criteria"]:
            yield from _criterion(criterion, sentences)
    if report.get("written"):
        yield "\n## Answers in words\n"
    for answer in report.get("written", ()):
        score = "not graded yet" if answer["score"] is None else f"{answer['score']:g}/{answer['max_score']:g}"
        yield f"- **{score}** {code(answer['id'])} {code(answer['comment']) if answer['comment'] else ''}".rstrip()


def _points(report: dict[str, Any], sentences: Sentences) -> str:
    if report["status"] != "graded":
        return f"**{say(sentences, 'report.not_graded')}**"
    provisional = f" {say(sentences, 'report.provisional')}" if report["provisional"] else ""
    parts = {"score": f"**{report['score']:g}**", "most": f"{report['max_score']:g}"}
    if report["bonus"]:
        return say(sentences, "report.points_and_bonus", **parts, bonus=f"**{report['bonus']:g}**") + provisional
    return say(sentences, "report.points", **parts) + provisional


def _origin(found: dict[str, Any], sentences: Sentences) -> Iterator[str]:
    origin = {"sha256": code(found["submission_sha256"][:16]), "time": found["graded_at"], "sandbox": code(found["sandbox"])}
    yield "\n" + say(sentences, "report.origin", **origin)
    everybody = found["cases"] == "fixed"
    yield say(sentences, "report.cases_everybody") if everybody else say(sentences, "report.cases_own", secret=found["cases"])


def _criterion(criterion: dict[str, Any], sentences: Sentences) -> Iterator[str]:
    passed = criterion["outcome"] == "pass" or (criterion.get("manual") and criterion["score"] == criterion["max_score"])
    bonus = f" {say(sentences, 'report.bonus_head')}" if criterion["bonus"] else ""
    ended = ", ".join(part for part in (criterion["outcome"], criterion.get("automatic")) if part)
    yield f"- [{'x' if passed else ' '}] **{decided.points_of(criterion)}{bonus}** {plain(criterion['says'])} ({ended})"
    if decided.is_settled(criterion):
        return
    for name, text in parts_of(criterion):
        label = f"{say(sentences, f'report.{name}')}: " if name else ""
        if name == "called":
            case = next(case for case in criterion["cases"] if case["outcome"] != "pass")
            label = f"{say(sentences, 'report.case', case=case['id'])}, {label}"
        yield f"  - {label}{code(text) if name in ('called', 'expected', 'got') else text}"
