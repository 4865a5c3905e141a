"""Read a CSV file that a person or a spreadsheet wrote: every table that comes into the kit is read here.

    table = read_table(path, need=("id", "criterion", "points"))
    table.rows          each with its place (file:line), and its cells by the header's names

Commas, semicolons or tabs part the cells: the sign that the header holds most. A byte-order mark, empty lines, and space around cells
are dropped. Letters are composed (NFC), so that two names that look the same are the same.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.model import KitFault

SIGNS = ",;\t"
MAX_BYTES = 20_000_000
"""Bytes of a file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is not empty. `cells` is as long as the line is; `at` is by the header's names, in small letters."""

    place: str
    cells: Sequence[str]
    at: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """Return the cell in the column of this name; empty where there is none."""
        return self.at.get(name, "")


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. `sign` parts its cells."""

    path: Path
    header: Sequence[str]
    sign: str
    rows: Sequence[Row]


def read_table(path: Path, need: Sequence[str] = ()) -> Table:
    """Return the table in a file, with at least the columns that are needed. Raises KitFault with the line of a fault."""
    text = _text(path)
    sign = delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    try:
        header = _cells(next(reader, []))
        _expect_columns(path, header, need)
        rows = tuple(_rows(path, header, reader))
    except csv.Error as error:
        raise KitFault(f"{path}:{reader.line_num}: not CSV: {error}") from None
    return Table(path, header, sign, rows)


def delimiter_of(text: str) -> str:
    """Return the sign that parts the cells of a CSV text: the one that its first line holds most."""
    return max(SIGNS, key=text.partition("\n")[0].count)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES or (b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise KitFault(f"{path}: not a CSV file, or larger than {MAX_BYTES // 1_000_000} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KitFault(f"{path}: not UTF-8: save it as CSV in UTF-8") from None


def _expect_columns(path: Path, header: Sequence[str], need: Sequence[str]) -> None:
    small = [name.casefold() for name in header]
    if not set(need) <= set(small):
        raise KitFault(f"{path}:1: it needs the columns {', '.join(need)}; there are {', '.join(filter(None, header)) or 'none'}")
    if twice := [name for name in need if small.count(name) > 1]:
        raise KitFault(f"{path}:1: several columns are called {twice[0]!r}: rename or delete all but one")


def _rows(path: Path, header: Sequence[str], reader: Any) -> Iterator[Row]:
    small = [name.casefold() for name in header]
    for raw in reader:
        cells = _cells(raw)
        if not any(cells):
            continue
        place = f"{path}:{reader.line_num}"
        if len(cells) > len(header):
            raise KitFault(
                f"{place}: {len(cells)} cells, but the header has {len(header)}: put a cell with {', '.join(SIGNS[:2])} in quotes"
            )
        yield Row(place, cells, dict(zip(small, cells, strict=False)))


def _cells(raw: Sequence[str]) -> list[str]:
    return [unicodedata.normalize("NFC", cell).strip() for cell in raw]
