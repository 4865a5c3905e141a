"""Moodle: fill the grading worksheet of an assignment, downloaded with "Download grading worksheet".

Moodle needs the columns Identifier (`Participant 123`, a number of this assignment alone), Grade and Last modified (grade), and
reads Feedback comments. Only Grade, and with --feedback the comments, are written. The headers are in the site's language: known
ones are found, others are named by options. Without a maximum, or where nobody knows which grades may be changed, nothing is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from grader.atomic_write import write_bytes
from grader.course.moodle_headers import NO, YES, headers, words
from grader.escape import html, plain
from grader.export.csv_in_place import Line, Sheet
from grader.export.fill_template import FillResult, find_column, owners
from grader.messages import say
from grader.model import KitFault
from grader.report_format import counted
from grader.results.gradebook import Book, Entry, ExportOptions, points_of, shown

KEYS = ("id number", "username", "email", "full name")
NUMBER = re.compile(r"\d+([.,]\d+)?")


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write the filled worksheet and yield what was done, in sentences."""
    sheet = Sheet(given.need("template", "the grading worksheet that Moodle lets you download"))
    columns = Columns.of(sheet, given)
    header = [title.strip() for title in sheet.header]
    keys = [(header[i], i) for i in (_known(sheet, name) for name in KEYS) if i is not None]

    def keys_of(line: Line) -> Iterator[tuple[str, str]]:
        identifier = sheet.value(line, 0).strip()
        yield "Identifier", identifier
        yield "Identifier", "".join(re.findall(r"\d+\Z", identifier))
        yield from ((name, sheet.value(line, i).strip()) for name, i in keys)

    filled = FillResult(sheet, header[columns.grade])
    lines = owners(sheet, rows(sheet), book.entries, keys_of)
    for line, entry in lines.values():
        if entry is None or not entry.is_graded:
            if entry is None or entry.status != "unusable" or columns.comments is None or columns.is_locked(sheet, line):
                filled.leave(entry, sheet.value(line, 1) or sheet.value(line, 0))
                continue
            sheet.set(line, columns.comments, comment_on(book, entry))
            filled.keep("gets no grade, and the reason as a comment: what was handed in is unusable", entry.person.id)
        elif columns.is_locked(sheet, line):
            filled.keep(f"can't be changed in Moodle ({plain(header[columns.changeable])}: No): the cell stays", entry.person.id)
        else:
            _grade(sheet, line, columns, entry, given, filled)
            if columns.comments is not None:
                sheet.set(line, columns.comments, comment_on(book, entry))
    known = {entry.person.id for _, entry in lines.values() if entry}
    filled.unknown = [entry.person.id for entry in book.entries if entry.is_graded and entry.person.id not in known]
    write_bytes(given.need("into", "the file to write"), sheet.content())
    yield from filled.sentences()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a worksheet grades, maxima, locks and comments are, and which words mean yes."""

    grade: int
    maximum: int
    changeable: int
    comments: int | None
    yes: tuple[str, ...]

    @classmethod
    def of(cls, sheet: Sheet, given: ExportOptions) -> "Columns":
        """Return the columns of a worksheet. Raises KitFault, with the option to say, where one is not known."""
        grade = _column(sheet, given.column, "grade", "for the grades: name it with --column")
        if grade == 0 or not rows(sheet):
            raise KitFault(f"{sheet.path}: not a grading worksheet of Moodle: its first column holds no `Participant <number>`")
        if not given.maximum and _known(sheet, "maximum") is None and _known(sheet, "scale") is not None:
            raise KitFault(f"{sheet.path}: this assignment is graded with a scale in Moodle, not with points")
        maximum = _column(sheet, given.maximum, "maximum", "for the maximum grade: name it with --maximum", _constant(sheet, grade + 1))
        changeable, _, yes = given.changeable.partition("=")
        guess = _yes_or_no(sheet)
        at = _column(sheet, changeable, "changeable", "that says whether a grade can be changed: name it with --changeable", guess)
        comments = _column(sheet, given.comments, "comments", "for comments: name it with --comments") if given.feedback else None
        found = cls(grade, maximum, at, comments, (yes.strip().casefold(),) if yes else words(YES))
        found.check(sheet)
        return found

    def check(self, sheet: Sheet) -> None:
        """Raise KitFault for a line of which nobody knows the maximum or whether it is locked."""
        for line in rows(sheet):
            maximum_text, changeable = sheet.value(line, self.maximum).strip(), sheet.value(line, self.changeable).strip()
            if maximum_of(maximum_text) is None:
                raise KitFault(f"{sheet.path}:{line.number}: {maximum_text!r} is no maximum grade: name its column with --maximum")
            if len(self.yes) > 1 and changeable.casefold() not in (*words(YES), *words(NO)):
                title = sheet.header[self.changeable].strip()
                hint = f'--changeable "{title}=YES", with the word for yes in place of YES'
                raise KitFault(f"{sheet.path}:{line.number}: {title!r} says {changeable!r}, which is neither yes nor no here: say {hint}")

    def is_locked(self, sheet: Sheet, line: Line) -> bool:
        """Return whether Moodle would not take a grade for this line."""
        return sheet.value(line, self.changeable).strip().casefold() not in self.yes


def rows(sheet: Sheet) -> list[Line]:
    """Return the lines of students: those with a number in the first column."""
    return [line for line in sheet.lines[1:] if re.search(r"\d", sheet.value(line, 0))]


def _known(sheet: Sheet, column: str) -> int | None:
    """Return where a column is, by its header in a known language."""
    lower = [title.strip().casefold() for title in sheet.header]
    return next((lower.index(word) for word in headers(column) if word in lower), None)


def _column(sheet: Sheet, named: str, column: str, why: str, guess: int | None = None) -> int:
    """Return where a column is: the one that was named, else one with a known header, else the guess. Raises KitFault."""
    if named:
        return find_column(sheet, named, why)
    known = _known(sheet, column)
    known = guess if known is None else known
    if known is None:
        there = ", ".join(repr(plain(title)) for title in sheet.header)
        raise KitFault(f"{sheet.path}: no column is known {why}; there are {there}")
    return known


def _constant(sheet: Sheet, column: int) -> int | None:
    """Return the column if it holds the same number on each line: Moodle writes the maximum grade beside the grade."""
    values = {sheet.value(line, column).strip() for line in rows(sheet)}
    return column if len(values) == 1 and maximum_of(values.pop()) is not None else None


def _yes_or_no(sheet: Sheet) -> int | None:
    """Return the one column in which each line says yes or no in a known language."""
    answers = {*words(YES), *words(NO)}
    found = [i for i in range(1, len(sheet.header)) if all(sheet.value(line, i).strip().casefold() in answers for line in rows(sheet))]
    return found[0] if len(found) == 1 else None


def maximum_of(text: str) -> Fraction | None:
    """Return a maximum grade as Moodle writes it, with a decimal point or comma; None where it is no such number."""
    compact = re.sub(r"[\s\u202f]", "", text).replace("\u066b", ".")
    most = Fraction(compact.replace(",", ".")) if NUMBER.fullmatch(compact) else None
    return most or None


def _grade(sheet: Sheet, line: Line, columns: Columns, entry: Entry, given: ExportOptions, filled: FillResult) -> None:
    """Set the grade, in the site's own way of writing decimals; above the maximum Moodle would refuse it, so it stays there."""
    maximum_text = sheet.value(line, columns.maximum).strip()
    most = maximum_of(maximum_text)
    points = points_of(entry, given, most, "the worksheet")
    if most is not None and points > most:
        filled.keep(f"with bonus: written as {shown(most)}, the most that Moodle takes", f"{entry.person.id} has {shown(points)}")
        points = most
    filled.set(line, columns.grade, shown(points).replace(".", ",") if "," in maximum_text else shown(points))


def comment_on(book: Book, entry: Entry) -> str:
    """Return a short text for the student, as the HTML that Moodle takes comments for: the points, and what there is to say of the whole.

    That is the notes of the report, and what people decided, lateness included.
    """
    notes, texts = " ".join(book.notes(entry)), book.texts
    if entry.note:
        return html(f"{say(texts, 'report.points', score=shown(entry.score), most=shown(entry.max_score))}. {notes}")
    report = book.report(entry)
    counts = counted(report)
    if not report["steps"]:
        if counts["score"] is None:
            return html(notes)
        points = {"score": f"{counts['score']:g}", "most": f"{report['max_score']:g}"}
        return html(f"{say(texts, 'report.points', **points)}. {notes}")
    scores = {step["id"]: step["score"] for step in counts["steps"]}
    parts = [f"{step['title']} {scores[step['id']]:g}/{step['max_score']:g}" for step in report["steps"] if step["max_score"]]
    points = {"score": f"{counts['score']:g}", "most": f"{report['max_score']:g}", "bonus": f"{counts['bonus']:g}"}
    headline = say(texts, "report.points_and_bonus" if counts["bonus"] else "report.points", **points)
    return html(f"{headline}: {', '.join(parts)}" + (f". {notes}" if notes else ""))
