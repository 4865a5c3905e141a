"""Read assignment/quick_checks.yaml: questions with one right option, and trace tables to fill in.

The file holds no answer. `answers` asks the reference for the right option and the named misconceptions for the wrong ones.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.kit import CODE, Kit
from grader.model import KitFault, Operators, Program
from grader.rubric.case_syntax import CaseError, parse_case
from grader.rubric.yaml_reader import Marked, nearest

FILE = "assignment/quick_checks.yaml"
WANTS = {
    "arrows": "nodes",
    "values": "nodes",
    "operands": "nodes",
    "children": "nodes",
    "value": "nodes",
    "partials": "nodes",
    "order": "order",
    "derivative": "forward",
    "adjoint": "backward",
}
"""What an answer may be, and what a program is asked for it."""
OF_ALL = ("arrows", "values", "order")
"""Answers about the whole graph; the others are about one node, `partials of v1`."""
FEWEST_WRONG, MOST_WRONG = 2, 5


@dataclass(frozen=True, slots=True)
class QuickCheck:
    """One question. `wants` is a key of WANTS, `node` the node it is about, empty for OF_ALL."""

    id: str
    title: str
    step: str
    asks: str
    text: str
    """The program, as the file writes it."""
    program: Program
    wants: str
    node: str
    wrong: tuple[str, ...]
    """Ids of misconceptions."""
    why: str
    place: str


@dataclass(frozen=True, slots=True)
class TraceTask:
    """A trace table to fill in: of a written program, or of one with `size` operations that is drawn."""

    id: str
    title: str
    program: Program | None
    size: int
    sweep: str
    """`forward` or `backward`."""
    blanks: int
    place: str


@dataclass(frozen=True, slots=True)
class QuickChecks:
    """All of a file."""

    checks: tuple[QuickCheck, ...]
    traces: tuple[TraceTask, ...]


def file_of(kit: Kit, name: str) -> Path:
    """Return the path of a kit's file; if the kit lacks it, of the grader's own checkout. Raises KitFault if both lack it."""
    found = next((path for root in (kit.root, CODE.parent) if (path := root / name).is_file()), None)
    if found is None:
        raise KitFault(f"{kit.root} holds no {name}: name the kit's folder with --kit")
    return found


def load_quick_checks(path: Path, operators: Operators, misconceptions: Collection[str]) -> QuickChecks:
    """Return the quick checks of a file. Raises KitFault with every fault's place."""
    marked = Marked()
    marked.kind = "a file of quick checks"
    root = marked.compose(path, path.read_bytes())
    parts = marked.mapping(root, ("checks", "traces"), what="a file of quick checks") if root else None
    checks: list[QuickCheck] = []
    traces: list[TraceTask] = []
    if parts:
        for node in marked.sequence(parts["checks"], "checks"):
            checks += _check(marked, node, operators, misconceptions)
        for node in marked.sequence(parts["traces"], "traces"):
            traces += _trace(marked, node, operators)
        names = [*(check.id for check in checks), *(trace.id for trace in traces)]
        marked.faults += [f"{path}: the id {name!r} appears twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if marked.faults:
        raise KitFault("\n".join(["the quick checks can't be read:", *marked.faults]))
    return QuickChecks(tuple(checks), tuple(traces))


def _check(marked: Marked, node: Any, operators: Operators, misconceptions: Collection[str]) -> list[QuickCheck]:
    entry = marked.mapping(node, ("id", "title", "step", "asks", "program", "answer", "wrong", "why"), what="a quick check")
    if entry is None:
        return []
    texts = {key: marked.text(entry[key], key) for key in ("id", "title", "step", "asks", "why")}
    text = marked.text(entry["program"], "program")
    wants, _, about = marked.text(entry["answer"], "answer").partition(" of ")
    if wants not in WANTS:
        marked.fault(entry["answer"], f"the answer {wants!r} is unknown{nearest(wants, WANTS)}")
    program = _program(marked, entry["program"], text, operators, from_output=wants == "adjoint")
    wrong = [marked.text(one, "a wrong option") for one in marked.sequence(entry["wrong"], "wrong")]
    for one in (one for one in wrong if one not in misconceptions):
        marked.fault(entry["wrong"], f"there is no misconception {one!r}{nearest(one, misconceptions)}")
    if not FEWEST_WRONG <= len(set(wrong)) == len(wrong) <= MOST_WRONG:
        marked.fault(entry["wrong"], f"a check has {FEWEST_WRONG} to {MOST_WRONG} different wrong options")
    names = [line.name for line in program.instructions] if program else []
    if program and (about not in names) != (wants in OF_ALL):
        marked.fault(entry["answer"], f"the answer is about {about or 'no node'!r}, and the nodes are {', '.join(names)}")
    if program and program.is_graph and WANTS.get(wants) in ("forward", "backward"):
        marked.fault(entry["program"], "a graph has no numbers that a student could know: write a program with a point")
    if program is None or wants not in WANTS:
        return []
    place = marked.place(node)
    return [QuickCheck(**texts, text=text, program=program, wants=wants, node=about, wrong=tuple(wrong), place=place)]


def _trace(marked: Marked, node: Any, operators: Operators) -> list[TraceTask]:
    entry = marked.mapping(node, ("id", "title", "sweep", "blanks"), ("program", "operations"), what="a trace table")
    if entry is None:
        return []
    if ("program" in entry) == ("operations" in entry):
        marked.fault(node, "a trace table has either a program, or a number of operations to draw")
        return []
    sweep = marked.choice(entry["sweep"], ("forward", "backward"), "sweep")
    program = None
    if "program" in entry:
        program = _program(marked, entry["program"], marked.text(entry["program"], "program"), operators, from_output=sweep == "backward")
    size = marked.whole(entry["operations"], 2, 12) if "operations" in entry else 0
    texts = {key: marked.text(entry[key], key) for key in ("id", "title")}
    blanks = marked.whole(entry["blanks"], 1, 40)
    return [TraceTask(**texts, program=program, size=size, sweep=sweep, blanks=blanks, place=marked.place(node))]


def _program(marked: Marked, node: Any, text: str, operators: Operators, *, from_output: bool) -> Program | None:
    try:
        program = parse_case(text, operators, from_output=from_output)
    except CaseError as error:
        marked.fault(node, str(error))
        return None
    if program.earlier or program.grown_sizes or program.between or program.cyclic:
        marked.fault(node, "a quick check is about one graph that does not grow and has no cycle")
        return None
    return program


def listing(program: Program) -> list[str]:
    """Return a program as a Wengert list, a line a node."""
    names = [line.name for line in program.instructions]
    return [
        f"{line.name} = {line.value:g}" if isinstance(line.value, int | float)
        else f"{line.name} = {line.operator}({', '.join(names[p] for p in line.operands)})"
        for line in program.instructions
    ]  # fmt: skip


def edges(text: str) -> str:
    """Return a graph's arrows with their sign, `A → B, A → C`."""
    return re.sub(r"\s*->\s*", " → ", text.partition(" sweeps ")[0])
