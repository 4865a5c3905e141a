"""Compare the reference's derivatives with differences of its values, which `grader rubric check` reports.

Expected values come from the reference, so a wrong derivative rule in it would pass for right. Its values are easier to
trust than its derivatives: every derivative is therefore estimated again from values alone. The estimate is Richardson's
extrapolation of central differences (Richardson 1911): with D(h) = (f(x + h) - f(x - h)) / 2h, it is
R(h) = (4 D(h / 2) - D(h)) / 3, whose error is of order h^4. Two step sizes, h and h / 2, tell how far R can be trusted.

A node is moved by making it an input: the program after it is computed again by the reference's own operators.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.formats import CaseData, Expected
from grader.model import Rows
from grader.plan.oracle import Oracle

STEP = 2.0**-7
"""The larger step h; for a number smaller than 1 it is this share of the number, so that no step crosses 0."""
TOLERANCE = 1e-6
"""The relative error that an estimate of a smooth function may have at this step."""
TRUST = 0.1
"""Estimates at the two step sizes that differ by more than this share are no evidence: a kink or a pole is near."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A derivative of the reference that its own values contradict. `place` says which; numbers are of one entry."""

    place: str
    derivative: Any
    estimate: float

    def __str__(self) -> str:
        return f"{self.place}: the reference has {self.derivative!r}, its values give {self.estimate:.9g}"


def wrong_derivatives(oracle: Oracle, expected: Expected) -> Iterator[Difference]:
    """Yield each local partial and each swept derivative of the plan's own graphs that differs from its estimate.

    `expected` is the plan's expected.json. A partial or derivative is compared at every entry of an array.
    """
    for case in expected["cases"].values():
        own = case["own"]
        if not own or own["build"] != "operators":
            continue
        values = _Values(oracle, own["rows"], own["graph"])
        if case["asks"] == "nodes":
            yield from _wrong_partials(case, values)
        elif case["asks"] in ("forward", "backward"):
            yield from _wrong_sweeps(case, values)


def _wrong_partials(case: CaseData, values: "_Values") -> Iterator[Difference]:
    """Yield the wrong local partials of a case: each operand in its turn is moved, all other operands held."""
    for i, (value, operator, offsets, partials) in enumerate(values.graph):
        if not offsets or len(partials) != len(offsets):
            continue
        operands = [values.graph[i + offset][0] for offset in offsets]
        for place, partial in enumerate(partials):
            label = f"case {case['id']}, {operator}, operand {place + 1} at {_point(operands)}"
            yield from _unlike(label, partial, values.of_operator(operator, operands, place), value)


def _wrong_sweeps(case: CaseData, values: "_Values") -> Iterator[Difference]:
    assert case["own"]
    forward = case["asks"] == "forward"
    for root, sweep in zip(case["roots"], case["own"]["sweeps"]["values"], strict=True):
        for i, derivative in enumerate(sweep):
            if derivative is None:
                continue
            moved, seen = (root, i) if forward else (i, root)
            label = f"case {case['id']}, {case['asks']} from {_name(case, root)}, node {_name(case, i)}"
            estimates = values.of_node(moved, seen)
            yield from _unlike(label, derivative, estimates, values.graph[seen][0])


def _unlike(place: str, derivative: Any, estimates: list[tuple[float, float]], value: Any) -> Iterator[Difference]:
    """Yield the first entry whose derivative differs from its numerical estimate, or nothing."""
    found = derivative if isinstance(derivative, list) else [derivative] * len(estimates)
    sizes = value if isinstance(value, list) else [value] * len(estimates)
    for one, (coarse, fine), size in zip(found, estimates, sizes, strict=True):
        scale = max(abs(fine), abs(size), 1e-3)
        trusted = abs(coarse - fine) <= TRUST * scale
        if trusted and not abs(one - fine) <= TOLERANCE * scale + 10 * abs(coarse - fine):
            yield Difference(place, one, fine)
            return


class _Values:
    """Values of one program, with one node moved. `graph` has (value, operator, offsets, partials) of each node."""

    def __init__(self, oracle: Oracle, rows: Rows, graph: Rows) -> None:
        self._oracle, self._rows = oracle, rows
        self.graph = [tuple(row[:4]) for row in graph]
        self._moved: dict[int, list[list[Any]]] = {}

    def of_node(self, moved: int, seen: int) -> list[tuple[float, float]]:
        """Return R(h) and R(h / 2) of node `seen` by node `moved`, for each entry of its value."""
        if moved not in self._moved:
            value = self.graph[moved][0]
            self._moved[moved] = [self._program(moved, _shifted(value, h)) for h in _shifts(value)]
        return _richardson([values[seen] for values in self._moved[moved]], self.graph[moved][0])

    def of_operator(self, operator: str, operands: list[Any], place: int) -> list[tuple[float, float]]:
        """Return R(h) and R(h / 2) of one operator by one of its operands, for each entry of its value."""
        found = []
        for h in _shifts(operands[place]):
            moved = [_shifted(value, h) if i == place else value for i, value in enumerate(operands)]
            rows = [[value, "input", [], []] for value in moved]
            offsets = list(range(-len(moved), 0))
            found.append(self._ask([*rows, [None, operator, offsets, None]])[-1])
        return _richardson(found, operands[place])

    def _program(self, moved: int, value: Any) -> list[Any]:
        """Return the values of all nodes where node `moved` is an input of this value."""
        rows = [[value, "input", [], []] if i == moved else row for i, row in enumerate(self._rows)]
        return self._ask(rows)

    def _ask(self, rows: Rows) -> list[Any]:
        return [row[0] for row in self._oracle.graph(rows, "operators")]


def _shifts(value: Any) -> list[float]:
    """Return the moves for D(h), D(h / 2) and D(h / 4), up and down in turn."""
    numbers = value if isinstance(value, list) else [value]
    size = min([1.0, *(abs(number) for number in numbers if number)])
    return [sign * size * STEP / 2**halving for halving in range(3) for sign in (1, -1)]


def _shifted(value: Any, by: float) -> Any:
    return [entry + by for entry in value] if isinstance(value, list) else value + by


def _richardson(values: list[Any], moved: Any) -> list[tuple[float, float]]:
    """Return R(h) and R(h / 2) for each entry, from the values at the moves of `_shifts`."""
    shifts = _shifts(moved)
    entries = list(zip(*values, strict=True)) if isinstance(values[0], list) else [tuple(values)]
    estimates = []
    for entry in entries:
        at = [float(value) for value in entry]  # "nan" and "inf" travel as words
        central = [(at[2 * k] - at[2 * k + 1]) / (shifts[2 * k] - shifts[2 * k + 1]) for k in range(3)]
        estimates.append(((4 * central[1] - central[0]) / 3, (4 * central[2] - central[1]) / 3))
    return estimates


def _point(operands: list[Any]) -> str:
    return ", ".join(map(repr, operands))


def _name(case: CaseData, i: int) -> str:
    return case["names"][i] if i < len(case["names"]) else str(i)
