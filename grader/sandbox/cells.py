"""Runs inside the sandbox: the parts of a submission, each compiled for itself, as a notebook's kernel does.

A Python file is one part. A notebook is its code cells, each ended by a NUL, which no Python source holds: a cell that
raises, or that Python can't read, costs its own names and no other cell's. A cell that is not Python as it stands is read
once more without IPython's magics and shell lines. Lines are numbered as if all cells stood in one file.
"""

import re

from reading import clip, raised

END = b"\0"
ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
RUNS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics around Python; the text under any other is not Python
IPYTHON = re.compile(rb"^([ \t]*)([%!?].*|[\w., \t]+=[ \t]*[%!].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)


class Unreadable:
    """A cell that Python can't read; `told` says why, in the form of an exception that was raised."""

    def __init__(self, error):
        place = {"message": clip(getattr(error, "msg", error)), "line": getattr(error, "lineno", None)}
        self.told = {**raised(error), **place}


def compiled(source, filename):
    """Return the code of each part. Raises one of ERRORS if the source is a file that Python can't read."""
    if END not in source:
        return [compile(source, filename, "exec", dont_inherit=True)]
    parts, line = [], 0
    for cell in source.split(END)[:-1]:
        parts.append(_cell(b"\n" * line, cell, filename))
        line += cell.count(b"\n") + 1
    return parts


def _cell(above, cell, filename):
    try:
        return compile(above + cell, filename, "exec", dont_inherit=True)
    except ERRORS:
        pass
    try:
        return compile(above + _python(cell), filename, "exec", dont_inherit=True)
    except ERRORS as error:
        return Unreadable(error)


def _python(cell):
    """Return the cell with `pass` in place of what is IPython's and not Python's, line for line."""
    first = cell.split(maxsplit=1)[:1]
    if first and first[0].startswith(b"%%") and first[0].decode("utf-8", "replace") not in RUNS_PYTHON:
        return b""
    return IPYTHON.sub(rb"\1pass", cell)
