"""Build the nbgrader source notebook: the handout's text, the reference's stubs, the public tests, the rubric's steps.

Nothing in it is written here but what a notebook needs besides: how to run tests in a kernel, and a note on top. It needs
neither nbgrader nor Jupyter. The solutions stand in it between nbgrader's marks: it is not for students.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.intake import PUBLIC
from grader.kit import Kit
from grader.marked import Marked
from grader.model import Criterion, KitFault, Step
from grader.plan import Plan
from grader.public_tests import prefix_of, tests_of
from grader.public_tools import EXPECT, FAIL

WRITTEN = "written-"
SOLUTION = "solution-"
STUB = "autodiff"
"""The key of a stub cell's metadata: the step of each function in it."""
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
NUMBERED = re.compile(r"## Step (\d+)\b")
END_MARK = "    ### END SOLUTION"
Cell = dict[str, Any]

NOTE = """> **In this notebook:** where the text says *the file* `autodiff.py`, take the cells of this notebook. Every function that
> raises `NotImplementedError` is yours to write, in its cell. After each step come its public tests: run a cell to see what was
> called, what was expected and what came back. Leave the cells of tests and points as they are. You may add cells of your own
> anywhere: they are run when your work is graded, one after another, so keep them quick; one that raises costs nothing else.
> Hand in the notebook under its own name."""

TOOLS = '''# The tools of the public tests: run this cell once, and leave it as it is.
import contextlib
import inspect
import signal
import textwrap

import numpy as np

SECONDS = 2


@contextlib.contextmanager
def time_limit():
    """End a test that takes too long, where the system can do that."""

    def stop(*_):
        raise TimeoutError(f"no answer within {SECONDS} seconds: a loop that never ends, or the same work done again for every path?")

    if hasattr(signal, "SIGALRM"):
        before = signal.signal(signal.SIGALRM, stop)
        signal.alarm(SECONDS)
    try:
        yield
    finally:
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)


def run_tests(beginning, needed=True):
    """Run the tests whose names begin so; raise if one fails, and if there is none. Of what is not `needed` only tell."""
    tests = [test for name, test in globals().items() if name.startswith(beginning) and callable(test)]
    failed = []
    for test in tests:
        try:
            with time_limit():
                test()
        except Exception as error:
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            failed.append(f"{test.__name__}\\n{textwrap.indent(kind + str(error), '    ')}")
    told = f"{len(tests) - len(failed)} of {len(tests)} public tests passed"
    if failed:
        told += f". The first that did not:\\n\\n{failed[0]}"
    if not tests:
        told = "no tests were found: run the cells above first (Run > Run All Cells)"
    if needed and (failed or not tests):
        raise AssertionError(told) from None
    print(told)
'''


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is answered in words and graded by hand."""

    id: str
    title: str
    points: float
    asks: str
    answer: str


def source_notebook(kit: Kit, plan: Plan, step_of: dict[str, str]) -> str:
    """Return the text of autodiff.ipynb; `step_of` says to which step each stub belongs. Raises KitFault if parts do not fit."""
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
    }
    cells = list(_cells(kit, plan, step_of))
    named = [cell["id"] for cell in cells]
    if twice := {name for name in named if named.count(name) > 1}:
        raise KitFault(f"two cells of the notebook would be called {sorted(twice)[0]}")
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False) + "\n"


def _cells(kit: Kit, plan: Plan, step_of: dict[str, str]) -> Iterator[Cell]:
    """Yield the notebook's cells: each step's text, stubs, public tests and points, where the handout speaks of the step."""
    given, stubs, example = parts_of(kit.reference.decode("utf-8"), step_of)
    core = [step for step in plan.rubric.steps if step.points]
    seen = set()
    for place, text in enumerate(SECTION.split((kit.root / "assignment" / "handout.md").read_text("utf-8"))):
        yield _text(f"handout-{place}", text)
        if place == 0:
            yield _text("note", NOTE)
        if text.startswith("## The class"):
            yield _code("given", given)
            yield _locked("tools", TOOLS + FAIL_HERE + EXPECT)
            seen.add("given")
        if match := NUMBERED.match(text):
            number = int(match[1]) - 1
            if number >= len(core):
                raise KitFault(f"assignment/handout.md speaks of step {number + 1}, and the rubric has {len(core)} steps with points")
            yield from _step(plan, core[number], stubs, step_of)
            seen.add(core[number].id)
        if text.startswith("## Extensions"):
            yield _code("example", example)
            for step in plan.rubric.steps:
                yield from _extensions(plan, step, stubs, step_of)
            seen.add("extensions")
    if missing := {"given", "extensions", *(step.id for step in core)} - seen:
        raise KitFault(f"assignment/handout.md has no section for {sorted(missing)[0]}")
    yield from _written(kit)


FAIL_HERE = "\n" + FAIL.replace("pytest.fail(", "raise AssertionError(").replace(", pytrace=False)", ") from None")


def _step(plan: Plan, step: Step, stubs: dict[str, str], step_of: dict[str, str]) -> Iterator[Cell]:
    yield from (_stub(name, stubs[name], step_of) for name in stubs if step_of[name] == step.id)
    yield from (_tests(plan, step, criterion) for criterion in step.criteria if criterion.public and not criterion.bonus)
    says = f"# {step.title}: {float(step.points):g} points, for public and hidden cases. This cell runs the public ones."
    yield _points(step, f"{says}\nrun_tests({'test_' + step.id.replace('-', '_') + '__'!r})")


def _extensions(plan: Plan, step: Step, stubs: dict[str, str], step_of: dict[str, str]) -> Iterator[Cell]:
    """Yield what a step has for bonus; a step of bonus alone has its graded cell here, with no points of the sum."""
    if not step.points:
        yield from (_stub(name, stubs[name], step_of) for name in stubs if step_of[name] == step.id)
    bonus = [criterion for criterion in step.criteria if criterion.bonus]
    yield from (_tests(plan, step, criterion) for criterion in bonus if criterion.public)
    if not step.points:
        most = sum(criterion.points for criterion in bonus)
        calls = "\n".join(f"run_tests({prefix_of(step.id, c) + '__'!r}, needed=False)" for c in bonus if c.public)
        yield _points(step, f"# {step.title}: up to {float(most):g} points of bonus.\n{calls}")


def _written(kit: Kit) -> Iterator[Cell]:
    questions = load_questions(kit)
    if questions:
        yield _text(
            "written", "## Questions in writing\n\nAnswer in a few sentences each. A person reads the answers; they count beside the steps."
        )
    for question in questions:
        points = f" ({question.points:g} points)" if question.points else ""
        yield _text(f"question-{question.id}", f"### {question.title}{points}\n\n{question.asks}")
        answer = f"### BEGIN SOLUTION\n{question.answer}\n### END SOLUTION"
        mark = {"grade": True, "solution": True, "locked": False, "points": question.points}
        yield _marked("markdown", WRITTEN + question.id, answer, mark)


def load_questions(kit: Kit) -> list[Question]:
    """Return the questions of assignment/written.yaml, none if there is no such file. Raises KitFault with every fault's place."""
    path, marked, found = kit.root / "assignment" / "written.yaml", Marked(), []
    if not path.exists():
        return []
    node = marked.compose(path, path.read_bytes())
    top = marked.mapping(node, ["questions"], what="the file") if node else None
    for entry in marked.sequence(top["questions"], "questions") if top else ():
        if (fields := marked.mapping(entry, ("id", "title", "points", "asks", "answer"), what="a question")) is not None:
            texts = {key: marked.text(fields[key], key) for key in ("id", "title", "asks", "answer")}
            points = marked.points(fields["points"], zero=True)
            found.append(Question(points=float(points or 0), **texts))
            if not re.fullmatch(r"[a-z][a-z0-9-]{0,40}", texts["id"]):
                marked.fault(fields["id"], "an id consists of small letters, digits and hyphens, 41 at most")
    if marked.faults:
        raise KitFault("\n".join(["assignment/written.yaml can't be used:", *marked.faults]))
    return found


def parts_of(reference: str, step_of: dict[str, str]) -> tuple[str, dict[str, str], str]:
    """Return what is given before the first stub, the text of each stub with its solution, and the example at the end.

    A helper of the solution, in a region outside of functions, stays with the stub that follows it.
    """
    lines = reference.splitlines()
    functions = [part for part in ast.parse(reference).body if isinstance(part, ast.FunctionDef) and part.name in step_of]
    stubs: dict[str, str] = {}
    given, begun = "", 0
    for function in functions:
        if not stubs:
            begun = next((i for i in range(function.lineno - 1) if lines[i].startswith("### BEGIN")), function.lineno - 1)
            given = "\n".join(lines[:begun])
        end = (function.end_lineno or 0) + (lines[function.end_lineno or 0] == END_MARK)
        stubs[function.name] = "\n".join(lines[begun:end]).strip("\n")
        begun = end
    return given.strip(), stubs, "\n".join(lines[begun:]).strip()


# ---- cells --------------------------------------------------------------------


def _text(name: str, text: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> Cell:
    return {"cell_type": "code", "execution_count": None, "id": name, "metadata": {}, "outputs": [], "source": _lines(text)}


def _marked(kind: str, name: str, text: str, mark: dict[str, Any], **more: Any) -> Cell:
    cell = _text(name, text) if kind == "markdown" else _code(name, text)
    nbgrader = {"schema_version": 3, "grade_id": name, "task": False, "cell_type": kind, **mark}
    return {**cell, "metadata": {"nbgrader": nbgrader, **more}}


def _stub(name: str, text: str, step_of: dict[str, str]) -> Cell:
    mark = {"grade": False, "solution": True, "locked": False}
    return _marked("code", SOLUTION + name, text, mark, **{STUB: {"step_of": {name: step_of[name]}}})


def _locked(name: str, text: str) -> Cell:
    return _marked("code", PUBLIC + name, text, {"grade": False, "solution": False, "locked": True})


def _tests(plan: Plan, step: Step, criterion: Criterion) -> Cell:
    tests = "\n".join(tests_of(plan, step, criterion))
    head = f"# Public tests: {criterion.says}"
    return _locked(f"{step.id}-{criterion.id}", f"{head}\n\n{tests}\n\nrun_tests({prefix_of(step.id, criterion) + '__'!r})")


def _points(step: Step, text: str) -> Cell:
    return _marked("code", step.id, text, {"grade": True, "solution": False, "locked": True, "points": float(step.points)})


def _lines(text: str) -> list[str]:
    return text.strip("\n").splitlines(keepends=True)
