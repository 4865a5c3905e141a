"""Take the code out of a notebook as Jupyter would run it. The code itself is handled as text, and never parsed here."""

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from grader.intake.refusal import Refused, Unusable

CELL_END = "\0"
PUBLIC = "public-"
"""How the names of the notebook's cells of public tests begin."""
OLD = 4
"""Jupyter's format since 2014. Those before it hold their cells in other places."""
WRITES = re.compile(r"%%(?:writefile|file)[ \t]+(?:(?:-a|--append)[ \t]+)?(?P<name>[^\r\n]+?)[ \t\r]*(?:\n|$)")
"""The first line of a cell that IPython writes to a file and does not run."""
PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)", re.MULTILINE)
DEFINES = re.compile(r"def\s+(topological_order|forward)\s*\(")
"""What a program that was begun holds; the starter holds both as stubs."""


@dataclass(frozen=True, slots=True)
class Code:
    """A notebook's code cells, each ended by a NUL, and what should be said about them."""

    source: bytes
    notes: tuple[str, ...] = ()


def is_notebook(content: bytes) -> bool:
    """Return whether this is a notebook's JSON, whatever the file is called."""
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return False
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "nbformat" in found and ("cells" in found or "worksheets" in found)


def code_of(content: bytes, wanted: tuple[str, ...]) -> Code:
    """Return a notebook's code. Cells that IPython would write to a file called as `wanted` count as code. Raises Unusable.

    Cells of the course's tests stay as empty ones, so that the others keep their numbers.
    """
    try:
        notebook = json.loads(content)
        if notebook.get("nbformat", OLD) < OLD:
            problem = (
                f"The notebook is in Jupyter's old format {int(notebook['nbformat'])}: open it in Jupyter, save it, and hand in that file."
            )
            raise Unusable(problem)
        cells = [cell for cell in notebook["cells"] if "code" in (cell["cell_type"], _mark(cell).get("cell_type"))]
        texts = ["".join(cell["source"]) for cell in cells]
        tests = [_is_test(cell) for cell in cells]
    except Unusable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unusable("The notebook can't be read: it is not in Jupyter's format.") from None
    if any(CELL_END in text for text in texts):
        raise Refused("The notebook holds NUL bytes, so it is not a text.", content)
    return _joined(texts, tests, wanted)


def _joined(texts: list[str], tests: list[bool], wanted: tuple[str, ...]) -> Code:
    cells = [Cell.of("" if test else text) for text, test in zip(texts, tests, strict=True)]
    notes = [_misplaced(found)] if (found := [i for i, text in enumerate(texts) if tests[i] and DEFINES.search(text)]) else []
    if not any(DEFINES.search(cell.text) for cell in cells if cell.file in ("", *wanted)):
        others = tuple(sorted({cell.file for cell in cells if cell.file.endswith(".py") and DEFINES.search(cell.text)}))
        wanted += others
        notes += [f"No cell writes {wanted[0]}: those that write {name} were graded." for name in others]
    code = "".join(cell.code(wanted) + CELL_END for cell in cells)
    if notes and not code.replace(CELL_END, "").strip():
        raise Unusable(notes[0])
    return Code(code.encode("utf-8", "surrogatepass"), tuple(notes))  # of half a letter Python says that it can't be read


def _misplaced(cells: list[int]) -> str:
    which = f"cell {cells[0] + 1} belongs" if len(cells) == 1 else f"cells {', '.join(str(i + 1) for i in cells)} belong"
    return f"Code {which} to the course's tests, so your answers there are not graded: write them into cells of your own."


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell as IPython reads it: without blank lines above, the first line's indent and prompts.

    `file` is the name of the file that the cell would write with %%writefile in place of running.
    """

    above: str
    text: str
    file: str = ""

    @classmethod
    def of(cls, text: str) -> "Cell":
        """Return the cell of a text."""
        above = text[: len(text) - len(text.lstrip())].count("\n")
        lines = text.split("\n")[above:]
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
        text = "\n".join(line.removeprefix(indent) for line in lines)
        text = PROMPT.sub("", text) if text.startswith(">>>") else text
        written = WRITES.match(text)
        name = written["name"].strip("\"'").replace("\\", "/") if written else ""
        return cls("\n" * above, text, PurePosixPath(name).name)

    def code(self, wanted: tuple[str, ...]) -> str:
        """Return what Python would read; with the first line blank if it would be written to a file called as `wanted`."""
        text = self.text[len(self.text.partition("\n")[0]) :] if self.file in wanted else self.text
        return self.above + text


def _mark(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what nbgrader says of a cell, if it says anything that can be read."""
    mark = cell.get("metadata", {}).get("nbgrader")
    return mark if isinstance(mark, dict) else {}


def _is_test(cell: dict[str, Any]) -> bool:
    """Return whether a cell was put in by the course: a graded one that is no solution, or public tests, by mark or by id."""
    mark, names = _mark(cell), (_mark(cell).get("grade_id"), cell.get("id"))
    return mark.get("solution") is not True and (mark.get("grade") is True or any(str(name).startswith(PUBLIC) for name in names))
