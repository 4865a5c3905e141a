"""One submission after another through collect, compare and score, in a process that lasts: sandbox and plan are kept warm."""

import atexit
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.cohort import Job, collect_one, default_jobs, reports_of
from grader.collect import Questionnaire
from grader.compare import Comparer
from grader.diagnose import known_misconceptions
from grader.escape import plain
from grader.intake import read_submission
from grader.kit import Kit
from grader.pick import Pick
from grader.plan import DEFAULT_SEED, make_plan
from grader.results import keep_sentences, read_report, trace_path
from grader.sandbox import Sandbox, choose
from grader.traces import write_trace


class Grading:
    """The plan, and a sandbox that is ready. A fault of the kit is raised as KitFault, and is nobody's zero."""

    def __init__(self, kit: Kit, seed: str, sandbox: str, diagnosis: bool) -> None:
        tier = choose(sandbox, lambda _: None)
        self.plan = make_plan(kit, seed or DEFAULT_SEED, tier)
        self._pick = Pick.of()
        picks = self.plan.picks(self._pick)
        known = known_misconceptions(kit, self.plan, tier, default_jobs(), lambda _: None, picks) if diagnosis else ()
        self._known = tuple(known)
        self._tier = tier
        self._asked = Questionnaire(self.plan.questions)
        self._comparer = Comparer(self.plan, self._pick)
        self._sandbox = Sandbox(tier)
        atexit.register(self._sandbox.close)

    def grade(self, path: Path, name: str, out: Path) -> dict[str, Any]:
        """Return the report on the submission at `path`, called `name`; it and the trace are in `out` by then."""
        steps = frozenset(step.id for step in self.plan.rubric.steps)
        job = Job(self.plan, out, steps, self._tier, known=self._known, pick=self._pick)
        submission = replace(read_submission(path), id=name)
        trace = collect_one(self._sandbox, self._asked, submission, job.questions_for(name))
        write_trace(trace_path(out, name), trace)
        reports_of(job, self._comparer, {name: trace})
        keep_sentences(out, self.plan.rubric.sentences)
        return read_report(out, name)


def grading(kit: Path | None, seed: str, sandbox: str, diagnosis: bool) -> Grading:
    """Return what grades with this kit, the same one until the kit's files change."""
    found = Kit.find(kit)
    files = [found.root / "reference" / "autodiff.py", *sorted(found.rubrics.rglob("*.yaml"))]
    return _grading(found.root, tuple(file.stat().st_mtime_ns for file in files), seed, sandbox, diagnosis)


@lru_cache(maxsize=2)
def _grading(root: Path, _: tuple[int, ...], seed: str, sandbox: str, diagnosis: bool) -> Grading:
    return Grading(Kit(root), seed, sandbox, diagnosis)


def bonus_of(step: dict[str, Any]) -> float:
    """Return the bonus points of a step of a report."""
    return float(sum(criterion["score"] for criterion in step["criteria"] if criterion["bonus"]))


def told(step: dict[str, Any], notes: list[str]) -> Iterator[str]:
    """Yield lines of plain text on a step, as a student may see them; what a submission said is harmless in them."""
    yield from (plain(note) for note in notes)
    bonus = f", bonus {bonus_of(step):g}" if bonus_of(step) else ""
    yield f"{step['title']}: {step['score']:g} of {step['max_score']:g} points{bonus}"
    for criterion in step["criteria"]:
        worth = f"{criterion['score']:g}/{criterion['max_score']:g}{' bonus' if criterion['bonus'] else ''}"
        yield f"[{'x' if criterion['outcome'] == 'pass' else ' '}] {worth}  {plain(criterion['says'])}"
        if criterion["outcome"] == "pass":
            continue
        yield f"      {plain(criterion['message'])}"
        if criterion["diagnosis"]:
            yield f"      {plain(criterion['diagnosis']['says'])}"
        elif criterion["hint"]:
            yield f"      Hint: {plain(criterion['hint'])}"
