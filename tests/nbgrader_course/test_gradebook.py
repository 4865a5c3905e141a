"""`grader export --to nbgrader` and `grader import --from nbgrader`, on gradebooks without notebooks."""

import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from courses import HERE, ROOT, command, new_database, peek, postgresql

if importlib.util.find_spec("nbgrader") is None:
    pytest.skip("nbgrader is not installed: run `tox run -e nbgrader`", allow_module_level=True)

WORKS = ("amara-o", "bjorn-k", "chiara-dv")


@dataclass
class Run:
    """Reports in a folder of this test's own, and a gradebook that is empty at first."""

    out: Path
    db: str
    command: Callable[..., str]

    def export(self, status: int = 0) -> str:
        return self.command("grader", "export", self.out, "--to", "nbgrader", "--db", self.db, status=status)

    def take_in(self) -> str:
        return self.command("grader", "import", self.out, "--from", "nbgrader", "--db", self.db)

    def peek(self, *change: object) -> dict[str, Any]:
        return peek(self.command, self.db, *change)

    def report(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.out / name / "report.json").read_text()))

    def change(self, name: str, **changes: Any) -> None:
        (self.out / name / "report.json").write_text(json.dumps(self.report(name) | changes))


@pytest.fixture(scope="module")
def graded(command: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graded")
    paths = [ROOT / "examples" / "cohort" / name for name in WORKS]
    command("grader", "grade", *paths, "--out", out, "--no-diagnosis", "--quiet")
    return out


@pytest.fixture
def run(graded: Path, new_database: Callable[[str], str], command: Callable[..., str], tmp_path: Path) -> Run:
    shutil.copytree(graded, tmp_path / "out")
    return Run(tmp_path / "out", new_database(re.sub(r"\W", "", tmp_path.name.lower())), command)


def test_scores_bonus_and_hints_are_written_and_writing_again_changes_nothing(run: Run) -> None:
    assert run.export().endswith("3 of 3 reports are in the gradebook, as assignment autodiff\n")
    found = run.peek()
    assert set(found) == set(WORKS)
    for name in WORKS:
        report = run.report(name)
        assert found[name]["score"] == report["score"] + report["bonus"]
        for step in report["steps"]:
            grade = found[name]["grades"][step["id"]]
            assert (grade["auto"], grade["most"], grade["look"]) == (step["score"], step["max_score"], False)
            for criterion in step["criteria"]:
                assert (criterion["says"] in found[name]["comments"][step["id"]]) == (criterion["outcome"] != "pass")
    assert any(criterion["hint"] for name in WORKS for step in run.report(name)["steps"] for criterion in step["criteria"])
    run.export()
    assert run.peek() == found


def test_what_people_gave_stays_and_comes_back_into_the_reports(run: Run) -> None:
    run.export()
    before = run.report("bjorn-k")
    run.peek("bjorn-k", "forward", "21.25", "see *me*")
    run.peek("bjorn-k", "reverse", "+7", "for the talk")
    run.change("bjorn-k", steps=[{**step, "score": 1} if step["id"] == "forward" else step for step in before["steps"]])
    said = run.export()
    assert "bjorn-k: forward: a manual score of 21.25 stays, and is marked for another look" in said
    assert "bjorn-k: reverse: extra credit of 7 was given by hand and stays" in said
    found = run.peek()["bjorn-k"]
    assert found["grades"]["forward"] == {"auto": 1.0, "manual": 21.25, "extra": None, "look": True, "most": 35.0}
    assert (found["grades"]["reverse"]["extra"], found["comments"]["forward"]) == (7.0, "see *me*")
    run.take_in()
    report = run.report("bjorn-k")
    [given] = report["final"]["decisions"]
    assert (given["kind"], given["step"], given["criterion"], given["points"], given["reason"], given["by"]) == (
        "override", "forward", None, 21.25, "see *me*", "nbgrader",
    )  # fmt: skip
    assert report["final"]["score"] == sum(step["score"] for step in report["final"]["steps"])
    assert (
        f"forward, 21.25 points, {given['automatic']:g} automatically: `see *me*` (nbgrader," in (run.out / "bjorn-k/report.md").read_text()
    )
    assert f",{report['final']['score']:g},100," in (run.out / "grades.csv").read_text()
    jsonschema.validate(report, json.loads((ROOT / "grader/schemas/report.schema.json").read_text()))
    run.take_in()
    assert run.report("bjorn-k") == report
    run.command("grader", "compare", run.out, "--out", run.out, "--no-diagnosis", "--quiet")
    assert run.report("bjorn-k")["final"]["decisions"] == [{**given, "automatic": run.report("bjorn-k")["steps"][2]["score"]}]
    run.export()
    assert run.peek()["bjorn-k"]["grades"]["forward"]["manual"] == 21.25
    run.peek("bjorn-k", "forward", "none", "")
    run.take_in()
    assert run.report("bjorn-k")["final"]["decisions"] == []


def test_a_manual_score_above_the_steps_points_is_cut_in_the_report(run: Run) -> None:
    run.export()
    run.peek("amara-o", "forward", "99", "")
    assert "amara-o: forward: the manual score of 99 was cut to 35" in run.take_in()
    assert run.report("amara-o")["final"]["score"] <= 100


def test_scores_beyond_a_steps_points_are_cut(run: Run) -> None:
    steps = run.report("amara-o")["steps"]
    run.change("amara-o", steps=[{**steps[0], "score": 999}, *steps[1:]])
    run.export()
    assert run.peek()["amara-o"]["grades"]["node-creation"]["auto"] == 35.0
    run.change("amara-o", steps=[{**steps[0], "score": -5}, *steps[1:]])
    assert "report.json is damaged" in run.export(status=2)


def test_rows_that_are_missing_are_made_again(run: Run) -> None:
    run.export()
    whole = run.peek()
    assert "forward" not in run.peek("amara-o", "forward", "drop", "")["amara-o"]["grades"]
    run.export()
    assert run.peek()["amara-o"]["grades"] == whole["amara-o"]["grades"]


def test_a_report_is_written_whole_or_not_at_all(run: Run) -> None:
    steps = run.report("bjorn-k")["steps"]
    run.change("bjorn-k", steps=[*steps, {**steps[0], "id": "unknown"}])
    said = run.export(status=2)
    assert "the gradebook's notebook autodiff has no graded cell unknown" in said
    assert set(run.peek()) == {"amara-o"}


def test_what_is_no_grade_is_left_out(run: Run) -> None:
    run.change("amara-o", provisional=True)
    run.change("bjorn-k", status="not graded", score=None, bonus=None, steps=[], notes=["no space"])
    said = run.export()
    assert "amara-o: left out, because it is provisional" in said
    assert "bjorn-k: left out, because it is not graded" in said
    assert set(run.peek()) == {"chiara-dv"}


def test_what_is_unusable_is_left_out_until_a_person_decides(run: Run) -> None:
    run.change("bjorn-k", status="unusable", score=None, bonus=None, steps=[], notes=["There is no autodiff.py."])
    assert "bjorn-k: left out, because it is unusable: There is no autodiff.py." in run.export()
    assert set(run.peek()) == {"amara-o", "chiara-dv"}
    run.command("grader", "points", run.out, "--unusable", "0")
    run.export()
    grades = run.peek()["bjorn-k"]["grades"]
    assert {grade["auto"] for grade in grades.values()} == {0.0}
    assert not any(grade["look"] for grade in grades.values())


def test_markup_from_a_submission_stands_in_code_spans_only(run: Run) -> None:
    steps = run.report("amara-o")["steps"]
    bad = "Got: <script>alert(1)</script> ![x](http://evil/) [y](javascript:alert(1)) `` ` `` $<b>$"
    criterion = {**steps[0]["criteria"][0], "outcome": "fail", "message": bad}
    run.change("amara-o", steps=[{**steps[0], "criteria": [criterion]}, *steps[1:]], notes=[bad])
    run.export()
    comment = run.peek()["amara-o"]["comments"]["node-creation"]
    page = run.command("shown", comment, cwd=HERE)
    assert "alert(1)" in page
    for tag in ("<script", "<img", "<a ", "<b>"):
        assert tag not in page


def test_a_database_that_cannot_be_used_is_a_sentence_without_the_password(run: Run) -> None:
    run.db = "postgresql://teacher:secret@localhost:1/none"
    said = run.export(status=2)
    assert "Traceback" not in said
    assert "secret" not in said
    assert said.startswith("grader: the gradebook postgresql+psycopg2://teacher:***@localhost:1/none can't be used: ")
    run.db = "nonsense://x"
    assert "can't be used" in run.export(status=2)
