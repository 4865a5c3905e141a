"""`grader rubric check` finds a reference whose derivatives are wrong, which no comparison with itself can find."""

import re
from pathlib import Path

import pytest
from conftest import SUBMISSIONS, Run, report, scores, slow_after

from grader import __version__

TANH = '''
def tanh(a):
    """Return the node tanh a."""
    ### BEGIN SOLUTION
    value = np.tanh(a.value)
    return create_node(value, [a], "tanh", [{partial}])
    ### END SOLUTION


### BEGIN SOLUTION
def _linearize('''

COURSE = 'course: numerics\nkit: "{version}"\nsubmissions: submissions\nout: out\n'

WRONG = {
    "a partial": ("[b.value, a.value])", "[b.value, a.value + 0.001])", r"mul, operand 2 at .*: the reference has .*, its values give "),
    "a sweep forward": ("sum(partial * tangents", "sum(abs(partial) * tangents", r"forward from \w+, node \w+: the reference has "),
    "a sweep backward": ("+ node.adjoint * partial", "+ node.adjoint + partial - 1", r"backward from \w+, node \w+: the reference has "),
}


def change(kit: Path, before: str, after: str) -> None:
    reference = kit / "reference" / "autodiff.py"
    text = reference.read_text("utf-8")
    assert before in text
    reference.write_text(text.replace(before, after), "utf-8")


def with_tanh(kit: Path, partial: str) -> None:
    change(kit, "\n### BEGIN SOLUTION\ndef _linearize(", TANH.format(partial=partial))
    rubric = kit / "rubrics" / "1-node-creation.yaml"
    rubric.write_text(re.sub(r"\n( +)sin: ", r"\n\1tanh-case: tanh(x) at x=0.7\n\1sin: ", rubric.read_text("utf-8"), count=1), "utf-8")


@pytest.mark.parametrize("name", slow_after(0, WRONG))
def test_a_wrong_derivative_of_the_reference_is_a_fault(name: str, kit: Path, run: Run) -> None:
    before, after, expected = WRONG[name]
    change(kit, before, after)
    done = run("rubric", "check", "--kit", kit, status=2)
    assert re.search(expected, done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_new_operator_with_a_wrong_partial_is_a_fault_and_with_a_right_one_none(kit: Path, tmp_path: Path, run: Run) -> None:
    with_tanh(kit, "1.0 - value")
    done = run("rubric", "check", "--kit", kit, status=2)
    assert re.search(r"tanh, operand 1 at 0\.7: the reference has 0\.39\d+, its values give 0\.63\d+", done.stderr)
    change(kit, "1.0 - value]", "1.0 - value**2]")
    assert "in order" in run("rubric", "check", "--kit", kit).stdout


def test_a_reference_of_odd_types_gives_a_sentence(kit: Path, run: Run) -> None:
    change(kit, "create_node(a.value * b.value", "create_node(str(a.value * b.value)")
    done = run("rubric", "check", "--kit", kit, status=2)
    assert "type str where the assignment asks for a number" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_step_may_be_removed_with_its_file_and_what_it_leaves_without_use_is_a_note(kit: Path, tmp_path: Path, run: Run) -> None:
    folder = kit / "reference" / "misconceptions"
    folder.mkdir()
    (folder / "lost.yaml").write_text("step: reverse\nbelieves: a\nhint: b\nseen: c\ncode: |\n  def backward(x): pass\n", "utf-8")
    (kit / "rubrics" / "4-reverse.yaml").unlink()
    checked = run("rubric", "check", "--kit", kit).stdout
    assert "note: no step is called reverse: the misconception lost is not used" in checked
    assert "note: no criterion names the check test_adjoints_again" in checked
    assert "The rubric is in order." in checked
    run("grade", SUBMISSIONS / "wrong" / "sub-partials-both-one.py", "--kit", kit, "--out", tmp_path / "out", "--quiet", "--diagnosis")
    graded = report(tmp_path / "out", "sub-partials-both-one")
    assert [step["id"] for step in graded["steps"]] == ["node-creation", "topological-order", "forward", "arrays"]
    assert 0 < scores(graded)["node-creation"] < 35


@pytest.mark.slow
def test_a_step_and_a_criterion_are_left_out_by_a_line_of_course_yaml(tmp_path: Path, run: Run) -> None:
    (tmp_path / "course.yaml").write_text(COURSE.format(version=__version__) + "leave_out: [reverse, forward/cancellation]\n", "utf-8")
    checked = run("rubric", "check", "--course", tmp_path).stdout
    assert re.search(r"^forward +32 points, 7 criteria", checked, re.MULTILINE)
    assert not re.search(r"^reverse ", checked, re.MULTILINE)
    assert "note: no step is called reverse: the misconception backward-inputs-only is not used" in checked


@pytest.mark.slow
def test_a_check_that_can_not_judge_what_its_criterion_asks_for_is_a_fault(kit: Path, run: Run) -> None:
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    text = rubric.read_text("utf-8")
    rubric.write_text(text.replace("id: unequal_paths\n", "id: unequal_paths\n    check: values\n"), "utf-8")
    done = run("rubric", "check", "--kit", kit, status=2)
    assert "test_values must take 'order': criterion unequal_paths asks for order" in done.stderr


@pytest.mark.slow
def test_what_the_reference_loses_is_a_note(kit: Path, run: Run) -> None:
    rubric = kit / "rubrics" / "1-node-creation.yaml"
    text = rubric.read_text("utf-8")
    rubric.write_text(text.replace("id: collectable\n", "id: collectable\n    check: never\n"), "utf-8")
    (kit / "checks").mkdir()
    check = "from grader.compare.expectations import Mismatch\n\n\ndef test_never(graph):\n    raise Mismatch('a', 'b', 'c')\n"
    (kit / "checks" / "test_mine.py").write_text(check, "utf-8")
    assert "note: the reference does not get all points of node-creation/collectable" in run("rubric", "check", "--kit", kit).stdout
