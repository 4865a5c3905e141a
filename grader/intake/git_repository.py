"""A student's git repository or bundle: the program at a ref, or as it was before a deadline. Read only, nothing is run.

Git's own command would obey a repository's config (programs to run, other places to fetch from), so dulwich reads the
objects instead (extra [git]): no config, no hook, no filter, no checkout, no network, no other repository. A pack can be a bomb, so
it is read in a process whose memory is limited, and which is given up after a while.

When a commit was made is what its author's clock said, or what its author wants: a deadline that must hold is kept by the platform,
which knows when a commit was pushed.
"""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from grader.intake import AUTODIFF, Submission, Target, unusable
from grader.model import KitFault
from grader.processes import Helper

PATIENCE = 60
"""Seconds that one repository may take."""
FILES = 100_000
"""Files that a repository's own folder may hold."""


def is_repository(path: Path) -> bool:
    """Say whether this can be nothing but a repository: a bundle, or a bare one. (A folder with .git in it is a folder too.)"""
    if path.suffix == ".bundle":
        return path.is_file()
    with suppress(OSError):  # a folder that can't be read is refused when its turn comes
        return path.is_dir() and all((path / part).exists() for part in ("HEAD", "objects", "refs"))
    return False


def holds_repository(path: Path) -> bool:
    """Say whether this is a repository, or a folder with .git in it."""
    with suppress(OSError):
        return is_repository(path) or (path / ".git").is_dir()
    return False


class Read(NamedTuple):
    """A submission from a repository, and when its commit says it was made."""

    work: Submission
    at: datetime | None = None
    lacks: str = ""
    """The option, ref or before, that asks for what the repository has not."""
    has_commit: bool = False
    """Whether the repository has the commit that was asked for."""


class Reader:
    """Reads repositories in a process of its own, which is started for the first."""

    def __init__(self, target: Target = AUTODIFF) -> None:
        self._target = target
        self._helper = Helper(_read)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._helper.end()

    def read(self, name: str, path: Path, ref: str, before: datetime | None) -> Read:
        """Return the submission in a repository. Raises KitFault without dulwich."""
        problem = _unfit(path)
        if problem:
            return Read(unusable(name, problem))
        if find_spec("dulwich") is None:
            raise KitFault("git repositories are read by dulwich, which is not installed: pip install -e '.[git]', run in the kit's folder")
        try:
            work: Submission
            work, at, lacks = self._helper.call(path, ref, before.timestamp() if before else None, self._target, seconds=PATIENCE)
        except EOFError:
            return Read(unusable(name, "The repository can't be read: it takes more memory than a repository may."))
        except TimeoutError:
            return Read(unusable(name, f"The repository can't be read: it takes longer than {PATIENCE} seconds."))
        made = None if work.is_empty else datetime.fromtimestamp(at, UTC)
        return Read(replace(work, id=name), made, lacks, has_commit=at is not None)


def _read(path: Path, ref: str, before: float | None, target: Target) -> tuple[Submission, float | None, str]:
    """Read in the other process, after its memory was limited."""
    from grader.intake.git_objects import limit, read

    limit()
    return read(path, ref, before, target)


def _unfit(path: Path) -> str:
    """Return why this is no repository that is read, or nothing. Whatever leads out of it is refused."""
    if path.suffix == ".bundle" and path.is_file():
        return ""
    inside = path if is_repository(path) else path / ".git"
    if not path.is_dir() or not inside.is_dir() or inside.is_symlink():
        return f"{path.name} is no git repository, so --ref and --before can't be applied."
    for part in ("objects/info/alternates", "objects/info/http-alternates", "commondir", "reftable"):
        if os.path.lexists(inside / part):
            return f"The repository leads to other places, or is in a form that is not read here ({part}): hand in a plain clone."
    count = 0
    for folder, folders, files in os.walk(inside):
        count += len(folders) + len(files)
        if count > FILES:
            return "The repository holds too many files: run `git gc`."
        if link := next((name for name in (*folders, *files) if os.path.islink(os.path.join(folder, name))), None):
            return f"The repository holds a link ({link}): hand in a plain clone."
    return ""
