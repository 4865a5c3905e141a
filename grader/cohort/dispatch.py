"""Hand out errands to an executor, keep the traces that come back, and hand out again what a worker took with it."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from functools import partial

from grader import interrupts
from grader.cohort.remote_worker import Errand, Unfit, run
from grader.cohort.runner import Job, grade
from grader.collect.reply_cache import Replies
from grader.collect.trace_file import keep_trace
from grader.diagnosis.known_failures import Asking
from grader.intake import Handed, Submission, read_submission
from grader.kit import collecting_sha256
from grader.model import KitFault
from grader.processes import Progress
from grader.report_format import Row
from grader.results.folder import trace_path

SIZE = 5
"""At most so many submissions in one errand: all workers are done at about the same time."""
TRIES = 3
KEPT = "what was collected is kept, and the same command goes on from there"
AHEAD = 2
"""Errands for each worker that are under way or wait there; the others' submissions have not been read yet."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Those who collect: an executor of `width` errands side by side, behind walls of one `tier`.

    `check` is called now and then, and raises KitFault where no answer can be hoped for any more.
    """

    executor: Executor
    width: int
    tier: str
    check: Callable[[], object] = lambda: None

    def grade(self, job: Job, works: list[Handed], jobs: int, progress: Progress) -> list[Row]:
        """Return the summaries of all works' reports, as `runner.grade` does. The crew collects; this process and its workers compare."""
        lost = collect_with(self, job, works, progress)
        asking = partial(_pass_on_asking, progress)  # each submission was counted when it was collected
        return grade(replace(job, sandbox=self.tier, again=False, lost=lost), works, jobs, asking)


def _pass_on_asking(progress: Progress, news: str | Asking) -> None:
    if isinstance(news, Asking):
        progress(news)


@dataclass(slots=True)
class _Part:
    """Submissions that travel together, and how often one that travels alone was lost."""

    works: list[Submission]
    lost: int = 0


@dataclass(slots=True)
class _Run:
    job: Job
    progress: Progress
    errand: Errand
    lost: dict[str, str] = field(default_factory=dict)
    replies: Replies = field(default_factory=Replies)

    def parts(self, works: Iterable[Handed], size: int) -> Iterator[_Part]:
        """Yield the work to ask. Work that was asked before, or is unusable, only advances the progress."""
        waiting: list[Submission] = []
        for handed in works:
            work = read_submission(handed)
            if work.is_empty or self.job.kept(work, self.job.question_ids_for(work.id), self.replies) is not None:
                self.progress(work.id)
                continue
            waiting.append(work)
            if len(waiting) == size:
                yield _Part(waiting)
                waiting = []
        if waiting:
            yield _Part(waiting)

    def errand_of(self, part: _Part) -> Errand:
        return replace(self.errand, works=tuple((work.id, work.source, self.job.question_ids_for(work.id)) for work in part.works))

    def take(self, part: _Part, future: "Future[dict[str, bytes]]") -> list[_Part]:
        """Keep the traces that came back; return what is to be handed out again."""
        try:
            traces, why = future.result(), "no trace came back"
        except Unfit as error:
            raise KitFault(f"{error}: end that worker; {KEPT}") from None
        except Exception as error:  # a lost worker, a broken pool, a scheduler that gave up: each raises its own
            traces, why = {}, f"{type(error).__name__}: {error}"
        missing = []
        for work in part.works:
            if work.id in traces:
                with interrupts.held():  # what is kept is counted too
                    keep_trace(trace_path(self.job.out, work.id), traces[work.id])
                    self.progress(work.id)
            else:
                missing.append(work)
        return self._again(missing, part, why) if missing else []

    def _again(self, missing: list[Submission], part: _Part, why: str) -> list[_Part]:
        """Return the lost submissions in two halves, so that one that kills workers is soon alone. After TRIES losses it is given up."""
        if len(missing) > 1:
            middle = len(missing) // 2
            return [_Part(missing[:middle]), _Part(missing[middle:])]
        if part.lost + 1 < TRIES:
            return [_Part(missing, part.lost + 1)]
        self.lost[missing[0].id] = why
        self.progress(missing[0].id)
        return []


def collect_with(crew: Crew, job: Job, works: list[Handed], progress: Progress) -> dict[str, str]:
    """Collect the traces of all works into the job's folder; return, by their ids, why some were lost for good."""
    questions = zlib.compress(json.dumps(job.plan.questions, separators=(",", ":")).encode())
    state = _Run(replace(job, sandbox=crew.tier), progress, Errand(collecting_sha256(), crew.tier, questions, ()))
    fresh = state.parts(works, max(1, min(SIZE, len(works) // (AHEAD * crew.width))))
    again: list[_Part] = []
    running: dict[Future[dict[str, bytes]], _Part] = {}
    while True:
        while len(running) < AHEAD * crew.width and (part := again.pop() if again else next(fresh, None)):
            running[_handed_out(crew, state.errand_of(part))] = part
        if not running:
            return state.lost
        done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
        for future in done:
            again += state.take(running.pop(future), future)
        crew.check()


def _handed_out(crew: Crew, errand: Errand) -> "Future[dict[str, bytes]]":
    try:
        return crew.executor.submit(run, errand)
    except (RuntimeError, OSError) as error:
        raise KitFault(f"nobody is left to collect ({error}): {KEPT}") from None
