"""Find out what is to be graded and fetch it: of each pull request only the submission file, at its newest commit.

The folder of a run: plan.json, questions.json, submissions/<id>/autodiff.py (from `plan`), traces/ (from `collect`),
reports/, outbox/ and journal.jsonl (from `post`).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from grader import __version__, digests
from grader.atomic_write import write_bytes, write_text
from grader.csv_reader import read_table
from grader.escape import plain
from grader.intake import SOURCE_CAP
from grader.kit import questions_sha256
from grader.model import KitFault
from grader.plan.plan import Plan
from grader.pull_requests.course_ci.errors import ForgeFault, Unreadable
from grader.pull_requests.course_ci.interface import Forge
from grader.pull_requests.course_ci.sticky_comment import digest
from grader.pull_requests.outbox import NAME

SCHEMA = "autodiff-kit/forge-plan/v2"
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
    found = []
    for row in read_table(path, ("id", "repository")).rows:
        if not row["id"] or set(row["id"]) & set("/\\\0") or row["id"].startswith("."):
            raise KitFault(f"{row.place}: {plain(row['id'])!r} can't be an id: a file is named after it")
        found.append(Wanted(row["repository"], row["id"]))
    return found


@dataclass(frozen=True, slots=True)
class Fetching:
    """Where submissions lie in a repository, and the folder they go to. With `kit`, commits that it has graded are left out."""

    path: str
    folder: Path
    kit: str = ""


def kit_of(plan: Plan) -> str:
    """Return a short name of what a score depends on besides the submission: version, rubric, reference and questions."""
    parts = (__version__, plan.rubric.sha256, str(plan.expected["reference_sha256"]), questions_sha256(plan.questions))
    return digest("\n".join(parts))


def plan_entries(forge: Forge, wanted: list[Wanted], how: Fetching, say: Callable[[str], None]) -> tuple[list[Entry], list[str]]:
    """Fetch all submissions; return the entries, and sentences about repositories that could not be read.

    Raises ForgeFault where nothing else would work either.
    """
    entries: list[Entry] = []
    unread: list[str] = []
    for each in wanted:
        try:
            for entry in _entries_of(forge, each, how):
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


def _entries_of(forge: Forge, wanted: Wanted, how: Fetching) -> Iterator[Entry]:
    """Yield an entry for each open pull request, or for the default branch of a roster's repository that has none."""
    repo, base = wanted.repo, wanted.id or wanted.repo.replace("/", "+")
    pulls = list(forge.pulls(repo))
    if wanted.id and len(pulls) > 1:  # a roster has one row a student: the newest pull request is theirs
        pulls = [max(pulls, key=lambda pull: pull.number)]
    for pull in pulls:
        name = base if wanted.id else f"{base}+{pull.number}"
        yield from _new(forge, Entry(name, repo, pull.number, pull.sha, pull.head_branch), how)
    if not pulls and wanted.id:
        branch = forge.default_branch(repo)
        yield from _new(forge, Entry(base, repo, None, forge.commit(repo, branch), branch), how)


def _new(forge: Forge, entry: Entry, how: Fetching) -> Iterator[Entry]:
    """Yield the fetched entry, unless its commit has a result of this very kit. What can't be found out counts as new."""
    try:
        graded = bool(how.kit) and any(key.endswith(f".{how.kit}") for key in forge.result_keys(entry.repo, entry.sha, NAME))
    except ForgeFault as fault:
        if fault.stops:
            raise
        graded = False
    if not graded:
        yield _fetched(forge, entry, how.path, how.folder)


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
    write_bytes(target, source)
    return Entry(**{**facts, "sha256": digests.digest(source)})


def _why_missing(forge: Forge, entry: Entry, path: str) -> str:
    try:
        forge.commit(entry.repo, entry.sha)
    except ForgeFault:
        return f"Commit {entry.sha[:10]} is gone: the branch was deleted or overwritten. Push again."
    return f"There is no {path} at this commit."


def write_plan(folder: Path, entries: list[Entry], made: Plan, at: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / QUESTIONS, json.dumps(made.questions, separators=(",", ":")))
    plan = {"schema": SCHEMA, "at": at, "kit": kit_of(made), "entries": [asdict(entry) for entry in entries]}
    write_text(folder / PLAN, json.dumps(plan, indent=1))


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan holds: its entries, when it was made, and `kit_of` what it was made with."""

    entries: list[Entry]
    at: int
    kit: str


def read_plan(folder: Path, sha256: str = "") -> Planned:
    """Return the plan in a folder. Raises KitFault if there is none, or not the one with this hash."""
    try:
        content = (folder / PLAN).read_bytes()
    except FileNotFoundError:
        raise KitFault(f"{folder} holds no {PLAN}: run `grader pr plan --out {folder}` first") from None
    if sha256 and digests.digest(content) != sha256:
        raise KitFault(f"{folder / PLAN} is not the plan that was made: somebody has changed it in between")
    plan = json.loads(content)
    if plan.get("schema") != SCHEMA:
        raise KitFault(f"{folder / PLAN} is not a plan of this version: plan again")
    return Planned([Entry(**entry) for entry in plan["entries"]], int(plan["at"]), str(plan["kit"]))
