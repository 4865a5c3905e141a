"""The starter is cut, never written: it holds no solution, and its tests fail and pass where they should."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, Run

STARTER = ROOT / "starter"


def public_tests(folder: Path, source: str) -> tuple[set[str], set[str], str]:
    """Return the public tests that passed and failed on a source, and what they printed."""
    shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    (folder / "autodiff.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-p", "no:xdist"]
    printed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    found = {word: set(re.findall(rf"^{word} test_public.py::(\S+)", printed, re.MULTILINE)) for word in ("PASSED", "FAILED")}
    return found["PASSED"], found["FAILED"], printed


def test_the_reference_passes_every_public_test(tmp_path: Path) -> None:
    passed, failed, printed = public_tests(tmp_path, REFERENCE)
    assert (len(passed) > 90, failed) == (True, set()), printed


def test_the_starter_fails_every_public_test_and_says_what_is_not_written(tmp_path: Path) -> None:
    passed, failed, printed = public_tests(tmp_path, (STARTER / "autodiff.py").read_text())
    assert passed == set()
    assert len(failed) > 90
    assert "NotImplementedError: topological_order is not written yet (step topological-order)" in printed


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


@pytest.mark.parametrize("name", WRONG)
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
    assert {name for name in names if not name.startswith(".github/")} == {"autodiff.py", "test_public.py", "README.md", "pyproject.toml"}
    assert {".github/workflows/grade.yml", ".github/workflows/post-score.yml", ".github/scripts/grading.json"} <= names
    run("release", tmp_path / "handout", "--check")
    (tmp_path / "handout" / "autodiff.py").write_text("changed")
    assert "autodiff.py is stale: run `grader release`" in run("release", tmp_path / "handout", "--check", status=1).stderr
    assert "holds autodiff.py with other content" in run("release", tmp_path / "handout", status=2).stderr
    assert (tmp_path / "handout" / "autodiff.py").read_text() == "changed"
    run("release", tmp_path / "handout", "--force")
    run("release", tmp_path / "handout", "--check")


def test_release_tells_what_a_kit_lacks_for_a_whole_starter(run: Run, kit: Path, tmp_path: Path) -> None:
    assert "holds no assignment/starter/" in run("release", tmp_path / "handout", "--kit", kit).stderr
    shutil.copytree(ROOT / "assignment" / "starter", kit / "assignment" / "starter")
    assert not run("release", tmp_path / "handout", "--kit", kit, "--force").stderr


HELPER = """def _helper():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION


"""


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
