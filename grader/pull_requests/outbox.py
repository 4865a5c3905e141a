"""What waits to be posted, and the posting: the only part of the official run that holds a write token.

An outbox is a folder of small JSON files, one a submission, made by `prepare`, which holds no token. Sending them imports the
standard library alone, keeps a journal so that a run that stopped can go on, and reads the forge's state before
it writes, so that nothing is posted twice. Standard library only.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.escape import plain, plain_log
from grader.pull_requests.course_ci.errors import ForgeFault
from grader.pull_requests.course_ci.interface import Annotation, Forge, Result
from grader.pull_requests.course_ci.sticky_comment import Sticky, upsert

OUTBOX, JOURNAL = "outbox", "journal.jsonl"
NAME = "grader / official"
"""The check run's name, for the branch settings."""


@dataclass(frozen=True, slots=True)
class Item:
    """One submission's comment and result. `number` is None where there is no pull request but a branch."""

    id: str
    repo: str
    number: int | None
    sha: str
    branch: str
    order: int
    page: str
    holds: str
    conclusion: str
    title: str
    annotations: list[list[Any]]
    url: str = ""
    kit: str = ""
    """What the score was made with (`planning.kit_of`); empty where the same commit must be graded again."""

    def sticky(self) -> Sticky:
        return Sticky("official", (self.order, 1), self.sha, self.page, self.holds)

    def result(self, *, whole: bool) -> Result:
        """Return the check run. `whole` says that nothing else is left to post, so that the next plan may leave the commit out."""
        marks = [Annotation(*mark) for mark in self.annotations]
        key = f"{self.holds}.{self.kit}" if whole and self.kit else self.holds
        return Result(NAME, self.sha, self.conclusion, self.title, self.page, key, self.url, marks)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an item: `comment` and `check` in a word each, and a sentence if something went wrong."""

    id: str
    comment: str = ""
    check: str = ""
    problem: str = ""
    is_left: bool = False
    """Whether it waits for another token, and nothing is wrong."""

    @property
    def is_done(self) -> bool:
        return not self.problem


class Journal:
    """Lines of JSON: what was sent, and when something was written. It is read at the start and added to as things happen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.done: set[tuple[str, str, str]] = set()
        self.writes: list[float] = []
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:  # the line that was being written when the machine stopped
                continue
            if "wrote" in entry:
                self.writes.append(float(entry["wrote"]))
            else:
                self.done.add((entry["id"], entry["sha"], entry["holds"]))

    def wrote(self, time: float) -> None:
        self._add({"wrote": time})

    def finished(self, item: Item, sent: Sent) -> None:
        self.done.add((item.id, item.sha, item.holds))
        self._add({"id": item.id, "sha": item.sha, "holds": item.holds, "comment": sent.comment, "check": sent.check})

    def _add(self, entry: Mapping[str, str | float]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())


def write_item(folder: Path, item: Item) -> None:
    (folder / OUTBOX).mkdir(parents=True, exist_ok=True)
    fields = {name: getattr(item, name) for name in Item.__slots__}
    (folder / OUTBOX / f"{item.id}.json").write_text(json.dumps(fields, indent=1), "utf-8")


def read_items(folder: Path) -> list[Item]:
    """Return what waits in a folder. Raises ForgeFault if nothing was prepared."""
    paths = sorted((folder / OUTBOX).glob("*.json"))
    if not paths:
        raise ForgeFault("invalid", f"{folder / OUTBOX} holds nothing to post: run plan, collect and then post --prepare-only")
    return [Item(**json.loads(path.read_text("utf-8"))) for path in paths]


@dataclass(frozen=True, slots=True)
class Channels:
    """Where results are written: as comments, as check runs, or both."""

    comments: bool = True
    checks: bool = True


def send(forge: Forge, items: list[Item], journal: Journal, channels: Channels, say: Callable[[str], None]) -> Iterator[Sent]:
    """Post the items one after another and yield what became of each. A fault costs its own item, unless all would meet it."""
    stopped, ended = "", False
    for item in items:
        if stopped:
            sent = Sent(item.id, problem=f"not sent yet: {stopped}", is_left=ended)
        elif (item.id, item.sha, item.holds) in journal.done:
            sent = Sent(item.id, "sent before", "sent before")
        else:
            sent, fault = _send(forge, item, channels)
            if fault and fault.stops:
                stopped, ended = str(fault), fault.kind == "deadline"
            if sent.is_done:
                journal.finished(item, sent)
        say(plain_log(plain(f"{item.id}: {sent.problem or f'comment {sent.comment}, check {sent.check}'}")))
        yield sent


def _send(forge: Forge, item: Item, channels: Channels) -> tuple[Sent, ForgeFault | None]:
    """Post one item. Comment and check are apart: where the token may write only one of them, that one is written."""
    done = {"comment": "not wanted", "check": "not wanted"}
    faults: list[ForgeFault] = []
    try:
        if stale := _stale(forge, item):
            return Sent(item.id, stale, stale), None
    except ForgeFault as fault:
        return Sent(item.id, problem=str(fault), is_left=fault.kind == "deadline"), fault
    steps: dict[str, Callable[[], str]] = {}
    if channels.comments and item.number is not None:
        number = item.number
        steps["comment"] = lambda: upsert(forge, item.repo, number, item.sticky())
    if channels.checks:
        steps["check"] = lambda: _result(forge, item, whole=not faults)
    for name, step in steps.items():
        try:
            done[name] = step()
        except ForgeFault as fault:
            done[name] = "left" if fault.kind == "deadline" else "refused"
            faults.append(fault)
            if fault.stops:
                break
    problem = "; ".join(f"{fault}" for fault in faults)
    is_left = [fault.kind for fault in faults] == ["deadline"]
    return Sent(item.id, **done, problem=problem, is_left=is_left), faults[-1] if faults else None


def _stale(forge: Forge, item: Item) -> str:
    """Return why an item is not posted any more: its commit is not the newest, or the pull request was closed."""
    if item.number is None:
        return "" if forge.commit(item.repo, item.branch) == item.sha else "left out: a newer commit was pushed since, plan again"
    pull = forge.pull(item.repo, item.number)
    if not pull.is_open:
        return "left out: the pull request is closed"
    return "" if pull.sha == item.sha else "left out: a newer commit was pushed since, plan again"


def _result(forge: Forge, item: Item, *, whole: bool) -> str:
    result = item.result(whole=whole)
    if result.key in forge.result_keys(item.repo, item.sha, NAME):
        return "unchanged"
    forge.post_result(item.repo, result)
    return "created"
