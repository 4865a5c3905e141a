"""Render class.json as class.html: a static page for the instructor.

page = class_page(data, links)      `links` maps a submission to its report's address, relative to the page

The matrix may have 100,000 cells. Python joins them from fixed pieces of HTML, because a template would take seconds for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from urllib.parse import quote

from grader.pages.html import TEMPLATES, points, render

FULL, PART, NONE, NOTHING = "<td class=f>●", "<td class=p>◐", "<td class=z>○", "<td>–"
"""A cell of the matrix: all points, some, none, not given. Shape and colour say the same."""
FEWEST, FEW = 10, 30
"""As in class_report.item_analysis: no discrimination below the first number, a warning below the second."""
PART_ROWS = 100
"""Rows of one table. A browser lays out only the tables that are in view, so that 1,000 rows open at once."""
NAMES_WIDTH, CELL_WIDTH = 19, 1.75
"""In rem: the columns for name, points and bonus; a column of the matrix."""
HARD = 0.5
"""Below this mean share of the points an item is called hard."""
WEAK = 0.2
"""Below this discrimination an item is worth a look: Ebel and Frisbie (1991) call an index of 0.19 or less poor."""
HEIGHT, WIDTH, GAP = 90, 22, 2
"""Of a bar chart, in units of its SVG: the tallest bar, a bar's width, the gap after it."""


class Bar(TypedDict):
    """A bar of a chart, and what it counts."""

    x: int
    height: int
    top: int
    count: int


class Chart(TypedDict):
    """A bar chart of a distribution in tenths; `says` is for a screen reader."""

    title: str
    says: str
    bars: list[Bar]
    most: str


class Part(TypedDict):
    """Some rows of a table, with the numbers of the first and the last one."""

    first: int
    last: int
    rows: Sequence[Mapping[str, Any]]


def class_page(data: Mapping[str, Any], links: Mapping[str, str]) -> str:
    """Return class.html. It holds what class.json holds, and links to the reports that `links` names."""
    from markupsafe import Markup

    names = [f"{criterion['step']}/{criterion['id']}" for criterion in data["criteria"]]
    numbers = {name: number for number, name in enumerate(names, start=1)}
    charts = [("All steps", data["score"], data["max_score"]), *((s["title"], s, s["max_score"]) for s in data["steps"])]
    return render(
        "class.html",
        rules=f".wide{{width:{NAMES_WIDTH + CELL_WIDTH * len(names):g}rem}}" + (TEMPLATES / "class.css").read_text("utf-8"),
        data=data,
        charts=[chart(title, summary, most) for title, summary, most in charts if summary["distribution"]],
        summaries=[(title, summary, most) for title, summary, most in charts if summary["distribution"]],
        criteria=[{**criterion, "number_on_page": n, "remark": _remark(criterion)} for n, criterion in enumerate(data["criteria"], 1)],
        groups=_groups(data),
        parts=_parts(
            [
                {**row, "cells": Markup("".join(map(_cell, row["points"], data["criteria"])))}  # fixed pieces, no text of anybody
                for row in data["submissions"]
            ]
        ),
        links={name: quote(address, errors="surrogateescape") for name, address in links.items()},
        numbers=numbers,
        few=FEWEST <= data["graded"] < FEW,
        too_few=data["graded"] < FEWEST,
        percent=_percent,
        signed=_signed,
    )


def chart(title: str, summary: Mapping[str, Any], most: float) -> Chart:
    """Return a bar chart of a distribution."""
    counts: Sequence[int] = summary["distribution"]
    heights = [max(2, round(HEIGHT * count / max(counts))) if count else 0 for count in counts]
    bars: list[Bar] = [
        {"x": i * (WIDTH + GAP), "height": height, "top": HEIGHT - height, "count": count}
        for i, (count, height) in enumerate(zip(counts, heights, strict=True))
    ]
    said = ", ".join(f"{count} with {10 * i} to {10 * i + 10} %" for i, count in enumerate(counts) if count)
    return {"title": title, "says": f"{title}, share of the points: {said}", "bars": bars, "most": points(most)}


def _cell(given: float | None, criterion: Mapping[str, Any]) -> str:
    if given is None:
        return NOTHING
    return FULL if given >= criterion["max_score"] - 1e-9 else PART if given > 0 else NONE


def _parts(rows: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the rows in parts of at most PART_ROWS, each with the numbers of its first and last row."""
    starts = range(0, len(rows), PART_ROWS)
    return [{"first": i + 1, "last": min(i + PART_ROWS, len(rows)), "rows": rows[i : i + PART_ROWS]} for i in starts]


def _groups(data: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return each step's title with the number of its criteria: the upper header of the matrix."""
    counts = {step["id"]: 0 for step in data["steps"]}
    for criterion in data["criteria"]:
        counts[criterion["step"]] += 1
    return [(step["title"].removeprefix("Extension: "), counts[step["id"]]) for step in data["steps"] if counts[step["id"]]]


def _remark(criterion: Mapping[str, Any]) -> str:
    """Return what an instructor should look at, in a few words; empty if nothing is unusual."""
    number, found = criterion["number"], criterion["discrimination"]
    if number and criterion["full"] == number:
        return "all have all points"
    if number and criterion["zero"] == number:
        return "nobody has points: look at the cases"
    if found and found["value"] < 0:
        return "weaker submissions do better: look at the cases"
    words = []
    if criterion["difficulty"] is not None and criterion["difficulty"] < HARD:
        words.append("hard")
    if found and found["value"] < WEAK:
        words.append("separates strong from weak work poorly")
    return ", ".join(words)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _signed(value: float) -> str:
    """Return a correlation with two decimals and a real minus sign."""
    return f"{value:.2f}".replace("-", "−")
