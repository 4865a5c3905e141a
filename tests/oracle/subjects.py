"""Programs with all that the reference says of them, ready to be compared.

The reference is imported here, not asked through the sandbox: it is ours, and this folder tests nothing else.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
from conftest import ROOT

from grader.model import Instruction, Operators, Program
from grader.plan.oracle import RANGE, well_conditioned
from grader.plan.random_programs import draw_program

OPERATORS: Operators = {"add": 2, "sub": 2, "mul": 2, "div": 2, "log": 1, "exp": 1, "sin": 1, "cos": 1}
LARGEST = 14
"""A random program has at most this many operations."""


@dataclass(frozen=True)
class Sweep:
    """One sweep of the reference: a number for each node, 0 where it does not come, and the same over absolute values (m)."""

    mode: str
    start: int
    derivatives: list[float]
    scale: list[float]


@dataclass(frozen=True)
class Subject:
    """A program on plain numbers, its line in case syntax, and the reference's values and sweeps."""

    case: str
    lines: tuple[Instruction, ...]
    values: list[float]
    sweeps: list[Sweep]


def load_reference(path: Path = ROOT / "reference" / "autodiff.py") -> ModuleType:
    """Return the reference as a module of its own, which a test may change."""
    spec = importlib.util.spec_from_file_location("reference_autodiff", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def subjects_of(reference: ModuleType, program: Program, case: str = "", outputs: Sequence[int] = ()) -> Iterator[Subject]:
    """Yield the program once for each entry of its arrays, or once if it has none.

    The reference sweeps it forward from each of its inputs and roots, and back from its last node and the `outputs`.
    """
    inputs = [i for i, line in enumerate(program.instructions) if line.operator == "input"]
    values = [node.value for node in build(reference, program)]
    sweeps = [("forward", root, *sweep(reference, program, "forward", root)) for root in sorted({*inputs, *program.roots})]
    sweeps += [("reverse", end, *sweep(reference, program, "reverse", end)) for end in sorted({len(values) - 1, *outputs})]
    for k in range(max((np.size(value) for value in values), default=1)):

        def entry(numbers: list[Any], k: int = k) -> list[float]:
            return [float(number[k] if np.ndim(number) else number) for number in numbers]

        yield Subject(
            case or write_case(program),
            tuple(line if line.operands else line._replace(value=entry(values)[i]) for i, line in enumerate(program.instructions)),
            entry(values),
            [Sweep(mode, start, entry(derivatives), entry(scale)) for mode, start, derivatives, scale in sweeps],
        )


def build(reference: ModuleType, program: Program) -> list[Any]:
    """Return the nodes that the reference makes of a program."""
    nodes: list[Any] = []
    for line in program.instructions:
        value = np.array(line.value, dtype=float) if isinstance(line.value, tuple) else line.value
        operands = [nodes[i] for i in line.operands]
        nodes.append(reference.Node(value) if line.operator == "input" else getattr(reference, str(line.operator))(*operands))
    return nodes


def sweep(reference: ModuleType, program: Program, mode: str, start: int) -> tuple[list[Any], list[Any]]:
    """Return what a sweep of the reference leaves on each node that it reaches, else 0; and m of the contract."""
    found = []
    for absolute in (False, True):
        nodes = build(reference, program)
        for node in nodes if absolute else ():
            node.grad_wrt_parents = [abs(partial) for partial in node.grad_wrt_parents]
        (reference.forward if mode == "forward" else reference.backward)(nodes[start])
        reached = _reached(program, mode, start)
        held = [node.partial_derivative if mode == "forward" else node.adjoint for node in nodes]
        found.append([number if i in reached else 0.0 for i, number in enumerate(held)])
    return found[0], found[1]


def _reached(program: Program, mode: str, start: int) -> set[int]:
    """Return the nodes that depend on `start`, or for the reverse mode those that `start` depends on."""
    reached = {start}
    for i, line in enumerate(program.instructions):
        if mode == "forward" and reached & set(line.operands):
            reached.add(i)
    for i in range(start, -1, -1):
        if mode == "reverse" and i in reached:
            reached |= set(program.instructions[i].operands)
    return reached


def write_case(program: Program) -> str:
    """Return a program as a line of a rubric; its constants become inputs."""
    signs = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
    names = [line.name for line in program.instructions]
    parts, point = [], []
    for line in program.instructions:
        operands = [names[i] for i in line.operands]
        if line.operator == "input":
            point.append(f"{line.name}={list(line.value) if isinstance(line.value, tuple) else line.value}")
        elif line.operator in signs:
            parts.append(f"{line.name} = {operands[0]} {signs[line.operator]} {operands[1]}")
        else:
            parts.append(f"{line.name} = {line.operator}({operands[0]})")
    return f"{'; '.join([*parts, names[-1]])} at {', '.join(point)} sweeps {', '.join(names[i] for i in program.roots)}"


def draw_subjects(reference: ModuleType, count: int, seed: str) -> Iterator[Subject]:
    """Yield random programs of 1 to LARGEST operations that are well conditioned in the sense of the grader's oracle."""
    for place in range(count):
        rng = Random(f"{seed}/{place}")
        while True:
            sequence = [sorted(OPERATORS)[int(rng.random() * len(OPERATORS))] for _ in range(1 + place % LARGEST)]
            program = draw_program(rng, sequence, OPERATORS)
            with np.errstate(all="ignore"):
                good = _is_well_conditioned(reference, program)
            if good:
                yield from subjects_of(reference, program)
                break


def _is_well_conditioned(reference: ModuleType, program: Program) -> bool:
    """Return what grader.plan.oracle.Oracle.is_well_conditioned says, without a sandbox."""
    try:
        numbers = [number for node in build(reference, program) for number in (node.value, *node.grad_wrt_parents)]
    except ArithmeticError:
        return False
    if not all(RANGE[0] < abs(number) < RANGE[1] for number in numbers):
        return False
    found = [sweep(reference, program, "forward", root) for root in program.roots]
    return well_conditioned({"values": [values for values, _ in found], "scale": [scale for _, scale in found]})
