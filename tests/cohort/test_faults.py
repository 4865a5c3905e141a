"""When the kit itself fails over a submission, nobody is given a zero, the others are graded, and status 2 says so."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, SUBMISSIONS, Run, report, same_but_for_times
from processes import arguments, cpu_seconds, field, processes

from grader.cohort.runner import collect_safely
from grader.collect.collector import Questionnaire
from grader.intake import Submission


@pytest.fixture(scope="module")
def run(run: Run) -> Run:
    """Run commands in processes of their own, which are known by their command line."""
    return partial(run, preloaded=False)


LOOPS = "while True: pass\n"  # two seconds of CPU, in which its process can be found
AT_WORK = 0.1  # seconds of CPU; a process that has used so many has greeted its owner and loads the submission
CORE = ("--sandbox", "core", "--jobs", 1)


@contextmanager
def killed(out: Path, *numbers: int, child_by: int = 0) -> Iterator[None]:
    """Kill the templates that a run into `out` starts as its first, second ..., each when a process forked from it is at work.

    Or end that process instead, by this signal.
    """
    over = threading.Event()
    seen: list[int] = []
    left = set(numbers)

    def look() -> None:
        while left and not over.wait(0.01):
            parents = {pid: field(pid, "PPid") for pid in processes()}
            ours = {pid for pid in parents if str(out).encode() in arguments(pid)}
            templates = [pid for pid, parent in parents.items() if parent in ours and b"template.py" in arguments(pid)]
            seen.extend(pid for pid in templates if pid not in seen)
            # a process that answers leads a session of its own; the one that looks for shared libraries at the start does not
            leaders = {pid: parent for pid, parent in parents.items() if parent in templates and field(pid, "NSsid") == pid}
            answering = {parent: pid for pid, parent in leaders.items() if cpu_seconds(pid) > AT_WORK}
            for number in [number for number in left if number <= len(seen) and seen[number - 1] in answering]:
                left.remove(number)
                child = answering[seen[number - 1]]
                os.kill(*((child, child_by) if child_by else (seen[number - 1], signal.SIGKILL)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert not left


@pytest.fixture(scope="module")
def planned(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Ask the reference beforehand, in a template of its own."""
    run("plan", "--out", tmp_path_factory.mktemp("plan"))


@pytest.fixture
def works(planned: None, tmp_path: Path) -> Path:
    folder = tmp_path / "works"
    folder.mkdir()
    (folder / "a-loops.py").write_text(LOOPS)
    for name in ("edges", "push-forward"):
        shutil.copy(SUBMISSIONS / "right" / f"{name}.py", folder)
    return folder


@pytest.fixture
def undisturbed(run: Run, works: Path, tmp_path: Path) -> dict[str, Any]:
    run("cohort", works, "--out", tmp_path / "undisturbed", *CORE)
    return {path.stem: same_but_for_times(report(tmp_path / "undisturbed", path.stem)) for path in works.iterdir()}


@pytest.mark.slow
def test_a_sandbox_that_ends_is_started_anew(run: Run, works: Path, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with killed(out, 1):
        run("cohort", works, "--out", out, *CORE)
    assert {name: same_but_for_times(report(out, name)) for name in undisturbed} == undisturbed


@pytest.mark.slow
def test_one_that_ends_twice_costs_one_submission_its_grade_and_no_other(
    run: Run, works: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with killed(out, 1, 2):
        ended = run("cohort", works, "--out", out, *CORE, status=2)
    assert "not graded, by a fault of the kit: a-loops\n" in ended.stderr
    lost = report(out, "a-loops")
    assert (lost["status"], lost["score"]) == ("not graded", None)
    assert "the process of the sandbox ended" in lost["notes"][0]
    for name in ("edges", "push-forward"):
        assert same_but_for_times(report(out, name)) == undisturbed[name]
    run("cohort", works, "--out", out, *CORE)
    assert same_but_for_times(report(out, "a-loops")) == undisturbed["a-loops"]


@pytest.mark.slow
def test_a_signal_without_a_name_ends_a_process_as_any_other_does(run: Run, works: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with killed(out, 1, child_by=signal.SIGRTMIN + 6):
        run("cohort", works, "--out", out, *CORE)
    assert report(out, "a-loops")["status"] == "graded"


class Broken:
    """A sandbox with a fault that nobody thought of."""

    name = "core"

    def start(self, *_: object) -> None:
        raise ZeroDivisionError("nobody thought of it")


def test_a_fault_that_nobody_thought_of_is_told_in_the_trace_of_whom_it_met() -> None:
    asked = Questionnaire(
        {"pristine": "", "questions": [{"id": 0, "step": "forward", "ask": "nodes", "graph_source": "own", "public": True}]}
    )
    broken: Any = Broken()
    trace = collect_safely(broken, asked, Submission("jane", b"x"))
    assert trace["loading"]["kind"] == "fault"
    assert trace["loading"]["why"] == "collecting failed: ZeroDivisionError: nobody thought of it"


@pytest.mark.slow
def test_collect_goes_on_after_a_fault_and_compare_knows_of_it(run: Run, works: Path, tmp_path: Path) -> None:
    out = tmp_path / "traces"
    with killed(out, 1, 2):
        ended = run("collect", works / "a-loops.py", works / "edges.py", "--out", out, "--sandbox", "core", status=2)
    assert "not collected, by a fault of the kit: a-loops\n" in ended.stderr
    run("compare", out / "a-loops.json", out / "edges.json", "--out", tmp_path / "out", status=2)
    assert report(tmp_path / "out", "a-loops")["status"] == "not graded"
    assert report(tmp_path / "out", "edges")["score"] == 100


@pytest.mark.slow
@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(("templates", "loops"), [((1, 2), "jane-try2"), ((2, 3), "jane-try1")])
def test_the_best_of_several_attempts_is_not_known_if_one_was_not_graded(
    templates: tuple[int, ...], loops: str, run: Run, tmp_path: Path
) -> None:
    works, out = tmp_path / "works", tmp_path / "out"
    works.mkdir()
    for name in ("jane-try1", "jane-try2"):
        (works / f"{name}.py").write_text(LOOPS if name == loops else REFERENCE)
    tries = ("--id", r"(?P<id>[a-z]+)-try(?P<attempt>[0-9])", "--attempts", "best")
    with killed(out, *templates):
        ended = run("cohort", works, "--out", out, *tries, *CORE, status=2)
    assert "not graded, by a fault of the kit: jane\n" in ended.stderr
    jane = report(out, "jane")
    assert (jane["status"], jane["score"]) == ("not graded", None)
    assert "the process of the sandbox ended" in jane["notes"][0]
    assert jane["notes"][1:] == ["The best of 2 attempts is not known: jane-try1.py could not be graded."] * (loops == "jane-try1")
    run("cohort", works, "--out", out, *tries, *CORE)
    assert report(out, "jane")["score"] == 100
