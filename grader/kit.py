"""Where the kit's own parts lie: the reference, the rubric, the checks, and the hashes that identify them."""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.model import KitFault

CODE = Path(__file__).parent
QUESTIONS = "autodiff-kit/questions/v1"
COLLECTING = (
    *(CODE / f"{name}.py" for name in ("collect", "remembered", "settling", "traces", "wire")),
    *sorted(CODE.glob("sandbox/*.py")),
)
"""The code that shapes a trace. A trace made by other code than this can't be compared."""


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
    def rubrics(self) -> Path:
        return self.root / "rubrics"

    @cached_property
    def reference(self) -> bytes:
        return (self.root / "reference" / "autodiff.py").read_bytes()

    @property
    def reference_sha256(self) -> str:
        return hashlib.sha256(self.reference).hexdigest()

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


def check_names() -> set[str]:
    """Return the names of the check functions without `test_`, read from the files and not imported."""
    names = set()
    for path in sorted((CODE / "checks").glob("test_*.py")):
        functions = (part for part in ast.parse(path.read_text("utf-8")).body if isinstance(part, ast.FunctionDef))
        names |= {function.name.removeprefix("test_") for function in functions if function.name.startswith("test_")}
    return names


def collecting_sha256() -> str:
    """Return the hash of the code that asks questions and reads answers."""
    return digest_of(path.read_bytes() for path in COLLECTING)


def code_sha256() -> str:
    """Return the hash of all of the grader's code."""
    return digest_of(path.read_bytes() for path in sorted(CODE.rglob("*.py")))


_hashed: tuple[dict[str, Any], str] = ({}, "")


def questions_sha256(questions: dict[str, Any]) -> str:
    """Return the hash by which questions, expected answers and traces know each other; of the same object it is worked out once."""
    global _hashed  # noqa: PLW0603  the questions of a run are many, and asked for their hash with each trace
    known = _hashed
    if known[0] is not questions:
        known = _hashed = questions, hashlib.sha256(json.dumps(questions, sort_keys=True).encode()).hexdigest()
    return known[1]


def digest_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of several byte strings, so that no two different sequences share one."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
