"""A report on a terminal: colours and bars there, plain text in a pipe. click strips the colours where they don't belong."""

from collections.abc import Iterator

import click

from grader.escape import plain
from grader.messages import retold, say
from grader.model import Sentences
from grader.report import final_points
from grader.report.failure_text import lines_of
from grader.report_format import Report, Row, RowStep

COLOURS = {"pass": "green", "fail": "red", "unwritten": "yellow", "not tried": "yellow", "by hand": "yellow"}
WIDTH = 20


def bar(score: float, most: float, *, fancy: bool) -> str:
    """Return a bar of fixed width, filled by the share of points; empty in a pipe."""
    if not fancy or not most:
        return ""
    filled = round(WIDTH * score / most)
    return click.style("█" * filled, fg="green") + click.style("░" * (WIDTH - filled), fg="bright_black") + " "


def lines(report: Report, sentences: Sentences, *, fancy: bool) -> Iterator[str]:
    """Yield the report line by line. Text that comes from the submission is made harmless on its way."""
    name = plain(report["submission"])
    if final_points.is_decided(report):
        first, *more = final_points.lines(report, sentences)
        yield click.style(f"{name}: {first}", bold=True)
        yield from more
    elif report["status"] != "graded":
        said = say(sentences, f"report.{report['status'].replace(' ', '_')}")
        yield click.style(f"{name}: {said}", fg="magenta", bold=True)
    else:
        parts = {"score": f"{report['score']:g}", "most": f"{report['max_score']:g}", "bonus": f"{report['bonus']:g}"}
        kind = "points_and_bonus" if report["bonus"] else "points"
        provisional = f" {say(sentences, 'report.provisional')}" if report["provisional"] else ""
        yield click.style(f"{name}: {say(sentences, f'report.{kind}', **parts)}{provisional}", bold=True)
    for note in report["notes"]:
        yield f"  {plain(retold(sentences, note))}"
    seen: set[str] = set()
    waits = f" {say(sentences, 'parts.provisional')}"
    for step in final_points.steps(report, sentences):
        bonus, most = final_points.bonus_of(step)
        points = (
            f"{step['score']:g}/{step['max_score']:g}" if step["max_score"] else f"{say(sentences, 'report.bonus_head')} {bonus:g}/{most:g}"
        )
        share = bar(step["score"], step["max_score"], fancy=fancy) or bar(bonus, most, fancy=fancy)
        yield f"\n  {plain(step['title']):32} {share}{points}{waits if step['waits'] else ''}"
        for criterion in step["criteria"]:
            yield from _criterion(criterion, sentences, seen)


def _criterion(criterion: final_points.ShownCriterion, sentences: Sentences, seen: set[str]) -> Iterator[str]:
    outcome = criterion["outcome"]
    bonus = f" {say(sentences, 'report.bonus_head')}" if criterion["bonus"] else ""
    points = f"{final_points.points_of(criterion)}{bonus}"
    automatic = f" ({criterion['automatic']})" if criterion["automatic"] else ""
    word = final_points.outcome(criterion, sentences)
    yield f"    {click.style(f'{word:10}', fg=COLOURS.get(outcome, 'magenta'))} {points:>12}  {plain(criterion['says'])}{automatic}"
    if not final_points.is_settled(criterion):
        yield from lines_of(criterion, sentences, seen)


def table(rows: list[Row]) -> Iterator[str]:
    """Yield a cohort's table: one line a submission, a column a step."""
    steps: list[RowStep] = next((row["steps"] for row in rows if row["steps"]), [])
    core = [step for step in steps if step["max_score"]]
    width = max([10, *(len(plain(row["submission"])) for row in rows)])
    heads = "".join(f"{step['id']:>20}" for step in core)
    yield click.style(f"{'submission':{width}}{heads}{'score':>9}{'bonus':>7}", bold=True)
    for row in rows:
        name = f"{plain(row['submission']):{width}}"
        if row["score"] is None:
            yield f"{name}  {click.style(row['status'], fg='magenta')}  {plain(row['notes'][0])}{_stranger(row)}"
            continue
        by_id = {step["id"]: step for step in row["steps"]}
        cells = "".join(f"{_of(by_id.get(step['id'])):>20}" for step in core)
        provisional = "  provisional" if row["provisional"] else ""
        said = row["notes"][:1] if row["status"] == "graded" else [f"{row['status']}:", *row["notes"]]
        note = f"  {plain(' '.join(said))}" if said else ""
        yield f"{name}{cells}{row['score']:>9g}{row['bonus']:>7g}{provisional}{note}{_stranger(row)}"


def _stranger(row: Row) -> str:
    return f"  ({row['stranger']})" if row.get("stranger") else ""


def _of(step: RowStep | None) -> str:
    return f"{step['score']:g}/{step['max_score']:g}" if step else "-"
