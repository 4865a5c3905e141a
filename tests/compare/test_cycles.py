"""A cycle is refused wherever it lies. What notices some cycles alone loses the bonus for them and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import FULL, REFERENCE, Reports, outcomes, scores

RETURN = "    return _linearize(root, lambda node: node.child_nodes)\n"
LACKING = "    if len(order) < len(waiting):\n"
DEPTH_FIRST = """
    reached, found = {root}, [root]
    while found:
        for child in found.pop().child_nodes:
            if child not in reached:
                reached.add(child)
                found.append(child)
    if SIGN:
        raise ValueError("cycle")
    finished, seen, stack = [], {root}, [(root, iter(root.child_nodes))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child not in seen:
                seen.add(child)
                stack.append((child, iter(child.child_nodes)))
                break
        else:
            finished.append(node)
            stack.pop()
    return finished[::-1]
"""
NO_END = "all(node.child_nodes for node in reached) or any(node in node.child_nodes for node in reached)"
PARTLY = {
    "nobody is without children": (RETURN, DEPTH_FIRST.replace("SIGN", NO_END), "ring-with-a-tail"),
    "nothing but root can be ordered": (LACKING, "    if len(order) <= 1 < len(waiting) or not order:\n", "ring-away-from-root"),
}


@pytest.fixture(scope="module")
def reports(graded_together: Callable[..., Reports]) -> Reports:
    assert RETURN in REFERENCE
    assert LACKING in REFERENCE
    return graded_together({name: REFERENCE.replace(*change) for name, (*change, _) in PARTLY.items()})


@pytest.mark.parametrize("name", PARTLY)
def test_a_sign_that_some_cycles_lack_costs_the_bonus(name: str, reports: Reports) -> None:
    assert scores(reports[name]) == FULL
    assert outcomes(reports[name], "topological-order")["cycles_refused"] == "fail"
    [step] = [step for step in reports[name]["steps"] if step["id"] == "topological-order"]
    [criterion] = [c for c in step["criteria"] if c["id"] == "cycles_refused"]
    cases: list[dict[str, Any]] = [case for case in criterion["cases"] if case["outcome"] != "pass"]
    assert [case["id"] for case in cases] == [PARTLY[name][2]]
