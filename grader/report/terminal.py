"""A report on a terminal: colours and bars there, plain text in a pipe. click strips the colours where they don't belong."""

import textwrap
from collections.abc import Iterator
from typing import Any

import click

from grader.escape import plain
from grader.report import decided

COLOURS = {"pass": "green", "fail": "red", "unwritten": "yellow", "not tried": "yellow"}
WIDTH = 20


def bar(score: float, most: float, *, fancy: bool) -> str:
    """Return a bar of fixed width, filled by the share of points; empty in a pipe."""
    if not fancy or not most:
        return ""
    filled = round(WIDTH * score / most)
    return click.style("█" * filled, fg="green") + click.style("░" * (WIDTH - filled), fg="bright_black") + " "


def lines(report: dict[str, Any], *, fancy: bool) -> Iterator[str]:
    """Yield the report line by line. Text that comes from the submission is made harmless on its way."""
    name = plain(report["submission"])
    if report["status"] != "graded":
        yield click.style(f"{name}: not graded", fg="magenta", bold=True)
    else:
        extra = f", bonus {report['bonus']:g}" if report["bonus"] else ""
        yield click.style(f"{name}: {report['score']:g} of {report['max_score']:g} points{extra}", bold=True)
    yield from decided.lines(report)
    for note in report["notes"]:
        yield f"  {plain(note)}"
    for step in report["steps"]:
        bonus = sum(c["score"] for c in step["criteria"] if c["bonus"])
        most = sum(c["max_score"] for c in step["criteria"] if c["bonus"])
        points = f"{step['score']:g}/{step['max_score']:g}" if step["max_score"] else f"bonus {bonus:g}/{most:g}"
        share = bar(step["score"], step["max_score"], fancy=fancy) or bar(bonus, most, fancy=fancy)
        yield f"\n  {plain(step['title']):32} {share}{points}"
        for criterion in step["criteria"]:
            yield from _criterion(criterion)


def _criterion(criterion: dict[str, Any]) -> Iterator[str]:
    outcome = criterion["outcome"]
    points = f"{criterion['score']:g}/{criterion['max_score']:g}" + (" bonus" if criterion["bonus"] else "")
    colour = COLOURS.get(outcome, "magenta")
    yield f"    {click.style(f'{outcome:10}', fg=colour)} {points:>12}  {plain(criterion['says'])}"
    if outcome == "pass":
        return
    case = next((case for case in criterion["cases"] if case["outcome"] != "pass"), None)
    if case and outcome != "unwritten":
        yield from _wrapped("called", case["called"])
        yield from _wrapped("expected", case["expected"])
        yield from _wrapped("got", case["got"])
    else:
        yield from _wrapped("", criterion["message"])
    if criterion["diagnosis"]:  # says more than the hint that all who fail get
        yield from _wrapped("perhaps", criterion["diagnosis"]["says"])
    elif criterion["hint"]:
        yield from _wrapped("hint", criterion["hint"])


def _wrapped(label: str, text: str) -> Iterator[str]:
    first, rest = f"{'':17}{label:9}", " " * 26
    yield from textwrap.wrap(plain(text), 100, initial_indent=first, subsequent_indent=rest)


def table(reports: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a cohort's table: one line a submission, a column a step."""
    steps: list[dict[str, Any]] = next((r["steps"] for r in reports if r["steps"]), [])
    core = [step for step in steps if step["max_score"]]
    width = max([10, *(len(plain(r["submission"])) for r in reports)])
    heads = "".join(f"{step['id']:>20}" for step in core)
    yield click.style(f"{'submission':{width}}{heads}{'score':>9}{'bonus':>7}", bold=True)
    for report in reports:
        name = f"{plain(report['submission']):{width}}"
        if report["status"] != "graded":
            yield f"{name}  {click.style(report['status'], fg='magenta')}  {plain(report['notes'][0])}"
            continue
        by_id = {step["id"]: step for step in report["steps"]}
        cells = "".join(f"{_of(by_id[step['id']]):>20}" for step in core)
        note = f"  {plain(report['notes'][0])}" if report["notes"] else ""
        yield f"{name}{cells}{report['score']:>9g}{report['bonus']:>7g}{note}"


def _of(step: dict[str, Any]) -> str:
    return f"{step['score']:g}/{step['max_score']:g}"
