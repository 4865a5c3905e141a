"""A folder of results never contradicts itself: each was found by running a course with the documented commands."""

import csv
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import REFERENCE, ROOT, Run, report, slow_after
from contract.readers import read_moodle

STOPS = REFERENCE.replace("\ndef topological_order", "\n1 / 0\n\n\ndef topological_order")
WORKS = {"ann": REFERENCE, "bob": STOPS, "cid": "x = 1\n"}
ROSTER = "id,name\nann,Ann\nbob,Bob\ncid,Cid\ndora,Dora\n"


def remarks(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a command said on stderr, but that there is no course secret."""
    return [line for line in ended.stderr.splitlines() if "no course secret" not in line]


class Course:
    """A folder of submissions, a roster, and the results of one run."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.works, self.out, self.roster = folder / "in", folder / "out", folder / "roster.csv"

    def put(self, name: str, source: str) -> Path:
        (self.works / name).mkdir(parents=True, exist_ok=True)
        (self.works / name / "autodiff.py").write_text(source, "utf-8")
        return self.works / name

    def cohort(self, *options: object, status: int = 0) -> Any:
        return self.run("cohort", self.works, "--out", self.out, *options, status=status)

    def export(self, *options: object, status: int = 0) -> Any:
        return self.run("export", self.out, "--to", "csv", "--into", self.folder / "t.csv", *options, status=status)

    def rows(self, path: Path | None = None, key: str = "submission") -> dict[str, dict[str, str]]:
        with (path or self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len({row[key] for row in rows}) == len(rows)
        return {row[key]: row for row in rows}

    @property
    def statuses(self) -> dict[str, str]:
        return {name: row["status"] for name, row in self.rows().items()}

    @property
    def exported(self) -> dict[str, dict[str, str]]:
        return self.rows(self.folder / "t.csv", "id")

    def files(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = Course(run, tmp_path_factory.mktemp("graded"))
    for name, source in WORKS.items():
        course.put(name, source)
    course.roster.write_text(ROSTER)
    course.cohort("--roster", course.roster)
    return course.folder


@pytest.fixture
def course(run: Run, graded: Path, tmp_path: Path) -> Course:
    """The course of `graded`, to be changed. It is graded where it lies, so that it knows its own folder of submissions."""
    shutil.copytree(graded, tmp_path / "course")
    course = Course(run, tmp_path / "course")
    index = course.out / ".index.json"
    if index.exists():
        index.write_text(index.read_text().replace(str(graded), str(course.folder)))
    return course


GRADED = {"ann": "graded", "bob": "graded", "cid": "graded", "dora": "missing"}


# ---- one row changes, the others stay -----------------------------------------


def test_grading_one_replaces_that_row_and_keeps_all_others(course: Course) -> None:
    before = course.rows()
    course.put("cid", STOPS)
    course.run("grade", course.works / "cid", "--out", course.out)
    after = course.rows()
    assert course.statuses == GRADED
    assert {name: after[name] for name in ("ann", "bob", "dora")} == {name: before[name] for name in ("ann", "bob", "dora")}
    assert float(after["cid"]["score"]) > float(before["cid"]["score"])
    course.run("grade", course.put("eve", "x = 1\n"), "--out", course.out)
    assert course.statuses == {**GRADED, "eve": "graded"}


@pytest.mark.slow
def test_one_that_was_graded_alone_is_not_gone_at_the_next_cohort(course: Course) -> None:
    other = course.folder / "late" / "eve.py"
    other.parent.mkdir()
    other.write_text("x = 1\n")
    course.run("grade", other, "--out", course.out)
    assert remarks(course.cohort()) == []
    assert course.statuses == {**GRADED, "eve": "graded"}


def test_points_change_one_row_and_keep_all_others(course: Course) -> None:
    before = course.rows()
    (course.folder / "p.csv").write_text("id,criterion,points,reason\ncid,values,2,as agreed\n")
    course.run("points", course.out, course.folder / "p.csv")
    after = course.rows()
    assert (after.pop("cid")["score"], before.pop("cid")["score"]) == ("2", "0")
    assert after == before


# ---- what is gone -------------------------------------------------------------


@pytest.mark.slow
def test_what_was_deleted_or_renamed_is_named_and_neither_compared_nor_exported(course: Course) -> None:
    shutil.rmtree(course.works / "bob")
    (course.works / "cid").rename(course.works / "cid-2")
    sentence = "no longer among what came in, so neither compared nor exported with points: bob, cid"
    assert sentence in course.cohort().stderr
    assert course.statuses == {"ann": "graded", "bob": "gone", "cid": "gone", "cid-2": "graded", "dora": "missing"}
    assert sentence in course.export().stderr
    assert {name: row["score"] != "" for name, row in course.exported.items()} == {
        "ann": True, "bob": False, "cid": False, "cid-2": True, "dora": False,
    }  # fmt: skip
    again = course.folder / "again"
    assert sentence in course.run("compare", course.out, "--out", again).stderr
    assert sorted(path.parent.name for path in again.glob("*/report.json")) == ["ann", "cid-2"]
    assert (course.out / "bob" / "report.json").is_file(), "its files stay until it is forgotten"
    course.run("forget", course.out, "bob")
    assert not (course.out / "bob").exists()
    assert course.cohort().stderr.count("bob") == 0


@pytest.mark.slow
def test_what_comes_back_counts_again(course: Course) -> None:
    (course.works / "bob").rename(course.folder / "bob")
    course.cohort()
    assert course.statuses["bob"] == "gone"
    (course.folder / "bob").rename(course.works / "bob")
    assert remarks(course.cohort()) == []
    assert course.statuses == GRADED


def test_two_cohorts_of_different_folders_stand_side_by_side(course: Course) -> None:
    other = course.folder / "section-b"
    other.mkdir()
    (other / "eve.py").write_text("x = 1\n")
    assert remarks(course.run("cohort", other, "--out", course.out)) == []
    assert course.statuses == {**GRADED, "eve": "graded"}


@pytest.mark.slow
def test_a_report_without_an_entry_is_ignored_and_named(course: Course) -> None:
    shutil.copytree(course.out / "bob", course.out / "zoe")
    path = course.out / "zoe" / "report.json"
    path.write_text(json.dumps(report(course.out, "bob") | {"submission": "zoe"}))
    said = course.export().stderr
    assert "ignored, because no run of the grader into" in said
    assert "zoe/report.json" in said
    assert "zoe" not in course.exported
    (course.folder / "p.csv").write_text("id,criterion,points,reason\nzoe,values,2,as agreed\n")
    assert "there is no report on 'zoe'" in course.run("points", course.out, course.folder / "p.csv", status=2).stderr
    course.cohort()
    assert course.statuses == GRADED
    course.run("grade", course.put("zoe", "x = 1\n"), "--out", course.out)
    assert course.statuses == {**GRADED, "zoe": "graded"}


@pytest.mark.slow
def test_an_entry_whose_report_is_gone_is_named_and_is_no_zero(course: Course) -> None:
    shutil.rmtree(course.out / "bob")
    said = course.export().stderr
    assert "their reports are gone: bob: grade them again" in said
    assert (course.exported["bob"]["status"], course.exported["bob"]["score"]) == ("not graded", "")
    assert course.run("diff", course.out, course.out).returncode == 0
    course.run("grade", course.works / "ann", "--out", course.out)
    assert course.rows()["bob"]["note"] == "its report is gone: grade it again"
    course.cohort()
    assert course.statuses == GRADED


@pytest.mark.slow
def test_a_damaged_index_is_a_sentence_with_a_way_out(course: Course) -> None:
    before = (course.out / "grades.csv").read_bytes()
    for text in ("", "[]", "{", '{"schema": "autodiff-kit/index/v1", "submissions": {"ann": 5}, "stale": false, "forgetting": []}'):
        (course.out / ".index.json").write_text(text)
        for command in (
            ("cohort", course.works, "--out", course.out),
            ("export", course.out, "--to", "csv", "--into", course.folder / "t"),
        ):
            ended = course.run(*command, status=2)
            assert ".index.json: damaged: bring the file back, or delete it" in ended.stderr
            assert "Traceback" not in ended.stderr
    (course.out / ".index.json").unlink()
    course.export()
    assert len(course.exported) == 4
    course.run("grade", course.works / "ann", "--out", course.out)
    assert (course.out / "grades.csv").read_bytes() == before


def test_results_of_an_earlier_version_are_read(course: Course) -> None:
    """They have no index, and their reports are of v1."""
    (course.out / ".index.json").unlink()
    for name in WORKS:
        (course.out / name / "report.json").write_text(json.dumps(report(course.out, name) | {"schema": "autodiff-kit/report/v1"}))
    course.export()
    assert {row["status"] for row in course.exported.values()} == {"graded", "missing"}
    (course.folder / "p.csv").write_text("id,criterion,points,reason\ncid,values,2,as agreed\n")
    course.run("points", course.out, course.folder / "p.csv")
    assert course.statuses == GRADED
    assert report(course.out, "ann")["schema"] == "autodiff-kit/report/v2"


# ---- runs that did not finish -------------------------------------------------


def stopped(course: Course, works: Path, by: int, when: Callable[[], object]) -> int:
    """Begin a cohort, end it with a signal when something came about, and return its status."""
    command = [sys.executable, "-m", "grader", "cohort", works, "--out", course.out, "--no-diagnosis", "--jobs", "1"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True, stderr=subprocess.DEVNULL
    )
    last = time.monotonic() + 120
    while not when():
        assert time.monotonic() < last
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, by) if by == signal.SIGKILL else process.send_signal(by)
    status = process.wait()
    while by != signal.SIGKILL and time.monotonic() < last:  # its workers end after it
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    return status


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_an_unfinished_run_is_marked_and_exported_only_in_part(by: int, course: Course) -> None:
    other = course.folder / "others"
    other.mkdir()
    for name in ("eve", "fay", "gus"):
        (other / f"{name}.py").write_text("x = 1\n" if name == "eve" else "while True: pass\n")
    before = course.rows()
    assert stopped(course, other, by, (course.out / ".traces" / "eve.json").exists) != 0
    refused = course.export(status=2).stderr
    assert "a run did not finish, and left 3 without a result that counts: eve, fay, gus" in refused
    assert "say --partial" in refused
    assert not (course.folder / "t.csv").exists()
    course.export("--partial")
    assert {name: row["status"] for name, row in course.exported.items()} == {
        **GRADED,
        **dict.fromkeys(("eve", "fay", "gus"), "not graded"),
    }
    assert all(course.exported[name]["score"] == "" for name in ("eve", "fay", "gus"))
    rows = course.rows()
    assert {name: rows[name] for name in before} == before
    assert rows["fay"]["note"] == "the run of `grader cohort` that began it did not finish: run it again"
    course.run("grade", course.works / "ann", "--out", course.out)
    assert "say --partial" in course.export(status=2).stderr, "another run does not finish it"
    for name in ("fay", "gus"):
        (other / f"{name}.py").write_text("x = 1\n")
    course.run("cohort", other, "--out", course.out)
    course.export()
    assert {row["status"] for row in course.exported.values()} == {"graded", "missing"}


def test_what_a_run_had_finished_before_it_was_killed_counts(course: Course) -> None:
    """The run compares in parts where the traces are many; here the first part is all but the last submission."""
    index = json.loads((course.out / ".index.json").read_text())
    for name in ("ann", "bob"):
        index["submissions"][name] |= {"pending": "cohort 2026-11-30T10:00:00+00:00 0a0a0a", "before": "0" * 64}
    (course.out / ".index.json").write_text(json.dumps(index))
    (course.out / "bob" / "report.json").unlink()
    said = course.export("--partial").stderr
    assert "left 1 without a result that counts: bob" in said
    assert [course.exported[name]["status"] for name in ("ann", "bob")] == ["graded", "not graded"]
    assert json.loads((course.out / ".index.json").read_text())["submissions"]["ann"]["run"].startswith("cohort 2026-11-30")


def test_a_decision_that_was_cut_off_is_completed_by_the_next_command(course: Course) -> None:
    (course.folder / "p.csv").write_text("id,criterion,points,reason\ncid,values,2,as agreed\n")
    before = {name: course.files()[name] for name in course.files() if name.startswith("out/c") or name == "out/grades.csv"}
    course.run("points", course.out, course.folder / "p.csv")
    for name, content in before.items():  # as if it was killed between the log and the reports
        (course.folder / name).write_bytes(content)
    index = json.loads((course.out / ".index.json").read_text())
    index["submissions"]["cid"]["row"]["score"] = 0
    (course.out / ".index.json").write_text(json.dumps(index | {"stale": True}))
    course.export()
    assert course.exported["cid"]["score"] == course.rows()["cid"]["score"] == "2"
    assert report(course.out, "cid")["final"]["score"] == 2


def test_a_deletion_that_was_cut_off_is_completed_by_the_next_command(course: Course) -> None:
    index = json.loads((course.out / ".index.json").read_text())
    (course.out / ".index.json").write_text(json.dumps(index | {"forgetting": ["bob"]}))
    course.export()
    assert "bob" not in course.exported
    assert not [path for path in course.out.rglob("*") if "bob" in path.name]
    assert set(course.statuses) == {"ann", "cid", "dora"}


@pytest.mark.parametrize("command", slow_after(1, ["regrade", "compare"]))
def test_a_comparison_that_was_cut_off_is_completed_when_it_is_run_again(command: str, course: Course) -> None:
    index = json.loads((course.out / ".index.json").read_text())
    for name, entry in index["submissions"].items():
        content = (course.out / name / "report.json").read_bytes()
        entry |= {"pending": "compare 2026-11-30T10:00:00+00:00 0a0a0a", "before": hashlib.sha256(content).hexdigest()}
    (course.out / ".index.json").write_text(json.dumps(index))
    assert "left 3 without a result that counts: ann, bob, cid: run it again" in course.export(status=2).stderr
    course.run(command, course.out, *(("--out", course.out) if command == "compare" else ()))
    course.export()
    assert course.statuses == GRADED


@pytest.mark.slow
def test_commands_into_one_folder_at_the_same_time_lose_nothing(course: Course) -> None:
    names = [f"new-{i}" for i in range(3)]
    running = []
    for name in names:
        command = [sys.executable, "-m", "grader", "grade", course.put(name, "x = 1\n"), "--out", course.out, "--no-diagnosis", "--quiet"]
        running.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL))
    assert [process.wait(180) for process in running] == [0] * len(names)
    assert course.statuses == {**GRADED, **dict.fromkeys(names, "graded")}
    course.export()
    assert set(course.exported) == set(course.statuses)


# ---- folders that contain each other ------------------------------------------


@pytest.mark.parametrize("out", slow_after(2, ["in", "in/results", "in/ann", "in/../in/ann/deep"]))
def test_submissions_and_results_do_not_lie_in_each_other(out: str, course: Course) -> None:
    before = course.files()
    assert "lie in each other" in course.run("cohort", course.works, "--out", course.folder / out, status=2).stderr
    link = course.folder / "link"
    link.symlink_to(course.works)
    assert "lie in each other" in course.run("cohort", course.works, "--out", link, status=2).stderr
    assert "lie in each other" in course.run("cohort", course.out, "--out", course.out, status=2).stderr
    link.unlink()
    assert course.files() == before


def test_forgetting_deletes_what_the_grader_wrote_and_nothing_else(course: Course) -> None:
    notes = course.out / "bob" / "autodiff.py"
    notes.write_text(REFERENCE)
    branch = course.out / ".git" / "refs" / "heads" / "bob"
    branch.parent.mkdir(parents=True)
    branch.write_text("0" * 40)
    (course.out / "zoe").mkdir()
    (course.out / "zoe" / "report.json").write_text("{}")
    ended = course.run("forget", course.out, "bob")
    assert f"{course.out / 'bob'} holds files that the grader did not write, delete it yourself" in ended.stderr
    assert [path.name for path in (course.out / "bob").iterdir()] == ["autodiff.py"]
    assert branch.exists()
    assert not (course.out / ".traces" / "bob.json").exists()
    assert "holds nothing on 'zoe'" in course.run("forget", course.out, "zoe", status=2).stderr
    assert (course.out / "zoe" / "report.json").exists()


def test_forgetting_deletes_drafts_of_commands_that_were_killed(course: Course) -> None:
    """A draft of the index, of grades.csv, of the roster or of the log names the student."""
    drafts = [course.out / folder / ".0123456789abcdef.draft" for folder in ("", ".course", ".traces", "bob")]
    for draft in drafts:
        draft.write_text("bob")
    course.run("forget", course.out, "bob")
    assert [draft for draft in drafts if draft.exists()] == []


def test_forgetting_follows_no_link_out_of_the_folder(course: Course) -> None:
    (course.out / "bob").rename(course.folder / "elsewhere")
    (course.out / "bob").symlink_to(course.folder / "elsewhere")
    course.run("forget", course.out, "bob")
    assert (course.folder / "elsewhere" / "report.json").exists()


# ---- parts of a grading -------------------------------------------------------


@pytest.mark.parametrize("command", slow_after(1, ["grade", "cohort", "compare", "practice"]))
def test_a_part_never_takes_the_place_of_a_whole_result(command: str, course: Course) -> None:
    before = course.files()
    call = {
        "grade": ("grade", course.works / "ann", "--step", "forward"),
        "cohort": ("cohort", course.works, "--step", "forward"),
        "compare": ("compare", course.out, "--step", "forward"),
        "practice": ("grade", course.works / "ann", "--practice"),
    }[command]
    said = course.run(*call, "--out", course.out, status=2).stderr
    assert "holds the whole results of ann" in said
    assert "name another --out" in said
    assert course.files() == before
    course.run(*call, "--out", course.folder / "part")
    assert report(course.folder / "part", "ann")["provisional"]


# ---- collected elsewhere ------------------------------------------------------


@pytest.mark.slow
def test_compare_finds_the_traces_that_collect_wrote(course: Course) -> None:
    traces, out = course.folder / "traces", course.folder / "compared"
    course.run("collect", *(course.works / name for name in WORKS), "--out", traces)
    course.run("compare", traces, "--out", out)
    assert {name: report(out, name)["score"] for name in WORKS} == {name: report(course.out, name)["score"] for name in WORKS}
    shutil.copy(traces / "ann.json", traces / "stranger.json")
    (traces / "notes.json").write_text("{}")
    course.run("compare", traces, "--out", traces)
    assert sorted(path.parent.name for path in traces.glob("*/report.json")) == sorted(WORKS)
    course.run("compare", traces, "--out", course.folder / "again")
    assert set(course.rows(course.folder / "again" / "grades.csv")) == set(WORKS)
    assert (
        "holds reports on ann: collect into another folder" in course.run("collect", course.works / "ann", "--out", traces, status=2).stderr
    )


@pytest.mark.slow
def test_compare_takes_traces_that_came_from_another_machine(course: Course) -> None:
    traces, copies = course.folder / "traces", course.folder / "copies"
    course.run("collect", *(course.works / name for name in WORKS), "--out", traces)
    copies.mkdir()
    for path in traces.glob("*.json"):
        shutil.copy(path, copies)
    (copies / ".index.json").unlink(missing_ok=True)
    (copies / "questions.json").write_text('{"schema": "autodiff-kit/questions/v2"}')
    course.run("compare", copies, "--out", course.folder / "compared")
    assert set(course.rows(course.folder / "compared" / "grades.csv")) == set(WORKS)
    assert not [path for path in copies.iterdir() if path.name.startswith(".")]


# ---- exports ------------------------------------------------------------------

PAIR = "id,name,email,group,Participant\nmia,Mia,mia@x,pair,1\nnoa,Noa,noa@x,pair,2\nann,Ann,ann@x,,3\n"


@pytest.fixture
def pair(course: Course) -> Course:
    course.put("pair", STOPS)
    course.roster.write_text(PAIR)
    course.cohort("--roster", course.roster)
    return course


@pytest.mark.slow
def test_each_of_a_pair_has_an_id_of_their_own(pair: Course) -> None:
    pair.export()
    rows = pair.exported
    score = rows["mia"]["score"]
    assert float(score) > 0
    assert [(rows[name]["name"], rows[name]["submission"], rows[name]["score"]) for name in ("mia", "noa")] == [
        ("Mia", "pair", score), ("Noa", "pair", score),
    ]  # fmt: skip
    assert "pair" not in rows


@pytest.mark.slow
def test_each_of_a_pair_has_the_grade_in_the_gradebook(pair: Course) -> None:
    header = "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\n"
    lines = "".join(f"Participant {n},{name},{name.lower()},Submitted,,100.00,Yes,-,\n" for n, name in ((1, "Mia"), (2, "Noa"), (3, "Ann")))
    (pair.folder / "m.csv").write_text(header + lines)
    pair.run("export", pair.out, "--to", "moodle", "--template", pair.folder / "m.csv", "--into", pair.folder / "f.csv", "--feedback")
    found = read_moodle((pair.folder / "f.csv").read_bytes())
    assert found["1"]["Grade"] == found["2"]["Grade"] == pair.rows()["pair"]["score"]


@pytest.mark.slow
def test_moodles_feedback_says_why_a_file_lost_its_points(course: Course) -> None:
    course.put("cid", "def add(a, b:\n")
    course.cohort()
    header = "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\n"
    lines = "".join(f"Participant {n},{name},{name},Submitted,,100.00,Yes,-,\n" for n, name in ((1, "ann"), (2, "bob"), (3, "cid")))
    (course.folder / "m.csv").write_text(header + lines)
    course.run(
        "export", course.out, "--to", "moodle", "--template", course.folder / "m.csv", "--into", course.folder / "f.csv", "--feedback"
    )
    found = read_moodle((course.folder / "f.csv").read_bytes())
    assert re.search(r"Python [0-9.]+ can't read autodiff.py at line 1: ", found["3"]["Feedback comments"])
    assert "Python cannot import your file as it stands: line" in found["2"]["Feedback comments"]
    assert found["1"]["Feedback comments"].endswith("Arrays 0/0") or "import" not in found["1"]["Feedback comments"]


def test_the_headline_of_a_report_is_the_score_that_counts(course: Course) -> None:
    (course.folder / "p.csv").write_text("id,criterion,points,reason\ncid,values,2,as agreed\n")
    course.run("points", course.out, course.folder / "p.csv")
    lines = [line for line in (course.out / "cid" / "report.md").read_text("utf-8").splitlines() if line]
    assert lines[1].startswith("**What counts: 2** of 100 points")
    assert "The grader gave 0 points, bonus 0." in lines[1]
    shown = course.run("grade", course.works / "cid", "--out", course.out).stdout.splitlines()
    assert shown[0].startswith("cid: 2 of 100 points")


# ---- a disk that is full ------------------------------------------------------


@pytest.mark.parametrize("target", ["csv", "junit", "gradescope"])
@pytest.mark.parametrize("old", [True, False])
def test_a_full_disk_is_named_and_leaves_no_half_of_a_file(target: str, old: bool, course: Course) -> None:
    into = course.folder / "results"
    if target == "gradescope":
        into.mkdir()
    written = into / "ann.json" if target == "gradescope" else into
    if old:
        written.write_text("as it was")
    before = course.files()
    command = [sys.executable, "-m", "grader", "export", course.out, "--to", target, "--into", into]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == f"grader: {written}: File too large"
    assert course.files() == before


def test_a_full_disk_while_grading_leaves_the_old_results(course: Course) -> None:
    before = course.files()
    command = [sys.executable, "-m", "grader", "points", course.out, course.folder / "p.csv", "--by", "ann"]
    (course.folder / "p.csv").write_text("id,criterion,points,reason\ncid,values,2,as agreed\n")
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (2, f"grader: {course.out / '.index.json'}: File too large\n")
    assert {name: content for name, content in course.files().items() if name != "p.csv"} == before
    course.run("points", course.out, course.folder / "p.csv")
    assert course.rows()["cid"]["score"] == "2"


def test_a_suite_is_written_once_for_a_pair(pair: Course) -> None:
    pair.run("export", pair.out, "--to", "junit", "--into", pair.folder / "j.xml")
    names = [suite.get("name") for suite in ElementTree.parse(pair.folder / "j.xml").getroot()]
    assert sorted(names) == ["ann", "bob", "cid", "pair"]


def test_results_under_two_rubrics_are_named_by_every_command(course: Course, kit: Path) -> None:
    says = "the results were made with 2 different rubrics: grade all submissions again before you compare them"
    assert says not in course.export().stderr
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    rubric.write_text(rubric.read_text().replace("points: 6", "points: 8", 1).replace("points: 6", "points: 4", 1))
    course.run("grade", course.works / "ann", "--out", course.out, "--kit", kit, "--quiet")
    assert says in course.export().stderr
    feedback = course.run("feedback", course.out, "--to", "folder", "--into", course.folder / "back.zip")
    assert says in feedback.stderr


def test_files_that_no_grader_wrote_are_not_overwritten(course: Course) -> None:
    mine = course.folder / "mine"
    for name in ("grades.csv", "ann/report.md"):
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text("my own")
        ended = course.run("grade", course.works / "ann", "--out", mine, status=2)
        assert f"holds {name}, and the grader did not write it" in ended.stderr
        assert {path.name: path.read_text() for path in mine.rglob("*") if path.is_file()} == {Path(name).name: "my own"}
        (mine / name).unlink()
    course.run("grade", course.works / "ann", "--out", mine)
    course.run("grade", course.works / "ann", "--out", mine)


def test_a_command_that_is_named_can_be_pasted(course: Course) -> None:
    out = course.folder / "out dir"
    (course.works / "dora").mkdir()
    said = course.cohort("--out", out).stderr
    assert f"`grader points '{out}' --unusable 0` decides" in said
