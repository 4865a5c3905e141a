"""A CSV file that another system made. Cells are read and set; every byte that is not set stays as it was."""

from dataclasses import dataclass
from pathlib import Path

from grader.csv_reader import MAX_BYTES, delimiter_of
from grader.model import KitFault

MARK = b"\xef\xbb\xbf"


@dataclass
class Line:
    """One record: its cells as they are written, quotes included, and what ends it."""

    cells: list[str]
    end: str
    number: int


class Sheet:
    """A CSV file in memory. Raises KitFault where the file is none."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()[: MAX_BYTES + 1]
        if len(content) > MAX_BYTES:
            raise KitFault(f"{path}: larger than {MAX_BYTES // 1_000_000} MB")
        self.path, self._mark = path, MARK if content.startswith(MARK) else b""
        try:
            text = content.removeprefix(MARK).decode("utf-8")
        except UnicodeDecodeError:
            raise KitFault(f"{path}: not UTF-8: download it again as CSV, and don't save it from a spreadsheet in between") from None
        if not text.strip() or "\0" in text:
            raise KitFault(f"{path}: not a CSV file")
        self.delimiter = delimiter_of(text)
        self.lines = _parse(path, text, self.delimiter)

    @property
    def header(self) -> list[str]:
        return [self.value(self.lines[0], i) for i in range(len(self.lines[0].cells))]

    def value(self, line: Line, column: int) -> str:
        """Return what a cell says; nothing where the line is too short to have it."""
        raw = line.cells[column] if column < len(line.cells) else ""
        return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw

    def set(self, line: Line, column: int, text: str) -> None:
        """Write a cell, in quotes where it needs them or had them."""
        line.cells += [""] * (column + 1 - len(line.cells))
        needs = line.cells[column].startswith('"') or any(sign in text for sign in (self.delimiter, '"', "\r", "\n"))
        line.cells[column] = '"' + text.replace('"', '""') + '"' if needs else text

    def content(self) -> bytes:
        """Return the whole file."""
        return self._mark + "".join(self.delimiter.join(line.cells) + line.end for line in self.lines).encode("utf-8")


def _parse(path: Path, text: str, delimiter: str) -> list[Line]:
    lines, cells, start, at, number, begun = [], [], 0, 0, 1, 1
    while at <= len(text):
        if at < len(text) and text[at] == '"' and at == start:
            at = _end_of_quotes(path, text, at, number)
            number += text.count("\n", start, at)
            if at < len(text) and text[at] not in (delimiter, "\r", "\n"):
                raise KitFault(f"{path}:{number}: a quoted cell goes on after its quotes")
            continue
        letter = text[at] if at < len(text) else ""
        if letter == delimiter:
            cells.append(text[start:at])
            at = start = at + 1
        elif letter in ("\r", "\n", ""):
            end = "\r\n" if text.startswith("\r\n", at) else letter
            if end or cells or at > start:
                lines.append(Line([*cells, text[start:at]], end, begun))
            number += 1
            cells, begun = [], number
            at = start = at + max(1, len(end))
        else:
            at += 1
    return lines


def _end_of_quotes(path: Path, text: str, at: int, number: int) -> int:
    """Return the place after the quotes that end the quoted cell which begins at `at`."""
    begun = at
    while True:
        at = text.find('"', at + 1)
        if at < 0:
            raise KitFault(f"{path}:{number}: the quotes of this cell never end: {text[begun : begun + 20]!r}")
        if not text.startswith('""', at):
            return at + 1
        at += 1
