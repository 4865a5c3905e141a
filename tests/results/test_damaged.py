"""Files in OUT that were damaged, and machines that lack something: a sentence with a way out, and nothing is half done."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, Run, slow_after

from grader.report.scoring import SCHEMA


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    for name in ("ann", "bob"):
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(REFERENCE)
    (folder / "roster.csv").write_text("id,name\nann,Ann\nbob,Bob\n")
    run("cohort", folder / "in", "--out", folder / "out", "--roster", folder / "roster.csv")
    (folder / "points.csv").write_text("id,criterion,points,reason\nann,values,1,asked in class\n")
    run("points", folder / "out", folder / "points.csv", "--by", "eve")
    (folder / "late.yaml").write_text("due: 2026-11-30T23:59+01:00\nper_day: 1\n")
    return folder


@pytest.fixture
def course(graded: Path, tmp_path: Path) -> Path:
    shutil.copytree(graded, tmp_path / "course")
    return tmp_path / "course"


def changed(*way: str | int, to: Any = None) -> Any:
    """Return what changes one value of a report, or takes it out."""

    def change(report: dict[str, Any]) -> str:
        *path, last = way
        there: Any = report
        for key in path:
            there = there[key]
        if to is None:
            del there[last]
        else:
            there[last] = to
        return json.dumps(report)

    return change


DAMAGE = {
    "cut off": lambda _: "{",
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "very deep": lambda _: "[" * 200_000,
    "a schema alone": lambda _: json.dumps({"schema": SCHEMA}),
    "of another version": changed("schema", to="autodiff-kit/report/v9"),
    "another's": changed("submission", to="ann"),
    "without notes": changed("notes"),
    "graded without a score": lambda report: json.dumps(report | {"score": None}),
    "a score that is no number": changed("score", to="much"),
    "a score without end": lambda report: json.dumps(report).replace('"score": 100', '"score": 1e999', 1),
    "steps that are none": changed("steps", to=[1]),
    "a criterion without points": changed("steps", 0, "criteria", 1, "score"),
    "a final that is none": changed("final", to=5),
}


def state_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def commands(course: Path) -> list[tuple[object, ...]]:
    out = course / "out"
    return [
        ("points", out, course / "points.csv", "--by", "eve"),
        ("late", out, "--policy", course / "late.yaml", "--by", "eve"),
        ("forget", out, "ann"),
        *(("export", out, "--to", target, "--into", course / f"{target}.out") for target in ("csv", "gradescope", "junit")),
        ("diff", out, out),
    ]


@pytest.mark.parametrize("name", slow_after(3, DAMAGE))
def test_a_damaged_report_is_a_sentence_and_nothing_is_half_done(name: str, run: Run, course: Path) -> None:
    path = course / "out" / "bob" / "report.json"
    path.write_text(DAMAGE[name](json.loads(path.read_text("utf-8"))), "utf-8")
    before = state_of(course)
    for command in commands(course) if name in ("cut off", "a schema alone") else commands(course)[2:4]:
        [sentence] = run(*command, status=2).stderr.splitlines()
        assert sentence.startswith(f"grader: {path} is damaged, or no report of this version of the grader")
        assert sentence.endswith(": grade again")
        assert state_of(course) == before, command


@pytest.mark.slow
def test_grading_again_is_the_way_out_of_a_damaged_report(run: Run, course: Path) -> None:
    (course / "out" / "bob" / "report.json").write_text("{")
    run("cohort", course / "in", "--out", course / "out")
    for command in commands(course):
        run(*command)


def test_a_student_whose_own_report_is_damaged_can_be_forgotten(run: Run, course: Path) -> None:
    (course / "out" / "ann" / "report.json").write_text("{")
    run("forget", course / "out", "ann")
    assert not [path for path in course.joinpath("out").rglob("*") if "ann" in path.name]
    assert "ann" not in (course / "out" / "grades.csv").read_text("utf-8")
    assert "ann" not in (course / "out" / ".course" / "decisions.jsonl").read_text("utf-8")


NEEDED = {
    "the log of decisions": (".course/decisions.jsonl", "was changed by hand or cut off here"),
    "the roster": (".course/roster.csv", "no column holds the ids"),
    "how the roster was matched": (".course/match.json", "damaged"),
    "what came in": (".course/intake.json", "damaged"),
}


@pytest.mark.parametrize("name", NEEDED)
def test_nobody_is_half_forgotten_and_nothing_half_decided_where_something_else_is_damaged(name: str, run: Run, course: Path) -> None:
    file, sentence = NEEDED[name]
    (course / "points.csv").write_text("id,criterion,points,reason\nbob,values,1,asked in class\n")
    for text in ("{", '{"submissions": {"ann": 5}}\n'):
        (course / "out" / file).write_text(text)
        before = state_of(course)
        for command in (("forget", course / "out", "ann"), ("points", course / "out", course / "points.csv", "--by", "eve")):
            ended = run(*command, status=2)
            assert sentence in ended.stderr
            assert "Traceback" not in ended.stderr
            assert state_of(course) == before, command


def test_who_was_half_forgotten_can_be_forgotten_whole(run: Run, course: Path) -> None:
    shutil.rmtree(course / "out" / "ann")
    (course / "out" / ".course" / "intake.json").unlink()
    (course / "out" / ".course" / "roster.csv").unlink()
    (course / "out" / ".traces" / "ann.json").unlink()
    assert "the text of 1" in run("forget", course / "out", "ann").stdout
    assert "holds nothing on 'ann'" in run("forget", course / "out", "ann", status=2).stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["{", "[]", '{"submissions": 5}', '{"submissions": {"ann": 5}}', '{"submissions": {"ann": {"owners": 5}}}']
)
def test_what_is_said_of_a_damaged_intake_is_a_way_out(text: str, run: Run, course: Path) -> None:
    path = course / "out" / ".course" / "intake.json"
    path.write_text(text)
    again = ("cohort", course / "in", "--out", course / "out")
    [sentence] = run(*again, status=2).stderr.splitlines()
    assert sentence.startswith(f"grader: {path}: damaged: bring the file back, or delete it and run `grader cohort` again")
    path.unlink()
    run(*again)
    assert set(json.loads(path.read_text("utf-8"))["submissions"]) == {"ann", "bob"}


def test_one_wrong_name_among_several_and_nobody_is_forgotten(run: Run, course: Path) -> None:
    before = state_of(course)
    assert "holds nothing on 'carl'" in run("forget", course / "out", "ann", "carl", status=2).stderr
    assert "is not the name of a submission" in run("forget", course / "out", "ann", "../in", status=2).stderr
    assert state_of(course) == before


# ---- the machine --------------------------------------------------------------


def test_a_user_without_a_name_decides_under_the_number(run: Run, course: Path, tmp_path: Path) -> None:
    """As in a container that runs under any user id: no variable and no passwd entry tells the name."""
    (tmp_path / "sitecustomize.py").write_text("import pwd\ndef getpwuid(uid):\n    raise KeyError(uid)\npwd.getpwuid = getpwuid\n")
    nameless = {"PYTHONPATH": f"{tmp_path}:{ROOT}", **dict.fromkeys(("LOGNAME", "USER", "LNAME", "USERNAME"), "")}
    run("diff", course / "out", course / "out", **nameless)
    (course / "points.csv").write_text("id,criterion,points,reason\nbob,values,1,asked in class\n")
    run("points", course / "out", course / "points.csv", **nameless)
    run("late", course / "out", "--policy", course / "late.yaml", **nameless)
    found = json.loads(run("decisions", course / "out", "--json").stdout)
    assert [entry["by"] for entry in found[1:]] == [f"uid {os.getuid()}"] * 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
def test_a_full_disk_is_told_with_its_path(run: Run, course: Path) -> None:
    ended = run("export", course / "out", "--to", "csv", "--into", "/dev/full", status=2)
    assert ended.stderr == "grader: /dev/full: No space left on device\n"
