"""What is asked, what is expected, and the rubric that asks for it: the value that *plan* makes and all later stages read."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from grader import kit as kits
from grader.digests import digest_of_parts
from grader.formats import Asked, CaseData, Expected, Questions
from grader.model import Criterion, KitFault, Rubric, Step
from grader.plan.variant_choice import Pick
from grader.rubric.yaml_reader import nearest


@dataclass(frozen=True)
class Plan:
    """Questions, expected answers and the rubric that asks for them."""

    questions: Questions
    expected: Expected
    rubric: Rubric
    key: str
    """A hash of all that the plan was made from."""
    check_folders: tuple[Path, ...] = (kits.CHECKS,)
    """Where the functions that judge the criteria are."""

    def public(self) -> "Plan":
        """Return the plan of the public criteria alone."""
        return self._of(lambda step, criterion: criterion.public and not criterion.manual)

    def without(self, left_out: Mapping[str, str]) -> "Plan":
        """Return the plan without these steps, and criteria as step/criterion; each comes with the place that names it.

        The others keep their points, and each step is worth the sum of what is left. Raises KitFault for an unknown name.
        """
        names = {f"{step.id}/{criterion.id}" for step in self.rubric.steps for criterion in step.criteria}
        known = {*names, *(step.id for step in self.rubric.steps)}
        if unknown := [
            f"{place}: there is no step or criterion {name!r}{nearest(name, known)}"
            for name, place in left_out.items()
            if name not in known
        ]:
            raise KitFault("\n".join(unknown))
        if not left_out:
            return self
        made = self._of(lambda step, criterion: not {step.id, f"{step.id}/{criterion.id}"} & left_out.keys())
        steps = tuple(step for step in made.rubric.steps if step.criteria)
        if not any(step.points for step in steps):
            raise KitFault(f"{next(iter(left_out.values()))}: nothing that is worth points is left")
        sha256 = digest_of_parts(text.encode() for text in (made.rubric.sha256, *sorted(left_out)))
        return replace(made, rubric=replace(made.rubric, steps=steps, sha256=sha256))

    def _of(self, keep: Callable[[Step, Criterion], bool]) -> "Plan":
        """Return the plan of some criteria alone; each step is worth their sum."""
        steps = []
        for step in self.rubric.steps:
            kept = tuple(criterion for criterion in step.criteria if keep(step, criterion))
            points = sum((criterion.points for criterion in kept if not criterion.bonus), Fraction(0))
            steps.append(replace(step, criteria=kept, points=points))
        names = {f"{step.id}/{criterion.id}" for step in steps for criterion in step.criteria}
        criteria = {name: cases for name, cases in self.expected["criteria"].items() if name in names}
        return replace(self, expected={**self.expected, "criteria": criteria}, rubric=replace(self.rubric, steps=tuple(steps)))

    def narrowed(self, step: str, cases: dict[str, list[str]]) -> "Plan":
        """Return a plan with only these cases of one step. `cases` maps step/criterion to case keys; each variant is a separate case."""
        whole = next(one for one in self.rubric.steps if one.id == step)
        part = replace(whole, criteria=tuple(criterion for criterion in whole.criteria if f"{step}/{criterion.id}" in cases))
        rubric = replace(self.rubric, steps=(part,))
        return replace(self, expected={**self.expected, "criteria": cases, "variants": {}}, rubric=rubric)

    def cases_of(self, criterion: str, pick: Pick, submission: str) -> list[str]:
        """Return the keys of the cases that a criterion, as step/criterion, looks at for one submission."""
        return pick.keys(self.expected["criteria"][criterion], self.expected["variants"], submission)

    def picks(self, pick: Pick) -> list[Pick]:
        """Return picks that together cover every variant that `pick` may give a submission."""
        most = max(map(len, self.expected["variants"].values()), default=1)
        return [Pick(number=number) for number in range(most)] if pick.secret else [pick]

    def question_ids_for_steps(self, steps: frozenset[str], picks: Iterable[Pick], submission: str = "") -> frozenset[int]:
        """Return the numbers of the questions that the criteria of these steps look at."""
        criteria = [name for name in self.expected["criteria"] if name.partition("/")[0] in steps]
        return self.question_ids_for_criteria(criteria, picks, submission)

    def question_ids_for_criteria(self, criteria: Iterable[str], picks: Iterable[Pick], submission: str = "") -> frozenset[int]:
        """Return the numbers of the questions that these criteria, each as step/criterion, look at for one submission."""
        pairs = itertools.product(picks, criteria)
        return self.question_ids_for_cases({key for pick, name in pairs for key in self.cases_of(name, pick, submission)})

    def question_ids_for_cases(self, cases: Iterable[str]) -> frozenset[int]:
        """Return the numbers of all questions about these cases, named by their keys."""
        return frozenset(itertools.chain.from_iterable(map(self._questions_about.__getitem__, cases)))

    @cached_property
    def _questions_about(self) -> dict[str, list[int]]:
        """The numbers of the questions about each case, by its key."""
        return {key: [way["question"] for way in ways_of(case)] for key, case in self.expected["cases"].items()}


def ways_of(case: CaseData) -> list[Asked]:
    """Return the ways in which a case is asked: on the own graph, for the orders of that graph, and on given graphs."""
    own: list[Asked] = [case["own"]] if case["own"] else []
    order = [case["own"]["order"]] if case["own"] and "order" in case["own"] else []
    return [*own, *order, *case["given"]]


def functions_of(step: Step, plan: Plan) -> frozenset[str]:
    """Return the names of a step's stubs, with the reference's operators in place of the word `operators`."""
    operators = plan.expected["operators"] if "operators" in step.functions else {}
    return frozenset(step.functions) - {"operators"} | frozenset(operators)
