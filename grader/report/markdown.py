"""A report as Markdown: a table of steps, then what each unpassed criterion says."""

from collections.abc import Iterator

from grader.escape import code, plain
from grader.messages import retold, say
from grader.model import UNFAILED, Sentences
from grader.report import final_points
from grader.report.failure_text import CODE, parts_of
from grader.report_format import Provenance, Report


def markdown(report: Report, sentences: Sentences) -> str:
    """Return the report as Markdown. Text of the submission appears in code spans only."""
    return "\n".join(_lines(report, sentences)) + "\n"


def _lines(report: Report, sentences: Sentences) -> Iterator[str]:
    yield f"# {say(sentences, 'report.title', submission=code(report['submission']))}"
    yield ""
    yield from final_points.markdown(report, sentences) if final_points.is_decided(report) else [_points(report, sentences)]
    for note in report["notes"]:
        yield f"\n> {code(retold(sentences, note))}"
    if report["status"] != "unusable":  # of which nothing was graded that has a hash
        yield from _origin(report["provenance"], sentences)
    if report["steps"]:
        heads = (say(sentences, f"report.{name}") for name in ("step", "points_head", "bonus_head"))
        yield f"\n| {' | '.join(heads)} |\n| --- | ---: | ---: |"
    steps = list(final_points.steps(report, sentences))
    provisional = f" {say(sentences, 'parts.provisional')}"
    for step in steps:
        bonus, most = final_points.bonus_of(step)
        points = f"{step['score']:g} / {step['max_score']:g}" if step["max_score"] else ""  # an extension is worth bonus points alone
        waits = provisional if step["waits"] else ""
        yield f"| {step['title']} | {points}{waits} | {f'{bonus:g} / {most:g}' if most else ''} |"
    seen: set[str] = set()
    for step in steps:
        yield f"\n## {step['title']}\n"
        for criterion in step["criteria"]:
            yield from _criterion(criterion, sentences, seen)
    if report.get("written"):
        yield f"\n## {say(sentences, 'parts.answers')}\n"
    for answer in report.get("written", ()):
        score = say(sentences, "parts.not_graded_yet") if answer["score"] is None else f"{answer['score']:g}/{answer['max_score']:g}"
        yield f"- **{score}** {code(answer['id'])} {code(answer['comment']) if answer['comment'] else ''}".rstrip()


def _points(report: Report, sentences: Sentences) -> str:
    if report["status"] != "graded":
        status = report["status"].replace(" ", "_")
        return f"**{say(sentences, f'report.{status}')}**"
    provisional = f" {say(sentences, 'report.provisional')}" if report["provisional"] else ""
    parts = {"score": f"**{report['score']:g}**", "most": f"{report['max_score']:g}"}
    if report["bonus"]:
        return say(sentences, "report.points_and_bonus", **parts, bonus=f"**{report['bonus']:g}**") + provisional
    return say(sentences, "report.points", **parts) + provisional


def _origin(found: Provenance, sentences: Sentences) -> Iterator[str]:
    origin = {"sha256": code(found["submission_sha256"][:16]), "time": found["graded_at"], "sandbox": code(found["sandbox"])}
    yield "\n" + say(sentences, "report.origin", **origin)
    everybody = found["cases"] == "fixed"
    yield say(sentences, "report.cases_everybody") if everybody else say(sentences, "report.cases_own", secret=found["cases"])


def _criterion(criterion: final_points.ShownCriterion, sentences: Sentences, seen: set[str]) -> Iterator[str]:
    passed = criterion["outcome"] == "pass" or (criterion.get("manual") and criterion["score"] == criterion["max_score"])
    bonus = f" {say(sentences, 'report.bonus_head')}" if criterion["bonus"] else ""
    ended = ", ".join(part for part in (final_points.outcome(criterion, sentences), criterion["automatic"]) if part)
    yield f"- [{'x' if passed else ' '}] **{final_points.points_of(criterion)}{bonus}** {plain(criterion['says'])} ({ended})"
    if final_points.is_settled(criterion):
        return
    for name, text in parts_of(criterion, seen):
        label = f"{say(sentences, f'report.{name}')}: " if name else ""
        if name == "called":
            case = next(case for case in criterion["cases"] if case["outcome"] not in UNFAILED)
            label = f"{say(sentences, 'report.case', case=case['id'])}, {label}"
        yield f"  - {label}{code(text) if name in CODE else text}"
