"""Draw random programs, and the numbers of given graphs; write a program as the rows in which it travels."""

from collections.abc import Sequence
from random import Random
from typing import Any

from grader.model import Instruction, Operators, Program, Rows, Value


def draw_program(rng: Random, sequence: Sequence[str], operators: Operators) -> Program:
    """Return a random program that applies the operators of `sequence` in that order, swept from one or two nodes.

    Nothing is promised about its conditioning: whoever draws it asks the reference and keeps the good ones.
    """
    size = len(sequence)
    inputs = 2 if size == 1 else 2 + int(rng.random() * 3)
    lines = [Instruction(f"x{i + 1}", "input", value=draw_value(rng)) for i in range(inputs)]
    unused = list(range(inputs))
    for step, operator in enumerate(sequence):
        operands = []
        for _ in range(operators[operator]):
            pool = unused if unused and rng.random() < 0.6 else range(len(lines))
            operands.append(pool[int(rng.random() * len(pool))])
            unused = [i for i in unused if i not in operands]
        unused.append(len(lines))
        lines.append(Instruction(f"v{step + 1}", operator, tuple(operands)))
    roots = [int(rng.random() * inputs)]
    if size > 1:
        roots.append(int(rng.random() * (inputs + size // 2)))
    return Program(tuple(lines), tuple(roots))


def draw_value(rng: Random) -> float:
    """Return a number of three digits between 0.3 and 2.7, away from 1; one in four is negative."""
    size = 0.3 + 0.6 * rng.random() if rng.random() < 0.5 else 1.1 + 1.6 * rng.random()
    return round(-size if rng.random() < 0.25 else size, 3)


def draw_free(rng: Random, drawn: list[float], negative: float) -> float:
    """Return a number for a given graph: mostly as `draw_value`, but also long ones, whole ones, and ones drawn before.

    So neither rounding nor looking something up by its number works there. `negative` is the share of negative numbers.
    """
    kind = rng.random()
    if drawn and kind < 0.25:
        return drawn[int(rng.random() * len(drawn))]
    size = abs(draw_value(rng))
    if kind < 0.45:
        size = round(size + rng.random() / 1000, 8)
    elif kind < 0.65:
        size = 2 + int(rng.random() * 2)
    drawn.append(-size if rng.random() < negative else size)
    return drawn[-1]


def rows_of(program: Program) -> Rows:
    """Return a program as the rows in which it travels; what the submission is to compute is null."""
    rows: Rows = []
    for i, line in enumerate(program.instructions):
        partials: list[Any] | None = [] if line.operator == "input" else None
        rows.append([_plain(line.value), line.operator, [p - i for p in line.operands], partials])
    return rows


def draw_rows(program: Program, rng: Random, operators: Operators, negative: float) -> Rows:
    """Return a graph of the program's shape with freely drawn values, local partials and, where unknown, operators."""

    before: list[float] = []

    def number(like: Value | None) -> Any:
        entries = len(like) if isinstance(like, tuple) else 1
        drawn = [draw_free(rng, before, negative) for _ in range(entries)]
        return drawn if isinstance(like, tuple) else drawn[0]

    like = next((line.value for line in program.instructions if line.value is not None), None)
    rows: Rows = []
    for i, line in enumerate(program.instructions):
        offsets = [p - i for p in line.operands]
        fitting = sorted(name for name, count in operators.items() if count == len(offsets)) or ["combine"]
        name = line.operator or ("input" if not offsets else fitting[int(rng.random() * len(fitting))])
        value = number(like)
        partials = [0.0 if place in line.zeros else number(like) for place in range(len(offsets))]
        rows.append([value, name, offsets, partials])
    return rows


def _plain(value: Value | None) -> Any:
    return list(value) if isinstance(value, tuple) else value
