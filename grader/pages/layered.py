"""Place the nodes of an acyclic graph in layers, with nothing but the standard library.

place(parents)        each node's x and layer, the bends of each arrow, and how many pairs of arrows cross

Sugiyama's four phases, each the simplest that is good enough for graphs that a person reads: layers by longest paths, a bend wherever
an arrow passes a layer, barycentre sweeps with swaps of neighbours, and least-squares places under a minimum distance.
Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, IEEE Trans. SMC 11 (1981), 109-125.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

Parents = tuple[tuple[int, ...], ...]
"""For each node the indices of its operands, all of them smaller than its own."""
Rows = list[list[int]]
GAP, BEND, ROUNDS, SETTLINGS = 26.0, 6.0, 16, 40


@dataclass(frozen=True, slots=True)
class Layout:
    """`x` is the middle of each node and bend, `layer` its layer from 0; `routes` lead from operand to node through the bends."""

    x: list[float]
    layer: list[int]
    routes: dict[tuple[int, int], list[int]]
    crossings: int


@dataclass(frozen=True, slots=True)
class _Graph:
    """Nodes, then bends; each arrow joins neighbouring layers."""

    layer: list[int]
    widths: list[float]
    up: list[list[int]]
    down: list[list[int]]


@lru_cache(maxsize=1024)
def place(parents: Parents, width: float = 60.0) -> Layout:
    """Return where to draw the nodes of a graph, each `width` wide. An operand that appears twice has one route."""
    layer = _layers(parents)
    graph, routes = _with_bends(parents, layer, width)
    rows, crossings = _ordered(graph)
    x = _settled(graph, rows, len(parents))
    return Layout(x, graph.layer, routes, crossings)


def _layers(parents: Parents) -> list[int]:
    """Return each node's layer: below its operands, and moved as long as that shortens arrows."""
    layer = [0] * len(parents)
    children: list[set[int]] = [set() for _ in parents]
    for i, its in enumerate(parents):
        layer[i] = max((layer[p] + 1 for p in its), default=0)
        for p in its:
            children[p].add(i)
    for _ in parents:
        before = layer[:]
        for i in reversed(range(len(parents))):
            pull = len(children[i]) - len(set(parents[i]))
            if pull > 0:
                layer[i] = max(layer[i], min(layer[c] for c in children[i]) - 1)
            elif pull < 0:
                layer[i] = min(layer[i], max(layer[p] for p in parents[i]) + 1)
        if layer == before:
            break
    return layer


def _with_bends(parents: Parents, layer: list[int], width: float) -> tuple[_Graph, dict[tuple[int, int], list[int]]]:
    size = len(parents)
    graph = _Graph(layer[:], [width] * size, [[] for _ in parents], [[] for _ in parents])
    routes: dict[tuple[int, int], list[int]] = {}
    for i, its in enumerate(parents):
        for p in dict.fromkeys(its):
            route = [p]
            for between in range(layer[p] + 1, layer[i]):
                route.append(len(graph.layer))
                graph.layer.append(between)
                graph.widths.append(BEND)
                graph.up.append([])
                graph.down.append([])
            route.append(i)
            for first, second in pairwise(route):
                graph.up[second].append(first)
                graph.down[first].append(second)
            routes[p, i] = route
    return graph, routes


# ---- the sequence in each layer -----------------------------------------------


def _ordered(graph: _Graph) -> tuple[Rows, int]:
    """Return the layers, each in the sequence that crossed least, and how often arrows cross there."""
    best: tuple[int, Rows] | None = None
    for start in range(4):  # from the sources and from the sinks, forwards and backwards
        ahead, behind = (graph.down, graph.up) if start < 2 else (graph.up, graph.down)
        rows = _first_rows(graph.layer, ahead, behind)
        if start % 2:
            rows = [row[::-1] for row in rows]
        place_in = {v: k for row in rows for k, v in enumerate(row)}
        for turn in range(ROUNDS):
            _sort_by_neighbours(graph, rows, place_in, turn + start)
            _swap_neighbours(graph, rows, place_in)
            found = sum(_crossings(a, b, graph.down, place_in) for row in rows for k, a in enumerate(row) for b in row[k + 1 :])
            if best is None or found < best[0]:
                best = found, [row[:] for row in rows]
            if not best[0]:
                return best[1], 0
    assert best is not None
    return best[1], best[0]


def _first_rows(layer: list[int], ahead: list[list[int]], behind: list[list[int]]) -> Rows:
    """Return the layers depth first, so that neighbours start side by side."""
    rows: Rows = [[] for _ in range(max(layer, default=0) + 1)]
    seen: set[int] = set()
    for first in range(len(layer)):
        stack = [] if behind[first] else [first]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                rows[layer[v]].append(v)
                stack.extend(reversed(ahead[v]))
    return rows


def _sort_by_neighbours(graph: _Graph, rows: Rows, place_in: dict[int, int], turn: int) -> None:
    """Sort each layer by the mean place of the neighbours in the layer before it, downwards and upwards in turn."""
    side, order = (graph.up, rows) if turn % 2 == 0 else (graph.down, rows[::-1])
    for row in order:
        if turn // 2 % 2:
            row.reverse()  # ties fall the other way
        means = {v: sum(place_in[u] for u in side[v]) / len(side[v]) if side[v] else place_in[v] for v in row}
        row.sort(key=means.__getitem__)
        place_in |= {v: k for k, v in enumerate(row)}


def _swap_neighbours(graph: _Graph, rows: Rows, place_in: dict[int, int]) -> None:
    """Swap neighbours as long as that saves a crossing."""
    moved = True
    while moved:
        moved = False
        for row in rows:
            for k in range(len(row) - 1):
                a, b = row[k], row[k + 1]
                now, then = (sum(_crossings(*pair, side, place_in) for side in (graph.up, graph.down)) for pair in ((a, b), (b, a)))
                if now > then:
                    row[k], row[k + 1] = b, a
                    place_in[a], place_in[b] = k + 1, k
                    moved = True


def _crossings(left: int, right: int, side: list[list[int]], place_in: dict[int, int]) -> int:
    return sum(place_in[u] > place_in[v] for u in side[left] for v in side[right])


# ---- places -------------------------------------------------------------------


def _settled(graph: _Graph, rows: Rows, size: int) -> list[float]:
    """Return the x coordinate of each node and bend. They lie near their neighbours, keep their layer's order and do not overlap."""
    x = [0.0] * len(graph.layer)
    for row in rows:
        at = 0.0
        for v in row:
            x[v] = at + graph.widths[v] / 2
            at += graph.widths[v] + GAP
    for turn in range(SETTLINGS):
        last = turn >= SETTLINGS - 4
        for row in rows if last or turn % 2 == 0 else rows[::-1]:
            near = {v: graph.up[v] + graph.down[v] if last else (graph.up, graph.down)[turn % 2][v] for v in row}
            wishes = [sum(x[u] for u in near[v]) / len(near[v]) if near[v] else x[v] for v in row]
            weights = [(1.0 if v < size else 4.0) * (len(near[v]) or 0.1) for v in row]  # a bend wants a straight arrow
            for v, middle in zip(row, _apart(wishes, weights, [graph.widths[v] for v in row]), strict=True):
                x[v] = middle
    left = min((x[v] - graph.widths[v] / 2 for v in range(len(x))), default=0.0)
    return [middle - left for middle in x]


def _apart(wishes: list[float], weights: list[float], widths: list[float]) -> list[float]:
    """Return the places nearest to `wishes` by least squares that keep sequence and distances: pool adjacent violators."""
    shifts, at = [0.0] * len(wishes), 0.0
    for k in range(1, len(wishes)):
        at += (widths[k - 1] + widths[k]) / 2 + (GAP if min(widths[k - 1], widths[k]) > BEND else GAP / 2)
        shifts[k] = at
    blocks: list[tuple[float, float, int]] = []
    for wish, weight, shift in zip(wishes, weights, shifts, strict=True):
        mean, total, count = wish - shift, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, its, many = blocks.pop()
            mean, total, count = (mean * total + other * its) / (total + its), total + its, count + many
        blocks.append((mean, total, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]
