"""Reports are the same if an executor or a Dask cluster collects the answers, even if a worker dies."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SUBMISSIONS, Run, report, same_but_for_times
from processes import field, processes

from grader.cohort.dask_cluster import dask_crew
from grader.cohort.dispatch import Crew
from grader.cohort.runner import Job
from grader.kit import Kit
from grader.plan.planner import make_plan

RIGHT = ("push-forward", "pull-with-memo", "edges", "short-repr", "math-aliases", "order-as-tuple")
WRONG = ("assigned-for-accumulated", "kahn-by-number-of-operands")
HOSTILE = ("aborts", "forges-a-reply-and-exits", "signals-its-neighbours")
needs_dask = pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="Dask is not installed")


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right, wrong and hostile ones, and one that holds nothing."""
    folder = tmp_path_factory.mktemp("works")
    for kind, names in (("right", RIGHT), ("wrong", WRONG), ("hostile", HOSTILE)):
        for name in names:
            shutil.copy(SUBMISSIONS / kind / f"{name}.py", folder)
    (folder / "empty").mkdir()
    return folder


def results(out: Path) -> dict[str, Any]:
    return {path.parent.name: same_but_for_times(report(out, path.parent.name)) for path in out.glob("*/report.json")}


@pytest.fixture(scope="module")
def local(run: Run, works: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The reports that a run on this machine alone writes."""
    out = tmp_path_factory.mktemp("local")
    run("cohort", works, "--out", out, "--sandbox", "core")
    return results(out)


# ---- any executor ----


class Losing(Executor):
    """Hands on to a pool, but for errands that `loses` says are lost."""

    def __init__(self, pool: Executor, loses: Callable[[tuple[str, ...]], bool]) -> None:
        self.pool, self.loses = pool, loses

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.loses(tuple(name for name, _, _ in args[0].works)):
            future: Future[Any] = Future()
            future.set_exception(ConnectionError("the worker is gone"))
            return future
        return self.pool.submit(fn, *args, **kwargs)


def grade(executor: Executor, works: Path, out: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows, and for whom progress was told."""
    plan = make_plan(Kit.find(ROOT))
    job = Job(plan, out, frozenset(step.id for step in plan.rubric.steps))
    told: list[str] = []
    return Crew(executor, 2, "core").grade(job, sorted(works.iterdir()), 1, told.append), told


@pytest.mark.slow
@pytest.mark.parametrize("pool", [ThreadPoolExecutor, pytest.param(ProcessPoolExecutor, marks=pytest.mark.slow)])
def test_any_executor_can_collect(pool: Any, works: Path, local: dict[str, Any], tmp_path: Path) -> None:
    settings = {"mp_context": get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(2, **settings) as executor:
        rows, told = grade(executor, works, tmp_path)
    assert [row["submission"] for row in rows] == sorted(local)
    assert sorted(told) == sorted(local)
    assert results(tmp_path) == local


@pytest.mark.slow
def test_what_is_lost_is_handed_out_again(works: Path, local: dict[str, Any], tmp_path: Path) -> None:
    seen: set[tuple[str, ...]] = set()

    def at_first(names: tuple[str, ...]) -> bool:
        new = names not in seen
        seen.add(names)
        return new

    with ThreadPoolExecutor(2) as pool:
        grade(Losing(pool, at_first), works, tmp_path)
    assert results(tmp_path) == local


@pytest.mark.slow
def test_one_that_is_always_lost_is_not_graded_and_costs_no_other_anything(
    run: Run, works: Path, local: dict[str, Any], tmp_path: Path
) -> None:
    lost = "edges"
    with ThreadPoolExecutor(2) as pool:
        grade(Losing(pool, lambda names: lost in names), works, tmp_path)
    found = results(tmp_path)
    one = found.pop(lost)
    assert one["status"] == "not graded"
    assert one["score"] is None
    assert "the worker is gone" in " ".join(one["notes"])
    assert found == {name: made for name, made in local.items() if name != lost}
    run("compare", tmp_path, "--out", tmp_path / "again", "--quiet", status=2)  # nor is it a zero when points have changed
    again = report(tmp_path / "again", lost)
    assert (again["status"], again["score"]) == ("not graded", None)
    assert "the worker is gone" in " ".join(again["notes"])
    with ThreadPoolExecutor(2) as pool:
        grade(pool, works, tmp_path)
    assert results(tmp_path) == local


# ---- Dask ----


class Cluster:
    """A scheduler and workers, each a process of its own with one thread and no nanny that would start it again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file))
        until(lambda: file.exists() and file.read_text().endswith("\n}"))  # it is not written in one go
        self.address = str(json.loads(file.read_text())["address"])

    def _start(self, *arguments: str, path: str = str(ROOT)) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path, "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "false"},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def work(self, path: str = str(ROOT)) -> subprocess.Popen[bytes]:
        """Return a worker that has reached the scheduler."""
        log = self.folder / f"{len(self.processes)}.log"
        process = self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", path=path)
        until(lambda: b"Registered to" in log.read_bytes())
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def until(what: Callable[[], object], seconds: float = 120) -> None:
    """Return when something has come about; it is not timed, but not waited for without end."""
    last = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < last
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.stop()


@needs_dask
@pytest.mark.slow
def test_workers_of_a_cluster_collect(run: Run, cluster: Cluster, works: Path, local: dict[str, Any], tmp_path: Path) -> None:
    cluster.work()
    cluster.work()
    out = tmp_path / "out"
    ended = run("cohort", works, "--out", out, "--dask", cluster.address, "--sandbox", "core")
    assert results(out) == local
    assert ended.stderr.count("sandbox core") == 2
    traces = {path.name: path.stat().st_mtime_ns for path in (out / ".traces").iterdir()}
    run("cohort", works, "--out", out, "--dask", cluster.address, "--sandbox", "core")
    again = {path.name: path.stat().st_mtime_ns for path in (out / ".traces").iterdir()}
    assert {name for name in again if again[name] != traces[name]} <= {"empty.json"}
    assert results(out) == local


@needs_dask
@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_costs_nobody_anything(
    run: Run, cluster: Cluster, works: Path, local: dict[str, Any], tmp_path: Path
) -> None:
    cluster.work()
    victim = cluster.work()
    out = tmp_path / "out"

    def kill() -> None:
        """End the worker when the first trace is there, while others are on their way."""
        until(lambda: list(out.glob(".traces/*.json")))
        victim.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    run("cohort", works, "--out", out, "--dask", cluster.address, "--sandbox", "core")
    killer.join()
    assert victim.wait() == -signal.SIGKILL
    assert results(out) == local


def another_version(folder: Path) -> Path:
    """Return a folder that holds a kit which collects otherwise."""
    other = folder / "other"
    shutil.copytree(ROOT / "grader", other / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "grader" / "collect" / "collector.py").open("a") as file:
        file.write("# another version\n")
    return other


@needs_dask
@pytest.mark.slow
def test_an_unfit_worker_that_comes_later_ends_the_run_and_what_was_collected_stays(run: Run, cluster: Cluster, tmp_path: Path) -> None:
    cluster.work()
    works, out = tmp_path / "works", tmp_path / "out"
    works.mkdir()
    for i in range(24):  # each is waited for at least twice two seconds of CPU
        (works / f"s{i:02}.py").write_text(f"# {i}\nwhile True: pass\n")

    def join() -> None:
        until(lambda: list(out.glob(".traces/*.json")))
        cluster.work(str(another_version(tmp_path)))

    joiner = threading.Thread(target=join)
    joiner.start()
    ended = run("cohort", works, "--out", out, "--dask", cluster.address, "--sandbox", "core", status=2)
    joiner.join()
    assert "a worker that came later" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list((out / ".traces").glob("s*.json"))
    assert not list(out.glob("*/report.json"))


@needs_dask
@pytest.mark.slow
def test_an_interrupted_run_leaves_the_cluster_free_and_the_next_run_continues_it(
    run: Run, cluster: Cluster, works: Path, local: dict[str, Any], tmp_path: Path
) -> None:
    worker, out = cluster.work(), tmp_path / "out"
    options = ("--out", out, "--dask", cluster.address, "--sandbox", "core")
    command = [sys.executable, "-m", "grader", "cohort", works, *options, "--no-diagnosis"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        before = len(list(out.glob(".traces/*.json")))
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
        until(lambda process=process, before=before: process.poll() is not None or len(list(out.glob(".traces/*.json"))) > before)
        sent = time.monotonic()
        os.killpg(process.pid, number)
        said = process.communicate()[1]
        assert time.monotonic() - sent < 10
        assert (process.returncode, "Traceback" in said) == (status, False)
        assert f" of {len(local)} asked, and their answers kept; run the same command to continue" in said.splitlines()[-1]
    until(lambda: not [pid for pid in processes() if field(pid, "PPid") == worker.pid])  # the sandbox ends with its errand
    run("cohort", works, *options)
    assert results(out) == local


@pytest.mark.slow
@needs_dask
def test_what_a_cluster_was_asked_before_is_done_once_more(cluster: Cluster, tmp_path: Path) -> None:
    cluster.work()
    with dask_crew(cluster.address, "core", lambda _: None) as crew:
        first = crew.executor.submit(os.mkdir, str(tmp_path / "made"))
        assert first.result() is None
        with pytest.raises(FileExistsError):  # Dask would give the first answer, or the first failure, a second time
            crew.executor.submit(os.mkdir, str(tmp_path / "made")).result()


@needs_dask
@pytest.mark.slow
def test_a_cluster_that_can_t_grade_is_refused_in_a_sentence(run: Run, cluster: Cluster, works: Path, tmp_path: Path) -> None:
    def said(address: str) -> str:
        ended = run("cohort", works, "--out", tmp_path / "out", "--dask", address, "--sandbox", "core", status=2)
        assert "Traceback" not in ended.stderr
        return ended.stderr

    assert "an address is like tcp://" in said("nonsense")
    assert "no workers" in said(cluster.address)
    other = another_version(tmp_path)
    missing = tmp_path / "missing" / "grader"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'grader'\", name='grader')")
    for folder, why in ((other, "another version of the kit"), (missing.parent, "the kit is not installed there")):
        worker = cluster.work(str(folder))
        assert why in said(cluster.address)
        worker.kill()
        worker.wait()
    assert "no Dask scheduler answers" in said("tcp://127.0.0.1:1")
