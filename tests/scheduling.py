"""How `pytest -n auto` hands out tests: those of a file that makes something for the whole file together, all others one by one.

A file whose tests run once with each database makes it once for each: these are two groups.

pytest-xdist's own `--dist loadgroup` would do, but has no effect in pytest 9.2, which computes the ids that it changes.
"""

import re
from functools import cache

from conftest import ROOT
from xdist.scheduler import LoadScopeScheduling

SHARED = re.compile(r'^@pytest\.fixture\(.*scope="(module|session)"', re.MULTILINE)
DATABASE = re.compile(r"\[.*\b(sqlite|postgresql)\b")


@cache
def shares(file: str) -> bool:
    """Say whether a file of tests has a fixture that several of its tests share."""
    return bool(SHARED.search((ROOT / file).read_text("utf-8")))


class Scheduling(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the group that a test is in. A group is run by one worker."""
        file = nodeid.partition("::")[0]
        if not shares(file):
            return nodeid
        database = DATABASE.search(nodeid)
        return f"{file} {database[1]}" if database else file
