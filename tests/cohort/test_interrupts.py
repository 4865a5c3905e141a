"""Ctrl-C and SIGTERM at random moments: a command ends at once with all its processes, and the next run gives what a calm run gives."""

import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, report, same_but_for_times
from fake_github import FakeGitHub, Token
from processes import arguments, catches, marked, processes
from processes import field as status_of

from grader.cohort.runner import collect_one
from grader.collect.collector import Questionnaire
from grader.compare import Comparer
from grader.intake import Submission
from grader.kit import Kit
from grader.plan.planner import make_plan
from grader.sandbox import Sandbox, why_no_bwrap

SIGNALS = {"Ctrl-C": [signal.SIGINT], "SIGTERM": [signal.SIGTERM], "Ctrl-C twice": [signal.SIGINT, signal.SIGINT]}
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}
GUARD = 10.0
"""Seconds in which a command must have ended. It needs less than two of them, unless the machine is very busy."""
LONGEST = 120
SAYS = re.compile(r"grader: (interrupted|(\d+) of \d+ asked, and their answers kept; run the same command to continue)")
NAMES = ("push-forward", "pull-with-memo", "edges", "short-repr", "math-aliases")


@dataclass
class Course:
    """Six submissions, a folder for results and one for temporary files, and how a command is started there."""

    folder: Path
    cache: Path
    works: list[Path] = field(default_factory=list)

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def start(self, *arguments: object, program: Sequence[str] = ("-m", "grader"), **streams: Any) -> "subprocess.Popen[str]":
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)}
        return subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)], env=environment, text=True, start_new_session=True, **streams
        )

    def calm(self, *arguments: object) -> float:
        """Run a command to its end, and return the seconds that it took."""
        begun = time.monotonic()
        process = self.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _, said = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, said
        return time.monotonic() - begun

    def interrupt(self, signals: list[signal.Signals], delay: float, *arguments: object) -> int | None:
        """Send signals to a command some seconds after it listens, look at how it ends, and return how much it says is done.

        None where it was done before.
        """
        process = self.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while not catches(process.pid, signal.SIGTERM) and process.poll() is None:
            time.sleep(0.001)
        time.sleep(delay)
        sent = time.monotonic()
        for number in signals:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            time.sleep(0.02)
        _, said = process.communicate(timeout=LONGEST)
        seconds = time.monotonic() - sent
        if process.returncode == 0:
            return None
        print(f"{arguments[0]} after {delay:.2f} s: status {process.returncode} in {seconds:.2f} s: {said.splitlines()[-1:]}")
        assert "Traceback" not in said
        assert process.returncode == STATUS[signals[0]], said
        assert seconds < GUARD
        match = SAYS.fullmatch(said.splitlines()[-1])
        assert match
        self.nothing_is_left()
        return int(match[2] or 0)

    def nothing_is_left(self) -> None:
        """Look for processes and temporary files."""
        self.no_process_is_left()
        assert list(self.temporary.iterdir()) == []

    def no_process_is_left(self) -> None:
        """Look for processes. Those that were killed need a moment."""
        deadline = time.monotonic() + GUARD
        while left := marked(str(self.temporary)):
            assert time.monotonic() < deadline, left
            time.sleep(0.01)


@pytest.fixture(autouse=True)
def ctrl_c_is_not_ignored() -> Iterator[None]:
    """Commands would inherit it from a test run that ignores it, as in the background of a script."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def course(run: Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    base = tmp_path_factory.getbasetemp()
    made = Course(tmp_path, (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "cache")
    made.temporary.mkdir()
    works = tmp_path / "in"
    works.mkdir()
    for name in NAMES:
        shutil.copy(SUBMISSIONS / "right" / f"{name}.py", works)
    shutil.copy(SUBMISSIONS / "wrong" / "assigned-for-accumulated.py", works)
    made.works = sorted(works.iterdir())
    return made


def reports(out: Path) -> dict[str, Any]:
    return {path.parent.name: same_but_for_times(report(out, path.parent.name)) for path in out.glob("*/report.json")}


def traces(folder: Path) -> dict[str, Any]:
    found = {path.stem: json.loads(path.read_text()) for path in folder.glob("[!.]*.json")}
    return {name: {key: value for key, value in trace.items() if key != "seconds"} for name, trace in found.items()}


def plans(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("[!.]*.json")}


# ---- the commands -------------------------------------------------------------

Command = tuple[Callable[[Path], list[object]], Callable[[Path], Any]]
"""Makes the command line that writes to a folder, and returns what it wrote there."""


def cohort(course: Course, jobs: int) -> Command:
    return lambda out: ["cohort", course.folder / "in", "--out", out, "--no-diagnosis", "--quiet", "--jobs", jobs], reports


def repositories(course: Course) -> Command:
    """Grade git repositories, which a process of its own reads."""
    pytest.importorskip("dulwich", reason="the extra [git] is not installed")
    folder = course.folder / "repositories"
    who = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    for work in course.works:
        (folder / work.stem).mkdir(parents=True)
        shutil.copy(work, folder / work.stem / "autodiff.py")
        for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
            subprocess.run(["git", "-C", folder / work.stem, *command], check=True, env={**os.environ, **who})
    return lambda out: ["cohort", folder, "--ref", "main", "--out", out, "--no-diagnosis", "--quiet", "--jobs", 1], reports


def collect(course: Course) -> Command:
    return lambda out: ["collect", *course.works, "--out", out, "--quiet"], traces


def grade(course: Course) -> Command:
    return lambda out: ["grade", *course.works[:3], "--out", out, "--no-diagnosis", "--quiet"], reports


def compare(course: Course) -> Command:
    """Compare so many traces that two processes do it."""
    course.calm("collect", *course.works[:3], "--out", course.folder / "some", "--quiet")
    kept = course.folder / "traces"
    kept.mkdir()
    for number in range(102):
        shutil.copy(course.folder / "some" / f"{course.works[number % 3].stem}.json", kept / f"s{number:03}.json")
    return lambda out: ["compare", *sorted(kept.glob("[!.]*")), "--out", out, "--no-diagnosis", "--quiet", "--jobs", 2], reports


def regrade(course: Course) -> Command:
    """Compare results again, beside a copy of what they were."""
    course.calm("grade", *course.works, "--out", course.folder / "graded", "--no-diagnosis", "--quiet")

    def command(out: Path) -> list[object]:
        if not out.exists():
            shutil.copytree(course.folder / "graded", out)
        return ["regrade", out, "--no-diagnosis", "--jobs", 1]

    return command, reports


def plan(course: Course) -> Command:
    course.cache = course.folder / "cache"

    def command(out: Path) -> list[object]:
        shutil.rmtree(course.cache, ignore_errors=True)
        return ["plan", "--out", out]

    return command, plans


def audit(course: Course) -> Command:
    def command(out: Path) -> list[object]:
        return ["audit", "--only", "right/p*", "--jobs", 2, "--markdown", out.with_suffix(".md")]

    return command, lambda out: out.with_suffix(".md").read_bytes()


def forge_collect(course: Course) -> Command:
    """Collect what a run on pull requests has planned."""
    planned = course.folder / "planned"
    with FakeGitHub() as fake:
        fake.tokens["app"] = Token("course-grader[bot]")
        for number in range(8):
            fake.open_pull("course/work", number + 1, f"{number:x}" * 40, source=REFERENCE.encode() + b"# %d" % number)
        environment = {**os.environ, "GITHUB_TOKEN": "app", "GITHUB_API_URL": fake.url, "XDG_CACHE_HOME": str(course.cache)}
        plan = [sys.executable, "-m", "grader", "forge", "plan", "--repo", "course/work", "--out", str(planned), "--quiet"]
        subprocess.run(plan, env=environment, cwd=ROOT, check=True)

    def command(out: Path) -> list[object]:
        if not out.exists():
            shutil.copytree(planned, out)
        return ["forge", "collect", out, "--quiet"]

    return command, lambda out: traces(out / "traces")


COMMANDS: dict[str, Callable[[Course], Command]] = {
    "cohort": lambda course: cohort(course, 1),
    "cohort, two processes": lambda course: cohort(course, 2),
    "cohort of repositories": repositories,
    "collect": collect,
    "grade": grade,
    "compare, two processes": compare,
    "regrade": regrade,
    "plan": plan,
    "audit, two processes": audit,
    "forge collect": forge_collect,
}


def interrupted_and_continued(course: Course, name: str, rounds: int) -> None:
    """Interrupt a command again and again, and then let it come to its end."""
    command, results = COMMANDS[name](course)
    lasts = course.calm(*command(course.folder / "calm"))
    out, moments, ended = course.folder / "out", random.Random(name), 0
    for _ in range(rounds):
        for signals in SIGNALS.values():
            done = course.interrupt(signals, moments.uniform(0, lasts / 2), *command(out))  # less is left to do each time
            ended += done is not None
            kept = [*out.glob("**/*.json")] if out.exists() else []
            assert len(kept) >= (done or 0)
    assert ended
    course.calm(*command(out))
    assert results(out) == results(course.folder / "calm")


@pytest.mark.slow
def test_an_interrupted_run_ends_at_once_and_the_next_run_continues_it(course: Course) -> None:
    interrupted_and_continued(course, "cohort, two processes", rounds=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_interrupted_again_and_again_comes_to_the_same_end(name: str, course: Course) -> None:
    interrupted_and_continued(course, name, rounds=2)


@pytest.mark.slow
def test_finding_out_about_misconceptions_is_interrupted_at_once(course: Course) -> None:
    moments = random.Random(5)
    for number, signals in enumerate(SIGNALS.values()):
        course.cache = course.folder / f"cache-{number}"
        wrong = course.folder / "in" / "assigned-for-accumulated.py"
        assert course.interrupt(signals, moments.uniform(2, 5), "grade", wrong, "--out", course.folder / "out") is not None


# ---- what is kept and what is said --------------------------------------------


@pytest.mark.slow
def test_what_was_collected_is_not_asked_again(course: Course) -> None:
    """An endless submission comes last and is waited for; by then the others are collected."""
    (course.folder / "in" / "zz.py").write_text("while True: pass\n")
    out = course.folder / "out"
    arguments = ["cohort", course.folder / "in", "--out", out, "--no-diagnosis", "--quiet", "--jobs", 1]
    process = course.start(*arguments, stderr=subprocess.PIPE)
    while len(list((out / ".traces").glob("[!.]*.json"))) < len(course.works):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert f"{len(course.works)} of {len(course.works) + 1} asked" in process.communicate(timeout=LONGEST)[1]
    before = {path: path.stat().st_mtime_ns for path in (out / ".traces").glob("[!.]*.json")}
    (course.folder / "in" / "zz.py").write_text(REFERENCE)
    course.calm(*arguments)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert report(out, "zz")["score"] == 100


SLOW_DISK = """
import pathlib, time
from grader.__main__ import run
move = pathlib.Path.replace
def slow(draft, path):
    moved = move(draft, path)
    time.sleep(0.3)
    return moved
pathlib.Path.replace = slow
run()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "folder"), [("cohort", ".traces"), ("collect", "."), ("forge collect", "traces")])
def test_an_interrupted_run_says_how_many_answers_are_kept(name: str, folder: str, course: Course) -> None:
    """The signal comes when a trace is in its place, and the process has not gone on yet."""
    command, _ = COMMANDS[name](course)
    out = course.folder / "out"
    process = course.start(*command(out), program=("-c", SLOW_DISK), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def kept() -> int:
        return len(list((out / folder).glob("[!.]*.json")))

    while kept() < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    match = SAYS.fullmatch(process.communicate(timeout=LONGEST)[1].splitlines()[-1])
    assert match
    assert int(match[2]) == kept() == 3


@pytest.mark.slow
def test_collect_asks_again_where_submission_or_wish_is_new(course: Course) -> None:
    out = course.folder / "out"
    command = ("collect", *course.works[:2], "--out", out, "--quiet")

    def times() -> list[int]:
        return [path.stat().st_mtime_ns for path in sorted(out.glob("[!.]*.json"))]

    course.calm(*command)
    first = times()
    course.calm(*command)
    assert times() == first
    course.works[0].write_text(course.works[0].read_text() + "\n# changed\n")
    course.calm(*command)
    changed = times()
    assert (changed[0] == first[0], changed[1] == first[1]) == (False, True)
    course.calm(*command, "--ask-all")
    assert not set(times()) & {*first, *changed}


def test_keys_at_a_terminal_leave_neither_a_traceback_nor_a_hidden_cursor(course: Course) -> None:
    controller, terminal = pty.openpty()
    command, _ = cohort(course, 2)
    arguments = [argument for argument in command(course.folder / "out") if argument != "--quiet"]
    process = course.start(*arguments, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = "".join(_typed(controller, process.pid))
    assert process.wait(LONGEST) == 130
    assert "Traceback" not in shown
    assert "asked, and their answers kept; run the same command to continue" in shown.splitlines()[-1]
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    course.nothing_is_left()


def _typed(controller: int, pid: int) -> Iterator[str]:
    """Yield what a terminal shows; when the progress bar is there, interrupt the process three times, as if by the keyboard."""
    typed = False
    with suppress(OSError):  # the terminal is gone with its last user
        while part := os.read(controller, 4096).decode():
            yield part
            if not typed and "\x1b[?25l" in part:
                typed = True
                for _ in range(3):
                    with suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGINT)
                    time.sleep(0.01)


def test_a_command_that_ignores_ctrl_c_from_its_start_goes_on(course: Course) -> None:
    """As with `nohup`, or in the background of a script."""
    out = course.folder / "out"
    script = f"trap '' INT; exec {sys.executable} -m grader collect {course.works[0]} --out {out} --quiet"
    environment = {**os.environ, "XDG_CACHE_HOME": str(course.cache), "PYTHONPATH": str(ROOT), "TMPDIR": str(course.temporary)}
    process = subprocess.Popen(["sh", "-c", script], env=environment, start_new_session=True)
    while not catches(process.pid, signal.SIGTERM) and process.poll() is None:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(LONGEST) == 0
    assert len(list(out.glob("[!.]*.json"))) == 1


def workers(pid: int) -> list[int]:
    """Return the worker processes of a command."""
    return [other for other in processes() if status_of(other, "PPid") == pid and b"spawn_main" in arguments(other)]


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_run_in_a_sentence_and_the_next_run_continues_it(course: Course) -> None:
    command, results = cohort(course, 2)
    out = course.folder / "out"
    process = course.start(*command(out), stderr=subprocess.PIPE)
    while not list(out.glob(".traces/*.json")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(workers(process.pid)[0], signal.SIGKILL)
    _, said = process.communicate(timeout=LONGEST)
    assert (process.returncode, said) == (2, "grader: a grading process died, perhaps of too little memory: try --jobs 1\n")
    course.no_process_is_left()
    course.calm(*command(out))
    course.calm(*command(course.folder / "calm"))
    assert results(out) == results(course.folder / "calm")


def test_workers_end_with_a_command_that_was_killed(course: Course) -> None:
    command, _ = cohort(course, 2)
    process = course.start(*command(course.folder / "out"))
    while len(marked(str(course.temporary))) < 5:  # two workers and their two sandboxes
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    course.nothing_is_left()


BEGINNING = """
import random, time
from grader import interrupts
from grader.sandbox import Sandbox
for _ in range(60):
    sandbox = Sandbox("bwrap")
    time.sleep(random.random() * 0.012)
    interrupts.end_all()
    sandbox.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_bwrap()), reason="no bubblewrap here")
def test_a_sandbox_that_is_ended_while_it_begins_leaves_no_process(course: Course) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(course.temporary)}
    subprocess.run([sys.executable, "-c", BEGINNING], env=environment, check=True, timeout=LONGEST)
    course.nothing_is_left()


# ---- where the kit is a library, as in nbgrader -------------------------------


def test_ctrl_c_while_a_library_compares_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    made = make_plan(Kit.find(ROOT))
    with Sandbox() as walls:
        trace = collect_one(walls, Questionnaire(made.questions), Submission("a", REFERENCE.encode()))
    monkeypatch.setattr("grader.compare.plugin.judge", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Comparer(made).compare({"a": trace})
