"""The set-up commands that the documents give work in a fresh clone, also where the system's Python refuses `pip install`."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "assignment/README.md")
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = {(name, block) for name in DOCUMENTS for block in BLOCK.findall((ROOT / name).read_text("utf-8"))}
SET_UPS = sorted((name, block) for name, block in BLOCKS if "venv" in block)
TEST_COMMAND = ".venv/bin/tox run\n"
# What is run after the commands of a document's block, and a part of what that prints.
AFTER = {
    "README.md": ("grader --version", "grader"),
    "CONTRIBUTING.md": ("ruff --version && mypy --version && pytest --version", "mypy"),
    "assignment/README.md": ("nbgrader --version && grader --version", "grader"),
}


def test_every_document_sets_up_in_a_virtual_environment() -> None:
    """Debian's, Ubuntu's and Homebrew's own Python refuse any other `pip install` (PEP 668)."""
    assert {name for name, _ in SET_UPS} == set(DOCUMENTS)
    for name, block in BLOCKS:
        assert "pip install" not in block or block.startswith("python3 -m venv .venv && "), (name, block)


def test_the_command_that_ci_reads_is_in_the_readme_and_differs_from_the_first_in_its_end_alone() -> None:
    first, second = (block.rstrip("\n") for block in BLOCK.findall((ROOT / "README.md").read_text("utf-8"))[:2])
    assert first == f"{second} -e grade"
    [line] = [line for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines() if line.startswith("command=")]
    found = subprocess.run(["bash", "-c", f'{line}; echo "$command"'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert found == f"{second}\n"


def test_ci_runs_the_full_layer_with_the_nbgrader_course_and_the_workflows() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    full = re.search(r"^full = (.*)$", tox["tox"]["labels"], re.MULTILINE)
    assert full is not None
    assert {"slow", "nbgrader"} <= set(full[1].split(", "))
    assert "tests/nbgrader_course" in tox["testenv:nbgrader"]["commands"]
    assert "-m slow" in tox["testenv:slow"]["commands"]
    workflows = (ROOT / "tests" / "pull_requests" / "test_workflows.py").read_text("utf-8")
    assert "@pytest.mark.slow\ndef test_the_official_run_ends" in workflows
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("tox run -m full")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of what is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("this copy of the kit is no git repository")
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    return tmp_path / "clone"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "block"), SET_UPS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(SET_UPS)])
def test_documented_set_up_commands_work_in_a_fresh_clone(name: str, block: str, clone: Path) -> None:
    """The test command itself is left out, for it is what runs this test; its environment is made all the same."""
    if "tox run" in block:
        script, expected = block.replace(TEST_COMMAND, TEST_COMMAND.replace("\n", " --notest\n")), "congratulations"
    else:
        after, expected = AFTER[name]
        script = f"{block}\n{after}\n"
    # The Python that this environment was made with, and none of the environment's own commands.
    folders = [f"{sys.base_prefix}/bin", *os.environ["PATH"].split(os.pathsep)]
    path = os.pathsep.join(folder for folder in folders if folder != str(Path(sys.executable).parent))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TOX", "PYTEST", "VIRTUAL_ENV"))}
    command = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", script]
    ended = subprocess.run(command, cwd=clone, env={**environment, "PATH": path}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert expected in ended.stdout
    if block.endswith("-e grade\n"):
        assert re.search(r"^amara-o .* 100", ended.stdout, re.MULTILINE)
