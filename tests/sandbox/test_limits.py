"""A submission ends within the time that SECURITY.md states, however it spends it; a busy machine ends no honest question."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from textwrap import indent

import pytest
from conftest import REFERENCE, ROOT

from grader.collect.agenda import budget_key, graph_alone, shows_own_graph
from grader.kit import Kit
from grader.plan.plan import Plan
from grader.plan.planner import make_plan
from grader.plan.variant_choice import EVERYBODY
from grader.sandbox import Sandbox, child
from grader.sandbox.time_limits import BUDGET, FREE_SHARE, LATER_SHARE, LOAD_CPU, QUESTION_CPU, SLACK, WINDOW
from grader.sandbox.usage import open_schedstat, read_schedstat

BURNS = "    import time\n    end = time.process_time() + {}\n    while time.process_time() < end: pass\n"
ORDER = "def topological_order(root):\n"
TOO_LONG = f"cpu {QUESTION_CPU:g}"
NAPS = [f"slept {WINDOW + SLACK * QUESTION_CPU:g}", TOO_LONG]  # which comes first depends on the machine
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield make_plan(Kit.find(ROOT))


@pytest.fixture(params=["counted", "not counted"])
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the kernel counts how long a process waits for a CPU."""
    if request.param == "not counted":
        monkeypatch.setattr(child, "open_schedstat", lambda _: None)
    return bool(request.param == "counted")


def ask(plan: Plan, body: str, questions: int = 1) -> list[child.Answer]:
    """Return the answers of a submission whose topological_order begins with `body`."""
    asked = [question for question in plan.questions["questions"] if question["ask"] == "order"][:questions]
    source = REFERENCE.replace(ORDER, ORDER + body).encode()
    with Sandbox("core") as sandbox, sandbox.start(source, plan.questions["pristine"]) as process:
        return [process.ask(question) for question in asked if process.alive]


def stated(row: str) -> list[float]:
    """Return the numbers in a row of SECURITY.md's table of costs: CPU and wall time."""
    found = re.search(rf"^\| {row} \| (.*) \| (.*) \|$", SECURITY, re.MULTILINE)
    assert found, row
    return [float(number) for cell in found.groups() for number in re.findall(r"[\d.]+", cell)]


def test_what_students_and_instructors_are_told_of_time_limits_is_true() -> None:
    handout = " ".join((ROOT / "assignment" / "handout.md").read_text("utf-8").split())
    assert f"{QUESTION_CPU:g} second of CPU for each question, and {BUDGET:g} seconds for a step in each of the ways above" in handout
    assert f"has {LATER_SHARE * BUDGET:g} seconds in each other way" in handout
    assert f"{WINDOW:g} seconds of sleep end the question" in handout
    assert f"If *loading* takes over {LOAD_CPU:g} seconds" in handout
    examples = (ROOT / "examples" / "README.md").read_text("utf-8")
    assert f"{QUESTION_CPU:g} second of CPU a question, {BUDGET:g} seconds a step and way of asking" in examples


@pytest.mark.slow
def test_the_stated_costs_follow_from_the_limits(plan: Plan) -> None:
    load, load_wall = LOAD_CPU, WINDOW + SLACK * LOAD_CPU
    question, question_wall = QUESTION_CPU + load, load_wall + WINDOW + SLACK * QUESTION_CPU
    assert stated("loading the file once") == [load, load_wall]
    assert stated("a question, with the load before it") == [question, question_wall]
    free = FREE_SHARE * QUESTION_CPU
    budget, budget_wall = BUDGET + question, SLACK * BUDGET + question_wall
    assert stated(r"a budget with \*n\* questions") == [budget, free, budget_wall, SLACK * free]
    assert f"A step that has used up one has {LATER_SHARE * BUDGET:g} s for each of its others" in SECURITY
    asked = plan.question_ids_for_criteria(plan.expected["criteria"], [EVERYBODY])
    questions = [question for question in plan.questions["questions"] if question["id"] in asked]
    questions += [graph_alone(question) for question in questions if shows_own_graph(question)]
    budgets = {budget_key(question) for question in questions}
    assert f"{len(budgets)} budgets and at most {len(questions):,} questions" in SECURITY
    asks = len(questions) + len(budgets) * BUDGET / QUESTION_CPU  # time-outs, which are charged whole, are asked twice
    cpu, wall = stated("a submission")
    assert len(budgets) * budget + asks * free + 2 * load <= cpu
    assert len(budgets) * budget_wall + asks * SLACK * free + 2 * load_wall <= wall


@pytest.mark.slow
@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(
    ("body", "whys"),
    [
        ("    while True: pass\n", [TOO_LONG]),
        ("    import time; time.sleep(1000)\n", [f"slept {WINDOW:g}"]),
        (BURNS.format(0.4) + "    time.sleep(1000)\n", [f"slept {WINDOW:g}"]),
        ("    while True:\n" + indent(BURNS.format(0.06), "    ") + "        time.sleep(0.24)\n", NAPS),
    ],
    ids=["runs", "sleeps", "runs and sleeps", "sleeps now and then"],
)
def test_a_question_that_runs_or_sleeps_too_long_is_ended(body: str, whys: list[str], plan: Plan) -> None:
    [answer] = ask(plan, body)
    assert answer.kind == "timeout"
    assert answer.why in whys


@pytest.mark.slow
@pytest.mark.usefixtures("waiting")
def test_a_question_is_charged_what_it_costs(plan: Plan) -> None:
    quick, again = ask(plan, "", questions=2)
    burnt = ask(plan, BURNS.format(0.5))[0]
    slept = ask(plan, "    import time; time.sleep(1)\n")[0]
    assert quick.kind == again.kind == burnt.kind == slept.kind == "answered"
    assert burnt.spent >= 0.5
    assert slept.spent >= 1 / SLACK
    assert quick.spent < burnt.spent


@pytest.fixture
def counted() -> Iterator[int]:
    """A descriptor of this process's own schedstat. Skips where the kernel does not count how long a process waits for a CPU."""
    pidfd = os.pidfd_open(os.getpid())
    descriptor = open_schedstat(pidfd)
    os.close(pidfd)
    if descriptor is None:
        pytest.skip("this kernel does not count how long a process waits for a CPU")
    yield descriptor
    os.close(descriptor)


def test_running_is_counted(counted: int) -> None:
    before = read_schedstat(counted)
    sum(range(1_000_000))
    os.sched_yield()
    after = read_schedstat(counted)
    assert after[0] > before[0]
    assert after[1] >= before[1]


@pytest.fixture
def one_busy_cpu() -> Iterator[None]:
    """Run this process, and all that it starts, on one CPU that many others use up."""
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    # in a session of its own each, or the kernel may give all of them together as much as one process
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True) for _ in range(20)]
    yield
    for other in others:
        other.kill()
        other.wait()
    os.sched_setaffinity(0, cpus)


@pytest.mark.slow
@pytest.mark.usefixtures("counted", "one_busy_cpu")
def test_a_busy_machine_ends_no_honest_question(plan: Plan) -> None:
    """It gets a twentieth of the CPU, which is less than one that sleeps may use."""
    [answer] = ask(plan, BURNS.format(0.3))
    assert answer.kind == "answered", answer.why


def test_no_process_is_found_by_what_is_no_pidfd() -> None:
    reading, writing = os.pipe()
    assert open_schedstat(reading) is None
    os.close(reading)
    os.close(writing)
