"""The starter is cut, never written: it holds no solution, and its tests fail and pass where they should."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, Run, slow_after

from grader.release.starter import PYTHON

STARTER = ROOT / "starter"


def starter_copy(folder: Path, source: str) -> Path:
    """Return a copy of the starter in which `source` is the student's file."""
    shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    (folder / "autodiff.py").write_text(source, "utf-8")
    return folder


def pytest_in(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a copy of the starter, as a student does."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def public_tests(folder: Path, source: str) -> tuple[set[str], set[str], str]:
    """Return the names of the criteria's cases that passed and failed on a source, and what the tests printed."""
    starter_copy(folder, source)
    results = folder / "results.jsonl"
    printed = pytest_in(folder, "-p", "run_public", PUBLIC_RESULTS=str(results), PYTHONPATH=".").stdout
    found = [json.loads(line) for line in results.read_text("utf-8").splitlines()] if results.exists() else []
    ended = {part["key"]: part["ended"]["outcome"] for test in found for part in test.get("parts", ())}
    passed = {key for key, outcome in ended.items() if outcome == "pass"}
    return passed, set(ended) - passed, printed


def test_the_reference_passes_every_public_test(tmp_path: Path) -> None:
    passed, failed, printed = public_tests(tmp_path, REFERENCE)
    assert (len(passed) > 90, failed) == (True, set()), printed


@pytest.mark.slow
def test_the_starter_fails_every_public_test_and_says_what_is_not_written(tmp_path: Path) -> None:
    ended = pytest_in(starter_copy(tmp_path, (STARTER / "autodiff.py").read_text()))
    assert ended.returncode == 1
    lines = [re.sub(" +", " ", line) for line in ended.stdout.splitlines() if "tests passed" in line]
    assert [line.split(" 0 of ")[0] for line in lines] == ["Node creation", "Topological order", "Derivative propagation", "Extensions"]
    assert [line.partition("not written yet: ")[2] for line in lines] == [
        "add, cos, create_node, div, exp, log, mul, sin, sub", "topological_order", "forward", "backward",
    ]  # fmt: skip
    assert len(ended.stdout.splitlines()) < 12
    assert "Error" not in ended.stdout


WRONG = {
    "sub-partials-both-one": "test_node_creation__local_partials__sub",
    "breadth-first": "test_topological_order__unequal_paths__long_and_short",
    "overwrites-instead-of-adding": "test_forward__sum_over_paths__quadratic",
}


def wrong_source(name: str) -> str:
    changes = {
        "sub-partials-both-one": ('"sub", [1.0, -1.0]', '"sub", [1.0, 1.0]'),
        "breadth-first": ("return _linearize(root, lambda node: node.child_nodes)", BREADTH_FIRST),
        "overwrites-instead-of-adding": ("= sum(partial *", "= max(partial *"),
    }
    assert changes[name][0] in REFERENCE
    return REFERENCE.replace(*changes[name])


BREADTH_FIRST = """order = [root]
    for node in order:
        order += [child for child in dict.fromkeys(node.child_nodes) if child not in order]
    return order"""


@pytest.mark.parametrize("name", slow_after(1, WRONG))
def test_a_bug_fails_the_public_test_of_its_step_with_both_sides_shown(name: str, tmp_path: Path) -> None:
    _, failed, printed = public_tests(tmp_path, wrong_source(name))
    assert WRONG[name] in failed
    step = WRONG[name].split("__")[0]
    assert {test for test in failed if not test.startswith((step, "test_extension"))} <= {t for t in failed if "forward" in t}
    assert "expected " in printed
    assert "\n     got " in printed


def test_release_writes_a_folder_ready_to_hand_out(run: Run, tmp_path: Path) -> None:
    run("release", tmp_path / "handout")
    names = {path.relative_to(tmp_path / "handout").as_posix() for path in (tmp_path / "handout").rglob("*") if path.is_file()}
    figures = {f"figures/{name}" for name in re.findall(r"\]\(figures/(.+?)\)", (ROOT / "assignment" / "handout.md").read_text("utf-8"))}
    assert len(figures) > 3
    assert {name for name in names if not name.startswith(".github/")} == figures | {
        ".gitignore", "README.md", "autodiff.py", "conftest.py", "handout.html", "handout.md", "public_checks.py",
        "public_criteria.py", "pyproject.toml",
        "run_public.py", "show.py", "test_public.py",
    }  # fmt: skip
    assert {name for name in names if name.startswith(".github/")} == {".github/workflows/grade.yml", ".github/workflows/post-score.yml"}
    run("release", tmp_path / "handout", "--check")
    (tmp_path / "handout" / "autodiff.py").write_text("changed")
    assert "autodiff.py is stale: run `grader release`" in run("release", tmp_path / "handout", "--check", status=1).stderr
    assert "holds autodiff.py with other content" in run("release", tmp_path / "handout", status=2).stderr
    assert (tmp_path / "handout" / "autodiff.py").read_text() == "changed"
    run("release", tmp_path / "handout", "--force")
    run("release", tmp_path / "handout", "--check")


def test_the_starter_names_the_python_that_grades(run: Run, tmp_path: Path) -> None:
    run("release", tmp_path / "3.13", "--python", "3.13")
    for folder, version in ((STARTER, "3.12"), (tmp_path / "3.13", "3.13")):
        assert f"Your work is graded with Python {version}." in (folder / "README.md").read_text()
        assert f'python-version: "{version}"' in (folder / ".github" / "workflows" / "grade.yml").read_text()
    run("release", tmp_path / "3.13", "--python", "3.13", "--check")
    assert "README.md is stale" in run("release", tmp_path / "3.13", "--check", status=1).stderr
    assert "--python takes a version such as 3.12" in run("release", tmp_path / "new", "--python", "latest", status=2).stderr


def test_a_starter_that_promises_a_newer_python_than_this_one_is_named(run: Run, tmp_path: Path) -> None:
    this, newer = (f"3.{sys.version_info[1] + more}" for more in (0, 1))
    said = run("release", tmp_path / "new", "--python", newer).stderr
    assert f"graded with Python {newer}. This is Python {this}" in said
    assert f"say --python {this}" in said
    assert "This is Python" not in run("release", tmp_path / "this", "--python", this).stderr


def test_the_kit_grades_with_the_python_that_the_starter_names() -> None:
    official = (ROOT / ".github" / "workflows" / "official.yml").read_text()
    assert set(re.findall(r'python-version: "(.+)"', official)) == {PYTHON}
    assert f"python:{PYTHON}-" in (ROOT / "Containerfile").read_text()


def test_release_tells_what_a_kit_lacks_for_a_whole_starter(run: Run, kit: Path, tmp_path: Path) -> None:
    assert "holds no assignment/starter/" in run("release", tmp_path / "handout", "--kit", kit).stderr
    shutil.copytree(ROOT / "assignment" / "starter", kit / "assignment" / "starter")
    assert not run("release", tmp_path / "handout", "--kit", kit, "--force", "--owner", "course").stderr


HELPER = """def _helper():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION


"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    ### END SOLUTION\n\n\ndef add", "\n\ndef add", "### BEGIN SOLUTION stands where it can't"),
        ("def forward(", HELPER + "def forward(", "no step of the rubric names _helper in its `functions`"),
    ],
)
def test_marks_that_do_not_fit_are_refused(old: str, new: str, sentence: str, kit: Path, run: Run, tmp_path: Path) -> None:
    (kit / "reference" / "autodiff.py").write_text(REFERENCE.replace(old, new))
    shutil.copytree(ROOT / "assignment" / "starter", kit / "assignment" / "starter")
    ended = run("release", tmp_path / "handout", "--kit", kit, status=2)
    assert sentence in ended.stderr


def test_no_hidden_case_and_no_hidden_value_stands_in_the_starter(run: Run, tmp_path: Path) -> None:
    run("plan", "--out", tmp_path)
    cases = json.loads((tmp_path / "expected.json").read_text())["cases"].values()
    public = {case["id"] for case in cases if case["public"]}
    hidden = [case for case in cases if not case["public"] and case["id"] not in public]
    assert len(hidden) > 50
    texts = {case["text"] for case in cases if case["public"]}
    for path in (path for path in STARTER.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        content = path.read_text("utf-8")
        for case in hidden:
            assert case["text"] in texts or case["text"] == "random" or case["text"] not in content, (path, case["id"])
            assert not re.search(rf"__{case['id'].replace('-', '_')}\b", content), (path, case["id"])
