"""The workflows, run step by step as their files say: each submission ends in the right comment and the right check."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import run_workflow
import yaml
from conftest import ROOT, Run
from fake_github import FakeGitHub, FileClock
from run_workflow import STUDENT, SUBMISSIONS, Done, crowded_run, official_run, pull_request_run, sha_of
from scene import BOT, report, results

STARTER = ROOT / "starter" / ".github" / "workflows"
OFFICIAL = ROOT / ".github" / "workflows" / "official.yml"
CALLED = ROOT / "assignment" / "ci" / ".github" / "workflows" / "post-score.yml"
APP = "course-grader[bot]"


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as made:
        yield made
    assert made.violations == []


def comment(fake: FakeGitHub, number: int = 1, author: str = BOT) -> str:
    [body] = fake.bodies(STUDENT, number, author)
    return body


@pytest.mark.parametrize(
    ("name", "headline", "row"),
    [
        pytest.param(
            "right", "48 of 48 points and 15 bonus", "| ✅ | Derivative propagation | **16** / 16 | nothing |", marks=pytest.mark.slow
        ),
        pytest.param("wrong", "31 of 48 points", "| ❌ | Node creation | **19** / 20 |", marks=pytest.mark.slow),
        pytest.param("endless", "20 of 48 points", "| ⏳ | Topological order | **0** / 12", marks=pytest.mark.slow),
        pytest.param("forging", "32 of 48 points", "| ❌ | Derivative propagation | **0** / 16 |", marks=pytest.mark.slow),
    ],
)
def test_a_pull_request_ends_in_the_right_provisional_comment(name: str, headline: str, row: str, fake: FakeGitHub, tmp_path: Path) -> None:
    done = pull_request_run(fake, tmp_path, SUBMISSIONS[name])
    assert [job.result for job in done.values()] == ["success", "success"], "\n".join(job.log for job in done.values())
    told = comment(fake)
    assert f"### Public tests: {headline}" in told
    assert row in told
    assert "public tests pass" in done["public-tests"].summary
    assert headline in done["comment"].summary
    commands = [line for line in done["public-tests"].log.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith("::error file=autodiff.py,line=") for line in commands)
    assert fake.repo(STUDENT).checks == []


@pytest.mark.slow
def test_a_pull_request_that_changes_its_workflow_can_forge_a_provisional_score_and_no_more(fake: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    pull_request_run(fake, tmp_path / "a", SUBMISSIONS["wrong"], forged=json.dumps(report()))
    assert "can't be used: results.json is not one of this version" in comment(fake)
    pull_request_run(fake, tmp_path / "b", SUBMISSIONS["wrong"], forged=json.dumps(results()), number=2)
    assert "*provisional*" in comment(fake, 2)
    assert "they are not your grade" in comment(fake, 2)


@pytest.mark.slow
def test_a_run_that_leaves_nothing_is_told(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_workflow.Job, "upload_artifact", lambda *_, **__: None)
    pull_request_run(fake, tmp_path, SUBMISSIONS["wrong"])
    assert "ended without a result" in comment(fake)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeGitHub, dict[str, Done]]]:
    with FakeGitHub() as fake:
        yield fake, official_run(fake, tmp_path_factory.mktemp("official"), SUBMISSIONS)
    assert fake.violations == []


@pytest.mark.slow
def test_the_official_run_ends_in_the_right_comments_and_checks(official: tuple[FakeGitHub, dict[str, Done]]) -> None:
    fake, done = official
    assert {name: job.result for name, job in done.items()} == {
        "plan": "success", "collect": "success", "post": "success", "post-rest": "skipped",
    }, done["collect"].log + done["post"].log  # fmt: skip
    checks = {check["head_sha"]: check for check in fake.repo(STUDENT).checks}
    found = {name: checks[sha_of(number)] for number, name in enumerate(SUBMISSIONS, start=1)}
    assert {name: check["conclusion"] for name, check in found.items()} == {
        "right": "success", "wrong": "failure", "endless": "failure", "forging": "failure",
    }  # fmt: skip
    assert {name: check["output"]["title"] for name, check in found.items()} == {
        "right": "100 of 100 points and 20 bonus",
        "wrong": "97.55 of 100 points and 18 bonus",
        "endless": "70 of 100 points and 15 bonus",
        "forging": "65 of 100 points and 17 bonus",
    }
    for number, check in enumerate(found.values(), start=1):
        assert f"### Score: {check['output']['title']} · *official*" in comment(fake, number, APP)
    lines = SUBMISSIONS["wrong"].splitlines()
    assert {lines[mark["start_line"] - 1].split("(")[0] for mark in found["wrong"]["_annotations"]} == {"def mul", "def create_node"}
    assert "kept up to date" not in done["collect"].log + done["post"].log


@pytest.mark.slow
def test_the_secret_of_the_course_and_tokens_reach_no_log(official: tuple[FakeGitHub, dict[str, Done]]) -> None:
    fake, done = official
    said = "".join(job.log + job.summary for job in done.values()) + json.dumps(fake.repo(STUDENT).comments)
    assert "a secret of the course" not in said
    assert [token for token in fake.tokens if token.startswith(("app-", "job-")) and token in said] == []


@pytest.mark.slow
def test_six_hundred_writes_need_two_tokens_and_the_next_run_finds_nothing_new(tmp_path: Path) -> None:
    """300 pull requests, without a file so that nothing is run: a comment and a check for each, on a clock under control."""
    clock = FileClock(tmp_path / "clock")
    with FakeGitHub(clock) as fake:
        begun = clock.now()
        done, idle = crowded_run(fake, tmp_path / "crowded")
        assert {name: job.result for name, job in done.items()} == dict.fromkeys(("plan", "collect", "post", "post-rest"), "success")
        assert done["post"].outputs == {"left": "60"}
        assert "60 of 300 are left: the token is about to end" in done["collect"].log + done["post"].log
        assert "waiting 52 minutes" in done["post-rest"].log
        assert "are left" not in done["post-rest"].log
        assert len(fake.writes) == 600
        assert 3600 < clock.now() - begun < 2 * 3600
        assert [len(fake.bodies(STUDENT, number, APP)) for number in range(1, 301)] == [1] * 300
        assert {check["conclusion"] for check in fake.repo(STUDENT).checks} == {"neutral"}
        assert {name: job.result for name, job in idle.items()} == {
            "plan": "success", "collect": "skipped", "post": "skipped", "post-rest": "skipped",
        }  # fmt: skip
        assert fake.violations == []


# ---- what the files promise ----


def jobs_of(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8"))["jobs"])


def test_the_job_that_runs_student_code_has_no_token_no_secret_and_no_checkout() -> None:
    job = jobs_of(OFFICIAL)["collect"]
    assert job["permissions"] == {}
    assert "environment" not in job
    text = json.dumps(job)
    for word in ("secrets.", "token", "checkout", "GITHUB_", "vars."):
        assert word not in text


def test_the_students_run_has_no_secret_and_may_read_only() -> None:
    workflow = yaml.safe_load((STARTER / "grade.yml").read_text("utf-8"))
    assert workflow["permissions"] == {}
    [job] = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert "secrets." not in json.dumps(workflow)
    assert "github.token" not in json.dumps(workflow)


def test_what_posts_in_the_students_repository_takes_the_courses_code_and_installs_nothing() -> None:
    """The student's file is a shim: it calls the course's, which takes its code from the course's own commit."""
    [shim] = jobs_of(STARTER / "post-score.yml").values()
    assert shim == {
        "permissions": {"actions": "read", "pull-requests": "write"}, "uses": "COURSE/ci/.github/workflows/post-score.yml@v1",
    }  # fmt: skip
    [job] = jobs_of(CALLED).values()
    assert job["permissions"] == shim["permissions"]
    [checkout] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
    assert checkout["with"] == {
        "repository": "${{ job.workflow_repository }}", "ref": "${{ job.workflow_sha }}", "persist-credentials": False,
    }  # fmt: skip
    assert [step["run"] for step in job.get("steps", []) if "run" in step] == ['python3 -I post_score.py "$RUNNER_TEMP/in" grading.json']


def test_a_students_repository_holds_two_short_workflows_and_no_other_code() -> None:
    files = [path for path in (ROOT / "starter" / ".github").rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["grade.yml", "post-score.yml"]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) < 60


def test_no_workflow_writes_an_expression_into_a_script() -> None:
    for path in (OFFICIAL, CALLED, *STARTER.glob("*.yml")):
        for job in jobs_of(path).values():
            assert [step["run"] for step in job.get("steps", []) if "${{" in step.get("run", "")] == []


def test_every_exception_from_the_audit_carries_its_reason() -> None:
    for path in (OFFICIAL, CALLED, *STARTER.glob("*.yml")):
        for line in path.read_text("utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert len(line.split("]", 1)[1].strip()) > 20, line


def test_the_starter_has_the_workflows_that_would_be_released_now(run: Run) -> None:
    assert run("release", "--check").stderr == ""
