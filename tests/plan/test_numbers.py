"""What is drawn comes from the course secret: answers to the public kit's numbers are worth nothing, and nobody is sent the secret."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, outcomes, report, scores
from fake_github import FakeGitHub
from memorised import memorised
from official_pulls import set_up

from grader.kit import Kit
from grader.plan.planner import make_plan

pytestmark = pytest.mark.slow
SECRET = "a-secret-of-this-course-alone"
KNOWN = {"AUTODIFF_KIT_SECRET": SECRET}
PUBLIC = "no course secret: the numbers are those of the public kit"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission whose `forward` looks up what the public kit asks."""
    path = tmp_path_factory.mktemp("table") / "table.py"
    path.write_text(memorised(make_plan(Kit.find(ROOT))), "utf-8")
    return path


def test_a_table_of_the_public_kits_answers_gets_everything_without_a_secret_and_no_forward_with_one(
    run: Run, table: Path, tmp_path: Path
) -> None:
    run("grade", table, "--out", tmp_path / "public")
    run("grade", table, "--out", tmp_path / "own", **KNOWN)
    public, own = report(tmp_path / "public", "table"), report(tmp_path / "own", "table")
    assert (public["score"], public["bonus"]) == (100, 20)
    assert scores(own) == {"node-creation": 35, "topological-order": 30, "forward": 0}
    assert set(outcomes(own, "forward").values()) == {"fail"}
    run("grade", SUBMISSIONS / "right" / "push-forward.py", "--out", tmp_path / "own", **KNOWN)
    assert report(tmp_path / "own", "push-forward")["score"] == 100


def test_a_seed_goes_before_the_secret(run: Run, table: Path, tmp_path: Path) -> None:
    run("grade", table, "--out", tmp_path, "--seed", "2026", **KNOWN)
    found = report(tmp_path, "table")
    assert outcomes(found, "forward")["chain_rule"] == "pass"
    assert found["provenance"]["seed"] == "default"


def test_provenance_says_where_the_numbers_come_from(run: Run, tmp_path: Path) -> None:
    work = tmp_path / "ann.py"
    work.write_text(REFERENCE)
    labels = []
    for environment in ({}, KNOWN, KNOWN, {"AUTODIFF_KIT_SECRET": SECRET + "!"}):
        run("grade", work, "--out", tmp_path / "out", "--step", "node-creation", **environment)
        found = report(tmp_path / "out", "ann")["provenance"]
        labels.append(found["seed"])
        assert SECRET not in json.dumps(found)
    assert labels[0] == "default"
    assert labels[1] == labels[2]
    assert len(set(labels)) == 3


def test_a_run_without_a_secret_says_so_at_its_end(run: Run, tmp_path: Path) -> None:
    work, out = tmp_path / "in" / "ann.py", tmp_path / "out"
    work.parent.mkdir()
    work.write_text(REFERENCE)
    step = ("--step", "node-creation")
    for command in (("grade", work), ("cohort", work.parent), ("compare", out)):
        assert run(*command, "--out", out, *step).stderr.splitlines()[-1].startswith(f"grader: {PUBLIC}")
        for silent in (("--quiet",), ("--json",)):
            assert PUBLIC not in run(*command, "--out", out, *step, *silent).stderr
        assert PUBLIC not in run(*command, "--out", tmp_path / "other", *step, "--ask-all", status=None, **KNOWN).stderr
        assert PUBLIC not in run(*command, "--out", tmp_path / "seed", *step, "--seed", "mine", status=None).stderr
    assert PUBLIC not in run("grade", work, "--out", tmp_path / "practice", *step, "--practice").stderr


# ---- where the secret is not ----

LOOKS = """\
import glob
import os


def found():
    yield os.environ.get("AUTODIFF_KIT_SECRET", "")
    for path in ["/proc/self/environ", "/proc/1/environ", *glob.glob("/proc/*/environ"), "{secret}", *glob.glob("{cache}/*")]:
        try:
            with open(path, "rb") as file:
                yield file.read().decode(errors="replace")
        except OSError as error:
            yield type(error).__name__


STARTER = "the secret" if any("{word}" in text for text in found()) else "nothing"
"""


@pytest.mark.parametrize("how", ["in a file", "in the environment"])
def test_the_secret_is_not_in_the_sandbox(how: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autodiff-kit"
    work = tmp_path / "eve.py"
    work.write_text(REFERENCE.replace('STARTER = "2026.1"', LOOKS.format(secret=file, cache=cache, word=SECRET)))
    options, environment = (("--secret", file), {}) if how == "in a file" else ((), KNOWN)
    run("grade", work, "--out", tmp_path / "out", "--step", "node-creation", *options, **environment)
    assert report(tmp_path / "out", "eve")["starter"] == "nothing"


def files_of(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        yield from (path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_machine_that_only_collects_gets_the_numbers_and_not_the_secret(run: Run, table: Path, tmp_path: Path) -> None:
    work = tmp_path / "push-forward.py"
    shutil.copy(SUBMISSIONS / "right" / "push-forward.py", work)
    run("plan", "--out", tmp_path / "plan", **KNOWN)
    run("collect", work, table, "--questions", tmp_path / "plan" / "questions.json", "--out", tmp_path / "traces")
    traces = sorted((tmp_path / "traces").glob("[!.]*.json"))
    run("compare", *traces, "--out", tmp_path / "out", **KNOWN)
    assert [report(tmp_path / "out", path.stem)["score"] for path in traces] == [100, 65]
    assert all(SECRET.encode() not in content for content in files_of(tmp_path))
    refused = run("compare", *traces, "--out", tmp_path / "public", status=2)
    assert "it answers other questions" in refused.stderr


def test_pull_requests_are_planned_with_the_secret_and_collected_without(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with FakeGitHub() as fake:
        set_up(fake)
        run("forge", "plan", "--repo", "course/work", "--out", folder, GITHUB_TOKEN="app", GITHUB_API_URL=fake.url, **KNOWN)
    run("forge", "collect", folder, GITHUB_TOKEN="")
    run("forge", "post", folder, "--prepare-only", "--no-diagnosis", GITHUB_TOKEN="", **KNOWN)
    found = {path.parent.name: report(folder / "reports", path.parent.name) for path in (folder / "reports").glob("*/report.json")}
    assert found["course+work+1"]["score"] == 100
    assert found["course+work+1"]["provenance"]["seed"] != "default"
    assert all(SECRET.encode() not in content for content in files_of(folder))
    told = run("forge", "post", folder, "--prepare-only", "--no-diagnosis", GITHUB_TOKEN="", status=2).stderr
    assert "plan again" in told


def test_a_bundle_holds_the_secret_where_one_was_given(run: Run, kit: Path, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    said = run("bundle", tmp_path / "a.zip", "--kit", kit, "--secret", file)
    assert "holds the reference, the hidden cases and the course secret" in said.stdout
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("secret").decode() == SECRET
        root = tmp_path / "autograder"
        archive.extractall(root / "source")
    (root / "source" / "grade").chmod(0o755)
    (root / "submission").mkdir()
    (root / "submission" / "autodiff.py").write_text(REFERENCE)
    found = graded_by_bundle(root)
    assert (found["score"], found["provenance"]["seed"].partition(" ")[0]) == (100, "secret")
    assert PUBLIC in run("bundle", tmp_path / "b.zip", "--kit", kit).stderr
    assert "secret" not in zipfile.ZipFile(tmp_path / "b.zip").namelist()


def graded_by_bundle(root: Path) -> dict[str, Any]:
    inside = {"AUTOGRADER": str(root), "PYTHON": sys.executable, "PYTHONPATH": str(root / "source"), "XDG_CACHE_HOME": str(root / "cache")}
    command = [root / "source" / "grade", root / "submission", root / "graded"]
    ended = subprocess.run(command, env={**os.environ, **inside}, capture_output=True, text=True, cwd=root, check=False)
    assert ended.returncode == 0, ended.stderr
    return report(root / "graded", "submission")
