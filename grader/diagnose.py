"""Tell which misconception answers as a submission does.

The programs of every misconception are asked the questions of its step, once per plan, in the sandbox like any submission, and
judged by the same checks. What is kept of them are the signs of their failed cases; a case that crashed or timed out bears none.

Core criteria and bonus criteria of a step are diagnosed apart: what a wrong order costs at 50,000 nodes tells how it was
written, not what was believed. Of all the cases that fail here or there, a submission and a misconception share those that fail alike.
The misconception that shares the greatest part, and at least LEAST, is told, with each criterion of which every failed case is shared;
of two that share as much, the one that answered more of them alike to the last node. If there are still several, none is told.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from grader.collect import Questionnaire, collect
from grader.compare import Comparer
from grader.kit import Kit, digest_of
from grader.misconceptions import Misconception, digest, load_misconceptions
from grader.model import CaseResult, CriterionResult, KitFault, Rubric, Sentences, Sign, Step
from grader.pick import EVERYBODY, Pick
from grader.plan import Plan, keep, kept
from grader.sandbox import Sandbox
from grader.wording import say

BUDGET, LIMIT = 2.0, 0.2
"""Seconds of CPU for each way of asking, and for a question: what is endless is no diagnosis."""
TRIES = 5
BATCH = 12
LEAST = 0.7
"""The similarity below which two programs are held to agree by chance: set by looking at the jury."""

Signs = Mapping[str, Mapping[str, Sign]]
"""By criterion and case, and then by way: how the case failed."""


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """One program of a misconception and the signs of the cases that it fails, in the step's core if it fails any there."""

    misconception: Misconception
    bonus: bool
    signs: Signs

    @property
    def id(self) -> str:
        return self.misconception.id

    def says(self, sentences: Sentences) -> str:
        return say(sentences, "next.diagnosis", believes=self.misconception.believes, hint=self.misconception.hint)


def known_misconceptions(
    kit: Kit, plan: Plan, sandbox: str, jobs: int, tell: Callable[[str], object], picks: Sequence[Pick] = (EVERYBODY,)
) -> list[Known]:
    """Return what every misconception of the kit fails, from the cache if that was found out before for this plan.

    `picks` take all variants of random cases that a submission may meet.
    `tell` gets a sentence before the half minute that it takes otherwise. Raises KitFault for one that can't be read.
    """
    steps = [step.id for step in plan.rubric.steps]
    found = load_misconceptions(kit.root / "reference" / "misconceptions", steps)
    if not found:
        return []
    name = (
        "believed-"
        + digest_of(
            [
                part.encode()
                for part in (plan.key, digest(found), repr([pick.number for pick in picks]), repr(sorted(plan.expected["criteria"])))
            ]
        )[:32]
    )
    data = kept(name)
    if data is None:
        tell(f"finding out what {len(found)} misconceptions answer, once for this rubric")
        data = _ask_all(kit, plan, found, sandbox, jobs, picks)
        keep(name, data)
    by_id = {one.id: one for one in found}
    return [Known(by_id[entry["id"]], entry["bonus"], _read_signs(entry["signs"])) for entry in data["programs"]]


def _read_signs(data: dict[str, dict[str, list[str]]]) -> Signs:
    return {case: {way: Sign(*sign) for way, sign in ways.items()} for case, ways in data.items()}


def _ask_all(kit: Kit, plan: Plan, found: list[Misconception], sandbox: str, jobs: int, picks: Sequence[Pick]) -> dict[str, Any]:
    """Return for each program the signs of what it fails in its step. Children answer side by side, in threads."""
    programs = [(one, source) for one in found for source in one.sources(kit.reference).values()]
    comparer, comparing = Comparer(plan), threading.Lock()

    def ask(numbers: range) -> dict[int, dict[str, Any]]:
        """Return the signs of some programs, a few of which are held at a time."""
        told: dict[int, dict[str, Any]] = {}
        with Sandbox(sandbox) as walls:
            for some in (numbers[i : i + BATCH] for i in range(0, len(numbers), BATCH)):
                traces = {}
                for number in some:
                    one, source = programs[number]
                    only = plan.questions_of(frozenset({one.step}), picks)
                    traces[str(number)] = _trace(walls, Questionnaire(plan.questions, only, budget=BUDGET, limit=LIMIT), source)
                with comparing:
                    results = _results(comparer, traces, picks)
                told |= {number: _signs(programs[number][0], plan, results[str(number)]) for number in some}
        return told

    told: dict[int, dict[str, Any]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for part in pool.map(ask, [range(i, len(programs), jobs) for i in range(jobs)]):
            told |= part
    return {"programs": [told[number] for number in range(len(programs))]}


def _results(comparer: Comparer, traces: dict[str, dict[str, Any]], picks: Sequence[Pick]) -> dict[str, list[CriterionResult]]:
    """Return the results of each program with all variants of random cases."""
    found: dict[str, list[CriterionResult]] = {name: [] for name in traces}
    for name, results in itertools.chain.from_iterable(comparer.compare(traces, pick).items() for pick in picks):
        if isinstance(results, KitFault):
            raise results
        found[name] += results
    return found


def _signs(one: Misconception, plan: Plan, results: list[CriterionResult]) -> dict[str, Any]:
    """Return the signs of the core cases that a program fails, or else of its bonus cases."""
    core, bonus = _halves(next(step for step in plan.rubric.steps if step.id == one.step), results)
    in_core = any(map(_failed, core))
    failed = [(_key(result, case), case) for result in (core if in_core else bonus) for case in _failed(result)]
    return {"id": one.id, "bonus": not in_core, "signs": {key: dict(case.signs) for key, case in failed if case.signs}}


def _trace(walls: Sandbox, asked: Questionnaire, source: bytes) -> dict[str, Any]:
    """Return a program's trace. It is ours and does load: if it did not at some time, the machine was too busy, and it is asked again."""
    for _ in range(TRIES):
        trace = collect(walls, asked, source)
        kinds = {answer["question"]: answer["kind"] for answer in trace["answers"]}
        lost = any("unless" not in question and question["id"] not in kinds for question in asked.questions)
        if "crash" not in kinds.values() and (not lost or "timeout" in kinds.values()):
            return trace
    if trace["loading"]["kind"] != "loaded":
        raise KitFault(f"a misconception's program does not load ({trace['loading']['why']}): grade with --no-diagnosis")
    return trace


def diagnose(known: Iterable[Known], rubric: Rubric, results: list[CriterionResult]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the diagnoses of one submission, by step and criterion, each as {"id": ..., "says": ...}."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    blamed: set[str] = set()
    for step in rubric.steps:
        core, bonus = _halves(step, results)
        if blamed.isdisjoint(step.functions):  # or an earlier step's mistake may show here
            for half, is_bonus in ((core, False), (bonus, True)):
                here = [one for one in known if one.misconception.step == step.id and one.bonus == is_bonus]
                for one, criterion in _explained_by_one(here, half):
                    found[step.id, criterion] = {"id": one.id, "says": one.says(rubric.sentences)}
        if any(map(_failed, core)):
            blamed |= set(step.functions)
    return found


def _halves(step: Step, results: Iterable[CriterionResult]) -> tuple[list[CriterionResult], list[CriterionResult]]:
    """Return a step's results of core criteria, and those of bonus criteria."""
    bonus = {criterion.id for criterion in step.criteria if criterion.bonus}
    mine = [result for result in results if result.step == step.id]
    return [result for result in mine if result.criterion not in bonus], [result for result in mine if result.criterion in bonus]


def _explained_by_one(known: list[Known], results: list[CriterionResult]) -> Iterator[tuple[Known, str]]:
    """Yield the criteria that the most similar misconception explains, with it; nothing if none is similar, or several are most."""
    similar = {one: _similarity(one, results) for one in known if one.signs}
    most = max(similar.values(), default=(0.0, 0))
    best = [one for one, similarity in similar.items() if similarity == most]
    if most[0] >= LEAST and len({one.id for one in best}) == 1:
        for result in _explained(best[0], results):
            yield best[0], result.criterion


def _similarity(one: Known, results: list[CriterionResult]) -> tuple[float, int]:
    """Return the share of cases that failed alike among those that failed in either, and how many of them were answered alike throughout.

    What crashed or timed out, or was not tried for want of time, does not count.
    """
    passed = {_key(result, case) for result in results for case in result.cases if case.outcome == "pass"}
    alike = [_alike(one, result, case) for result in results for case in _failed(result) if case.signs]
    either = len(alike) + len(passed & one.signs.keys())
    return (len(alike) - alike.count("")) / either if either else 0.0, alike.count("whole")


def _explained(one: Known, results: list[CriterionResult]) -> list[CriterionResult]:
    """Return the criteria that failed and of which every failed case bears the misconception's sign."""
    return [result for result in results if (cases := _failed(result)) and all(_alike(one, result, case) for case in cases)]


def _failed(result: CriterionResult) -> list[CaseResult]:
    return [case for case in result.cases if case.outcome != "pass"]


def _key(result: CriterionResult, case: CaseResult) -> str:
    return f"{result.criterion}/{case.id}"


def _alike(one: Known, result: CriterionResult, case: CaseResult) -> str:
    """Return whether a case failed as the misconception fails it, in the way that counts: "whole", "first" or ""."""
    mine, known = dict(case.signs).get(case.way), one.signs.get(_key(result, case), {}).get(case.way)
    if mine is None or known is None or mine.first != known.first:
        return ""
    return "whole" if mine.whole == known.whole else "first"
