"""A small course with a course.yaml: the run, tables, reports and exports state what happened to each student."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import REFERENCE, ROOT, Run, report
from contract.readers import read_moodle

pytestmark = pytest.mark.slow

STEP = ("--step", "topological-order", "--sandbox", "core")
ROSTER = "id,name\nann,Ann\nkim,Kim\noskar,Oskar\npia,Pia\nquinn,Quinn\nzed,Zed\n"
POLICY = "due: 2026-11-20T18:00+01:00\nlate: {per_day: 10%}\n"


class Course:
    """The course's folder, and the commands that are run there."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.out = run, folder, folder / "out"

    def put(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def __call__(self, *arguments: object, status: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(*arguments, status=status, cwd=cwd or self.folder, XDG_CONFIG_HOME=str(self.folder.parent / "config"))

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}

    def final(self, name: str) -> dict[str, Any]:
        return dict(report(self.out, name)["final"])


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, str, str]:
    """The course after its first run, and what that said on both streams."""
    course = Course(run, tmp_path_factory.mktemp("told") / "numerics")
    for name in ("ann/autodiff.py", "kim/autodiff.py", "quinn_2.py"):
        course.put(f"submissions/{name}", REFERENCE)
    course.put("submissions/nina/autodiff.py", (ROOT / "starter" / "autodiff.py").read_text("utf-8"))
    course.put("submissions/quinn_1.py", "x = 1\n")
    course.put("submissions/zed/essay.txt", "What I think.")
    course.put("roster.csv", ROSTER)
    course("init", "--roster", "roster.csv", "--attempts", "last", "--id", r"^(?P<id>[a-z]+)(_(?P<attempt>\d+))?")
    file = course.folder / "course.yaml"
    file.write_text(file.read_text("utf-8") + POLICY, "utf-8")
    ended = course("cohort", *STEP)
    return course, ended.stdout, ended.stderr


@pytest.fixture
def course(graded: tuple[Course, str, str], run: Run, tmp_path: Path) -> Course:
    shutil.copytree(graded[0].folder, tmp_path / "numerics")
    return Course(run, tmp_path / "numerics")


def test_the_first_run_says_which_hand_in_counts_and_who_is_not_on_the_roster(graded: tuple[Course, str, str]) -> None:
    course, table, said = graded
    assert "quinn: 2 hand-ins, quinn_2.py counts" in said
    assert "2 hand-ins came in: quinn_2.py counts." in report(course.out, "quinn")["notes"]
    assert "not on the roster: nina\ngrader: add them to the roster" in said
    assert [line.split()[0] for line in table.splitlines() if "(not on the roster)" in line] == ["nina"]
    assert course.rows["nina"]["note"].endswith("not on the roster")
    assert "Nothing was written: this is the starter as it was handed out." in report(course.out, "nina")["notes"]
    assert "late policy in force: due 2026-11-20 18:00+01:00, 10% for each day begun, no grace, no cutoff (before: none" in said
    assert "no penalty, for nobody knows when it came in: ann, kim, nina, quinn: tell it with `grader late --times`" in said
    assert "e3b0c442" not in (course.out / "zed" / "report.md").read_text("utf-8")
    assert "\n\n\n" not in (course.out / "ann" / "report.md").read_text("utf-8")
    assert "What counts" not in (course.out / "ann" / "report.md").read_text("utf-8"), "nobody decided anything"


def test_who_handed_in_nothing_has_points_when_a_person_gives_them(course: Course) -> None:
    file = course.folder / "points.csv"
    assert "1 rows for 1 submissions and 2 for who handed in nothing" in course("points", "--template", file).stdout
    text = file.read_text("utf-8-sig")
    assert "oskar,Oskar,missing," in text
    file.write_text("id;criterion;points;reason\noskar;missing;0;no reply\nzed;unusable;0;talked with him\n", "utf-8")
    assert "2 decision(s) added" in course("points", file, "--by", "ann").stdout
    assert (course.rows["oskar"]["status"], course.rows["oskar"]["score"], course.rows["pia"]["score"]) == ("missing", "0", "")
    assert course.rows["oskar"]["note"] == "nothing came in; 0 points, given by ann: no reply"
    [decision] = course.final("zed")["decisions"]
    assert decision["reason"] == report(course.out, "zed")["notes"][0] + " talked with him"
    ended = course("points", "--missing", "2", "--unusable", "3", "--by", "ann")
    assert "1 decision(s) added" in ended.stdout, "oskar's and zed's are kept"
    assert "left as they were, because a person gave them points: zed, oskar" in ended.stderr
    assert (course.rows["oskar"]["score"], course.rows["zed"]["score"], course.rows["pia"]["score"]) == ("0", "0", "2")
    course("points", course.put("pia.csv", "id,criterion,points,reason\npia,missing,0,\n"), "--missing", "9")
    assert course.rows["pia"]["score"] == "0"
    for row, why in {
        "pia;values;1;x": "'pia', from whom nothing came in: the criterion for that is `missing`",
        "eve;values;1;x": "'eve', and no such id on the roster",
        "zed;values;1;x": "its criterion is `unusable`",
        "ann;missing;0;x": "'ann' was graded, and is not missing: name a criterion",
        "pia;missing;999;x": "points 999 is more than the assignment is worth",
    }.items():
        file.write_text(f"id;criterion;points;reason\n{row}\n", "utf-8")
        assert "points.csv:2: " in (told := course("points", file, status=2).stderr)
        assert why in told
    header = "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\n"
    people = ("ann", "kim", "oskar", "pia", "quinn", "zed", "yan")
    lines = "".join(f"Participant {n},{name},{name},Submitted,,30.00,Yes,-,\n" for n, name in enumerate(people))
    template = course.put("m.csv", header + lines)
    into = course.folder / "filled.csv"
    said = course("export", "--to", "moodle", "--template", template, "--into", into, "--feedback", "--provisional").stderr
    assert "1 line(s) left as they were, there is no grade for them: yan (not known here)" in said
    assert read_moodle(into.read_bytes())["2"]["Grade"] == "0"
    assert "no reply" in read_moodle(into.read_bytes())["2"]["Feedback comments"]
    assert "talked with him" in read_moodle(into.read_bytes())["5"]["Feedback comments"]
    assert "grader's own" in course("export", "--to", "csv", "--into", course.out / "grades.csv", "--provisional", status=2).stderr
    said = course("export", "--to", "junit", "--into", course.out / "j.xml", "--provisional").stderr
    assert "`grader forget` does not delete it" in said
    header = "id,owner,submission,commit,release,review,datetime\n"
    commits = course.put("c.csv", header + "ann,a,submit/1,c,r,v,2026-01-31T10:00:00Z\n")
    options = ("--classroom", "ad", "--assignment", "a", "--commits", commits)
    said = course("export", "--to", "classroom50", "--into", course.folder / "c50", *options, "--provisional").stderr
    assert f"not in {commits}: kim, quinn, zed, nina" in said
    assert "no file for oskar, pia: nothing came in, or it was not graded" in said
    into = course.folder / "t.csv"
    course("export", "--to", "csv", "--into", into, "--provisional")
    assert ",not on the roster" in into.read_text("utf-8") or into.read_text("utf-8").rstrip().endswith("not on the roster")
    course.put("submissions/oskar/autodiff.py", REFERENCE)
    ended = course("cohort", *STEP)
    assert "oskar had 0 points by ann (points of who handed in nothing): it counts no longer" in ended.stderr
    zed = next(line for line in ended.stdout.splitlines() if line.startswith("zed"))
    assert "unusable: There is no autodiff.py" in zed
    assert "unusable, 0 points: talked with him (ann)" in zed
    assert course.rows["oskar"]["score"] == "30"
    marked = [line for line in course("decisions").stdout.splitlines() if "counts no longer" in line]
    assert ["id: oskar" in line for line in marked] == [True]


def test_lateness_is_told_in_the_due_dates_zone_with_seconds_and_also_where_it_costs_nothing(course: Course) -> None:
    times = course.put("t.csv", "id,handed_in\nann,2026-11-21T17:00:01+00:00\nkim,2026-11-22T10:00+01:00\n")
    extensions = course.put("e.csv", "id,until,reason\nkim,2026-11-23T12:00+01:00,ill\n")
    said = course("late", "--times", times, "--extensions", extensions, "--by", "ann")
    assert "late policy in force: due 2026-11-20 18:00+01:00, 10% for each day begun, no grace, no cutoff\n" in said.stdout
    [late] = course.final("ann")["decisions"]
    assert late["reason"] == "handed in 2026-11-21 18:00:01+01:00, due 2026-11-20 18:00+01:00: 2 days begun"
    [kept] = course.final("kim")["decisions"]
    assert (kept["points"], kept["by"]) == (0, "ann")
    assert kept["reason"] == "handed in 2026-11-22 10:00+01:00: this costs nothing; extended to 2026-11-23 12:00+01:00: ill"
    assert "late, -6 points: handed in 2026-11-21 18:00:01+01:00" in course.rows["ann"]["note"]
    into = course.folder / "t.csv"
    course("export", "--to", "csv", "--into", into, "--provisional")
    assert "2 days begun" in into.read_text("utf-8")
    alone = course.put("l.yaml", "due: 2026-11-20T18:00+01:00\n")
    changed = course("late", "--policy", alone).stdout
    assert (
        "in force: due 2026-11-20 18:00+01:00, nothing for a day late, no grace, no cutoff (before: due 2026-11-20 18:00+01:00, 10%"
        in changed
    )


def test_an_override_is_no_failure_that_passed_and_lateness_names_who_decided(course: Course) -> None:
    """The policy is that of course.yaml, which the first run took; ann says when kim handed in, and overrides a criterion."""
    course("points", course.put("p.csv", "id,criterion,points,reason\nkim,simple_graphs,0,copied\n"), "--by", "ann")
    course("late", "--times", course.put("t.csv", "id,handed_in\nkim,2026-11-21T10:00+01:00\n"), "--by", "ann")
    assert {decision["by"] for decision in course.final("kim")["decisions"]} == {"ann"}
    into = course.folder / "j.xml"
    course("export", "--to", "junit", "--into", into, "--provisional")
    [suite] = [suite for suite in ElementTree.parse(into).getroot() if suite.get("name") == "kim"]
    [failure] = suite.iter("failure")
    assert failure.get("type") == "decision"
    assert "given by a person" in str(failure.get("message"))
    told = {each.get("name"): str(each.get("value")) for each in suite.iter("property")}
    assert told["late"] == "-3"
    assert "copied (ann)" in told["decisions"]


def test_a_run_with_another_rubric_and_work_that_can_be_graded_now_are_told(course: Course) -> None:
    shutil.copytree(course.out, course.folder.parent / "before")
    kit = course.folder.parent / "kit"
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, kit / part, ignore=shutil.ignore_patterns("misconceptions"))
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    rubric.write_text(rubric.read_text("utf-8").replace("says: ", "says: Really, ", 1), "utf-8")
    course("points", "--unusable", "0")
    course.put("submissions/zed/autodiff.py", REFERENCE)
    ended = course("cohort", "--kit", kit, *STEP)
    [line] = [line for line in ended.stderr.splitlines() if "another rubric" in line]
    assert f"the rubric of {kit}" in line
    assert "scores may move" in line
    said = course("diff", course.folder.parent / "before", course.out).stdout
    assert "submission: there was no program in it before" in said
    assert "new in the rubric" not in said
    (course.folder / "submissions" / "kim").rename(course.folder.parent / "kim")
    assert "neither compared nor exported with points: kim" in course("cohort", "--kit", kit, *STEP).stderr


def test_a_first_run_that_is_under_way_has_all_columns(course: Course) -> None:
    """A run that was killed before its first result: the index holds what `cohort` wrote at its beginning."""
    shutil.rmtree(course.out)
    course.put("c.py", "")
    kill = "import os, sys\nfrom grader.cli import main\nfrom grader.cohort import runner\n"
    kill += "runner.grade = lambda *a, **k: os._exit(9)\nmain(sys.argv[1:])\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(course.folder.parent / "config")}
    call = [sys.executable, "-c", kill, "cohort", *STEP, "--no-diagnosis", "--jobs", "1"]
    ended = subprocess.run(call, cwd=course.folder, env=environment, capture_output=True, check=False)
    assert ended.returncode == 9, ended.stderr
    rows = course.rows
    assert {(row["status"], row["topological-order"], row["max_score"]) for row in rows.values()} == {
        ("not graded", "", "30"), ("missing", "", "30")
    }  # fmt: skip


def test_a_student_who_is_forgotten_is_named_where_the_next_run_would_find_him(course: Course) -> None:
    said = course("forget", "kim").stderr
    assert f"{course.folder / 'roster.csv'} still lists kim: delete the line, or the next run brings it back" in said


def test_names_that_are_read_otherwise_and_a_work_that_comes_back_are_told(course: Course) -> None:
    file = course.folder / "course.yaml"
    file.write_text("".join(line for line in file.read_text("utf-8").splitlines(keepends=True) if not line.startswith("id:")), "utf-8")
    said = course("cohort", *STEP).stderr
    assert "the last run read names by --id ^(?P<id>[a-z]+)" in said
    assert "this one by their whole text" in said
    said = course("forget", "ann").stderr
    assert f"{course.folder / 'submissions' / 'ann'} holds the work that was handed in: delete it, or the next run brings it back" in said


def test_while_a_run_is_not_finished_the_table_says_so_and_keeps_its_columns(course: Course) -> None:
    """What a killed run leaves: all of its submissions are pending, and reports are the old ones."""
    index = json.loads((course.out / ".index.json").read_text("utf-8"))
    for entry in index["submissions"].values():
        entry |= {"pending": "cohort 2026-11-28T10:00:00+00:00 abcdef", "before": None}
    (course.out / ".index.json").write_text(json.dumps(index), "utf-8")
    ended = course("points", "--unusable", "0")
    assert "nothing was decided about what a run left without a result (ann, kim" in ended.stderr
    assert course.rows["ann"]["topological-order"] == ""
    assert {row["status"] for name, row in course.rows.items() if name not in ("oskar", "pia")} == {"not graded"}
    ended = course("export", "--to", "csv", "--into", course.folder / "t.csv", "--partial", status=2)
    assert "a run did not finish, and nothing of it is finished yet: run it again" in ended.stderr


def test_init_names_the_option_that_is_wrong_and_elsewhere_commands_name_the_course_file(run: Run, tmp_path: Path) -> None:
    for option, value, why in (("--due", "2026-11-20", "is a day and no moment"), ("--id", "(x", "is not a regular expression")):
        told = run("init", tmp_path, option, value, status=2).stderr
        assert told.startswith(f"grader: {option}: {value!r} {why}")
    assert list(tmp_path.iterdir()) == []
    for command in ("cohort", "decisions"):
        told = run(command, cwd=tmp_path, status=2).stderr
        assert "Missing argument" in told
        assert "there is no course.yaml here" in told
    assert "A course.yaml or its folder, as in all commands" in " ".join(run("export", "--help").stdout.split())
