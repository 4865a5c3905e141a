"""What a page draws of a public case that did not pass: each node as it should be and as it came back, and where a rule is broken.

A node is marked
  right       its answer is right
  broken      the node's own rule, applied to the submission's own operands, does not give the submission's answer
  inherited   wrong only because an operand is
  unknown     no answer came back for it
  not asked   the answer says nothing about it: no path leads there from the root
so that each of several independent mistakes is found. The rule of a derivative is the chain rule over the recorded partials.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from grader.compare.expectations import Mismatch
from grader.compare.expected_graph import ExpectedGraph
from grader.compare.nodes_view import NodesView
from grader.compare.rendering import FUNCTIONS, show
from grader.formats import CaseData, Ended
from grader.report_format import Call, Derivative, Drawing, Node

MOST = 64
"""Nodes of a drawing."""
ENTRIES = 24
"""Entries of an array that are shown."""
WHOLE = 10**15
"""Whole numbers up to here are written as such; `reports` reads no longer ones."""
ATTRIBUTES = {
    "value": "value",
    "operator": "operator",
    "operands": "parent_nodes",
    "partials": "grad_wrt_parents",
    "children": "child_nodes",
}


def drawing(case: CaseData, graph: ExpectedGraph, answer: Ended) -> Drawing | None:
    """Return the drawing of one way in which a case ended, or None where there is nothing to draw.

    It holds at most MOST nodes, those nearest to the first broken one, and how many the graph has.
    """
    reply = answer.get("reply") or {}
    nodes = [_copied(node) for node in _expected_nodes(graph)]
    call: Call | None = None
    if answer["kind"] == "raised":
        if reply["stage"] == "build" and not case["earlier_graph_count"] and reply["at"] < len(nodes):
            nodes[reply["at"]]["mark"] = "broken"
            nodes[reply["at"]]["wrong"] = [reply["raised"]["kinds"][0]]
        elif reply["stage"] == "call" and reply["at"] < len(graph.roots):  # between the sweeps come other calls
            call = _call(case, graph, reply["at"])
    elif answer["kind"] == "answered":
        if "graph" in reply:
            _compare_nodes(graph, reply["graph"], nodes, judged=case["asks"] == "nodes")
        if case["asks"] == "order":
            call = _compare_orders(case, graph, reply["orders"], nodes)
        elif case["asks"] != "nodes":
            call = _compare_sweeps(case, graph, reply["sweeps"], nodes)
        if case["asks"] != "nodes" and call is None:
            return None  # what is wrong is no number of a node
    kept = _nearest(graph, nodes, call)
    return {
        "asks": case["asks"], "nodes_total": len(nodes), "code": graph.code, "call": call, "cyclic": graph.cyclic,
        "nodes": [nodes[i] for i in kept],
    }  # fmt: skip


@lru_cache(maxsize=32)
def _expected_nodes(graph: ExpectedGraph) -> list[Node]:
    """Return all nodes as they should be: a large graph is drawn for many submissions."""
    return [_expected(graph, i) for i in range(len(graph.rows))]


def _copied(node: Node) -> Node:
    """Return a node whose marks and answers can be written."""
    return {**node, "value": {**node["value"]}, "partials": {**node["partials"]}, "wrong": []}


def _expected(graph: ExpectedGraph, i: int) -> Node:
    right = graph.node(i)
    return {
        "name": right.name,
        "operator": right.operator,
        "operands": [graph.name(p) for p in right.parents],
        "value": {"expected": _shown(graph, right.value), "got": None},
        "partials": {"expected": [_shown(graph, q) for q in right.partials], "got": None},
        "mark": "unknown",
        "wrong": [],
    }


def _call(case: CaseData, graph: ExpectedGraph, number: int) -> Call:
    """Return which call a drawing is about."""
    root = graph.roots[number]
    return {"function": FUNCTIONS[case["asks"]], "root": graph.name(root), "number": number + 1, "of": len(graph.roots)}


# ---- nodes --------------------------------------------------------------------


def _compare_nodes(graph: ExpectedGraph, rows: list[list[Any]], nodes: list[Node], *, judged: bool) -> None:
    """Put in what a snapshot holds; where nodes are `judged`, also which attributes are wrong.

    A number that was computed from an operand's wrong value is inherited, since another point has another value.
    """
    view = NodesView(graph, {"graph": rows}, by_create_node=False)
    for node, got in zip(nodes, view.all_nodes, strict=True):
        node["value"]["got"], node["partials"]["got"] = _shown(graph, got.value), _all_shown(graph, got.partials)
        if not judged:
            continue
        inherits = any(not graph.close(rows[p][0], graph.rows[p][0], graph.rows[p][0]) for p in got.right.parents)
        wrong = {}
        for name, attribute in ATTRIBUTES.items():
            try:
                getattr(got, f"expect_{name}")()
            except Mismatch as mismatch:
                wrong[attribute] = mismatch.got
        own = {attribute for attribute in wrong if not (inherits and attribute in ("value", "grad_wrt_parents"))}
        node["mark"], node["wrong"] = "broken" if own else "inherited" if wrong else "right", list(wrong.values())


# ---- orders -------------------------------------------------------------------


def _compare_orders(case: CaseData, graph: ExpectedGraph, orders: list[Any], nodes: list[Node]) -> Call | None:
    """Put in the places of the nodes in the first wrong order, and return that call."""
    if graph.cyclic:
        return _call(case, graph, 0)
    for number, (root, size) in enumerate(graph.calls):
        order = orders[number]
        if graph.order_fault(root, size, order)[0]:
            call = _call(case, graph, number)
            if isinstance(order, list):
                shown = ["?" if i is None else graph.name(i) for i in order[: 2 * MOST]]
                call |= {"order": shown, "backward": _place(graph, root, size, order, nodes)}
            return call
    return None


def _place(graph: ExpectedGraph, root: int, size: int, order: list[Any], nodes: list[Node]) -> list[list[str]]:
    """Mark the nodes of an order, and return the arrows that point backward in it, in the order's own sequence."""
    reached, places = graph.reached(root, size), dict[int, list[int]]()
    for place, i in enumerate(order, start=1):
        if i is not None:
            places.setdefault(i, []).append(place)
    backward = []
    for i in sorted(places, key=lambda i: places[i][0]):
        late = [p for p in dict.fromkeys(graph.parents(i)) if i in reached and p in reached and p in places and places[p][0] > places[i][0]]
        backward += [[graph.name(p), graph.name(i)] for p in late]
        faults = [graph.say("values.early", node=graph.name(p)) for p in late]
        faults += [graph.say("values.twice", count=len(places[i]))] if len(places[i]) > 1 else []
        faults += [] if i in reached else [graph.say("values.beyond")]
        nodes[i] |= {"mark": "broken" if faults else "right", "wrong": faults}
    for i, node in enumerate(nodes):
        node["position"] = places.get(i, [])[:MOST]
        if i not in places:
            node.update({"mark": "broken", "wrong": [graph.say("values.left_out")]} if i in reached else {"mark": "not asked"})
    if places and order[0] != root and not nodes[root]["wrong"]:
        nodes[root] |= {"mark": "broken", "wrong": [graph.say("values.not_first")]}
    return backward[:MOST]


# ---- sweeps -------------------------------------------------------------------


def _compare_sweeps(case: CaseData, graph: ExpectedGraph, sweeps: list[Any], nodes: list[Node]) -> Call | None:
    """Put in the derivatives of the first wrong sweep, and return that call."""
    assert graph.sweeps is not None
    for number, got in enumerate(sweeps):
        wanted, scales = (graph.sweeps[part][number] for part in ("values", "scale"))
        asked = [i for i in range(len(got)) if wanted[i] is not None]
        if all(graph.close(got[i], wanted[i], scales[i]) for i in asked):
            continue
        for i in range(len(got)):
            entry: Derivative = {"expected": None, "rule": None, "got": _shown(graph, got[i])}
            nodes[i]["derivative"] = entry
            if wanted[i] is None:
                nodes[i]["mark"] = "not asked"
                continue
            own, size = _by_rule(graph, case["asks"], graph.calls[number][0], i, got, wanted)
            entry |= {"expected": _shown(graph, wanted[i]), "rule": None if own is None else _shown(graph, own)}
            if graph.close(got[i], wanted[i], scales[i]):
                nodes[i]["mark"] = "right"
            else:
                follows = own is None or graph.close(got[i], own, _larger(size, scales[i]))
                nodes[i]["mark"] = "inherited" if follows else "broken"
        for node in nodes[len(got) :]:  # made after this sweep
            node["mark"] = "not asked"
        return _call(case, graph, number)
    return None


def _by_rule(graph: ExpectedGraph, asks: str, root: int, i: int, got: list[Any], wanted: list[Any]) -> tuple[Any, Any]:
    """Return what the chain rule makes of the derivatives that the submission has around a node, and the sum of the terms' sizes.

    Both are None where one of these derivatives is no number.
    """
    if i == root:
        return 1.0, 1.0
    if asks == "forward":
        terms = [(q, got[p]) for p, q in zip(graph.parents(i), graph.rows[i][3], strict=True) if wanted[p] is not None]
    else:
        users = [c for c in dict.fromkeys(graph.children(i)) if c < len(got) and wanted[c] is not None]
        terms = [(q, got[c]) for c in users for p, q in zip(graph.parents(c), graph.rows[c][3], strict=True) if p == i]
    total: Any = 0.0
    size: Any = 0.0
    for partial, derivative in terms:
        term = _elementwise(lambda a, b: a * b, partial, derivative)
        if term is None:
            return None, None
        total = _elementwise(lambda a, b: a + b, total, term)
        size = _elementwise(lambda a, b: abs(a) + abs(b), size, term)
        if total is None:
            return None, None
    return total, size


def _elementwise(operation: Any, first: Any, second: Any) -> Any:
    """Return an operation on two numbers or arrays, or None where they do not fit or hold something else."""
    if isinstance(first, list) or isinstance(second, list):
        size = max(len(side) for side in (first, second) if isinstance(side, list))
        sides = [side if isinstance(side, list) else [side] * size for side in (first, second)]
        if any(len(side) != size for side in sides):
            return None
        entries = [_elementwise(operation, a, b) for a, b in zip(*sides, strict=True)]
        return None if None in entries else entries
    if type(first) not in (float, int) or type(second) not in (float, int):
        return None
    return operation(float(first), float(second))


def _larger(first: Any, second: Any) -> Any:
    return _elementwise(lambda a, b: max(abs(a), abs(b)), first, second)


# ---- values in a report -------------------------------------------------------------


def _shown(graph: ExpectedGraph, value: Any) -> Any:
    """Return a number, an array's first entries, or in words what came in place of one; as JSON holds it."""
    if isinstance(value, list):
        more = [graph.say("values.more", count=len(value) - ENTRIES)] if len(value) > ENTRIES else []
        return [*(_shown(graph, entry) for entry in value[:ENTRIES]), *more]
    if type(value) in (float, int):
        if not abs(value) < float("inf"):
            return repr(value)
        return value if isinstance(value, float) or abs(value) < WHOLE else float(value)
    return show(value, graph.sentences)


def _all_shown(graph: ExpectedGraph, values: Any) -> Any:
    return [_shown(graph, value) for value in values[:ENTRIES]] if isinstance(values, list) else show(values, graph.sentences)


def _nearest(graph: ExpectedGraph, nodes: list[Node], call: Call | None) -> list[int]:
    """Return the indices of the nodes to draw: all, or of a large graph those nearest to the first broken one."""
    if len(nodes) <= MOST:
        return list(range(len(nodes)))
    names = {node["name"]: i for i, node in enumerate(nodes)}
    broken = (i for i, node in enumerate(nodes) if node["mark"] == "broken")
    start = next(broken, names[call["root"]] if call else 0)
    found, ring = {start: None}, [start]
    while ring and len(found) < MOST:
        around: Iterable[int] = (near for i in ring for near in (*graph.parents(i), *graph.children(i)))
        ring = [i for i in dict.fromkeys(around) if i not in found]
        found |= dict.fromkeys(ring)
    return sorted(list(found)[:MOST])
