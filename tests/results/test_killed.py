"""A course of ten is graded while its processes are killed a hundred times. Nothing is lost, and in the end all agrees."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, Run, report
from small_kit import PASSED, RUBRICS, SOURCES, write_rubric

KILLS = 100
KINDS = ("right", "half", "nothing", "syntax", "right", "half", "essay", "right", "nothing", "half")
SCORES = {kind: sum(points for name, points in RUBRICS["first"].points.items() if name in passed) for kind, passed in PASSED.items()}


@pytest.fixture
def course(kit: Path, tmp_path: Path) -> dict[str, str]:
    """Ten submissions in tmp_path/in, all on the roster, with one more who hands nothing in; return what each is."""
    write_rubric(kit, RUBRICS["first"])
    kinds = {f"student-{number}": kind for number, kind in enumerate(KINDS)}
    for name, kind in kinds.items():
        folder = tmp_path / "in" / name
        folder.mkdir(parents=True)
        (folder / ("autodiff.py" if kind in SOURCES else "main.txt")).write_text(SOURCES.get(kind, "What I think."))
    (tmp_path / "roster.csv").write_text("id\n" + "".join(f"{name}\n" for name in (*kinds, "student-x")))
    (tmp_path / "points.csv").write_text("id,criterion,points,reason\nstudent-0,style,7,\nstudent-2,values,5,as agreed\n")
    return kinds


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing(run: Run, kit: Path, course: dict[str, str], tmp_path: Path, shared_folder: Path) -> None:
    """With -9 and all processes, each time at another moment: at first of the first run, later of runs over what is there."""
    out, moments, killed = tmp_path / "out", random.Random(15), 0
    grade = ["cohort", tmp_path / "in", "--out", out, "--kit", kit, "--roster", tmp_path / "roster.csv"]
    run(*grade)
    seconds = time_of(lambda: run(*grade, "--ask-all"))
    given = run("points", out, tmp_path / "points.csv").stdout
    assert "2 decision(s) added" in given
    command = [sys.executable, "-m", "grader", *map(str, grade), "--no-diagnosis", "--quiet", "--ask-all"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(shared_folder / "cache")}
    for number in range(10 * KILLS):
        if killed == KILLS:
            break
        jobs = ("--jobs", str(1 + number % 2))
        process = subprocess.Popen([*command, *jobs], cwd=ROOT, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.1, 1.1) * seconds)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        else:  # the machine was busier when it was measured
            seconds *= 0.8
        process.wait()
        check_unfinished(run, out, course)
    assert killed == KILLS
    run(*grade)
    check_whole(run, out, course)


def time_of(call: object) -> float:
    begun = time.monotonic()
    assert callable(call)
    call()
    return time.monotonic() - begun


def check_unfinished(run: Run, out: Path, course: dict[str, str]) -> None:
    """Check that whoever has points has the right ones, that nobody else has any, and that all are there, each once."""
    pending = [name for name, entry in json.loads((out / ".index.json").read_text())["submissions"].items() if entry["pending"]]
    table = out.parent / "t.csv"
    table.unlink(missing_ok=True)
    ended = run("export", out, "--to", "csv", "--into", table, "--provisional", status=None)
    assert ended.returncode == 0 or "say --partial" in ended.stderr
    if ended.returncode:
        assert pending, "only a run that was cut off is refused"
        ended = run("export", out, "--to", "csv", "--into", table, "--provisional", "--partial", status=None)
    if ended.returncode:
        assert "nothing of it is finished yet" in ended.stderr
        return
    rows = read(table, "id")
    assert set(rows) == {*course, "student-x"}
    for name, row in rows.items():
        assert row["status"] in ("not graded", "missing" if name == "student-x" else status_of(course[name])), name
        assert row["score"] == ("" if row["status"] in ("not graded", "missing", "unusable") else score_of(name, course[name])), name
    assert {name: row["score"] for name, row in read(out / "grades.csv", "submission").items()} == {
        n: row["score"] for n, row in rows.items()
    }


def check_whole(run: Run, out: Path, course: dict[str, str]) -> None:
    """Check that all results are there, with the points that people gave."""
    run("export", out, "--to", "csv", "--into", out.parent / "t.csv", "--provisional")
    rows = read(out.parent / "t.csv", "id")
    assert {name: row["status"] for name, row in rows.items()} == {
        **{n: status_of(kind) for n, kind in course.items()},
        "student-x": "missing",
    }
    check_unfinished(run, out, course)
    assert "2 decision(s); the log is whole" in run("decisions", out).stdout
    assert [d["points"] for name in ("student-0", "student-2") for d in report(out, name)["final"]["decisions"]] == [7, 5]


def read(path: Path, key: str) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row[key] for row in rows}) == len(rows)
    return {row[key]: row for row in rows}


def status_of(kind: str) -> str:
    return "graded" if kind in SOURCES else "unusable"


def score_of(name: str, kind: str) -> str:
    return str(SCORES[kind] + {"student-0": 7, "student-2": 5}.get(name, 0))
