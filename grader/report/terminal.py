"""A report on a terminal: colours and bars there, plain text in a pipe. click strips the colours where they don't belong."""

from collections.abc import Iterator
from typing import Any

import click

from grader.escape import plain
from grader.messages import retold, say
from grader.model import Sentences
from grader.report import final_points
from grader.report.failure_text import lines_of

COLOURS = {"pass": "green", "fail": "red", "unwritten": "yellow", "not tried": "yellow", "by hand": "yellow"}
WIDTH = 20


def bar(score: float, most: float, *, fancy: bool) -> str:
    """Return a bar of fixed width, filled by the share of points; empty in a pipe."""
    if not fancy or not most:
        return ""
    filled = round(WIDTH * score / most)
    return click.style("█" * filled, fg="green") + click.style("░" * (WIDTH - filled), fg="bright_black") + " "


def lines(report: dict[str, Any], sentences: Sentences, *, fancy: bool) -> Iterator[str]:
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


def _criterion(criterion: dict[str, Any], sentences: Sentences, seen: set[str]) -> Iterator[str]:
    outcome = criterion["outcome"]
    bonus = f" {say(sentences, 'report.bonus_head')}" if criterion["bonus"] else ""
    points = f"{final_points.points_of(criterion)}{bonus}"
    automatic = f" ({criterion['automatic']})" if criterion.get("automatic") else ""
    word = final_points.outcome(criterion, sentences)
    yield f"    {click.style(f'{word:10}', fg=COLOURS.get(outcome, 'magenta'))} {points:>12}  {plain(criterion['says'])}{automatic}"
    if not final_points.is_settled(criterion):
        yield from lines_of(criterion, sentences, seen)


def table(reports: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a cohort's table: one line a submission, a column a step."""
    steps: list[dict[str, Any]] = next((r["steps"] for r in reports if r["steps"]), [])
    core = [step for step in steps if step["max_score"]]
    width = max([10, *(len(plain(r["submission"])) for r in reports)])
    heads = "".join(f"{step['id']:>20}" for step in core)
    yield click.style(f"{'submission':{width}}{heads}{'score':>9}{'bonus':>7}", bold=True)
    for report in reports:
        name = f"{plain(report['submission']):{width}}"
        if report["score"] is None:
            yield f"{name}  {click.style(report['status'], fg='magenta')}  {plain(report['notes'][0])}{_stranger(report)}"
            continue
        by_id = {step["id"]: step for step in report["steps"]}
        cells = "".join(f"{_of(by_id.get(step['id'])):>20}" for step in core)
        provisional = "  provisional" if report["provisional"] else ""
        said = report["notes"][:1] if report["status"] == "graded" else [f"{report['status']}:", *report["notes"]]
        note = f"  {plain(' '.join(said))}" if said else ""
        yield f"{name}{cells}{report['score']:>9g}{report['bonus']:>7g}{provisional}{note}{_stranger(report)}"


def _stranger(report: dict[str, Any]) -> str:
    return f"  ({report['stranger']})" if report.get("stranger") else ""


def _of(step: dict[str, Any] | None) -> str:
    return f"{step['score']:g}/{step['max_score']:g}" if step else "-"
