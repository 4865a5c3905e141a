"""A reply tells what a submission's nodes hold and what its orders name, whatever these are."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import REFERENCE, ROOT

from grader.kit import Kit
from grader.plan.planner import make_plan
from grader.sandbox import Sandbox

NODES = 6
CHAIN = [[2, "input", [], []], *([3, "cos", [-1], [2]] for _ in range(NODES - 1))]
RIGHT = [*CHAIN[3], [1]]
HARM = """
_plain, _made = create_node, []

def create_node(*parts):
    _made.append(_plain(*parts))
    if len(_made) == 5:
        node, other = _made[2], _made[1]  # of the whole chain the fourth and the third
        {}
    return _made[-1]
"""
HARMS: dict[str, tuple[str, list[Any]]] = {
    "as it was made": ("pass", RIGHT),
    "another value": ("node.value = 4", [4, *RIGHT[1:]]),
    "another kind of value": ("node.value = 3.5", [3.5, *RIGHT[1:]]),
    "no number": ("node.value = float('nan')", ["nan", *RIGHT[1:]]),
    "an array": ("node.value = np.array([3.0, 3.0])", [[3.0, 3.0], *RIGHT[1:]]),
    "another operator": ("node.operator = 'sin'", [3, "sin", *RIGHT[2:]]),
    "no operator": ("node.operator = None", [3, {"not": "NoneType"}, *RIGHT[2:]]),
    "another partial": ("node.grad_wrt_parents[0] = 5", [*RIGHT[:3], [5], [1]]),
    "no partial": ("node.grad_wrt_parents.clear()", [*RIGHT[:3], [], [1]]),
    "two partials": ("node.grad_wrt_parents.append(2)", [*RIGHT[:3], [2, 2], [1]]),
    "another parent": ("node.parent_nodes[0] = _made[0]", [3, "cos", [-2], [2], [1]]),
    "a foreign parent": ("node.parent_nodes[0] = Node(3, [], 'cos', [2])", [3, "cos", [None], [2], [1]]),
    "two parents": ("node.parent_nodes.append(other)", [3, "cos", [-1, -1], [2], [1]]),
    "no parent": ("node.parent_nodes = []", [3, "cos", [], [2], [1]]),
    "another child": ("node.child_nodes[0] = other", [*RIGHT[:4], [-1]]),
    "a child twice": ("node.child_nodes *= 2", [*RIGHT[:4], [1, 1]]),
    "no child": ("node.child_nodes.clear()", [*RIGHT[:4], []]),
    "itself its child": ("node.child_nodes[0] = node", [*RIGHT[:4], [0]]),
    "no such attribute": ("del node.child_nodes", [*RIGHT[:4], {"not": "missing"}]),
    "no list": ("node.parent_nodes = {other}", [3, "cos", {"not": "set"}, [2], [1]]),
}
ORDERS: dict[str, tuple[str, Any]] = {
    "as it is": ("found", [0, 1, 2, 3, 4, 5]),
    "a tuple": ("tuple(found)", [0, 1, 2, 3, 4, 5]),
    "an iterator": ("iter(found)", [0, 1, 2, 3, 4, 5]),
    "turned round": ("found[::-1]", [5, 4, 3, 2, 1, 0]),
    "one is missing": ("found[:-1]", [0, 1, 2, 3, 4]),
    "one appears twice": ("found[:1] + found[:-1]", [0, 0, 1, 2, 3, 4]),
    "two exchanged": ("[*found[:2], found[3], found[2], *found[4:]]", [0, 1, 3, 2, 4, 5]),
    "a foreign node": ("[*found[:-1], Node(2)]", [0, 1, 2, 3, 4, None]),
    "foreign nodes that die at once": ("(Node(2) for _ in found)", [None] * 6),
    "one for all": ("[root] * len(found)", [0] * 6),
    "without end": ("__import__('itertools').repeat(root)", [0] * (4 * NODES + 16)),
    "a set": ("set(found)", {"not": "set"}),
    "nothing": ("None", {"not": "NoneType"}),
}


@pytest.fixture(scope="module")
def walls() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield str(make_plan(Kit.find(ROOT)).questions["pristine"])


def answer(walls: Sandbox, pristine: str, source: str) -> dict[str, Any]:
    """Return the reply to a question about the order of a chain."""
    question = {"id": 7, "ask": "order", "graph_source": "own", "build": "create", "shows_graph": True, "rows": CHAIN, "roots": [0]}
    with walls.start(source.encode(), pristine) as child:
        got = child.ask(question)
    assert got.reply is not None, got
    return got.reply


@pytest.mark.parametrize("name", HARMS)
def test_a_node_is_told_as_it_is(name: str, walls: Sandbox, pristine: str) -> None:
    harm, expected = HARMS[name]
    assert answer(walls, pristine, REFERENCE + HARM.format(harm))["graph"][3] == expected


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_told_as_it_is(name: str, walls: Sandbox, pristine: str) -> None:
    returned, expected = ORDERS[name]
    source = f"{REFERENCE}\n_plain = topological_order\n\ndef topological_order(root):\n    found = _plain(root)\n    return {returned}\n"
    assert answer(walls, pristine, source)["orders"] == [expected]


def test_one_node_for_all_is_no_order_of_many(walls: Sandbox, pristine: str) -> None:
    source = f"""
class Node:
    def __init__(self, *_):
        self.child_nodes = self.parent_nodes = self.grad_wrt_parents = ()

ONLY = Node()
Node.__new__ = lambda *_: ONLY
create_node = lambda *_: ONLY
topological_order = lambda root: [root] * {NODES}
"""
    assert answer(walls, pristine, source)["orders"] == [[0] * NODES]
