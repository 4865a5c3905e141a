"""Several things that one student handed in: which are files of one submission, in which order attempts came, which counts."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from grader.course.roster import Facts
from grader.intake import Found, Handed, Target, read_submission, submission_id, submission_of_files
from grader.intake.filename_patterns import natural
from grader.intake.listing import Entry


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that was handed in, and what is known about it. `name` is that of its file, folder or branch."""

    work: Handed
    name: str
    file: str = ""
    """What the student called the file, where the platform says it."""
    entry: Entry | None = None
    """The file in the cohort's archive."""
    called: str = ""
    """The student's name, where the platform says it."""
    number: int = 0
    handed_in: datetime | None = None
    owners: tuple[str, ...] = ()
    gradable: bool = True
    fits: bool = True
    """Whether its name says whose it is."""
    lacks: str = ""
    """The option, ref or before, that asks for what its repository has not."""


def programs_among(attempts: list[Attempt]) -> list[Attempt]:
    """Leave out what can't be a program (a PDF beside it), unless nothing else came in."""
    return [attempt for attempt in attempts if attempt.gradable] or attempts[:1]


def joined_files(attempts: list[Attempt], target: Target) -> list[Attempt]:
    """Return a student's files as what they are: files of several names are one submission, files of one name are attempts.

    The program's attempts are those of the file that is called as asked. The last of each other file goes with them.
    """
    versions: dict[str, list[Attempt]] = {}
    for attempt in in_order(attempts):
        versions.setdefault(attempt.file, []).append(attempt)
    if len(versions) < 2 or not all(attempt.file for attempt in attempts):
        return attempts
    gradable = [file for file in versions if any(attempt.gradable for attempt in versions[file])]
    main = next((name for name in target.names if name in versions), gradable[0] if len(gradable) == 1 else "")
    beside = [of_one[-1] for file, of_one in versions.items() if file != main]
    return [_joined([attempt, *beside], target) for attempt in versions[main]] if main else [_joined(beside, target)]


def _joined(files: list[Attempt], target: Target) -> Attempt:
    """Return one attempt of several files."""
    first, name = files[0], submission_id(files[0].work)
    if all(file.entry for file in files):
        entries = [replace(file.entry, path=PurePosixPath(file.file)) for file in files if file.entry]
        return replace(first, work=submission_of_files(name, entries, target))
    paths = tuple((file.file, file.work.path) for file in files if isinstance(file.work, Found))
    return replace(first, work=Found(name, paths[0][1], target, paths)) if paths else first


def in_order(attempts: list[Attempt]) -> list[Attempt]:
    """Return attempts from the first to the last: by their numbers, else by when they came in, else by their names."""
    if all(attempt.handed_in for attempt in attempts):
        return sorted(attempts, key=lambda a: (a.handed_in or datetime.min, a.number, natural(a.name)))
    return sorted(attempts, key=lambda a: (a.number, natural(a.name)))


def until_last_usable(attempts: list[Attempt]) -> list[Attempt]:
    """Return attempts without those after the last usable one; all of them if none is usable."""
    for last in range(len(attempts), 0, -1):
        if len(attempts) == 1 or not read_submission(attempts[last - 1].work).unusable:
            return attempts[:last]
    return attempts


def facts_of(attempts: list[Attempt]) -> Facts:
    times = [attempt.handed_in.isoformat(timespec="seconds") if attempt.handed_in else None for attempt in attempts]
    names = [attempt.name for attempt in attempts]
    last = attempts[-1]
    facts: Facts = {"from": names[-1], "handed_in": times[-1], "names": names, "times": times, "owners": list(last.owners)}
    if last.called:
        facts["name"] = last.called
    return facts
