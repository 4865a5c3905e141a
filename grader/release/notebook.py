"""Build the nbgrader source notebook: the handout's text, the reference's stubs, the public tests, the rubric's steps.

Nothing in it is written here but what a notebook needs besides: how to run tests in a kernel, and a note on top. It needs
neither nbgrader nor Jupyter. It holds the solutions between nbgrader's marks, so it is not for students.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from grader.intake import PUBLIC
from grader.kit import Kit
from grader.model import KitFault, Step
from grader.plan.plan import Plan
from grader.release.handout import without_marks
from grader.release.public_criteria import criteria_text
from grader.release.public_tests import Test, tests_of, text_of
from grader.release.worked import CELLS, WORKED_TOOLS
from grader.rubric.yaml_reader import Marked

WRITTEN = "written-"
SOLUTION = "solution-"
STUB = "autodiff"
"""The key of a stub cell's metadata: the step of each function in it."""
SECTION = re.compile(r"^(?=## )", re.MULTILINE)
NUMBERED = re.compile(r"## Step (\d+)\b")
END_MARK = "    ### END SOLUTION"


class Cell(TypedDict):
    """A cell of a notebook. The last two keys are those of a code cell, in which nothing was run."""

    cell_type: str
    id: str
    metadata: dict[str, object]
    source: list[str]
    execution_count: NotRequired[None]
    outputs: NotRequired[list[object]]


NOTE = """> **In this notebook:** where the text says *the file* `autodiff.py`, take the cells of this notebook. Every function that
> raises `NotImplementedError` is yours to write, in its cell. After each step come its public tests: run a cell to see what was
> called, what was expected and what came back. The commands with `show.py` and `pytest` are for those who work with files.
> Leave the cells of tests and points as they are. You may add cells of your own
> anywhere: they are run when your work is graded, one after another, so keep them quick; one that raises costs nothing else.
> Hand in the notebook under its own name."""

TOOLS = "# The tools of the public tests: run this cell once, and leave it as it is.\n"
RUN = '''

def run_tests(*beginnings, needed=True):
    """Run the tests of the criteria whose names have one of these beginnings. If `needed`, raise unless all pass; else only print."""
    chosen = [entry for entry in CRITERIA if entry["name"].startswith(beginnings)]
    names = dict.fromkeys(name for entry in chosen for name in entry["tests"])
    cases = [run_case(globals()[name]) for name in names if name in globals()]
    wrong = [case for case in cases if case.failures or (case.error is not None and not case.unwritten())]
    waiting = list(dict.fromkeys(case.unwritten() for case in cases if case not in wrong and case.unwritten()))
    passed = sum(case.error is None and not case.failures for case in cases)
    message = f"{passed} of {len(cases)} public tests passed"
    if waiting:
        message += f"\\nnot written yet: {', '.join(waiting)}"
    if wrong:
        message += f"\\nThe first that failed: {wrong[0].test.__name__}\\n\\n{textwrap.indent(wrong[0].text(), '    ')}"
    if not cases:
        message = "no tests were found: run the cells above first (Run > Run All Cells)"
    if needed and passed < max(1, len(cases)):
        raise AssertionError(message) from None
    print(message)
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
    handout = without_marks((kit.root / "assignment" / "handout.md").read_text("utf-8"))
    for place, text in enumerate(SECTION.split(handout)):
        yield _text(f"handout-{place}", text)
        if place == 0:
            yield _text("note", NOTE)
        if text.startswith("## The class"):
            yield _code("given", given)
            yield _locked("tools", _tools(kit, plan))
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


def _tools(kit: Kit, plan: Plan) -> str:
    """Return the starter's public_checks.py, without its docstring, the criteria, and how a notebook runs tests."""
    path = kit.root / "assignment" / "starter" / "public_checks.py"
    try:
        source = path.read_text("utf-8")
    except OSError as error:
        raise KitFault(f"{path} can't be read: {error}") from None
    lines = source.splitlines()[ast.parse(source).body[0].end_lineno :]
    checks = "\n".join(line for line in lines if not line.startswith("from public_criteria import"))
    return f"{TOOLS}{checks.strip()}\n{RUN}\n{WORKED_TOOLS}\n\n{criteria_text(plan)}"


def _step(plan: Plan, step: Step, stubs: dict[str, str], step_of: dict[str, str]) -> Iterator[Cell]:
    yield from (_stub(name, stubs[name], step_of) for name in stubs if step_of[name] == step.id)
    if step.id in CELLS:
        yield _code(f"{PUBLIC}{step.id}-worked", CELLS[step.id])
    yield from _tests(plan, step, bonus=False)
    says = f"# {step.title}: {float(step.points):g} points, for public and hidden cases. This cell runs the public ones."
    yield _points(step, f"{says}\nrun_tests({step.id.replace('-', '_') + '__'!r})")


def _extensions(plan: Plan, step: Step, stubs: dict[str, str], step_of: dict[str, str]) -> Iterator[Cell]:
    """Yield what a step has for bonus; a step of bonus alone has its graded cell here, with no points of the sum."""
    if not step.points:
        yield from (_stub(name, stubs[name], step_of) for name in stubs if step_of[name] == step.id)
    yield from _tests(plan, step, bonus=True)
    if not step.points:
        most = sum(criterion.points for criterion in step.criteria if criterion.bonus)
        yield _points(step, f"# {step.title}: up to {float(most):g} points of bonus.\nrun_tests({_bonus(step)}, needed=False)")


def _bonus(step: Step) -> str:
    """Return the arguments of run_tests that choose a step's extensions."""
    return ", ".join(repr(f"extension__{criterion.id}") for criterion in step.criteria if criterion.bonus and criterion.public)


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
        mark: dict[str, bool | float] = {"grade": True, "solution": True, "locked": False, "points": question.points}
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


def _marked(kind: str, name: str, text: str, mark: dict[str, bool | float], **more: object) -> Cell:
    cell = _text(name, text) if kind == "markdown" else _code(name, text)
    nbgrader = {"schema_version": 3, "grade_id": name, "task": False, "cell_type": kind, **mark}
    return {**cell, "metadata": {"nbgrader": nbgrader, **more}}


def _stub(name: str, text: str, step_of: dict[str, str]) -> Cell:
    mark: dict[str, bool | float] = {"grade": False, "solution": True, "locked": False}
    return _marked("code", SOLUTION + name, text, mark, **{STUB: {"step_of": {name: step_of[name]}}})


def _locked(name: str, text: str) -> Cell:
    return _marked("code", PUBLIC + name, text, {"grade": False, "solution": False, "locked": True})


def _tests(plan: Plan, step: Step, *, bonus: bool) -> Iterator[Cell]:
    """Yield the cell that holds a step's public tests, or those of its extensions, if it has any."""
    tests = [test for test in tests_of(plan) if _belongs(test, step, bonus)]
    if tests:
        chosen = _bonus(step) if bonus else repr(step.id.replace("-", "_") + "__")
        texts = "\n".join(text_of(test) for test in tests)
        kind = "extension" if bonus else "tests"
        yield _locked(f"{step.id}-{kind}", f"# Public tests: {step.title}\n\n{texts}\n\nrun_tests({chosen})")


def _belongs(test: Test, step: Step, bonus: bool) -> bool:
    return test.asked[0].step.id == step.id and test.asked[0].criterion.bonus == bonus


def _points(step: Step, text: str) -> Cell:
    return _marked("code", step.id, text, {"grade": True, "solution": False, "locked": True, "points": float(step.points)})


def _lines(text: str) -> list[str]:
    return text.strip("\n").splitlines(keepends=True)
