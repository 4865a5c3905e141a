"""What a check sees of one answer, with the expectations it can state. An unmet one raises Mismatch.

Three views, one for each thing that is asked: NodesView (nodes), OrderView (order), SweepView (forward, backward).
"""

import itertools
from collections import Counter
from typing import Any

from grader.compare.graphs import ROUGHLY, ExpectedGraph, order_fault
from grader.compare.words import digest, digits, listing, show, show_nodes, sign
from grader.wire import expand

ROUGH = "roughly right"
MISSING = {"not": "missing"}


class Mismatch(AssertionError):
    """The answer is not as expected; holds both sides in words, and in `sign` what all who make the same mistake have in common.

    `lacks` says what was asked for where something of another type came: a `number`, a `list` or an `order`.
    """

    def __init__(self, expected: str, got: str, sign: str, lacks: str = "") -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got, self.sign, self.lacks = expected, got, sign, lacks


class NodeView:
    """One node of the submission beside the node as it should be."""

    def __init__(self, graph: ExpectedGraph, i: int, row: list[Any]) -> None:
        self.graph, self.i = graph, i
        self.right = graph.node(i)
        self.value, self.operator, self.parents, self.partials, self.children = row[1:6]

    def _differs(self, attribute: str, expected: str, got: str, answer: Any, lacks: str = "") -> Mismatch:
        """Return the mismatch of an attribute; `answer` is what came back for it, or how far from right that is."""
        wanted, came = (self.graph.say("values.attribute", node=self.right.name, attribute=attribute, value=v) for v in (expected, got))
        return Mismatch(wanted, came, sign(self.i, attribute, answer), lacks)

    def _show(self, value: Any) -> str:
        return show(value, self.graph.sentences)

    def _names(self, offsets: Any) -> str:
        if not isinstance(offsets, list):
            return self._show(offsets)
        return listing(self.graph.say("values.foreign_node") if o is None else self.graph.name(self.i + o) for o in offsets)

    def expect_value(self) -> None:
        if not self.graph.close(self.value, self.right.value, self.right.value):
            rough = _roughly(self.graph, self.value, self.right.value, self.right.value)
            raise self._differs("value", self._show(self.right.value), self._show(self.value), rough, _no_number(self.graph, self.value))

    def expect_operator(self) -> None:
        if self.operator != self.right.operator:
            raise self._differs("operator", repr(self.right.operator), self._show(self.operator), self.operator)

    def expect_operands(self) -> None:
        if self.parents != [p - self.i for p in self.right.parents]:
            expected = listing(map(self.graph.name, self.right.parents))
            raise self._differs("parent_nodes", expected, self._names(self.parents), self.parents, _no_list(self.parents))

    def expect_partials(self) -> None:
        right = self.right.partials
        same = isinstance(self.partials, list) and len(self.partials) == len(right)
        if not (same and all(self.graph.close(g, e, e) for g, e in zip(self.partials, right, strict=True))):
            rough, lacks = self.partials, _no_list(self.partials)
            if same:
                rough = [_roughly(self.graph, g, e, e) for g, e in zip(self.partials, right, strict=True)]
                lacks = next(filter(None, (_no_number(self.graph, got) for got in self.partials)), "")
            raise self._differs("grad_wrt_parents", self._show(list(right)), self._show(self.partials), rough, lacks)

    def expect_children(self) -> None:
        """Each child stands there, once or once per use, and nothing else does."""
        uses = Counter(self.right.children)
        got = Counter(None if o is None else self.i + o for o in self.children) if isinstance(self.children, list) else None
        if got is None or set(got) != set(uses) or any(got[child] not in (1, uses[child]) for child in uses):
            expected = listing(map(self.graph.name, dict.fromkeys(self.right.children)))
            raise self._differs("child_nodes", expected, self._names(self.children), self.children, _no_list(self.children))

    def serves(self) -> bool:
        """Return whether later steps can rely on the node: its links and partials are right, and its value is some number.

        A wrong value or name has no part in an order or a derivative, and must not open the way to given graphs.
        """
        try:
            self.expect_operands()
            self.expect_partials()
            self.expect_children()
        except Mismatch:
            return False
        return isinstance(self.operator, str) and self.graph.close(self.value, self.value, 1.0)


class NodesView:
    """The nodes of a program or graph that the submission built."""

    def __init__(self, graph: ExpectedGraph, reply: dict[str, Any], *, by_create_node: bool) -> None:
        self.graph, self.reply = graph, reply
        self.by_create_node = by_create_node  # called with distinct lists; an operator may pass one list twice
        self.nodes = [NodeView(graph, i, row) for i, row in enumerate(expand(reply["graph"]))]
        self.made = [node for node in self.nodes if node.right.operator != "input"]

    def answered(self) -> list[Any]:
        """Return all that the submission answered; whether a child is linked once or once per use is not told."""
        return [[node.operator, node.parents, digits(node.value), digits(node.partials), _once(node.children)] for node in self.nodes]

    def expect_linked(self) -> None:
        """What was made is a node with operands: a promise about other parts of it means something only then."""
        for node in self.made:
            node.expect_operands()

    def expect_untouched(self) -> None:
        for i in self.reply["changed"]:
            raise self._mismatch("untouched", "touched", sign("touched", i), node=self.graph.name(i))

    def expect_separate(self) -> None:
        if not self.reply["identity"]["hashable"]:
            raise self._mismatch("hashable", "unhashable", "unhashable")
        for i in self.reply["rehashed"]:
            raise self._mismatch("same_hash", "other_hash", sign("rehashed", i), node=self.graph.name(i))
        for i, j in self.reply["identity"]["wrong"]:
            expected = self.graph.say("nodes.alike", first=self.graph.name(i), second=self.graph.name(j), answer=i == j)
            raise Mismatch(expected, self.graph.say("nodes.alike_got", answer=i != j), sign("alike", i != j))
        made = {node.i for node in self.made}
        for first, i, second, j in self.reply["shared"]:
            if "child_nodes" in (first, second) or (self.by_create_node and {i, j} <= made):
                lists = {"first": f"{self.graph.name(i)}.{first}", "second": f"{self.graph.name(j)}.{second}"}
                raise self._mismatch("own_lists", "shared_list", sign("shared", i, first, j, second), **lists)

    def expect_fresh(self) -> None:
        """Both derivatives of every node are 0 at the start."""
        for i in self.reply["stale"]:
            raise self._mismatch("fresh", "stale", sign("stale", i), node=self.graph.name(i))

    def expect_held(self) -> None:
        """As long as somebody holds the last node, all that it is made of lives on."""
        ancestors = self.graph.ancestors(len(self.nodes) - 1)
        if self.reply["held"] < ancestors:
            raise self._mismatch("held", "lost", sign("lost", self.reply["held"]), count=ancestors, left=self.reply["held"])

    def expect_freed(self) -> None:
        """Nothing that is not a node of the graph keeps it alive."""
        if self.reply["kept"]:
            raise self._mismatch("freed", "kept", sign("kept", self.reply["kept"]), count=self.reply["kept"])

    def _mismatch(self, expected: str, got: str, sign: str, **parts: object) -> Mismatch:
        return Mismatch(self.graph.say(f"nodes.{expected}", **parts), self.graph.say(f"nodes.{got}", **parts), sign)

    def serves(self) -> bool:
        """Return whether later steps can rely on every node, and each is a node of its own."""
        identity = self.reply["identity"]
        return identity["hashable"] and not identity["wrong"] and all(node.serves() for node in self.nodes)


def _roughly(graph: ExpectedGraph, got: Any, expected: Any, scale: Any) -> str:
    """Return what a number is for a sign: its digits only if it is far from what is expected."""
    return ROUGH if graph.close(got, expected, scale, ROUGHLY) else str(digits(got, _size(scale)))


def _no_list(got: Any) -> str:
    """Return `list` where something else came in place of one; an attribute that is missing is no such thing."""
    return "" if isinstance(got, list) or got == MISSING else "list"


def _no_number(graph: ExpectedGraph, got: Any) -> str:
    """Return `number` where something else came in place of one, or of an array where the case has such."""
    numbers = got if isinstance(got, list) and len(got) == graph.entries else [got]
    return "" if got == MISSING or all(isinstance(number, float | int | str) for number in numbers) else "number"


def _once(offsets: Any) -> Any:
    return sorted(set(offsets), key=str) if isinstance(offsets, list) else offsets


class OrderView:
    """The orders that topological_order returned, one per call, and whether a call changed the graph."""

    def __init__(self, graph: ExpectedGraph, reply: dict[str, Any]) -> None:
        self.graph, self.reply = graph, reply

    def answered(self) -> list[Any]:
        """Return all that the submission answered."""
        return [self.reply.get("orders"), self.reply.get("changed")]

    def expect_valid(self) -> None:
        """Every call's order is valid, or every call is refused where the graph has a cycle."""
        if self.graph.cyclic:
            if "raised" not in self.reply:
                raise Mismatch(self.graph.say("orders.refusal"), self._orders(), sign("not refused", self.reply["orders"]))
            return
        calls = zip(self.graph.calls, self.reply["orders"], strict=True)
        for call, ((root, size), order) in enumerate(calls, start=1):
            fault, nodes = order_fault(self.graph, root, size, order)
            if fault:
                got = self._got(order, fault, nodes)
                if len(self.graph.roots) > 1:
                    got = self.graph.say("orders.in_call", answer=got, call=call, calls=len(self.graph.roots))
                found = sign(call, fault, *self._membership(root, size, order))
                raise Mismatch(self._wanted(root, size), got, found, "" if isinstance(order, list) else "order")

    def _membership(self, root: int, size: int, order: Any) -> list[Any]:
        """Return which nodes an order lacks, holds besides and holds twice; the sequence itself differs from walk to walk."""
        if not isinstance(order, list):
            return [order]
        held, reached = Counter(order), self.graph.reached(root, size)
        besides = sorted(i for i in held if i is not None and i not in reached)
        return [sorted(reached - set(held)), besides, sorted(i for i in held if i is not None and held[i] > 1), held[None]]

    def _got(self, order: Any, fault: str, nodes: list[int]) -> str:
        """Return what came back and what is wrong with it, at which node and, if it comes too early, before which parent."""
        if not isinstance(order, list):
            return self.graph.say(f"orders.{fault}", answer=self._show(order))
        names = dict(zip(("node", "parent"), map(self.graph.name, nodes), strict=False))
        return self.graph.say(f"orders.{fault}", order=self._show(order), **names)

    def _wanted(self, root: int, size: int) -> str:
        reached = self._show(sorted(self.graph.reached(root, size)))
        return self.graph.say("orders.wanted", nodes=reached, root=self.graph.name(root))

    def _show(self, order: Any) -> str:
        sentences = self.graph.sentences
        return show_nodes(order, self.graph.name, sentences) if isinstance(order, list) else show(order, sentences)

    def expect_untouched(self) -> None:
        """No call changes what a node holds."""
        _expect_untouched(self.graph, self.reply)

    def _orders(self) -> str:
        return "; ".join(map(self._show, self.reply["orders"]))


class SweepView:
    """What forward left in partial_derivative, or backward in adjoint, after each sweep."""

    def __init__(self, graph: ExpectedGraph, reply: dict[str, Any], attribute: str) -> None:
        self.graph, self.reply, self.attribute = graph, reply, attribute

    def answered(self) -> list[Any]:
        """Return all that the submission answered about nodes that are asked for."""
        assert self.graph.sweeps is not None
        asked = zip(self.reply["sweeps"], self.graph.sweeps["values"], self.graph.sweeps["scale"], strict=False)
        return [
            [digits(got, _size(scale)) for got, expected, scale in zip(*sweep, strict=False) if expected is not None] for sweep in asked
        ]

    def expect_derivatives(self) -> None:
        """On the root's side of the graph every derivative is right, to 1e-9 of the sweep over absolute values."""
        assert self.graph.sweeps is not None
        wanted, scales = self.graph.sweeps["values"], self.graph.sweeps["scale"]
        for sweep, numbers in enumerate(self.reply["sweeps"]):
            stand = len(numbers)
            for i, (got, expected, scale) in enumerate(zip(numbers, wanted[sweep][:stand], scales[sweep][:stand], strict=True)):
                if expected is not None and not self.graph.close(got, expected, scale):
                    told, came = self._told(i, expected, sweep), self._told(i, got, sweep)
                    raise Mismatch(told, came, self._sign(), _no_number(self.graph, got))

    def expect_untouched(self, besides: str = "") -> None:
        """No sweep changes what a node holds, but for its derivatives and one other attribute."""
        _expect_untouched(self.graph, self.reply, besides)

    def _told(self, i: int, value: Any, sweep: int) -> str:
        """Return a node's derivative in words, with the sweep where there are several."""
        parts = {"node": self.graph.name(i), "attribute": self.attribute, "value": show(value, self.graph.sentences)}
        if len(self.graph.roots) == 1:
            return self.graph.say("values.attribute", **parts)
        return self.graph.say("values.attribute_after_sweep", **parts, sweep=sweep + 1, sweeps=len(self.graph.roots))

    def _sign(self) -> str:
        """Return the first number that is far from right, and which others are; what is roughly right differs from step to step."""
        assert self.graph.sweeps is not None
        wanted, scales = self.graph.sweeps["values"], self.graph.sweeps["scale"]
        far = [
            (sweep, i, rough)
            for sweep, numbers in enumerate(self.reply["sweeps"])
            for i, (got, expected, scale) in enumerate(zip(numbers, wanted[sweep], scales[sweep], strict=False))
            if expected is not None and (rough := _roughly(self.graph, got, expected, scale)) != ROUGH
        ]
        return f"{far[0]}, {digest([entry[:2] for entry in far])}" if far else ROUGH


def _expect_untouched(graph: ExpectedGraph, reply: dict[str, Any], besides: str = "") -> None:
    touched = [name for name in dict.fromkeys(itertools.chain(*reply["changed"])) if name != besides]
    if touched:
        told = graph.say("orders.touched", attributes=", ".join(touched))
        raise Mismatch(graph.say("orders.untouched"), told, sign("touched", touched))


def _size(scale: Any) -> float:
    """Return the largest entry of a scale, which is a number or an array."""
    return max(map(_size, scale), default=0.0) if isinstance(scale, list) else abs(scale) if type(scale) in (float, int) else 0.0
