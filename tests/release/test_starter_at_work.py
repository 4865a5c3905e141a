"""What a student sees who works with the starter: what is not written, what went wrong and why, a graph, and limits that hold."""

import ast
import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, slow_after
from test_release import STARTER, pytest_in, starter_copy

STUBS = (STARTER / "autodiff.py").read_text("utf-8")
OLDEST = (3, 9)
"""The oldest Python that the starter's README names."""
CORE = ("Node creation", "Topological order", "Derivative propagation")


def function(source: str, name: str) -> str:
    """Return the lines of a function."""
    part = next(part for part in ast.parse(source).body if isinstance(part, ast.FunctionDef) and part.name == name)
    return "\n".join(source.splitlines()[part.lineno - 1 : part.end_lineno])


def written(*names: str) -> str:
    """Return the starter's file with these functions of the reference."""
    source = STUBS
    for name in names:
        source = source.replace(function(source, name), function(REFERENCE, name))
    return source


NODES = written("create_node", "add", "sub", "mul", "div", "log", "exp", "sin", "cos")
LOOP = """
def topological_order(root):
    while True:
        try:
            for _ in iter(int, 1):
                pass
        except Exception:
            pass
"""


def by_step(printed: str) -> dict[str, str]:
    """Return the line of each step that the run ends with, by the step's title."""
    lines = (re.fullmatch(r"(\S.+?) +(\d+ of \d+ tests passed.*)", line) for line in printed.splitlines())
    return {line[1]: line[2] for line in lines if line}


def test_a_student_who_wrote_one_step_sees_it_pass_and_the_rest_as_not_written_yet(tmp_path: Path) -> None:
    ended = pytest_in(starter_copy(tmp_path, NODES), "-k", "not extension")
    assert by_step(ended.stdout) == {
        "Node creation": "16 of 16 tests passed",
        "Topological order": "0 of 17 tests passed, not written yet: topological_order",
        "Derivative propagation": "0 of 15 tests passed, not written yet: forward",
    }
    assert (ended.returncode, "FAILURES" in ended.stdout) == (1, False)


@pytest.mark.slow
def test_a_step_says_which_earlier_functions_it_waits_for(tmp_path: Path) -> None:
    ended = pytest_in(starter_copy(tmp_path, REFERENCE.replace(function(REFERENCE, "log"), function(STUBS, "log"))), "-k", "forward")
    assert by_step(ended.stdout) == {"Derivative propagation": "11 of 15 tests passed, 4 wait for log, not written yet"}
    assert ended.returncode == 1


@pytest.mark.slow
def test_an_extension_that_is_not_written_fails_nobodys_run(tmp_path: Path) -> None:
    ended = pytest_in(starter_copy(tmp_path, REFERENCE.replace(function(REFERENCE, "backward"), function(STUBS, "backward"))))
    assert by_step(ended.stdout)["Extensions"] == "27 of 32 tests passed, not written yet: backward"
    assert ended.returncode == 0, ended.stdout


# name -> source, the tests that run, and what the student reads
TOLD = {
    "a wrong partial": (
        NODES.replace('"sub", [1.0, -1.0]', '"sub", [1.0, 1.0]'), "node_creation__sub",
        ("x, y = Node(0.6), Node(2.2)\noutput = sub(x, y)\n", "expected output.grad_wrt_parents[1] = -1.0",
         "     got output.grad_wrt_parents[1] = 1.0", "hint:  Write the operator as a formula"),
    ),
    "two mistakes in one test": (
        NODES.replace('"sub", [1.0, -1.0]', '"minus", [1.0, 1.0]'), "node_creation__sub",
        ("expected output.operator = 'sub', a text", "expected output.grad_wrt_parents[1] = -1.0"),
    ),
    "no return": (
        NODES.replace("    return node\n", ""), "node_creation__add", ("expected output to be a Node", "got None: is a `return` missing?"),
    ),
    "math's names above": (
        NODES.replace("import numpy as np", "from math import *\n\nimport numpy as np").replace("np.log(a.value)", "log(a.value)"),
        "node_creation__log",
        ("`log` calls itself.", "Write `import math`", "`math.log(...)`", "in log, line "),
    ),
    "math's names below": (
        NODES + "\nfrom math import *\n", "node_creation__log", ("`log` in autodiff.py is the function of math, not yours",),
    ),
    "numpy's names below": (NODES + "\nfrom numpy import *\n", "node_creation__add", ("is the function of numpy, not yours",)),
    "a name that is gone": (
        NODES.replace("def exp(", "def e_to_the("), "node_creation__exp", ("autodiff.py defines no function of this name",),
    ),
    "an exception": (
        NODES.replace('"add", [1.0, 1.0]', '"add", one'), "node_creation__add", ("got NameError: name 'one'", "in add, line "),
    ),
    "the second operand's link": (
        NODES.replace("for parent in parent_nodes:", "for parent in parent_nodes[:1]:"), "node_creation__mul",
        ("expected y.child_nodes = [output]", "got y.child_nodes = []"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", slow_after(2, TOLD))
def test_a_failed_test_says_what_was_called_expected_and_got_and_why(name: str, tmp_path: Path) -> None:
    source, tests, words = TOLD[name]
    assert source != NODES
    ended = pytest_in(starter_copy(tmp_path, source), "-k", tests)
    assert ended.returncode == 1
    assert [text for text in words if text not in ended.stdout] == [], ended.stdout
    assert "Traceback" not in ended.stdout
    assert "np.float64" not in ended.stdout


@pytest.mark.slow
def test_math_in_full_beside_own_names_is_no_mistake(tmp_path: Path) -> None:
    source = REFERENCE.replace("import numpy as np", "from math import *\n\nimport numpy as np")
    assert pytest_in(starter_copy(tmp_path, source), "-k", "not extension").returncode == 0


STALE = """
def forward(root):
    for node in topological_order(root):
        pairs = zip(node.parent_nodes, node.grad_wrt_parents)
        node.partial_derivative = 1.0 if node is root else sum(partial * parent.partial_derivative for parent, partial in pairs)
"""


def test_a_derivative_that_an_earlier_sweep_left_fails_the_test_of_two_sweeps_alone(tmp_path: Path) -> None:
    ended = pytest_in(starter_copy(tmp_path, REFERENCE + STALE), "-k", "not extension")
    assert by_step(ended.stdout)["Derivative propagation"] == "14 of 15 tests passed, 1 failed"
    for words in (
        "test_forward__two_sweeps",
        "forward(x1)\nforward(x2)\n",
        "expected v2.partial_derivative = 2.0",
        "Which nodes does the second",
    ):
        assert words in ended.stdout


@pytest.mark.slow
def test_an_endless_loop_ends_without_signals_too_and_names_its_line(tmp_path: Path) -> None:
    starter_copy(tmp_path, NODES.replace(function(NODES, "topological_order"), LOOP))
    script = """
import signal, sys
for name in ("SIGALRM", "alarm", "setitimer"):  # Windows has none of these
    delattr(signal, name)
import pytest
sys.exit(pytest.main(["-p", "no:cacheprovider", "-p", "no:xdist", "-k", "two_nodes or three_in_a_row or node_creation"]))
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert by_step(ended.stdout)["Node creation"] == "16 of 16 tests passed"
    assert by_step(ended.stdout)["Topological order"] == "0 of 2 tests passed, 2 failed"
    assert ended.stdout.count("no answer within 2 seconds") == 2
    assert "in topological_order, line " in ended.stdout


@pytest.mark.slow
def test_a_loop_that_catches_everything_ends_pytest_with_a_sentence(tmp_path: Path) -> None:
    loop = LOOP.replace("except Exception:", "except:")
    starter_copy(tmp_path, NODES.replace(function(NODES, "topological_order"), loop))
    ended = pytest_in(tmp_path, "-k", "two_nodes or three_in_a_row")
    assert ended.returncode == 1
    assert "test_topological_order__simple_graphs__two_nodes does not end, and nothing ends it." in ended.stdout


def test_the_starter_is_readable_and_runs_on_the_oldest_python_that_it_names() -> None:
    assert f"Python {OLDEST[0]}.{OLDEST[1]} or newer" in (STARTER / "README.md").read_text("utf-8")
    for path in STARTER.glob("*.py"):
        source = path.read_text("utf-8")
        assert [line for line in source.splitlines() if len(line) > 120] == [], path
        tree = ast.parse(source, feature_version=OLDEST)
        calls = [part for part in ast.walk(tree) if isinstance(part, ast.Call)]
        classes = [call.args[1] for call in calls if getattr(call.func, "id", "") == "isinstance"]
        assert [ast.unparse(part) for part in classes if isinstance(part, ast.BinOp)] == [], "A | B in isinstance needs Python 3.10"
        assert [ast.unparse(call) for call in calls if "strict" in [word.arg for word in call.keywords]] == [], "zip(strict) needs 3.10"
    assert len((STARTER / "test_public.py").read_text("utf-8").splitlines()) < 800


# ---- show.py ----


def shown(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "show.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_show_draws_the_students_graph_and_prints_the_tangent_table(tmp_path: Path) -> None:
    printed = shown(starter_copy(tmp_path, REFERENCE))
    rows = [re.split(" {2,}", line.strip()) for line in printed.splitlines()]
    assert ["v2", "mul(x1, x2)", "10", "dv2/dx1 = 5, dv2/dx2 = 2"] in rows
    assert ["v3", "1 * 0.5 + 1 * 5", "5.5"] in rows
    assert ["y", "1 * 5.5 + -1 * 0", "5.5"] in rows
    drawing = xml.etree.ElementTree.parse(tmp_path / "graph.svg").getroot()
    texts = [text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"v1 = log(x1)", "0.693147", "d = 5.5", "0.5", "-1"} <= set(texts)
    assert len([text for text in texts if text and " = " in text and "d = " not in text]) == 7


def test_show_works_while_functions_are_missing_or_wrong(tmp_path: Path) -> None:
    assert "not written yet: log" in shown(starter_copy(tmp_path / "stubs", STUBS))
    half = shown(starter_copy(tmp_path / "half", NODES), "u = x*x; u*y + sin(u)", "x=1.3", "y=0.7", "--out", "own.svg")
    assert "mul(x, x)" in half
    assert "not written yet: topological_order" in half
    assert "not written yet: forward" in half
    assert (tmp_path / "half" / "own.svg").is_file()
    unlinked = shown(
        starter_copy(tmp_path / "unlinked", REFERENCE.replace("for parent in parent_nodes:", "for parent in parent_nodes[:1]:"))
    )
    assert "v2 is missing in x2.child_nodes" in unlinked
    assert "stroke-dasharray" in (tmp_path / "unlinked" / "graph.svg").read_text("utf-8")
    breadth = REFERENCE.replace("return _linearize(root, lambda node: node.child_nodes)", BREADTH_FIRST)
    assert "y comes before its operand v2" in shown(starter_copy(tmp_path / "order", breadth), "sin(sin(x)) + x", "x=2", "--root", "x")


BREADTH_FIRST = """order = [root]
    for node in order:
        order += [child for child in dict.fromkeys(node.child_nodes) if child not in order]
    return order"""


def test_show_refuses_what_it_cannot_read_with_an_example(tmp_path: Path) -> None:
    starter_copy(tmp_path, REFERENCE)
    for arguments in (["x**2", "x=1"], ["x +", "x=1"], ["x", "x=one"]):
        ended = subprocess.run([sys.executable, "show.py", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
        assert "can't read that" in ended.stderr


def test_show_needs_the_standard_library_alone() -> None:
    tree = ast.parse((STARTER / "show.py").read_text("utf-8"))
    names = {alias.name for part in ast.walk(tree) if isinstance(part, ast.Import) for alias in part.names}
    names |= {part.module or "" for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)}
    assert names - {"autodiff"} <= sys.stdlib_module_names


def test_a_node_prints_as_its_operator_and_value(tmp_path: Path) -> None:
    starter_copy(tmp_path, REFERENCE)
    command = [sys.executable, "-c", "from autodiff import *; x = Node(2.0); print(x, [log(x)])"]
    assert (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        == "<input 2.0> [<log 0.6931471805599453>]\n"
    )
    assert "def __repr__" in STUBS


# ---- the notebook ----

CELLS = """
import json, linecache, sys
namespace = globals()
for number, cell in enumerate(json.load(open(sys.argv[1]))["cells"]):
    if cell["cell_type"] == "code":
        source, name = "".join(cell["source"]), f"<cell {number}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            exec(compile(source, name, "exec"), namespace)
        except AssertionError as error:
            print("AssertionError:", error)
"""


def test_the_notebooks_tests_pass_on_solutions_and_name_what_is_not_written(tmp_path: Path) -> None:
    notebook = json.loads((ROOT / "assignment" / "source" / "autodiff" / "autodiff.ipynb").read_text("utf-8"))
    (tmp_path / "solved.ipynb").write_text(json.dumps(notebook), "utf-8")
    for cell in notebook["cells"]:
        if cell["id"].startswith("solution-"):
            name = cell["id"].removeprefix("solution-")
            cell["source"] = [function(STUBS, name)]
        if cell["id"] == "example":
            cell["source"] = []
    (tmp_path / "released.ipynb").write_text(json.dumps(notebook), "utf-8")
    printed = {}
    for name in ("solved", "released"):
        command = [sys.executable, "-c", CELLS, tmp_path / f"{name}.ipynb"]
        printed[name] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "AssertionError" not in printed["solved"]
    assert printed["solved"].count("16 of 16 public tests passed") == 2
    assert "AssertionError: 0 of 17 public tests passed\nnot written yet: topological_order" in printed["released"]
    assert "Traceback" not in printed["released"]
