"""What all tests share: the command line as a function, submissions graded together, the jury, and a copy of the kit."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from preloaded import Preloaded

pytest.register_assert_rewrite("expected_course", "results_folder")  # so that their asserts show what differs

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what runs in the background; commands would ignore it, too
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
SUBMISSIONS = ROOT / "tests" / "submissions"
LONGEST = (
    "test_hostile", "test_jury", "test_state_machine", "test_killed", "test_workflows", "test_setup", "test_asking",
    "test_study_statistics", "test_study_readme", "test_course_page", "test_jury_as_notebooks", "test_course",
)  # fmt: skip
"""Files whose tests take longest."""
Run = Callable[..., subprocess.CompletedProcess[str]]
Reports = dict[str, dict[str, Any]]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers of `pytest -n auto`: three for two cores, because many tests wait."""
    return cores() * 3 // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what hands out the tests of `pytest -n auto`; with another `--dist`, pytest-xdist's own."""
    if config.getvalue("dist") != "load":
        return None
    from scheduling import Scheduling

    config.option.loadscopereorder = False  # by the number of tests, which says nothing of their time
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first: what is left for the end keeps one core busy and the others idle."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONGEST)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of this test run, which all its workers share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a lock that one worker at a time can hold."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run(shared_folder: Path) -> Iterator[Run]:
    """Run the command line in a process of its own (see `preloaded`), with a cache for this test run alone (that of all its workers).

    Without diagnosis, unless it is asked for: finding out what the misconceptions answer takes its time. Without further processes,
    unless `--jobs` asks for them: the tests' own workers keep the cores busy.
    """
    inherited = {**os.environ, "XDG_CACHE_HOME": str(shared_folder / "cache"), "PYTHONPATH": str(ROOT)}

    def run(
        *arguments: object,
        status: int | None = 0,
        cwd: Path = ROOT,
        timeout: float | None = None,
        preloaded: bool = True,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        if arguments[0] in ("grade", "cohort", "compare", "regrade"):
            arguments += () if "--diagnosis" in arguments else ("--no-diagnosis",)
            arguments += () if {"--jobs", "--dask"} & set(arguments) else ("--jobs", 1)
        words, environment = [*map(str, arguments)], {**inherited, **environment}
        if preloaded and environment["PYTHONPATH"] == str(ROOT):
            ended = commands.run(words, cwd, environment, timeout)
        else:  # another grader is asked for, or a process that can be known by its command line
            command = [sys.executable, "-m", "grader", *words]
            ended = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False, timeout=timeout)
        assert status is None or ended.returncode == status, ended.stderr or ended.stdout
        return ended

    with locked(shared_folder / "plan.lock"):  # the first worker makes the plan, the others find it in the cache
        commands = Preloaded(inherited)
    with commands:
        yield run


@pytest.fixture
def graded(run: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Grade the text of one submission and return its report."""

    def graded(source: str | bytes, *options: object, name: str = "student") -> dict[str, Any]:
        file = tmp_path / "in" / name / "autodiff.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source.encode() if isinstance(source, str) else source)
        run("grade", file, "--out", tmp_path / "out", "--quiet", *options)
        return report(tmp_path / "out", name)

    return graded


@pytest.fixture(scope="session")
def graded_together(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Reports]:
    """Grade the texts of several submissions in one run, and return their reports by name."""

    def graded_together(sources: Mapping[str, str | bytes], *options: object) -> Reports:
        folder = tmp_path_factory.mktemp("together")
        for number, source in enumerate(sources.values()):
            file = folder / "in" / f"work-{number}" / "autodiff.py"
            file.parent.mkdir(parents=True)
            file.write_bytes(source.encode() if isinstance(source, str) else source)
        run("cohort", folder / "in", "--out", folder / "out", "--quiet", *options)
        return {name: report(folder / "out", f"work-{number}") for number, name in enumerate(sources)}

    return graded_together


@pytest.fixture(scope="session")
def jury(run: Run, shared_folder: Path) -> Callable[[Iterable[Path]], Path]:
    """Grade members of the jury or of the sample cohort, each once in a test run; return the folder of the results.

    It holds an OUT with traces for each kind, `right`, `wrong` and `cohort`. Whichever worker asks first grades; the others wait.
    """
    out = shared_folder / "jury"

    def jury(members: Iterable[Path]) -> Path:
        with locked(shared_folder / "jury.lock"):
            new = [path for path in members if not (out / path.parent.name / path.stem / "report.json").exists()]
            for kind in sorted({path.parent.name for path in new}):
                paths = [path for path in new if path.parent.name == kind]
                run("grade", *paths, "--out", out / kind, "--quiet", "--jobs", cores())
        return out

    return jury


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of the reference and the rubrics, for tests that change them; without the misconceptions, which take their time."""
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, tmp_path / "kit" / part, ignore=shutil.ignore_patterns("misconceptions"))
    return tmp_path / "kit"


def slow_but(quick: Container[str], values: Iterable[str | Path]) -> list[Any]:
    """Return values as parameters of a test, each under its name; those that are not quick are marked slow."""
    names = {value: value.stem if isinstance(value, Path) else value for value in values}
    return [pytest.param(value, id=name, marks=[] if name in quick else pytest.mark.slow) for value, name in names.items()]


def slow_after(count: int, values: Iterable[str]) -> list[Any]:
    """Return values as parameters of a test, each under its name; those after the first `count` are marked slow."""
    values = list(values)
    return slow_but(values[:count], values)


def selected(request: pytest.FixtureRequest, parameter: str) -> set[Any]:
    """Return the values of a parameter with which the selected tests of the requesting module are called."""
    calls = (item.callspec.params for item in request.session.items if item.path == request.path and hasattr(item, "callspec"))
    return {parameters[parameter] for parameters in calls if parameter in parameters}


def report(out: Path, name: str) -> dict[str, Any]:
    """Return a report that was written to `out`."""
    return dict(json.loads((out / name / "report.json").read_text("utf-8")))


def scores(report: dict[str, Any]) -> dict[str, float]:
    """Return the points of each core step."""
    return {step["id"]: step["score"] for step in report["steps"] if step["max_score"]}


def outcomes(report: dict[str, Any], step: str) -> dict[str, str]:
    """Return the outcome of each criterion of a step."""
    return {c["id"]: c["outcome"] for s in report["steps"] if s["id"] == step for c in s["criteria"]}


def same_but_for_times(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without what differs between two runs on one submission."""
    provenance = {k: v for k, v in report["provenance"].items() if k not in ("graded_at", "seconds")}
    return {**report, "provenance": provenance}


REFERENCE = (ROOT / "reference" / "autodiff.py").read_text("utf-8")
FULL = {"node-creation": 35, "topological-order": 30, "forward": 35}
