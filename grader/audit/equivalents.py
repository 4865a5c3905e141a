"""Read reference/equivalent-mutants.yaml: mutants that lose nothing because they are right as well, each with the reason.

That all answers are the same proves nothing: a case may be lacking. So the list is argued by hand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from grader.audit.mutants import Mutant
from grader.model import KitFault
from grader.rubric.yaml_reader import Marked

FILE = "equivalent-mutants.yaml"
KEYS = ("function", "was", "becomes", "reason")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """`function`, `was` and `becomes` are those of the mutant; `place` is file:line:column."""

    function: str
    was: str
    becomes: str
    reason: str
    place: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.was, self.becomes


def load_equivalents(path: Path) -> list[Equivalent]:
    """Return the entries of the file; none if there is no file. Raises KitFault with every fault's place."""
    if not path.exists():
        return []
    marked, found = Marked(), []
    node = marked.compose(path, path.read_bytes())
    for item in marked.sequence(node, "the list of equivalent mutants") if node else ():
        if entry := marked.mapping(item, KEYS, what="an equivalent mutant"):
            texts = {key: marked.text(entry[key], key) for key in KEYS}
            found.append(Equivalent(**texts, place=marked.place(item)))
    if marked.faults:
        raise KitFault("\n".join(["the equivalent mutants can't be read:", *marked.faults]))
    return found


def without_mutant(equivalents: Collection[Equivalent], mutants: Collection[Mutant]) -> list[Equivalent]:
    """Return the entries that no mutant fits: what they speak of was edited."""
    keys = {mutant.key for mutant in mutants}
    return [entry for entry in equivalents if entry.key not in keys]
