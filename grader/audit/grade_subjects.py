"""Grade subjects, in processes side by side: which criteria each loses, and at which cases.

A subject is asked what can decide about it: all core criteria, and the bonus criteria of its own steps.
"""

import functools
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from grader.audit.subjects import Subject
from grader.collect.collector import Questionnaire, collect
from grader.compare import BATCH, Comparer
from grader.model import UNFAILED, Criterion, CriterionResult, KitFault, Rubric, round_points
from grader.plan.plan import Plan
from grader.plan.variant_choice import EVERYBODY
from grader.processes import Progress, in_processes
from grader.report.scoring import earned
from grader.sandbox import Sandbox

BUDGET, LIMIT = 1.0, 0.25
"""Seconds of CPU for each step and way, and for a question, where the subject is wrong: many mutants are endless."""
Key = tuple[str, str]
"""A step and a criterion, by their ids."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A subject, the criteria at which it lost points or earned some, and for each criterion the cases that it did not pass."""

    subject: Subject
    lost: frozenset[Key]
    earned: frozenset[Key]
    cases: dict[Key, frozenset[str]]


def deciding(rubric: Rubric, subject: Subject) -> frozenset[Key]:
    """Return the criteria that can decide about a subject."""
    pairs = [(step, criterion) for step in rubric.steps for criterion in step.criteria]
    return frozenset((step.id, c.id) for step, c in pairs if is_core(step.points, c) or subject.concerns(step.id))


def is_core(step_points: Fraction, criterion: Criterion) -> bool:
    return step_points > 0 and not criterion.bonus


def grade(plan: Plan, tier: str, subjects: list[Subject], jobs: int, progress: Progress) -> list[Graded]:
    """Return all subjects, graded, in their order."""
    parts = max(jobs, math.ceil(len(subjects) / BATCH))
    batches = [subjects[i::parts] for i in range(min(parts, len(subjects)))]  # neighbours are alike: endless ones are dealt out
    graded = in_processes(functools.partial(_grade_batches, plan, tier), batches, jobs, progress)
    by_name = {one.subject.name: one for one in itertools.chain.from_iterable(graded)}
    return [by_name[subject.name] for subject in subjects]


def _grade_batches(plan: Plan, tier: str, batches: Iterable[list[Subject]], progress: Progress) -> list[Graded]:
    comparer, found = Comparer(plan), []
    asked: dict[tuple[bool, frozenset[Key]], Questionnaire] = {}
    with Sandbox(tier) as sandbox:
        for batch in batches:
            traces = {}
            for subject in batch:
                kind = subject.is_right, deciding(plan.rubric, subject)
                if kind not in asked:
                    asked[kind] = _questionnaire(plan, *kind)
                traces[subject.name] = collect(sandbox, asked[kind], subject.source)
                progress(subject.name)
            results = comparer.compare(traces)
            found += [_graded(plan.rubric, subject, results[subject.name]) for subject in batch]
    return found


def _questionnaire(plan: Plan, patient: bool, criteria: frozenset[Key]) -> Questionnaire:
    numbers = plan.question_ids_for_criteria(["/".join(key) for key in criteria], [EVERYBODY])
    return Questionnaire(plan.questions, numbers) if patient else Questionnaire(plan.questions, numbers, BUDGET, LIMIT)


def _graded(rubric: Rubric, subject: Subject, results: list[CriterionResult] | KitFault) -> Graded:
    if isinstance(results, KitFault):
        raise KitFault(f"{subject.name} can't be graded: {results}")
    wanted = deciding(rubric, subject)
    criteria = {(step.id, c.id): c for step in rubric.steps for c in step.criteria if (step.id, c.id) in wanted}
    found = {(result.step, result.criterion): result for result in results}
    points = {key: earned(criterion, found[key]) for key, criterion in criteria.items()}
    return Graded(
        subject,
        frozenset(key for key, criterion in criteria.items() if points[key] < round_points(criterion.points)),
        frozenset(key for key in criteria if points[key] > 0),
        {key: frozenset(case.id for case in found[key].cases if case.outcome not in UNFAILED) for key in criteria},
    )
