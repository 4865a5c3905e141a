"""Read the results.json that a student's run uploaded: hostile data, whatever it says.

It can say how each known test ended, in an outcome and two short texts, and why the file could not be loaded; it has no place
for points, sentences or names. Those are made from grading.json, which lies beside this code. Standard library only.
"""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from grader.pull_requests.course_ci.errors import Unreadable
from grader.pull_requests.course_ci.public_report import OUTCOMES, Ended, Facts, report_of, tests_of
from grader.pull_requests.course_ci.wording import say

NAME = "results.json"
SCHEMA = "autodiff-kit/public-results/v1"
MOST_BYTES = 1_000_000
LONGEST = 2_000
"""Characters of one text; run_public.py cuts what it writes below this."""
KEYS = {"schema", "sha256", "load", "tests"}
ENDED = {"outcome", "expected", "got"}


def read_artifact(folder: Path, grading: dict[str, Any], repo: str) -> dict[str, Any]:
    """Return the report that the one file in `folder` adds up to. Raises Unreadable with a sentence for the student."""
    found = _parsed(_only_file(folder))
    if set(found) != KEYS:
        raise Unreadable("it tells other things than how the tests ended.")
    load, sha256 = _text(found["load"]), _text(found["sha256"])
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise Unreadable("its hash of autodiff.py is none.")
    ended = _ended(found["tests"], set(tests_of(grading)))
    notes = (say(grading["words"], "public.not_loaded", why=load),) if load else ()
    if load:
        untried = Ended("error", say(grading["words"], "public.loadable"), load)
        ended = {name: untried if end.outcome == "not tried" else end for name, end in ended.items()}
    return report_of(grading, ended, Facts(repo, sha256, None, notes))


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
            raise ValueError("a key appears twice")
        return dict(pairs)

    try:
        found = json.loads(content.decode("utf-8"), parse_constant=no_constant, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Unreadable(f"{NAME} is not JSON.") from None
    if type(found) is not dict or found.get("schema") != SCHEMA:
        raise Unreadable(f"{NAME} is not one of this version.")
    return found


def _ended(found: Any, known: set[str]) -> dict[str, Ended]:
    """Return how each test ended. Raises Unreadable unless these are exactly the tests that are known."""
    if type(found) is not dict or len(found) > 2_000:
        raise Unreadable("its form is not that of results.")
    if set(found) != known:
        raise Unreadable("its tests are not those of this assignment: is your test_public.py the one that your course handed out last?")
    ended = {}
    for name, end in found.items():
        if type(end) is not dict or set(end) != ENDED:
            raise Unreadable("it tells other things than how the tests ended.")
        if end["outcome"] not in OUTCOMES:
            raise Unreadable("an outcome in it is unknown.")
        ended[name] = Ended(end["outcome"], _text(end["expected"]), _text(end["got"]))
    return ended


def _text(text: Any) -> str:
    """Return a text that is short and can be written. Raises Unreadable for anything else."""
    if type(text) is not str or len(text) > LONGEST:
        raise Unreadable("a text in it is too long, or none.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable("a text in it holds half a letter.")
    return text
