"""Render a report of `grader study` as a static page.

page = study_page(document)     a grader.study.document.Document, read by its attributes alone
"""

from collections.abc import Sequence
from typing import Any, TypedDict

from grader.pages.html import TEMPLATES, render

WIDTH, NAMES, ROW, MARGIN = 640, 200, 30, 32
"""Of the picture, in units of its SVG: all of it, the column of names, a row, the space at each end of the axis."""
NEAREST = 60
"""Units between two numbers below the axis, so that neither hides the other."""


class Interval(TypedDict):
    """Where the line and the dot of an interval are."""

    name: str
    low: float
    middle: float
    high: float
    y: int


class Intervals(TypedDict):
    """A picture of intervals; `says` is for a screen reader."""

    rows: list[Interval]
    zero: float
    ends: list[tuple[float, str]]
    """Where the numbers below the axis are, besides 0."""
    width: int
    height: int
    says: str


def study_page(document: Any) -> str:
    """Return the page of a document."""
    sections = [{"title": section.title, "parts": [_part(part) for part in section.parts]} for section in document.sections]
    rules = (TEMPLATES / "study.css").read_text("utf-8")
    return render("study.html", rules=rules, title=document.title, lead=document.lead, sections=sections)


def _part(part: Any) -> dict[str, object]:
    if isinstance(part, str):
        return {"kind": "text", "text": part}
    if hasattr(part, "unit"):
        return {"kind": "picture", "caption": part.caption, "unit": part.unit, **intervals(part.rows)}
    numbers = [all(cell[:1] in "0123456789−–" for cell in column) for column in zip(*part.rows, strict=True)]
    rows = [list(zip(row, numbers, strict=True)) for row in part.rows]
    return {"kind": "table", "caption": part.caption, "header": part.header, "rows": rows}


def intervals(rows: Sequence[tuple[str, float, float, float]]) -> Intervals:
    """Return where the lines and dots of intervals are drawn, where 0 is, and a sentence for a screen reader."""
    lowest, highest = min([0.0, *(low for _, low, _, _ in rows)]), max([0.0, *(high for _, _, _, high in rows)])
    scale = (WIDTH - NAMES - 2 * MARGIN) / ((highest - lowest) or 1)

    def at(value: float) -> float:
        return round(NAMES + MARGIN + (value - lowest) * scale, 1)

    drawn: list[Interval] = [
        {"name": name, "low": at(low), "middle": at(middle), "high": at(high), "y": ROW * i + ROW // 2}
        for i, (name, low, middle, high) in enumerate(rows)
    ]
    says = "; ".join(f"{name}: {_figure(middle)}, from {_figure(low)} to {_figure(high)}" for name, low, middle, high in rows)
    ends = [(at(value), _figure(value)) for value in (lowest, highest) if abs(at(value) - at(0)) > NEAREST]
    return {"rows": drawn, "zero": at(0), "ends": ends, "width": WIDTH, "height": ROW * len(rows), "says": says}


def _figure(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
