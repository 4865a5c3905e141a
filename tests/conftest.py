"""What all tests share: the command line as a function, and a copy of the kit that a test may change."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SUBMISSIONS = ROOT / "tests" / "submissions"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command line in a process of its own, with a cache for this test run alone (that of all its workers).

    Without diagnosis, unless it is asked for: finding out what the misconceptions answer takes its time.
    """
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache"

    def run(*arguments: object, status: int | None = 0, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
        if arguments[0] in ("grade", "cohort", "compare") and "--diagnosis" not in arguments:
            arguments = (*arguments, "--no-diagnosis")
        ended = subprocess.run(
            [sys.executable, "-m", "grader", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            env={**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT), **environment},
            check=False,
        )
        assert status is None or ended.returncode == status, ended.stderr or ended.stdout
        return ended

    return run


@pytest.fixture
def graded(run: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Grade the text of one submission and return its report."""

    def graded(source: str | bytes, *options: object, name: str = "student") -> dict[str, Any]:
        file = tmp_path / "in" / name / "autodiff.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source.encode() if isinstance(source, str) else source)
        run("grade", file, "--out", tmp_path / "out", "--quiet", *options)
        return report(tmp_path / "out", name)

    return graded


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the reference and the rubrics, for tests that change them; without the misconceptions, which take their time."""
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, tmp_path / "kit" / part, ignore=shutil.ignore_patterns("misconceptions"))
    return tmp_path / "kit"


def report(out: Path, name: str) -> dict[str, Any]:
    """Return a report that was written to `out`."""
    return dict(json.loads((out / name / "report.json").read_text("utf-8")))


def scores(report: dict[str, Any]) -> dict[str, float]:
    """Return the points of each core step."""
    return {step["id"]: step["score"] for step in report["steps"] if step["max_score"]}


def outcomes(report: dict[str, Any], step: str) -> dict[str, str]:
    """Return the outcome of each criterion of a step."""
    return {c["id"]: c["outcome"] for s in report["steps"] if s["id"] == step for c in s["criteria"]}


def same_but_for_times(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without what differs between two runs on one submission."""
    provenance = {k: v for k, v in report["provenance"].items() if k not in ("graded_at", "seconds")}
    return {**report, "provenance": provenance}


REFERENCE = (ROOT / "reference" / "autodiff.py").read_text("utf-8")
FULL = {"node-creation": 35, "topological-order": 30, "forward": 35}
