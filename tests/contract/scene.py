"""What the tests of posting share: a pull request on the fake GitHub, an artifact, and the script that the workflow runs."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fake_github import FakeClock, FakeGitHub

from grader.kit import Kit
from grader.pull_requests.course_ci import post_provisional
from grader.pull_requests.course_ci.public_report import Ended, Facts, report_of, tests_of
from grader.release.starter import ci_files, write_files

ROOT = Path(__file__).parent.parent.parent
CI = Path(tempfile.mkdtemp(prefix="ci-"))
"""The course's public repository, as it is released now."""
atexit.register(shutil.rmtree, CI, ignore_errors=True)
write_files(ci_files(Kit.find(ROOT)), CI)
GRADING = json.loads((CI / "grading.json").read_text("utf-8"))
REPO, SHA, OLD = "course/ada", "a" * 40, "b" * 40
BOT = "github-actions[bot]"


def report(failing: dict[str, Ended] | None = None) -> dict[str, Any]:
    """Return what is made of an upload in which all tests pass but those that are named."""
    ended = {name: Ended("pass") for name in tests_of(GRADING)} | (failing or {})
    return report_of(GRADING, ended, Facts(REPO, "0" * 64))


def results(failing: dict[str, Ended] | None = None, load: str = "") -> dict[str, Any]:
    """Return what grade.yml uploads where all tests pass but those that are named."""
    ended = {name: Ended("pass") for name in tests_of(GRADING)} | (failing or {})
    tests = {name: asdict(end) for name, end in ended.items()}
    return {"schema": "autodiff-kit/public-results/v1", "sha256": "0" * 64, "load": load, "tests": tests}


def wrong(got: str = "None", name: str = "test_forward__chain_rule__nested") -> dict[str, Any]:
    return results({name: Ended("fail", "y.partial_derivative = 1.5", got)})


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
        (self.artifact / "results.json").write_text(text, "utf-8")

    def environment(self) -> dict[str, str]:
        (self.folder / "event.json").write_text(json.dumps({"workflow_run": self.run}), "utf-8")
        return {
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"), "GITHUB_REPOSITORY": REPO, "GITHUB_TOKEN": "good",
            "GITHUB_API_URL": self.fake.url, "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }  # fmt: skip

    def post(self, status: int = 0, **environment: str) -> str:
        """Run the script as the workflow of the repository `ci` does and return what it prints."""
        ended = subprocess.run(
            [sys.executable, "-I", CI / "post_score.py", self.artifact, CI / "grading.json"],
            capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **self.environment(), **environment},
        )  # fmt: skip
        assert ended.returncode == status, ended.stderr
        assert ended.stderr == ""
        return ended.stdout

    def post_on(self, clock: FakeClock) -> int:
        """Run the same in this process, on a clock that is a test's."""
        return post_provisional.main([str(self.artifact), str(CI / "grading.json")], self.environment(), clock)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text("utf-8")

    @property
    def ours(self) -> list[str]:
        return self.fake.bodies(REPO, 12, BOT)
