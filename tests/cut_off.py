"""Ends a command in this process at its n-th change of the file system, as `kill -9` or a full disk would.

    with cut_off(folder, 7, "after"): ...       raises Killed after the 7th change in the folder; nothing is changed from then on

A change is a file that takes its place or is deleted, or a folder that is made or deleted. Each result of the grader is written to a draft
and then takes its place, so between two changes a command leaves the same files, but for drafts, wherever it ends.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WAYS = ("before", "after", "full")
"""Killed before or after the change, or the disk is full from then on."""
CHANGES = ("replace", "unlink", "rmdir", "mkdir")


class Killed(BaseException):
    """The end of a process that may do nothing more."""


class _Ending:
    def __init__(self, folder: Path, number: int, way: str) -> None:
        self.folder, self.left, self.way = folder.resolve(), number, way
        self.is_over = False

    def wrapped(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(path: Any, *more: Any, **options: Any) -> Any:
            where = more[0] if change is REAL["replace"] else path
            if self.is_over and self.way != "full":
                raise Killed
            if options.get("dir_fd") is not None or not Path(where).is_relative_to(self.folder) or Path(where).is_dir():
                return change(path, *more, **options)
            if self.way == "full":
                self.left -= change in GROWING
                self.is_over = self.left < 0
                if self.is_over and change in GROWING:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
                return change(path, *more, **options)
            self.left -= 1
            self.is_over = self.left < 0
            if self.is_over and self.way == "before":
                raise Killed
            done = change(path, *more, **options)
            if self.is_over:
                raise Killed
            return done

        return changed


REAL = {name: getattr(os, name) for name in CHANGES}
GROWING = (REAL["replace"], REAL["mkdir"])
"""The changes that need room on the disk."""


@contextmanager
def cut_off(folder: Path, number: int, way: str) -> Iterator[Callable[[], bool]]:
    """Let what runs in the block end after `number` changes in a folder; yield a function that says whether it came to that."""
    ending = _Ending(folder, number, way)
    with pytest.MonkeyPatch.context() as patch:
        for name, change in REAL.items():
            patch.setattr(os, name, ending.wrapped(change))
        yield lambda: ending.is_over
