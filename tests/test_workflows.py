"""The workflows, run step by step as their files say: each submission ends in the right comment and the right check."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import run_workflow
import yaml
from conftest import ROOT, Run
from fake_github import FakeGitHub
from run_workflow import STUDENT, SUBMISSIONS, Done, official_run, pull_request_run, sha_of
from scene import BOT, report

STARTER = ROOT / "starter" / ".github" / "workflows"
OFFICIAL = ROOT / ".github" / "workflows" / "official.yml"
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
        ("right", "49 of 49 points and 15 bonus", "| ✅ | Derivative propagation | **16** / 16 | nothing |"),
        ("wrong", "32.5 of 49 points", "| ❌ | Node creation | **20.5** / 21 |"),
        ("endless", "21 of 49 points", "| ⏳ | Topological order | **0** / 12"),
        ("forging", "33 of 49 points", "| ❌ | Derivative propagation | **0** / 16 |"),
    ],
)
def test_a_pull_request_ends_in_the_right_provisional_comment(name: str, headline: str, row: str, fake: FakeGitHub, tmp_path: Path) -> None:
    done = pull_request_run(fake, tmp_path, SUBMISSIONS[name])
    assert [job.result for job in done.values()] == ["success", "success"], "\n".join(job.log for job in done.values())
    told = comment(fake)
    assert f"### Public tests: {headline}" in told
    assert row in told
    assert headline in done["public-tests"].summary
    assert headline in done["comment"].summary
    commands = [line for line in done["public-tests"].log.splitlines() if line.lstrip().startswith("::")]
    assert all(line.startswith("::error file=autodiff.py,line=") for line in commands)
    assert fake.repo(STUDENT).checks == []


def test_a_pull_request_that_changes_its_workflow_can_forge_a_provisional_score_and_no_more(fake: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    pull_request_run(fake, tmp_path / "a", SUBMISSIONS["wrong"], forged_report=json.dumps(report() | {"score": 100}))
    assert "can't be used: its score is not what its cases add up to" in comment(fake)
    pull_request_run(fake, tmp_path / "b", SUBMISSIONS["wrong"], forged_report=json.dumps(report()), number=2)
    assert "*provisional*" in comment(fake, 2)
    assert "they are not your grade" in comment(fake, 2)


def test_a_run_that_leaves_nothing_is_told(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_workflow.Job, "upload_artifact", lambda *_, **__: None)
    pull_request_run(fake, tmp_path, SUBMISSIONS["wrong"])
    assert "ended without a result" in comment(fake)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeGitHub, dict[str, Done]]]:
    with FakeGitHub() as fake:
        yield fake, official_run(fake, tmp_path_factory.mktemp("official"), SUBMISSIONS)
    assert fake.violations == []


def test_the_official_run_ends_in_the_right_comments_and_checks(official: tuple[FakeGitHub, dict[str, Done]]) -> None:
    fake, done = official
    assert {name: job.result for name, job in done.items()} == dict.fromkeys(("plan", "collect", "post"), "success"), done["post"].log
    checks = {check["head_sha"]: check for check in fake.repo(STUDENT).checks}
    found = {name: checks[sha_of(number)] for number, name in enumerate(SUBMISSIONS, start=1)}
    assert {name: check["conclusion"] for name, check in found.items()} == {
        "right": "success", "wrong": "failure", "endless": "failure", "forging": "failure",
    }  # fmt: skip
    assert {name: check["output"]["title"] for name, check in found.items()} == {
        "right": "100 of 100 points and 20 bonus",
        "wrong": "98.65 of 100 points and 18 bonus",
        "endless": "70 of 100 points and 15 bonus",
        "forging": "65 of 100 points and 17 bonus",
    }
    for number, check in enumerate(found.values(), start=1):
        assert f"### Score: {check['output']['title']} · *official*" in comment(fake, number, APP)
    lines = SUBMISSIONS["wrong"].splitlines()
    assert {lines[mark["start_line"] - 1].split("(")[0] for mark in found["wrong"]["_annotations"]} == {"def mul", "def create_node"}
    assert "kept up to date" not in done["post"].log


def test_the_secret_of_the_course_and_tokens_reach_no_log(official: tuple[FakeGitHub, dict[str, Done]]) -> None:
    fake, done = official
    said = "".join(job.log + job.summary for job in done.values()) + json.dumps(fake.repo(STUDENT).comments)
    assert "a secret of the course" not in said
    assert [token for token in fake.tokens if token.startswith(("app-", "job-")) and token in said] == []


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


def test_what_posts_in_the_students_repository_takes_the_default_branch_and_installs_nothing() -> None:
    [job] = jobs_of(STARTER / "post-score.yml").values()
    [checkout] = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
    assert checkout["with"] == {"persist-credentials": False, "sparse-checkout": ".github/scripts"}
    [run] = [step["run"] for step in job["steps"] if "run" in step]
    assert run.startswith("python3 -I .github/scripts/post_score.py ")
    assert "${{" not in run


def test_no_workflow_writes_an_expression_into_a_script() -> None:
    for path in (OFFICIAL, *STARTER.glob("*.yml")):
        for job in jobs_of(path).values():
            assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_every_exception_from_the_audit_carries_its_reason() -> None:
    for path in (OFFICIAL, *STARTER.glob("*.yml")):
        for line in path.read_text("utf-8").splitlines():
            if "zizmor: ignore" in line:
                assert len(line.split("]", 1)[1].strip()) > 20, line


def test_the_starter_has_the_workflows_that_would_be_released_now(run: Run) -> None:
    assert run("release", "--check").stderr == ""
