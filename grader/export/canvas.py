"""Canvas: fill the column of one assignment in the gradebook that was exported as CSV.

Canvas takes a file whose first header holds `Student`, the next `ID` (or `LastName, FirstName, ID`), with a `Section` before the
assignments. It knows students by ID, SIS User ID, SIS Login ID or name, an assignment by the number in its header, and makes a
new one of a header that it does not know: so no header is ever written here. A cell `EX` is an excuse, and stays.
"""

from collections.abc import Iterator
from fractions import Fraction

from grader.atomic_write import write_bytes
from grader.export.csv_in_place import Line, Sheet
from grader.export.fill_template import FillResult, find_column, owners
from grader.model import KitFault
from grader.results.gradebook import Book, ExportOptions, points_of, shown

KEYS = ("ID", "SIS User ID", "SIS Login ID", "Integration ID")
POINTS_POSSIBLE = "Points Possible"


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write the filled gradebook and yield what was done, in sentences."""
    sheet = Sheet(given.need("template", "the gradebook that Canvas exported as CSV"))
    header = [title.strip() for title in sheet.header]
    names = _check_header(sheet, header)
    title = given.need("column", "the assignment's header in that file, or the number in it")
    column = find_column(sheet, title, "as an assignment")
    if column <= header.index("Section"):
        raise KitFault(f"{sheet.path}: {header[column]!r} is no assignment: it stands among the students' own columns")
    top = next((i for i, line in enumerate(sheet.lines[:4]) if POINTS_POSSIBLE in sheet.value(line, 0)), 0)
    most = _maximum(sheet, sheet.lines[top], column) if top else None
    keys = [(name, header.index(name)) for name in KEYS if name in header]

    def keys_of(line: Line) -> Iterator[tuple[str, str]]:
        yield from ((name, sheet.value(line, i).strip()) for name, i in keys)
        yield "name", ", ".join(sheet.value(line, i).strip() for i in range(names))

    filled = FillResult(sheet, header[column])
    lines = owners(sheet, sheet.lines[top + 1 :], book.entries, keys_of)
    for line, entry in lines.values():
        if entry is None or not entry.is_graded:
            filled.leave(entry, sheet.value(line, 0))
        elif sheet.value(line, column).strip().upper() == "EX":
            filled.keep("is excused in Canvas: the cell stays", entry.person.id)
        else:
            filled.set(line, column, shown(points_of(entry, given, most, f"{header[column]!r} in Canvas")))
    known = {entry.person.id for _, entry in lines.values() if entry}
    filled.unknown = [entry.person.id for entry in book.entries if entry.is_graded and entry.person.id not in known]
    write_bytes(given.need("into", "the file to write"), sheet.content())
    yield from filled.sentences()


def _check_header(sheet: Sheet, header: list[str]) -> int:
    """Return the number of columns with this name."""
    names = 1 if "Student" in header[0] else 2 if header[:2] == ["LastName", "FirstName"] else 0
    if not names or len(header) <= names + 1 or "ID" not in header[names] or "Section" not in header:
        raise KitFault(f"{sheet.path}: not a gradebook of Canvas: its header begins {', '.join(header[:4])!r}, not 'Student, ID, ...'")
    return names


def _maximum(sheet: Sheet, line: Line, column: int) -> Fraction | None:
    try:
        return Fraction(sheet.value(line, column).strip().replace(",", "."))
    except (ValueError, ZeroDivisionError):
        return None
