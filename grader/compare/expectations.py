"""What all views of an answer share: how a check says that an expectation is not met, or that it can't be judged.

A check is given one of three views: NodesView (what asks for nodes), OrderView (order) or SweepView (forward, backward).
"""

import itertools
from collections.abc import Callable
from typing import Any

from grader.compare.expected_graph import ExpectedGraph
from grader.compare.rendering import digits, sign
from grader.compare.tolerance import ROUGHLY
from grader.formats import Reply

Check = Callable[[Any], None]
ROUGH = "roughly right"
MISSING = {"not": "missing"}


class Mismatch(AssertionError):
    """The answer is not as expected; holds both sides in words, and in `sign` what all who make the same mistake have in common.

    `lacks` says what was asked for where something of another type came: a `number`, a `list` or an `order`; or that a `return`
    is missing.
    """

    def __init__(self, expected: str, got: str, sign: str, lacks: str = "") -> None:
        super().__init__(f"expected {expected}, got {got}")
        self.expected, self.got, self.sign, self.lacks = expected, got, sign, lacks


class NotJudged(Exception):
    """The check can't be made, because what it depends on is wrong; that counts where it is judged itself.

    `depends` is a key of the sentences' section `depends`.
    """

    def __init__(self, depends: str) -> None:
        super().__init__(f"depends on {depends}")
        self.depends = depends


def depends_on(depends: str) -> Callable[[Check], Check]:
    """Mark a check of side effects: where the submission raised instead of answering, the case is not judged.

    `depends` is a key of the sentences' section `depends`.
    """

    def mark(check: Check) -> Check:
        check.depends = depends  # type: ignore[attr-defined]
        return check

    return mark


def roughly(graph: ExpectedGraph, got: Any, expected: Any, scale: Any) -> str:
    """Return what a number is for a sign: its digits only if it is far from what is expected."""
    return ROUGH if graph.close(got, expected, scale, ROUGHLY) else str(digits(got, largest(scale)))


def no_number(graph: ExpectedGraph, got: Any) -> str:
    """Return `number` where something else came in place of one, or of an array where the case has such."""
    numbers = got if isinstance(got, list) and len(got) == graph.entries else [got]
    return "" if got == MISSING or all(isinstance(number, float | int | str) for number in numbers) else "number"


def expect_untouched(graph: ExpectedGraph, reply: Reply, besides: str = "") -> None:
    """Expect that no call changed what a node holds, but for one attribute. Raises Mismatch."""
    touched = [name for name in dict.fromkeys(itertools.chain(*reply["changed"])) if name != besides]
    if touched:
        got = graph.say("orders.touched", attributes=", ".join(touched))
        raise Mismatch(graph.say("orders.untouched"), got, sign("touched", touched))


def expect_lasting(graph: ExpectedGraph, reply: Reply) -> None:
    """Expect that no call changed a hash or keeps the graph alive. Raises Mismatch.

    Nothing is expected where making nodes alone has the same effect (`sound` is false), which is step 1's mistake.
    """
    if not reply.get("sound", True):
        return
    for i in reply["rehashed"]:
        node = graph.name(i)
        raise Mismatch(graph.say("nodes.same_hash", node=node), graph.say("nodes.other_hash", node=node), sign("rehashed", i))
    if count := reply["kept"]:
        raise Mismatch(graph.say("nodes.freed", count=count), graph.say("nodes.kept", count=count), sign("kept", count))


def largest(scale: Any) -> float:
    """Return the largest entry of a scale, which is a number or an array."""
    return max(map(largest, scale), default=0.0) if isinstance(scale, list) else abs(scale) if type(scale) in (float, int) else 0.0
