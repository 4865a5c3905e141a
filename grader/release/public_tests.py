"""Write test_public.py: the public cases as plain pytest that a student can read, with the values that the reference gave.

One test asks everything that the public criteria ask of one case. Programs are built with the student's own operators; graphs
are laid out by hand, so that a later step can be tried before the earlier ones work. What the tests call is public_checks.py.
"""

import itertools
from dataclasses import dataclass

from grader.model import Criterion
from grader.plan.plan import Plan
from grader.release.public_layout import prose, wrapped
from grader.release.public_test_code import (
    ATTRIBUTES,
    Asked,
    expectations_of_nodes,
    expectations_of_orders,
    expectations_of_sweeps,
    is_long_chain,
    long_chain,
    made,
)

SHORT = 3
"""Nodes of a program that is read at a glance, so that its test needs no docstring."""

HEAD = '''"""The public cases, as tests that you can read and run. Written by the course's tools: leave this file as it is.

The lines of a test run without pytest, too: put `from autodiff import *` above them, and where they call `graph`
also `from public_checks import graph`.
"""

from autodiff import *

import numpy as np

from public_checks import (
    expect_adjoints, expect_children, expect_derivatives, expect_input, expect_node, expect_order, expect_refused,
    graph, within,
)
'''

TWO_SWEEPS = "two_sweeps"
"""The name of the test that sweeps one graph from two inputs. It is made of two cases and gives no points of its own."""


@dataclass(frozen=True, slots=True)
class Test:
    """A test: its name, what it asks, and whether it gives points."""

    name: str
    asked: tuple[Asked, ...]
    graded: bool = True


def public_tests(plan: Plan) -> str:
    """Return the text of test_public.py."""
    parts = [HEAD]
    for title, tests in itertools.groupby(tests_of(plan), key=_title):
        parts.append(f"\n# ---- {title} {'-' * (70 - len(title))}\n")
        parts += [text_of(test) for test in tests]
    return "\n".join(parts)


def _title(test: Test) -> str:
    return test.asked[0].step.title if test.asked[0].prefix != "extension" else "Extensions"


def tests_of(plan: Plan) -> list[Test]:
    """Return the tests in the rubric's order, the extensions last, so that `pytest -x` comes to them last."""
    tests: list[Test] = []
    for bonus in (False, True):
        groups: dict[str, list[list[Asked]]] = {}
        for step in plan.rubric.steps:
            criteria = [c for c in step.criteria if c.public and c.bonus == bonus and not c.manual]
            found = [
                Asked(step, criterion, plan.expected["cases"][key])
                for criterion in criteria
                for key in plan.expected["criteria"][f"{step.id}/{criterion.id}"]
            ]
            for one in found:
                beside = groups.setdefault(one.case["id"], [])
                fitting = next((group for group in beside if _fits(group, one)), None)
                if fitting is None:
                    beside.append([one])
                else:
                    fitting.append(one)
        together = sorted((group for beside in groups.values() for group in beside), key=lambda group: _place(plan, group))
        tests += [Test(_name(group), tuple(group)) for group in together]
    return _with_two_sweeps(tests)


def _fits(group: list[Asked], one: Asked) -> bool:
    """Return whether a case is the same program or graph, and asks other things of it, than the cases of a group."""
    other = group[0]
    same = (one.step.id, one.build, one.rows, one.case["names"]) == (other.step.id, other.build, other.rows, other.case["names"])
    return same and not {kind for each in group for kind in each.kinds} & set(one.kinds)


def _place(plan: Plan, group: list[Asked]) -> tuple[int, ...]:
    """Return what sorts a group: by step, and then by the first criterion and its case, as the rubric lists them."""
    step, criterion = group[0].step, group[0].criterion
    cases = [plan.expected["cases"][key]["id"] for key in plan.expected["criteria"][f"{step.id}/{criterion.id}"]]
    return (plan.rubric.steps.index(step), step.criteria.index(criterion), cases.index(group[0].case["id"]))


def _name(group: list[Asked]) -> str:
    first = group[0]
    middle = "" if len(group) > 1 else f"{first.criterion.id}__"
    return f"test_{first.prefix}__{middle}{first.case['id'].replace('-', '_')}"


def _with_two_sweeps(tests: list[Test]) -> list[Test]:
    """Add a test that sweeps one graph twice, if two public cases sweep one program from two roots."""
    sweeps = [one for test in tests for one in test.asked if one.case["asks"] == "forward" and not one.criterion.bonus and one.own]
    for first, second in itertools.combinations(sweeps, 2):
        if (
            first.rows == second.rows
            and len(first.case["roots"]) == len(second.case["roots"]) == 1
            and first.case["roots"] != second.case["roots"]
        ):
            made = Test(f"test_{first.prefix}__{TWO_SWEEPS}", (first, second), graded=False)
            last = max(i for i, test in enumerate(tests) if test.asked[0].step is first.step and test.asked[0].prefix == first.prefix)
            return [*tests[: last + 1], made, *tests[last + 1 :]]
    return tests


def name_of_test(step: str, criterion: Criterion, case: str) -> str:
    """Return the name under which the result of a criterion's case is known."""
    return f"test_{'extension' if criterion.bonus else step.replace('-', '_')}__{criterion.id}__{case.replace('-', '_')}"


def text_of(test: Test) -> str:
    """Return a test's function, which begins with an empty line."""
    first = test.asked[0]
    lines = [*made(first)]
    if is_long_chain(first):
        lines = list(long_chain(first.case))
    nodes = [one for one in test.asked if one.case["asks"] == "nodes"]
    lines += expectations_of_nodes(nodes)
    for one in test.asked:
        if one.case["asks"] == "order":
            lines += expectations_of_orders(one)
        elif one.case["asks"] in ATTRIBUTES:
            lines += expectations_of_sweeps(one)
    text = [f"\ndef {test.name}():"]
    if not test.graded:
        text.append('    """Two sweeps of one graph: each input needs one."""')
    elif first.build != "laid out" and len(first.case["names"]) > SHORT:
        text += prose(f'    """{first.case["text"]}"""')
    return "\n".join([*text, *(part for line in lines for part in wrapped(f"    {line}"))]) + "\n"
