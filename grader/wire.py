"""The form in which a graph travels: rows [times, value, operator, operands, partials], and in a snapshot also children.

Operands and children are offsets from the row's own node: -1 is the node before it. A row stands for `times` equal nodes.
"""

from collections.abc import Iterator
from typing import Any

Rows = list[list[Any]]


def expand(rows: Rows) -> Iterator[list[Any]]:
    """Yield one row per node, for rows that stand for several."""
    for row in rows:
        for _ in range(row[0]):
            yield row


def expand_order(order: Any) -> Any:
    """Return an order as a list of indices, also one that travels as runs; what is no order stays as it is."""
    if not isinstance(order, dict) or "runs" not in order:
        return order
    places: list[int | None] = []
    for first, length in order["runs"]:
        places += [None] if first is None else range(first, first + length)
    return places


def with_children(rows: Rows) -> Rows:
    """Return the snapshot of a graph that is made exactly as `rows` say, each child once per use."""
    flat = list(expand(rows))
    children: list[list[int]] = [[] for _ in flat]
    for i, row in enumerate(flat):
        for offset in row[3]:
            children[i + offset].append(-offset)
    made: Rows = []
    for row, its in zip(flat, children, strict=True):
        if made and made[-1][1:] == [*row[1:5], its]:
            made[-1][0] += 1
        else:
            made.append([1, *row[1:5], its])
    return made
