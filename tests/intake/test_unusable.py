"""Where no program can be found there are no points and no zero until a person decides; what is there and can't run is a zero."""

import csv
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import REFERENCE, ROOT, Run, report
from contract.readers import check_gradescope, check_junit, read_canvas, read_moodle
from jsonschema import Draft202012Validator

SCHEMA = json.loads((ROOT / "grader" / "schemas" / "report.schema.json").read_text("utf-8"))


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def notebook(*cells: Any) -> bytes:
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


CODE = {"cell_type": "code", "metadata": {}, "outputs": []}
UNUSABLE: dict[str, tuple[str, bytes, str]] = {
    "no-program": ("no-program/main.txt", b"x = 1\n", "There is no autodiff.py in what was handed in."),
    "empty-folder": ("empty-folder/.keep", b"", "There is no autodiff.py in what was handed in."),
    "essay.pdf": ("essay.pdf", b"%PDF", "essay.pdf is neither a Python file nor a notebook, folder or archive with an autodiff.py in it."),
    "no-archive": ("no-archive.zip", b"PK no", "The archive can't be read: "),
    "empty-archive": ("empty-archive.zip", zipped({"notes.txt": b""}), "There is no autodiff.py in what was handed in."),
    "twice": ("twice.zip", zipped({"a/autodiff.py": b"x = 1", "b/autodiff.py": b"x = 2"}), "There are several files called autodiff.py "),
    "large": ("large.py", b"#" * 1_000_001, "autodiff.py is larger than 1 MB"),
    "no-notebook": ("no-notebook.ipynb", b"{", "The notebook can't be read: it is not in Jupyter's format."),
}
ZERO: dict[str, tuple[str, bytes, str]] = {
    "syntax": ("syntax.py", b"def add(a, b:\n", f"Python {platform.python_version()} can't read autodiff.py at line 1: "),
    "empty": ("empty.py", b"\n", "autodiff.py is empty."),
    "nul": ("nul/autodiff.py", b"x = 1\0", "autodiff.py holds NUL bytes"),
    "nul-cell": ("nul-cell.ipynb", notebook({**CODE, "source": "x = 1\0"}), "The notebook holds NUL bytes"),
    "no-code": ("no-code.ipynb", notebook(), "autodiff.py is empty."),
}
NUMBERS = {name: str(100 + i) for i, name in enumerate((*UNUSABLE, *ZERO, "ann"))}


class Course:
    """Submissions of all kinds, and one that is right."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder, self.works, self.out = run, folder, folder / "in", folder / "out"

    def put(self, path: str, content: bytes) -> None:
        (self.works / path).parent.mkdir(parents=True, exist_ok=True)
        (self.works / path).write_bytes(content)

    def cohort(self, *options: object, status: int = 0) -> Any:
        return self.run("cohort", self.works, "--out", self.out, *options, status=status)

    def export(self, target: str, into: Path, *options: object) -> str:
        return str(self.run("export", self.out, "--to", target, "--into", into, *options).stderr)

    def report(self, name: str) -> dict[str, Any]:
        found = report(self.out, name)
        assert list(Draft202012Validator(SCHEMA).iter_errors(found)) == []
        return found

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(newline="", encoding="utf-8") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Any]:
    course = Course(run, tmp_path_factory.mktemp("unusable"))
    for path, content, _ in (*UNUSABLE.values(), *ZERO.values()):
        course.put(path, content)
    course.put("ann.py", REFERENCE.encode())
    return course, course.cohort()


@pytest.fixture
def course(graded: tuple[Course, Any]) -> Course:
    return graded[0]


@pytest.mark.parametrize("name", UNUSABLE)
def test_where_no_program_is_found_there_is_a_sentence_and_no_score(name: str, course: Course) -> None:
    found = course.report(name)
    assert (found["schema"], found["status"], found["score"], found["bonus"], found["steps"]) == (
        "autodiff-kit/report/v2", "unusable", None, None, [],
    )  # fmt: skip
    assert found["notes"][0].startswith(UNUSABLE[name][2])
    assert len(found["notes"]) == 1
    row = course.rows[name]
    assert (row["status"], row["score"], row["bonus"], row["forward"]) == ("unusable", "", "", "")
    assert row["note"] == found["notes"][0]
    assert "unusable: no points and no zero, until a person decides" in (course.out / name / "report.md").read_text("utf-8")


@pytest.mark.parametrize("name", ZERO)
def test_a_program_that_is_there_and_cannot_be_graded_is_a_zero(name: str, course: Course) -> None:
    found = course.report(name)
    assert (found["status"], found["score"]) == ("graded", 0)
    assert found["notes"][0].startswith(ZERO[name][2])


def test_the_run_lists_all_that_is_unusable_at_its_end_with_the_reasons(graded: tuple[Course, Any]) -> None:
    course, ended = graded
    first, *lines = [line for line in ended.stderr.splitlines() if "no course secret" not in line]
    assert first.startswith("grader: unusable, without points until a person decides")
    assert f"grader points {course.out} --unusable 0" in first
    assert [line.partition(":")[2].strip().partition(":")[0] for line in lines] == sorted(UNUSABLE)
    assert all(UNUSABLE[name][2] in line for name, line in zip(sorted(UNUSABLE), lines, strict=True))


def test_compare_says_of_it_what_grade_said(course: Course, tmp_path: Path) -> None:
    course.run("compare", course.out, "--out", tmp_path)
    for name in UNUSABLE:
        assert report(tmp_path, name)["notes"] == course.report(name)["notes"]
        assert report(tmp_path, name)["status"] == "unusable"


def test_one_alone_is_status_0_and_says_why(course: Course, tmp_path: Path) -> None:
    ended = course.run("grade", course.works / "no-program", "--out", tmp_path)
    assert ended.stdout.startswith("no-program: unusable: no points and no zero, until a person decides\n")
    assert "There is no autodiff.py in what was handed in." in ended.stdout


# ---- exports ------------------------------------------------------------------


def test_gradebooks_keep_an_empty_cell(course: Course, tmp_path: Path) -> None:
    people = "".join(f"{name},{number},s,,\r\n" for name, number in NUMBERS.items())
    (tmp_path / "c.csv").write_text(f"Student,ID,Section,Work (7),Sum\r\n    Points Possible,,,100,\r\n{people}")
    (tmp_path / "r.csv").write_text("id,ID2\n" + "".join(f"{name},{number}\n" for name, number in NUMBERS.items()))
    roster = ("--roster", tmp_path / "r.csv", "--id-column", "ID2")
    said = course.export("canvas", tmp_path / "f.csv", "--template", tmp_path / "c.csv", "--column", "7", *roster)
    grades = read_canvas((tmp_path / "f.csv").read_bytes())["Work (7)"]
    assert {name for name, number in NUMBERS.items() if grades[number] == ""} == set(UNUSABLE)
    assert "no points, because it is unusable: no-program: There is no autodiff.py in what was handed in." in said
    header = "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments\n"
    lines = "".join(f"Participant {number},{name},{name},Submitted,,100.00,Yes,-,\n" for name, number in NUMBERS.items())
    (tmp_path / "m.csv").write_text(header + lines)
    course.export("moodle", tmp_path / "g.csv", "--template", tmp_path / "m.csv", "--feedback", *roster)
    rows = read_moodle((tmp_path / "g.csv").read_bytes())
    for name in UNUSABLE:
        assert rows[NUMBERS[name]]["Grade"] == ""
        assert rows[NUMBERS[name]]["Feedback comments"].startswith(UNUSABLE[name][2].partition("'")[0])


def test_csv_junit_and_gradescope_tell_the_sentence_without_a_score(course: Course, tmp_path: Path) -> None:
    course.export("csv", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    course.export("junit", tmp_path / "j.xml")
    check_junit((tmp_path / "j.xml").read_text())
    suites = {suite.get("name"): suite for suite in ElementTree.parse(tmp_path / "j.xml").getroot()}
    course.export("gradescope", tmp_path / "gs")
    for name in UNUSABLE:
        why = course.report(name)["notes"][0]
        assert (rows[name]["status"], rows[name]["score"], rows[name]["note"]) == ("unusable", "", why)
        skipped = suites[name].find("testcase/skipped")
        assert (skipped.get("type"), skipped.get("message")) == ("unusable", why)
        results = json.loads((tmp_path / "gs" / f"{name}.json").read_text())
        assert "score" not in results
        assert results["output"] == why


# ---- a person decides ---------------------------------------------------------


@pytest.mark.slow
def test_a_person_decides_for_all_and_can_take_it_back(run: Run, tmp_path: Path) -> None:
    course = Course(run, tmp_path)
    for name in ("no-program", "essay.pdf", "syntax"):
        course.put(*(UNUSABLE | ZERO)[name][:2])
    course.cohort()
    for points, sentence in (("much", "must be a number"), ("101", "more than the assignment is worth"), ("-1", "must be a number")):
        assert sentence in run("points", course.out, "--unusable", points, status=2).stderr
    assert "2 decision(s) added" in run("points", course.out, "--unusable", "0", "--by", "ann").stdout
    assert "0 decision(s) added" in run("points", course.out, "--unusable", "0", "--by", "ann").stdout
    found = course.report("essay.pdf")
    assert (found["status"], found["score"], found["final"]["score"]) == ("unusable", None, 0)
    [decision] = found["final"]["decisions"]
    assert (decision["kind"], decision["points"], decision["reason"], decision["by"]) == ("unusable", 0, found["notes"][0], "ann")
    assert (course.rows["essay.pdf"]["score"], course.rows["essay.pdf"]["automatic"]) == ("0", "")
    assert "2 decision(s); the log is whole" in run("decisions", course.out).stdout
    assert "unusable" not in course.cohort().stderr, "nobody waits for a decision"
    course.export("gradescope", tmp_path / "gs")
    results = json.loads((tmp_path / "gs" / "essay.pdf.json").read_text())
    check_gradescope(results)
    assert results["score"] == 0
    course.export("csv", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        assert {row["id"]: row["score"] for row in csv.DictReader(file)} == {"essay.pdf": "0", "no-program": "0", "syntax": "0"}
    run("points", course.out, "--unusable", "automatic")
    assert course.rows["essay.pdf"]["score"] == ""
    assert "final" not in course.report("essay.pdf")


@pytest.mark.slow
def test_a_decision_is_on_one_fault_and_no_later_one(run: Run, tmp_path: Path) -> None:
    course = Course(run, tmp_path)
    course.put("essay.pdf", b"%PDF")
    course.put("ann/main.txt", b"")
    course.cohort()
    run("points", course.out, "--unusable", "0")
    assert (course.rows["essay.pdf"]["score"], course.rows["ann"]["score"]) == ("0", "0")
    (course.works / "ann" / "main.txt").unlink()
    course.put("ann/autodiff.py", REFERENCE.encode())
    course.cohort()
    assert (course.rows["essay.pdf"]["score"], course.rows["ann"]["score"]) == ("0", "100")
    course.put("ann/autodiff.py", b"#" * 1_000_001)
    assert "ann: autodiff.py is larger than 1 MB" in course.cohort().stderr
    assert course.rows["ann"]["score"] == ""


def test_points_need_a_file_or_a_decision_on_what_is_unusable(course: Course) -> None:
    assert "name a FILE with points, or --unusable POINTS" in course.run("points", course.out, status=2).stderr


# ---- attempts -----------------------------------------------------------------

TRIES = ("--id", r"^(?P<id>[a-z]+)-try(?P<attempt>\d+)")


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["last", "best"])
def test_of_several_attempts_a_usable_one_counts(policy: str, run: Run, tmp_path: Path) -> None:
    course = Course(run, tmp_path)
    course.put("ann-try1.py", b"x = 1\n")
    course.put("ann-try2.zip", b"PK no")
    course.put("bob-try1.zip", b"PK no")
    course.put("bob-try2.ipynb", b"{")
    course.put("cid-try1.zip", b"PK no")
    course.put("cid-try2.py", b"x = 1\n")
    said = course.cohort(*TRIES, "--attempts", policy).stderr
    assert ("ann: ann-try1.py counts, because the last attempt, ann-try2.zip, is unusable" in said) == (policy == "last")
    if policy == "best":
        assert "The best of 2 attempts counts: ann-try1.py, not the last one." in course.report("ann")["notes"]
    assert {name: row["status"] for name, row in course.rows.items()} == {"ann": "graded", "bob": "unusable", "cid": "graded"}
    assert course.report("bob")["notes"][0] == "The notebook can't be read: it is not in Jupyter's format."
    facts = json.loads((course.out / ".course" / "intake.json").read_text())["submissions"]
    assert [facts[name]["from"] for name in ("ann", "cid")] == ["ann-try1.py", "cid-try2.py"]


def test_an_older_report_is_read_and_one_of_an_unknown_version_is_not(course: Course, run: Run, tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    data = course.report("ann")
    for version, status in (("v1", 0), ("v2", 0), ("v3", 2)):
        (tmp_path / "ann" / "report.json").write_text(json.dumps(data | {"schema": f"autodiff-kit/report/{version}"}))
        run("export", tmp_path, "--to", "csv", "--into", tmp_path / "t.csv", status=status)


def test_a_file_without_code_has_the_hash_of_what_it_holds(run: Run, tmp_path: Path) -> None:
    """So different files are not called identical, and a student can see which one was graded."""
    files = {"nul": b"x\0y", "other-nul": b"other\0", "wide": "x = 1".encode("utf-16"), "spaces": b"  \n", "empty": b""}
    for name, content in files.items():
        (tmp_path / f"{name}.py").write_bytes(content)
    run("grade", *sorted(tmp_path.glob("*.py")), "--out", tmp_path / "out", "--quiet")
    hashes = {name: report(tmp_path / "out", name)["provenance"]["submission_sha256"] for name in files}
    assert hashes == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {report(tmp_path / "out", name)["score"] for name in files} == {0}


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="nothing is unreadable for root")
def test_a_folder_that_cannot_be_read_costs_nobody_else_anything(tmp_path: Path) -> None:
    works = tmp_path / "in"
    for name in ("ann", "locked"):
        (works / name).mkdir(parents=True)
        (works / name / "autodiff.py").write_text(REFERENCE)
    (works / "locked").chmod(0)
    without = "-dac_override,-dac_read_search"
    prefix = ["setpriv", "--bounding-set", without, "--inh-caps", without] if os.geteuid() == 0 else []
    command = [*prefix, sys.executable, "-m", "grader", "cohort", works, "--out", tmp_path / "out", "--no-diagnosis", "--quiet"]
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    finally:
        (works / "locked").chmod(0o700)
    assert ended.returncode == 0, ended.stderr
    assert report(tmp_path / "out", "ann")["score"] == 100
    assert report(tmp_path / "out", "locked")["status"] == "unusable"
    assert report(tmp_path / "out", "locked")["notes"] == ["locked can't be read: Permission denied."]
