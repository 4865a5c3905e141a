"""A run into the folder of an earlier one goes on where that stopped: what was collected of the same work is not asked again."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SUBMISSIONS, Run, report, same_but_for_times

NAMES = ("push-forward", "pull-with-memo", "edges", "short-repr", "math-aliases", "order-as-tuple")


@pytest.fixture
def works(tmp_path: Path) -> Path:
    """Six right submissions, and one that loses."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(SUBMISSIONS / "right" / f"{name}.py", folder)
    shutil.copy(SUBMISSIONS / "wrong" / "assigned-for-accumulated.py", folder)
    return folder


def traces(out: Path) -> dict[str, int]:
    """Return when each trace was written."""
    return {path.stem: path.stat().st_mtime_ns for path in (out / ".traces").glob("*.json")}


def results(out: Path) -> dict[str, Any]:
    return {path.parent.name: same_but_for_times(report(out, path.parent.name)) for path in out.glob("*/report.json")}


@pytest.mark.slow
def test_what_is_unchanged_is_not_asked_again(run: Run, works: Path, tmp_path: Path) -> None:
    run("cohort", works, "--out", tmp_path / "out")
    before, reports = traces(tmp_path / "out"), results(tmp_path / "out")
    (works / "edges.py").write_bytes((works / "edges.py").read_bytes() + b"\n# changed\n")
    run("cohort", works, "--out", tmp_path / "out")
    after = traces(tmp_path / "out")
    assert {name for name in after if after[name] != before[name]} == {"edges"}
    del reports["edges"]
    assert {name: results(tmp_path / "out")[name] for name in reports} == reports
    run("cohort", works, "--out", tmp_path / "out", "--ask-all")
    assert not set(traces(tmp_path / "out").items()) & set(after.items())


@pytest.mark.slow
def test_changed_points_only_compare_again(run: Run, works: Path, kit: Path, tmp_path: Path) -> None:
    run("cohort", works, "--out", tmp_path / "out", "--kit", kit)
    before = traces(tmp_path / "out")
    rubric = kit / "rubrics" / "3-forward.yaml"
    rubric.write_text(rubric.read_text().replace("points: 35", "points: 40").replace("    points: 5\n", "    points: 10\n", 1))
    run("cohort", works, "--out", tmp_path / "out", "--kit", kit)
    assert traces(tmp_path / "out") == before
    assert report(tmp_path / "out", "edges")["score"] == 105


@pytest.mark.slow
def test_what_was_asked_of_one_step_alone_is_no_answer_to_all(run: Run, works: Path, tmp_path: Path) -> None:
    run("grade", works / "edges.py", "--out", tmp_path / "out", "--step", "forward")
    refused = run("compare", tmp_path / "out", "--out", tmp_path / "again", status=2)
    assert "name the right --step" in refused.stderr
    run("grade", works / "edges.py", "--out", tmp_path / "out")
    assert report(tmp_path / "out", "edges")["score"] == 100


@pytest.mark.slow
def test_answers_from_behind_other_walls_are_not_kept(run: Run, works: Path, tmp_path: Path) -> None:
    run("grade", works / "edges.py", "--out", tmp_path / "out", "--practice")
    run("grade", works / "edges.py", "--out", tmp_path / "out", "--sandbox", "core")
    found = report(tmp_path / "out", "edges")
    assert (found["score"], found["provisional"], found["provenance"]["sandbox"]) == (100, False, "core")


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_to_the_same_end(run: Run, works: Path, tmp_path: Path) -> None:
    """Killed with -9 at ten moments, with all its processes, each time at another one."""
    run("cohort", works, "--out", tmp_path / "calm")
    command = [sys.executable, "-m", "grader", "cohort", works, "--out", tmp_path / "out", "--no-diagnosis", "--quiet"]
    moments, killed = random.Random(8), 0
    for _ in range(10):
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True)
        time.sleep(moments.uniform(0.5, 4.0))
        killed += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()
    assert killed
    run("cohort", works, "--out", tmp_path / "out")
    assert results(tmp_path / "out") == results(tmp_path / "calm")
    assert (tmp_path / "out" / "grades.csv").read_bytes() == (tmp_path / "calm" / "grades.csv").read_bytes()
