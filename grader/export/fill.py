"""Fill the instructor's downloaded file: find each student's line, set cells in one column, tell what was left out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from grader.escape import plain
from grader.export.book import Entry
from grader.export.sheet import Line, Sheet
from grader.model import KitFault


@dataclass
class Filled:
    """What became of the lines and the entries."""

    sheet: Sheet
    column: str
    written: int = 0
    kept: list[str] = field(default_factory=list)
    """Sentences on lines that were left as they are, though a result is there."""
    unknown: list[str] = field(default_factory=list)
    """Entries with points that no line is for."""
    empty: int = 0
    """Lines for which there is no result."""

    def sentences(self) -> Iterator[str]:
        yield f"{self.written} grades written into {plain(self.column)!r}"
        if self.empty:
            yield f"{self.empty} line(s) left as they were: there is no grade for them"
        yield from self.kept
        if self.unknown:
            yield f"not in the file: {', '.join(map(plain, self.unknown))}"


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
                names = ", ".join(plain(e.id) for e in known)
                raise KitFault(f"{sheet.path}:{line.number}: {column} {plain(key)!r} is known of several: {names}")
            if known:
                entry = known[0]
                break
        if entry is not None:
            if entry.id in taken:
                raise KitFault(f"{sheet.path}:{line.number}: this is {plain(entry.id)}, and so is line {taken[entry.id]}")
            taken[entry.id] = line.number
        found[line.number] = (line, entry)
    return found
