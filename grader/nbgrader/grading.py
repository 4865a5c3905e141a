"""One submission after another through collect, compare and score, in a process that lasts: sandbox and plan are kept warm."""

import atexit
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from grader.cohort.runner import Job, collect_one, default_jobs, reports_of
from grader.collect.collector import Questionnaire
from grader.collect.trace_file import write_trace
from grader.compare import Comparer
from grader.diagnosis.known_failures import KnownFailures
from grader.escape import plain
from grader.intake import read_submission
from grader.kit import Kit
from grader.languages.plan_language import in_language
from grader.messages import retold, say
from grader.model import Sentences
from grader.plan.planner import plan_for
from grader.plan.variant_choice import Pick
from grader.report.failure_text import CODE, LABELS, parts_of
from grader.report_format import Report, StepReport
from grader.results.folder import read_report, trace_path
from grader.results.texts import keep_sentences
from grader.results.transactions import run
from grader.sandbox import Sandbox, choose

WIDTH, INDENT = 100, 6
"""Characters of a line on a feedback page that is 1,000 pixels wide, and those before a line that belongs to a criterion."""
KEPT = "\0"
"""Takes the place of a space at which no line ends; `plain` lets none through."""


class Grading:
    """The plan, and a sandbox that is ready. A fault of the kit is raised as KitFault, and is nobody's zero."""

    def __init__(self, kit: Kit, seed: str, secret: Path | None, sandbox: str, diagnosis: bool, language: str = "") -> None:
        tier = choose(sandbox, lambda _: None)
        self._pick = Pick.of(secret)
        self.plan, _ = in_language(plan_for(kit, seed, self._pick, tier), kit, language)
        self._kit, self._diagnosis = kit, diagnosis
        self._known: KnownFailures | None = None
        self._tier = tier
        self._asked = Questionnaire(self.plan.questions)
        self._comparer = Comparer(self.plan, self._pick)
        self._sandbox = Sandbox(tier)
        atexit.register(self._sandbox.close)

    def grade(self, path: Path, name: str, out: Path) -> Report:
        """Return the report on the submission at `path`, called `name`; it and the trace are in `out` by then."""
        steps = frozenset(step.id for step in self.plan.rubric.steps)
        if self._diagnosis and not self._known:
            self._known = KnownFailures(self._kit, self.plan, self._tier, self.plan.picks(self._pick), out)
        job = Job(self.plan, out, steps, self._tier, known=self._known, pick=self._pick, threads=default_jobs())
        submission = replace(read_submission(path), id=name)
        trace = collect_one(self._sandbox, self._asked, submission, job.question_ids_for(name))
        with run(out, "nbgrader", [name], lambda _: None, prepare=lambda: keep_sentences(out, self.plan.rubric.sentences)) as rows:
            write_trace(trace_path(out, name), trace)
            rows.extend(reports_of(job, self._comparer, {name: trace}, lambda _: None, {name: submission.source}))
        return read_report(out, name)


def grading(kit: Path | None, seed: str, secret: Path | None, sandbox: str, diagnosis: bool, language: str = "") -> Grading:
    """Return what grades with this kit, the same one until the kit's files change."""
    found = Kit.find(kit)
    files = [found.root / "reference" / "autodiff.py", *sorted(found.rubrics.rglob("*.yaml"))]
    return _grading(found.root, tuple(file.stat().st_mtime_ns for file in files), seed, secret, sandbox, diagnosis, language)


@lru_cache(maxsize=2)
def _grading(root: Path, _: tuple[int, ...], seed: str, secret: Path | None, sandbox: str, diagnosis: bool, language: str) -> Grading:
    return Grading(Kit(root), seed, secret, sandbox, diagnosis, language)


def bonus_of(step: StepReport) -> float:
    """Return the bonus points of a step of a report."""
    return float(sum(criterion["score"] for criterion in step["criteria"] if criterion["bonus"]))


def lines_on_step(step: StepReport, notes: list[str], sentences: Sentences) -> Iterator[str]:
    """Yield lines of plain text on a step, as a student may see them; what a submission said is harmless in them.

    A page of nbgrader does not wrap them. What was called, expected and got have lines of their own. A misconception or a hint that
    several criteria share is written once.
    """
    for note in notes:
        yield from _wrapped("", plain(retold(sentences, note)))
    points = {"score": f"{step['score']:g}", "most": f"{step['max_score']:g}", "bonus": f"{bonus_of(step):g}"}
    yield say(sentences, "notebook.points_and_bonus" if bonus_of(step) else "notebook.points", title=step["title"], **points)
    extra = f" {say(sentences, 'report.bonus_head')}"
    labels = {name: say(sentences, f"report.{name}") for name in LABELS} | {"": ""}
    column = INDENT + max(map(len, labels.values())) + 1
    seen: set[str] = set()
    for criterion in step["criteria"]:
        worth = f"{criterion['score']:g}/{criterion['max_score']:g}{extra if criterion['bonus'] else ''}"
        yield from _wrapped(f"[{'x' if criterion['outcome'] == 'pass' else ' '}] {worth}  ", plain(criterion["says"]))
        if criterion["outcome"] == "pass":
            continue
        for name, text in parts_of(criterion, seen):
            yield from _wrapped(f"{'':{INDENT}}{labels[name]}".ljust(column if name else INDENT), plain(text), is_code=name in CODE)


def _wrapped(head: str, text: str, *, is_code: bool = False) -> Iterator[str]:
    """Yield a text in lines of WIDTH, `head` before the first. In code a line ends after a call, unless the call is longer than a line."""
    width = WIDTH - len(head)
    calls = [call.replace(" ", KEPT) if is_code and len(call) < width else call for call in text.split("; ")]
    for i, line in enumerate(textwrap.wrap("; ".join(calls), width, break_on_hyphens=False) or [""]):
        yield f"{head if i == 0 else ' ' * len(head)}{line.replace(KEPT, ' ')}".rstrip()
