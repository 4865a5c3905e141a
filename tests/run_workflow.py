"""Run the workflows on this machine, step by step, as their YAML files say, against a GitHub that is ours.

    python tests/run_workflow.py            a right, a wrong, an endless and a forging submission through all workflows, and then 300
                                            pull requests: 600 writes, on a clock under control

Steps that `run` are run by bash, in order, with the environment that GitHub gives and no other. Of the actions that are
used each has a stand-in here, that does to folders what the action does. `permissions` become the token's. What is not
understood is an error: a step is never left out.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "tests" / "contract"
sys.path.insert(0, str(CONTRACT))

from fake_github import FakeGitHub, FileClock, Token  # noqa: E402  the path to it is set above

from grader.kit import Kit  # noqa: E402
from grader.release.starter import ci_files, starter_files, write_files  # noqa: E402

PINNED = re.compile(r"(?P<name>[\w-]+/[\w-]+)@[0-9a-f]{40}")
TOKEN_LIVES = 3600.0
"""Seconds, of an App's token."""
MAY = {"pull-requests": "comments", "checks": "checks"}
TOKEN = re.compile(r"\s*('[^']*'|[A-Za-z_][\w.-]*(?:\(\))?|&&|\|\||==|!=|!|\(|\)|[0-9]+)")


@dataclass
class World:
    """What the workflows of one event share: the fake forge, the trees that can be checked out, and artifacts."""

    fake: FakeGitHub
    folder: Path
    event_name: str
    event: dict[str, Any]
    trees: dict[str, Path]
    """What actions/checkout gives: by the event's name, or by the name of another repository."""
    repository: str
    artifacts: dict[str, Path] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    called: dict[str, Path] = field(default_factory=dict)
    """The trees of repositories whose workflows may be called, by name and tag."""
    clock: Path | None = None
    """The file that holds the time, where it is under control (`FileClock`)."""


@dataclass
class Done:
    """What became of a job: its result, outputs, log and summary."""

    result: str
    outputs: dict[str, str]
    log: str
    summary: str


class Failed(Exception):
    """A step that failed."""


def evaluate(text: str, look: Any) -> Any:
    """Return the value of a workflow expression: names, texts, == != && || ! and the status functions."""
    words, rest = [], text.strip()
    while rest:
        found = TOKEN.match(rest)
        assert found, f"this expression is not understood: {text}"
        words.append(found[1])
        rest = rest[found.end() :].strip()
    python = {"&&": " and ", "||": " or ", "!": " not ", "==": " == ", "!=": " != ", "(": "(", ")": ")"}
    code = "".join(python.get(word) or (word if word[0] in "'0123456789" else f"look({word!r})") for word in words)
    return eval(code, {"__builtins__": {}}, {"look": look})  # our own workflow files


class Job:
    """One job on a machine of its own: a workspace, a temporary folder and a Python, gone afterwards."""

    def __init__(self, world: World, name: str, job: dict[str, Any], needs: dict[str, Done], called: str = "") -> None:
        self.world, self.name, self.job, self.needs = world, name, job, needs
        self.called = {"workflow_repository": called, "workflow_sha": CALLED_SHA} if called else {}
        self.folder = Path(tempfile.mkdtemp(dir=world.folder, prefix=f"{name}-"))
        self.workspace, self.temp = self.folder / "workspace", self.folder / "temp"
        self.workspace.mkdir()
        self.temp.mkdir()
        self.outputs: dict[str, dict[str, str]] = {}
        self.log: list[str] = []
        self.failed = False
        self.path = os.environ["PATH"]
        self.control_the_clock()
        self.token = f"job-{name}-{len(world.fake.tokens)}"
        may = {MAY[key] for key, value in job.get("permissions", {}).items() if value == "write" and key in MAY}
        world.fake.tokens[self.token] = Token("github-actions[bot]", frozenset(may))

    def control_the_clock(self) -> None:
        """Put a python3 first that takes the time of the steps that post from the world's clock."""
        if self.world.clock:
            (self.folder / "clocked").mkdir()
            python = self.folder / "clocked" / "python3"
            python.write_text(f'#!/bin/sh\nexec {sys.executable} -S {CONTRACT / "clocked.py"} {self.world.clock} "$@"\n', "utf-8")
            python.chmod(0o755)
            self.path = f"{python.parent}:{self.path}"

    def look(self, name: str) -> Any:
        status = {"always()": True, "cancelled()": False, "success()": not self.failed, "failure()": self.failed}
        if name in status:
            return status[name]
        known: Any = {
            "github": {"event": self.world.event, "token": self.token, "repository": self.world.repository},
            "runner": {"temp": str(self.temp)},
            "vars": self.world.variables,
            "secrets": self.world.secrets,
            "job": self.called,
            "inputs": self.world.event.get("inputs", {}),
            "steps": {key: {"outputs": value} for key, value in self.outputs.items()},
            "needs": {key: {"result": done.result, "outputs": done.outputs} for key, done in self.needs.items()},
        }
        for part in name.split("."):
            known = known.get(part, "") if isinstance(known, dict) else ""
        return known

    def filled(self, value: Any) -> str:
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(evaluate(m[1], self.look)), str(value))

    def wanted(self, condition: Any) -> bool:
        text = str(condition).removeprefix("${{").removesuffix("}}").strip()
        asks = any(function in text for function in ("always()", "cancelled()", "failure()", "success()"))
        return bool(evaluate(text, self.look)) and (asks or not self.failed)

    def run(self) -> Done:
        for step in self.job["steps"]:
            if not self.wanted(step.get("if", "success()")):
                continue
            try:
                outputs = self.use(step) if "uses" in step else self.shell(step)
                self.outputs[step.get("id", "")] = outputs
            except Failed as failure:
                self.log.append(f"step failed: {step.get('name', step.get('uses'))}: {failure}")
                self.failed = self.failed or not step.get("continue-on-error", False)
        summary = "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("summary-*")))
        outputs = {key: self.filled(value) for key, value in self.job.get("outputs", {}).items()}
        return Done("failure" if self.failed else "success", outputs, "\n".join(self.log), summary)

    def shell(self, step: dict[str, Any]) -> dict[str, str]:
        number = len(self.log)
        output, summary = self.folder / f"output-{number}", self.folder / f"summary-{number:04}"
        (self.folder / "event.json").write_text(json.dumps(self.world.event), "utf-8")
        environment = {
            "PATH": self.path, "HOME": str(self.folder), "LANG": "C.UTF-8", "CI": "true", "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace), "RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_EVENT_NAME": self.world.event_name, "GITHUB_REPOSITORY": self.world.repository,
            "GITHUB_API_URL": self.world.fake.url, "GITHUB_SERVER_URL": "https://github.com",
        }  # fmt: skip
        # what this machine needs to install anything at all
        environment |= {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.lower().endswith("_proxy")}
        environment |= {name: self.filled(value) for name, value in step.get("env", {}).items()}
        script = self.folder / f"step-{number}.sh"
        script.write_text(self.filled(step["run"]), "utf-8")
        try:
            ended = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", script], cwd=self.workspace, env=environment,
                capture_output=True, text=True, errors="replace", check=False, timeout=60 * self.job["timeout-minutes"],
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failed("the job's timeout-minutes are over") from None
        self.log.append(ended.stdout + ended.stderr)
        if ended.returncode:
            raise Failed(f"exit status {ended.returncode}")
        return dict(line.split("=", 1) for line in output.read_text("utf-8").splitlines()) if output.exists() else {}

    def use(self, step: dict[str, Any]) -> dict[str, str]:
        found = PINNED.fullmatch(step["uses"])
        assert found, f"{step['uses']} is not pinned to a commit"
        given = {key: self.filled(value) for key, value in step.get("with", {}).items()}
        stand_in = getattr(self, found["name"].split("/")[1].replace("-", "_"))
        return stand_in(**{key.replace("-", "_"): value for key, value in given.items()}) or {}

    # ---- stand-ins for actions ----

    def checkout(self, persist_credentials: str, repository: str = "", ref: str = "") -> None:
        assert persist_credentials == "False", "a token would stay in .git/config"
        assert bool(repository) == bool(ref), "another repository is checked out at a commit"
        assert ref in ("", CALLED_SHA)
        shutil.copytree(self.world.trees[repository or self.world.event_name], self.workspace, dirs_exist_ok=True, symlinks=True)

    def setup_python(self, python_version: str) -> None:
        """Make a Python of this job alone, that has what is installed here, but for the grader, and can be installed into."""
        folder = self.folder / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        [packages] = folder.glob("lib/python*/site-packages")
        for place in (Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))):
            for installed in place.iterdir():
                if "autodiff_kit" not in installed.name and not (packages / installed.name).exists():
                    (packages / installed.name).symlink_to(installed)
        first, *others = self.path.split(":")
        own = first.endswith("/clocked")  # it stays first
        self.path = ":".join([*([first] if own else []), str(folder / "bin"), *(others if own else [first, *others])])

    def upload_artifact(self, name: str, path: str, if_no_files_found: str, retention_days: str) -> None:
        source = self.workspace / path
        if not source.exists():
            if if_no_files_found == "error":
                raise Failed(f"no {path} to upload")
            return
        target = self.world.folder / f"artifact-{name}"
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            target.mkdir()
            shutil.copy(source, target / source.name, follow_symlinks=False)
        self.world.artifacts[name] = target

    def download_artifact(self, name: str, path: str, run_id: str = "", github_token: str = "") -> None:
        if name not in self.world.artifacts:
            raise Failed(f"artifact {name} not found")
        shutil.copytree(self.world.artifacts[name], self.workspace / path, symlinks=True, dirs_exist_ok=True)

    def create_github_app_token(self, client_id: str, private_key: str, owner: str, **permissions: str) -> dict[str, str]:
        assert client_id, "the App's id is not set"
        assert private_key, "the App's key is not set"
        assert owner, "the owner is not set"
        may = {MAY[key] for name, value in permissions.items() if value == "write" and (key := name[11:].replace("_", "-")) in MAY}
        token = f"app-{self.name}-{len(self.world.fake.tokens)}"
        self.world.fake.tokens[token] = Token("course-grader[bot]", frozenset(may), ends=self.world.fake.clock.now() + TOKEN_LIVES)
        return {"token": token, "app-slug": "course-grader"}


CALLED = re.compile(r"(?P<repository>[\w-]+/[\w-]+)/(?P<path>\.github/workflows/[\w-]+\.yml)@(?P<ref>[\w.]+)")
CALLED_SHA = "c" * 40


def run_workflow(path: Path, world: World, caller: dict[str, str] | None = None, repository: str = "") -> dict[str, Done]:
    """Run the jobs of a workflow in their order and return what became of each; a job that is not wanted is `skipped`.

    A job that calls a workflow of another repository is what that one's jobs are. `caller` are the permissions of such a job: what is
    called may ask for no more.
    """
    workflow = yaml.safe_load(path.read_text("utf-8"))
    triggers = workflow[True]  # YAML 1.1 reads `on` as true, and so does PyYAML
    wanted = world.event_name if caller is None else "workflow_call"
    assert wanted in triggers, f"{path.name} does not run on {wanted}"
    done: dict[str, Done] = {}
    for name, job in workflow["jobs"].items():
        if "uses" in job:
            found = CALLED.fullmatch(job["uses"])
            assert found, f"{job['uses']} is no workflow of another repository"
            tree = world.called[f"{found['repository']}@{found['ref']}"]
            done |= run_workflow(tree / found["path"], world, job["permissions"], found["repository"])
            continue
        asked = job.get("permissions", workflow["permissions"])
        assert caller is None or asked.items() <= caller.items(), f"{name} asks for more than its caller may"
        needs = job.get("needs", [])
        needed = {need: done[need] for need in ([needs] if isinstance(needs, str) else needs)}
        machine = Job(world, name, job, needed, repository)
        machine.failed = any(other.result != "success" for other in needed.values())
        if not machine.wanted(job.get("if", "success()")):
            done[name] = Done("skipped", {}, "", "")
            continue
        machine.failed = False
        done[name] = machine.run()
    return done


# ---- the four submissions ----

REFERENCE = (ROOT / "reference" / "autodiff.py").read_text("utf-8")
FORGER = """
import json, os, sys
print("::notice title=Autograding report::{\\"totalPoints\\": 100}\\n::add-mask::0\\n::stop-commands::x")
def forward(root):
    for name in ("report.json", "../score/report.json", os.environ.get("GITHUB_STEP_SUMMARY", "summary.md")):
        try:
            with open(name, "w") as file:
                file.write("100 of 100 points")
        except OSError:
            pass
    raise ValueError("``` <!-- autodiff-kit:score v1 --> **100 of 100** @everyone ![x](https://example.com/x.png)")
"""
SUBMISSIONS = {
    "right": REFERENCE,
    "wrong": REFERENCE + "\ndef mul(a, b):\n    return create_node(a.value * b.value, [a, b], 'mul', [a.value, b.value])\n",
    "endless": REFERENCE + "\ndef topological_order(root):\n    while True:\n        pass\n",
    "forging": REFERENCE + FORGER,
}
STUDENT, PRIVATE = "course/ada", "course/grader"


def sha_of(number: int) -> str:
    """Return the commit of a made-up pull request."""
    return hashlib.sha1(f"pull request {number}".encode(), usedforsecurity=False).hexdigest()


def pull_request_run(fake: FakeGitHub, folder: Path, source: str, *, forged: str = "", number: int = 1) -> dict[str, Done]:
    """Run grade.yml on a pull request and then post-score.yml on its end; return the jobs of both.

    `forged` is what a pull request that changes the tests' helper uploads instead.
    """
    starter, merged, ci, sha = folder / "starter", folder / "merged", folder / "ci", sha_of(number)
    write_files(starter_files(Kit.find(ROOT), course="course"), starter)
    write_files(ci_files(Kit.find(ROOT)), ci)
    shutil.copytree(starter, merged)
    (merged / "autodiff.py").write_text(source, "utf-8")
    if forged:
        script = f"import sys, pathlib\np = pathlib.Path(sys.argv[2])\np.parent.mkdir()\np.write_text({forged!r})\n"
        (merged / "run_public.py").write_text(script, "utf-8")
    fake.open_pull(STUDENT, number, sha, head="ada/fork", branch="work")
    event = {"pull_request": {"number": number, "head": {"sha": sha}}}
    world = World(fake, folder, "pull_request", event, {"pull_request": merged}, STUDENT)
    done = run_workflow(merged / ".github" / "workflows" / "grade.yml", world)
    fake.repo(STUDENT).runs.append(sha)
    run = {
        "id": 500 + number, "run_attempt": 1, "event": "pull_request", "path": ".github/workflows/grade.yml", "head_sha": sha,
        "conclusion": done["public-tests"].result, "head_branch": "work", "head_repository": {"full_name": "ada/fork", "id": 7},
    }  # fmt: skip
    later = World(
        fake, folder, "workflow_run", {"workflow_run": run}, {"course/ci": ci}, STUDENT, world.artifacts, called={"course/ci@v1": ci}
    )  # fmt: skip
    return done | run_workflow(starter / ".github" / "workflows" / "post-score.yml", later)


def official_run(fake: FakeGitHub, folder: Path, sources: dict[str, str] | None = None, *, everything: bool = False) -> dict[str, Done]:
    """Run official.yml over one pull request for each source, numbered from 1, or over those that are there; return its jobs."""
    for number, source in enumerate((sources or {}).values(), start=1):
        fake.open_pull(STUDENT, number, sha_of(number), head="ada/fork", branch=f"work{number}", source=source.encode())
    folder.mkdir(exist_ok=True)
    tree = folder / "private"
    kept = shutil.ignore_patterns("__pycache__", ".git", ".tox", "build", "*.egg-info", "out", ".venv", ".*_cache", "tests", "examples")
    shutil.copytree(ROOT, tree, ignore=kept)
    variables = {"AUTODIFF_REPOSITORIES": STUDENT, "GRADER_APP_CLIENT_ID": "Iv1", "GRADER_OWNER": "course"}
    secrets = {"GRADER_APP_PRIVATE_KEY": "key", "AUTODIFF_KIT_SECRET": "a secret of the course"}
    event = {"inputs": {"everything": everything}}
    clock = fake.clock.path if isinstance(fake.clock, FileClock) else None
    world = World(fake, folder, "workflow_dispatch", event, {"workflow_dispatch": tree}, PRIVATE, {}, variables, secrets, clock=clock)
    return run_workflow(ROOT / ".github" / "workflows" / "official.yml", world)


def crowded_run(fake: FakeGitHub, folder: Path) -> tuple[dict[str, Done], dict[str, Done]]:
    """Run official.yml twice over 300 pull requests, without a file so that nothing is collected; return the jobs of both runs."""
    fake.limited = True
    for number in range(1, 301):
        fake.open_pull(STUDENT, number, sha_of(number), head="ada/fork", branch=f"work{number}")
    folder.mkdir()
    return official_run(fake, folder / "first"), official_run(fake, folder / "second")


def main() -> None:
    with tempfile.TemporaryDirectory() as base, FakeGitHub() as fake:
        for number, (name, source) in enumerate(SUBMISSIONS.items(), start=1):
            folder = Path(base, name)
            folder.mkdir()
            for job, done in pull_request_run(fake, folder, source, number=number).items():
                print(f"{name}: {job}: {done.result}")
            print("\n".join(fake.bodies(STUDENT, number)))
            print()
        folder = Path(base, "official")
        folder.mkdir()
        for job, done in official_run(fake, folder, SUBMISSIONS).items():
            print(f"official: {job}: {done.result}")
            if done.result != "success":
                print(done.log)
        for check in fake.repo(STUDENT).checks:
            print(f"\ncheck {check['name']} at {check['head_sha'][:10]}: {check['conclusion']}: {check['output']['title']}")
            print(check["output"]["summary"])
        violations = fake.violations
    with tempfile.TemporaryDirectory() as base, FakeGitHub(FileClock(Path(base, "clock"))) as fake:
        begun = fake.clock.now()
        for which, jobs in zip(("600 writes", "the next night"), crowded_run(fake, Path(base, "crowded")), strict=True):
            print("\n".join(f"{which}: {job}: {done.result}, left {done.outputs.get('left', '-')}" for job, done in jobs.items()))
        print(f"{len(fake.writes)} writes in {(fake.clock.now() - begun) / 60:.0f} minutes")
        violations += fake.violations
    print("\n".join(violations) or "Every request and reply was as GitHub describes it.")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    main()
