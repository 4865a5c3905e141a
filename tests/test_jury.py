"""Every submission of the jury gets what its first line says, step by step."""

from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, SUBMISSIONS, Run, report

RIGHT = sorted((SUBMISSIONS / "right").iterdir())
WRONG = sorted((SUBMISSIONS / "wrong").iterdir())


def first_line(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig").splitlines()[0]


@pytest.fixture(scope="module")
def reports(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("jury")
    for kind in ("right", "wrong"):
        run("cohort", SUBMISSIONS / kind, "--out", out / kind, "--quiet")
    return {path: report(out / path.parent.name, path.stem) for path in (*RIGHT, *WRONG)}


def losing_steps(report: dict[str, Any]) -> set[str]:
    """Return the core steps that lost a point, and the extensions that lost a bonus point."""
    return {step["id"] for step in report["steps"] if any(lost(step, c) for c in step["criteria"])}


def lost(step: dict[str, Any], criterion: dict[str, Any]) -> bool:
    return criterion["score"] < criterion["max_score"] and (not step["max_score"] or not criterion["bonus"])


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_submission_keeps_every_point(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    assert first_line(path).startswith("# right: ")
    assert losing_steps(reports[path]) & set(FULL) == set()


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_submission_loses_in_its_own_steps_and_nowhere_else(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    head, _, steps = first_line(path).rpartition("; loses ")
    assert head.startswith("# wrong: ")
    named = {step.strip() for step in steps.split(",")}
    losing = losing_steps(reports[path])
    assert named <= losing
    assert losing & set(FULL) == named & set(FULL)
