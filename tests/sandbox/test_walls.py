"""The walls around student code: what it must not do is refused, told as `forbidden`, and changes nothing outside."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, REFERENCE, ROOT, Reports, Run, report, scores, selected, slow_but

Graded = Callable[..., dict[str, Any]]

FORBIDDEN = {
    "reads a file of the grader": f"open({str(ROOT / 'reference' / 'autodiff.py')!r})",
    "reads a system file": "open('/etc/passwd')",
    "reads its own environment": "open('/proc/self/environ')",
    "reads the template's memory": "import os; open(f'/proc/{os.getppid()}/mem', 'rb')",
    "lists the root folder": "import os; os.listdir('/')",
    "lists installed packages": "import os; os.listdir(os.path.join(os.path.dirname(np.__file__), '..'))",
    "writes a file": "open('/tmp/autodiff-kit-escaped', 'w')",
    "writes into the standard library": "import os; open(os.path.join(os.path.dirname(os.__file__), 'sitecustomize.py'), 'w')",
    "changes a file's mode": "import os; os.chmod('/tmp', 0o777)",
    "removes a file": "import os; os.unlink('/tmp/autodiff-kit-canary')",
    "makes a folder": "import os; os.mkdir('/tmp/autodiff-kit-escaped')",
    "makes a link": "import os; os.symlink('/etc/passwd', '/tmp/autodiff-kit-escaped')",
    "opens a socket": "import socket; socket.socket()",
    "opens a unix socket": "import socket; socket.socket(socket.AF_UNIX)",
    "forks": "import os; os.fork()",
    "starts a program": "import os; os.execv('/bin/true', ['true'])",
    "spawns a program": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "signals its parent": "import os, signal; os.kill(os.getppid(), signal.SIGTERM)",
    "has a signal sent to its parent": "import fcntl, os; fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
    "chooses the signal it is sent": "import fcntl; fcntl.fcntl(1, 10, 40)",
    "asks for signals when it can write": "import fcntl; fcntl.fcntl(1, fcntl.F_SETFL, 0o20000)",
    "asks for signals when a folder changes": "import fcntl, os; fcntl.fcntl(os.open(os.path.dirname(os.__file__), 0), fcntl.F_NOTIFY, 2)",
    "lets its memory be merged": "import mmap; mmap.mmap(-1, 4096).madvise(mmap.MADV_MERGEABLE)",
    "makes shared memory": "import os; os.memfd_create('x')",
    "traces its parent": "import ctypes, os; l = ctypes.CDLL(None, use_errno=True)\n        "
    "if l.ptrace(16, os.getppid(), 0, 0) < 0: raise PermissionError(ctypes.get_errno())",
    "changes its folder": "import os; os.chdir('/tmp')",
}


QUICK = {
    "reads a file of the grader",
    "writes a file",
    "opens a socket",
    "forks",
    "starts a program",
    "signals its parent",
    "traces its parent",
}
"""One of each kind."""


@pytest.fixture(scope="module")
def forbidden(request: pytest.FixtureRequest, graded_together: Callable[..., Reports]) -> Reports:
    sources = {}
    for name in sorted(selected(request, "name") & FORBIDDEN.keys()):
        guard = f"    if a.value == 0.8:\n        {FORBIDDEN[name]}\n"
        sources[name] = REFERENCE.replace("    ### BEGIN SOLUTION\n    return create_node(np.sin", f"{guard}    return create_node(np.sin")
    return graded_together(sources, "--sandbox", "core")  # in bubblewrap much of it is not refused but not there


@pytest.mark.parametrize("name", slow_but(QUICK, FORBIDDEN))
def test_what_is_forbidden_is_refused_and_costs_only_the_question(name: str, forbidden: Reports) -> None:
    got = forbidden[name]
    [case] = [case for c in got["steps"][0]["criteria"] if c["id"] == "values" for case in c["cases"] if case["id"] == "sin"]
    assert case["outcome"] == "forbidden", case["got"]
    assert scores(got) == {**FULL, "node-creation": scores(got)["node-creation"]}
    assert not Path("/tmp/autodiff-kit-escaped").exists()


INSTALLED = ("pytest", "yaml", "grader", "click")


@pytest.fixture(scope="module")
def importing(graded_together: Callable[..., Reports]) -> Reports:
    return graded_together({module: f"import {module}\n" + REFERENCE for module in INSTALLED})


@pytest.mark.parametrize("module", INSTALLED)
def test_nothing_installed_but_numpy_can_be_imported(module: str, importing: Reports) -> None:
    got = importing[module]
    assert got["score"] == 100
    [note] = got["notes"]
    assert f"as it stands: line 1: ModuleNotFoundError: No module named '{module}'. " in note


def test_the_environment_holds_nothing(graded: Graded) -> None:
    os.environ["AUTODIFF_KIT_TEST_SECRET"] = "hunter2"
    source = REFERENCE + "\nimport os\nraise RuntimeError(sorted(os.environ))\n"
    assert "SECRET" not in graded(source)["notes"][0]


def test_the_standard_library_and_numpy_work(graded: Graded) -> None:
    imports = "import collections, dataclasses, decimal, fractions, hashlib, json, random, statistics, typing, unittest, uuid\n"
    uses = "\nassert hashlib.sha256(b'').hexdigest() and np.linalg.svd(np.eye(3)) and np.fft.fft([1.0, 2.0]) is not None\n"
    got = graded(imports + REFERENCE + uses)
    assert got["notes"] == []
    assert scores(got) == FULL


needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
TIERS = ["core", pytest.param("bwrap", marks=needs_bwrap)]


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
def test_no_process_and_no_file_outlives_the_run(tier: str, run: Run, tmp_path: Path) -> None:
    work, own = tmp_path / "in.py", tmp_path / "tmp"
    own.mkdir()
    work.write_text(
        REFERENCE.replace("    tangents = {root: 1.0}", "    import signal, time\n    signal.signal(15, 1)\n    time.sleep(1000)")
    )
    run("grade", work, "--out", tmp_path / "out", "--quiet", "--step", "forward", "--sandbox", tier, TMPDIR=str(own))
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert [line for line in running.splitlines() if str(own) in line] == []  # a template's canary lies there
    assert list(own.iterdir()) == []


def test_a_sandbox_that_does_not_hold_is_a_fault_of_the_kit(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    lock = tmp_path / "grader" / "sandbox" / "inside" / "lockdown.py"
    lock.write_text(lock.read_text().replace("        _call(LIBC.syscall, LANDLOCK_RESTRICT, self.ruleset, 0)\n", ""))
    work, out = ROOT / "starter", tmp_path / "out"
    ended = run("grade", work, "--kit", ROOT, "--out", out, "--sandbox", "core", status=2, PYTHONPATH=str(tmp_path), cwd=tmp_path)
    assert "the sandbox does not hold: inside it one can read a file, write a file" in ended.stderr
    assert not (tmp_path / "out" / "starter").exists()


@pytest.fixture
def without_landlock(tmp_path: Path) -> dict[str, Any]:
    """A copy of the grader that finds no Landlock, as the arguments that run it."""
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    lock = tmp_path / "grader" / "sandbox" / "inside" / "lockdown.py"
    names = "LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = "
    lock.write_text(lock.read_text().replace(f"{names}444,", f"{names}999,"))
    return {"PYTHONPATH": str(tmp_path), "cwd": tmp_path}


@pytest.mark.parametrize("tier", ["auto", *TIERS])
def test_without_landlock_nothing_is_graded(tier: str, without_landlock: dict[str, Any], run: Run, tmp_path: Path) -> None:
    work = ROOT / "starter"
    ended = run("grade", work, "--kit", ROOT, "--out", tmp_path / "out", "--sandbox", tier, status=2, **without_landlock)
    assert "the sandbox did not start: " in ended.stderr
    assert "this kernel has no Landlock (Linux 5.13 or newer, switched on): run the grader in a container on one" in ended.stderr
    assert not (tmp_path / "out" / "starter").exists()


@pytest.mark.slow
def test_practice_needs_no_sandbox_and_is_no_grade(without_landlock: dict[str, Any], run: Run, tmp_path: Path) -> None:
    ended = run("grade", ROOT / "reference", "--kit", ROOT, "--out", tmp_path / "out", "--practice", **without_landlock)
    assert ended.stderr.startswith("PRACTICE: this code runs without a sandbox.")
    got = report(tmp_path / "out", "reference")
    assert got["provenance"]["sandbox"] == "none"
    assert got["provisional"] is True
    assert got["notes"] == ["Practice: without a sandbox, and on the public cases only. This is no grade."]
    criteria = [criterion for step in got["steps"] for criterion in step["criteria"]]
    assert all(criterion["public"] for criterion in criteria)
    assert got["score"] == got["max_score"] == sum(c["max_score"] for c in criteria if not c["bonus"])
    assert 30 < got["score"] < 100


def test_practice_is_for_one_work_of_ones_own(run: Run, tmp_path: Path) -> None:
    for more in ([ROOT / "starter"], ["--sandbox", "core"]):
        ended = run("grade", ROOT / "reference", *more, "--out", tmp_path / "out", "--practice", status=2)
        assert "--practice is for one work of your own" in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@needs_bwrap
def test_the_strongest_walls_that_work_are_taken_and_told(run: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    got = {}
    for name, path in {"with": os.environ["PATH"], "without": str(tools)}.items():
        run("grade", ROOT / "starter", "--out", tmp_path / name, "--quiet", "--step", "arrays", PATH=path)
        got[name] = report(tmp_path / name, "starter")["provenance"]["sandbox"]
    assert got == {"with": "bwrap", "without": "core"}
    ended = run("grade", ROOT / "starter", "--out", tmp_path / "no", "--sandbox", "bwrap", status=2, PATH=str(tools))
    assert "--sandbox bwrap: there is no bwrap here: install bubblewrap" in ended.stderr
    (tools / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (tools / "bwrap").chmod(0o755)
    ended = run("grade", ROOT / "starter", "--out", tmp_path / "no", "--sandbox", "bwrap", status=2, PATH=str(tools))
    assert "it does not work here (bwrap: No permissions to create new namespace)" in ended.stderr
    ended = run("grade", ROOT / "starter", "--out", tmp_path / "auto", "--step", "arrays", PATH=str(tools))
    assert "bubblewrap does not work here (bwrap: No permissions" in ended.stderr
    assert report(tmp_path / "auto", "starter")["provenance"]["sandbox"] == "core"
