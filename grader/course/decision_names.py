"""Under which names people decide about a submission: its own, and the roster's ids of those who handed it in.

A decision may be older than the work: an extension is kept under the roster's id, whatever the work is called later.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from grader.course import late_policy
from grader.course.decision_log import Entry, State
from grader.course.roster import COURSE, INTAKE, KEPT, MATCH, Person, kept_facts, kept_roster, match
from grader.model import KitFault


def names_of(out: Path, submission: str) -> list[str]:
    """Return the submission's name, then the roster's ids of those whose it is, as far as that is certain."""
    facts = kept_facts(out)
    ids = tuple(facts) if submission in facts else (*facts, submission)
    stamps = tuple(_stamp(out / COURSE / name) for name in (KEPT, MATCH, INTAKE))
    return [submission, *(person for person in _people(out, ids, stamps).get(submission, ()) if person != submission)]


def handed_in(out: Path, decided: State, submission: str) -> str | None:
    """Return when a submission came in: as a person said or, if nobody did, as the intake found out; None if that is not known."""
    said = time_said(out, decided, submission)
    return said["at_moment"] if said else kept_facts(out).get(submission, {}).get("handed_in")


def time_said(out: Path, decided: State, submission: str) -> Entry | None:
    """Return what a person said on when a submission came in, of several the latest time; None if nobody did."""
    said = [decided.handed_in[name] for name in names_of(out, submission) if name in decided.handed_in] if decided.handed_in else []
    return max(said, key=lambda entry: late_policy.instant(entry["at_moment"])) if said else None


def extension(out: Path, decided: State, submission: str) -> Entry | None:
    """Return the extension for a submission, of several the longest; None if there is none."""
    found = [decided.extensions[name] for name in names_of(out, submission) if name in decided.extensions] if decided.extensions else []
    return max(found, key=lambda entry: late_policy.instant(entry["until"])) if found else None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=4)
def _people(out: Path, ids: tuple[str, ...], stamps: tuple[tuple[int, int], ...]) -> dict[str, list[str]]:
    """Return the roster's ids of each submission. `stamps` change with the files that this is read from."""
    try:
        people = kept_roster(out)
    except KitFault:  # damaged; commands that need it end with the sentence
        return {}
    try:
        return _by_submission(match(people, ids, out))
    except KitFault:  # not certain of one of them: the others' are still found
        return {name: found for name in ids for found in _alone(people, name, out)}


def _alone(people: tuple[Person, ...], name: str, out: Path) -> Iterator[list[str]]:
    """Yield the roster's ids of one submission, if that is certain."""
    with suppress(KitFault):
        yield from _by_submission(match(people, [name], out)).values()


def _by_submission(whose: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for person, submission in whose.items():
        found.setdefault(submission, []).append(person)
    return found
