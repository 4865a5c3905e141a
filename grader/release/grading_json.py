"""Write grading.json: what a student's repository may know of the rubric, so that its public tests can be given points.

Steps, public criteria, their points, sentences and hints, and which test of test_public.py is which case. Nothing of a hidden criterion.
Beside them are the words of the comment, in the language of the plan.
"""

import json
from fractions import Fraction
from typing import TypedDict

from grader import __version__
from grader.formats import CaseData
from grader.model import Criterion
from grader.plan.plan import Plan, functions_of
from grader.release.public_tests import name_of_test

SCHEMA = "autodiff-kit/public/v1"
WORDS = ("comment.", "ended.", "public.")


class PublicCase(TypedDict):
    """A public case, and the test that is it."""

    id: str
    test: str
    counts_with: str
    """The operator by which it counts, or the case itself."""
    says: str
    function: str
    way: str


class PublicCriterion(TypedDict):
    """A public criterion."""

    id: str
    says: str
    why: str
    hint: str
    points: str
    """A fraction."""
    all_or_nothing: bool
    bonus: bool
    cases: list[PublicCase]


class PublicStep(TypedDict):
    """The public part of a step."""

    id: str
    title: str
    functions: list[str]
    criteria: list[PublicCriterion]


class PublicFacts(TypedDict):
    """A grading.json."""

    schema: str
    grader: str
    rubric_sha256: str
    reference_sha256: str
    max_score: str
    steps: list[PublicStep]
    words: dict[str, str]


def public_facts(plan: Plan) -> str:
    """Return the text of grading.json."""
    facts: PublicFacts = {
        "schema": SCHEMA,
        "grader": __version__,
        "rubric_sha256": plan.rubric.sha256,
        "reference_sha256": plan.expected["reference_sha256"],
        "max_score": str(sum(c.points for step in plan.rubric.steps for c in step.criteria if not c.bonus)),
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "functions": sorted(functions_of(step, plan)),
                "criteria": [_criterion(plan, step.id, criterion) for criterion in step.criteria if criterion.public],
            }
            for step in plan.rubric.steps
        ],
        "words": {key: text for key, text in plan.rubric.sentences.items() if key.startswith(WORDS)},
    }
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def _criterion(plan: Plan, step: str, criterion: Criterion) -> PublicCriterion:
    points: Fraction = criterion.points
    cases = [plan.expected["cases"][key] for key in plan.expected["criteria"][f"{step}/{criterion.id}"]]
    return {
        "id": criterion.id,
        "says": criterion.says,
        "why": criterion.why,
        "hint": criterion.hint,
        "points": str(points),
        "all_or_nothing": criterion.all_or_nothing,
        "bonus": criterion.bonus,
        "cases": [_case(step, criterion, case) for case in cases],
    }


def _case(step: str, criterion: Criterion, case: CaseData) -> PublicCase:
    operators = {row[1] for row in case["own"]["rows"]} - {"input"} if function_of(step, case) != "create_node" and case["own"] else set()
    return {
        "id": case["id"],
        "test": name_of_test(step, criterion, case["id"]),
        "counts_with": next(iter(operators)) if criterion.by_operator and len(operators) == 1 else case["id"],
        "says": case["text"],
        "function": function_of(step, case),
        "way": "own" if case["own"] else "given",
    }


def function_of(step: str, case: CaseData, expected: str = "") -> str:
    """Return the one function that a case is about: the sweep or order it asks for, or the operator that made the node.

    The node is the one that `expected` (our words on a failure, `v1.value = 3`) begins with, or else the program's last.
    """
    if case["asks"] != "nodes":
        return {"order": "topological_order", "forward": "forward", "backward": "backward"}[case["asks"]]
    own = case["own"]
    if not own or own["build"] != "operators":
        return "create_node"
    names, node = case["names"], expected.partition(".")[0]
    operator = str(own["rows"][names.index(node) if node in names else -1][1])
    return "create_node" if operator == "input" else operator
