"""The nbgrader source notebook is built from handout, reference, public cases, rubric and written questions, and is fresh."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import FULL, REFERENCE, ROOT, Run, report, scores, slow_but

SOURCE = "source/autodiff/autodiff.ipynb"
NOTEBOOK = json.loads((ROOT / "assignment" / SOURCE).read_text("utf-8"))
CELLS = {cell["id"]: "".join(cell["source"]) for cell in NOTEBOOK["cells"]}
MARKS = {cell["id"]: cell["metadata"].get("nbgrader", {}) for cell in NOTEBOOK["cells"]}


@pytest.fixture
def course_kit(kit: Path) -> Path:
    """A copy of the kit with its assignment, for tests that change it."""
    shutil.copytree(ROOT / "assignment", kit / "assignment")
    return kit


def test_the_notebook_in_the_repository_is_fresh(run: Run) -> None:
    run("release", "--notebook", "--check")


CHANGES = {
    "the handout": ("assignment/handout.md", "chain rule", "rule of chains"),
    "a solution": ("reference/autodiff.py", "node = Node(", "fresh = Node("),
    "a docstring": ("reference/autodiff.py", "Return the node a + b.", "Return a plus b."),
    "points": ("rubrics/3-forward.yaml", "points: 35", "points: 36"),
    "a public case": ("rubrics/1-node-creation.yaml", "x + y at x=1.3", "x + y at x=1.4"),
    "a written question": ("assignment/written.yaml", "n inputs and m outputs", "many inputs and outputs"),
}


QUICK = {name for name, (file, _, _) in CHANGES.items() if file.startswith("assignment/")}
"""What changes no question to the reference: elsewhere all of them are asked again."""


@pytest.mark.parametrize("name", slow_but(QUICK, CHANGES))
def test_a_change_in_one_source_makes_it_stale(name: str, course_kit: Path, run: Run) -> None:
    file, old, new = CHANGES[name]
    text = (course_kit / file).read_text("utf-8")
    assert old in text
    changed = text.replace(old, new)
    if name == "points":  # the criteria must sum up
        changed = changed.replace("    points: 5\n", "    points: 6\n", 1)
    if name == "a solution":
        changed = changed.replace("parent.child_nodes.append(node)\n    return node", "parent.child_nodes.append(fresh)\n    return fresh")
    (course_kit / file).write_text(changed, "utf-8")
    said = run("release", "--notebook", "--check", "--kit", course_kit, status=1).stderr
    assert said == f"{course_kit}/assignment/{SOURCE} is stale: run `grader release --notebook`\n"
    run("release", "--notebook", "--kit", course_kit)
    run("release", "--notebook", "--check", "--kit", course_kit)


def test_it_has_a_cell_for_each_stub_step_and_question() -> None:
    steps = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "rubrics").glob("*.yaml"))]
    graded = {name: mark["points"] for name, mark in MARKS.items() if mark.get("grade") and not mark["solution"]}
    assert graded == {step["step"]: float(step["points"]) for step in steps}
    stubs = {name.removeprefix("solution-") for name, mark in MARKS.items() if mark.get("solution") and not mark["grade"]}
    assert stubs == {
        line[4:].partition("(")[0] for line in REFERENCE.splitlines() if line.startswith("def ") and not line.startswith("def _")
    }
    questions = yaml.safe_load((ROOT / "assignment" / "written.yaml").read_text("utf-8"))["questions"]
    written = {name: mark["points"] for name, mark in MARKS.items() if mark.get("grade") and mark["solution"]}
    assert written == {f"written-{question['id']}": float(question["points"]) for question in questions}


def test_it_holds_the_handout_and_the_reference_word_for_word() -> None:
    text = "\n".join(CELLS.values())
    handout = (ROOT / "assignment" / "handout.md").read_text("utf-8")
    for line in [*re.sub(r"<!-- .*? -->\n?", "", handout).splitlines(), *REFERENCE.splitlines()]:
        assert line in text
    for figure in re.findall(r"\]\((figures/.+?)\)", handout):
        assert (ROOT / "assignment" / SOURCE).parent.joinpath(figure).read_text() == (ROOT / "assignment" / figure).read_text()


def test_solutions_stand_between_marks_alone() -> None:
    for name, source in CELLS.items():
        assert ("### BEGIN SOLUTION" in source) == bool(MARKS[name].get("solution"))
        assert source.count("### BEGIN SOLUTION") == source.count("### END SOLUTION")


def test_the_source_notebook_itself_has_full_marks(run: Run, tmp_path: Path) -> None:
    run("grade", ROOT / "assignment" / SOURCE, "--out", tmp_path, "--quiet")
    assert scores(report(tmp_path, "autodiff")) == FULL


def test_release_names_every_place_that_is_still_to_fill_in(course_kit: Path, run: Run) -> None:
    handout = course_kit / "assignment" / "handout.md"
    marked = [n for n, line in enumerate(handout.read_text("utf-8").splitlines(), start=1) if "INSTRUCTOR: fill in" in line]
    assert len(marked) == 4
    said = run("release", "--notebook", "--kit", course_kit).stderr.splitlines()
    assert [line.partition(": still to fill in: ")[0] for line in said] == [f"grader: {handout}:{number}" for number in marked]
    said = run("release", course_kit.parent / "starter", "--owner", "course", "--kit", course_kit).stderr
    assert [f"{handout}:{number}: still to fill in" in said for number in marked] == [True] * 4
    handout.write_text(
        handout.read_text("utf-8").replace("**[INSTRUCTOR: fill in]** Whom to write to, and until when.", "Ann, May 1."), "utf-8"
    )
    assert len(run("release", "--notebook", "--kit", course_kit).stderr.splitlines()) == 3


FAULTS = {
    "no section for a step": ("assignment/handout.md", "## Step 3", "## Part 3", "assignment/handout.md has no section for forward"),
    "a section too many": ("assignment/handout.md", "## Sources", "## Step 9", "speaks of step 9, and the rubric has 3 steps with points"),
    "a question without points": ("assignment/written.yaml", "    points: 5\n", "", "a question lacks points"),
    "a question's id": ("assignment/written.yaml", "id: static-or-dynamic", "id: a b", "an id consists of small letters"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_parts_that_do_not_fit_are_told(name: str, course_kit: Path, run: Run) -> None:
    file, old, new, sentence = FAULTS[name]
    (course_kit / file).write_text((course_kit / file).read_text("utf-8").replace(old, new), "utf-8")
    ended = run("release", "--notebook", "--kit", course_kit, status=2)
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_export_without_nbgrader_or_database_is_a_sentence(run: Run, tmp_path: Path) -> None:
    assert "nbgrader needs --db URL" in run("export", tmp_path, "--to", "nbgrader", status=2).stderr
    assert "Traceback" not in run("export", tmp_path, "--to", "nbgrader", "--db", tmp_path / "x.db", status=2).stderr
