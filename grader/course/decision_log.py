"""OUT/.course/decisions.jsonl: every decision of a person, one a line, in a chain of hashes; nothing is ever taken back but by another.

Of the line itself the hash is kept, not the text, so that what concerns one student can be erased and the chain still holds.
A line that was changed, moved or taken out is noticed.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Required, TypedDict

from grader.atomic_write import write_text
from grader.course.roster import COURSE
from grader.digests import digest_of_data
from grader.model import KitFault

LOG = "decisions.jsonl"
POINTS, STEP, WRITTEN, UNUSABLE = "points", "points of a step", "answer in words", "points of an unusable submission"
MISSING = "points of who handed in nothing"
POLICY, EXTENSION, HANDED_IN = "late policy", "extension", "handed in"
COURSE_FILE = "course.yaml"
WHOLE_SUBMISSION = "unusable"
"""In place of a criterion: the points of a submission in which nothing could be graded."""
NOTHING_CAME = "missing"
"""In place of a criterion: the points of somebody on the roster from whom nothing came in."""
AUTOMATIC = "automatic"
"""In place of points: what the grader found counts again."""


class NewEntry(TypedDict, total=False):
    """A decision of a person. `kind` says which of the other keys it has."""

    kind: Required[str]
    id: str
    """The submission, or the person on the roster."""
    criterion: str
    step: str
    question: str
    points: str
    """A number, or AUTOMATIC."""
    reason: str
    said: str
    """What a person said on something unusable, whose `reason` is why it is unusable."""
    score: float | None
    max_score: float
    comment: str
    policy: dict[str, str]
    source: str
    until: str
    at_moment: str
    """When the work was handed in."""
    before: str
    after: str


class Entry(NewEntry):
    """A decision as the log holds it: who made it, and when."""

    by: str
    at: str
    salt: str
    """Makes the hash of the entry one that nobody can guess the entry from."""


class Head(TypedDict):
    """The part of a line that its hash is made of."""

    number: int
    previous: str
    """The hash of the line before."""
    entry_sha256: str


class Line(Head):
    """A line of the log."""

    hash: str
    entry: Entry | None
    """None where it was erased."""


@dataclass
class State:
    """What the whole log comes to: of several decisions on one thing the last holds."""

    points: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by criterion."""
    steps: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by step."""
    written: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by question."""
    unusable: dict[str, Entry] = field(default_factory=dict)
    """By submission; the reason is the sentence that said why it is unusable, and the decision is on that alone."""
    missing: dict[str, Entry] = field(default_factory=dict)
    """By id of the roster; the decision holds while nothing came in."""
    extensions: dict[str, Entry] = field(default_factory=dict)
    handed_in: dict[str, Entry] = field(default_factory=dict)
    policy: Entry | None = None
    course_policy: Mapping[str, str] = field(default_factory=dict)
    """What course.yaml said when it was last read."""
    drops: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        if entry["kind"] == POINTS:
            self.points.setdefault(entry["id"], {})[entry["criterion"]] = entry
        elif entry["kind"] == STEP:
            self.steps.setdefault(entry["id"], {})[entry["step"]] = entry
        elif entry["kind"] == WRITTEN:
            self.written.setdefault(entry["id"], {})[entry["question"]] = entry
        elif entry["kind"] == UNUSABLE:
            self.unusable[entry["id"]] = entry
        elif entry["kind"] == MISSING:
            self.missing[entry["id"]] = entry
        elif entry["kind"] == POLICY:
            self.policy = entry if entry["policy"] else None
            if entry.get("source") == COURSE_FILE:
                self.course_policy = entry["policy"]
        elif entry["kind"] == EXTENSION:
            self.extensions[entry["id"]] = entry
        elif entry["kind"] == HANDED_IN:
            self.handed_in[entry["id"]] = entry
        else:
            self.drops.append(entry)


def log_path(out: Path) -> Path:
    return out / COURSE / LOG


def add(out: Path, entries: Iterable[NewEntry], by: str) -> int:
    """Add decisions at the end of the log, all or none, and return how many. Raises KitFault if it was tampered with.

    The caller holds the folder alone (see `transactions`).
    """
    path = log_path(out)
    lines = list(_lines(path)) if path.is_file() else []
    previous, number = (lines[-1]["hash"], lines[-1]["number"]) if lines else ("", 0)
    new: list[Line] = []
    for entry in entries:
        body: Entry = {**entry, "by": by, "at": datetime.now(UTC).isoformat(timespec="seconds"), "salt": secrets.token_hex(16)}
        head: Head = {"number": number + len(new) + 1, "previous": previous, "entry_sha256": digest_of_data(body)}
        previous = digest_of_data(head)
        new.append({**head, "hash": previous, "entry": body})
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, "".join(json.dumps(line) + "\n" for line in (*lines, *new)), durable=True)
    return len(new)


def read(out: Path) -> list[Entry | None]:
    """Return all decisions in their order, None where one was erased. Raises KitFault where the log was changed."""
    path = log_path(out)
    return [line["entry"] for line in _lines(path)] if path.is_file() else []


def state(out: Path) -> State:
    """Return what the log comes to."""
    path = log_path(out)
    if not path.is_file():
        return State()
    facts = path.stat()
    return _state(out, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4)
def _state(out: Path, size: int, changed: int) -> State:
    found = State()
    for entry in read(out):
        if entry:
            found.take(entry)
    return found


def policy_of_course(out: Path, policy: Mapping[str, str]) -> list[NewEntry]:
    """Return the entry for the late policy of course.yaml, if it is another one than when the file was last read.

    So both an edit of the file and a later `grader late --policy` count, each until the other follows. An empty policy ends the last.
    """
    if policy == state(out).course_policy:
        return []
    return [{"kind": POLICY, "policy": dict(policy), "source": COURSE_FILE}]


def hashes(out: Path) -> list[str]:
    """Return the hash of each line: one log goes on from another if it begins with the other's."""
    path = log_path(out)
    return [line["hash"] for line in _lines(path)] if path.is_file() else []


def erase(out: Path, name: str) -> int:
    """Erase the text of all decisions about one submission and return how many; their hashes stay, so the chain holds."""
    path = log_path(out)
    if not path.is_file():
        return 0
    lines = list(_lines(path))
    concerned = [line for line in lines if line["entry"] and line["entry"].get("id") == name]
    for line in concerned:
        line["entry"] = None
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines), durable=True)
    return len(concerned)


def _lines(path: Path) -> Iterator[Line]:
    previous = ""
    for number, text in enumerate(path.read_text("utf-8").splitlines(keepends=True), start=1):
        try:
            line: Line = json.loads(text if text.endswith("\n") else "{}")
            known: Head = {"number": line["number"], "previous": line["previous"], "entry_sha256": line["entry_sha256"]}
            whole = line["hash"] == digest_of_data(known) and line["previous"] == previous and line["number"] == number
            whole = whole and (line["entry"] is None or digest_of_data(line["entry"]) == line["entry_sha256"])
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise KitFault(f"{path}:{number}: the log of decisions was changed by hand or cut off here: bring back the file as it was")
        previous = line["hash"]
        yield line
