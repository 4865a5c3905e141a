"""csv: one row a student for people and spreadsheets, with names, groups, and the automatic score beside the one that counts."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.escape import cell
from grader.export.book import Book, Entry, Given, shown


def write(book: Book, given: Given) -> Iterator[str]:
    """Write the table and yield what was done."""
    path: Path = given.need("into", "the file to write")
    out = io.StringIO()
    table = csv.writer(out)
    steps = next((_steps(book.report(entry)) for entry in book.entries if entry.is_graded), [])
    header = ["id", "name", "email", "groups", "status", *steps, "automatic", "score", "max_score", "bonus", "provisional", "note"]
    table.writerow([cell(name) for name in header])
    for entry in book.entries:
        table.writerow(list(_row(book, entry, steps)))
    path.write_text(out.getvalue(), "utf-8", newline="")
    yield f"{len(book.entries)} rows written"


def _steps(report: dict[str, Any]) -> list[str]:
    return [step["id"] for step in report["steps"] if step["max_score"]]


def _row(book: Book, entry: Entry, steps: list[str]) -> Iterator[str]:
    person = entry.person
    yield from (cell(text) for text in (entry.id, person.name, person.email, person.groups, entry.status))
    report = {} if entry.status == "missing" else book.report(entry)
    if not entry.is_graded:
        yield from [""] * (len(steps) + 5)
        yield cell(" ".join(report.get("notes", ["nothing came in"])))
        return
    counted = report.get("final") or report
    scores = {step["id"]: f"{step['score']:g}" for step in counted["steps"]}
    yield from (scores.get(step, "") for step in steps)
    yield f"{report['score']:g}"
    yield from (shown(points) for points in (entry.score, entry.max_score, entry.bonus))
    yield "yes" if entry.provisional else "no"
    yield cell(" ".join(report["notes"]))
