"""The jury as notebooks: autograde gives what `grader cohort` gives, and that is what the same program gets as a file."""

import importlib.util
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from courses import ROOT, command, peek
from notebooks import with_program

if importlib.util.find_spec("nbgrader") is None:
    pytest.skip("nbgrader is not installed: run `tox run -e nbgrader`", allow_module_level=True)

FILES = sorted(path for kind in ("right", "wrong") for path in (ROOT / "tests" / "submissions" / kind).glob("*.py"))
KILLERS = {name for names in yaml.safe_load((ROOT / "tests" / "killers.yaml").read_text("utf-8")).values() for name in names}
SAMPLE = [path for place, path in enumerate(FILES) if path.stem in KILLERS or place % 12 == 0]
"""Notebooks differ from files only in how they are read, so one wrong program for each criterion and every twelfth file are enough."""
JURY = FILES if os.environ.get("AUTODIFF_JURY") == "all" else SAMPLE


def scores(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {step["id"]: (step["score"], sum(c["score"] for c in step["criteria"] if c["bonus"])) for step in report["steps"]}


def test_the_jury_has_the_same_scores_everywhere(command: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "assignment"
    shutil.copytree(ROOT / "assignment", folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write("c.Sandboxed.diagnosis = False\n")
    command("nbgrader", "generate_assignment", "autodiff", cwd=folder)
    released = json.loads((folder / "release" / "autodiff" / "autodiff.ipynb").read_text())
    names = []
    for path in JURY:
        names.append(f"{path.parent.name}-{path.stem}")
        handed_in = folder / "submitted" / names[-1] / "autodiff"
        handed_in.mkdir(parents=True)
        (handed_in / "autodiff.ipynb").write_text(json.dumps(with_program(released, path.read_text("utf-8-sig"))))
        (tmp_path / "files" / names[-1]).mkdir(parents=True)
        shutil.copy(path, tmp_path / "files" / names[-1] / "autodiff.py")
    command("nbgrader", "autograde", "autodiff", cwd=folder)
    found = peek(command, f"sqlite:///{folder}/gradebook.db")
    for way in (folder / "submitted", tmp_path / "files"):
        command("grader", "cohort", way, "--out", tmp_path / f"out-{way.name}", "--no-diagnosis", "--quiet")
    for name in names:
        reports = [json.loads((tmp_path / f"out-{way}" / name / "report.json").read_text()) for way in ("submitted", "files")]
        assert scores(reports[0]) == scores(reports[1]), name
        assert {
            step: (g["auto"], g["extra"] or 0) for step, g in found[name]["grades"].items() if not step.startswith("written-")
        } == scores(reports[0]), name
