"""Moodle: fill the grading worksheet of an assignment, downloaded with "Download grading worksheet".

Moodle needs the columns Identifier (`Participant 123`, a number of this assignment alone), Grade and Last modified (grade), and
reads Feedback comments. Only Grade, and with --feedback the comments, are written. The headers are in the site's language: where
Grade is called otherwise, name it with --column.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from grader.escape import html, plain
from grader.export.book import Book, Entry, Given, points_of, shown
from grader.export.fill import Filled, find_column, owners
from grader.export.sheet import Line, Sheet
from grader.model import KitFault

KEYS = ("ID number", "Username", "Email address", "Full name")
COMMENTS = "Feedback comments"


def write(book: Book, given: Given) -> Iterator[str]:
    """Write the filled worksheet and yield what was done, in sentences."""
    sheet = Sheet(given.need("template", "the grading worksheet that Moodle lets you download"))
    header = [title.strip() for title in sheet.header]
    column = find_column(sheet, given.column or "Grade", "for the grades")
    if column == 0 or not any(re.search(r"\d", sheet.value(line, 0)) for line in sheet.lines[1:]):
        raise KitFault(f"{sheet.path}: not a grading worksheet of Moodle: its first column holds no `Participant <number>`")
    comments = find_column(sheet, COMMENTS, "for comments") if given.feedback else None
    keys = [(name, header.index(name)) for name in KEYS if name in header]

    def keys_of(line: Line) -> Iterator[tuple[str, str]]:
        identifier = sheet.value(line, 0).strip()
        yield "Identifier", identifier
        yield "Identifier", "".join(re.findall(r"\d+\Z", identifier))
        yield from ((name, sheet.value(line, i).strip()) for name, i in keys)

    filled = Filled(sheet, header[column])
    lines = owners(sheet, sheet.lines[1:], book.entries, keys_of)
    for line, entry in lines.values():
        if entry is None or not entry.is_graded:
            filled.empty += 1
        elif _locked(sheet, header, line):
            filled.kept.append(f"{plain(entry.id)} can't be changed in Moodle (Grade can be changed: No): the cell stays")
        else:
            _grade(sheet, header, line, column, entry, given, filled)
            if comments is not None:
                sheet.set(line, comments, comment(book.report(entry)))
            filled.written += 1
    known = {entry.id for _, entry in lines.values() if entry}
    filled.unknown = [entry.id for entry in book.entries if entry.is_graded and entry.id not in known]
    given.need("into", "the file to write").write_bytes(sheet.content())
    yield from filled.sentences()


def _grade(sheet: Sheet, header: list[str], line: Line, column: int, entry: Entry, given: Given, filled: Filled) -> None:
    """Set the grade, in the site's own way of writing decimals; above the maximum Moodle would refuse it, so it stays there."""
    told = next((sheet.value(line, i).strip() for i, title in enumerate(header) if title.casefold() in ("maximum grade",)), "")
    most = Fraction(told.replace(",", ".")) if re.fullmatch(r"\d+([.,]\d+)?", told) else None
    points = points_of(entry, given, most, "the worksheet")
    if most is not None and points > most:
        filled.kept.append(f"{plain(entry.id)} has {shown(points)} with bonus: written as {shown(most)}, the most that Moodle takes")
        points = most
    sheet.set(line, column, shown(points).replace(".", ",") if "," in told else shown(points))


def _locked(sheet: Sheet, header: list[str], line: Line) -> bool:
    return "Grade can be changed" in header and sheet.value(line, header.index("Grade can be changed")).strip().casefold() == "no"


def comment(report: dict[str, Any]) -> str:
    """Return a short text for the student, as the HTML that Moodle takes comments for. It holds nothing of the submission's."""
    counted = report.get("final") or report
    scores = {step["id"]: step["score"] for step in counted["steps"]}
    parts = [f"{step['title']} {scores[step['id']]:g}/{step['max_score']:g}" for step in report["steps"] if step["max_score"]]
    bonus = f", bonus {counted['bonus']:g}" if counted["bonus"] else ""
    return html(f"{counted['score']:g} of {report['max_score']:g} points{bonus}: {', '.join(parts)}")
