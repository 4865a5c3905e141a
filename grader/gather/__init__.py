"""Find what a course handed in: a folder or an archive of submissions, git repositories, under the ids that the course knows.

    found = gather(path, how)
    found.works         what is to be graded: one a student, unless `how` takes the best of several attempts
    found.earlier       the earlier attempts, in rounds

Nothing is unpacked, checked out or run. What can't be used is refused for the student concerned, in a sentence.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.escape import plain
from grader.gather import archives, gradescope, repositories
from grader.gather.names import Naming, is_gradable, naming, natural
from grader.intake import ARCHIVES, Found, Handed, refused, safe_id, submission_id, submission_of
from grader.model import KitFault
from grader.roster import COURSE, INTAKE, kept_facts


@dataclass(frozen=True, slots=True)
class How:
    """What the command line said about the intake."""

    platform: str = ""
    pattern: str = ""
    attempts: str = ""
    ref: str = ""
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that was handed in, and what is known about it. `name` is that of its file, folder or branch."""

    work: Handed
    name: str
    number: int = 0
    handed_in: datetime | None = None
    owners: tuple[str, ...] = ()
    gradable: bool = True
    fits: bool = True
    """Whether its name says whose it is."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came in."""

    works: list[Handed]
    earlier: list[list[Handed]]
    facts: dict[str, dict[str, Any]]
    """Of each submission: from which file, when it was handed in, how many attempts there were, whose else it is."""


def gather(path: Path, how: How) -> Gathered:
    """Return what lies in a folder or archive. Raises KitFault where ids stand twice and no policy was chosen."""
    names = naming(how.platform, how.pattern)
    found = _in_archive(path, names, how) if archives.is_archive(path) else _in_folder(path, names, how)
    if not found:
        raise KitFault(f"{path} is empty: there is nothing to grade")
    if not any(attempt.fits for attempt in found):
        pattern = "the pattern given with --id" if how.pattern else f"what --from {how.platform} expects"
        raise KitFault(f"no name in {path} fits {pattern}, for instance {plain(found[0].name)!r}: nobody would know whose work it is")
    by_id: dict[str, list[Attempt]] = {}
    for attempt in found:
        by_id.setdefault(submission_id(attempt.work), []).append(attempt)
    chosen = {name: _in_order(_programs(attempts)) for name, attempts in by_id.items()}
    same = [name for name, attempts in chosen.items() if len(attempts) > 1]
    if same and not how.attempts:
        raise KitFault(
            f"several submissions would be called {', '.join(map(plain, same))}: rename all but one, or say --attempts last|best"
        )
    rounds = max(len(attempts) for attempts in chosen.values()) - 1 if how.attempts == "best" else 0
    earlier = [[attempts[-2 - n].work for attempts in chosen.values() if len(attempts) > n + 1] for n in range(rounds)]
    facts = {name: _facts(attempts) for name, attempts in chosen.items()}
    return Gathered([attempts[-1].work for attempts in chosen.values()], earlier, facts)


def _programs(attempts: list[Attempt]) -> list[Attempt]:
    """Leave out what can't be a program (a PDF beside it), unless nothing else came in."""
    return [attempt for attempt in attempts if attempt.gradable] or attempts[:1]


def _in_order(attempts: list[Attempt]) -> list[Attempt]:
    """Return attempts from the first to the last: by their numbers, else by when they came in, else by their names."""
    if all(attempt.handed_in for attempt in attempts):
        return sorted(attempts, key=lambda a: (a.handed_in or datetime.min, a.number, natural(a.name)))
    return sorted(attempts, key=lambda a: (a.number, natural(a.name)))


def _facts(attempts: list[Attempt]) -> dict[str, Any]:
    times = [attempt.handed_in.isoformat(timespec="seconds") if attempt.handed_in else None for attempt in attempts]
    names = [attempt.name for attempt in attempts]
    return {"from": names[-1], "handed_in": times[-1], "names": names, "times": times, "owners": list(attempts[-1].owners)}


def choose(out: Path, gathered: Gathered, name: str, earlier: int) -> dict[str, Any]:
    """Remember that the attempt so many before the last counts, and return what is known of the submission."""
    facts = gathered.facts[name]
    facts |= {"from": facts["names"][-1 - earlier], "handed_in": facts["times"][-1 - earlier]}
    keep_facts(out, gathered)
    return facts


# ---- folders and archives -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose a file or folder is, by its name or by what the platform says of it."""

    id: str
    number: int = 0
    owners: tuple[str, ...] = ()
    handed_in: datetime | None = None
    problem: str = ""

    def attempt(self, work: Handed, name: str, *, gradable: bool) -> Attempt:
        return Attempt(work, name, self.number, self.handed_in, self.owners, gradable, fits=not self.problem)


def _whose(name: str, names: Naming, metadata: dict[str, gradescope.Metadata], *, folder: bool) -> _Whose:
    """Return whose it is; where the name does not fit, nobody knows."""
    found, number, fits = names.read(name, folder=folder)
    if name in metadata and metadata[name].owners:
        known = metadata[name]
        return _Whose(safe_id(known.owners[0]), number, known.owners, known.handed_in)
    return _Whose(found, number, problem="" if fits else f"The name {plain(name)!r} does not fit the pattern, so nobody knows whose it is.")


def _metadata(content: bytes | None, names: Naming) -> dict[str, gradescope.Metadata]:
    return gradescope.read_metadata(content) if content is not None and names.ignored else {}


def _in_folder(folder: Path, names: Naming, how: How) -> list[Attempt]:
    """Return an attempt for every child of a folder, but for names that begin with a dot."""
    notes = folder / gradescope.NAME
    metadata = _metadata(notes.read_bytes() if notes.is_file() else None, names)
    found = []
    children = sorted(child for child in folder.iterdir() if not child.name.startswith("."))
    if (how.ref or how.before) and children and not any(map(repositories.holds_repository, children)):
        raise KitFault(f"--ref and --before are for git repositories, and {folder} holds none")
    with repositories.Reader() as reader:
        for child in children:
            if names.ignored and names.ignored.search(child.name):
                continue
            is_folder = child.is_dir() and not child.is_symlink()
            whose = _whose(child.name, names, metadata, folder=is_folder)
            gradable = is_gradable(child.name, folder=is_folder)
            if whose.problem:
                found.append(whose.attempt(refused(whose.id, whose.problem), child.name, gradable=gradable))
            elif child.is_symlink():
                found.append(whose.attempt(refused(whose.id, f"{child.name} is a link, and no file or folder."), child.name, gradable=True))
            elif how.ref or how.before or repositories.is_repository(child):
                work, at = reader.read(whose.id, child, how.ref, how.before)
                found.append(replace(whose, handed_in=at).attempt(work, child.name, gradable=True))
            else:
                found.append(whose.attempt(Found(whose.id, child), child.name, gradable=gradable))
    return found


def _in_archive(path: Path, names: Naming, how: How) -> list[Attempt]:
    if how.ref or how.before:
        raise KitFault("--ref and --before are for git repositories in a folder, and not for an archive")
    units, notes = archives.units(path)
    metadata = _metadata(notes.get(gradescope.NAME), names)
    found = []
    for unit in units:
        if names.ignored and names.ignored.search(unit.name):
            continue
        whose = _whose(unit.name, names, metadata, folder=unit.folder)
        problem = whose.problem or unit.problem
        work = refused(whose.id, problem) if problem else _work_of(whose.id, unit)
        found.append(whose.attempt(work, unit.name, gradable=is_gradable(unit.name, folder=unit.folder)))
    return found


def _work_of(name: str, unit: archives.Unit) -> Handed:
    """Return what one student handed in; a single file counts as the program, whatever the platform called it."""
    if not unit.folder and not is_gradable(unit.name, folder=False):
        return refused(name, f"{unit.name} is neither a Python file nor a notebook, folder or archive with an autodiff.py in it.")
    if unit.folder or not unit.files:
        return submission_of(name, unit.members)
    if unit.name.lower().endswith(ARCHIVES):
        return submission_of(name, unit.members, unit.files[0][0])
    [(path, content)] = unit.files
    whole = path.with_name("autodiff.ipynb" if path.name.lower().endswith(".ipynb") else "autodiff.py")
    return submission_of(name, lambda wanted: [(whole, content)] if wanted(whole) else [])


# ---- what is remembered -------------------------------------------------------


def keep_facts(out: Path, gathered: Gathered) -> None:
    """Remember in OUT what came in: exports and late policies look there."""
    (out / COURSE).mkdir(parents=True, exist_ok=True)
    facts = {"kept_at": datetime.now(UTC).isoformat(timespec="seconds"), "submissions": kept_facts(out) | gathered.facts}
    (out / COURSE / INTAKE).write_text(json.dumps(facts, indent=1), "utf-8")
