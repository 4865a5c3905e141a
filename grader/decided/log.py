"""OUT/.course/decisions.jsonl: every decision of a person, one a line, in a chain of hashes; nothing is ever taken back but by another.

Of the line itself the hash is kept, not the text, so that what concerns one student can be erased and the chain still holds.
A line that was changed, moved or taken out is noticed.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.model import KitFault
from grader.roster import COURSE

LOG = "decisions.jsonl"
POINTS, STEP, WRITTEN = "points", "points of a step", "answer in words"
POLICY, EXTENSION, HANDED_IN = "late policy", "extension", "handed in"
AUTOMATIC = "automatic"
"""In place of points: what the grader found counts again."""
Entry = dict[str, Any]


@dataclass
class State:
    """What the whole log comes to: of several decisions on one thing the last holds."""

    points: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by criterion."""
    steps: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by step."""
    written: dict[str, dict[str, Entry]] = field(default_factory=dict)
    """By submission, then by question."""
    extensions: dict[str, Entry] = field(default_factory=dict)
    handed_in: dict[str, Entry] = field(default_factory=dict)
    policy: Entry | None = None
    drops: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        if entry["kind"] == POINTS:
            self.points.setdefault(entry["id"], {})[entry["criterion"]] = entry
        elif entry["kind"] == STEP:
            self.steps.setdefault(entry["id"], {})[entry["step"]] = entry
        elif entry["kind"] == WRITTEN:
            self.written.setdefault(entry["id"], {})[entry["question"]] = entry
        elif entry["kind"] == POLICY:
            self.policy = entry
        elif entry["kind"] == EXTENSION:
            self.extensions[entry["id"]] = entry
        elif entry["kind"] == HANDED_IN:
            self.handed_in[entry["id"]] = entry
        else:
            self.drops.append(entry)


def log_path(out: Path) -> Path:
    return out / COURSE / LOG


def add(out: Path, entries: Iterable[Mapping[str, Any]], by: str) -> int:
    """Add decisions at the end of the log, all or none, and return how many. Raises KitFault if it was tampered with."""
    path = log_path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = list(_lines(path))
        previous, number = (lines[-1]["hash"], lines[-1]["number"]) if lines else ("", 0)
        text = ""
        added = 0
        for added, entry in enumerate(entries, start=1):
            body = {**entry, "by": by, "at": datetime.now(UTC).isoformat(timespec="seconds"), "salt": secrets.token_hex(16)}
            line = {"number": number + added, "previous": previous, "entry_sha256": _hash(body)}
            previous = _hash(line)
            text += json.dumps({**line, "hash": previous, "entry": body}) + "\n"
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return added


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
    draft = path.with_name(LOG + ".draft")
    draft.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    draft.replace(path)
    return len(concerned)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    previous = ""
    for number, text in enumerate(path.read_text("utf-8").splitlines(keepends=True), start=1):
        try:
            line = json.loads(text) if text.endswith("\n") else {}
            known = {key: line[key] for key in ("number", "previous", "entry_sha256")}
            whole = line["hash"] == _hash(known) and line["previous"] == previous and line["number"] == number
            whole = whole and (line["entry"] is None or _hash(line["entry"]) == line["entry_sha256"])
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            raise KitFault(f"{path}:{number}: the log of decisions was changed by hand or cut off here: bring back the file as it was")
        previous = line["hash"]
        yield line


def _hash(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
