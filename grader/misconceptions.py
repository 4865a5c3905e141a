"""Read reference/misconceptions/*.yaml: what students believe that is not so, and the program that one writes who believes it.

Such a program is the reference with a few lines under it that take the place of functions of the same name.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from grader.marked import Marked
from grader.model import KitFault

KEYS = ("step", "believes", "hint", "seen", "code")


@dataclass(frozen=True, slots=True)
class Misconception:
    """`believes` and `hint` are for the student; `code` overrides names of the reference."""

    id: str
    step: str
    believes: str
    hint: str
    seen: str
    code: str

    def source(self, reference: bytes) -> bytes:
        """Return the program of one who believes it."""
        return reference + b"\n\n\n" + self.code.encode()


def load_misconceptions(folder: Path, steps: Collection[str]) -> list[Misconception]:
    """Return the misconceptions of a folder, by their ids; none if there is no folder. Raises KitFault with every fault's place."""
    marked, found = Marked(), []
    for path in sorted(folder.glob("*.yaml")):
        node = marked.compose(path, path.read_bytes())
        entry = marked.mapping(node, KEYS, what="a misconception") if node else None
        if entry is not None:
            texts = {key: marked.text(entry[key], key) for key in KEYS if key != "step"}
            found.append(Misconception(path.stem, marked.choice(entry["step"], steps, "step"), **texts))
    if marked.faults:
        raise KitFault("\n".join(["a misconception can't be read:", *marked.faults]))
    return found


def digest(misconceptions: list[Misconception]) -> str:
    """Return a hash of their programs."""
    return hashlib.sha256("\0".join(f"{one.id} {one.step}\n{one.code}" for one in misconceptions).encode()).hexdigest()
