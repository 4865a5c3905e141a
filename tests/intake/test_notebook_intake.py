"""A notebook is loaded cell by cell, as a kernel does: what is no Python, or raises, costs its own cell alone."""

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, REFERENCE, Run, report, scores, slow_after

HEAD, STEP_2 = REFERENCE.split("### BEGIN SOLUTION\ndef _linearize", maxsplit=1)
STEP_2, STEP_3 = ("### BEGIN SOLUTION\ndef _linearize" + STEP_2).split("def forward", maxsplit=1)
PARTS = [HEAD, STEP_2, "def forward" + STEP_3]
Cell = dict[str, Any]


def code(source: str, **nbgrader: Any) -> Cell:
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": nbgrader} if nbgrader else {}, "outputs": []}


GOOD = [code(part) for part in PARTS]
TEST = {"grade": True, "solution": False, "grade_id": "forward", "points": 35}
FINE: dict[str, list[Cell]] = {
    "as it is": GOOD,
    "a cell that raises before the others": [code("1 / 0"), *GOOD],
    "a cell that is no Python": [code("def ("), *GOOD],
    "a cell that ends the program": [GOOD[0], code("import sys; sys.exit(3)"), *GOOD[1:]],
    "magics and shell lines": [code("%load_ext autoreload\n!pip list\nadd?\nfiles = !ls\n" + PARTS[0]), *GOOD[1:]],
    "a magic in a block": [code("if True:\n    %matplotlib inline\n" + PARTS[0]), *GOOD[1:]],
    "a timed cell": [GOOD[0], code("%%time\n" + PARTS[1]), GOOD[2]],
    "a cell for the shell": [code("%%bash\nrm -rf *"), *GOOD],
    "await at the top": [code("import asyncio\nawait asyncio.sleep(0)"), *GOOD],
    "Python that looks like a magic": [code('"""\n%d\n!\n"""\nassert (7\n% 4) == 3\n' + PARTS[0]), *GOOD[1:]],
    "in another order": [GOOD[2], GOOD[1], GOOD[0]],
    "a cell twice": [GOOD[0], code("def forward(root): pass"), *GOOD[1:]],
    "graded cells, whatever is written in them": [code("while True: pass", **TEST), *GOOD, code("raise SystemExit", **TEST)],
    "public tests, which are not run": [*GOOD, code("def forward(root): pass", grade_id="public-forward", locked=True)],
    "a solution that became text": [*GOOD[:2], {**code(PARTS[2], solution=True, cell_type="code"), "cell_type": "markdown"}],
    "half a letter in a cell": [code("x = '\ud800'"), *GOOD],
}


@pytest.fixture
def graded_notebook(run: Run, tmp_path: Path) -> Callable[[list[Cell]], dict[str, Any]]:
    def graded(cells: list[Cell]) -> dict[str, Any]:
        path = tmp_path / "alice" / "autodiff.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
        run("grade", path, "--out", tmp_path / "out", "--quiet")
        return report(tmp_path / "out", "alice")

    return graded


@pytest.mark.parametrize("name", slow_after(3, FINE))
def test_full_marks_for_right_solutions_in_a_notebook_with(name: str, graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    assert scores(graded_notebook(FINE[name])) == FULL


TOLD = {
    "raises": ("x = 1\n1 / 0\ny = 2", "The notebook cannot run as it stands: code cell 2, line 2: ZeroDivisionError: division by zero."),
    "is no Python": ("x = 1\ny = 2\ndef (", "The notebook cannot run as it stands: code cell 2, line 3: SyntaxError: "),
    "awaits": ("x = 1\n\nawait x", "The notebook cannot run as it stands: code cell 2, line 3: SyntaxError: "),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TOLD)
def test_the_report_says_which_cell(name: str, graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    source, sentence = TOLD[name]
    got = graded_notebook([GOOD[0], {"cell_type": "markdown", "source": "hello"}, code(source), *GOOD[1:]])
    [note] = got["notes"]
    assert note.startswith(sentence)
    assert note.endswith(f" What does not depend on this line was graded, with Python {platform.python_version()}.")


def test_a_cell_that_is_not_python_costs_its_own_step_alone(graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    got = graded_notebook([GOOD[0], GOOD[1], code(PARTS[2].replace("(root):", "(root:"))])
    assert scores(got) == {**FULL, "forward": 0}


@pytest.mark.slow
def test_a_cell_without_end_costs_itself(graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    got = graded_notebook([*GOOD, code("x = 1\nwhile True: pass")])
    assert scores(got) == FULL
    [note] = got["notes"]
    assert note.endswith(" Lines left out: code cell 4 line 2.")


def test_the_report_names_every_cell_that_raises(graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    got = graded_notebook([code("import matplotlib\nimport math"), *GOOD, code("\nplt.show()")])
    assert scores(got) == FULL
    assert got["notes"][0].startswith("The notebook cannot run as it stands: code cell 1 line 1, code cell 5 line 2. ")
    assert got["notes"][1:] == [
        "Code cell 1, line 1: ModuleNotFoundError: No module named 'matplotlib'",
        "Code cell 5, line 2: NameError: name 'plt' is not defined",
    ]


def test_a_noisy_cell_runs_once_and_not_for_each_question(graded_notebook: Callable[[list[Cell]], dict[str, Any]], tmp_path: Path) -> None:
    """Each of its statements is quick. Together they take longer than what is worth skipping."""
    noisy = "import time\n\ndef report():\n    time.sleep(0.002)\n    print('x' * 1000, flush=True)\n\n" + "report()\n" * 20
    assert scores(graded_notebook([*GOOD, code(noisy)])) == FULL
    printed = json.loads((tmp_path / "out" / ".traces" / "alice.json").read_text("utf-8"))["printed"]
    assert 20_000 <= printed < 20 * 20_000  # the bonus questions that fail are asked again


@pytest.mark.slow
def test_outputs_are_not_read_however_large_they_are(graded_notebook: Callable[[list[Cell]], dict[str, Any]]) -> None:
    shown = {"output_type": "stream", "name": "stdout", "text": ['[{"outputs": \\ ]}' * 1_000_000]}
    large = [{**cell, "outputs": [shown]} for cell in GOOD]
    assert len(json.dumps(large)) > 50_000_000
    assert scores(graded_notebook(large)) == FULL


@pytest.mark.slow
def test_a_notebook_that_is_large_without_its_outputs_is_unusable_and_says_so(
    graded_notebook: Callable[[list[Cell]], dict[str, Any]],
) -> None:
    got = graded_notebook([*GOOD, {"cell_type": "markdown", "source": "x" * 50_000_001}])
    assert (got["status"], got["notes"]) == ("unusable", ["The notebook is larger than 50 MB without its outputs."])


NO_PROGRAM = {
    "NUL bytes": ([code("x = 1\0")], "The notebook holds NUL bytes, so it is not a text."),
    "no code": ([{"cell_type": "markdown", "source": "hello"}], "autodiff.py is empty."),
}


@pytest.mark.parametrize("name", NO_PROGRAM)
def test_a_notebook_without_a_program_is_zero_with_a_sentence(name: str, graded_notebook: Callable[[list[Any]], dict[str, Any]]) -> None:
    cells, sentence = NO_PROGRAM[name]
    got = graded_notebook(cells)
    assert (sum(scores(got).values()), got["notes"]) == (0, [sentence])


def test_what_is_no_notebook_is_unusable_with_a_sentence(graded_notebook: Callable[[list[Any]], dict[str, Any]]) -> None:
    got = graded_notebook([1, 2])
    assert (got["status"], got["score"]) == ("unusable", None)
    assert got["notes"] == ["The notebook can't be read: it is not in Jupyter's format."]
