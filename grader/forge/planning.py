"""Find out what is to be graded and fetch it: of each pull request only the submission file, at its newest commit.

The folder of a run: plan.json, questions.json, submissions/<id>/autodiff.py (from `plan`), traces/ (from `collect`),
reports/, outbox/ and journal.jsonl (from `post`).
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.escape import plain
from grader.forge.base import Forge
from grader.forge.fault import ForgeFault, Unreadable
from grader.intake import SOURCE_CAP
from grader.model import KitFault

SCHEMA = "autodiff-kit/forge-plan/v1"
PLAN, SUBMISSIONS, TRACES, REPORTS, QUESTIONS = "plan.json", "submissions", "traces", "reports", "questions.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit to grade. `number` is None where a repository has no open pull request; `problem` says why there is no file."""

    id: str
    repo: str
    number: int | None
    sha: str
    branch: str
    sha256: str = ""
    problem: str = ""
    ran: bool | None = None
    """Whether the repository's own workflows ran for the commit; None if the token may not see that."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository to look at, and the student's id if a roster names one."""

    repo: str
    id: str = ""


def read_roster(path: Path) -> list[Wanted]:
    """Return the rows of a roster, a CSV file with the columns `id` and `repository` (owner/name). Raises KitFault."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if not {"id", "repository"} <= set(rows.fieldnames or ()):
            raise KitFault(f"{path}:1: a roster needs the columns id and repository, and has {', '.join(rows.fieldnames or ()) or 'none'}")
        found = [Wanted((row["repository"] or "").strip(), (row["id"] or "").strip()) for row in rows]
    for number, row in enumerate(found, start=2):
        if not row.id or set(row.id) & set("/\\\0") or row.id.startswith("."):
            raise KitFault(f"{path}:{number}: {plain(row.id)!r} can't be an id: a file is named after it")
    return found


def plan_entries(forge: Forge, wanted: list[Wanted], path: str, folder: Path, say: Callable[[str], None]) -> tuple[list[Entry], list[str]]:
    """Fetch all submissions into `folder`; return the entries, and sentences about repositories that could not be read.

    Raises ForgeFault where nothing else would work either.
    """
    entries: list[Entry] = []
    unread: list[str] = []
    for each in wanted:
        try:
            for entry in _entries_of(forge, each, path, folder):
                say(plain(f"{entry.id}: {entry.sha[:10]}{f': {entry.problem}' if entry.problem else ''}"))
                entries.append(entry)
        except ForgeFault as fault:
            if fault.stops:
                raise
            unread.append(plain(f"{each.repo}: {fault}"))
    ids = [entry.id for entry in entries]
    if same := sorted({id for id in ids if ids.count(id) > 1}):
        raise KitFault(f"several submissions would be called {', '.join(map(plain, same))}: name each repository once")
    return entries, unread


def _entries_of(forge: Forge, wanted: Wanted, path: str, folder: Path) -> Iterator[Entry]:
    """Yield an entry for each open pull request, or for the default branch of a roster's repository that has none."""
    repo, base = wanted.repo, wanted.id or wanted.repo.replace("/", "+")
    pulls = list(forge.pulls(repo))
    if wanted.id and len(pulls) > 1:  # a roster has one row a student: the newest pull request is theirs
        pulls = [max(pulls, key=lambda pull: pull.number)]
    for pull in pulls:
        name = base if wanted.id else f"{base}+{pull.number}"
        yield _fetched(forge, Entry(name, repo, pull.number, pull.sha, pull.head_branch), path, folder)
    if not pulls and wanted.id:
        branch = forge.default_branch(repo)
        yield _fetched(forge, Entry(base, repo, None, forge.commit(repo, branch), branch), path, folder)


def _fetched(forge: Forge, entry: Entry, path: str, folder: Path) -> Entry:
    """Return the entry with its file's hash, or with the reason why there is none."""
    facts = asdict(entry)
    try:
        facts["ran"] = forge.was_run(entry.repo, entry.sha)
    except ForgeFault as fault:
        if fault.stops:
            raise
    try:  # asked of the base repository, where the commits of a fork are found too, even after the fork is gone
        source = forge.file(entry.repo, path, entry.sha, SOURCE_CAP)
    except Unreadable as why:
        return Entry(**{**facts, "problem": str(why)})
    except ForgeFault as fault:
        if fault.kind not in ("missing", "invalid"):
            raise
        return Entry(**{**facts, "problem": _why_missing(forge, entry, path)})
    target = folder / SUBMISSIONS / entry.id / "autodiff.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source)
    return Entry(**{**facts, "sha256": hashlib.sha256(source).hexdigest()})


def _why_missing(forge: Forge, entry: Entry, path: str) -> str:
    try:
        forge.commit(entry.repo, entry.sha)
    except ForgeFault:
        return f"Commit {entry.sha[:10]} is gone: the branch was deleted or overwritten. Push again."
    return f"There is no {path} at this commit."


def write_plan(folder: Path, entries: list[Entry], questions: dict[str, Any], at: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / QUESTIONS).write_text(json.dumps(questions, separators=(",", ":")), "utf-8")
    plan = {"schema": SCHEMA, "at": at, "entries": [asdict(entry) for entry in entries]}
    (folder / PLAN).write_text(json.dumps(plan, indent=1), "utf-8")


def read_plan(folder: Path, sha256: str = "") -> tuple[list[Entry], int]:
    """Return the entries of a plan and when it was made. Raises KitFault if there is none, or not the one with this hash."""
    try:
        content = (folder / PLAN).read_bytes()
    except FileNotFoundError:
        raise KitFault(f"{folder} holds no {PLAN}: run `grader forge plan --out {folder}` first") from None
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise KitFault(f"{folder / PLAN} is not the plan that was made: somebody has changed it in between")
    plan = json.loads(content)
    if plan.get("schema") != SCHEMA:
        raise KitFault(f"{folder / PLAN} is not a plan of this version: plan again")
    return [Entry(**entry) for entry in plan["entries"]], int(plan["at"])
