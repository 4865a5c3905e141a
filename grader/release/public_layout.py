"""Lay out the text of the students' tests: numbers, rounded arrays, and lines of at most 120 columns."""

import textwrap
from typing import Any

WIDTH = 120
MOST = 12
"""Significant digits of an expected number: far more than the tolerance needs."""
GAP = "\N{NO-BREAK SPACE}"


def number_text(value: Any, digits: int | None = None) -> str:
    """Return a number as Python; a list as a NumPy array, or with `digits` as a list of rounded numbers."""
    if isinstance(value, list):
        if digits is None:
            return f"np.array({value})"
        if len(value) > 1 and len(set(value)) == 1:
            return f"[{_rounded(value[0], digits)}]{GAP}*{GAP}{len(value)}"
        return f"[{', '.join(_rounded(entry, digits) for entry in value)}]"
    return repr(value) if digits is None else _rounded(value, digits)


def _rounded(value: float, digits: int) -> str:
    return repr(value) if isinstance(value, int) else repr(float(f"{value:.{digits}g}"))


def literal(text: str, width: int = 90) -> str:
    """Return a string literal; of a long text several, one after the other, which Python joins."""
    parts = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    kept = [part if part == parts[-1] else f"{part} " for part in parts]
    return " ".join('"' + part.replace(" ", GAP) + '"' for part in kept)


def wrapped(line: str, indent: str = " " * 8) -> list[str]:
    """Return a statement on lines of at most WIDTH columns. Spaces in string literals are kept if they are GAPs."""
    begins = line[: len(line) - len(line.lstrip())]
    head, bracket, rest = line.strip(" ").partition("(")  # a line may end inside of brackets only
    parts = textwrap.wrap(
        f"{head.replace(' ', GAP)}{bracket}{rest}" if bracket else head,
        WIDTH,
        initial_indent=begins,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [part.replace(GAP, " ") for part in parts]


def prose(text: str) -> list[str]:
    """Return a docstring on lines of at most WIDTH columns."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * 4, break_long_words=False, break_on_hyphens=False)
