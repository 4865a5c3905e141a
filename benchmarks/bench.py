"""Measure what grading costs, as ratios of things measured side by side in one run. Run by `tox run -e bench`.

    bare      a fresh interpreter per submission that imports it and asks every question in its own process: no isolation
    pytest    a fresh pytest per submission in which every question is one test: no isolation either
    grader    `grader cohort` over all submissions: sandboxed, compared, reported

All three ask the same questions of the same submissions, those that the grader asks of the reference, and compare the answers. Of a
wrong submission the grader asks more. They take turns for some rounds, and the median of the rounds' ratios counts: a busy machine slows
all of them. Then cohorts of several sizes, and one that the workers of a Dask cluster on this machine collect.
docs/benchmarks.md has the figures.
"""

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.collect.collector import Questionnaire, collect
from grader.kit import Kit
from grader.plan.planner import make_plan
from grader.plan.variant_choice import EVERYBODY
from grader.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
JURY = ROOT / "tests" / "submissions"
CORE = ("--sandbox", "core")  # bubblewrap does not hand on the CPU time of what it ran; benchmarks/walls.py measures it by the clock


def submissions(folder: Path, count: int) -> list[Path]:
    """Write `count` different submissions, nine in ten right, and return their paths. None of them waits for a time limit."""
    slow = {"quadratic-kahn", "order-by-creation-number"}  # their bonus questions run into the limit of one second
    right = [path for path in sorted((JURY / "right").glob("*.py")) if path.stem not in slow]
    wrong = [
        path for path in sorted((JURY / "wrong").glob("*.py")) if path.stem.startswith(("add-", "cos-", "div-", "exp-", "log-", "sin-"))
    ]
    paths = []
    for i in range(count):
        source = (wrong[i // 10 % len(wrong)] if i % 10 == 9 else right[i % len(right)]).read_bytes()
        path = folder / f"s{i:04}.py"
        path.write_bytes(source + f"\n# submission {i}\n".encode())
        paths.append(path)
    return paths


class Measured:
    """CPU and wall seconds, and the peak of the memory that the processes had together, of the body of a `with`."""

    def __enter__(self) -> "Measured":
        self._cpu, self._wall, self._stop, self.peak = cpu(), time.perf_counter(), threading.Event(), 0
        self._sampler = threading.Thread(target=self._sample)
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, cpu() - self._cpu
        self._stop.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, sum(map(memory, descendants(os.getpid()))))


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def descendants(pid: int) -> Iterator[int]:
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield child
        yield from descendants(child)


def memory(pid: int) -> int:
    """Return a process's share of memory in bytes: pages that several processes hold are divided among them."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


def run(*command: object) -> None:
    """Run Python, and end with its words if it could not do its work; 1 is pytest's status where tests fail."""
    ended = subprocess.run(
        [sys.executable, *map(str, command)], check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    if ended.returncode not in (0, 1) or "Traceback" in ended.stderr:
        sys.exit(f"{' '.join(map(str, command))}: status {ended.returncode}\n{ended.stderr[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="submissions for the comparison")
    parser.add_argument("--baseline", type=int, default=15, help="submissions of each round for the slower two")
    parser.add_argument("--rounds", type=int, default=3, help="turns that each of the three has")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000], help="cohort sizes for time and peak of memory")
    parser.add_argument("--dask", type=int, default=200, help="submissions for two Dask workers against two processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for line in compare(Path(folder), options.count, options.baseline, options.rounds):
            print(line, flush=True)
        for size in options.sizes:
            print(peak(Path(folder), size), flush=True)
        for line in cluster(Path(folder), options.dask) if options.dask else ():
            print(line, flush=True)


def compare(folder: Path, count: int, baseline: int, rounds: int) -> Iterator[str]:
    """Yield the lines of a table: medians over rounds in which each way has its turn."""
    (folder / "in").mkdir()
    paths = submissions(folder / "in", count)
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(json.dumps(asked_of_a_right_one()))
    run(HERE / "bare.py", "--record", ROOT / "reference" / "autodiff.py", questions, answers)
    found: dict[str, list[tuple[float, float]]] = {"bare": [], "pytest": [], "grader": []}
    for turn in range(rounds):
        some = [paths[(turn * baseline + i) % count] for i in range(baseline)]
        with Measured() as measured:
            for path in some:
                run(HERE / "bare.py", path, questions, answers)
        found["bare"].append((measured.cpu / baseline, measured.wall / baseline))
        with Measured() as measured:
            for path in some:
                os.environ.update(SUBMISSION=str(path), QUESTIONS=str(questions), ANSWERS=str(answers))
                run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, HERE / "bare_pytest.py")
        found["pytest"].append((measured.cpu / baseline, measured.wall / baseline))
        out = folder / f"out-{turn}"
        with Measured() as measured:
            run("-m", "grader", "cohort", folder / "in", "--out", out, "--quiet", "--no-diagnosis", *CORE)
        found["grader"].append((measured.cpu / count, measured.wall / count))
    yield f"{'':10}{'CPU ms':>10}{'wall ms':>10}{'CPU against bare, least to most':>40}"
    for name, times in found.items():
        cpu, wall = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
        ratios = sorted(its[0] / bare[0] for its, bare in zip(times, found["bare"], strict=True))
        yield f"{name:10}{cpu:10.0f}{wall:10.0f}{statistics.median(ratios):20.3f}{ratios[0]:12.3f}{ratios[-1]:8.3f}"
    rows = len((out / "grades.csv").read_text().splitlines()) - 1
    asked = len(json.loads(answers.read_text()))
    yield f"({rounds} rounds of {count} submissions by the grader, {baseline} by the others; {rows} graded; {asked} questions each)"


def asked_of_a_right_one() -> dict[str, Any]:
    """Return the questions that the grader asks of the reference where there is no course secret."""
    kit = Kit.find(ROOT)
    plan = make_plan(kit)
    numbers = plan.question_ids_for_criteria(plan.expected["criteria"], [EVERYBODY])
    with Sandbox("core") as walls:
        trace = collect(walls, Questionnaire(plan.questions, numbers), kit.reference)
    asked = {answer["question"] for answer in trace["answers"]}
    return plan.questions | {"questions": [question for question in plan.questions["questions"] if question["id"] in asked]}


def cluster(folder: Path, count: int) -> Iterator[str]:
    """Grade a cohort by two processes here, and by two Dask workers here."""
    if not importlib.util.find_spec("distributed"):
        yield "no Dask here: pip install -e '.[dask]', run in the kit's folder"
        return
    (folder / "dask").mkdir()
    submissions(folder / "dask", count)
    file, started = folder / "scheduler.json", []
    try:
        started.append(start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file))
        while not (file.exists() and file.read_text().endswith("\n}")):  # it is not written in one go
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        started += [start("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny") for _ in range(2)]
        wait = f"from distributed import Client; Client({address!r}).wait_for_workers(2)"
        subprocess.run([sys.executable, "-c", wait], check=True, timeout=60)
        walls = {}
        for name, options in (("two processes", ("--jobs", 2)), ("two Dask workers", ("--jobs", 2, "--dask", address))):
            with Measured() as measured:
                out = folder / name.replace(" ", "-")
                run("-m", "grader", "cohort", folder / "dask", "--out", out, "--quiet", "--no-diagnosis", *CORE, *options)
            walls[name] = measured.wall
            yield f"{count} submissions by {name}: {measured.wall:.1f} s"
        yield f"throughput of Dask against processes: {walls['two processes'] / walls['two Dask workers']:.2f}"
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def start(*arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def peak(folder: Path, size: int) -> str:
    work = folder / f"in{size}"
    work.mkdir()
    submissions(work, size)
    with Measured() as measured:
        run("-m", "grader", "cohort", work, "--out", folder / f"out{size}", "--quiet", "--no-diagnosis", *CORE)
    each = measured.cpu / size * 1000
    return f"{size:5} submissions: peak memory {measured.peak / 2**20:.0f} MiB, {measured.wall:.0f} s, {each:.0f} ms CPU each"


if __name__ == "__main__":
    main()
