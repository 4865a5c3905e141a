"""Numbers and texts as pages show them."""

from typing import Any


def number(value: Any, digits: int = 8) -> str:
    """Return a value of a report as text: a number with `digits` digits, an array in brackets, a text as it is, "" for null."""
    if value is None:
        return ""
    if isinstance(value, list):
        return f"[{', '.join(number(entry, digits) for entry in value)}]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.{digits}g}".replace("-", "−", 1) if value < 0 else f"{value:.{digits}g}"


def brief(text: str, most: int) -> str:
    """Return the text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"
