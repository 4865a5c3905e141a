"""Grade many submissions: collect and compare them in chunks, several of them side by side in a process each.

A submission's report depends on nothing but the submission: not on its neighbours, their number or their order.
"""

import contextlib
import gc
import math
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Any, TypeVar

from grader.collect import Questionnaire, collect, refuse, submission_sha256
from grader.compare import BATCH, Comparer, prepare
from grader.diagnose import Known, diagnose
from grader.intake import Handed, Submission, read_submission
from grader.model import KitFault
from grader.pick import EVERYBODY, Pick
from grader.plan import Plan
from grader.remembered import Replies
from grader.results import summary, trace_path, write_report
from grader.sandbox import Sandbox
from grader.score import build_report
from grader.traces import Numbers, TraceError, read_trace, write_trace

CHUNK = 100
"""At most so many submissions in one session of pytest, and, where several chunks run side by side, in one process."""
HELD = 2_500_000
"""Characters of traces after which they are compared and let go; in memory they take about ten times as much. Equal replies count once."""
Progress = Callable[[str], None]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Job:
    """What a chunk needs besides its submissions."""

    plan: Plan
    out: Path
    steps: frozenset[str]
    sandbox: str = "core"
    practice: bool = False
    known: tuple[Known, ...] = ()
    pick: Pick = EVERYBODY
    again: bool = False
    """Collect also what was collected before."""
    lost: Mapping[str, str] | None = None
    """If others have collected, why they could not, by submission: nothing is collected here."""

    def questions_for(self, submission: str) -> Numbers:
        """Return the numbers of the questions for one submission."""
        return self.plan.questions_of(self.steps, [self.pick], submission)

    def read(self, trace: Path, replies: Replies | None = None) -> dict[str, Any]:
        """Return a trace; `replies` remembers. Raises TraceError if it was not asked what this job asks."""
        return read_trace(trace, self.plan.questions, self.questions_for(trace.stem), replies)

    def kept(self, submission: Submission, replies: Replies) -> dict[str, Any] | None:
        """Return what an earlier run into the same folder collected, if submission, questions, kit and walls are the same."""
        if self.again or submission.problem:
            return None
        with contextlib.suppress(OSError, TraceError):
            trace = self.read(trace_path(self.out, submission.id), replies)
            same = trace["submission_sha256"] == submission_sha256(submission.source) and trace["sandbox"] == self.sandbox
            return trace if same and trace["loading"]["kind"] not in ("refused", "fault") else None
        return None


def grade(job: Job, paths: Sequence[Handed], jobs: int, progress: Progress, warm: Sandbox | None = None) -> list[dict[str, Any]]:
    """Return the summaries of all paths' reports, in their order; `progress` is called with each id when it is collected.

    `warm` is a sandbox that was started beforehand; it serves if this process collects.
    """
    size = max(1, min(CHUNK, math.ceil(len(paths) / jobs)))
    chunks = [paths[i : i + size] for i in range(0, len(paths), size)]
    if len(chunks) == 1 or jobs == 1:
        return [row for chunk in chunks for row in grade_chunk(job, chunk, progress, warm)]
    return [row for chunk in in_processes(partial(grade_chunk, job), chunks, jobs, progress) for row in chunk]


def grade_chunk(job: Job, paths: Sequence[Handed], progress: Progress, warm: Sandbox | None = None) -> list[dict[str, Any]]:
    """Return the summaries of one chunk; its traces and reports are on disk by then."""
    threading.Thread(target=prepare).start()  # pytest is imported while the first submission answers
    asked = Questionnaire(job.plan.questions, job.plan.questions_of(job.steps, job.plan.picks(job.pick)))
    comparer = Comparer(job.plan, job.pick)
    rows = []
    with contextlib.nullcontext(warm) if warm or job.lost is not None else Sandbox(job.sandbox) as sandbox:
        if sandbox:
            sandbox.wait_until_ready()
        traces: dict[str, dict[str, Any]] = {}
        held = 0
        for path in paths:
            submission = read_submission(path)
            traces[submission.id], size = _trace_of(job, sandbox, asked, submission)
            held += size
            progress(submission.id)
            if held > HELD or path is paths[-1]:
                rows += reports_of(job, comparer, traces)
                held = _let_go(traces)
    return rows


def _trace_of(job: Job, sandbox: Sandbox | None, asked: Questionnaire, submission: Submission) -> tuple[dict[str, Any], int]:
    """Return a submission's trace, which is on disk by then, and how many characters of replies it holds that were not known.

    It is kept or new; if the kit broke down over it, it tells that.
    """
    fresh = asked.replies.fresh
    lost = (job.lost or {}).get(submission.id, "")
    kept = None if lost else job.kept(submission, asked.replies)
    if kept is not None:
        return kept, asked.replies.fresh - fresh
    trace = collect_safely(sandbox, asked, submission, job.questions_for(submission.id), lost)
    write_trace(trace_path(job.out, submission.id), trace)
    return trace, asked.replies.fresh - fresh


def _let_go(traces: dict[str, dict[str, Any]]) -> int:
    """Give back the memory of traces that were compared, and of the pytest session that compared them; return 0."""
    traces.clear()
    gc.collect()
    gc.freeze()  # what is left, the plan with its graphs above all, stays: no later look need walk through it
    return 0


def batches(works: list[T]) -> list[list[T]]:
    """Return works, or their paths, in parts that are compared together, the last of them smaller."""
    return [works[i : i + BATCH] for i in range(0, len(works), BATCH)]


def collect_one(sandbox: Sandbox | None, asked: Questionnaire, submission: Submission, only: Numbers | None = None) -> dict[str, Any]:
    """Return the trace of a submission, or the trace of one that holds nothing to load, for which no sandbox is needed."""
    if submission.problem:
        return refuse(asked, submission.source, submission.problem, only)
    assert sandbox is not None
    return collect(sandbox, asked, submission.source, only)


def collect_safely(
    sandbox: Sandbox | None, asked: Questionnaire, submission: Submission, only: Numbers | None = None, lost: str = ""
) -> dict[str, Any]:
    """Return what `collect_one` does or, if the kit breaks down over this submission, a trace that tells it. The next is none the worse.

    Without a sandbox others should have collected; `lost` may say why they could not.
    """
    try:
        if sandbox is None and not submission.problem:
            raise KitFault(f"it came back from no worker: {lost or 'its trace is not what was asked for'}")
        return collect_one(sandbox, asked, submission, only)
    except (OSError, KitFault) as error:
        why = str(error)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    return refuse(asked, submission.source, f"collecting failed: {why}", only, "fault")


def ask_cases(plan: Plan, keys: Iterable[str], path: Path, sandbox: str) -> dict[str, Any]:
    """Return the trace of one submission that is asked these cases and no others."""
    with Sandbox(sandbox) as walls:
        return collect_one(walls, Questionnaire(plan.questions, plan.questions_about(keys)), read_submission(path))


def reports_of(job: Job, comparer: Comparer, traces: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Compare collected traces in one pytest session, write their reports and return the summaries."""
    results = comparer.compare(traces)
    rows = []
    for name, trace in traces.items():
        expected, result = job.plan.expected, results[name]
        diagnoses = {} if isinstance(result, KitFault) else diagnose(job.known, job.plan.rubric, result)
        report = build_report(
            name, job.plan.rubric, result, trace, diagnoses=diagnoses,
            steps=job.steps, practice=job.practice,
            reference_sha256=expected["reference_sha256"], seed=expected["seed"], cases=job.pick.label,
        )  # fmt: skip
        rows.append(summary(write_report(job.out, report, job.plan.rubric.sentences)))
    return rows


def compare_traces(job: Job, paths: list[Path], jobs: int) -> list[dict[str, Any]]:
    """Return the summaries of the reports on traces, which are written. Raises TraceError at one that is foreign."""
    replies = Replies()
    for path in paths:
        job.read(path, replies)  # nothing is written before all of them can be used
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    if len(chunks) == 1:
        return compare_chunk(job, paths)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, max_tasks_per_child=1) as pool:
        return [row for chunk in pool.map(compare_chunk, [job] * len(chunks), chunks) for row in chunk]


def compare_chunk(job: Job, paths: list[Path]) -> list[dict[str, Any]]:
    comparer, replies = Comparer(job.plan, job.pick), Replies()
    rows = []
    for batch in batches(paths):
        traces = {path.stem: job.read(path, replies) for path in batch}
        rows += reports_of(job, comparer, traces)
        _let_go(traces)
    return rows


# ---- processes ----------------------------------------------------------------

_progress: "SimpleQueue[str] | None" = None


def _start(queue: "SimpleQueue[str]") -> None:
    global _progress  # noqa: PLW0603  a worker process has one queue, handed over at its start
    _progress = queue


def _in_worker(work: Callable[[T, Progress], R], chunk: T) -> R:
    assert _progress is not None
    return work(chunk, _progress.put)


def in_processes(work: Callable[[T, Progress], R], chunks: list[T], jobs: int, progress: Progress) -> list[R]:
    """Return what `work` makes of each chunk, each in a process that ends with it; all of it must be fit to be pickled."""
    context = multiprocessing.get_context("spawn")
    queue: SimpleQueue[str] = context.SimpleQueue()
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(queue,), max_tasks_per_child=1) as pool:
        futures = [pool.submit(_in_worker, work, chunk) for chunk in chunks]
        pending: set[Future[R]] = set(futures)
        while pending:
            _, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
            while not queue.empty():
                progress(queue.get())
        try:
            return [future.result() for future in futures]
        except BrokenProcessPool:
            raise KitFault("a grading process died, perhaps of too little memory: try --jobs 1") from None


def default_jobs() -> int:
    """Return how many processes this machine can run side by side."""
    return len(os.sched_getaffinity(0))


def duplicates(names: Iterable[str]) -> list[str]:
    """Return the names that stand more than once."""
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
