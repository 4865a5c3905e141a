"""What people decide: in a log, beside the automatic score, kept by a regrade, and forgotten when asked."""

import csv
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import REFERENCE, ROOT, Run, report, slow_after
from jsonschema import Draft202012Validator

from grader.course import decision_log

EXPLANATION = """\
step: explanation
title: Explanation
points: 10
functions: []
asks: nodes
cases: {}
criteria:
  - {id: explains, points: 6, public: true, says: The method is explained., hint: Say why., manual: true}
  - {id: style, points: 4, public: false, says: Names say what they hold., hint: Read it aloud., manual: true}
"""
LOG = REFERENCE.replace("np.log(a.value)", "np.log2(a.value)")
SCHEMA = json.loads((ROOT / "grader" / "schemas" / "report.schema.json").read_text("utf-8"))


class Course:
    """Two students' results under a rubric with manual criteria, and the kit."""

    def __init__(self, run: Run, kit: Path, out: Path) -> None:
        self.run, self.kit, self.out = run, kit, out

    def file(self, name: str, text: str) -> Path:
        path = self.out.parent / name
        path.write_text(text, "utf-8")
        return path

    def points(self, text: str, name: str = "p.csv", status: int = 0) -> Any:
        return self.run("points", self.out, self.file(name, text), "--by", "ann", status=status)

    def late(self, policy: str = "", extensions: str = "", times: str = "", status: int = 0) -> Any:
        given = {"--policy": ("l.yaml", policy), "--extensions": ("e.csv", extensions), "--times": ("t.csv", times)}
        options = [x for key, (name, text) in given.items() if text for x in (key, self.file(name, text))]
        return self.run("late", self.out, *options, "--by", "ann", status=status)

    def report(self, name: str) -> dict[str, Any]:
        found = report(self.out, name)
        assert list(Draft202012Validator(SCHEMA).iter_errors(found)) == []
        return found

    def final(self, name: str) -> dict[str, Any]:
        return dict(self.report(name)["final"])

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, folder / "kit" / part, ignore=shutil.ignore_patterns("misconceptions"))
    (folder / "kit" / "rubrics" / "6-explanation.yaml").write_text(EXPLANATION, "utf-8")
    for name, source in (("bob", REFERENCE), ("=zoë, z", LOG)):
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(source)
    (folder / "roster.csv").write_text('id,name\nbob,Bob\n"=zoë, z",Zoë\nemil,Emil\n', "utf-8")
    run("cohort", folder / "in", "--out", folder / "out", "--kit", folder / "kit", "--roster", folder / "roster.csv")
    return folder


@pytest.fixture
def course(run: Run, graded: Path, tmp_path: Path) -> Course:
    shutil.copytree(graded, tmp_path / "course")
    return Course(run, tmp_path / "course" / "kit", tmp_path / "course" / "out")


BOTH = """\
id,criterion,points,reason
bob,explains,5.5,
bob,explanation/style,1/3,names of one letter
"=zoë, z",explains,6,
"=zoë, z",style,4,
"""


# ---- manual criteria ----------------------------------------------------------


def test_manual_criteria_wait_for_a_person_and_are_no_zero_until_then(course: Course) -> None:
    found = course.report("bob")
    assert (found["score"], found["max_score"]) == (100, 110)
    assert found["final"]["waiting"] == ["explanation/explains", "explanation/style"]
    [step] = [step for step in found["steps"] if step["id"] == "explanation"]
    assert [c["message"] for c in step["criteria"]] == ["A person gives these points, and has not yet."] * 2
    ended = course.run("export", course.out, "--to", "csv", "--into", course.out.parent / "x.csv", status=2)
    assert "provisional results, which count for nothing yet: bob" in ended.stderr


@pytest.mark.slow
def test_while_points_wait_every_table_says_that_the_result_is_provisional(course: Course) -> None:
    """`provisional` in report.json is about the run, `final.waiting` beside it about people: tables tell both in one word."""

    def told(*more: object) -> list[str]:
        folder = course.out.parent
        for target, into in (("csv", "t.csv"), ("gradescope", "gs"), ("junit", "j.xml")):
            course.run("export", course.out, "--to", target, "--into", folder / into, *more)
        table = {row["id"]: row for row in csv.DictReader((folder / "t.csv").read_text("utf-8").splitlines())}
        results = json.loads((folder / "gs" / "bob.json").read_text("utf-8"))
        [suite] = [suite for suite in ElementTree.parse(folder / "j.xml").getroot() if suite.get("name") == "bob"]
        shown = course.run("compare", course.out, "--out", course.out, "--kit", course.kit).stdout
        [line] = [line for line in shown.splitlines() if line.startswith("bob ")]
        return [
            course.rows["bob"]["provisional"],
            table["bob"]["provisional"],
            "yes" if "Provisional:" in results["output"] else "no",
            {"true": "yes", "false": "no"}[suite.find("properties/property[@name='provisional']").get("value")],
            "yes" if "provisional" in line else "no",
        ]

    assert told("--provisional") == ["yes"] * 5
    assert ", provisional\n" in course.run("grade", course.out.parent / "in" / "bob", "--out", course.out, "--kit", course.kit).stdout
    assert "**What counts: 100** of 110 points, bonus 20, provisional. The grader gave 100 points, bonus 20.\n" in (
        course.out / "bob" / "report.md"
    ).read_text("utf-8")
    assert course.report("bob")["provisional"] is False
    assert course.rows["bob"]["provisional"] == "yes"
    course.points(BOTH)
    assert told() == ["no"] * 5
    assert course.rows["emil"]["provisional"] == "no"
    assert "provisional" not in (course.out / "bob" / "report.md").read_text("utf-8")


def test_points_from_csv_count_beside_the_automatic_score(course: Course) -> None:
    assert "4 decision(s) added" in course.points(BOTH).stdout
    found = course.report("bob")
    assert (found["score"], found["final"]["score"], found["final"]["waiting"]) == (100, 105.83, [])
    assert [(d["kind"], d["criterion"], d["automatic"], d["points"], d["reason"], d["by"]) for d in found["final"]["decisions"]] == [
        ("manual", "explains", None, 5.5, "", "ann"),
        ("manual", "style", None, 0.33, "names of one letter", "ann"),
    ]
    assert (course.rows["bob"]["score"], course.rows["bob"]["automatic"]) == ("105.83", "100")
    assert course.rows["emil"]["status"] == "missing"
    text = (course.out / "bob" / "report.md").read_text("utf-8")
    assert "**What counts: 105.83** of 110 points" in text
    assert "`names of one letter`" in text
    course.run("export", course.out, "--to", "gradescope", "--into", course.out.parent / "gs")
    assert json.loads((course.out.parent / "gs" / "bob.json").read_text())["score"] == 105.83


@pytest.mark.slow
def test_a_report_says_one_thing_of_points_that_a_person_gives(course: Course) -> None:
    def told() -> tuple[list[str], list[str]]:
        printed = course.run("grade", course.out.parent / "in" / "bob", "--out", course.out, "--kit", course.kit).stdout
        return (course.out / "bob" / "report.md").read_text("utf-8").splitlines(), printed.splitlines()

    markdown, terminal = told()
    assert "| Explanation | 0 / 10 (provisional) |  |" in markdown
    at = markdown.index("- [ ] **-/6** The method is explained. (by hand)")
    assert markdown[at + 1] == "  - A person gives these points, and has not yet."
    assert "    by hand             -/6  The method is explained." in terminal
    course.points("id,criterion,points,reason\nbob,explains,6,\nbob,style,1,names of one letter\nbob,values,3,as agreed\n")
    markdown, terminal = told()
    assert "| Explanation | 7 / 10 |  |" in markdown
    assert [line for line in markdown if line.startswith("- explanation/")] == [
        f"- explanation/explains, 6 points (ann, {datetime.now(UTC):%Y-%m-%d})",
        f"- explanation/style, 1 points: `names of one letter` (ann, {datetime.now(UTC):%Y-%m-%d})",
    ]
    at = markdown.index("- [x] **6/6** The method is explained. (by hand)")
    assert markdown[at + 1] == "- [ ] **1/4** Names say what they hold. (by hand)"
    assert "| Node creation | 33 / 35 |  |" in markdown
    assert next(line for line in markdown if line.startswith("- [x] **3/5**")).endswith(" (pass, 5 automatically)")
    assert "    by hand             6/6  The method is explained." in terminal
    assert "    explanation/explains, 6 points (ann)" in terminal
    assert any(line.startswith("    pass                3/5") and line.endswith(" (5 automatically)") for line in terminal)
    for text in ("\n".join(markdown), "\n".join(terminal)):
        assert "not tried" not in text
        assert "` `" not in text
        assert ": (" not in text
    course.run("export", course.out, "--to", "gradescope", "--into", course.out.parent / "gs", "--provisional")
    said = json.loads((course.out.parent / "gs" / "bob.json").read_text())["output"].splitlines()
    assert "explanation/explains: 6 points" in said


def test_points_for_a_whole_step_take_the_place_of_its_own_wherever_they_are_told(course: Course) -> None:
    """A gradebook gives such points; see tests/nbgrader_course/test_gradebook.py."""
    given = {"kind": "points of a step", "id": "bob", "reason": "read aloud"}
    decision_log.add(
        course.out, [{**given, "step": "explanation", "points": "8"}, {**given, "step": "forward", "points": "30"}], "nbgrader"
    )
    course.run("compare", course.out, "--out", course.out, "--kit", course.kit)
    found = course.report("bob")
    assert (found["score"], found["final"]["score"], found["final"]["waiting"]) == (100, 103, [])
    [step] = [step for step in found["steps"] if step["id"] == "explanation"]
    assert [c["message"] for c in step["criteria"]] == ["A person gave points for the step as a whole."] * 2
    markdown = (course.out / "bob" / "report.md").read_text("utf-8")
    assert "| Explanation | 8 / 10 |" in markdown
    assert "| Derivative propagation | 30 / 35 |" in markdown
    assert "- [ ] **-/6** The method is explained. (by hand)\n  - A person gave points for the step as a whole.\n" in markdown
    course.run("export", course.out, "--to", "gradescope", "--into", course.out.parent / "gs", "--provisional")
    told = json.loads((course.out.parent / "gs" / "bob.json").read_text())
    assert told["score"] == 103
    assert "explanation: 8 points: read aloud" in told["output"].splitlines()
    assert "forward: 30 points: read aloud" in told["output"].splitlines()
    assert course.final("=zoë, z")["waiting"] == ["explanation/explains", "explanation/style"]


def test_points_from_yaml_and_the_same_again_adds_nothing(course: Course) -> None:
    text = "bob:\n  explains: 5\n  style: {points: 2.5, reason: fine}\n"
    assert "2 decision(s) added" in course.points(text, "p.yaml").stdout
    assert "0 decision(s) added" in course.points(text, "p.yaml").stdout
    assert course.final("bob")["score"] == 107.5


def test_one_file_gives_points_for_a_criterion_once(course: Course) -> None:
    ended = course.points("id,criterion,points,reason\nbob,explains,6,\nbob,explanation/explains,5,\n", status=2)
    assert "p.csv:3: 'bob' has points for explanation/explains at " in ended.stderr
    assert "p.csv:2 already" in ended.stderr
    assert "0 decision(s)" in course.run("decisions", course.out).stdout


def test_an_override_needs_a_reason_and_can_be_taken_back(course: Course) -> None:
    before = course.report("=zoë, z")
    lost = before["max_score"] - 10 - before["score"]
    assert lost > 0
    line = '"=zoë, z",node-creation/values,5'
    assert "an override needs a reason" in course.points(f"id,criterion,points,reason\n{line},\n", status=2).stderr
    course.points(f"id,criterion,points,reason\n{line},the log of base two was asked in class\n")
    after = course.report("=zoë, z")
    assert after["score"] == before["score"]
    assert after["final"]["score"] > before["final"]["score"]
    assert after["final"]["decisions"][0]["automatic"] < 5
    course.points('id,criterion,points,reason\n"=zoë, z",values,automatic,it was not\n')
    assert course.final("=zoë, z")["score"] == before["final"]["score"]
    shown = course.run("decisions", course.out).stdout
    assert "2 decision(s); the log is whole" in shown
    assert "it was not" in shown


WRONG = {
    "nobody": ("eve,explains,1,x\n", "there is no report on 'eve'"),
    "no such criterion": ("bob,forward/explains,1,x\n", "there is no criterion 'forward/explains'"),
    "too much": ("bob,explains,6.01,x\n", "6.01 points are more than explains is worth (6)"),
    "below zero": ("bob,explains,-1,x\n", "points must be a number"),
    "no number": ("bob,explains,=1+1,x\n", "points must be a number"),
    "not a number": ("bob,explains,nan,x\n", "points must be a number"),
    "manual, automatically": ("bob,explains,automatic,x\n", "points of a manual criterion can't be automatic"),
}


@pytest.mark.parametrize("name", slow_after(2, WRONG))
def test_one_fault_in_a_file_and_nothing_of_it_counts(name: str, course: Course) -> None:
    line, sentence = WRONG[name]
    ended = course.points(f"id,criterion,points,reason\nbob,style,4,good\n{line}", status=2)
    assert f"p.csv:3: {sentence}" in ended.stderr
    assert course.final("bob")["decisions"] == []
    assert "0 decision(s)" in course.run("decisions", course.out).stdout


# ---- lateness -----------------------------------------------------------------

POLICY = "due: 2026-11-30T23:59+01:00\ngrace: 1h\nper_day: 10%\ncutoff: 7d\n"
TIMES = {
    "in time": ("2026-11-30T22:59+00:00", 0),
    "within the grace": ("2026-12-01T00:59+01:00", 0),
    "just after the grace": ("2026-12-01T00:59:01+01:00", 11),
    "a day late": ("2026-12-01T23:59+01:00", 11),
    "two days begun": ("2026-12-02T00:00+01:00", 22),
    "at the cut-off": ("2026-12-07T23:59+01:00", 77),
    "after the cut-off": ("2026-12-08T00:00+01:00", 100),
}


@pytest.mark.parametrize("name", slow_after(3, TIMES))
def test_lateness_costs_what_the_policy_says(name: str, course: Course) -> None:
    at, cost = TIMES[name]
    said = course.late(POLICY, times=f"id,handed_in\nbob,{at}\n").stderr
    assert "no penalty, for nobody knows when it came in: =zoë, z" in said
    final = course.final("bob")
    assert final["score"] == 100 - cost
    assert final["bonus"] == (0 if cost == 100 else course.report("bob")["bonus"])
    assert [d["points"] for d in final["decisions"] if d["kind"] == "late"] == [-cost], "a time that costs nothing is told too"
    assert course.report("bob")["score"] == 100


def test_points_a_day_no_cost_and_never_below_zero(course: Course) -> None:
    times = "id,handed_in\nbob,2026-12-03T00:00+01:00\n"
    for cost, score in (("5", 85), ("none", 100), ("1000", 0), ("33.333%", 0), ("1.115%", 96.32)):
        course.late(f"due: 2026-11-30T23:59+01:00\nper_day: {cost}\n", times=times)
        assert course.final("bob")["score"] == score, cost


def test_an_extension_moves_the_due_date_for_one_with_a_reason(course: Course) -> None:
    course.late(
        POLICY, "id,until,reason\nbob,2026-12-02T23:59+01:00,ill\n", 'id,handed_in\nbob,2026-12-02T20:00Z\n"=zoë, z",2026-12-02T20:00Z\n'
    )
    assert course.final("bob")["score"] == 100
    assert [d["kind"] for d in course.final("=zoë, z")["decisions"]] == ["late"]
    course.late(times="id,handed_in\nbob,2026-12-04T20:00Z\n")
    assert course.final("bob")["decisions"][0]["reason"].endswith("extended to 2026-12-02 23:59+01:00: ill")
    assert "needs a reason" in course.late(extensions="id,until,reason\nbob,2026-12-09,\n", status=2).stderr


def test_the_words_of_a_reason_decide_nothing(course: Course) -> None:
    """The bonus goes with a cut-off, and not with an extension whose reason tells of one."""
    course.late(
        POLICY, "id,until,reason\nbob,2026-12-01T23:59+01:00,he asked before the cut-off\n", "id,handed_in\nbob,2026-12-02T12:00Z\n"
    )
    final = course.final("bob")
    assert (final["score"], final["bonus"]) == (89, course.report("bob")["bonus"])
    course.late(times="id,handed_in\nbob,2026-12-30T12:00Z\n")
    assert (course.final("bob")["score"], course.final("bob")["bonus"]) == (0, 0)


DUE = "due: 2026-11-30T23:59+01:00\n"
FAULTY = {
    "no due date": ("per_day: 1\n", "l.yaml: due is missing"),
    "an empty due date": ("due:\nper_day: 1\n", "l.yaml: due is missing"),
    "no moment": ("due: soon\n", "l.yaml: due: 'soon' is no moment: write it as 2026-11-30T23:59+01:00"),
    "a day alone": ("due: 2026-11-30\n", "l.yaml: due: '2026-11-30' is a day and no moment: write it with the time and the zone"),
    "a day alone, in quotes": ('due: "2026-11-30"\n', "l.yaml: due: '2026-11-30' is a day and no moment"),
    "a cost that is none": (DUE + "per_day: much\n", "l.yaml: per_day must be none, points such as 5, or a share such as 10%, not 'much'"),
    "a grace that is none": (DUE + "grace: 1w\n", "l.yaml: grace must be a time such as 30m, 2h or 7d, not '1w'"),
    "a cut-off that is none": (DUE + "cutoff: soon\n", "l.yaml: cutoff must be a time such as 30m, 2h or 7d, not 'soon'"),
    "an unknown key": (DUE + "grase: 1h\n", "l.yaml: there is no key 'grase' in a late policy: it has due, grace, per_day, cutoff"),
    "no mapping": ("- due\n", "l.yaml: a late policy is a mapping with the keys due, grace, per_day, cutoff"),
    "no YAML": ("a: [\n", "l.yaml:2: not YAML"),
}


@pytest.mark.parametrize("name", slow_after(3, FAULTY))
def test_a_policy_that_is_none_is_refused_with_its_file_and_key(name: str, course: Course) -> None:
    text, sentence = FAULTY[name]
    said = course.late(text, status=2).stderr
    assert said.startswith(f"grader: {course.out.parent}/{sentence}")
    assert "0 decision(s)" in course.run("decisions", course.out).stdout


def test_a_day_alone_is_no_moment_in_extensions_and_times_either(course: Course) -> None:
    assert "e.csv:2: until: '2026-12-09' is a day" in course.late(extensions="id,until,reason\nbob,2026-12-09,ill\n", status=2).stderr
    assert "t.csv:2: handed_in: '2026-12-09' is a day" in course.late(times="id,handed_in\nbob,2026-12-09\n", status=2).stderr


def test_a_moment_without_a_zone_is_refused_everywhere_and_the_help_says_so(course: Course) -> None:
    for due in ("2026-11-30T23:59", "2026-11-30 23:59:00"):
        assert f"l.yaml: due: '{due}' has no zone: write it as" in course.late(f"due: {due}\nper_day: 10%\n", status=2).stderr
    assert (
        "t.csv:2: handed_in: '2026-11-30T23:30' has no zone" in course.late(times="id,handed_in\nbob,2026-11-30T23:30\n", status=2).stderr
    )
    told = course.late(extensions="id,until,reason\nbob,2026-11-30T23:30,ill\n", status=2).stderr
    assert "e.csv:2: until: '2026-11-30T23:30' has no zone" in told
    assert "without a zone is refused" in " ".join(course.run("late", "--help").stdout.split())
    words = " ".join(course.run("cohort", "--help").stdout.split())
    assert "without a zone in UTC, a day alone is its midnight" in words  # of --before, which is about commits


def test_no_grace_and_no_time_until_the_cut_off_can_be_written_as_zero(course: Course) -> None:
    course.late(f"{DUE}grace: 0\ncutoff: 0\n", times="id,handed_in\nbob,2026-12-01T00:00+01:00\n")
    assert course.final("bob")["score"] == 0


def test_a_policy_that_was_taken_with_a_day_alone_still_counts(course: Course) -> None:
    """It was that day's midnight; a log that holds one can still be read."""
    decision_log.add(course.out, [{"kind": "late policy", "policy": {"due": "2026-11-30", "per_day": "5"}}], "ann")
    course.late(times="id,handed_in\nbob,2026-11-30T12:00Z\n")
    assert course.final("bob")["score"] == 95


# ---- what lasts ---------------------------------------------------------------


@pytest.mark.slow
def test_a_regrade_loses_no_decision(course: Course) -> None:
    course.points(BOTH + "bob,children,3,one link lacks\n")
    course.late(POLICY, times="id,handed_in\nbob,2026-12-01T23:59+01:00\n")
    before = {name: course.final(name) for name in ("bob", "=zoë, z")}
    again = course.out.parent / "again"
    course.run("compare", course.out, "--out", again, "--kit", course.kit)
    course.run("cohort", course.out.parent / "in", "--out", course.out, "--kit", course.kit)
    other = course.out.parent / "other"
    course.run("cohort", course.out.parent / "in", "--out", other, "--kit", course.kit, "--decisions-from", course.out)
    for folder in (course.out, again, other):
        assert {name: report(folder, name)["final"] for name in before} == before
        assert "the log is whole" in course.run("decisions", folder).stdout
    course.out = again
    assert course.rows["bob"]["score"] == f"{before['bob']['score']:g}"


@pytest.mark.slow
def test_a_decision_on_a_criterion_that_is_gone_is_told_and_counts_for_nothing(course: Course) -> None:
    course.points(BOTH)
    file = course.kit / "rubrics" / "6-explanation.yaml"
    lines = [line for line in file.read_text("utf-8").splitlines() if "id: style" not in line]
    file.write_text("\n".join(lines).replace("points: 10", "points: 3").replace("points: 6", "points: 3"), "utf-8")
    course.run("compare", course.out, "--out", course.out, "--kit", course.kit)
    final = course.final("bob")
    assert final["score"] == 103
    assert [d["kind"] for d in final["decisions"]] == ["manual", "void"]
    assert "5.5 were given, 3 are the most now" in final["decisions"][0]["reason"]
    assert final["decisions"][1]["reason"].endswith(" style, which the rubric no longer has: names of one letter")
    assert course.final("=zoë, z")["decisions"][1]["reason"] == "4 points were given for style, which the rubric no longer has"


@pytest.mark.slow
def test_two_folders_whose_decisions_part_are_not_mixed(course: Course) -> None:
    course.points(BOTH)
    other = Course(course.run, course.kit, course.out.parent / "other")
    course.run("compare", course.out, "--out", other.out, "--kit", course.kit)
    course.points("id,criterion,points,reason\nbob,style,1,x\n")
    other.points("id,criterion,points,reason\nbob,style,2,x\n")
    ended = course.run("compare", course.out, "--out", other.out, "--kit", course.kit, status=2)
    assert "holds other decisions than" in ended.stderr


def test_a_log_that_was_changed_is_noticed(course: Course) -> None:
    course.points(BOTH)
    path = course.out / ".course" / "decisions.jsonl"
    whole = path.read_text("utf-8")
    lines = whole.splitlines(keepends=True)
    for text in (
        whole.replace('"5.5"', '"6"'),
        "".join(lines[1:]),
        "".join([lines[1], lines[0], *lines[2:]]),
        whole[:-9],
    ):
        path.write_text(text, "utf-8")
        assert "was changed by hand or cut off here" in course.run("decisions", course.out, status=2).stderr
        course.points("id,criterion,points,reason\nbob,style,1,x\n", status=2)


def test_a_forgotten_student_is_nowhere_any_more(course: Course) -> None:
    course.points(BOTH)
    course.run("export", course.out, "--to", "csv", "--into", course.out / "mine.csv")
    ended = course.run("forget", course.out, "=zoë, z")
    assert "mine.csv still names one of them" in ended.stderr
    (course.out / "mine.csv").unlink()
    for path in course.out.rglob("*"):
        assert "zoë" not in path.name
        assert not path.is_file() or "zo" not in path.read_text("utf-8").lower().replace("\\u00eb", "ë").replace("zoom", "")
    assert set(course.rows) == {"bob", "emil"}
    assert course.final("bob")["score"] == 105.83
    shown = course.run("decisions", course.out).stdout
    assert shown.count("forgotten") == 2
    assert "the log is whole" in shown
    assert "holds nothing on 'eve'" in course.run("forget", course.out, "eve", status=2).stderr
    assert "is not the name of a submission" in course.run("forget", course.out, "../kit", status=2).stderr
    assert course.kit.exists()


# ---- the rubric ---------------------------------------------------------------

RUBRICS = {
    "cases": ("manual: true", "manual: true, cases: [a]", "a manual criterion has no key 'cases'"),
    "no points": ("points: 6, ", "", "a manual criterion lacks points"),
    "neither": (", manual: true}", "}", "a criterion lacks cases"),
    "a check too": ("id: style", "id: values", "exists already"),
}


@pytest.mark.parametrize("name", slow_after(1, RUBRICS))
def test_a_manual_criterion_with_a_fault_is_refused_with_its_line(name: str, kit: Path, run: Run) -> None:
    old, new, sentence = RUBRICS[name]
    path = kit / "rubrics" / "6-explanation.yaml"
    path.write_text(EXPLANATION.replace(old, new), "utf-8")
    ended = run("rubric", "check", "--kit", kit, status=2)
    assert f"{path}:" in ended.stderr
    assert sentence in ended.stderr
