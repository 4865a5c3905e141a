"""A criterion names its check, and a kit may bring checks of its own."""

from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SUBMISSIONS, Run, report

ENTRY = """  - id: {id}
    points: 1
    bonus: true
    scoring: all-or-nothing
    public: true
    check: {check}
    says: A sentence.
    hint: Look again.
    cases:
      case-of-{name}: A->B, A->C, B->D, C->D, A->D
"""


def add_criterion(kit: Path, id: str, check: str) -> None:
    """Add a bonus criterion with a case of its own to topological order."""
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    text = rubric.read_text("utf-8")
    rubric.write_text(text.rstrip("\n") + "\n" + ENTRY.format(id=id, check=check, name=id.replace("_", "-")), "utf-8")


def criterion(found: dict[str, Any], id: str) -> dict[str, Any]:
    return next(c for step in found["steps"] for c in step["criteria"] if c["id"] == id)


def grade(run: Run, kit: Path, out: Path) -> dict[str, Any]:
    run(
        "grade", SUBMISSIONS / "wrong" / "order-breadth-first.py", ROOT / "reference" / "autodiff.py", "--kit", kit, "--out", out, "--quiet"
    )
    return {name: report(out, name) for name in ("order-breadth-first", "reference")}


@pytest.mark.slow
def test_a_criterion_may_be_judged_by_the_check_of_another(kit: Path, tmp_path: Path, run: Run) -> None:
    add_criterion(kit, "valid_again", "unequal_paths")
    found = grade(run, kit, tmp_path / "out")
    assert criterion(found["reference"], "valid_again")["score"] == 1
    assert criterion(found["reference"], "unequal_paths")["outcome"] == "pass"
    assert criterion(found["order-breadth-first"], "unequal_paths")["outcome"] == "fail"


@pytest.mark.slow
def test_a_kit_may_bring_a_check_of_its_own(kit: Path, tmp_path: Path, run: Run) -> None:
    add_criterion(kit, "impossible", "never")
    refused = run("rubric", "check", "--kit", kit, status=2)
    assert "criterion impossible has no check: write test_never" in refused.stderr
    (kit / "checks").mkdir()
    (kit / "checks" / "test_mine.py").write_text(
        "from grader.compare.expectations import Mismatch\n\n\ndef test_never(order):\n    raise Mismatch('a miracle', 'none', 'none')\n",
        "utf-8",
    )
    run("rubric", "check", "--kit", kit)
    found = grade(run, kit, tmp_path / "out")
    assert criterion(found["reference"], "impossible")["outcome"] == "fail"
    assert found["reference"]["score"] == 100


@pytest.mark.slow
def test_a_check_that_no_criterion_names_is_a_note(kit: Path, run: Run) -> None:
    (kit / "checks").mkdir()
    (kit / "checks" / "test_mine.py").write_text("def test_unused(order):\n    order.expect_valid()\n", "utf-8")
    assert "note: no criterion names the check test_unused" in run("rubric", "check", "--kit", kit).stdout


def test_two_checks_of_one_name_are_refused(kit: Path, run: Run) -> None:
    (kit / "checks").mkdir()
    (kit / "checks" / "test_mine.py").write_text("def test_values(graph):\n    pass\n", "utf-8")
    assert "test_values exists already" in run("rubric", "check", "--kit", kit, status=2).stderr


def test_a_check_that_python_cannot_read_is_named(kit: Path, run: Run) -> None:
    (kit / "checks").mkdir()
    (kit / "checks" / "test_mine.py").write_text("def test_broken(:\n", "utf-8")
    refused = run("rubric", "check", "--kit", kit, status=2)
    assert "test_mine.py: Python cannot read this file" in refused.stderr
    assert "Traceback" not in refused.stderr
