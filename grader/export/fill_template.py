"""Fill the instructor's downloaded file: find each student's line, set cells in one column, report what was left out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from grader.escape import plain
from grader.export.csv_in_place import Line, Sheet
from grader.model import KitFault
from grader.results.gradebook import Entry


@dataclass
class FillResult:
    """What became of the lines and the entries."""

    sheet: Sheet
    column: str
    written: int = 0
    replaced: int = 0
    """Grades that were there before."""
    kept: dict[str, list[str]] = field(default_factory=dict)
    """For each message the people it concerns, such as those whose lines were left as they were."""
    unknown: list[str] = field(default_factory=list)
    """Entries with points that no line is for."""
    empty: list[str] = field(default_factory=list)
    """Whose lines there is no result for, and why."""

    def set(self, line: Line, column: int, grade: str) -> None:
        """Write a grade, and count one that was there and is another."""
        before = self.sheet.value(line, column).strip()
        self.replaced += before not in ("", "-") and _number(before) != _number(grade)
        self.sheet.set(line, column, grade)
        self.written += 1

    def keep(self, why: str, who: str) -> None:
        """Add a person to a message."""
        self.kept.setdefault(why, []).append(plain(who))

    def leave(self, entry: Entry | None, called: str) -> None:
        """Remember a line that stays as it was; `called` is what it says of the student."""
        self.empty.append(f"{plain(entry.person.id)} ({entry.status})" if entry else f"{plain(called.strip())} (not known here)")

    def sentences(self) -> Iterator[str]:
        """Yield what was done, for the instructor."""
        yield f"{self.written} grades written into {plain(self.column)!r}; existing grades replaced: {self.replaced}"
        if self.empty:
            yield f"{len(self.empty)} line(s) left as they were, there is no grade for them: {', '.join(self.empty)}"
        for why, who in self.kept.items():
            yield f"{', '.join(who)} {why}"
        if self.unknown:
            yield f"not in the file: {', '.join(map(plain, self.unknown))}"


def _number(grade: str) -> float | str:
    """Return a grade as a number, if it is one."""
    try:
        return float(grade.replace(",", "."))
    except ValueError:
        return grade


def find_column(sheet: Sheet, name: str, why: str) -> int:
    """Return the one column with this header, or whose `(id)` is this. Raises KitFault, with what there is."""
    header = sheet.header
    found = [i for i, title in enumerate(header) if title.strip() == name.strip()]
    found = found or [i for i, title in enumerate(header) if title.rstrip().endswith(f"({name.strip()})")]
    found = found or [i for i, title in enumerate(header) if title.strip().casefold() == name.strip().casefold()]
    if len(found) == 1:
        return found[0]
    there = ", ".join(repr(plain(title)) for title in header)
    raise KitFault(f"{sheet.path}: {'several columns are' if found else 'no column is'} called {name!r}, {why}; there are {there}")


def owners(
    sheet: Sheet, lines: Iterable[Line], entries: Iterable[Entry], keys_of: Callable[[Line], Iterable[tuple[str, str]]]
) -> dict[int, tuple[Line, Entry | None]]:
    """Return for each line its entry, by the first of its keys that somebody has.

    A key is compared without regard to capitals, with the roster's column of the same title, or with ids, e-mails and names.

    Raises KitFault where one key is several people's, or two lines are one's.
    """
    by_key: dict[str, list[Entry]] = {}
    by_column: dict[tuple[str, str], list[Entry]] = {}
    for known_entry in entries:
        for key in known_entry.keys:
            by_key.setdefault(key, []).append(known_entry)
        for title, value in (known_entry.person.others or {}).items():
            by_column.setdefault((title.casefold(), value.casefold()), []).append(known_entry)
    found: dict[int, tuple[Line, Entry | None]] = {}
    taken: dict[str, int] = {}
    for line in lines:
        entry: Entry | None = None
        for column, key in keys_of(line):
            known = (by_column.get((column.casefold(), key.casefold())) or by_key.get(key.casefold(), [])) if key else []
            if len(known) > 1:
                names = ", ".join(plain(e.person.id) for e in known)
                raise KitFault(f"{sheet.path}:{line.number}: {column} {plain(key)!r} is known of several: {names}")
            if known:
                entry = known[0]
                break
        if entry is not None:
            if entry.person.id in taken:
                raise KitFault(f"{sheet.path}:{line.number}: this is {plain(entry.person.id)}, and so is line {taken[entry.person.id]}")
            taken[entry.person.id] = line.number
        found[line.number] = (line, entry)
    return found
