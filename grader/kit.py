"""Where the kit's own parts lie: the reference, the rubric, the checks, and the hashes that identify them."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.digests import digest, digest_of_data, digest_of_parts
from grader.model import KitFault

CODE = Path(__file__).parent
CHECKS = CODE / "checks"
"""The check functions that come with the grader."""
STARTERS = "assignment/starters.txt"
"""The hashes of the starters that were handed out: one a line, then the starter's version."""
QUESTIONS = "autodiff-kit/questions/v2"
COLLECTING = (
    *(CODE / f"{name}.py" for name in ("atomic_write", "digests", "topology")),
    *sorted(CODE.glob("collect/*.py")),
    *sorted(CODE.glob("sandbox/**/*.py")),
)
"""The code that shapes a trace. A trace made by other code than this can't be compared."""
JUDGING = tuple(sorted(CODE.glob("compare/*.py")))
"""The code by which checks compare answers. What was found out by other code than this is found out again."""


@dataclass(frozen=True)
class Kit:
    """A folder with `reference/` and `rubrics/`, and the code that is running."""

    root: Path

    @classmethod
    def find(cls, folder: Path | None) -> "Kit":
        """Return the kit in `folder`, by default the checkout that the grader runs from. Raises KitFault if none is there."""
        root = (folder or CODE.parent).resolve()
        for part in ("reference/autodiff.py", "rubrics"):
            if not (root / part).exists():
                raise KitFault(f"{root} holds no {part}: name the kit's folder with --kit")
        return cls(root)

    @property
    def check_folders(self) -> tuple[Path, ...]:
        """The folders of check functions: the grader's own, and `checks/` of the kit where there is one."""
        own = self.root / "checks"
        return (CHECKS, own) if own.is_dir() else (CHECKS,)

    def check_names(self) -> set[str]:
        """Return the names of all check functions without `test_`. Raises KitFault where two have one name."""
        names: set[str] = set()
        for folder in self.check_folders:
            for name in (name for path in sorted(folder.glob("test_*.py")) for name in _checks_in(path)):
                if name in names:
                    raise KitFault(f"{folder}: the check test_{name} exists already: give it another name")
                names.add(name)
        return names

    @property
    def rubrics(self) -> Path:
        return self.root / "rubrics"

    @cached_property
    def reference(self) -> bytes:
        return (self.root / "reference" / "autodiff.py").read_bytes()

    @property
    def starters(self) -> frozenset[str]:
        """The hashes of all starters that were handed out: the kit's list or, if it has none, that of the checkout the grader runs from."""
        lists = [path.read_text("utf-8") for root in (self.root, CODE.parent) if (path := root / STARTERS).is_file()]
        text = lists[0] if lists else ""
        return frozenset(line.split()[0] for line in text.splitlines() if line.strip())

    @property
    def reference_sha256(self) -> str:
        return digest(self.reference)

    @cached_property
    def pristine_node(self) -> str:
        """The text of the class Node as it is given to students."""
        try:
            source = self.reference.decode("utf-8")
            parts = ast.parse(source).body
        except UnicodeDecodeError:
            raise KitFault("reference/autodiff.py is not UTF-8") from None
        except SyntaxError as error:
            raise KitFault(f"reference/autodiff.py:{error.lineno}: {error.msg}") from None
        for part in parts:
            if isinstance(part, ast.ClassDef) and part.name == "Node":
                return ast.get_source_segment(source, part) or ""
        raise KitFault("reference/autodiff.py has no class Node")


def check_hashes(folders: Iterable[Path]) -> dict[str, str]:
    """Return for each check, by its name without `test_`, the hash of its file and of the code that compares."""
    shared = digest_of_parts(path.read_bytes() for path in JUDGING)
    hashes: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("test_*.py"))):
        hashes |= dict.fromkeys(_checks_in(path), digest_of_parts([shared.encode(), path.read_bytes()]))
    return hashes


def _checks_in(path: Path) -> list[str]:
    """Return the names of the check functions in a file without `test_`. The file is not imported."""
    try:
        parts = ast.parse(path.read_text("utf-8")).body
    except (SyntaxError, UnicodeDecodeError) as error:
        raise KitFault(f"{path}: Python cannot read this file of checks: {error}") from None
    functions = (part.name for part in parts if isinstance(part, ast.FunctionDef))
    return [name.removeprefix("test_") for name in functions if name.startswith("test_")]


def collecting_sha256() -> str:
    """Return the hash of the code that asks questions and reads answers."""
    return digest_of_parts(path.read_bytes() for path in COLLECTING)


def code_sha256() -> str:
    """Return the hash of all of the grader's code."""
    return digest_of_parts(path.read_bytes() for path in sorted(CODE.rglob("*.py")))


_hashed: tuple[Mapping[str, Any], str] = ({}, "")


def questions_sha256(questions: Mapping[str, Any]) -> str:
    """Return the hash by which questions, expected answers and traces know each other; of the same object it is worked out once."""
    global _hashed  # noqa: PLW0603  the questions of a run are many, and asked for their hash with each trace
    known = _hashed
    if known[0] is not questions:
        known = _hashed = questions, digest_of_data(questions)
    return known[1]
