"""A long chain is read in short ways. What is told of it is what the long way, that of shorter ones, tells."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import REFERENCE, ROOT

from grader.kit import Kit
from grader.plan import make_plan
from grader.sandbox import Sandbox
from grader.wire import expand, expand_order

SHORT, LONG = 900, 1500  # from 1,001 on a chain may be read in short ways
HARMED = 400
TELLS = f"""
_plain, _made = create_node, []

def create_node(*parts):
    _made.append(_plain(*parts))
    if len(_made) == {HARMED + 100}:
        node, other = _made[{HARMED}], _made[{HARMED - 50}]
        HARM
    return _made[-1]
"""
HARMS = {
    "another value": "node.value = 4",
    "another kind of value": "node.value = 3.5",
    "no number": "node.value = float('nan')",
    "an array": "node.value = np.array([3.0, 3.0])",
    "another operator": "node.operator = 'sin'",
    "no operator": "node.operator = None",
    "another partial": "node.grad_wrt_parents[0] = 5",
    "another kind of partial": "node.grad_wrt_parents[0] = 2.5",
    "no partial": "node.grad_wrt_parents.clear()",
    "two partials": "node.grad_wrt_parents.append(2)",
    "another parent": "node.parent_nodes[0] = other",
    "a foreign parent": "node.parent_nodes[0] = Node(3, [], 'cos', [2])",
    "two parents": "node.parent_nodes.append(other)",
    "no parent": "node.parent_nodes = []",
    "another child": "node.child_nodes[0] = other",
    "a child twice": "node.child_nodes *= 2",
    "no child": "node.child_nodes.clear()",
    "itself its child": "node.child_nodes[0] = node",
    "no such attribute": "del node.child_nodes",
    "no list": "node.parent_nodes = {other}",
    "children that are two": "other.child_nodes.append(node)",
}
ORDERS = {
    "as it is": ("found", lambda n: list(range(n))),
    "a tuple": ("tuple(found)", lambda n: list(range(n))),
    "an iterator": ("iter(found)", lambda n: list(range(n))),
    "turned round": ("found[::-1]", lambda n: list(range(n))[::-1]),
    "one is missing": ("found[:-1]", lambda n: list(range(n - 1))),
    "one stands twice": ("found[:1] + found[:-1]", lambda n: [0, *range(n - 1)]),
    "two exchanged": ("[*found[:7], found[8], found[7], *found[9:]]", lambda n: [*range(7), 8, 7, *range(9, n)]),
    "a foreign node": ("[*found[:-1], Node(2)]", lambda n: [*range(n - 1), None]),
    "one for all": ("[root] * len(found)", lambda n: [0] * n),
}


@pytest.fixture(scope="module")
def walls() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def pristine() -> str:
    return str(make_plan(Kit.find(ROOT)).questions["pristine"])


def asked(length: int) -> dict[str, Any]:
    rows = [[1, 2, "input", [], []], [length - 1, 3, "cos", [-1], [2]]]
    return {"id": 7, "ask": "order", "way": "own", "build": "create", "rows": rows, "roots": [0], "deep": True}


def answer(walls: Sandbox, pristine: str, source: str, length: int) -> dict[str, Any]:
    with walls.start(source.encode(), pristine) as child:
        got = child.ask(asked(length))
    assert got.reply is not None, got
    return got.reply


def told(walls: Sandbox, pristine: str, harm: str, length: int) -> list[Any]:
    """Return the rows of the nodes that both lengths have, but for the end."""
    source = REFERENCE + TELLS.replace("HARM", harm)
    return [row[1:] for row in expand(answer(walls, pristine, source, length)["graph"])][: SHORT - 1]


def test_a_whole_chain_is_told_in_three_rows(walls: Sandbox, pristine: str) -> None:
    graph = answer(walls, pristine, REFERENCE, LONG)["graph"]
    assert [row[0] for row in graph] == [1, LONG - 2, 1]
    assert [row[1:] for row in expand(graph)][: SHORT - 1] == told(walls, pristine, "pass", SHORT)


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_one_node_that_differs_is_told_as_in_a_short_chain(harm: str, walls: Sandbox, pristine: str) -> None:
    found = told(walls, pristine, harm, LONG)
    assert found == told(walls, pristine, harm, SHORT)
    assert found != told(walls, pristine, "pass", SHORT)


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("length", [SHORT, LONG])
def test_an_order_is_told_as_it_is(name: str, length: int, walls: Sandbox, pristine: str) -> None:
    returned, expected = ORDERS[name]
    source = f"{REFERENCE}\n_plain = topological_order\n\ndef topological_order(root):\n    found = _plain(root)\n    return {returned}\n"
    [order] = answer(walls, pristine, source, length)["orders"]
    assert expand_order(order) == expected(length)


@pytest.mark.parametrize("length", [SHORT, LONG])
def test_one_node_for_all_is_no_order_of_many(length: int, walls: Sandbox, pristine: str) -> None:
    source = f"""
class Node:
    def __init__(self, *_):
        self.child_nodes = self.parent_nodes = self.grad_wrt_parents = ()

ONLY = Node()
Node.__new__ = lambda *_: ONLY
create_node = lambda *_: ONLY
topological_order = lambda root: [root] * {length}
"""
    [order] = answer(walls, pristine, source, length)["orders"]
    assert expand_order(order) == [0] * length
