"""Cut the starter from the reference: everything outside the marked regions stays, each stub raises NotImplementedError."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader.atomic_write import write_text
from grader.intake import starter_hash
from grader.kit import CODE, STARTERS, Kit
from grader.model import KitFault
from grader.plan.plan import Plan, functions_of
from grader.plan.planner import make_plan
from grader.release.grading_json import public_facts
from grader.release.handout import FIGURES, PAGE, figure_files, handout_files
from grader.release.notebook import source_notebook
from grader.release.public_criteria import criteria_module
from grader.release.public_tests import public_tests

STARTER = "assignment/starter"
"""What of the starter is not cut from the reference."""
NOTEBOOK = "source/autodiff/autodiff.ipynb"
HANDOUT = "assignment/handout.md"
HANDED_OUT = (HANDOUT, "assignment/written.yaml")
PLACE = "INSTRUCTOR: fill in"
"""What marks a place that each course fills in."""
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


PYTHON = "3.12"
"""The Python that the files in STARTER name as the grader's. It is that of the Containerfile and of the workflows."""
CI = "assignment/ci"
"""What of the course's public repository `ci` is written by hand."""
COURSE = "COURSE"
"""Stands in the starter where the name of the course's organisation goes."""
POSTING = ("__init__.py", "escape.py", "pull_requests/__init__.py", "pull_requests/course_ci/*.py")
"""The modules that make points and post them, in the repository `ci`. Copied as they are: standard library only."""


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


def starter_files(kit: Kit, python: str = PYTHON, course: str = COURSE) -> dict[str, str]:
    """Return what a student gets: the path of each file of the starter, and its content.

    `python` is the version that grades, as 3.12. The starter's README and its workflow name it. `course` is the organisation that
    owns the repository `ci`, which the starter's post-score.yml calls.
    """
    plan = make_plan(kit)
    files = _given(kit, STARTER)
    made = {
        "autodiff.py": cut(kit.reference.decode("utf-8"), first_steps(plan)),
        "test_public.py": public_tests(plan),
        "public_criteria.py": criteria_module(plan),
        **handout_files(kit),
    }
    if PAGE not in made and "README.md" in files:
        files["README.md"] = _without_page(files["README.md"])
    return {**made, **{name: _name_python(text, python).replace(f"uses: {COURSE}/", f"uses: {course}/") for name, text in files.items()}}


def ci_files(kit: Kit, plan: Plan | None = None) -> dict[str, str]:
    """Return the course's public repository `ci`: the workflow that students' repositories call, and the code that it runs.

    It speaks the language of `plan`, or English.
    """
    modules = [path for pattern in POSTING for path in sorted(CODE.glob(pattern))]
    copied = {f"grader/{path.relative_to(CODE).as_posix()}": path.read_text("utf-8") for path in modules}
    return {**_given(kit, CI), "grading.json": public_facts(plan or make_plan(kit)), **copied}


def _given(kit: Kit, folder: str) -> dict[str, str]:
    """Return the files that are handed on as they are written by hand in a folder of the kit."""
    given = kit.root / folder
    paths = (path for path in sorted(given.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(given).as_posix(): path.read_text("utf-8") for path in paths}


def _name_python(text: str, python: str) -> str:
    """Return a text of the starter that names `python` where it named PYTHON as the grader's."""
    for before, after in (("graded with Python ", "."), ('python-version: "', '"')):
        text = text.replace(f"{before}{PYTHON}{after}", f"{before}{python}{after}")
    return text


def _without_page(text: str) -> str:
    """Return the starter's README for a starter that holds the handout as Markdown alone."""
    for before, after in ((f"open `{PAGE}` in your browser. `handout.md` has the same text. It", "`handout.md`. It"), (f" {PAGE} ", " ")):
        text = text.replace(before, after)
    return text


def starters_list(kit: Kit, files: Mapping[str, str]) -> str:
    """Return the kit's list of starters that were handed out, with the one among these files."""
    path, source = kit.root / STARTERS, files["autodiff.py"]
    known = path.read_text("utf-8") if path.is_file() else ""
    digest = starter_hash(source.encode())
    version = next((line.split('"')[1] for line in source.splitlines() if line.startswith('STARTER = "')), "")
    return known if digest in known.split() else f"{known}{digest}  {version}\n"


def notebook_files(kit: Kit) -> dict[str, str]:
    """Return the nbgrader source notebook, which holds the solutions, and its figures: their paths in assignment/, and their content."""
    plan = make_plan(kit)
    text = (kit.root / "assignment" / "handout.md").read_text("utf-8")
    return {
        NOTEBOOK: source_notebook(kit, plan, first_steps(plan)),
        **figure_files(kit, text, f"{Path(NOTEBOOK).parent.as_posix()}/{FIGURES}"),
    }


def unfilled(kit: Kit, names: Iterable[str] = HANDED_OUT) -> Iterator[str]:
    """Yield a sentence for each place of the handout, and of the questions in words, that an instructor has still to fill in."""
    for name in names:
        path = kit.root / name
        for number, line in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else (), start=1):
            if PLACE in line:
                yield f"{path}:{number}: still to fill in: {line.replace(f'[{PLACE}]', '').strip(' >*')}"


def stale(files: Mapping[str, str], folder: Path) -> list[str]:
    """Return the names of the files that are missing in `folder` or differ from what would be released now."""
    return [name for name, content in files.items() if _read(folder / name) != content]


def write_files(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write the files into `folder` and return the paths."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, content)
        paths.append(path)
    return paths


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except OSError:
        return None
