"""Read assignment/viva.yaml: what an oral check asks, and what a good answer names."""

import re
from dataclasses import dataclass
from pathlib import Path

from grader.model import KitFault
from grader.rubric.yaml_reader import Marked

FILE = "assignment/viva.yaml"
ASKS = {
    "line": {"place"}, "no_line": set[str](), "trace": {"program", "call"}, "right_trace": {"program", "call"},
    "moved": {"node", "new", "old", "place", "partial", "call"}, "removed": {"node", "old", "place", "call"},
}  # fmt: skip
"""The questions, and the {parts} that each of them may use."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line: the pattern of its text, what a good answer names, and what to ask next."""

    id: str
    pattern: re.Pattern[str]
    good: str
    next: str


@dataclass(frozen=True, slots=True)
class Texts:
    """The whole file."""

    functions: tuple[str, ...]
    asks: dict[str, str]
    kinds: tuple[Kind, ...]


def load_texts(path: Path) -> Texts:
    """Return the texts of oral checks. Raises KitFault with every fault's place."""
    marked = Marked()
    marked.kind = "a file of oral checks"
    root = marked.compose(path, path.read_bytes())
    entry = marked.mapping(root, ("functions", "asks", "kinds"), what="a file of oral checks") if root else None
    functions, asks, kinds = [], dict[str, str](), []
    if entry:
        functions = [marked.text(node, "a function") for node in marked.sequence(entry["functions"], "functions")]
        for key, node in (marked.mapping(entry["asks"], ASKS, what="asks") or {}).items():
            asks[key] = marked.text(node, key)
            for part in {*re.findall(r"\{(\w*)\}", asks[key])} - ASKS.get(key, set()):
                marked.fault(node, f"there is no part {{{part}}} here: known are {', '.join(sorted(ASKS[key])) or 'none'}")
        for node in marked.sequence(entry["kinds"], "kinds"):
            if kind := marked.mapping(node, ("id", "pattern", "good", "next"), what="a kind of line"):
                texts = {key: marked.text(kind[key], key) for key in ("id", "good", "next")}
                try:
                    kinds.append(Kind(**texts, pattern=re.compile(marked.text(kind["pattern"], "pattern"))))
                except re.error as error:
                    marked.fault(kind["pattern"], f"this is no regular expression: {error}")
    if marked.faults:
        raise KitFault("\n".join(["the oral checks can't be read:", *marked.faults]))
    return Texts(tuple(functions), asks, tuple(kinds))
