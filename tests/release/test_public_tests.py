"""The starter's tests ask of the public criteria what grading asks of them: the same numbers, lists and links."""

import ast
import builtins
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, report, selected
from test_release import STARTER, public_tests

from grader.compare.tolerance import TOLERANCE
from grader.kit import Kit
from grader.plan.planner import make_plan
from grader.release.grading_json import public_facts

GRADING = json.loads(public_facts(make_plan(Kit.find(ROOT))))
CRITERION = {case["test"]: (step["id"], c["id"]) for step in GRADING["steps"] for c in step["criteria"] for case in c["cases"]}
SECOND_SWEEP = "test_forward__two_sweeps__two_sweeps"
CRITERION[SECOND_SWEEP] = ("forward", "second_sweep")  # hidden; its public test gives no points
STEPS = [step["id"] for step in GRADING["steps"]]

INIT, NODE = "        self.value = value\n", "        self.child_nodes = []"
LINK = "        parent.child_nodes.append(node)\n"
SWEPT = "node.partial_derivative = tangents[node]"
ORDER = "return _linearize(root, lambda node: node.child_nodes)"
ADD, LOG = '"add", [1.0, 1.0])', "create_node(np.log(a.value)"
NUMBER, LIST = "a number: int, float or NumPy", "a list or tuple"
# name -> what is changed in the reference, and what the public tests then say was asked and what came back
CHANGES: dict[str, tuple[tuple[str, str], tuple[str, ...]]] = {
    "derivative-in-a-list": ((SWEPT, "node.partial_derivative = [tangents[node]]"), (NUMBER, "got x.partial_derivative = [1.0]")),
    "derivative-in-an-array": ((SWEPT, "node.partial_derivative = np.array([tangents[node]])"), (NUMBER, "= array([1.])")),
    "derivative-in-a-matrix": ((SWEPT, "node.partial_derivative = np.matrix(tangents[node])"), (NUMBER, "= matrix([[1.]])")),
    "derivative-as-text": ((SWEPT, "node.partial_derivative = str(tangents[node])"), (NUMBER, "got x.partial_derivative = '1.0'")),
    "no-derivative": ((SWEPT, "pass"), ("expected x.partial_derivative = 1.0", "got x.partial_derivative = 0.0")),
    "values-in-arrays": ((INIT, "        self.value = np.atleast_1d(value)\n"), (NUMBER, "got output.value = array([2.])")),
    "values-as-text": (("create_node(a.value + b.value,", "create_node(str(a.value + b.value),"), (NUMBER, "got output.value = '2.0'")),
    "values-of-a-fraction": ((LOG, "create_node(Fraction(np.log(a.value))"), (NUMBER, "got output.value = a Fraction")),
    "bools-for-ones": ((ADD, '"add", [True, True])'), (NUMBER, "got output.grad_wrt_parents[0] = a bool")),
    "bools-of-numpy": ((ADD, '"add", [np.True_, np.True_])'), (NUMBER, "got output.grad_wrt_parents[0] = a bool")),
    "partials-as-text": ((ADD, '"add", ["1", "1"])'), (NUMBER, "got output.grad_wrt_parents[0] = '1'")),
    "partials-in-an-array": (("= list(grad_wrt_parents)", "= np.array(grad_wrt_parents)"), (LIST, "= array(")),
    "partials-none": (("= list(grad_wrt_parents)", "= list(grad_wrt_parents) or None"), (LIST, "got x.grad_wrt_parents = None")),
    "operands-in-a-generator": (("= list(parent_nodes)", "= dict.fromkeys(parent_nodes).keys()"), (LIST, "= a dict_keys")),
    "operands-none": (("= list(parent_nodes)", "= list(parent_nodes) or None"), (LIST, "got x.parent_nodes = None")),
    "children-in-a-set": ((NODE, "        self.child_nodes = set()"), (LIST, "got x.child_nodes = a set")),
    "no-children-yet": ((NODE, "        self.child_nodes = None"), (LIST, "got output.child_nodes = None")),
    "children-besides": ((LINK, LINK + "        node.child_nodes.append(parent)\n"), ("output.child_nodes = []", "= [x, y]")),
    "children-three-times": ((LINK, LINK + LINK + LINK), ("x.child_nodes = [output]", "= [output, output, output]")),
    "inputs-without-a-name": (('operator="input"', "operator=None"), ("expected x.operator = 'input'", "got x.operator = None")),
    "names-as-functions": (('"add", [', "add, ["), ("expected output.operator = 'add'", "got output.operator = a function")),
    "order-is-a-set": ((ORDER, f"return set({ORDER[7:]})"), ("list, tuple or iterator", "got topological_order(A) = a set")),
    "order-as-a-number": ((ORDER, "return 3"), ("list, tuple or iterator", "got topological_order(A) = 3")),
    "order-of-nothing": ((ORDER, ORDER[7:]), ("list, tuple or iterator", "got topological_order(A) = None: is a `return` missing?")),
    "order-names-values": ((ORDER, f"return [node.value for node in {ORDER[7:]}]"), ("expected A to come first", "= [0.5, 1.5]")),
}  # fmt: skip
MORE = {  # what is changed besides
    "values-of-a-fraction": [("import numpy as np\n", "import numpy as np\nfrom fractions import Fraction\n")],
    "children-in-a-set": [("parent.child_nodes.append(node)", "parent.child_nodes.add(node)")],
    "no-children-yet": [
        ("parent.child_nodes.append(node)", "parent.child_nodes = [*(parent.child_nodes or ()), node]"),
        (ORDER, "return _linearize(root, lambda node: node.child_nodes or ())"),
    ],
}
FREE = {  # what grading takes, the public tests take as well
    "derivative-without-axes": (SWEPT, "node.partial_derivative = np.array(tangents[node])"),
    "derivative-in-float64": (SWEPT, "node.partial_derivative = np.float64(tangents[node])"),
    "partials-int64": (ADD, '"add", (np.int64(1), np.int64(1)))'),
    "names-of-a-class-of-its-own": ('"add", [', 'type("Name", (str,), {})("add"), ['),
    "operands-in-a-tuple": ("= list(parent_nodes)", "= tuple(parent_nodes)"),
    "linked-once-per-node": ("for parent in parent_nodes:", "for parent in dict.fromkeys(parent_nodes):"),
    "order-as-an-iterator": (ORDER, f"return iter({ORDER[7:]})"),
    "order-as-keys": (ORDER, f"return dict.fromkeys({ORDER[7:]})"),
}
PROGRAMS = ("array-of-one", "always-valueerror", "children-under-another-name", "dataclass-with-eq", "equality-without-hash",
            "forged-numpy", "input-broken", "operands-copied", "operands-in-a-set", "operator-names-as-signs", "order-as-a-set",
            "order-of-values", "partials-are-nodes", "partials-in-a-dict", "partials-kept-as-map")  # fmt: skip


def changed(name: str) -> str:
    source = REFERENCE
    for old, new in [CHANGES[name][0] if name in CHANGES else FREE[name], *MORE.get(name, ())]:
        assert old in source
        source = source.replace(old, new)
    return source


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest, run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The reports of the programs that the selected tests look at."""
    folder, out, names = tmp_path_factory.mktemp("programs"), tmp_path_factory.mktemp("graded"), selected(request, "name")
    for name in names - set(PROGRAMS):
        (folder / f"{name}.py").write_text(changed(name), "utf-8")
    programs = [SUBMISSIONS / "wrong" / f"{name}.py" for name in names & set(PROGRAMS)]
    run("grade", *programs, *folder.iterdir(), "--out", out)
    return {name: report(out, name) for name in names}


def losing(report: dict[str, Any]) -> tuple[set[tuple[str, str]], int]:
    """Return the public criteria that lose points, and the first step that loses any."""
    criteria = [(step["id"], c) for step in report["steps"] for c in step["criteria"] if c["score"] < c["max_score"]]
    first = min((STEPS.index(step) for step, c in criteria if not c["bonus"]), default=len(STEPS))
    return {(step, c["id"]) for step, c in criteria if c["public"] or c["id"] == "second_sweep"}, first


def expect_alike(report: dict[str, Any], failed: set[str]) -> None:
    """What loses points fails, and what fails loses points, up to the first step that is wrong.

    Later steps are also graded on graphs laid out for them: there a student's own tests may fail for an earlier step's fault.
    """
    failing, (lost, first) = {CRITERION[test] for test in failed}, losing(report)
    assert lost - failing - {("forward", "second_sweep")} == set()
    assert {(step, criterion) for step, criterion in failing - lost if STEPS.index(step) <= first} == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_what_loses_points_for_its_type_fails_and_says_what_is_asked(name: str, reports: dict[str, Any], tmp_path: Path) -> None:
    _, failed, printed = public_tests(tmp_path, changed(name))
    assert losing(reports[name])[0]
    expect_alike(reports[name], failed)
    assert [words for words in CHANGES[name][1] if words not in printed] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FREE)
def test_what_grading_takes_passes(name: str, reports: dict[str, Any], tmp_path: Path) -> None:
    passed, failed, printed = public_tests(tmp_path, changed(name))
    assert (losing(reports[name])[0], failed) == (set(), set()), printed
    assert passed == set(CRITERION)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_program_fails_where_it_loses_points(name: str, reports: dict[str, Any], tmp_path: Path) -> None:
    _, failed, _ = public_tests(tmp_path, (SUBMISSIONS / "wrong" / f"{name}.py").read_text("utf-8"))
    expect_alike(reports[name], failed)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("derivative-in-a-list", "This must be one number"),
        ("bools-for-ones", "This must be one number"),
        ("children-in-a-set", "A list or tuple is asked for"),
        ("order-is-a-set", "A list, tuple or iterator is asked for"),
    ],
)
def test_the_report_of_a_wrong_type_says_next_what_is_asked_and_of_a_hidden_answer_no_type(
    name: str, words: str, reports: dict[str, Any]
) -> None:
    failed = [c for step in reports[name]["steps"] for c in step["criteria"] if c["outcome"] == "fail"]
    assert {c["public"] for c in failed} == {True, False}
    asked = [c for c in failed if " already fails in the step " not in c["hint"]]  # an extension names the earlier criterion
    assert len(asked) > 1
    assert [c["id"] for c in asked if c["hint"].startswith(words) != c["public"]] == []


LATE = """

def late(_, spent=[]):
    spent.append(time.monotonic())
    while time.monotonic() < spent[0] + 3:
        pass
    return False
"""


@pytest.mark.slow
def test_the_time_limit_does_not_ring_while_pytest_tells_of_a_test(tmp_path: Path) -> None:
    raising = REFERENCE.replace(ORDER, "__tracebackhide__ = late  # which pytest calls\n    raise RuntimeError")
    passed, failed, printed = public_tests(tmp_path, raising.replace("import numpy", "import time\n\nimport numpy", 1) + LATE)
    assert passed | failed == set(CRITERION), printed


def test_students_are_told_the_tolerance_of_grading() -> None:
    for document in ("assignment/handout.md", "docs/contract.md"):
        assert [float(number) for number in re.findall(r"expected\| ≤ (\S+) · m", (ROOT / document).read_text("utf-8"))] == [TOLERANCE]
    checks = (ROOT / "assignment" / "starter" / "public_checks.py").read_text("utf-8")
    assert {float(number) for number in re.findall(r"\b\de-\d\b", checks)} == {TOLERANCE}


def test_no_builtin_that_numpy_replaces_stands_in_the_tests() -> None:
    """`from numpy import *` in a submission, and so in its tests, makes `any` of a generator true."""
    names = {node.id for node in ast.walk(ast.parse((STARTER / "test_public.py").read_text("utf-8"))) if isinstance(node, ast.Name)}
    assert names & set(dir(builtins)) & set(np.__all__) == set()
