"""A report of a study as data: sections of sentences and tables. `markdown` writes it, grader/pages/study_page.py draws it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first cell of each row is its header."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Intervals:
    """Estimates with their limits, for a picture. The same numbers are in a table beside it."""

    caption: str
    unit: str
    rows: Sequence[tuple[str, float, float, float]]
    """Of each its name, lower limit, estimate and upper limit."""


Part = str | Table | Intervals


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it."""

    title: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. `lead` are the sentences that a hurried reader needs."""

    title: str
    lead: Sequence[str]
    sections: Sequence[Section]


def markdown(document: Document) -> str:
    """Return the report as Markdown; pictures are left out."""
    parts = [f"# {document.title}", *document.lead]
    for section in document.sections:
        parts += [f"## {section.title}", *(_part(part) for part in section.parts if not isinstance(part, Intervals))]
    return "\n\n".join(parts) + "\n"


def _part(part: Part) -> str:
    if not isinstance(part, Table):
        return str(part)
    lines = [part.header, ["---", *("---:" for _ in part.header[1:])], *part.rows]
    return f"{part.caption}:\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def listed(words: Sequence[str]) -> str:
    """Return words for a sentence: `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def figure(value: float, digits: int = 2) -> str:
    """Return a number with a real minus sign; a dash where it is not defined."""
    if math.isnan(value):
        return "–"
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")  # the sum turns -0.0 into 0.0


def p_value(p: float) -> str:
    """Return a p-value as reports write it."""
    return "p is not defined" if math.isnan(p) else "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
