"""Ask the reference: the same probe and sandbox as for a submission, in a template of its own.

Whatever the reference does not answer is a fault of the kit.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, Self

from grader.formats import QuestionPart, Reply, Sweeps
from grader.model import KitFault, Operators, Rows
from grader.sandbox import Sandbox

GIVEN_NAMES = {"create_node", "topological_order", "forward", "backward"}
DIGITS_LOST = 1e6
PATIENCE = 20.0
"""Seconds of CPU that the reference has for a question: a busy machine must not make a fault of the kit."""
RANGE = (1e-3, 1e3)


def _exception(facts: Reply) -> str:
    """Return in words the first exception that loading met, and its line, or why Python can't read the file."""
    if "unreadable" in facts:
        return f"line {facts['unreadable']['line']}: {facts['unreadable']['message']}"
    first = facts["raised"][0]
    return f"line {first['statement']}: {first['kinds'][0]}: {first['message']}"


class Oracle:
    """The reference, loaded and ready to be asked. Use it in a `with`."""

    def __init__(self, source: bytes, pristine: str, sandbox: str = "auto") -> None:
        self._source, self._pristine, self._wish = source, pristine, sandbox
        self._replies: dict[str, Reply] = {}

    def __enter__(self) -> Self:
        self._sandbox = Sandbox(self._wish)
        self._child = self._sandbox.start(self._source, self._pristine)
        loaded = self._child.loaded
        if loaded.kind != "loaded" or loaded.facts["raised"]:
            self.__exit__()
            raise KitFault(f"reference/autodiff.py does not load: {loaded.why or _exception(loaded.facts)}")
        return self

    def __exit__(self, *_: object) -> None:
        self._child.__exit__()
        self._sandbox.__exit__()

    @property
    def operators(self) -> Operators:
        """The reference's public functions but those of the contract, with how many operands each takes."""
        found = self._child.loaded.facts["operands"]
        return {name: n for name, n in found.items() if name not in GIVEN_NAMES and not name.startswith("_")}

    def expect_answer(self, place: str, rows: Rows) -> None:
        """Raise KitFault with the case's place unless the reference can build its program."""
        try:
            self.graph(rows, "operators")
        except KitFault as fault:
            raise KitFault(f"{place}: {fault}") from None

    def graph(self, rows: Rows, build: str) -> Rows:
        """Return the snapshot of the graph that the reference makes of `rows`."""
        graph: Rows = self._ask({"ask": "nodes", "graph_source": "own", "build": build, "rows": rows, "roots": []})["graph"]
        return graph

    def orders(self, rows: Rows) -> list[list[int]]:
        """Return a topological order from each node of a laid-out graph."""
        return self._orders(rows, list(range(len(rows))))

    def sweeps(self, ask: str, rows: Rows, roots: list[int]) -> Sweeps:
        """Return what sweeps leave on a laid-out graph: `values`, and `scale`, m of the contract, for each sweep and node.

        A node that a sweep does not reach has None.
        """
        reached = self._reached(ask, rows, roots)
        values = self._given(rows, ask, roots)["sweeps"]
        positive = [[value, operator, offsets, [_abs(p) for p in partials]] for value, operator, offsets, partials in rows]
        scale = self._given(positive, ask, roots)["sweeps"]
        return {
            "values": [_only(sweep, nodes) for sweep, nodes in zip(values, reached, strict=True)],
            "scale": [_only(sweep, nodes) for sweep, nodes in zip(scale, reached, strict=True)],
        }

    def _reached(self, ask: str, rows: Rows, roots: list[int]) -> list[set[int]]:
        if ask == "forward":
            return list(map(set, self._orders(rows, roots)))
        orders = self.orders(rows)
        return [{i for i, order in enumerate(orders) if root in order} for root in roots]

    def is_well_conditioned(self, rows: Rows, roots: list[int]) -> bool:
        """Return whether a program has no pole near, no overflow, and loses at most six digits in any of its sweeps."""
        answer = self._child.ask({"id": 0, "ask": "nodes", "graph_source": "own", "build": "operators", "rows": rows, "roots": []})
        if answer.kind != "answered" or answer.reply is None:
            return False
        graph = [row[:4] for row in answer.reply["graph"]]
        numbers = [number for row in graph for number in (row[0], *row[3])]
        if not all(isinstance(n, float | int) and RANGE[0] < abs(n) < RANGE[1] for n in numbers):
            return False
        return well_conditioned(self.sweeps("forward", graph, roots))

    def _orders(self, rows: Rows, roots: list[int]) -> list[list[int]]:
        orders: list[list[int]] = self._given(rows, "order", roots)["orders"]
        return orders

    def _given(self, rows: Rows, ask: str, roots: list[int]) -> Reply:
        return self._ask({"ask": ask, "graph_source": "given", "build": "pristine", "link": "use", "rows": rows, "roots": roots})

    def _ask(self, question: QuestionPart) -> Reply:
        """Return the reference's reply. Half of a plan's questions come twice, and are asked once: do not change a reply."""
        key = json.dumps(question)
        if key not in self._replies:
            self._replies[key] = self._reply(question)
        return self._replies[key]

    def _reply(self, question: QuestionPart) -> Reply:
        answer = self._child.ask({"id": 0, **question}, limit=PATIENCE)
        if answer.kind != "answered" or answer.reply is None:
            why = answer.reply["raised"]["message"] if answer.reply else answer.why
            raise KitFault(f"the reference does not answer ({answer.kind}): {why}")
        if other := next(_other_types(answer.reply), ""):
            raise KitFault(f"the reference answers with an object of type {other} where the assignment asks for a number, text or list")
        return answer.reply


def well_conditioned(sweeps: Sweeps) -> bool:
    """Return whether every derivative is finite and, unless it is zero, not much smaller than its scale."""
    pairs = [
        pair
        for values, scales in zip(sweeps["values"], sweeps["scale"], strict=True)
        for value, scale in zip(values, scales, strict=True)
        if value is not None
        for pair in _entries(value, scale)
    ]
    return all(math.isfinite(s) and (v == 0 or s < DIGITS_LOST * abs(v)) for v, s in pairs)


def _other_types(answer: Any) -> Iterator[str]:
    """Yield the names of the types that the probe found where it can send no such object."""
    if isinstance(answer, dict) and answer.keys() == {"not"}:
        yield answer["not"]
    elif isinstance(answer, dict | list):
        for part in answer.values() if isinstance(answer, dict) else answer:
            yield from _other_types(part)


def is_finite(answer: Any) -> bool:
    """Return whether an answer holds no nan, inf or -inf, which travel as words."""
    if isinstance(answer, dict):
        return all(map(is_finite, answer.values()))
    if isinstance(answer, list):
        return all(map(is_finite, answer))
    return answer not in ("nan", "inf", "-inf")


def _entries(value: Any, scale: Any) -> Iterator[tuple[float, float]]:
    if isinstance(value, list) or isinstance(scale, list):
        size = len(value) if isinstance(value, list) else len(scale)
        both = [side if isinstance(side, list) else [side] * size for side in (value, scale)]
        yield from zip((float(v) for v in both[0]), (float(s) for s in both[1]), strict=True)
    else:
        yield float(value), float(scale)


def _only(sweep: list[Any], nodes: set[int]) -> list[Any]:
    return [number if i in nodes else None for i, number in enumerate(sweep)]


def _abs(number: Any) -> Any:
    return [abs(entry) for entry in number] if isinstance(number, list) else abs(number)
