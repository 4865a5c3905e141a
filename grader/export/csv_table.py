"""csv: one row a student for people and spreadsheets, with names, groups, and the automatic score beside the one that counts.

`written` holds the points that people gave for answers in writing, which no score holds.

`id` is the person's on the roster, `submission` what was graded: of a pair both rows name the same submission.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from grader.atomic_write import write_text
from grader.escape import cell
from grader.report_format import Report, counted
from grader.results.gradebook import Book, Entry, ExportOptions, shown, written_points


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write the table and yield what was done."""
    path: Path = given.need("into", "the file to write")
    out = io.StringIO()
    table = csv.writer(out)
    steps = next((_steps(book.report(entry)) for entry in book.entries if entry.status == "graded"), [])
    person = ("id", "name", "email", "groups")
    header = (*person, "submission", "status", *steps, "automatic", "score", "max_score", "bonus", "written", "provisional", "note")
    table.writerow([cell(name) for name in header])
    for entry in book.entries:
        table.writerow(list(_row(book, entry, steps)))
    write_text(path, out.getvalue())
    yield f"{len(book.entries)} rows written"


def _steps(report: Report) -> list[str]:
    return [step["id"] for step in report["steps"] if step["max_score"]]


def _row(book: Book, entry: Entry, steps: list[str]) -> Iterator[str]:
    person = entry.person
    submission = "" if entry.status in ("missing", "unclear") else entry.id
    yield from (cell(text) for text in (person.id, person.name, person.email, person.groups, submission, entry.status))
    if not entry.is_graded:
        yield from [""] * (len(steps) + 6)
        yield cell(_note(book, entry))
        return
    if entry.note:  # of a person who handed in nothing there is no report
        yield from [""] * (len(steps) + 1)
        yield from (shown(points) for points in (entry.score, entry.max_score, entry.bonus))
        yield from ("", "no", cell(entry.note))
        return
    report = book.report(entry)
    scores = {step["id"]: f"{step['score']:g}" for step in counted(report)["steps"]}
    yield from (scores.get(step, "") for step in steps)
    yield "" if report["score"] is None else f"{report['score']:g}"
    yield from (shown(points) for points in (entry.score, entry.max_score, entry.bonus))
    yield "" if (written := written_points(report)) is None else f"{written:g}"
    yield "yes" if entry.provisional else "no"
    yield cell(_note(book, entry))


def _note(book: Book, entry: Entry) -> str:
    return " ".join([*book.notes(entry), *([entry.whose] if entry.whose else [])])
