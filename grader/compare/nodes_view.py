"""What a check sees of the nodes that a submission made, with the expectations it can state."""

from collections import Counter
from typing import Any

from grader.compare.expectations import MISSING, Mismatch, NotJudged, no_number, roughly
from grader.compare.expected_graph import ExpectedGraph
from grader.compare.rendering import digits, listing, show, sign
from grader.formats import Reply

NONE = {"not": "NoneType"}


class NodeView:
    """One node of the submission beside the node as it should be.

    `judged` are the indices of the nodes whose links are checked; None means all.
    """

    def __init__(self, graph: ExpectedGraph, i: int, row: list[Any], judged: frozenset[int] | None = None) -> None:
        self.graph, self.i, self.judged = graph, i, judged
        self.right = graph.node(i)
        self.value, self.operator, self.parents, self.partials, self.children = row[:5]

    def _differs(self, attribute: str, expected: str, got: str, answer: Any, lacks: str = "") -> Mismatch:
        """Return the mismatch of an attribute; `answer` is what came back for it, or how far from right that is."""
        wanted, came = (self.graph.say("values.attribute", node=self.right.name, attribute=attribute, value=v) for v in (expected, got))
        if self.value == self.operator == self.parents == self.partials == NONE:
            came, lacks = self.graph.say("values.none", node=self.right.name), "return"
        return Mismatch(wanted, came, sign(self.i, attribute, answer), lacks)

    def _show(self, value: Any) -> str:
        return show(value, self.graph.sentences)

    def _names(self, offsets: Any) -> str:
        if not isinstance(offsets, list):
            return self._show(offsets)
        return listing(self.graph.say("values.foreign_node") if o is None else self.graph.name(self.i + o) for o in offsets)

    def expect_value(self) -> None:
        if not self.graph.close(self.value, self.right.value, self.right.value):
            rough = roughly(self.graph, self.value, self.right.value, self.right.value)
            raise self._differs("value", self._show(self.right.value), self._show(self.value), rough, no_number(self.graph, self.value))

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
                rough = [roughly(self.graph, g, e, e) for g, e in zip(self.partials, right, strict=True)]
                lacks = next(filter(None, (no_number(self.graph, got) for got in self.partials)), "")
            raise self._differs("grad_wrt_parents", self._show(list(right)), self._show(self.partials), rough, lacks)

    def expect_children(self) -> None:
        """Expect each judged child once, or once per use, and no other node."""
        uses = Counter(self.right.children)
        got = Counter(None if o is None else self.i + o for o in self.children) if isinstance(self.children, list) else None
        mine = uses if self.judged is None else uses.keys() & self.judged
        if got is None or not set(got) <= set(uses) or any(got[child] not in (1, uses[child]) for child in mine):
            expected = listing(map(self.graph.name, dict.fromkeys(self.right.children)))
            raise self._differs("child_nodes", expected, self._names(self.children), self.children, _no_list(self.children))

    def usable_by_later_steps(self) -> bool:
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
    """The nodes of a program or graph that the submission built; with `operator` only what this operator is responsible for.

    all_nodes   every node; of its links only those to nodes that are judged
    nodes       inputs, and the nodes that the operator made
    inputs      inputs
    made        the nodes that the operator made
    ready       the made nodes but those that were computed from a wrong result
    """

    def __init__(self, graph: ExpectedGraph, reply: Reply, *, by_create_node: bool, operator: str = "") -> None:
        self.graph, self.reply = graph, reply
        self.by_create_node = by_create_node  # called with distinct lists; an operator may pass one list twice
        judged = frozenset(i for i, row in enumerate(graph.rows) if row[1] == operator) if operator else None
        self.all_nodes = [NodeView(graph, i, row, judged) for i, row in enumerate(reply["graph"])]
        self.nodes = [n for n in self.all_nodes if judged is None or n.i in judged or n.right.operator == "input"]
        self.made = [node for node in self.nodes if node.right.operator != "input"]
        self.inputs = [node for node in self.nodes if node.right.operator == "input"]

    @property
    def ready(self) -> list[NodeView]:
        """Return the made nodes but those that were computed from a wrong result. Raises NotJudged if none is left."""
        found = [node for node in self.made if all(self._serves_as_operand(self.all_nodes[i]) for i in node.right.parents)]
        if self.made and not found:
            raise NotJudged("values")
        return found

    def _serves_as_operand(self, node: NodeView) -> bool:
        right = node.right
        return right.operator == "input" or self.graph.close(node.value, right.value, right.value)

    def answered(self) -> list[Any]:
        """Return everything that the submission answered, without how often each child is linked."""
        return [[node.operator, node.parents, digits(node.value), digits(node.partials), _once(node.children)] for node in self.all_nodes]

    def require_operands(self) -> None:
        """Raise NotJudged unless every made node has the right operands: without them, other promises about it mean nothing."""
        try:
            for node in self.made:
                node.expect_operands()
        except Mismatch:
            raise NotJudged("operands") from None

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
        ancestors = len(self.graph.ancestors(len(self.all_nodes) - 1))
        if self.reply["held"] < ancestors:
            raise self._mismatch("held", "lost", sign("lost", self.reply["held"]), count=ancestors, left=self.reply["held"])

    def expect_freed(self) -> None:
        """Nothing that is not a node of the graph keeps it alive."""
        if self.reply["kept"]:
            raise self._mismatch("freed", "kept", sign("kept", self.reply["kept"]), count=self.reply["kept"])

    def _mismatch(self, expected: str, got: str, sign: str, **parts: object) -> Mismatch:
        return Mismatch(self.graph.say(f"nodes.{expected}", **parts), self.graph.say(f"nodes.{got}", **parts), sign)

    def usable_by_later_steps(self) -> bool:
        """Return whether later steps can rely on every node, and each is a node of its own."""
        identity = self.reply["identity"]
        return identity["hashable"] and not identity["wrong"] and all(node.usable_by_later_steps() for node in self.all_nodes)


def _no_list(got: Any) -> str:
    """Return `list` where something else came in place of one; an attribute that is missing is no such thing."""
    return "" if isinstance(got, list) or got == MISSING else "list"


def _once(offsets: Any) -> Any:
    return sorted(set(offsets), key=str) if isinstance(offsets, list) else offsets
