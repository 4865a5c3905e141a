"""Grade many submissions, in several processes side by side: each takes the next submission when it is free.

A submission's report depends on nothing but the submission: not on its neighbours, their number or their order.
"""

import contextlib
import gc
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from grader import interrupts
from grader.collect.collector import Questionnaire, collect, kept, refuse
from grader.collect.reply_cache import Replies
from grader.collect.trace_file import Numbers, TraceError, read_trace, write_trace
from grader.compare import BATCH, Comparer, prepare
from grader.diagnosis.known_failures import KnownFailures
from grader.diagnosis.matching import diagnose
from grader.formats import Trace
from grader.intake import Handed, Submission, read_submission, submission_id
from grader.model import CriterionResult, KitFault
from grader.plan.plan import Plan
from grader.plan.variant_choice import EVERYBODY, Pick
from grader.processes import Progress, in_processes
from grader.report.excerpts import with_kept_source, with_source
from grader.report.scoring import build_report
from grader.report_format import Diagnosis, Report, Row
from grader.results.folder import TRACES, read_report, report_path, summary, trace_path, write_report
from grader.sandbox import Sandbox

MANY = 100
"""Traces that one process compares; if there are more, several processes do."""
TOGETHER = 30
"""Submissions whose traces are held until one session of pytest compares them, at most, and fewer where traces are large.
A session takes 50 ms to begin."""
MAX_HELD_CHARACTERS = 2_500_000
"""Characters of traces after which they are compared and let go; in memory they take about ten times as much. Equal replies count once."""
FEW = 10
"""Submissions of others for which a process that is done asks misconceptions."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """What grading needs besides the submissions."""

    plan: Plan
    out: Path
    steps: frozenset[str]
    sandbox: str = "core"
    practice: bool = False
    known: KnownFailures | None = None
    pick: Pick = EVERYBODY
    again: bool = False
    """Collect also what was collected before."""
    lost: Mapping[str, str] | None = None
    """If others have collected, why they could not, by submission: nothing is collected here."""
    pages: bool = False
    """Write report.html beside each report.json."""
    code: bool = False
    """Show the student's own function beside the first drawing of each step."""
    threads: int = 1
    """In how many threads each process asks known misconceptions."""

    def question_ids_for(self, submission: str) -> Numbers:
        """Return the numbers of the questions for one submission."""
        return self.plan.question_ids_for_steps(self.steps, [self.pick], submission)

    def read(self, trace: Path, replies: Replies | None = None) -> Trace:
        """Return a trace; `replies` caches parsed replies. Raises TraceError if it was not asked what this job asks."""
        return read_trace(trace, self.plan.questions, self.question_ids_for(trace.stem), replies)

    def kept(self, submission: Submission, needed: Numbers, replies: Replies) -> Trace | None:
        """Return what an earlier run into the same folder collected, if submission, questions, kit and walls are the same."""
        if self.again or submission.is_empty:
            return None
        path = trace_path(self.out, submission.id)
        return kept(path, self.plan.questions, needed, submission.source, self.sandbox, replies)


def grade(job: Job, paths: Sequence[Handed], jobs: int, progress: Progress, warm: Sandbox | None = None) -> list[Row]:
    """Return the summaries of all paths' reports, in their order; `progress` is called with each id when it is collected.

    `warm` is a sandbox that was started beforehand; it serves if this process collects.
    """
    if jobs == 1 or len(paths) == 1:
        return grade_in_turn(job, paths, progress, warm)
    job = replace(job, threads=max(2, jobs // max(1, len(paths))))  # two, since other processes may be done and leave a core
    work = partial(_grade_and_help if job.known else grade_in_turn, job)
    by_id = {row["submission"]: row for rows in in_processes(work, paths, jobs, progress) for row in rows}
    return [by_id[submission_id(path)] for path in paths]


def _grade_and_help(job: Job, paths: Iterable[Handed], progress: Progress) -> list[Row]:
    """Grade submissions, and then ask the misconceptions that the others' submissions will need while they still collect."""
    rows = grade_in_turn(job, paths, progress)
    traces: dict[str, Trace] = {}
    for path in sorted((job.out / TRACES).glob("*.json")):
        if len(traces) < FEW and not report_path(job.out, path.stem).exists():
            with contextlib.suppress(OSError, TraceError):
                traces[path.stem] = job.read(path)
    if traces:
        for result in Comparer(job.plan, job.pick).compare(traces).values():
            _diagnosed(job, result, progress)
    return rows


def grade_in_turn(job: Job, paths: Iterable[Handed], progress: Progress, warm: Sandbox | None = None) -> list[Row]:
    """Return the summaries of submissions graded one after the other; their traces and reports are on disk by then."""
    threading.Thread(target=prepare).start()  # pytest is imported while the first submission answers
    asked = Questionnaire(job.plan.questions, job.plan.question_ids_for_steps(job.steps, job.plan.picks(job.pick)))
    comparer = Comparer(job.plan, job.pick)
    rows = []
    with contextlib.nullcontext(warm) if warm or job.lost is not None else Sandbox(job.sandbox) as sandbox:
        if sandbox:
            sandbox.wait_until_ready()
        traces: dict[str, Trace] = {}
        sources: dict[str, bytes] = {}
        held = 0
        for path in paths:
            submission = read_submission(path)
            traces[submission.id], size = _trace_of(job, sandbox, asked, submission, progress)
            sources[submission.id] = submission.source
            held += size + len(submission.source)
            if held > MAX_HELD_CHARACTERS or len(traces) == TOGETHER:
                rows += reports_of(job, comparer, traces, progress, sources)
                sources.clear()
                held = _let_go(traces)
        return rows + (reports_of(job, comparer, traces, progress, sources) if traces else [])


def _trace_of(job: Job, sandbox: Sandbox | None, asked: Questionnaire, submission: Submission, progress: Progress) -> tuple[Trace, int]:
    """Return a submission's trace, and how many characters of replies it holds that were not known.

    The trace is on disk and counted by then. It is cached or new. If the kit failed on this submission, the trace says so.
    """
    fresh = asked.replies.fresh
    lost, needed = (job.lost or {}).get(submission.id, ""), job.question_ids_for(submission.id)
    kept = None if lost else job.kept(submission, needed, asked.replies)
    if kept is not None:
        if kept["notes"] != list(submission.notes):  # the same program, in another file or beside others, or collected by a worker
            kept["notes"] = list(submission.notes)
            write_trace(trace_path(job.out, submission.id), kept)
        progress(submission.id)
        return kept, asked.replies.fresh - fresh
    trace = collect_safely(sandbox, asked, submission, needed, lost)
    with interrupts.held():  # what is kept is counted too
        write_trace(trace_path(job.out, submission.id), trace)
        progress(submission.id)
    return trace, asked.replies.fresh - fresh


def _let_go(traces: dict[str, Trace]) -> int:
    """Give back the memory of traces that were compared, and of the pytest session that compared them; return 0."""
    traces.clear()
    gc.collect()
    gc.freeze()  # what is left, the plan with its graphs above all, stays: no later look need walk through it
    return 0


def batches(works: list[T]) -> list[list[T]]:
    """Return works, or their paths, in lists of at most BATCH that are compared together."""
    return [works[i : i + BATCH] for i in range(0, len(works), BATCH)]


def collect_one(sandbox: Sandbox | None, asked: Questionnaire, submission: Submission, only: Numbers | None = None) -> Trace:
    """Return the trace of a submission, or the trace of one that holds nothing to load, for which no sandbox is needed."""
    if submission.unusable:
        return refuse(asked, submission.source, submission.unusable, only, "unusable")
    if submission.problem:
        return refuse(asked, submission.source, submission.problem, only)
    assert sandbox is not None
    return collect(sandbox, asked, submission.source, only) | {"notes": list(submission.notes)}


def collect_safely(
    sandbox: Sandbox | None, asked: Questionnaire, submission: Submission, only: Numbers | None = None, lost: str = ""
) -> Trace:
    """Return the trace from `collect_one` or, if the kit fails on this submission, a trace that records the fault.

    Without a sandbox others should have collected; `lost` may say why they could not.
    """
    try:
        if sandbox is None and not submission.is_empty:
            raise KitFault(f"it came back from no worker: {lost or 'its trace is not what was asked for'}")
        return collect_one(sandbox, asked, submission, only)
    except (OSError, KitFault) as error:
        why = str(error)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
    return refuse(asked, submission.source, f"collecting failed: {why}", only, "fault")


def ask_cases(plan: Plan, keys: Iterable[str], path: Path, sandbox: str) -> Trace:
    """Return the trace of one submission that is asked these cases and no others."""
    with Sandbox(sandbox) as walls:
        return collect_one(walls, Questionnaire(plan.questions, plan.question_ids_for_cases(keys)), read_submission(path))


def reports_of(
    job: Job, comparer: Comparer, traces: dict[str, Trace], progress: Progress, sources: Mapping[str, bytes] | None = None
) -> list[Row]:
    """Compare collected traces in one pytest session, write their reports and return the summaries.

    `sources` are the graded files, where they are at hand: reports show lines of them.
    """
    results = comparer.compare(traces)
    rows = []
    for name, trace in traces.items():
        expected = job.plan.expected
        result, diagnoses = _diagnosed(job, results[name], progress)
        report = build_report(
            name, job.plan.rubric, result, trace, diagnoses=diagnoses,
            steps=job.steps, practice=job.practice,
            reference_sha256=expected["reference_sha256"], seed=expected["seed"], cases=job.pick.label,
        )  # fmt: skip
        report = _with_source(job, report, result, trace, (sources or {}).get(name))
        rows.append(summary(job.out, write_report(job.out, report, job.plan.rubric.sentences, page=job.pages)))
    return rows


def _with_source(job: Job, report: Report, results: list[CriterionResult] | KitFault, trace: Trace, source: bytes | None) -> Report:
    """Return the report with lines of the graded file; where that is not at hand, those that OUT's report on the same file has."""
    if isinstance(results, KitFault) or not report["steps"]:
        return report
    if source is not None:
        return with_source(report, results, source, trace["loading"]["lines"], functions=job.code)
    try:
        return with_kept_source(report, read_report(job.out, report["submission"]))
    except (KitFault, OSError):  # there is none, or a damaged one that this report replaces
        return report


def _diagnosed(
    job: Job, result: list[CriterionResult] | KitFault, progress: Progress
) -> tuple[list[CriterionResult] | KitFault, dict[tuple[str, str], Diagnosis]]:
    """Return a submission's results with the diagnoses of its failures, or the fault of the kit for which there are none."""
    if job.known is None or isinstance(result, KitFault):
        return result, {}
    try:
        return result, diagnose(partial(job.known.of_step, threads=job.threads, report=progress), job.plan.rubric, result)
    except KitFault as fault:
        return fault, {}


def check_traces(job: Job, paths: list[Path]) -> None:
    """Raise TraceError at a trace that cannot be compared. Call it before a run begins, which changes OUT."""
    replies = Replies()
    for path in paths:
        job.read(path, replies)


def compare_traces(job: Job, paths: list[Path], jobs: int, progress: Progress = lambda _: None) -> list[Row]:
    """Return the summaries of the reports on traces, which are written, in the order of the traces' paths."""
    if len(paths) <= MANY:
        return _compare_in_turn(job, batches(paths), progress)
    job = replace(job, threads=1)
    found = in_processes(partial(_compare_in_turn, job), batches(paths), jobs, progress)
    by_id = {row["submission"]: row for rows in found for row in rows}
    return [by_id[path.stem] for path in paths]


def _compare_in_turn(job: Job, batches: Iterable[list[Path]], progress: Progress) -> list[Row]:
    comparer, replies = Comparer(job.plan, job.pick), Replies()
    rows = []
    for batch in batches:
        traces = {path.stem: job.read(path, replies) for path in batch}
        rows += reports_of(job, comparer, traces, progress)
        for name in traces:
            progress(name)
        _let_go(traces)
    return rows


def default_jobs() -> int:
    """Return how many processes this machine can run side by side."""
    return len(os.sched_getaffinity(0))


def duplicates(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    seen: set[str] = set()
    return sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
