"""Find what a course handed in: a folder or an archive of submissions, git repositories, under the ids that the course knows.

    found = gather(path, how)
    found.works         what is to be graded: one a student, unless `how` takes the best of several attempts
    found.earlier       the earlier attempts, in rounds

Nothing is unpacked, checked out or run. What can't be used is refused for the student concerned, in a sentence.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from grader.atomic_write import write_text
from grader.course.roster import COURSE, INTAKE, Facts, kept_facts
from grader.escape import plain, spaced
from grader.intake import (
    AUTODIFF,
    Found,
    Handed,
    Submission,
    Target,
    cohort_archive,
    git_repository,
    gradescope_metadata,
    safe_id,
    submission_id,
    submission_of,
    submission_of_file,
    unusable,
)
from grader.intake.attempts import Attempt, facts_of, in_order, joined_files, programs_among, until_last_usable
from grader.intake.filename_patterns import Naming, is_gradable, naming
from grader.intake.kinds import DEPENDENCIES, LITTER
from grader.intake.listing import Entry
from grader.model import KitFault


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """What the command line said about the intake."""

    platform: str = ""
    pattern: str = ""
    attempts: str = ""
    ref: str = ""
    before: datetime | None = None
    target: Target = AUTODIFF


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came in."""

    works: list[Handed]
    earlier: list[list[Handed]]
    facts: dict[str, Facts]
    """Of each submission: from which file, when it was handed in, how many attempts there were, whose else it is."""
    unusable_last: dict[str, str] = field(default_factory=dict)
    """By submission, its last attempt, where an earlier one counts because that is unusable."""
    lacking: tuple[str, ...] = ()
    """The submissions whose repository has no such ref, or no commit that is early enough."""
    naming: str = ""
    """How names were read, in the words of the options; empty where the whole name is the id."""


def gather(path: Path, how: IntakeOptions) -> Gathered:
    """Return what lies in a folder or archive. Raises KitFault where an id occurs twice and no policy was chosen."""
    names = naming(how.platform, how.pattern)
    found = _in_archive(path, names, how) if cohort_archive.is_cohort_archive(path) else _in_folder(path, names, how)
    if not found:
        raise KitFault(f"{path} is empty: there is nothing to grade")
    if not any(attempt.fits for attempt in found):
        pattern = "the pattern given with --id" if how.pattern else f"what --from {how.platform} expects"
        raise KitFault(f"no name in {path} fits {pattern}, for instance {plain(found[0].name)!r}: nobody would know whose work it is")
    by_id: dict[str, list[Attempt]] = {}
    for attempt in _apart(found):
        by_id.setdefault(submission_id(attempt.work), []).append(attempt)
    chosen = {name: in_order(programs_among(joined_files(attempts, how.target))) for name, attempts in by_id.items()}
    unusable_last: dict[str, str] = {}
    if how.attempts == "last":
        last = {name: attempts[-1].name for name, attempts in chosen.items()}
        chosen = {name: until_last_usable(attempts) for name, attempts in chosen.items()}
        unusable_last = {name: last[name] for name, attempts in chosen.items() if attempts[-1].name != last[name]}
    same = [name for name, attempts in chosen.items() if len(attempts) > 1]
    if same and not how.attempts:
        twice = [plain(name) for name in same]
        odd = [spaced(attempt.name) for name in same for attempt in chosen[name] if spaced(attempt.name) != plain(attempt.name)]
        space = f"; space around it is no part of a name: {', '.join(odd)}" if odd else ""
        how_many = "rename all but one, or say --attempts last|best"
        raise KitFault(f"several submissions would be called {', '.join(twice)}: {how_many}{space}")
    rounds = max(len(attempts) for attempts in chosen.values()) - 1 if how.attempts == "best" else 0
    earlier = [[attempts[-2 - n].work for attempts in chosen.values() if len(attempts) > n + 1] for n in range(rounds)]
    facts = {name: facts_of(attempts) for name, attempts in chosen.items()}
    lacking = tuple(name for name, attempts in chosen.items() if attempts[-1].lacks)
    naming_options = " ".join(f"{option} {value}" for option, value in (("--from", how.platform), ("--id", how.pattern)) if value)
    works = [_with_note(attempts[-1].work, _of_several(attempts, how)) for attempts in chosen.values()]
    return Gathered(works, earlier, facts, unusable_last, lacking, naming_options)


def _apart(found: list[Attempt]) -> Iterator[Attempt]:
    """Yield the attempts. One whose name does not fit the pattern has its whole name as id where the shorter one is somebody's."""
    known = {submission_id(attempt.work) for attempt in found if attempt.fits}
    for attempt in found:
        if not attempt.fits and isinstance(attempt.work, Submission) and attempt.work.id in known:
            yield replace(attempt, work=replace(attempt.work, id=safe_id(attempt.name)))
        else:
            yield attempt


def _of_several(attempts: list[Attempt], how: IntakeOptions) -> str:
    """Return the sentence for the report on several attempts; empty where there was one. The best is not known before the grading."""
    if len(attempts) < 2:
        return ""
    which = "the best one counts" if how.attempts == "best" else f"{spaced(attempts[-1].name)} counts"
    return f"{len(attempts)} hand-ins came in: {which}."


def _with_note(work: Handed, note: str) -> Handed:
    return replace(work, notes=(*work.notes, note)) if note and not isinstance(work, Path) else work


def _expect_one(folder: Path, read: list[git_repository.Read], how: IntakeOptions) -> None:
    """Raise KitFault where nobody has the ref, or a commit that is early enough: the mistake is in the call then."""
    lacking = {each.lacks for each in read if each.lacks}
    if not lacking or any(each.has_commit for each in read):
        return
    if how.before and "before" in lacking:
        before = how.before.isoformat(sep=" ", timespec="minutes")
        raise KitFault(f"no repository in {folder} has a commit before {before}: correct --before")
    raise KitFault(f"no repository in {folder} has a branch, tag or commit called {how.ref!r}: correct --ref")


def choose(out: Path, gathered: Gathered, name: str, earlier: int) -> Facts:
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
    file: str = ""
    called: str = ""
    owners: tuple[str, ...] = ()
    handed_in: datetime | None = None
    problem: str = ""

    def attempt(self, work: Handed, name: str, *, gradable: bool, entry: Entry | None = None) -> Attempt:
        at, fits = self.handed_in, not self.problem
        return Attempt(work, name, self.file, entry, self.called, self.number, at, self.owners, gradable, fits)


def _whose(name: str, names: Naming, metadata: dict[str, gradescope_metadata.Metadata], *, folder: bool) -> _Whose:
    """Return whose it is; where the name does not fit, nobody knows."""
    says = names.read(name, folder=folder)
    if name in metadata and metadata[name].owners:
        known = metadata[name]
        return _Whose(safe_id(known.owners[0]), says.attempt, says.file, says.name, known.owners, known.handed_in)
    problem = "" if says.fits else f"The name {plain(name)!r} does not fit the pattern, so nobody knows whose it is."
    return _Whose(says.id, says.attempt, says.file, says.name, problem=problem)


def _metadata(content: bytes | None, names: Naming) -> dict[str, gradescope_metadata.Metadata]:
    return gradescope_metadata.read_metadata(content) if content is not None and names.ignored else {}


def _is_litter(name: str) -> bool:
    """Return whether a child of a cohort's folder is nobody's work: hidden, left by a desktop, or a folder of dependencies."""
    return name.startswith(".") or name.casefold() in LITTER | DEPENDENCIES | {"__macosx", "__pycache__"}


def _in_folder(folder: Path, names: Naming, how: IntakeOptions) -> list[Attempt]:
    """Return an attempt for every child of a folder, but for names that begin with a dot and litter."""
    notes = folder / gradescope_metadata.NAME
    metadata = _metadata(notes.read_bytes() if notes.is_file() else None, names)
    found = []
    came: list[git_repository.Read] = []
    children = sorted(child for child in folder.iterdir() if not _is_litter(child.name))
    ignored = names.ignored_among(child.name for child in children)
    if (how.ref or how.before) and children and not any(map(git_repository.holds_repository, children)):
        raise KitFault(f"--ref and --before are for git repositories, and {folder} holds none")
    with git_repository.Reader(how.target) as reader:
        for child in children:
            if child.name in ignored:
                continue
            is_folder = child.is_dir() and not child.is_symlink()
            whose = _whose(child.name, names, metadata, folder=is_folder)
            gradable = is_gradable(child.name, folder=is_folder)
            if whose.problem:
                found.append(whose.attempt(unusable(whose.id, whose.problem), child.name, gradable=gradable))
            elif child.is_symlink():
                work = unusable(whose.id, f"{child.name} is a link, and no file or folder.")
                found.append(whose.attempt(work, child.name, gradable=True))
            elif how.ref or how.before or git_repository.is_repository(child):
                read = reader.read(whose.id, child, how.ref, how.before)
                came.append(read)
                found.append(replace(replace(whose, handed_in=read.at).attempt(read.work, child.name, gradable=True), lacks=read.lacks))
            else:
                found.append(whose.attempt(Found(whose.id, child, how.target), child.name, gradable=gradable))
    _expect_one(folder, came, how)
    return found


def _in_archive(path: Path, names: Naming, how: IntakeOptions) -> list[Attempt]:
    if how.ref or how.before:
        raise KitFault("--ref and --before are for git repositories in a folder, and not for an archive")
    units, notes = cohort_archive.units(path, how.target)
    metadata = _metadata(notes.get(gradescope_metadata.NAME), names)
    ignored = names.ignored_among(unit.name for unit in units)
    found = []
    for unit in units:
        if unit.name in ignored:
            continue
        whose = _whose(unit.name, names, metadata, folder=unit.folder)
        problem = whose.problem or unit.problem
        entry = unit.entries[0] if unit.entries and not unit.folder else None
        if problem:
            work: Handed = unusable(whose.id, problem)
        else:
            work = submission_of_file(whose.id, entry, how.target) if entry else submission_of(whose.id, unit.entries, how.target)
        found.append(whose.attempt(work, unit.name, gradable=is_gradable(unit.name, folder=unit.folder), entry=entry))
    return found


# ---- what is remembered -------------------------------------------------------


def kept_naming(out: Path) -> str | None:
    """Return how the last run into OUT read names; None if that is not known."""
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads((out / COURSE / INTAKE).read_text("utf-8")).get("naming")
        return found if isinstance(found, str) else None
    return None


def keep_facts(out: Path, gathered: Gathered) -> None:
    """Remember in OUT what came in: exports and late policies look there."""
    (out / COURSE).mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    facts = {"kept_at": now, "naming": gathered.naming, "submissions": kept_facts(out) | gathered.facts}
    write_text(out / COURSE / INTAKE, json.dumps(facts, indent=1))
