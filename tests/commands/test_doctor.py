"""`grader doctor` says whether this machine can grade, and errors about a missing sandbox send people there."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run


def found(run: Run, status: int, *options: object, **environment: Any) -> dict[str, dict[str, str]]:
    """Return the checks by their names."""
    data = json.loads(run("doctor", "--json", *options, status=status, **environment).stdout)
    assert data["works"] == (status == 0)
    assert all(check["state"] in ("ok", "missing", "optional") for check in data["checks"])
    assert all(bool(check["mend"]) == (check["state"] != "ok") for check in data["checks"])
    return {check["name"]: check for check in data["checks"]}


@pytest.fixture
def other_grader(tmp_path: Path) -> Path:
    """A copy of the grader that a test may change. Its folder is the place to run it from."""
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def on(copy: Path) -> dict[str, Any]:
    return {"PYTHONPATH": str(copy), "cwd": copy}


def test_where_the_tests_run_grading_works_and_each_thing_has_its_line(run: Run) -> None:
    lines = run("doctor").stdout.splitlines()
    states = {line[10:27].strip(): line.split()[0] for line in lines[:-2] if not line.startswith(" ")}
    needed = ("kernel", "Landlock", "seccomp", "sandbox", "Python", "NumPy", "cache folder", "temporary folder", "cores", "disk", "kit")
    assert {states[name] for name in needed} == {"ok"}
    assert {"bubblewrap", "memory", "extra dask", "extra git", "extra nbgrader"} <= states.keys()
    assert lines[-1] == "Grading works here."
    mended = [i for i, line in enumerate(lines) if line.startswith("optional")]
    assert all(lines[i + 1].strip().startswith("-> ") for i in mended)


def test_without_bubblewrap_grading_works_and_the_package_is_named(run: Run, tmp_path: Path) -> None:
    check = found(run, 0, PATH=str(tmp_path))["bubblewrap"]
    assert (check["state"], check["mend"]) == ("optional", "sudo apt install bubblewrap")


def test_a_bubblewrap_that_does_not_work_is_no_obstacle_and_says_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    check = found(run, 0, PATH=str(tmp_path))["bubblewrap"]
    assert check["state"] == "optional"
    assert "No permissions to create new namespace" in check["found"]


def test_a_cache_that_can_t_be_written_is_named_with_a_way_out(run: Run) -> None:
    check = found(run, 0, XDG_CACHE_HOME="/dev/null/cache")["cache folder"]
    assert check["state"] == "optional"
    assert "/dev/null/cache" in check["found"]
    assert "XDG_CACHE_HOME" in check["mend"]


def test_without_a_kit_grading_does_not_work(run: Run, tmp_path: Path) -> None:
    check = found(run, 2, "--kit", tmp_path)["kit"]
    assert check["state"] == "missing"
    assert "--kit" in check["mend"]


def test_without_landlock_grading_does_not_work(run: Run, other_grader: Path) -> None:
    lock = other_grader / "grader" / "sandbox" / "inside" / "lockdown.py"
    lock.write_text(lock.read_text().replace("LANDLOCK_RESTRICT = 444,", "LANDLOCK_RESTRICT = 999,"))
    checks = found(run, 2, "--kit", ROOT, **on(other_grader))
    assert checks["Landlock"]["state"] == checks["sandbox"]["state"] == "missing"
    assert "grader doctor" not in checks["sandbox"]["found"]
    refused = run("grade", ROOT / "starter", "--kit", ROOT, "--out", other_grader / "out", status=2, **on(other_grader))
    assert "`grader doctor`" in refused.stderr


def test_walls_that_do_not_hold_are_found(run: Run, other_grader: Path) -> None:
    lock = other_grader / "grader" / "sandbox" / "inside" / "lockdown.py"
    lock.write_text(lock.read_text().replace("        _call(LIBC.syscall, LANDLOCK_RESTRICT, self.ruleset, 0)\n", ""))
    check = found(run, 2, "--kit", ROOT, **on(other_grader))["sandbox"]
    assert "inside it one can read a file" in check["found"]


def test_without_numpy_it_is_named_with_the_command_that_installs_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\nu.find_spec = lambda name, *more: None if name == 'numpy' else find(name, *more)\n"
    )
    check = found(run, 2, PYTHONPATH=f"{tmp_path}:{ROOT}")["NumPy"]
    assert check["state"] == "missing"
    assert check["mend"] == f"{sys.executable} -m pip install NumPy"


def test_wishing_for_bubblewrap_where_there_is_none_refers_to_the_doctor(run: Run, tmp_path: Path) -> None:
    refused = run("grade", ROOT / "starter", "--out", tmp_path / "out", "--sandbox", "bwrap", status=2, PATH=str(tmp_path))
    assert "`grader doctor`" in refused.stderr
