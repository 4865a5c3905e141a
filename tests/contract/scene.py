"""What the tests of posting share: a pull request on the fake GitHub, an artifact, and the script that the workflow runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from fake_github import FakeClock, FakeGitHub

from grader.forge import student
from grader.forge.public import Ended, Facts, report_of, tests_of

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = ROOT / "starter" / ".github" / "scripts"
GRADING = json.loads((SCRIPTS / "grading.json").read_text("utf-8"))
REPO, SHA, OLD = "course/ada", "a" * 40, "b" * 40
BOT = "github-actions[bot]"


def report(failing: dict[str, Ended] | None = None, notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what grade.yml uploads where all tests pass but those that are named."""
    ended = {name: Ended("pass") for name in tests_of(GRADING)} | (failing or {})
    return report_of(GRADING, ended, Facts(REPO, "0" * 64, "2026.1", notes))


def wrong(got: str = "None", name: str = "test_forward__chain_rule__nested") -> dict[str, Any]:
    return report({name: Ended("fail", "y.partial_derivative = 1.5", got)})


class Scene:
    """One pull request, and what a finished run of grade.yml left for it."""

    def __init__(self, fake: FakeGitHub, folder: Path) -> None:
        self.fake, self.folder = fake, folder
        self.artifact = folder / "in"
        self.artifact.mkdir()
        self.run: dict[str, Any] = {
            "id": 500, "run_attempt": 1, "event": "pull_request", "path": ".github/workflows/grade.yml", "conclusion": "success",
            "head_sha": SHA, "head_branch": "work", "head_repository": {"full_name": REPO, "id": 7}, "pull_requests": [],
        }  # fmt: skip
        fake.open_pull(REPO, 12, SHA)

    def upload(self, content: Any) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.artifact / "report.json").write_text(text, "utf-8")

    def environment(self) -> dict[str, str]:
        (self.folder / "event.json").write_text(json.dumps({"workflow_run": self.run}), "utf-8")
        return {
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_REPOSITORY": REPO, "GITHUB_TOKEN": "good",
            "GITHUB_API_URL": self.fake.url, "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }  # fmt: skip

    def post(self, status: int = 0, **environment: str) -> str:
        """Run the script as post-score.yml does and return what it prints."""
        ended = subprocess.run(
            [sys.executable, "-I", SCRIPTS / "post_score.py", self.artifact, SCRIPTS / "grading.json"],
            capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **self.environment(), **environment},
        )  # fmt: skip
        assert ended.returncode == status, ended.stderr
        assert ended.stderr == ""
        return ended.stdout

    def post_on(self, clock: FakeClock) -> int:
        """Run the same in this process, on a clock that is a test's."""
        return student.main([str(self.artifact), str(SCRIPTS / "grading.json")], self.environment(), clock)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text("utf-8")

    @property
    def ours(self) -> list[str]:
        return self.fake.bodies(REPO, 12, BOT)
