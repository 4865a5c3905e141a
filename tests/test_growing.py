"""To change X, edit Y: an operator is one function and one line of YAML; everything else is found."""

from pathlib import Path

import pytest
from conftest import FULL, REFERENCE, Run, report, scores

TANH = '''

def tanh(a):
    """Return the node tanh a."""
    ### BEGIN SOLUTION
    return create_node(np.tanh(a.value), [a], "tanh", [1.0 - np.tanh(a.value) ** 2])
    ### END SOLUTION
'''
CASE = "    add: x + y at x=1.3, y=0.7\n"


@pytest.mark.slow
def test_a_new_operator_is_refused_until_it_has_a_case_and_then_graded(kit: Path, run: Run, tmp_path: Path) -> None:
    reference, rubric = kit / "reference" / "autodiff.py", kit / "rubrics" / "1-node-creation.yaml"
    reference.write_text(REFERENCE + TANH)
    refused = run("rubric", "check", "--kit", kit, status=2).stderr
    assert "the operator tanh has no case: add a line, `tanh: tanh(x) at x=0.7`" in refused

    rubric.write_text(rubric.read_text().replace(CASE, CASE + "    tanh: tanh(x) at x=0.7\n"))
    run("rubric", "check", "--kit", kit)
    wrong = tmp_path / "wrong.py"
    wrong.write_text((REFERENCE + TANH).replace("[1.0 - np.tanh(a.value) ** 2]", "[1.0]"))
    without = tmp_path / "without.py"
    without.write_text(REFERENCE)
    right = tmp_path / "right.py"
    right.write_text(REFERENCE + TANH)
    run("grade", right, wrong, without, "--kit", kit, "--out", tmp_path / "out", "--quiet")
    assert scores(report(tmp_path / "out", "right")) == FULL
    for name in ("wrong", "without"):
        got = scores(report(tmp_path / "out", name))
        assert got == {**FULL, "node-creation": got["node-creation"]}
        assert got["node-creation"] < 35

    run("release", tmp_path / "starter", "--kit", kit)
    starter = (tmp_path / "starter" / "autodiff.py").read_text()
    assert 'raise NotImplementedError("tanh is not written yet (step node-creation)")' in starter


@pytest.mark.slow
def test_the_rubric_is_in_order(run: Run) -> None:
    assert "The rubric is in order." in run("rubric", "check").stdout


def test_a_broken_reference_is_a_fault_of_the_kit_and_nobodys_zero(kit: Path, run: Run, tmp_path: Path) -> None:
    reference = kit / "reference" / "autodiff.py"
    reference.write_text(REFERENCE.replace("np.log(a.value)", "np.logarithm(a.value)"))
    (tmp_path / "student.py").write_text(REFERENCE)
    ended = run("grade", tmp_path / "student.py", "--kit", kit, "--out", tmp_path / "out", status=2)
    place = f"{kit}/rubrics/1-node-creation.yaml:14:10"
    assert ended.stderr == f"grader: {place}: the reference does not answer (raised): module 'numpy' has no attribute 'logarithm'\n"
    assert not (tmp_path / "out").exists()
