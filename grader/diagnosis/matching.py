"""Name the misconception that fails as a submission does.

Core criteria and bonus criteria of a step are diagnosed apart: what a wrong order costs in a deep chain tells how it was
written, not what was believed. Of all the cases that fail here or there, a submission and a misconception share those that fail alike.
The misconception that shares the greatest part, and at least MIN_SIMILARITY, is reported, with each criterion of which every failed
case is shared; of two that share as much, the one that answered more of them alike to the last node. If there are still several, none
is reported.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from grader.diagnosis.known_failures import KnownFailure
from grader.model import UNFAILED, CaseResult, CriterionResult, Rubric, Step
from grader.report_format import Diagnosis

MIN_SIMILARITY = 0.7
"""The similarity below which two programs are held to agree by chance: set by looking at the jury."""


KnownOf = Callable[[str, bool, Callable[[KnownFailure], bool]], list[KnownFailure]]
"""Returns how the known misconceptions of a step fail its core cases, or with True its bonus cases. It may leave out those that
fail a core case, and those that the function says are not similar enough."""


def diagnose(known_of: KnownOf, rubric: Rubric, results: list[CriterionResult]) -> dict[tuple[str, str], Diagnosis]:
    """Return the diagnoses of one submission, by step and criterion.

    `known_of` is called only for cases that may get a diagnosis.
    """
    found: dict[tuple[str, str], Diagnosis] = {}
    blamed: set[str] = set()
    for step in rubric.steps:
        core, bonus = _halves(step, results)
        if blamed.isdisjoint(step.functions):  # or an earlier step's mistake may show here
            for half, is_bonus in ((core, False), (bonus, True)):
                if any(map(_bears_signs, half)):
                    here = known_of(step.id, is_bonus, partial(_is_similar, half))
                    for one, criterion in _explained_by_one(here, half):
                        found[step.id, criterion] = {"id": one.id, "says": one.says(rubric.sentences)}
        if any(map(_failed, core)):
            blamed |= set(step.functions)
    return found


def _bears_signs(result: CriterionResult) -> bool:
    """Return whether a criterion failed, and each of its failed cases bears a sign: no other can be explained."""
    cases = _failed(result)
    return bool(cases) and all(case.way in dict(case.signs) for case in cases)


def _halves(step: Step, results: Iterable[CriterionResult]) -> tuple[list[CriterionResult], list[CriterionResult]]:
    """Return a step's results of core criteria, and those of bonus criteria."""
    bonus = {criterion.id for criterion in step.criteria if criterion.bonus}
    mine = [result for result in results if result.step == step.id]
    return [result for result in mine if result.criterion not in bonus], [result for result in mine if result.criterion in bonus]


def _explained_by_one(known: list[KnownFailure], results: list[CriterionResult]) -> Iterator[tuple[KnownFailure, str]]:
    """Yield the criteria that the most similar misconception explains, with it; nothing if none is similar, or several are most."""
    similar = {one: _similarity(one, results) for one in known if one.signs}
    most = max(similar.values(), default=(0.0, 0))
    best = [one for one, similarity in similar.items() if similarity == most]
    if most[0] >= MIN_SIMILARITY and len({one.id for one in best}) == 1:
        for result in _explained(best[0], results):
            yield best[0], result.criterion


def _is_similar(results: list[CriterionResult], one: KnownFailure) -> bool:
    return _similarity(one, results)[0] >= MIN_SIMILARITY


def _similarity(one: KnownFailure, results: list[CriterionResult]) -> tuple[float, int]:
    """Return the share of cases that failed alike among those that failed in either, and how many of them were answered alike throughout.

    What crashed or timed out, or was not tried for want of time, does not count.
    """
    passed = {_key(result, case) for result in results for case in result.cases if case.outcome == "pass"}
    alike = [_alike(one, result, case) for result in results for case in _failed(result) if case.signs]
    either = len(alike) + len(passed & one.signs.keys())
    return (len(alike) - alike.count("")) / either if either else 0.0, alike.count("whole")


def _explained(one: KnownFailure, results: list[CriterionResult]) -> list[CriterionResult]:
    """Return the criteria that failed and of which every failed case bears the misconception's sign."""
    return [result for result in results if (cases := _failed(result)) and all(_alike(one, result, case) for case in cases)]


def _failed(result: CriterionResult) -> list[CaseResult]:
    return [case for case in result.cases if case.outcome not in UNFAILED]


def _key(result: CriterionResult, case: CaseResult) -> str:
    return f"{result.criterion}/{case.id}"


def _alike(one: KnownFailure, result: CriterionResult, case: CaseResult) -> str:
    """Return whether a case failed as the misconception fails it, in the way that counts: "whole", "first" or ""."""
    mine, known = dict(case.signs).get(case.way), one.signs.get(_key(result, case), {}).get(case.way)
    if mine is None or known is None or mine.first != known.first:
        return ""
    return "whole" if mine.whole == known.whole else "first"
