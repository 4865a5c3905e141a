"""The autograder for Gradescope: what is in it, and that its scripts grade."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, Run
from contract.readers import check_gradescope


@pytest.fixture
def root(run: Run, kit: Path, tmp_path: Path, shared_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """/autograder as Gradescope lays it out, with the bundle unpacked in source/."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_folder / "cache"))  # the scripts make the plan once in a test run
    run("bundle", tmp_path / "b.zip", "--kit", kit, "--seed", "secret", "--visibility", "after_published")
    root = tmp_path / "autograder"
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(root / "source")
        for member in archive.infolist():
            (root / "source" / member.filename).chmod(member.external_attr >> 16 & 0o777)
    (root / "submission").mkdir()
    return root


def run_autograder(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inside = {"AUTOGRADER": str(root), "PYTHON": sys.executable, "PYTHONPATH": str(root / "source")}
    command = [str(root / "source" / "run_autograder")]
    return subprocess.run(command, env={**os.environ, **inside, **environment}, capture_output=True, text=True, cwd=root, check=False)


def results(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "results" / "results.json").read_text("utf-8")))


@pytest.mark.slow
@pytest.mark.parametrize(("source", "score"), [(REFERENCE, 100), ((ROOT / "starter" / "autodiff.py").read_text(), 0)])
def test_run_autograder_writes_results_that_gradescope_reads(source: str, score: int, root: Path) -> None:
    (root / "submission" / "autodiff.py").write_text(source)
    ended = run_autograder(root)
    assert ended.returncode == 0, ended.stderr
    check_gradescope(results(root))
    assert results(root)["score"] == score
    assert results(root)["visibility"] == "after_published"
    assert results(root)["extra_data"]["seed"] == "private"
    assert "none" not in results(root)["extra_data"]["sandbox"]


@pytest.mark.slow
def test_nothing_handed_in_is_a_sentence_and_no_score(root: Path) -> None:
    (root / "submission" / "essay.txt").write_text("none")
    assert run_autograder(root).returncode == 0
    assert "score" not in results(root)
    assert "There is no autodiff.py" in results(root)["output"]


def test_a_fault_of_ours_gives_no_score_at_all(root: Path) -> None:
    (root / "submission" / "autodiff.py").write_text(REFERENCE)
    (root / "source" / "kit" / "rubrics" / "3-forward.yaml").write_text("step: [")
    ended = run_autograder(root)
    assert ended.returncode != 0
    assert "not YAML" in ended.stderr
    assert not (root / "results").exists()


def test_the_bundle_holds_what_it_needs_and_the_same_bytes_each_time(run: Run, kit: Path, root: Path, tmp_path: Path) -> None:
    run("bundle", tmp_path / "c.zip", "--kit", kit, "--seed", "secret", "--visibility", "after_published")
    assert (tmp_path / "b.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()
    names = set(zipfile.ZipFile(tmp_path / "b.zip").namelist())
    assert {"setup.sh", "run_autograder"} <= names
    assert not [name for name in names if name.startswith(("tests/", "starter/", "out/", "."))]
    for script in ("setup.sh", "run_autograder", "grade"):
        assert os.access(root / "source" / script, os.X_OK)
        subprocess.run(["bash", "-n", root / "source" / script], check=True)
