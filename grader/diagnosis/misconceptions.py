"""Read reference/misconceptions/*.yaml: what students believe that is not so, and the programs that one writes who believes it.

Such a program is the reference with a few lines under it that take the place of functions of the same name.
"""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.model import KitFault
from grader.rubric.yaml_reader import Marked

TEXTS = ("believes", "hint", "seen", "code")


@dataclass(frozen=True, slots=True)
class Misconception:
    """`believes` and `hint` are for the student; each of `codes` overrides names of the reference, and is one way to write it."""

    id: str
    step: str
    believes: str
    hint: str
    seen: str
    codes: tuple[str, ...]

    def sources(self, reference: bytes) -> dict[str, bytes]:
        """Return the programs of those who believe it, by names that begin with the id."""
        names = [self.id, *(f"{self.id}-{number}" for number in range(2, len(self.codes) + 1))]
        return {name: reference + b"\n\n\n" + code.encode() for name, code in zip(names, self.codes, strict=True)}


def load_misconceptions(folder: Path) -> list[Misconception]:
    """Return the misconceptions of a folder, by their ids; none if there is no folder. Raises KitFault with every fault's place."""
    marked, found = Marked(), []
    for path in sorted(folder.glob("*.yaml")):
        node = marked.compose(path, path.read_bytes())
        one = _read(marked, path.stem, node) if node else None
        if one is not None:
            found.append(one)
    if marked.faults:
        raise KitFault("\n".join(["a misconception can't be read:", *marked.faults]))
    return found


def _read(marked: Marked, id: str, node: Any) -> Misconception | None:
    entry = marked.mapping(node, ("step", *TEXTS), ("also",), what="a misconception")
    if entry is None:
        return None
    texts = {key: marked.text(entry[key], key) for key in TEXTS}
    more = marked.sequence(entry["also"], "also") if "also" in entry else []
    codes = (texts.pop("code"), *(marked.text(code, "a program under also") for code in more))
    for part, code in zip((entry["code"], *more), codes, strict=True):
        _check_syntax(marked, part, code)
    return Misconception(id, marked.text(entry["step"], "step"), **texts, codes=codes)


def _check_syntax(marked: Marked, node: Any, code: str) -> None:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError) as error:
        marked.fault(node, f"this is not Python: {getattr(error, 'msg', error)} (line {getattr(error, 'lineno', 1)} of the code)")
