"""Trace tables with blanks: a graph's values, local partials and derivatives, some of which the reader fills in.

table = trace_table(names, rows, derivatives, "forward", root)
with_blanks(table, 9, Random(seed))     the same table, with nine cells to fill in
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypedDict

from grader.model import KitFault, Program, Rows
from grader.plan.oracle import Oracle
from grader.plan.random_programs import draw_program, rows_of
from grader.quiz.answers import shown
from grader.quiz.quick_checks import TraceTask, listing
from grader.topology import children_of, reached

ATTEMPTS = 5000
"""Drawn programs; most are refused at once, for a node that nothing uses."""
HEADS = {"forward": "d node / d {root}", "backward": "d {root} / d node"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `number` is what a blank cell asks for; None where nothing can be asked."""

    text: str
    number: float | None = None
    is_blank: bool = False


class CellData(TypedDict):
    """A cell as a page shows it."""

    text: str
    is_blank: bool


class TableData(TypedDict):
    """A table as a page shows it."""

    title: str
    heads: tuple[str, ...]
    rows: list[list[CellData]]
    listing: tuple[str, ...]
    root: str
    sweep: str


@dataclass(frozen=True, slots=True)
class Table:
    """A trace table: a row for each node, with its name, what made it, its value, its local partials and its derivative."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    listing: tuple[str, ...] = ()
    root: str = ""
    sweep: str = "forward"

    @property
    def blanks(self) -> int:
        return sum(cell.is_blank for row in self.rows for cell in row)

    def as_data(self) -> TableData:
        """Return the table as plain data for a page."""
        rows: list[list[CellData]] = [[{"text": cell.text, "is_blank": cell.is_blank} for cell in row] for row in self.rows]
        return {
            "title": self.title, "heads": self.heads, "rows": rows, "listing": self.listing, "root": self.root, "sweep": self.sweep,
        }  # fmt: skip


def table_of(task: TraceTask, oracle: Oracle, seed: str) -> Table:
    """Return the table of a task, its blanks and, where the task asks for it, its program drawn from the seed. Raises KitFault."""
    rng = Random(f"{seed}/{task.id}")
    program = task.program or _drawn(task, oracle, rng)
    names = [line.name for line in program.instructions]
    root = len(names) - 1 if task.sweep == "backward" else program.roots[0]
    try:
        graph = [row[:4] for row in oracle.graph(rows_of(program), "operators")]
    except KitFault as fault:
        raise KitFault(f"{task.place}: {fault}") from None
    table = trace_table(names, graph, oracle.sweeps(task.sweep, graph, [root])["values"][0], task.sweep, root)
    return replace(with_blanks(table, task.blanks, rng), title=task.title, listing=tuple(listing(program)))


def trace_table(names: Sequence[str], rows: Rows, derivatives: Sequence[Any], sweep: str, root: int) -> Table:
    """Return the full table of a graph, with the derivatives that a sweep from `root` leaves; None is a node that it does not reach."""
    most = max((len(row[3]) for row in rows), default=0)
    partials = ("local partial",) if most == 1 else tuple(f"partial {place}" for place in range(1, most + 1))
    heads = ("node", "made by", "value", *partials, HEADS[sweep].format(root=names[root]))
    body = []
    for i, (value, operator, offsets, its, *_) in enumerate(rows):
        made = f"{operator}({', '.join(names[i + offset] for offset in offsets)})" if offsets else operator
        numbers = [_cell(partial) for partial in its] + [Cell("")] * (most - len(its))
        derivative = Cell("not reached") if derivatives[i] is None else _cell(derivatives[i])
        if i == root:
            derivative = replace(derivative, number=None)
        body.append((Cell(names[i]), Cell(made), _cell(value) if offsets else Cell(shown(value)), *numbers, derivative))
    return Table("", heads, tuple(body), root=names[root], sweep=sweep)


def with_blanks(table: Table, most: int, rng: Random) -> Table:
    """Return the table with at most so many blanks. At least half of them, if there are as many, are derivatives."""
    places = [(r, c) for r, row in enumerate(table.rows) for c, cell in enumerate(row) if cell.number is not None]
    last = len(table.heads) - 1
    rng.shuffle(places)
    derivatives = [place for place in places if place[1] == last]
    first = derivatives[: (most + 1) // 2]
    chosen = {*first, *[place for place in places if place not in first][: most - len(first)]}
    rows = (tuple(replace(cell, is_blank=(r, c) in chosen) for c, cell in enumerate(row)) for r, row in enumerate(table.rows))
    return replace(table, rows=tuple(rows))


def _cell(number: Any) -> Cell:
    return Cell(shown(number), float(number))


def _drawn(task: TraceTask, oracle: Oracle, rng: Random) -> Program:
    """Return a drawn program, well conditioned, in which every node leads on to the last one and root reaches more than half."""
    names = sorted(oracle.operators)
    for _ in range(ATTEMPTS):
        sequence = rng.sample(names, min(task.size, len(names))) + rng.choices(names, k=max(0, task.size - len(names)))
        program = draw_program(rng, sequence, oracle.operators)
        program = replace(program, roots=program.roots[:1])
        lines, found = program.instructions, reached(children_of([line.operands for line in program.instructions]), program.roots[0])
        used = {p for line in lines for p in line.operands}
        fit = len(used) == len(lines) - 1 and len(lines) - 1 in found and 2 * len(found) > len(lines)
        if fit and oracle.is_well_conditioned(rows_of(program), list(program.roots)):
            return program
    raise KitFault(f"{task.place}: no well conditioned program was drawn: choose another --draw, or fewer operations")
