"""Read the report.json that a student's run uploaded: hostile data, whatever it says.

Nothing of it is taken but how each known test ended and three short texts; ids, sentences, maxima and sums are made anew
from grading.json of the default branch, and what the artifact says of them must be the same. Standard library only.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any

from grader.forge.fault import Unreadable
from grader.forge.public import OUTCOMES, SCHEMA, Ended, Facts, report_of

NAME = "report.json"
MOST_BYTES = 1_000_000
LONGEST = 2_000
"""Characters of one text; grade.yml cuts what it writes below this."""
NOTES = 5
DEEPEST = 12


def read_artifact(folder: Path, grading: dict[str, Any]) -> dict[str, Any]:
    """Return the report of the one file in `folder`. Raises Unreadable with a sentence for the student."""
    found = _parsed(_only_file(folder))
    try:
        report = report_of(grading, _ended(found, grading), _facts(found))
    except (KeyError, TypeError, AttributeError):
        raise Unreadable("its form is not that of a report.") from None
    for key in report:
        if key not in ("steps", "provenance") and found.get(key) != report[key]:
            raise Unreadable(f"its {key} is not what its cases add up to.")
    if found != {**report, "provenance": found["provenance"]}:
        raise Unreadable(
            "its points, ids or sentences are not those of this assignment: is your branch up to date with the default branch?"
        )
    return report


def _only_file(folder: Path) -> bytes:
    """Return the content of the one regular file that there may be; links are never followed."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for _, entry in zip(range(3), entries, strict=False)]
    except OSError:
        raise Unreadable("there is none.") from None
    if names != [NAME]:
        raise Unreadable(f"it must hold {NAME} and nothing else.")
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise Unreadable(f"{NAME} is a link, or can't be opened.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable(f"{NAME} is not a regular file.")
    with open(descriptor, "rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(f"{NAME} is larger than {MOST_BYTES // 1000} kB.")
    return content


def _parsed(content: bytes) -> dict[str, Any]:
    def no_constant(name: str) -> Any:
        raise ValueError(name)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        found = json.loads(content.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Unreadable(f"{NAME} is not JSON.") from None
    if type(found) is not dict or found.get("schema") != SCHEMA:
        raise Unreadable(f"{NAME} is not a report of this version.")
    _check_texts(found, 0)
    return found


def _check_texts(part: Any, depth: int) -> None:
    """Refuse texts that are too long, halves of letters, and what is nested too deep."""
    if depth > DEEPEST:
        raise Unreadable("it is nested too deep.")
    if isinstance(part, str):
        if len(part) > 2 * LONGEST + 1000:  # a message holds both sides of a case
            raise Unreadable("a text in it is too long.")
        if any("\ud800" <= letter <= "\udfff" for letter in part):
            raise Unreadable("a text in it holds half a letter.")
    elif isinstance(part, dict):
        for key, value in part.items():
            _check_texts(key, depth + 1)
            _check_texts(value, depth + 1)
    elif isinstance(part, list):
        for value in part:
            _check_texts(value, depth + 1)


def _ended(found: dict[str, Any], grading: dict[str, Any]) -> dict[str, Ended]:
    """Return how each test ended, by the names that the default branch knows."""
    claims = {
        (step["id"], criterion["id"], case["id"]): case
        for step in _few(found["steps"])
        for criterion in _few(step["criteria"])
        for case in _few(criterion["cases"])
    }
    ended = {}
    for step in grading["steps"]:
        for criterion in step["criteria"]:
            for case in criterion["cases"]:
                claim = claims.pop((step["id"], criterion["id"], case["id"]))
                if claim["outcome"] not in OUTCOMES:
                    raise Unreadable("an outcome in it is unknown.")
                ended[case["test"]] = Ended(claim["outcome"], _text(claim["expected"]), _text(claim["got"]))
    if claims:
        raise Unreadable("it tells of cases that this assignment does not have.")
    return ended


def _few(part: Any) -> list[dict[str, Any]]:
    if type(part) is not list or len(part) > 500:
        raise TypeError
    return part


def _facts(found: dict[str, Any]) -> Facts:
    notes, starter = _few(found["notes"]), found["starter"]
    if len(notes) > NOTES:
        raise Unreadable("it has too many notes.")
    said = found["provenance"]
    return Facts(
        submission=_text(found["submission"]),
        sha256=_text(said["submission_sha256"]),
        starter=None if starter is None else _text(starter),
        notes=tuple(map(_text, notes)),
    )


def _text(text: Any) -> str:
    if type(text) is not str or len(text) > LONGEST:
        raise Unreadable("a text in it is too long, or none.")
    return text
