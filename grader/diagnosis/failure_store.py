"""Cache how each program of a misconception answers the cases of its step, so that each case is asked once.

There is one JSON file a program. An entry's key is a hash of one case: its questions, its expected answers and its check. Points, wording,
hints and other steps are no part of any key. The files are in the cache folder, or in OUT where the cache can't be written.
"""

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from grader.cache import cache_folder, keep, kept
from grader.digests import digest_of_parts
from grader.kit import check_hashes, collecting_sha256
from grader.model import Criterion, FailureSignature, Step
from grader.plan.plan import Plan, functions_of, ways_of
from grader.plan.variant_choice import Pick

FOLDER = "misconceptions"
VERSION = "1"
"""Of the files' format, and of the budgets within which programs are asked."""
SILENT = ("id", "public", "skip_if_right")
"""Parts of a question that change no answer: its number, who may see it, and the number of the question that may settle it."""

Entry = dict[str, FailureSignature] | None
"""How a program ended in a case: None if it passed; otherwise the sign of each way in which it failed with one."""
CaseName = tuple[str, str]
"""A criterion's id, and the key of one of its cases in the plan."""


class FailureStore:
    """The entries of all programs, for several processes at once: files are replaced whole, and programs claimed before they are asked."""

    def __init__(self, out: Path) -> None:
        self._folders = (cache_folder() / FOLDER, out / f".{FOLDER}")
        self._claims: int | None = None
        conditions = (VERSION, collecting_sha256(), sys.version, version("numpy"))
        self._conditions = digest_of_parts(part.encode() for part in conditions).encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give up all claims."""
        if self._claims is not None:
            os.close(self._claims)
            self._claims = None

    def key(self, name: str, source: bytes) -> str:
        """Return the key of a program: its name, and a hash of its source and of what decides how any program answers."""
        return f"{name}-{digest_of_parts([source, self._conditions])[:32]}"

    def read(self, program: str) -> dict[str, Entry]:
        """Return a program's entries. A damaged file counts as empty."""
        found: dict[str, Entry] = {}
        for folder in self._folders:
            with contextlib.suppress(TypeError, AttributeError):
                for key, signs in (kept(program, folder) or {}).items():
                    found[key] = None if signs is None else {way: FailureSignature(*sign) for way, sign in signs.items()}
        return found

    def add(self, program: str, entries: dict[str, Entry]) -> None:
        """Write entries beside those that the program has already, into the first folder that can be written, if any."""
        everything = self.read(program) | entries
        any(keep(program, everything, folder) for folder in self._folders)

    def claim(self, program: str) -> bool:
        """Return False if another process has claimed this program. A claim ends with the store or with its process."""
        try:
            if self._claims is None:
                self._claims = self._open_claims()
            fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(program[-8:], 16))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            return True  # without locks two processes may ask the same program, which costs time and nothing else
        return True

    def _open_claims(self) -> int:
        for folder in self._folders:
            with contextlib.suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                return os.open(folder / "claims", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        raise OSError("no folder can be written")


def case_keys(plan: Plan, step: Step, criteria: Iterable[Criterion], picks: Iterable[Pick]) -> dict[CaseName, str]:
    """Return the entry keys of the cases of a step's criteria, with every variant that `picks` take, in the rubric's order."""
    checks, functions = check_hashes(plan.check_folders), sorted(functions_of(step, plan))
    found: dict[CaseName, str] = {}
    for criterion in criteria:
        if not criterion.manual:
            judged = json.dumps([criterion.id, checks[criterion.check], functions, criterion.by_operator])
            for key in (key for pick in picks for key in plan.cases_of(f"{step.id}/{criterion.id}", pick, "")):
                if (criterion.id, key) not in found:
                    found[criterion.id, key] = digest_of_parts([judged.encode(), json.dumps(_content(plan, key)).encode()])[:32]
    return found


def _content(plan: Plan, key: str) -> list[Any]:
    """Return what is asked in a case and what is expected: all of it that may change how a program fails."""
    case = plan.expected["cases"][key]
    ways = [plan.questions["questions"][way["question"]] for way in ways_of(case)]
    asked = [[sorted((name, part) for name, part in way.items() if name not in SILENT), "skip_if_right" in way] for way in ways]
    own = (case["own"]["graph"], case["own"].get("sweeps")) if case["own"] else (None, None)
    expected: tuple[Any, ...] = (*own, case.get("given_rows"), case.get("given_sweeps"))
    if case["between"]:
        expected += (case["own"].get("tangents") if case["own"] else None, case.get("given_tangents"))
    return [asked, expected, [case["asks"], case["roots"], case["grown_sizes"], case["cyclic"], case["earlier_graph_count"]]]
