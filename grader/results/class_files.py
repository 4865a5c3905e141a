"""What `grader class` writes into OUT: gone as soon as results change, so that it contradicts none of them."""

import json
from contextlib import suppress
from pathlib import Path

HTML, JSON, CSV = FILES = ("class.html", "class.json", "criteria.csv")
SCHEMA = "autodiff-kit/class/v1"


def kept(out: Path) -> bool | None:
    """Return whether the files in OUT are made with pseudonyms; None where they are not there, or not the grader's."""
    try:
        data = json.loads((out / JSON).read_text("utf-8"))
        return bool(data["pseudonyms"]) if data["schema"] == SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def delete(out: Path) -> None:
    """Delete the files, the one last by which they are known. What others wrote under these names stays."""
    if kept(out) is None:
        return
    for name in (HTML, CSV, JSON):
        with suppress(FileNotFoundError):
            (out / name).unlink()
