"""Twelve submissions of the released notebook: right, wrong, mangled and hostile."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Notebook = dict[str, Any]


def released_and_solved(course: Path) -> tuple[str, str]:
    """Return the released notebook, and one with the solutions in the place of the stubs."""
    released = (course / "release" / "autodiff" / "autodiff.ipynb").read_text()
    notebook = json.loads(released)
    source = json.loads((course / "source" / "autodiff" / "autodiff.ipynb").read_text())
    solutions = {cell["id"]: "".join(cell["source"]) for cell in source["cells"]}
    for cell in notebook["cells"]:
        if cell["id"].startswith(("solution-", "written-")):
            cell["source"] = "\n".join(line for line in solutions[cell["id"]].splitlines() if not line.strip().startswith("### "))
    return released, json.dumps(notebook)


def code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, "id": f"own-{len(source)}"}


def index(notebook: Notebook, name: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == name)


def with_program(notebook: Notebook, program: str) -> Notebook:
    """Return the notebook with a whole program in the first solution cell, and no other solution cells."""
    kept = [c for c in notebook["cells"] if not c["id"].startswith("solution-") or c["id"] == "solution-create_node"]
    notebook = copy.deepcopy({**notebook, "cells": kept})
    notebook["cells"][index(notebook, "solution-create_node")]["source"] = program
    return notebook


def unfinished(released: Notebook, solved: Notebook) -> Notebook:
    solved["cells"][index(solved, "solution-forward")] = released["cells"][index(released, "solution-forward")]
    return solved


def breadth_first(released: Notebook, solved: Notebook) -> Notebook:
    return with_program(released, (ROOT / "tests/submissions/wrong/order-breadth-first.py").read_text())


def deleted(_: Notebook, solved: Notebook) -> Notebook:
    gone = ("public-", "handout-", "node-creation", "forward", "solution-forward", "solution-backward", "written-static")
    solved["cells"] = [cell for cell in solved["cells"] if not cell["id"].startswith(gone)]
    return solved


def mangled(released: Notebook, solved: Notebook) -> Notebook:
    """Reordered, duplicated, retyped and renamed cells, marks of another version, of no form, with other points."""
    cells = solved["cells"]
    cells.insert(0, cells.pop(index(solved, "forward")))
    cells.insert(2, copy.deepcopy(released["cells"][index(released, "solution-mul")]))  # the solved one comes later, and counts
    cells.append(copy.deepcopy(cells[index(solved, "topological-order")]))
    retyped = cells[index(solved, "solution-topological_order")]
    retyped["cell_type"] = "markdown"
    retyped.pop("outputs"), retyped.pop("execution_count")
    marks = {name: cells[index(solved, name)]["metadata"]["nbgrader"] for name in ("node-creation", "forward", "solution-add", "reverse")}
    marks["node-creation"] |= {"points": 1e9, "schema_version": 99}
    marks["forward"] |= {"schema_version": 0}
    marks["solution-add"] |= {"grade_id": "solution-<b>add</b>", "checksum": 7}
    marks["reverse"] |= {"grade_id": ["reverse"], "grade": "yes"}
    cells[index(solved, "arrays")]["metadata"]["nbgrader"] = "mine"
    cells[index(solved, "written-forward-or-reverse")]["cell_type"] = "code"
    return solved


def magics(_: Notebook, solved: Notebook) -> Notebook:
    cells = solved["cells"]
    for i, source in enumerate(["%load_ext autoreload\n!rm -rf ~\nfiles = !ls", "%%bash\nrm -rf ~", "1 / 0", "Node?", "def (", "await x"]):
        cells.insert(3 * i, code(source))
    solution = cells[index(solved, "solution-forward")]
    solution["source"] = "%%time\n" + solution["source"]
    return solved


def endless(_: Notebook, solved: Notebook) -> Notebook:
    solved["cells"].append(code("while True:\n    pass"))
    return solved


def hostile(_: Notebook, solved: Notebook) -> Notebook:
    """Floods of output and markup in messages; and what a graded cell would be given its points for."""
    solved["cells"].append(code("import os\nprint('x' * 1_000_000)\nos.system('touch /tmp/owned')"))
    flood = {"output_type": "stream", "name": "stdout", "text": ["<b>flood</b>\n"] * 20_000}
    full = {"output_type": "execute_result", "data": {"text/plain": "35"}, "metadata": {}, "execution_count": 1}
    for cell in solved["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [flood, full]
    markup = "<script>alert(1)</script><img src=x onerror=alert(1)>![x](http://evil/) [y](javascript:alert(1)) \x1b[31m \u202e ::error::"
    solved["cells"][index(solved, "solution-exp")]["source"] = f"def exp(a):\n    raise ValueError({markup!r})"
    return solved


def large(_: Notebook, solved: Notebook) -> Notebook:
    """More than 50 MB of outputs, in which brackets and quotes stand."""
    shown = {"output_type": "stream", "name": "stdout", "text": ['[{"outputs": \\ ]}' * 60_000]}
    for cell in solved["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [shown, shown]
    return solved


SUBMISSIONS: dict[str, Callable[[Notebook, Notebook], Notebook | str]] = {
    "right": lambda released, solved: solved,
    "late": lambda released, solved: solved,
    "untouched": lambda released, solved: released,
    "unfinished": unfinished,
    "breadth-first": breadth_first,
    "deleted": deleted,
    "mangled": mangled,
    "magics": magics,
    "no-notebook": lambda released, solved: '{"cells": [',
    "endless": endless,
    "hostile": hostile,
    "large": large,
}
