"""Graphs are drawn so that no node covers another, arrows lead downwards, and few of them cross."""

from itertools import pairwise
from random import Random

import pytest

from grader.pages.layered import GAP, Parents, place

WIDTH = 140.0


def random_graph(number: int) -> Parents:
    rng = Random(number)
    size = 2 + number % 23
    inputs = rng.randint(1, max(1, size // 3))
    operands = [tuple(rng.randrange(max(0, i - 8), i) for _ in range(rng.randint(1, 2))) for i in range(inputs, size)]
    return tuple(() for _ in range(inputs)) + tuple(operands)


GRAPHS = [random_graph(number) for number in range(200)]


def test_no_node_covers_another_in_200_graphs() -> None:
    for parents in GRAPHS:
        layout = place(parents, WIDTH)
        for i in range(len(parents)):
            for j in range(i):
                apart = abs(layout.x[i] - layout.x[j])
                assert layout.layer[i] != layout.layer[j] or apart >= WIDTH + GAP / 2 - 1e-6, parents


def test_each_arrow_leads_down_layer_by_layer_and_past_the_nodes() -> None:
    for parents in GRAPHS:
        layout = place(parents, WIDTH)
        assert set(layout.routes) == {(p, i) for i, its in enumerate(parents) for p in its}
        for (p, i), route in layout.routes.items():
            assert [layout.layer[v] for v in route] == list(range(layout.layer[p], layout.layer[i] + 1))
            for bend in route[1:-1]:
                others = [j for j in range(len(parents)) if layout.layer[j] == layout.layer[bend]]
                assert all(abs(layout.x[j] - layout.x[bend]) >= WIDTH / 2 for j in others), parents


def crossings(parents: Parents) -> int:
    """Return how many pairs of arrows cross, counted from the places alone."""
    layout = place(parents, WIDTH)
    pieces = [piece for route in layout.routes.values() for piece in pairwise(route)]
    x, layer = layout.x, layout.layer
    pairs = [(a, b) for k, a in enumerate(pieces) for b in pieces[:k] if layer[a[0]] == layer[b[0]]]
    return sum((x[a[0]] - x[b[0]]) * (x[a[1]] - x[b[1]]) < 0 for a, b in pairs)


def test_as_many_arrows_cross_as_the_layout_says() -> None:
    for parents in GRAPHS[::4]:
        assert crossings(parents) == place(parents, WIDTH).crossings, parents


TUTORIAL: Parents = ((), (), (0,), (0, 1), (2, 3), (1,), (4, 5))
DIAMOND: Parents = ((), (0,), (0,), (1, 2))
TREE: Parents = ((), (), (), (), (0, 1), (2, 3), (4, 5))


@pytest.mark.parametrize("parents", [TUTORIAL, DIAMOND, TREE], ids=["tutorial", "diamond", "tree"])
def test_what_can_be_drawn_without_a_crossing_is(parents: Parents) -> None:
    assert place(parents, WIDTH).crossings == 0


def test_an_operand_that_stands_twice_has_one_route_and_a_single_node_a_place() -> None:
    assert list(place(((), (0, 0)), WIDTH).routes) == [(0, 1)]
    assert place(((),), WIDTH).x == [WIDTH / 2]
