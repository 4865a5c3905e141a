"""A submission whose `forward` is a table of the public kit's answers, made from the public plan as a student could make it."""

import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

from conftest import REFERENCE

from grader.model import Rows
from grader.plan.plan import Plan

LONGEST = 1000
"""Nodes of the graphs that the table holds."""

FORWARD = """
import hashlib


def _text(value):
    return ",".join(f"{x:.6e}" for x in value) if isinstance(value, np.ndarray) else f"{value:.6e}"


def forward(root):
    component, todo = {root}, [root]
    while todo:
        node = todo.pop()
        for other in [*node.parent_nodes, *node.child_nodes]:
            if other not in component:
                component.add(other)
                todo.append(other)
    nodes = sorted(component, key=lambda node: node.number)
    place = {node: i for i, node in enumerate(nodes)}
    rows = [
        (_text(n.value), [place[p] for p in n.parent_nodes], [_text(g) for g in n.grad_wrt_parents]) for n in nodes
    ]
    found = TABLE.get(hashlib.md5(repr((rows, place[root])).encode()).hexdigest())
    for node, derivative in zip(nodes, found or ()):
        node.partial_derivative = np.array(derivative) if isinstance(derivative, list) else derivative
"""


def memorised(plan: Plan) -> str:
    """Return the submission. It is right but for `forward`, which knows the graphs of this plan and no others."""
    before, _, rest = REFERENCE.partition("def forward(root):")
    _, _, after = rest.partition("def backward(")
    numbered = before.replace("class Node:", "class Node:\n    made = 0\n", 1)
    numbered = numbered.replace("self.adjoint = 0.0", "self.adjoint = 0.0\n        Node.made += 1\n        self.number = Node.made", 1)
    return f"{numbered}TABLE = {dict(_entries(plan))!r}\n{FORWARD}\n\ndef backward({after}"


def _entries(plan: Plan) -> Iterator[tuple[str, list[Any]]]:
    for case in plan.expected["cases"].values():
        if case["asks"] == "forward" and not case["cyclic"]:
            yield from _sides(case, case["own"]["graph"], case["own"]["sweeps"]["values"])
            yield from _sides(case, case["given_rows"], case["given_sweeps"]["values"])


def _sides(case: dict[str, Any], rows: Rows, sweeps: list[list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    if len(rows) > LONGEST:
        return
    sizes = case["grown_sizes"] or [len(rows)] * len(case["roots"])
    for root, size, derivatives in zip(case["roots"], sizes, sweeps, strict=True):
        nodes = sorted(_component(rows[:size], root))
        place = {node: i for i, node in enumerate(nodes)}
        texts = [(_text(rows[i][0]), [place[i + offset] for offset in rows[i][2]], [_text(p) for p in rows[i][3]]) for i in nodes]
        key = hashlib.md5(repr((texts, place[root])).encode()).hexdigest()
        yield key, [derivatives[i] or 0 for i in nodes]


def _component(rows: Rows, root: int) -> set[int]:
    links = [(i, i + offset) for i, row in enumerate(rows) for offset in row[2]]
    found, todo = {root}, [root]
    while todo:
        node = todo.pop()
        for a, b in itertools.chain(links, ((b, a) for a, b in links)):
            if a == node and b not in found:
                found.add(b)
                todo.append(b)
    return found


def _text(value: Any) -> str:
    return ",".join(f"{x:.6e}" for x in value) if isinstance(value, list) else f"{value:.6e}"
