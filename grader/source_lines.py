"""Lines of a submission's source, found by text alone: nothing is parsed and nothing runs.

lines = function_lines(source, "forward", claimed)      the lines of a function, from the line that a trace claims
"""

import re
from typing import NamedTuple

TAB = 4
MOST = 400
"""Lines of one function that are read."""
LONGEST = 400
"""Characters of a line that are read."""


class Line(NamedTuple):
    """One line, with its number as a person finds it: in a notebook the number of the code cell goes before it, `3:12`."""

    place: str
    text: str


def function_lines(source: bytes, name: str, claimed: int | None = None) -> list[Line]:
    """Return the lines of a function, its decorators included; nothing if no line defines it.

    `claimed` is where the submission says that the function begins, counted from 1 over all cells of a notebook. A claim that does
    not lead to the function is ignored, and the last definition of that name counts. The function ends before the next line that is
    not indented deeper than its `def`.
    """
    lines = numbered(source)
    begins = re.compile(rf"[ ]*(?:async )?def {re.escape(name)}\b|[ ]*{re.escape(name)} ?= ?lambda\b")
    head = _head(lines, claimed, begins)
    if head is None:
        head = max((i for i, line in enumerate(lines) if begins.match(line.text)), default=None)
        if head is None:
            return []
        first = head
    else:
        first = (claimed or 1) - 1
    return lines[first : _end(lines, head)]


def numbered(source: bytes) -> list[Line]:
    """Return all lines, shortened and without tabs. A NUL ends a notebook's cell."""
    cells = source.decode("utf-8", "replace").split("\0")
    found = []
    for cell, text in enumerate(cells, start=1):
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
            found.append(Line(f"{cell}:{number}" if len(cells) > 1 else str(number), line[:LONGEST].expandtabs(TAB).rstrip()))
    return found


def _head(lines: list[Line], claimed: int | None, begins: re.Pattern[str]) -> int | None:
    """Return the place of the `def` to which a claim leads, over decorators, or None."""
    if claimed is None or not 1 <= claimed <= len(lines):
        return None
    for i in range(claimed - 1, min(claimed + 20, len(lines))):
        if begins.match(lines[i].text):
            return i
        if i == claimed - 1 and not lines[i].text.lstrip().startswith("@"):
            return None
    return None


def _end(lines: list[Line], head: int) -> int:
    """Return the place after the last line of the function whose `def` is at `head`."""
    depth = _indent(lines[head].text)
    end = head + 1
    for i in range(head + 1, min(head + MOST, len(lines))):
        text = lines[i].text
        if text.strip() and not text.lstrip().startswith(("#", ")")) and _indent(text) <= depth:
            break
        if (text.strip() and _indent(text) > depth) or text.lstrip().startswith(")"):
            end = i + 1
    return end


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
