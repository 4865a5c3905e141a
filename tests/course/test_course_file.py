"""course.yaml and `grader init`: one file describes the course, each line of it is checked, and options go before it."""

import csv
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REFERENCE, ROOT, Run, report

STEP = ("--step", "topological-order", "--sandbox", "core")
LEAST = 'course: numerics\nkit: "2026.1"\nsubmissions: submissions\nout: out\n'
SECRET = "a-secret-of-this-course-alone"
PUBLIC = "no course secret"


class Course:
    """A course folder with two submissions, and the commands run in it."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.out = run, folder / "numerics 1", folder / "numerics 1" / "out"
        self.config = folder / "config"
        for name in ("ann", "bob"):
            self.put(f"submissions/{name}/autodiff.py", REFERENCE)

    def put(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def __call__(self, *arguments: object, status: int = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.run(*arguments, status=status, cwd=cwd or self.folder, XDG_CONFIG_HOME=str(self.config))

    @property
    def rows(self) -> list[dict[str, str]]:
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def policies(self) -> list[Any]:
        return [entry["policy"] for entry in json.loads(self("decisions", "--json").stdout) if entry["kind"] == "late policy"]


@pytest.fixture
def course(run: Run, tmp_path: Path) -> Course:
    return Course(run, tmp_path)


@pytest.mark.slow
def test_init_and_cohort_need_no_arguments(course: Course) -> None:
    said = course("init").stdout
    secret = course.config / "autodiff-kit" / "numerics-1.secret"
    assert str(secret) in said
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text().strip()) >= 32
    ended = course("cohort", *STEP)
    assert [(row["submission"], row["score"]) for row in course.rows] == [("ann", "30"), ("bob", "30")]
    assert PUBLIC not in ended.stderr
    assert report(course.out, "ann")["provenance"]["seed"].startswith("secret ")
    content = secret.read_bytes().strip()
    assert not [path for path in course.folder.rglob("*") if path.is_file() and content in path.read_bytes()]
    course("grade", "submissions/ann", *STEP)
    course("compare", "out", *STEP[:2])
    course("regrade", "--dry-run", status=2)  # one step of the traces alone
    course("export", "--to", "csv", "--into", "t.csv", "--provisional")
    assert "ann" in (course.folder / "t.csv").read_text()
    assert "whole" in course("decisions").stdout
    assert "deleted: " in course("forget", "bob").stdout
    assert [row["submission"] for row in course.rows] == ["ann"]


@pytest.mark.slow
def test_every_command_takes_the_course_from_another_folder_too(course: Course, tmp_path: Path) -> None:
    course.put("course.yaml", LEAST)
    for named in (course.folder, course.folder / "course.yaml"):
        course("cohort", "--course", named, *STEP, cwd=tmp_path)
        course("export", "--course", named, "--to", "csv", "--into", tmp_path / "t.csv", "--provisional", cwd=tmp_path)
        assert "whole" in course("decisions", "--course", named, cwd=tmp_path).stdout
    assert course("decisions", "--course", tmp_path, cwd=tmp_path, status=2).stderr.startswith(
        f"grader: {tmp_path / 'course.yaml'} does not exist"
    )
    assert "Missing argument 'PATH'" in course("cohort", cwd=tmp_path, status=2).stderr


@pytest.mark.slow
def test_what_was_named_when_the_course_was_made_is_used(course: Course) -> None:
    course.put("roster.csv", "id;name;Moodle\na1;Anna;7\nk1;Kim;9\n")
    (course.folder / "submissions").rename(course.folder / "files")
    for name in ("ann-try1", "ann-try2"):
        course.put(f"files/{name}_7_assignsubmission_file/autodiff.py", REFERENCE)
    given = {
        "--name": "Übung: 1", "--submissions": "files", "--out": "results", "--roster": "roster.csv", "--id-column": "Moodle",
        "--platform": "moodle", "--attempts": "last", "--due": "2026-11-30T23:59+01:00", "--grace": "1h", "--per-day": "10%",
        "--cutoff": "7d", "--leave-out": "reverse", "--secret": course.folder.parent / "mine",
    }  # fmt: skip
    (course.folder.parent / "mine").write_text(SECRET)
    course("init", *[part for pair in given.items() for part in pair], "--leave-out", "topological-order/cycles_refused")
    read = yaml.safe_load((course.folder / "course.yaml").read_text("utf-8"))
    assert read == {
        "course": "Übung: 1", "kit": "2026.1", "submissions": "files", "out": "results", "roster": "roster.csv", "match": "Moodle",
        "platform": "moodle", "attempts": "last", "due": "2026-11-30T23:59+01:00",
        "leave_out": ["reverse", "topological-order/cycles_refused"], "late": {"grace": "1h", "per_day": "10%", "cutoff": "7d"},
        "secret": str(course.folder.parent / "mine"),
    }  # fmt: skip
    course.out = course.folder / "results"
    course("cohort", *STEP)
    found = {row["submission"]: row["status"] for row in course.rows}
    assert (found["7"], found["k1"], "a1" in found) == ("graded", "missing", False)
    assert course.policies() == [{"due": "2026-11-30T23:59+01:00", "grace": "1h", "per_day": "10%", "cutoff": "7d"}]


@pytest.mark.slow
def test_options_and_the_environment_go_before_the_file(course: Course, run: Run, tmp_path: Path) -> None:
    course("init", "--roster", "nowhere.csv")
    (tmp_path / "r.csv").write_text("id\nann\nkim\n", "utf-8")
    (tmp_path / "secret").write_text(SECRET)
    other = tmp_path / "other"
    course("cohort", "--out", other, "--roster", tmp_path / "r.csv", "--secret", tmp_path / "secret", *STEP)
    assert not course.out.exists()
    assert {path.parent.name for path in other.glob("*/report.json")} == {"ann", "bob"}
    labels = {report(other, "ann")["provenance"]["seed"]}
    run("grade", "submissions/ann", *STEP, cwd=course.folder, AUTODIFF_KIT_SECRET=SECRET)
    assert {report(course.out, "ann")["provenance"]["seed"]} == labels
    told = course("cohort", *STEP, status=2).stderr
    assert "course.yaml:" in told
    assert f"{course.folder / 'nowhere.csv'} does not exist" in told


def test_init_replaces_nothing(course: Course) -> None:
    course("init")
    file = course.folder / "course.yaml"
    secret = course.config / "autodiff-kit" / "numerics-1.secret"
    before = file.read_bytes(), secret.read_bytes()
    assert f"{file} exists, and is not replaced" in course("init", status=2).stderr
    file.unlink()
    assert "was there, and is used" in course("init").stdout
    assert (file.read_bytes(), secret.read_bytes()) == before
    file.unlink()
    secret.write_text("short")
    assert "shorter than 16 bytes" in course("init", status=2).stderr
    assert not file.exists()


def test_a_secret_in_the_courses_repository_is_refused(course: Course) -> None:
    subprocess.run(["git", "init", "-q", course.folder.parent], check=True)
    inside = course.folder.parent / "keys"
    inside.mkdir()
    for place in (course.folder / "my.secret", inside / "my.secret"):
        told = course("init", "--secret", place, status=2).stderr
        assert "would be handed on with it: name another place with --secret" in told
        assert not place.exists()
        assert not (course.folder / "course.yaml").exists()


FAULTS = {
    "nothing": ("", "course.yaml:1:1: course.yaml must be a mapping (`key: value` lines), and it is empty"),
    "no mapping": ("- course\n", "course.yaml:1:1: course.yaml must be a mapping"),
    "no YAML": ("course: [\n", "course.yaml:2:1: not YAML"),
    "a key is missing": (LEAST.replace("out: out\n", ""), "course.yaml:1:1: course.yaml lacks out"),
    "an unknown key": (LEAST + "rooster: r.csv\n", "course.yaml:5:1: course.yaml has no key 'rooster': did you mean 'roster'?"),
    "a key twice": (LEAST + "out: out2\n", "course.yaml:5:1: the key 'out' appears twice"),
    "a number as a name": (LEAST.replace("numerics", "2026"), "course.yaml:1:9: course must be a text"),
    "a list as a folder": (LEAST.replace(": submissions", ": [a, b]"), "course.yaml:3:14: submissions must be a text"),
    "an unknown platform": (LEAST + "platform: ilias\n", "course.yaml:5:11: platform 'ilias' is none of canvas, moodle"),
    "an unknown rule for attempts": (LEAST + "attempts: first\n", "course.yaml:5:11: attempts 'first' is none of last, best"),
    "a day alone": (LEAST + "due: 2026-11-30\n", "course.yaml:5:6: due: '2026-11-30' is a day and no moment"),
    "a pattern without an id": (LEAST + "id: '^(.+)_'\n", "course.yaml:5:5: id: '^(.+)_' does not say where the id stands"),
    "a colon in a text": (LEAST.replace("numerics", "a: b"), "course.yaml:1:10: not YAML: mapping values are not allowed here: put quotes"),
    "no zone": (LEAST + "due: 2026-11-30T23:59\n", "course.yaml:5:6: due: '2026-11-30T23:59' has no zone"),
    "a cost without a date": (LEAST + "late: {per_day: 10%}\n", "course.yaml:5:7: late needs a due date"),
    "an unknown cost": (LEAST + "due: 2026-11-30T23:59Z\nlate: {per_week: 5}\n", "course.yaml:6:8: late has no key 'per_week'"),
    "a cost that is none": (LEAST + "due: 2026-11-30T23:59Z\nlate: {per_day: much}\n", "course.yaml:6:7: per_day must be none, points"),
    "a column without a roster": (LEAST + "match: Moodle\n", "course.yaml:5:8: match names a column of a roster"),
    "left out, but no list": (LEAST + "leave_out: reverse\n", "course.yaml:5:12: leave_out must be a list"),
    "results inside the submissions": (
        LEAST.replace("out: out", "out: submissions/out"),
        "course.yaml:4:6: out and submissions must be two",
    ),
    "another version": (LEAST.replace("2026.1", "2025.9"), "course.yaml:2:6: this course is graded with version 2025.9 of the kit"),
    "submissions that are not there": (LEAST.replace(": submissions", ": nowhere"), "course.yaml:3:14: "),
    "a secret that is not there": (LEAST + "secret: ../gone.secret\n", "course.yaml:5:9: "),
    "a step that is not there": (LEAST + "leave_out: [revers]\n", "course.yaml:5:13: there is no step or criterion 'revers': did you mean"),
    "everything left out": (LEAST + "leave_out: [node-creation, topological-order, forward]\n", "course.yaml:5:13: nothing that is worth"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_file_is_told_with_its_place(name: str, course: Course) -> None:
    text, sentence = FAULTS[name]
    course.put("course.yaml", text)
    told = course("cohort", *STEP, status=2).stderr
    assert sentence in told
    assert "Traceback" not in told
    assert not course.out.exists()
    assert "Usage" in course("cohort", "--help").stdout


def test_all_faults_are_told_at_once(course: Course) -> None:
    course.put("course.yaml", LEAST + "due: soon\nattempts: 3\nrosters: x\n")
    assert len(course("decisions", status=2).stderr.splitlines()) == 3


# ---- what is left out ----


@pytest.mark.slow
def test_what_is_left_out_is_neither_asked_nor_counted_and_the_rest_keeps_its_points(course: Course) -> None:
    broken = REFERENCE.replace("def backward(output):", "def backward(output):\n    return None\n\n\ndef _unused(output):")
    course.put("submissions/bob/autodiff.py", broken.replace("np.log(a.value)", "np.log2(a.value)"))
    course.put("course.yaml", LEAST)
    course("cohort", "--sandbox", "core")
    whole = report(course.out, "bob")
    values = next(c for c in whole["steps"][0]["criteria"] if c["id"] == "values")
    course.put("course.yaml", LEAST + "leave_out: [reverse, node-creation/values]\n")
    shown = course("regrade", "--dry-run").stdout
    assert "node-creation/values" in shown
    assert "because of rubric: it was changed" in shown
    assert report(course.out, "bob") == whole
    course("regrade")
    found = report(course.out, "bob")
    assert (found["max_score"], found["score"]) == (100 - values["max_score"], round(whole["score"] - values["score"], 2))
    assert "reverse" not in [step["id"] for step in found["steps"]]
    assert not found["provisional"]
    course("cohort", "--sandbox", "core", "--ask-all")
    asked = json.loads((course.out / ".traces" / "bob.json").read_text())["asked"]
    course.put("course.yaml", LEAST)
    assert "it was not asked all that is looked at" in course("regrade", status=2).stderr
    course("cohort", "--sandbox", "core")
    assert json.loads((course.out / ".traces" / "bob.json").read_text())["asked"] != asked
    assert report(course.out, "bob")["score"] == whole["score"]


# ---- the late policy ----


@pytest.mark.slow
def test_an_edit_of_the_file_and_a_later_decision_both_count(course: Course) -> None:
    due = "due: 2026-11-30T23:59+01:00\n"
    course.put("course.yaml", LEAST + due + "late: {per_day: 5}\n")
    times = course.put("t.csv", "id,handed_in\nann,2026-12-01T20:00Z\n")
    course("cohort", *STEP)
    course("late", "--times", times)
    assert [row["score"] for row in course.rows] == ["25", "30"]
    course("late", "--policy", course.put("l.yaml", due + "per_day: 7\n"))
    course("cohort", *STEP)
    assert [row["score"] for row in course.rows] == ["23", "30"]
    course.put("course.yaml", LEAST + due + "late: {per_day: 1}\n")
    course("late")
    assert [row["score"] for row in course.rows] == ["29", "30"]
    course.put("course.yaml", LEAST)
    course("cohort", *STEP)
    assert [row["score"] for row in course.rows] == ["30", "30"]
    assert len(course.policies()) == 4


# ---- a kit of another version, and regrades ----


@pytest.mark.slow
def test_a_kit_of_another_version_stops_and_a_dry_run_shows_what_would_change(course: Course, kit: Path) -> None:
    course.put("course.yaml", LEAST)
    course(
        "cohort",
        "--kit",
        kit,
        "--step",
        "node-creation",
        "--step",
        "topological-order",
        "--step",
        "forward",
        "--step",
        "reverse",
        "--step",
        "arrays",
    )
    course.put("course.yaml", LEAST.replace("2026.1", "2025.9"))
    file = kit / "rubrics" / "1-node-creation.yaml"
    text = file.read_text("utf-8").replace("points: 6\n", "points: 7\n", 1).replace("points: 5\n", "points: 4\n", 1)
    file.write_text(text, "utf-8")
    before = {path: path.read_bytes() for path in course.out.rglob("*") if path.is_file()}
    for command in (("cohort",), ("grade", "submissions/ann"), ("regrade",), ("export", "--to", "csv", "--into", "x.csv"), ("late",)):
        assert "course.yaml:2:6: this course is graded with version 2025.9" in course(*command, status=2).stderr
    shown = course("regrade", "--dry-run", "--kit", kit).stdout
    assert "Nothing was written" in shown
    assert "because of rubric: it was changed" in shown
    assert {path: path.read_bytes() for path in course.out.rglob("*") if path.is_file()} == before
    course.put("course.yaml", LEAST)
    changes = json.loads(course("regrade", "--kit", kit, "--json").stdout)["changes"]
    assert [change["submission"] for change in changes] == ["ann", "bob"]
    assert json.loads(course("regrade", "--kit", kit, "--json").stdout)["changes"] == []


# ---- asked on a terminal ----


def test_init_asks_on_a_terminal_and_asks_again_after_a_fault(course: Course) -> None:
    answers = ["", "files", "", "", "ilias", "moodle", "2026-11-30", "2026-11-30T23:59+01:00", "10%", "1h", "", "last"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "init"], stdin=theirs, stdout=theirs, stderr=theirs, cwd=course.folder, close_fds=True,
        env={**os.environ, "XDG_CONFIG_HOME": str(course.config), "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, "".join(answer + "\n" for answer in answers).encode())
    said = b""
    while True:
        try:
            said += os.read(ours, 4096)
        except OSError:  # what a terminal's end looks like
            break
    assert process.wait() == 0, said.decode()
    os.close(ours)
    assert "platform 'ilias' is none of" in said.decode()
    read = yaml.safe_load((course.folder / "course.yaml").read_text("utf-8"))
    assert (read["course"], read["submissions"], read["platform"], read["attempts"]) == ("numerics 1", "files", "moodle", "last")
    assert (read["due"], read["late"]) == ("2026-11-30T23:59+01:00", {"grace": "1h", "per_day": "10%"})
