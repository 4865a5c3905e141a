"""Write public_criteria.py: which tests belong to which public criterion, what a criterion promises, and a hint.

The starter's conftest.py and run_public.py read it, and so does the notebook.
"""

import pprint
from typing import Any, TypedDict

from grader.plan.plan import Plan, functions_of
from grader.release.public_test_code import Asked
from grader.release.public_tests import Test, tests_of

HEAD = '''"""What the public tests ask: the promises and hints of each criterion, and its tests. Written by the course's tools.

A test can serve several criteria: `kinds` says which of a test's expectations count for which of them.
"""
'''
TWO_SWEEPS = {
    "says": "A second sweep of the same graph, from another root, is right again.",
    "hint": "Sweep from one input, then from another. Which nodes does the second root not reach, and what do they still hold?",
}


class Entry(TypedDict):
    """A criterion with its tests, as public_criteria.py holds it."""

    name: str
    graded: bool
    kinds: list[str]
    says: str
    hint: str
    tests: list[str]


def criteria_module(plan: Plan) -> str:
    """Return the text of public_criteria.py."""
    return f"{HEAD}\n{criteria_text(plan)}"


def criteria_text(plan: Plan) -> str:
    """Return the assignments of CRITERIA, STEPS and BONUS, as Python."""
    return "\n".join(
        [
            f"CRITERIA = {_literal(_criteria(plan))}\n",
            "# By the beginning of a test's name: the step's title, and the functions that it asks for.",
            f"STEPS = {_literal(_steps(plan))}\n",
            "# Functions of extensions alone: a test that waits for one of them fails nobody's run.",
            f"BONUS = {_literal(_bonus(plan))}\n",
        ]
    )


def _literal(value: Any) -> str:
    """Return data as Python, in lines that are short enough also behind a name."""
    return pprint.pformat(value, width=108, sort_dicts=False, compact=True)


def _criteria(plan: Plan) -> list[Entry]:
    found: dict[tuple[str, str], Entry] = {}
    more = []
    for test in tests_of(plan):
        if not test.graded:
            more.append(_entry(test.asked[0], test, f"{test.asked[0].prefix}__two_sweeps", TWO_SWEEPS, graded=False))
            continue
        for one in test.asked:
            key = (one.step.id, one.criterion.id)
            if key in found:
                found[key]["tests"].append(test.name)
            else:
                words = {"says": one.criterion.says, "hint": one.criterion.hint}
                found[key] = _entry(one, test, f"{one.prefix}__{one.criterion.id}", words, graded=True)
    return [*found.values(), *more]


def _entry(one: Asked, test: Test, name: str, words: dict[str, str], *, graded: bool) -> Entry:
    return {"name": name, "graded": graded, "kinds": list(one.kinds), "says": words["says"], "hint": words["hint"], "tests": [test.name]}


def _steps(plan: Plan) -> dict[str, list[Any]]:
    steps: dict[str, list[Any]] = {}
    for test in tests_of(plan):
        one = test.asked[0]
        if one.prefix == "extension":
            steps.setdefault(one.prefix, ["Extensions", _bonus(plan)])
        else:
            steps.setdefault(one.prefix, [one.step.title, sorted(functions_of(one.step, plan))])
    return steps


def _bonus(plan: Plan) -> list[str]:
    core = {name for step in plan.rubric.steps if step.points for name in functions_of(step, plan)}
    return sorted({name for step in plan.rubric.steps for name in functions_of(step, plan)} - core)
