"""A question that timed out is asked again before the time-out counts. The second try uses no other question's time."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import REFERENCE, outcomes, scores

pytestmark = pytest.mark.slow

# Each process answers so many questions and then never again, as if the machine had been busy at that moment.
ONCE_SLOW = """
import builtins
_right = forward
def forward(root):
    builtins.sweeps = getattr(builtins, "sweeps", 0) + 1
    while builtins.sweeps == 60:
        pass
    return _right(root)
"""
ALWAYS_SLOW = """
_right = forward
def forward(root):
    while len(root.child_nodes) > 3:
        pass
    return _right(root)
"""


def test_an_answer_that_was_late_once_costs_nothing(graded: Callable[..., dict[str, Any]]) -> None:
    report = graded(REFERENCE + ONCE_SLOW)
    assert scores(report)["forward"] == 35
    assert report["provenance"]["seconds"] > 1  # it did time out


def test_an_answer_that_is_always_late_stands_as_a_time_out_and_the_others_count(graded: Callable[..., dict[str, Any]]) -> None:
    found = outcomes(graded(REFERENCE + ALWAYS_SLOW, "--step", "forward"), "forward")
    assert "timeout" in found.values()
    assert "not tried" not in found.values()
    assert found["chain_rule"] == "pass"
