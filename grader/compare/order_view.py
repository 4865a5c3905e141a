"""What a check sees of the orders that topological_order returned, with the expectations it can state."""

from collections import Counter
from typing import Any

from grader.compare.expectations import Mismatch, NotJudged, expect_lasting, expect_untouched
from grader.compare.expected_graph import ExpectedGraph
from grader.compare.rendering import show, show_nodes, sign
from grader.formats import Reply


class OrderView:
    """The orders that topological_order returned, one per call, and whether a call changed the graph."""

    def __init__(self, graph: ExpectedGraph, reply: Reply) -> None:
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
            fault, nodes = self.graph.order_fault(root, size, order)
            if fault:
                got = self._got(order, fault, nodes)
                if len(self.graph.roots) > 1:
                    got = self.graph.say("orders.in_call", answer=got, call=call, calls=len(self.graph.roots))
                found = sign(call, fault, *self._membership(root, size, order))
                raise Mismatch(self._wanted(root, size), got, found, "" if isinstance(order, list) else "order")

    def expect_lasting(self) -> None:
        """Expect that no call changes a derivative or hash, or keeps the graph alive. Only cases with `between` report this."""
        if self.reply["spoilt"]:
            got = self.graph.say("orders.touched", attributes="partial_derivative, adjoint")
            raise Mismatch(self.graph.say("orders.untouched"), got, sign("spoilt"))
        expect_lasting(self.graph, self.reply)

    def require_first(self) -> None:
        """Raise NotJudged unless the first call's answer is valid."""
        [root, size], order = self.graph.calls[0], self.reply["orders"][0]
        if self.graph.order_fault(root, size, order)[0]:
            raise NotJudged("order")

    def require_nodes(self) -> None:
        """Raise NotJudged unless every call's answer holds the nodes that root reaches, in whatever order and however often."""
        for (root, size), order in zip(self.graph.calls, self.reply["orders"], strict=True):
            if not isinstance(order, list) or set(order) != self.graph.reached(root, size):
                raise NotJudged("order")

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
        expect_untouched(self.graph, self.reply)

    def _orders(self) -> str:
        return "; ".join(map(self._show, self.reply["orders"]))
