"""`grader pr setup` against a `gh` that records and validates its calls, and real git: what it makes, and that it can be repeated."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT, Run

from grader.cli import main
from grader.pull_requests.course_ci import rate_limit

SECRET = "a secret of the course, and long enough"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nnone\n-----END RSA PRIVATE KEY-----\n"
APP = ("--app-id", "Iv23abc", "--app-key", "key.pem")


class Course:
    """An instructor's folder, and the GitHub that is behind the fake `gh`."""

    def __init__(self, folder: Path, kit: Path) -> None:
        self.folder, self.kit, self.hub = folder, kit, folder / "hub"
        self.hub.mkdir()
        (self.hub / "state.json").write_text('{"repos": {}, "free": false}', "utf-8")
        (folder / "roster.csv").write_text("id,repository,github\n17,course/ada,ada-l\n18,course/bob,\n", "utf-8")
        (folder / "course.secret").write_text(SECRET, "utf-8")
        (folder / "key.pem").write_text(KEY, "utf-8")

    def setup(self, *more: str, status: int = 0) -> str:
        options = ["--owner", "course", "--roster", "roster.csv", "--secret", "course.secret", "--kit", str(self.kit)]
        ended = CliRunner().invoke(main, ["pr", "setup", *options, *more])
        assert ended.exit_code == status, ended.output
        return ended.output

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.hub / "state.json").read_text("utf-8")))

    @property
    def repos(self) -> dict[str, Any]:
        return dict(self.state["repos"])

    def calls(self) -> list[dict[str, Any]]:
        log = self.hub / "calls.jsonl"
        return [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []

    def git(self, repo: str, *words: str) -> str:
        return subprocess.run(["git", "-C", self.hub / f"{repo}.git", *words], capture_output=True, text=True, check=True).stdout.strip()

    def files(self, repo: str, ref: str = "main") -> set[str]:
        return set(self.git(repo, "ls-tree", "-r", "--name-only", ref).splitlines())


@pytest.fixture
def course(tmp_path: Path, kit: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    for part in ("starter", "ci"):
        shutil.copytree(ROOT / "assignment" / part, kit / "assignment" / part)
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("-c", "user.name=i", "-c", "user.email=i@x", "commit", "-qm", "Kit")):
        subprocess.run(["git", "-C", kit, *words], check=True)
    subprocess.run(["git", "-C", kit, "remote", "add", "origin", "https://example.com/kit.git"], check=True)
    made = Course(tmp_path, kit)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gh").write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT / "tests" / "contract"} exec {sys.executable} {ROOT / "tests" / "contract" / "fake_gh.py"} "$@"\n'
    )
    (programs / "gh").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAKE_GH", str(made.hub))
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")  # GitHub is a folder of ours
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{made.hub}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setattr(rate_limit.Clock, "sleep", lambda *_: None)
    return made


@pytest.mark.slow
def test_one_command_sets_a_course_up_and_can_be_repeated(course: Course) -> None:
    said = course.setup(*APP, "--yes")
    assert [call for call in course.calls() if call["violation"]] == []
    repos = course.repos
    assert {name: repo["private"] for name, repo in repos.items()} == {
        "course/grader": True, "course/ci": False, "course/handout": True, "course/ada": True, "course/bob": True,
    }  # fmt: skip
    grader = repos["course/grader"]
    assert grader["secrets"] == {"grader/AUTODIFF_KIT_SECRET": SECRET, "grader/GRADER_APP_PRIVATE_KEY": KEY}
    assert grader["variables"] == {
        "GRADER_APP_CLIENT_ID": "Iv23abc", "GRADER_OWNER": "course", "AUTODIFF_STUDENTS": "id,repository\n17,course/ada\n18,course/bob\n",
    }  # fmt: skip
    assert grader["environments"] == {"grader": [{"name": "main"}]}
    assert "reference/autodiff.py" in course.files("course/grader")
    assert {
        ".github/workflows/post-score.yml",
        "post_score.py",
        "grading.json",
        "grader/pull_requests/course_ci/post_provisional.py",
    } <= course.files("course/ci", "v1")
    for repo in ("course/handout", "course/ada", "course/bob"):
        assert {name for name in course.files(repo) if name.startswith(".github/")} == {
            ".github/workflows/grade.yml", ".github/workflows/post-score.yml",
        }  # fmt: skip
    assert "uses: course/ci/.github/workflows/post-score.yml@v1" in course.git(
        "course/ada", "show", "main:.github/workflows/post-score.yml"
    )
    [rules] = repos["course/ci"]["rulesets"]
    assert (rules["target"], {rule["type"] for rule in rules["rules"]}) == ("tag", {"creation", "update", "deletion"})
    for student in ("course/ada", "course/bob"):
        [rules] = repos[student]["rulesets"]
        assert (rules["target"], {rule["type"] for rule in rules["rules"]}) == ("branch", {"deletion", "non_fast_forward", "pull_request"})
    assert repos["course/ada"]["collaborators"] == {"ada-l": "push"}
    assert "Left to do: invite to their repositories: 18" in said
    assert "Left to do: delete key.pem" in said

    before, earlier = course.state, len(course.calls())
    again = course.setup(*APP, "--yes")
    assert course.state == before
    assert [call for call in course.calls()[earlier:] if call["violation"] or call["words"][:2] == ["repo", "create"]] == []
    assert "course/ci is up to date" in again
    assert "$ git push" not in again

    (course.folder / "roster.csv").write_text("id,repository,github\n17,course/ada,ada-l\n19,course/eve,eve\n", "utf-8")
    starter = course.kit / "assignment" / "starter" / "README.md"
    starter.write_text(starter.read_text("utf-8") + "\nA correction.\n", "utf-8")
    poster = course.kit / "assignment" / "ci" / "post_score.py"
    poster.write_text(poster.read_text("utf-8") + "# mended\n", "utf-8")
    said = course.setup(*APP, "--yes")
    assert "# mended" in course.git("course/ci", "show", "v1:post_score.py")
    assert course.git("course/ci", "rev-list", "--count", "main") == "2"
    assert "A correction." in course.git("course/eve", "show", "main:README.md")
    assert "bob" not in course.repos["course/grader"]["variables"]["AUTODIFF_STUDENTS"]
    assert "commit what you changed" in said


def test_without_yes_every_command_is_printed_and_none_is_run(course: Course) -> None:
    (course.kit / "assignment" / "handout.md").write_text("# Handout\n\n**[INSTRUCTOR: fill in]** Whom to write to.\n", "utf-8")
    said = course.setup(*APP)
    assert course.calls() == []
    assert course.repos == {}
    commands = [shlex.split(line.split("    ")[0])[1:] for line in said.splitlines() if line.startswith("$ ")]
    assert {words[0] for words in commands} == {"gh", "git"}
    assert ["gh", "repo", "create", "course/grader", "--private"] in commands
    assert ["gh", "repo", "create", "course/ada", "--private", "--template", "course/handout"] in commands
    assert "Nothing was run" in said
    assert "Left to do: invite to their repositories: 18" in said
    assert re.search(r"Left to do: \S+handout\.md:3: still to fill in: Whom to write to", said)
    assert SECRET not in said
    assert "BEGIN RSA" not in said


@pytest.mark.slow
def test_on_the_plan_free_nothing_is_asked_that_it_refuses(course: Course) -> None:
    (course.hub / "state.json").write_text('{"repos": {}, "free": true}', "utf-8")
    refused = course.setup(*APP, "--yes", status=2)
    assert "Upgrade to GitHub Pro" in refused
    assert "What was done before stays" in refused
    course.setup(*APP, "--yes", "--free")
    repos = course.repos
    assert repos["course/grader"]["secrets"] == {"AUTODIFF_KIT_SECRET": SECRET, "GRADER_APP_PRIVATE_KEY": KEY}
    assert repos["course/ada"]["rulesets"] == []
    assert len(repos["course/ci"]["rulesets"]) == 1  # it is public
    assert [call for call in course.calls() if call["violation"]] == []


@pytest.mark.slow
def test_official_scores_wait_for_the_app(course: Course) -> None:
    assert "official scores wait for the GitHub App" in course.setup("--yes")
    assert course.repos["course/grader"]["variables"] == {}
    assert set(course.repos) > {"course/ada", "course/ci"}
    course.setup(*APP, "--yes")
    assert "AUTODIFF_STUDENTS" in course.repos["course/grader"]["variables"]


ROSTERS: dict[str, tuple[str, str]] = {
    "another owner": ("id,repository\n17,other/ada\n", "should be course/NAME"),
    "a repository twice": ("id,repository\n17,course/ada\n18,course/ada\n", "course/ada stands there twice"),
    "no repository": ("id,github\n17,ada\n", "it needs the columns id, repository"),
}


@pytest.mark.parametrize(("text", "sentence"), ROSTERS.values(), ids=ROSTERS)
def test_a_roster_that_does_not_fit_is_told_before_anything_is_done(text: str, sentence: str, course: Course) -> None:
    (course.folder / "roster.csv").write_text(text, "utf-8")
    assert sentence in course.setup("--yes", status=2)
    assert course.calls() == []


def test_a_course_without_a_secret_is_told_how_to_make_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("id,repository\n17,course/ada\n", "utf-8")
    ended = run("pr", "setup", "--owner", "course", "--roster", tmp_path / "roster.csv", status=2)
    assert "make one with `grader init`" in ended.stderr


def test_the_earlier_name_of_the_group_still_works(run: Run) -> None:
    plain: Callable[[str], str] = lambda name: run(name, "post", "--help").stdout.replace(f"grader {name}", "grader")  # noqa: E731
    assert plain("forge") == plain("pr")
