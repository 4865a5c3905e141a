"""What a check sees of the derivatives that sweeps left, with the expectations it can state."""

from collections.abc import Iterable, Iterator
from typing import Any

from grader.compare.expectations import ROUGH, Mismatch, expect_lasting, expect_untouched, largest, no_number, roughly
from grader.compare.expected_graph import ExpectedGraph
from grader.compare.rendering import answer_digest, digits, show, show_nodes, sign
from grader.formats import Reply

TANGENTS_OF = (0, 1, 0)
"""By places among the inputs: where the first forward sweeps of a case with both kinds of sweeps start."""


class SweepView:
    """What forward left in partial_derivative, or backward in adjoint, after each sweep.

    A view `judges_orders` unless the submission's orders are wrong without any sweep, which is another step's mistake.
    """

    def __init__(self, graph: ExpectedGraph, reply: Reply, attribute: str, *, judges_orders: bool = True) -> None:
        self.graph, self.reply, self.attribute, self._judges_orders = graph, reply, attribute, judges_orders

    def answered(self) -> list[Any]:
        """Return all that the submission answered about nodes that are asked for."""
        assert self.graph.sweeps is not None
        asked = zip(self.reply["sweeps"], self.graph.sweeps["values"], self.graph.sweeps["scale"], strict=False)
        return [
            [digits(got, largest(scale)) for got, expected, scale in zip(*sweep, strict=False) if expected is not None] for sweep in asked
        ]

    def expect_derivatives(self) -> None:
        """On the root's side of the graph every derivative is right, to TOLERANCE of the sweep over absolute values."""
        self._expect_derivatives(self.reply["sweeps"])

    def _expect_derivatives(self, sweeps: list[list[Any]]) -> None:
        assert self.graph.sweeps is not None
        wanted, scales = self.graph.sweeps["values"], self.graph.sweeps["scale"]
        for sweep, numbers in enumerate(sweeps):
            count = len(numbers)
            for i, (got, expected, scale) in enumerate(zip(numbers, wanted[sweep][:count], scales[sweep][:count], strict=True)):
                if expected is not None and not self.graph.close(got, expected, scale):
                    expected_text, got_text = self._in_words(i, expected, sweep), self._in_words(i, got, sweep)
                    raise Mismatch(expected_text, got_text, self._sign(), no_number(self.graph, got))

    def has_right_start(self) -> bool:
        """Return whether the forward sweeps before the first backward one are right."""
        return "tangents" in self.reply and not any(self._wrong_tangents(range(3)))

    def expect_both_fields(self) -> None:
        """Forward and backward sweeps that alternate leave each other's derivatives alone, and stay right."""
        for sweep, i, got, expected in self._wrong_tangents(range(len(self.reply["tangents"]))):
            expected_text, got_text = (
                self._in_words(i, value, sweep, "partial_derivative", len(self.reply["tangents"])) for value in (expected, got)
            )
            raise Mismatch(expected_text, got_text, sign("tangents", sweep, i), no_number(self.graph, got))
        self._expect_derivatives(self.reply["adjoints"])

    def _wrong_tangents(self, sweeps: Iterable[int]) -> Iterator[tuple[int, int, Any, Any]]:
        """Yield sweep, node, the number there and the right one, for each partial derivative that is wrong after these sweeps."""
        assert self.graph.tangents is not None
        for sweep in sweeps:
            place = TANGENTS_OF[sweep] if sweep < len(TANGENTS_OF) else (sweep - 2) // 2 % 2
            wanted, scales = self.graph.tangents["values"][place], self.graph.tangents["scale"][place]
            for i, (got, expected, scale) in enumerate(zip(self.reply["tangents"][sweep], wanted, scales, strict=True)):
                if expected is not None and not self.graph.close(got, expected, scale):
                    yield sweep, i, got, expected

    def expect_orders(self) -> None:
        """The orders that are asked for after each sweep are valid."""
        if not self._judges_orders:
            return
        for (root, size), order in zip(self.graph.calls, self.reply["orders"], strict=True):
            if fault := self.graph.order_fault(root, size, order)[0]:
                shown_order = (
                    show_nodes(order, self.graph.name, self.graph.sentences)
                    if isinstance(order, list)
                    else show(order, self.graph.sentences)
                )
                nodes = show_nodes(sorted(self.graph.reached(root, size)), self.graph.name, self.graph.sentences)
                raise Mismatch(self.graph.say("orders.wanted", nodes=nodes, root=self.graph.name(root)), shown_order, sign("order", fault))

    def expect_lasting(self) -> None:
        """No sweep changes a hash or keeps the graph alive: what a case with something between its calls finds."""
        expect_lasting(self.graph, self.reply)

    def expect_untouched(self, besides: str = "") -> None:
        """No sweep changes what a node holds, but for its derivatives and one other attribute."""
        expect_untouched(self.graph, self.reply, besides)

    def _in_words(self, i: int, value: Any, sweep: int, attribute: str = "", sweeps: int = 0) -> str:
        """Return a node's derivative in words, with the sweep where there are several."""
        parts = {"node": self.graph.name(i), "attribute": attribute or self.attribute, "value": show(value, self.graph.sentences)}
        sweeps = sweeps or len(self.graph.roots)
        if sweeps == 1:
            return self.graph.say("values.attribute", **parts)
        return self.graph.say("values.attribute_after_sweep", **parts, sweep=sweep + 1, sweeps=sweeps)

    def _sign(self) -> str:
        """Return the first number that is far from right, and which others are; what is roughly right differs from step to step."""
        assert self.graph.sweeps is not None
        wanted, scales = self.graph.sweeps["values"], self.graph.sweeps["scale"]
        far = [
            (sweep, i, rough)
            for sweep, numbers in enumerate(self.reply["sweeps"])
            for i, (got, expected, scale) in enumerate(zip(numbers, wanted[sweep], scales[sweep], strict=False))
            if expected is not None and (rough := roughly(self.graph, got, expected, scale)) != ROUGH
        ]
        return f"{far[0]}, {answer_digest([entry[:2] for entry in far])}" if far else ROUGH
