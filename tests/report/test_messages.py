"""What a student reads where something other than a wrong number came back: None, an exception, a cycle, nothing at all."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import REFERENCE, Reports

ORDER = re.compile(r"(def topological_order\(root\):\n).*?### END SOLUTION", re.DOTALL)
DEPTH_FIRST = """    done, order = set(), []
    def visit(node):
        done.add(node)
        for child in node.child_nodes:
            if child not in done:
                visit(child)
        order.append(node)
    visit(root)
    return order[::-1]
"""
SUBMISSIONS = {
    "gives none": REFERENCE.replace("return create_node(a.value * b.value", "create_node(a.value * b.value"),
    "misspelt": REFERENCE.replace("np.sin(a.value)", "nq.sin(a.value)"),
    "own sine": REFERENCE.replace("np.sin(a.value)", "sin(a.value)"),
    "extra argument": REFERENCE.replace("def forward(root):", "def forward(root, order):"),
    "operand is none": REFERENCE.replace("return create_node(a.value + b.value", "create_node(a.value + b.value"),
    "no ring noticed": ORDER.sub(r"\1" + DEPTH_FIRST, REFERENCE),
    "order not written": ORDER.sub(r"\1    raise NotImplementedError", REFERENCE).replace(
        "return create_node(np.log(a.value)", "raise NotImplementedError\n    create_node(np.log(a.value)"
    ),
    "floors": REFERENCE.replace("a.value / b.value, [a, b]", "a.value // b.value, [a, b]"),
    "one number alone": REFERENCE.replace("import numpy as np", "import math\nimport numpy as np").replace(
        'np.log(a.value), [a], "log", [1.0 / a.value]', 'math.log(a.value), [a], "log", [2.0 / a.value]'
    ),
    "colon forgotten": REFERENCE.replace("def forward(root):", "def forward(root)"),
}


@pytest.fixture(scope="module")
def reports(graded_together: Callable[..., Reports]) -> Reports:
    return graded_together(SUBMISSIONS)


def criterion(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(c for step in report["steps"] for c in step["criteria"] if c["id"] == name)


def failed(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(case for case in criterion(report, name)["cases"] if case["outcome"] not in ("pass", "not judged"))


def test_a_function_without_return_is_told_so(reports: Reports) -> None:
    case = failed(reports["gives none"], "values")
    assert (case["got"], "`return`" in criterion(reports["gives none"], "values")["hint"]) == ("output = None", True)


@pytest.mark.parametrize(
    ("name", "where", "hint"),
    [
        ("misspelt", "values", "Python does not know this name"),
        ("own sine", "values", "`np.sin`"),
        ("extra argument", "chain_rule", "how many arguments"),
        ("operand is none", "array_operators", "Which of your functions should return it"),
    ],
)
def test_an_exception_gets_one_fitting_hint(name: str, where: str, hint: str, reports: Reports) -> None:
    assert failed(reports[name], where)["outcome"] == "error"
    assert hint in criterion(reports[name], where)["hint"]


@pytest.mark.parametrize(
    ("name", "where", "function", "says"),
    [
        ("own sine", "array_operators", "sin", "computes the right value"),
        ("floors", "array_operators", "div", "computes the right value"),
        ("order not written", "array_operators", "log", "computes the right value"),
        ("extra argument", "array_sweeps", "forward", "product of the local partials"),
    ],
)
def test_an_array_criterion_that_fails_for_an_earlier_reason_says_so(
    name: str, where: str, function: str, says: str, reports: Reports
) -> None:
    hint = criterion(reports[name], where)["hint"]
    assert hint.startswith(f"`{function}` already fails in the step “")
    assert says in hint


def test_a_function_for_single_numbers_is_named_and_another_mistake_in_it_is_not_blamed(reports: Reports) -> None:
    report = reports["one number alone"]
    assert criterion(report, "local_partials")["outcome"] == "fail"  # of log, too, and yet no reason for the TypeError
    assert criterion(report, "array_operators")["hint"].startswith("This line takes one number, and here it got an array.")


def test_a_ring_is_shown_as_code_that_runs(reports: Reports) -> None:
    called = failed(reports["no ring noticed"], "cycles_refused")["called"]
    names: dict[str, Any] = {}
    exec(REFERENCE.partition("if __name__")[0], names)
    with pytest.raises(ValueError, match="cycle"):
        exec(called.partition(": ")[2], names)


def test_what_is_not_written_is_named(reports: Reports) -> None:
    report = reports["order not written"]
    assert criterion(report, "simple_graphs")["message"].startswith("Not written yet: topological_order.")
    assert criterion(report, "values")["message"].startswith("Not written yet: log.")


def test_of_a_file_that_python_can_not_read_one_note_says_all(reports: Reports) -> None:
    report = reports["colon forgotten"]
    [note] = report["notes"]
    assert "expected ':'" in note
    criteria = [c for step in report["steps"] for c in step["criteria"]]
    assert {(c["outcome"], c["message"], c["why"], c["hint"]) for c in criteria} == {("error", "", "", "")}
