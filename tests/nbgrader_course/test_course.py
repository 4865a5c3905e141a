"""The real flow on a fresh course, with SQLite and with PostgreSQL: what nbgrader holds in the end is what the command line says."""

import csv
import html
import importlib.util
import json
import re
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import CHROMIUM, executed, formgrader, shown
from courses import HERE, ROOT, STUDENTS, Course, command, course, new_database, postgresql

if importlib.util.find_spec("nbgrader") is None:
    pytest.skip("nbgrader is not installed: run `tox run -e nbgrader`", allow_module_level=True)

CORE = ("node-creation", "topological-order", "forward")
SOLUTION = [
    line.strip()
    for region in re.findall(r"### BEGIN SOLUTION\n(.*?)### END", (ROOT / "reference" / "autodiff.py").read_text(), re.DOTALL)
    for line in region.splitlines()
    if len(line.strip()) > 12
]


NUMBER = re.compile(r"\d+\.\d{6,}")


def bonus(step: dict[str, Any]) -> float:
    return float(sum(c["score"] for c in step["criteria"] if c["bonus"]))


@pytest.fixture(scope="module")
def command_line(course: Course, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The reports of `grader cohort` on the very notebooks that were handed in."""
    out = tmp_path_factory.mktemp("out")
    course.run("grader", "cohort", course.folder / "submitted", "--out", out, "--no-diagnosis", "--quiet")
    return {student: json.loads((out / student / "report.json").read_text()) for student in STUDENTS}


@pytest.mark.parametrize("student", STUDENTS)
def test_every_step_has_the_score_of_the_command_line(student: str, course: Course, command_line: dict[str, dict[str, Any]]) -> None:
    grades = course.peek()[student]["grades"]
    for step in command_line[student]["steps"]:
        grade = grades[step["id"]]
        assert (grade["auto"], grade["extra"] or 0.0, grade["most"]) == (step["score"], bonus(step), step["max_score"])
        assert grade["manual"] is None
        assert not grade["look"]


SCORES = {
    "right": 100, "late": 100, "mangled": 100, "magics": 100, "unfinished": 65, "deleted": 65,
    "untouched": 0, "no-notebook": None, "endless": 100, "large": 100,
}  # fmt: skip


def test_the_scores_are_what_the_notebooks_deserve(course: Course) -> None:
    found = {student: course.report(student)["score"] for student in STUDENTS}
    assert {student: found[student] for student in SCORES} == SCORES
    assert 0 < found["breadth-first"] < 100
    assert 0 < found["hostile"] < 100


def test_what_went_wrong_is_told_in_a_sentence(course: Course) -> None:
    assert course.report("endless")["notes"][0].startswith("Python cannot import your file as it stands (no answer within")
    assert course.report("no-notebook")["notes"] == ["The notebook can't be read: it is not in Jupyter's format."]
    assert course.report("magics")["notes"][0].startswith("The notebook cannot run as it stands: code cell 3 line 1, ")
    page = html.unescape(course.page("no-notebook"))
    assert "The notebook can't be read: it is not in Jupyter's format." in page
    assert "was not in the notebook" not in page
    assert "no-notebook/autodiff/autodiff.ipynb: The notebook can't be read: it is not in Jupyter's format." in course.autograded
    assert "was not in the notebook that was handed in. It was put back." in html.unescape(course.page("deleted"))


def test_what_is_no_notebook_waits_for_a_person_and_is_no_zero(course: Course) -> None:
    assert (course.report("no-notebook")["status"], course.report("no-notebook")["steps"]) == ("unusable", [])
    grades = course.peek()["no-notebook"]["grades"]
    assert {*CORE, "written-static-or-dynamic"} <= set(grades)
    found = {(bool(grade["most"]), grade["auto"], grade["manual"], grade["look"]) for grade in grades.values()}
    assert found == {(True, None, None, True), (False, 0.0, None, False)}  # the second: what gives bonus alone
    assert "No response" not in course.page("no-notebook")
    assert "No points and no zero: a person decides." in html.unescape(course.page("no-notebook"))


def test_written_answers_wait_for_a_person_and_unwritten_ones_do_not(course: Course) -> None:
    found = course.peek()
    assert {n: g["look"] for n, g in found["right"]["grades"].items() if n.startswith("written-")} == {
        "written-forward-or-reverse": True, "written-explicit-or-implicit": True, "written-static-or-dynamic": True,
    }  # fmt: skip
    assert not any(grade["look"] for grade in found["untouched"]["grades"].values())
    assert not found["deleted"]["grades"]["written-static-or-dynamic"]["look"]
    assert found["mangled"]["grades"]["written-forward-or-reverse"]["look"]


def test_the_export_of_nbgrader_holds_scores_and_late_penalties(course: Course, command_line: dict[str, dict[str, Any]]) -> None:
    rows = {row["student_id"]: row for row in csv.DictReader((course.folder / "grades.csv").read_text().splitlines())}
    assert set(rows) == set(STUDENTS)
    for student, report in command_line.items():
        if report["status"] == "unusable":  # nobody gets a zero unseen
            assert (rows[student]["raw_score"], rows[student]["score"]) == ("", "")
            continue
        total = report["score"] + report["bonus"]
        assert float(rows[student]["raw_score"]) == total
        assert float(rows[student]["score"]) == (0 if student == "late" else total)
    assert float(rows["late"]["late_submission_penalty"]) == 120


def read(page: str) -> str:
    """Return the words of a page, however its lines are wrapped."""
    return " ".join(html.unescape(page).split())


def outputs(course: Course, student: str) -> dict[str, str]:
    """Return what stands below each graded cell."""
    notebook = json.loads((course.folder / "autograded" / student / "autodiff" / "autodiff.ipynb").read_text())
    graded = [c for c in notebook["cells"] if c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("grade")]
    return {c["metadata"]["nbgrader"]["grade_id"]: "".join("".join(o["text"]) for o in c["outputs"]) for c in graded}


def test_the_lines_of_a_feedback_page_fit_and_nothing_is_said_twice(course: Course) -> None:
    """nbgrader shows outputs without wrapping them: a page of 1,000 pixels has room for some 105 characters."""
    lines = [line for student in STUDENTS for text in outputs(course, student).values() for line in text.splitlines()]
    assert [line for line in lines if len(line) > 100] == []
    for text in outputs(course, "breadth-first").values():
        told = [line.split()[0] for line in text.splitlines() if line.startswith("      ")]
        assert told.count("called") == told.count("expected") == told.count("got")
    assert any("called" in text for text in outputs(course, "breadth-first").values())
    for step in course.report("deleted")["steps"]:
        text = " ".join(outputs(course, "deleted")[step["id"]].split())
        for hint in {criterion["hint"] for criterion in step["criteria"] if criterion["hint"] and criterion["outcome"] != "pass"}:
            assert text.count(hint) == 1


def test_the_feedback_pages_hold_points_and_hints(course: Course) -> None:
    rubric = yaml.safe_load((ROOT / "rubrics" / "2-topological-order.yaml").read_text())
    page = read(course.page("breadth-first"))
    hints = [criterion["hint"] for criterion in rubric["criteria"] if criterion["id"] == "unequal_paths"]
    assert hints[0] in page
    assert "Topological order: " in page
    for criterion in (c for step in course.report("breadth-first")["steps"] for c in step["criteria"] if c["outcome"] != "pass"):
        assert f"[ ] {criterion['score']:g}/{criterion['max_score']:g}" in page
        assert criterion["says"] in page


def test_a_feedback_page_names_the_steps_and_folds_the_courses_code_away(course: Course) -> None:
    page = course.page("breadth-first")
    [step] = [step for step in course.report("breadth-first")["steps"] if step["id"] == "topological-order"]
    score = step["score"] + sum(criterion["score"] for criterion in step["criteria"] if criterion["bonus"])
    assert f'<a href="#topological-order">topological-order</a> (Score: {score:.1f} / 30.0)' in page
    assert "Test cell" not in page
    shown = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
    assert "def run_tests" in read(re.sub(r"<[^>]+>", "", page))
    assert "def run_tests" not in read(re.sub(r"<[^>]+>", "", shown))
    assert "def topological_order" in read(re.sub(r"<[^>]+>", "", shown))


@pytest.mark.parametrize("student", STUDENTS)
def test_no_feedback_page_holds_a_solution_or_a_hidden_value(student: str, course: Course, hidden: set[str]) -> None:
    page = html.unescape(re.sub(r"<[^>]+>", "", course.page(student)))
    if student == "untouched":
        assert [line for line in SOLUTION if line in page] == []
    assert NUMBER.findall(page)
    assert hidden & set(NUMBER.findall(page)) == set()


@pytest.fixture(scope="module")
def hidden(course: Course, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The values that hidden cases alone ask for or expect, as they would be printed."""
    out = tmp_path_factory.mktemp("plan")
    course.run("grader", "plan", "--out", out)
    expected = json.loads((out / "expected.json").read_text())
    numbers: dict[bool, set[str]] = {True: set(), False: set()}
    for case in expected["cases"].values():
        numbers[case["public"]] |= set(NUMBER.findall(json.dumps(case)))
    found = numbers[False] - numbers[True]
    assert len(found) > 1000
    return found


def test_markup_from_a_submission_is_shown_and_not_obeyed(course: Course) -> None:
    page = course.page("hostile")
    assert "<script>alert(1)" not in re.sub(r'<div class="highlight.*?</div>', "", page, flags=re.DOTALL)
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x" not in page
    assert "flood" not in page
    assert "\x1b" not in page
    assert not Path("/tmp/owned").exists()


def test_the_released_notebook_holds_no_solution_and_no_hidden_case(course: Course, hidden: set[str]) -> None:
    released = (course.folder / "release" / "autodiff" / "autodiff.ipynb").read_text()
    text = "\n".join("".join(cell["source"]) for cell in json.loads(released)["cells"])
    assert [line for line in SOLUTION if line in text] == []
    assert hidden & set(NUMBER.findall(text)) == set()
    assert "SOLUTION" not in released
    assert "_linearize" not in released
    for question in yaml.safe_load((ROOT / "assignment" / "written.yaml").read_text())["questions"]:
        assert question["answer"][:40] not in text
        assert question["asks"] in text


def test_nbgrader_validate_passes_on_a_solved_notebook_and_fails_on_the_released_one(course: Course) -> None:
    solved = course.folder / "submitted" / "right" / "autodiff" / "autodiff.ipynb"
    assert "Success! Your notebook passes all the tests." in course.run("nbgrader", "validate", solved, cwd=course.folder)
    said = course.run("nbgrader", "validate", course.folder / "release" / "autodiff" / "autodiff.ipynb", cwd=course.folder)
    assert "VALIDATION FAILED ON 6 CELL(S)" in said
    assert len(re.findall(r"AssertionError: 0 of \d\d public tests passed\s+not written yet: ", said)) == len(CORE)
    assert re.search(r"not written yet: .*\badd\b", said)


def test_public_tests_fail_before_the_stubs_are_filled_in_and_pass_after(course: Course, tmp_path: Path) -> None:
    before = executed(course, course.folder / "release" / "autodiff" / "autodiff.ipynb", tmp_path)
    after = executed(course, course.folder / "submitted" / "right" / "autodiff" / "autodiff.ipynb", tmp_path)
    assert set(after) == set(before)
    worked = {f"public-{step}-worked" for step in ("node-creation", "topological-order", "forward")}
    assert len(after) == 12 + len(worked)
    assert [name for name, passed in after.items() if not passed] == []
    # What is bonus only tells in its graded cell, and fails nobody's validation. A worked cell never fails.
    assert {name for name, passed in before.items() if passed} == {"public-tools", "reverse", "arrays"} | worked


@pytest.mark.filterwarnings("ignore")  # of tornado's
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_the_formgrader_opens_in_a_browser_and_shows_scores_and_feedback(course: Course, formgrader: str, tmp_path: Path) -> None:
    rows = shown(f"{formgrader}/formgrader/gradebook/autodiff/autodiff", [f"Submission #{len(STUDENTS)}"], tmp_path / "one")
    found = course.peek()
    assert len(re.findall("^.*Submission #", rows, re.MULTILINE)) == len(STUDENTS)
    for student in STUDENTS:
        score = re.escape(f"{found[student]['score']:g}")
        assert re.search(rf"Submission #\d+\s+{score} / 115", rows), rows
    with urllib.request.urlopen(f"{formgrader}/formgrader/api/submitted_notebooks/autodiff/autodiff") as answer:
        [work] = [entry["id"] for entry in json.load(answer) if entry["student"] == "breadth-first"]
    page = shown(f"{formgrader}/formgrader/submissions/{work}", ["Topological order: "], tmp_path / "two")
    step = next(step for step in course.report("breadth-first")["steps"] if step["id"] == "topological-order")
    assert f"Topological order: {step['score']:g} of 30 points" in page
    assert next(criterion["hint"] for criterion in step["criteria"] if criterion["hint"]) in " ".join(page.split())


def test_a_manual_score_stays_when_the_work_is_graded_again(course: Course) -> None:
    course.run("peek", course.db, "unfinished", "forward", "12.5", "", cwd=HERE)
    course.run("peek", course.db, "right", "reverse", "+3", "", cwd=HERE)
    course.run("nbgrader", "autograde", "autodiff", "--force", "--student=right", cwd=course.folder)
    course.run("nbgrader", "autograde", "autodiff", "--force", "--student=unfinished", cwd=course.folder)
    found = course.peek()
    assert found["unfinished"]["grades"]["forward"] == {"auto": 0.0, "manual": 12.5, "extra": None, "look": True, "most": 35.0}
    assert found["right"]["grades"]["reverse"]["extra"] == 3.0


def test_the_reports_of_autograde_take_in_manual_scores(course: Course) -> None:
    course.run("peek", course.db, "late", "written-static-or-dynamic", "4.5", "well said", cwd=HERE)
    course.run("peek", course.db, "late", "forward", "30", "", cwd=HERE)
    course.run("grader", "import", course.folder / "reports" / "autodiff", "--from", "nbgrader", "--db", course.db)
    report = course.report("late")
    assert (report["score"], report["final"]["score"]) == (100, 95)
    [answer] = [answer for answer in report["written"] if answer["id"] == "static-or-dynamic"]
    assert answer == {"id": "static-or-dynamic", "score": 4.5, "max_score": 5, "comment": "well said"}
    said = course.run("grader", "export", course.folder / "reports" / "autodiff", "--to", "nbgrader", "--db", course.db)
    assert "no-notebook: left out, because it is unusable" in said
    assert "11 of 12 reports are in the gradebook" in said
    found = course.peek()["late"]["grades"]["forward"]
    assert (found["auto"], found["manual"]) == (35.0, 30.0)
    reports, exported = course.folder / "reports" / "autodiff", course.folder / "exported.csv"
    course.run("grader", "export", reports, "--to", "csv", "--into", exported)
    for table in (reports / "grades.csv", exported):
        rows = {row["submission"]: row for row in csv.DictReader(table.read_text().splitlines())}
        assert (rows["late"]["forward"], rows["late"]["score"], rows["late"]["written"]) == ("30", "95", "4.5")
        assert rows["right"]["written"] == ""


def test_points_that_a_person_gives_to_what_is_no_notebook_are_taken_in(course: Course) -> None:
    reports = course.folder / "reports" / "autodiff"
    for step, points in zip(CORE, (4, 3, 2.5), strict=True):
        said = course.run("grader", "import", reports, "--from", "nbgrader", "--db", course.db)
        assert "no-notebook: left out, because it is unusable" in said
        assert "Give each step points in the gradebook" in said
        course.run("peek", course.db, "no-notebook", step, points, "", cwd=HERE)
    said = course.run("grader", "import", reports, "--from", "nbgrader", "--db", course.db)
    assert "no-notebook" not in said
    assert course.report("no-notebook")["final"]["score"] == 9.5
    assert "0 decision(s) added" in course.run("grader", "import", reports, "--from", "nbgrader", "--db", course.db)
    course.run("nbgrader", "export", "--to", "decided.csv", cwd=course.folder)
    rows = {row["student_id"]: row for row in csv.DictReader((course.folder / "decided.csv").read_text().splitlines())}
    assert float(rows["no-notebook"]["score"]) == 9.5


def test_a_notebook_of_another_assignment_runs_in_its_kernel_as_usual(course: Course) -> None:
    mark = {"schema_version": 3, "grade": True, "solution": False, "locked": True, "task": False, "grade_id": "t", "points": 2}
    solution = "def f():\n    ### BEGIN SOLUTION\n    return 6\n    ### END SOLUTION"
    stub = {**mark, "grade": False, "solution": True, "locked": False, "grade_id": "s"}
    cells: list[dict[str, Any]] = [
        {"id": "a", "source": solution, "metadata": {"nbgrader": stub}},
        {"id": "b", "source": "assert f() == 6", "metadata": {"nbgrader": mark}},
    ]
    cells = [{"cell_type": "code", "outputs": [], "execution_count": None, **cell} for cell in cells]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    for path in (course.folder / "source" / "other", course.folder / "submitted" / "right" / "other"):
        path.mkdir(parents=True)
        (path / "other.ipynb").write_text(json.dumps(notebook))
    course.run("nbgrader", "generate_assignment", "other", cwd=course.folder)
    assert "return 6" not in (course.folder / "release" / "other" / "other.ipynb").read_text()
    course.run("nbgrader", "autograde", "other", cwd=course.folder)
    course.run("nbgrader", "export", "--to", "other.csv", cwd=course.folder)
    rows = [
        row
        for row in csv.DictReader((course.folder / "other.csv").read_text().splitlines())
        if row["assignment"] == "other" and row["student_id"] == "right"
    ]
    assert [float(row["score"]) for row in rows] == [2.0]


def test_the_large_notebook_is_large(course: Course) -> None:
    assert (course.folder / "submitted" / "large" / "autodiff" / "autodiff.ipynb").stat().st_size > 50_000_000


def test_a_graded_cell_that_is_no_step_of_the_rubric_gives_nobody_points(
    course: Course, command: Callable[..., str], tmp_path: Path
) -> None:
    """To nbgrader a cell without an output is worth all of its points."""
    folder = tmp_path / "assignment"
    shutil.copytree(ROOT / "assignment", folder)
    source = folder / "source" / "autodiff" / "autodiff.ipynb"
    notebook = json.loads(source.read_text())
    [cell] = [cell for cell in notebook["cells"] if cell["id"] == "forward"]
    cell["metadata"]["nbgrader"]["points"] = 40
    source.write_text(json.dumps(notebook))
    command("nbgrader", "generate_assignment", "autodiff", cwd=folder)
    handed_in = folder / "submitted" / "alice" / "autodiff"
    handed_in.mkdir(parents=True)
    shutil.copy(folder / "release" / "autodiff" / "autodiff.ipynb", handed_in)
    said = command("nbgrader", "autograde", "autodiff", "--Sandboxed.diagnosis=False", cwd=folder, status=1)
    assert "the notebook's graded cell forward has 40 points, the rubric 35: run `grader release --notebook`" in said
    assert not (folder / "autograded" / "alice" / "autodiff" / "autodiff.ipynb").exists()
