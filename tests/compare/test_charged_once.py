"""In step 1 a wrong operator costs its share of the points, and no mistake costs points in a criterion that judges something else."""

from collections.abc import Callable
from typing import Any

import pytest
from conftest import REFERENCE, SUBMISSIONS, Reports

pytestmark = pytest.mark.slow

PROGRAMS = {
    "exp clipped": ("np.exp(a.value), [a]", "np.exp(min(a.value, 400.0)) if np.isscalar(a.value) else np.exp(a.value), [a]"),
    "exp off": ("np.exp(a.value), [a]", "np.exp(a.value) * 1.5, [a]"),
    "cos lost": ("return create_node(np.cos(a.value), [a]", "create_node(np.cos(a.value), [a]"),
    "sub turned": ('[a, b], "sub", [1.0, -1.0]', '[b, a], "sub", [1.0, -1.0]'),
    "all turned": ("node = Node(value, parent_nodes, operator", "node = Node(value, [Node(0.0), *parent_nodes], operator"),
    "touched": ("    return node\n", "    if operator == 'mul':\n        parent_nodes[0].value = 0.5\n    return node\n"),
    "nothing ordered": ("return _linearize(root, lambda node: node.child_nodes)", "return [root]"),
    "cycle looked up": ('raise ValueError("the graph has a cycle: no topological order exists")', 'raise KeyError("cycle")'),
    "links taken": ("return _linearize(root, lambda node: node.child_nodes)", "return _taken(root)"),
}
TAKEN = """
def _taken(root):
    order, todo = [], [root]
    while todo:
        order.append(todo.pop())
        while order[-1].child_nodes:
            todo.append(order[-1].child_nodes.pop())
    return list(dict.fromkeys(order))
"""
SIDE_EFFECTS = ("operands_untouched", "separate_nodes", "collectable")


@pytest.fixture(scope="module")
def reports(graded_together: Callable[..., Reports]) -> Reports:
    for before, _ in PROGRAMS.values():
        assert REFERENCE.count(before) == 1
    sources: dict[str, str | bytes] = {name: REFERENCE.replace(before, after) + TAKEN for name, (before, after) in PROGRAMS.items()}
    wrong = ("order-preorder", "order-breadth-first-taken-with-next", "order-breadth-first-from-inputs")
    return graded_together({**sources, **{name: (SUBMISSIONS / "wrong" / f"{name}.py").read_bytes() for name in wrong}})


def criterion(report: dict[str, Any], id: str) -> dict[str, Any]:
    return next(c for step in report["steps"] for c in step["criteria"] if c["id"] == id)


def lost(report: dict[str, Any]) -> set[str]:
    return {c["id"] for step in report["steps"] for c in step["criteria"] if c["score"] < c["max_score"] and not c["bonus"]}


def test_an_operator_that_is_wrong_far_out_costs_as_much_as_one_that_is_wrong_everywhere(reports: Reports) -> None:
    clipped, off = (criterion(reports[name], "values_elsewhere") for name in ("exp clipped", "exp off"))
    assert clipped["score"] == pytest.approx(off["score"], abs=0.02)  # results of exp are operands of others, which are not judged
    assert off["score"] < 2.75
    assert clipped["passed"] > off["passed"]


def test_an_operator_does_not_cost_what_others_made_of_its_result(reports: Reports) -> None:
    assert lost(reports["exp off"]) == {"values", "values_elsewhere"}
    values = criterion(reports["exp off"], "values")
    assert (values["passed"], values["cases_total"], values["score"]) == (11, 12, 4.58)


def test_an_operator_that_returns_nothing_costs_no_other_operator(reports: Reports) -> None:
    assert criterion(reports["cos lost"], "values")["score"] == 4.58
    assert criterion(reports["cos lost"], "values_elsewhere")["score"] > 2.4


def test_side_effects_are_judged_where_the_operands_are_right(reports: Reports) -> None:
    assert lost(reports["sub turned"]) == {"operands", "links_in_programs", "links_of_special_operands"}
    for id in SIDE_EFFECTS:
        found = criterion(reports["sub turned"], id)
        assert (found["outcome"], found["passed"]) == ("pass", found["cases_total"])
        assert 0 < found["cases_total"] < criterion(reports["exp off"], id)["cases_total"]


def test_what_depends_on_something_wrong_in_every_case_is_not_judged_and_earns_nothing(reports: Reports) -> None:
    for id in SIDE_EFFECTS:
        found = criterion(reports["all turned"], id)
        assert (found["outcome"], found["score"], found["passed"], found["cases_total"]) == ("not judged", 0, 0, 0)
        assert found["message"].startswith("Not judged: depends on the operands in parent_nodes")
        assert found["cases"] == []


def test_a_side_effect_is_still_found(reports: Reports) -> None:
    assert criterion(reports["touched"], "operands_untouched")["outcome"] == "fail"


def test_an_order_may_be_wrong_and_leave_the_graph_alone(reports: Reports) -> None:
    assert criterion(reports["links taken"], "graph_left_alone")["outcome"] == "fail"
    assert criterion(reports["links taken"], "unequal_paths")["outcome"] == "fail"
    found = criterion(reports["order-preorder"], "graph_left_alone")
    assert (found["outcome"], found["score"]) == ("pass", 2)
    assert criterion(reports["order-preorder"], "unequal_paths")["score"] == 0


def test_an_order_that_lacks_nodes_says_nothing_about_the_graph(reports: Reports) -> None:
    found = criterion(reports["nothing ordered"], "graph_left_alone")
    assert (found["outcome"], found["score"]) == ("not judged", 0)
    assert "depends on the nodes in the order" in found["message"]


@pytest.mark.parametrize("name", ["order-breadth-first-taken-with-next", "order-breadth-first-from-inputs"])
def test_a_wrong_order_costs_a_right_sweep_nothing_however_the_sweep_uses_it(name: str, reports: Reports) -> None:
    scores = {step["id"]: step["score"] for step in reports[name]["steps"]}
    assert scores["topological-order"] < 30
    assert scores["forward"] == 35
    assert {criterion(reports[name], id)["score"] for id in ("adjoints", "adjoints_again", "both_modes_in_turn")} == {5, 4, 1}


def test_an_exception_on_a_cycle_that_is_no_value_error_says_which_was_expected(reports: Reports) -> None:
    [case] = [case for case in criterion(reports["cycle looked up"], "cycles_refused")["cases"] if case["id"] == "ring-away-from-root"]
    assert case["outcome"] == "error"
    assert "KeyError" in case["got"]
    assert "ValueError" in case["expected"]
