"""Misconceptions are asked when a submission first fails in their step, and each answer is cached.

The cache holds one file for each program that was asked; a file that is as old as before shows that its program was not asked again.
"""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REFERENCE, ROOT, Run, report, same_but_for_times

pytestmark = pytest.mark.slow

COHORT = ROOT / "examples" / "cohort"
RIGHT, IN_NODES, IN_ORDER, IN_FORWARD = (
    "right",
    "div-second-partial-without-minus",
    "order-level-by-level",
    "forward-keeps-one-contribution",
)
"""Submissions: the reference, and programs of misconceptions, which fail in one core step each."""
BELIEFS = {
    "node-creation": ("div-second-partial-without-minus", "exp-partial-is-operand"),
    "topological-order": ("order-level-by-level", "order-not-returned"),
    "forward": ("forward-keeps-one-contribution", "forward-root-left-out"),
}
ALSO = "forward-leads-to-one-output"
STORE = Path("autodiff-kit") / "misconceptions"


def programs(*beliefs: str) -> set[str]:
    """Return the names of the programs of misconceptions."""
    files = {belief: ROOT / "reference" / "misconceptions" / f"{belief}.yaml" for belief in beliefs}
    more = {belief: len(yaml.safe_load(file.read_text("utf-8")).get("also", ())) for belief, file in files.items()}
    return {f"{belief}-{number}" if number > 1 else belief for belief, count in more.items() for number in range(1, count + 2)}


def asked(folder: Path) -> dict[str, int]:
    """Return when each program in a store was asked last, by its name."""
    return {path.stem.rpartition("-")[0]: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def diagnoses(out: Path, name: str, step: str) -> set[str]:
    criteria = next(part for part in report(out, name)["steps"] if part["id"] == step)["criteria"]
    return {criterion["diagnosis"]["id"] for criterion in criteria if criterion["diagnosis"]}


class Course:
    """A kit with a few misconceptions, and a cache in which there is a plan and no answer of a misconception."""

    def __init__(self, run: Run, folder: Path, kit: Path, plans: Path) -> None:
        self.folder, self.kit, self.cache, self._run = folder, kit, folder / "cache", run
        shutil.copytree(plans, self.cache)
        for belief in (belief for beliefs in BELIEFS.values() for belief in beliefs):
            self.add(belief)
            self.hand_in(belief, yaml.safe_load((self.misconceptions / f"{belief}.yaml").read_text("utf-8"))["code"])
        self.hand_in(RIGHT, "")

    @property
    def misconceptions(self) -> Path:
        return self.kit / "reference" / "misconceptions"

    @property
    def asked(self) -> dict[str, int]:
        return asked(self.cache / STORE)

    @property
    def entries(self) -> dict[str, dict[str, Any]]:
        """What is cached of each program, by its name."""
        return {path.stem.rpartition("-")[0]: json.loads(path.read_bytes()) for path in (self.cache / STORE).glob("*.json")}

    def add(self, belief: str) -> None:
        self.misconceptions.mkdir(exist_ok=True)
        shutil.copy(ROOT / "reference" / "misconceptions" / f"{belief}.yaml", self.misconceptions)

    def hand_in(self, name: str, code: str) -> Path:
        """Write a submission: the reference, with a few lines that take the place of some of its functions."""
        file = self.folder / "works" / name / "autodiff.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{REFERENCE}\n\n\n{code}", "utf-8")
        return file.parent

    def work(self, name: str) -> Path:
        return self.folder / "works" / name

    def grade(self, *names: str, out: str = "out", **options: Any) -> Path:
        self.run("grade", *map(self.work, names), "--out", self.folder / out, "--quiet", **options)
        return self.folder / out

    def run(self, command: str, *arguments: object, status: int = 0, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
        options = ("--kit", self.kit, *(() if "--no-diagnosis" in arguments else ("--diagnosis",)))
        return self._run(command, *arguments, *options, status=status, XDG_CACHE_HOME=str(cache or self.cache))

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "grader", *map(str, arguments), "--kit", str(self.kit), "--jobs", "1"]
        return subprocess.Popen(command, env={**os.environ, "XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(ROOT)}, **options)


@pytest.fixture(scope="module")
def plans(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the plan of the rubric as it is."""
    folder = tmp_path_factory.mktemp("plans")
    run("plan", "--out", folder / "plan", XDG_CACHE_HOME=str(folder / "cache"), preloaded=False)  # a preloaded command has it in memory
    return folder / "cache"


@pytest.fixture
def course(run: Run, tmp_path: Path, kit: Path, plans: Path) -> Course:
    return Course(run, tmp_path, kit, plans)


def edit(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text("utf-8")
    assert change(before) != before
    file.write_text(change(before), "utf-8")


def test_right_and_unwritten_submissions_ask_no_misconception(course: Course) -> None:
    works = (course.work(RIGHT), COHORT / "emeka42", COHORT / "mateo-v")
    course.run("grade", *works, "--out", course.folder / "out", "--quiet")
    assert course.asked == {}


@pytest.mark.parametrize(("name", "step"), [(IN_NODES, "node-creation"), (IN_ORDER, "topological-order"), (IN_FORWARD, "forward")])
def test_a_submission_asks_the_misconceptions_of_the_step_in_which_it_fails(course: Course, name: str, step: str) -> None:
    out = course.grade(RIGHT, name)
    assert course.asked.keys() == programs(*BELIEFS[step])
    assert diagnoses(out, name, step)


def test_one_who_fails_bonus_cases_alone_has_core_cases_asked_of_similar_programs_alone(course: Course) -> None:
    believed = "order-recursion-goes-deep-enough"
    course.add(believed)
    course.hand_in(believed, yaml.safe_load((course.misconceptions / f"{believed}.yaml").read_text("utf-8"))["code"])
    out = course.grade(believed)
    assert diagnoses(out, believed, "topological-order") == {believed}
    entries = course.entries
    assert len(entries["order-not-returned"]) < len(entries[believed])
    course.grade(IN_ORDER, out="core")
    assert len(course.entries["order-not-returned"]) == len(entries[believed])


def test_a_second_run_asks_nothing_and_says_the_same(course: Course) -> None:
    first = course.grade(IN_FORWARD)
    before = course.asked
    second = course.grade(IN_FORWARD, out="again")
    assert before == course.asked != {}
    assert same_but_for_times(report(first, IN_FORWARD)) == same_but_for_times(report(second, IN_FORWARD))


def test_new_points_words_and_other_steps_ask_nothing_again(course: Course) -> None:
    course.grade(IN_FORWARD)
    before = course.asked
    rubrics = course.kit / "rubrics"
    edit(rubrics / "3-forward.yaml", lambda text: text.replace("hint: ", "hint: Once more. ", 1))
    edit(rubrics / "3-forward.yaml", lambda text: text.replace("points: 8", "points: 7", 1).replace("points: 5", "points: 6", 1))
    edit(rubrics / "1-node-creation.yaml", lambda text: text.replace("sin(x) at x=-1.570796326795", "sin(x) at x=-1.5707"))
    edit(
        course.misconceptions / "forward-keeps-one-contribution.yaml", lambda text: text.replace("hint: >-\n", "hint: >-\n  Count them.\n")
    )
    out = course.grade(IN_FORWARD, out="edited")
    assert course.asked == before
    says = {c["diagnosis"]["says"] for c in report(out, IN_FORWARD)["steps"][2]["criteria"] if c["diagnosis"]}
    assert any("Count them." in words for words in says)


def test_a_new_case_is_asked_of_the_step_and_a_new_misconception_alone(course: Course) -> None:
    course.grade(IN_FORWARD)
    before = course.asked
    course.add(ALSO)
    course.grade(IN_FORWARD, out="one more")
    assert {name for name, when in course.asked.items() if before.get(name) != when} == programs(ALSO)
    before = course.asked
    line = "      quadratic: x*x + 2*x + 1 at x=1.7\n"
    edit(course.kit / "rubrics" / "3-forward.yaml", lambda text: text.replace(line, f"{line}      another: x*x + 3*x + 2 at x=1.7\n"))
    course.grade(IN_FORWARD, out="new case")
    assert {name for name, when in course.asked.items() if before.get(name) != when} == programs(*BELIEFS["forward"], ALSO)


def test_without_a_writable_cache_the_answers_are_kept_in_out(course: Course) -> None:
    nowhere = Path(os.devnull) / "cache"
    out = course.folder / "out"
    for _ in range(2):
        course.run("grade", course.work(IN_FORWARD), "--out", out, "--quiet", cache=nowhere)
        before = asked(out / ".misconceptions")
    assert before.keys() == programs(*BELIEFS["forward"])
    course.run("grade", course.work(IN_FORWARD), "--out", out, "--quiet", cache=nowhere)
    assert asked(out / ".misconceptions") == before
    assert diagnoses(out, IN_FORWARD, "forward") == {"forward-keeps-one-contribution"}


def test_answers_survive_a_kill(course: Course) -> None:
    for file in (ROOT / "reference" / "misconceptions").glob("forward-*.yaml"):
        course.add(file.stem)
    process = course.start("grade", course.work(IN_FORWARD), "--out", course.folder / "killed", "--quiet")
    deadline = time.monotonic() + 120
    while not course.asked and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = course.asked
    everything = programs(*(file.stem for file in course.misconceptions.glob("forward-*.yaml")))
    assert before
    assert before.keys() < everything
    course.grade(IN_FORWARD)
    assert course.asked.keys() == everything
    assert {name: course.asked[name] for name in before} == before


def test_a_damaged_file_is_asked_again(course: Course) -> None:
    out = course.grade(IN_FORWARD)
    damage = [b"", b'{"entries"', b"[1]", b'{"0": {"own": 1}}', json.dumps({"x": "y"}).encode()]
    for path, content in zip(sorted((course.cache / STORE).glob("*.json")), damage, strict=False):
        path.write_bytes(content)
    again = course.grade(IN_FORWARD, out="again")
    assert same_but_for_times(report(out, IN_FORWARD)) == same_but_for_times(report(again, IN_FORWARD))


def test_compare_refuses_a_foreign_trace_before_it_asks_anything(course: Course) -> None:
    out = course.folder / "out"
    course.run("grade", course.work(IN_FORWARD), "--out", out, "--quiet", "--no-diagnosis")
    refused = course.run("compare", out, "--out", course.folder / "regraded", "--seed", "another", status=2)
    assert "it answers other questions" in refused.stderr
    assert course.asked == {}
    course.run("compare", out, "--out", course.folder / "regraded", "--quiet")
    assert course.asked.keys() == programs(*BELIEFS["forward"])


def test_reports_do_not_depend_on_how_many_processes_ask(course: Course) -> None:
    names = (IN_FORWARD, IN_NODES, IN_ORDER, "forward-root-left-out")
    works = [course.work(name) for name in names]
    course.run("grade", *works, "--out", course.folder / "three", "--quiet", "--jobs", 3)
    shutil.rmtree(course.cache / STORE)
    course.run("grade", *works[::-1], "--out", course.folder / "one", "--quiet", "--jobs", 1)
    assert course.asked.keys() == programs(*(belief for beliefs in BELIEFS.values() for belief in beliefs))
    for name in names:
        assert same_but_for_times(report(course.folder / "one", name)) == same_but_for_times(report(course.folder / "three", name))


def test_a_misconception_that_is_not_python_is_refused_with_its_line_before_the_run(course: Course) -> None:
    file = course.misconceptions / "forward-keeps-one-contribution.yaml"
    edit(file, lambda text: text.replace("def forward", "def def forward", 1))
    refused = course.run("grade", course.work(RIGHT), "--out", course.folder / "out", status=2)
    assert re.search(rf"{re.escape(str(file))}:\d+:\d+: this is not Python: invalid syntax", refused.stderr)
    assert not (course.folder / "out" / RIGHT).exists()


def test_a_terminal_shows_how_many_misconceptions_are_asked_and_how_long_that_takes(course: Course) -> None:
    for belief in ("forward-rounds", "forward-adds-along-a-path", ALSO):  # more than are compared at once
        course.add(belief)
    controller, terminal = pty.openpty()
    process = course.start("grade", course.work(IN_FORWARD), "--out", course.folder / "out", stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(controller, shown))
    reader.start()
    assert process.wait() == 0
    reader.join()
    total = len(programs(*(file.stem for file in course.misconceptions.glob("forward-*.yaml"))))
    assert re.search(rf"known misconceptions 0/{total}\b", b"".join(shown).decode())
    assert re.search(rf"known misconceptions 4/{total}, about \d+ s", b"".join(shown).decode())


def _read_all(descriptor: int, into: list[bytes]) -> None:
    try:
        while chunk := os.read(descriptor, 4096):
            into.append(chunk)
    except OSError:  # the other side of the terminal is closed
        pass
    os.close(descriptor)
