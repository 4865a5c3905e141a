"""Cut the starter from the reference: everything outside the marked regions stays, each stub raises NotImplementedError."""

import ast
from collections.abc import Mapping
from pathlib import Path

from grader.kit import CODE, Kit
from grader.model import KitFault
from grader.notebook import source_notebook
from grader.plan import Plan, functions_of, make_plan
from grader.public_facts import public_facts
from grader.public_tests import public_tests

STARTER = "assignment/starter"
"""What of the starter is not cut from the reference."""
NOTEBOOK = "source/autodiff/autodiff.ipynb"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


SCRIPTS = ".github/scripts"
POSTING = ("__init__", "escape", *(f"forge/{name}" for name in ("__init__", "artifact", "base", "fault", "github", "page", "pace",
                                                             "public", "sticky", "student")))  # fmt: skip
"""The modules that score and post in a student's repository. Copied as they are: standard library only, nothing private in them."""


def cut(source: str, step_of: Mapping[str, str]) -> str:
    """Return the source without its solution regions; `step_of` says to which step a function belongs.

    A region in a function becomes a `raise NotImplementedError` that names the function and its step; a region outside of
    functions disappears. Raises KitFault where regions and functions do not fit.
    """
    functions = [part for part in ast.parse(source).body if isinstance(part, ast.FunctionDef)]
    kept: list[str] = []
    inside = False
    for number, line in enumerate(source.splitlines(), start=1):
        mark = line.strip()
        if mark in (BEGIN, END):
            if inside == (mark == BEGIN):
                raise KitFault(f"reference/autodiff.py:{number}: {mark} stands where it can't")
            inside = mark == BEGIN
            owner = next((f.name for f in functions if f.lineno <= number <= (f.end_lineno or 0) + 1), "")
            if inside and line[0] == " ":
                if owner not in step_of:
                    raise KitFault(f"reference/autodiff.py:{number}: no step of the rubric names {owner} in its `functions`")
                indent = line[: len(line) - len(line.lstrip())]
                kept.append(f'{indent}raise NotImplementedError("{owner} is not written yet (step {step_of[owner]})")')
        elif not inside:
            kept.append(line)
    if inside:
        raise KitFault(f"reference/autodiff.py: the last {BEGIN} has no {END}")
    return "\n".join(kept) + "\n"


def first_steps(plan: Plan) -> dict[str, str]:
    """Return by function the first step of the rubric that names it."""
    step_of: dict[str, str] = {}
    for step in plan.rubric.steps:
        for name in functions_of(step, plan):
            step_of.setdefault(name, step.id)
    return step_of


def starter_files(kit: Kit) -> dict[str, str]:
    """Return what a student gets: the path of each file of the starter, and its content."""
    plan = make_plan(kit)
    given = kit.root / STARTER
    files = {path.relative_to(given).as_posix(): path.read_text("utf-8") for path in sorted(given.rglob("*")) if path.is_file()}
    made = {
        "autodiff.py": cut(kit.reference.decode("utf-8"), first_steps(plan)),
        "test_public.py": public_tests(plan),
        f"{SCRIPTS}/grading.json": public_facts(plan),
    }
    return {**made, **{f"{SCRIPTS}/grader/{name}.py": (CODE / f"{name}.py").read_text("utf-8") for name in POSTING}, **files}


def notebook_files(kit: Kit) -> dict[str, str]:
    """Return the nbgrader source notebook, which holds the solutions: its path in assignment/, and its content."""
    plan = make_plan(kit)
    return {NOTEBOOK: source_notebook(kit, plan, first_steps(plan))}


def stale(files: Mapping[str, str], folder: Path) -> list[str]:
    """Return the names of the files that are missing in `folder` or differ from what would be released now."""
    return [name for name, content in files.items() if _read(folder / name) != content]


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files into `folder` and return the paths."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        paths.append(path)
    return paths


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except OSError:
        return None
