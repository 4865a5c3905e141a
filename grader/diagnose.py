"""Tell which misconception answers as a submission does.

The program of every misconception is asked the questions of its step, once per plan, in the sandbox like any submission, and
judged by the same checks. What is kept of it are the signs of its failed cases.

A failed criterion gets a diagnosis if every one of its failed cases bears the sign of one misconception, and that predicts
no failure in the step which the submission does not show. Of several the one that explains most of the step's failures
counts, then the one that predicts most of them, and if there are still several, none does. A case that crashed or timed out bears no sign.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from grader.collect import Questionnaire, collect
from grader.compare import Comparer
from grader.kit import Kit, digest_of
from grader.misconceptions import Misconception, digest, load_misconceptions
from grader.model import CaseResult, CriterionResult, KitFault, Rubric, Sentences
from grader.plan import Plan, keep, kept
from grader.sandbox import Sandbox
from grader.wording import say

BUDGET, LIMIT = 1.0, 0.2
"""Seconds of CPU for each way of asking, and for a question: what is endless is no diagnosis."""
BATCH = 12

Signs = Mapping[str, Mapping[str, str]]
"""By case and then by way: how the case failed."""


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """A misconception and the signs of the cases that fail in its step."""

    misconception: Misconception
    failed: frozenset[str]
    signs: Signs

    @property
    def id(self) -> str:
        return self.misconception.id

    def says(self, sentences: Sentences) -> str:
        return say(sentences, "next.diagnosis", believes=self.misconception.believes, hint=self.misconception.hint)


def known_misconceptions(kit: Kit, plan: Plan, sandbox: str, jobs: int, tell: Callable[[str], object]) -> list[Known]:
    """Return what every misconception of the kit fails, from the cache if that was found out before for this plan.

    `tell` gets a sentence before the half minute that it takes otherwise. Raises KitFault for one that can't be read.
    """
    steps = [step.id for step in plan.rubric.steps]
    found = load_misconceptions(kit.root / "reference" / "misconceptions", steps)
    if not found:
        return []
    name = "known-" + digest_of([part.encode() for part in (plan.key, digest(found))])[:32]
    data = kept(name)
    if data is None:
        tell(f"finding out what {len(found)} misconceptions answer, once for this rubric")
        data = _ask_all(kit, plan, found, sandbox, jobs)
        keep(name, data)
    by_id = {one.id: one for one in found}
    return [Known(by_id[id], frozenset(entry["failed"]), entry["signs"]) for id, entry in data.items()]


def _ask_all(kit: Kit, plan: Plan, found: list[Misconception], sandbox: str, jobs: int) -> dict[str, Any]:
    """Return by misconception the cases that fail in its step, and their signs. Children answer side by side, in threads."""
    traces: dict[str, dict[str, Any]] = {}

    def ask(some: list[Misconception]) -> None:
        with Sandbox(sandbox) as walls:
            for one in some:
                asked = Questionnaire(plan.questions, plan.questions_of(frozenset({one.step})), budget=BUDGET, limit=LIMIT)
                traces[one.id] = collect(walls, asked, one.source(kit.reference))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(ask, [found[i::jobs] for i in range(jobs)]))
    data: dict[str, Any] = {}
    comparer = Comparer(plan)
    for i in range(0, len(found), BATCH):
        some = {one.id: one for one in found[i : i + BATCH]}
        for id, results in comparer.compare({id: traces.pop(id) for id in some}).items():
            if isinstance(results, KitFault):
                raise results
            failed, signs = _failures(result for result in results if result.step == some[id].step)
            data[id] = {"failed": sorted(failed), "signs": signs}
    return data


def _failures(results: Iterable[CriterionResult]) -> tuple[set[str], dict[str, dict[str, str]]]:
    """Return the cases that did not pass, and the signs of those that bear any."""
    cases = [case for result in results for case in _failed(result)]
    return {case.id for case in cases}, {case.id: dict(case.signs) for case in cases if case.signs}


def diagnose(known: Iterable[Known], rubric: Rubric, results: list[CriterionResult]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the diagnoses of one submission, by step and criterion, each as {"id": ..., "says": ...}."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    blamed: set[str] = set()
    for step in rubric.steps:
        mine = [result for result in results if result.step == step.id]
        failed = _failures(mine)[0]
        if blamed.isdisjoint(step.functions):  # or an earlier step's mistake may show here
            possible = [one for one in known if one.misconception.step == step.id and one.failed <= failed]
            explained = {one: _explained(one, mine) for one in possible}
            weights = {one: (_weight(explained[one]), len(one.failed)) for one in possible}
            best = [one for one in possible if weights[one] == max(weights.values())]
            if len(best) == 1:
                told = {"id": best[0].id, "says": best[0].says(rubric.sentences)}
                found |= {(step.id, result.criterion): told for result in explained[best[0]]}
        bonus = {criterion.id for criterion in step.criteria if criterion.bonus}
        if any(_failed(result) and result.criterion not in bonus for result in mine):
            blamed |= set(step.functions)
    return found


def _explained(one: Known, results: list[CriterionResult]) -> list[CriterionResult]:
    """Return the criteria that failed and of which every failed case bears the misconception's sign."""
    return [result for result in results if (cases := _failed(result)) and all(_alike(one, case) for case in cases)]


def _failed(result: CriterionResult) -> list[CaseResult]:
    return [case for case in result.cases if case.outcome != "pass"]


def _weight(results: list[CriterionResult]) -> int:
    return sum(len(_failed(result)) for result in results)


def _alike(one: Known, case: CaseResult) -> bool:
    signs = dict(case.signs)
    return case.way in signs and one.signs.get(case.id, {}).get(case.way) == signs[case.way]
