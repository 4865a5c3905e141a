"""Numbers and tables as handout and slides show them."""

from collections.abc import Sequence

BLANK = "?"
"""A cell that the reader fills in."""


def number(value: float, digits: int = 6) -> str:
    """Return a number with at most `digits` digits after the point, and none that say nothing: 5.5, 0.693147, 10."""
    shown = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown.replace("-", "−")


def factor(value: float) -> str:
    """Return a number as a factor of a product: in brackets if it is negative."""
    return f"({number(value)})" if value < 0 else number(value)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return a Markdown table; the columns in `right` are aligned to the right."""
    rule = ("---:" if column in right else "---" for column in range(len(heads)))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, tuple(rule), *rows))
