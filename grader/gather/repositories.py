"""A student's git repository or bundle: the program at a ref, or as it was before a deadline. Read only, nothing is run.

Git's own command would obey what stands in a repository's config (programs to run, other places to fetch from), so dulwich reads the
objects instead (extra [git]): no config, no hook, no filter, no checkout, no network, no other repository. A pack can be a bomb, so
it is read in a process whose memory is limited, and which is given up after a while.

When a commit was made is what its author's clock said, or what its author wants: a deadline that must hold is kept by the platform,
which knows when a commit was pushed.
"""

import multiprocessing
import os
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from grader.intake import Submission, refused
from grader.model import KitFault

PATIENCE = 60
"""Seconds that one repository may take."""
FILES = 100_000
"""Files that a repository's own folder may hold."""


def is_repository(path: Path) -> bool:
    """Say whether this can be nothing but a repository: a bundle, or a bare one. (A folder with .git in it is a folder too.)"""
    if path.suffix == ".bundle":
        return path.is_file()
    return path.is_dir() and all((path / part).exists() for part in ("HEAD", "objects", "refs"))


def holds_repository(path: Path) -> bool:
    """Say whether this is a repository, or a folder with .git in it."""
    return is_repository(path) or (path / ".git").is_dir()


class Reader:
    """Reads repositories in a process of its own, which is started for the first."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def read(self, name: str, path: Path, ref: str, before: datetime | None) -> tuple[Submission, datetime | None]:
        """Return the submission in a repository, and when its commit says it was made. Raises KitFault without dulwich."""
        problem = _unfit(path)
        if problem:
            return refused(name, problem), None
        if find_spec("dulwich") is None:
            raise KitFault("git repositories are read by dulwich, which is not installed: pip install 'autodiff-kit[git]'")
        try:
            source, problem, at = self._ask(path, ref, before).result(PATIENCE)
        except BrokenProcessPool:
            self._stop()
            problem = "The repository can't be read: it takes more memory than a repository may."
        except TimeoutError:
            self._stop()
            problem = f"The repository can't be read: it takes longer than {PATIENCE} seconds."
        if problem:
            return refused(name, problem), None
        return Submission(name, source), datetime.fromtimestamp(at, UTC)

    def _ask(self, path: Path, ref: str, before: datetime | None) -> "Future[tuple[bytes, str, float]]":
        from grader.gather.commits import limit, read

        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=limit)
        return self._pool.submit(read, path, ref, before.timestamp() if before else None)

    def _stop(self) -> None:
        if self._pool:
            for process in (self._pool._processes or {}).values():  # the only way to end one that hangs
                process.kill()
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def _unfit(path: Path) -> str:
    """Return why this is no repository that is read, or nothing. Whatever leads out of it is refused."""
    if path.suffix == ".bundle" and path.is_file():
        return ""
    inside = path if is_repository(path) else path / ".git"
    if not path.is_dir() or not inside.is_dir() or inside.is_symlink():
        return f"{path.name} is no git repository, so that --ref and --before can't be kept."
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
