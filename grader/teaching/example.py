"""Ask the reference about the handout's one example, and about the same function with its nodes made in another sequence.

with Oracle(...) as oracle:
    example = ask_example(oracle, SOURCE)       a Traced: names, values, partials, both tangent sweeps, adjoints, an order from each node
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.model import Rows
from grader.plan.oracle import Oracle

Line = tuple[str, str, tuple[str, ...]]
"""Name, operator and names of the operands of one node of a Wengert list."""

INPUTS = {"x1": 2.0, "x2": 5.0}
LINES: tuple[Line, ...] = (
    ("v1", "log", ("x1",)),
    ("v2", "mul", ("x1", "x2")),
    ("v3", "add", ("v1", "v2")),
    ("v4", "sin", ("x2",)),
    ("y", "sub", ("v3", "v4")),
)
"""log x1 + x1 x2 - sin x2, as `sub(add(log(x1), mul(x1, x2)), sin(x2))` makes it."""
SINE_FIRST: tuple[Line, ...] = (LINES[3], *LINES[:3], LINES[4])
"""The same function from a program that computes the sine first. A breadth-first walk from x2 then meets y before v3."""
STEPS = (1e-2, 1e-5, 1e-16)
"""Steps of a difference quotient: coarse, better, and so small that 2 + h is 2 for a computer."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A program and what the reference computes for it. Lists are indexed as `names`; an entry is None where a sweep does not come."""

    names: tuple[str, ...]
    operators: tuple[str, ...]
    parents: tuple[tuple[int, ...], ...]
    values: tuple[float, ...]
    partials: tuple[tuple[float, ...], ...]
    tangents: dict[str, tuple[float | None, ...]]
    """By the root's name."""
    adjoints: tuple[float | None, ...]
    orders: dict[str, tuple[int, ...]]
    """By the root's name: the order that the reference returns."""

    def index(self, name: str) -> int:
        return self.names.index(name)

    def children(self, i: int) -> list[int]:
        """Return the nodes made from node i, once each, in the sequence in which they were made."""
        return [j for j, its in enumerate(self.parents) if i in its]


def ask_example(oracle: Oracle, lines: Sequence[Line] = LINES) -> Traced:
    """Return the program of these lines at INPUTS, as the reference computes it. Raises KitFault if the reference does not answer."""
    names = (*INPUTS, *(name for name, _, _ in lines))
    program = _rows(lines, INPUTS.values())
    graph = [row[:4] for row in oracle.graph(program, "operators")]
    roots = [names.index(name) for name in INPUTS]
    forward = oracle.sweeps("forward", graph, roots)["values"]
    backward = oracle.sweeps("backward", graph, [len(names) - 1])["values"]
    return Traced(
        names=names,
        operators=tuple(row[1] for row in graph),
        parents=tuple(tuple(i + offset for offset in row[2]) for i, row in enumerate(program)),
        values=tuple(row[0] for row in graph),
        partials=tuple(tuple(row[3]) for row in graph),
        tangents=dict(zip(INPUTS, map(tuple, forward), strict=True)),
        adjoints=tuple(backward[0]),
        orders={name: tuple(order) for name, order in zip(names, oracle.orders(graph), strict=True)},
    )  # fmt: skip


def quotients(oracle: Oracle) -> list[tuple[float, float]]:
    """Return (h, (f(x1 + h, x2) - f(x1, x2)) / h) for each h of STEPS."""
    x1, x2 = INPUTS.values()
    base, *moved = (oracle.graph(_rows(LINES, (x1 + h, x2)), "operators")[-1][0] for h in (0.0, *STEPS))
    return [(h, (value - base) / h) for h, value in zip(STEPS, moved, strict=True)]


def _rows(lines: Sequence[Line], inputs: Iterable[float]) -> Rows:
    """Return a program as the rows in which it travels."""
    names = (*INPUTS, *(name for name, _, _ in lines))
    rows: Rows = [[value, "input", [], []] for value in inputs]
    return rows + [
        [None, operator, [names.index(o) - i for o in operands], None] for i, (_, operator, operands) in enumerate(lines, len(rows))
    ]


def breadth_first(program: Traced, root: str) -> tuple[int, ...]:
    """Return the nodes that a breadth-first walk along `child_nodes` meets, in its sequence. It is no topological order in general."""
    met = [program.index(root)]
    for i in met:
        met += [child for child in program.children(i) if child not in met]
    return tuple(met)


def sweep_along(program: Traced, order: Sequence[int], held: Sequence[float]) -> list[float]:
    """Return what the chain rule leaves if it takes the nodes in `order` and reads `held` wherever it has not been.

    With an order in which a node comes too early, or with `held` from an earlier sweep, the result is wrong: it shows what goes wrong.
    """
    now = list(held)
    now[order[0]] = 1.0
    for i in order[1:]:
        now[i] = sum(partial * now[p] for p, partial in zip(program.parents[i], program.partials[i], strict=True))
    return now
