"""Find the file that was graded, and prove by its hash that it is the one."""

from collections.abc import Iterator
from pathlib import Path

from grader.collect.collector import submission_sha256
from grader.course.roster import kept_facts
from grader.escape import plain
from grader.intake import Target, read_submission
from grader.intake.discover import IntakeOptions, gather
from grader.model import KitFault
from grader.results.index import Entry

HASH = 12
"""Digits of a hash in a sentence."""


def graded_source(out: Path, name: str, entry: Entry, sha256: str, named: Path | None, target: Target) -> bytes:
    """Return the source that was graded: of the path that is `named`, else from where the run took it.

    Raises KitFault unless its hash is that of the report. Nothing is unpacked, imported or compiled.
    """
    if named:
        source = read_submission(named, target).source
        if submission_sha256(source) != sha256:
            found = submission_sha256(source)[:HASH]
            raise KitFault(f"{named} is not the file that was graded: its hash is {found}..., and the report's {sha256[:HASH]}...")
        return source
    for source in _candidates(out, name, entry, target):
        if submission_sha256(source) == sha256:
            return source
    raise KitFault(f"the file of {plain(name)} that was graded is not in {entry.source or 'a known place'}: name it with --submission")


def _candidates(out: Path, name: str, entry: Entry, target: Target) -> Iterator[bytes]:
    if not entry.source or not (folder := Path(entry.source)).exists():
        return
    came_from = str(kept_facts(out).get(name, {}).get("from", ""))
    for part in dict.fromkeys((name, came_from)):
        if part and part == Path(part).name and (folder / part).exists():
            yield read_submission(folder / part, target).source
    try:
        works = gather(folder, IntakeOptions(target=target)).works
    except KitFault:  # its names are a platform's: --submission names the file
        return
    yield from (submission.source for work in works if (submission := read_submission(work, target)).id == name)
