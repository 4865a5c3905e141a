"""A kit with three cases, so that a submission is graded within hundredths of a second, and the command line in this process.

write_rubric(kit, RUBRICS["first"])     other points, another hint, a criterion less, or another case
with in_this_process(cache): ...        what `command` needs
ended = command("cohort", works, "--out", out)
"""

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from conftest import REFERENCE

import grader.cohort.runner
import grader.plan.oracle  # before the sandbox is replaced, for it must keep its own
import grader.sandbox
from grader.cli import main
from grader.course import decision_log, decision_names
from grader.course.roster import _facts

NODES = "exp(sin(x)) / (cos(y) + 3) - log(x*y) at x=1.2, y=0.6"
"""One program of all operators, for each of which a rubric must have a case."""


@dataclass(frozen=True)
class Rubric:
    """The points of each criterion, `style` being given by people; None leaves it out."""

    values: int
    style: int | None
    order: int
    forward: int
    hint: str = "Work it out by hand."
    graph: str = "A->B, A->C, B->D, C->D"

    @property
    def points(self) -> dict[str, int]:
        """Return the most points of each criterion."""
        found = {"values": self.values, "style": self.style, "simple_graphs": self.order, "chain_rule": self.forward}
        return {name: points for name, points in found.items() if points is not None}

    @property
    def most(self) -> int:
        return sum(self.points.values())


RUBRICS = {
    "first": Rubric(30, 10, 20, 40),
    "points and hints": Rubric(20, 10, 20, 70, hint="Think again."),
    "without": Rubric(40, None, 20, 40),
    "case": Rubric(30, 10, 20, 40, graph="A->B, B->C, A->C"),
}
SOURCES = {
    "right": REFERENCE,
    "half": REFERENCE.replace("    tangents = {root: 1.0}", "    return\n    tangents = {root: 1.0}"),
    "nothing": "x = 1\n",
    "syntax": "def add(a, b:\n",
}
PASSED = {"right": {"values", "simple_graphs", "chain_rule"}, "half": {"values", "simple_graphs"}, "nothing": set(), "syntax": set()}
"""The criteria that each source passes."""


def write_rubric(kit: Path, rubric: Rubric) -> None:
    """Write a rubric of three cases into a kit, in place of its own."""
    for path in (kit / "rubrics").glob("*.yaml"):
        path.unlink()
    style = {"id": "style", "points": rubric.style, "public": True, "says": "It reads well.", "hint": "Ask somebody.", "manual": True}
    steps = {
        "1": _step("node-creation", ["create_node", "operators"], "nodes", "values", rubric.values, NODES, rubric.hint, style),
        "2": _step("topological-order", ["topological_order"], "order", "simple_graphs", rubric.order, rubric.graph, rubric.hint),
        "3": _step("forward", ["forward"], "forward", "chain_rule", rubric.forward, "A->B, B->C", rubric.hint),
    }
    for name, step in steps.items():
        (kit / "rubrics" / f"{name}.yaml").write_text(yaml.safe_dump(step, sort_keys=False))


def _step(name: str, functions: list[str], asks: str, criterion: str, points: int, case: str, hint: str, *more: dict[str, Any]) -> Any:
    manual = [each for each in more if each["points"] is not None]
    found = {
        "id": criterion, "points": points, "public": asks != "order", "scoring": "all-or-nothing",
        "says": f"The answers to {asks} are right.", "hint": hint, "cases": ["all"],
    }  # fmt: skip
    return {
        "step": name, "title": name, "points": points + sum(each["points"] for each in manual), "functions": functions, "asks": asks,
        "cases": {"all": {f"the-{name}": case}}, "criteria": [found, *manual],
    }  # fmt: skip


@contextmanager
def in_this_process(cache: Path) -> Iterator[None]:
    """Run commands here: with one sandbox for all of them, and a cache of their own."""
    threshold = gc.get_threshold()
    with pytest.MonkeyPatch.context() as patch, grader.sandbox.Sandbox("core") as sandbox:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        cache.mkdir(exist_ok=True)
        patch.setattr(tempfile, "tempdir", str(cache))  # a command that is killed leaves its temporary files
        for room in (grader.sandbox, grader.cohort.runner):
            patch.setattr(room, "Sandbox", lambda *_: nullcontext(sandbox))
        patch.setattr(os, "fsync", lambda _: None)  # whoever is killed loses nothing that was written
        yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


def command(*arguments: object) -> Result:
    """Run a command line here. What a process remembers of files is forgotten before, as if this was another one."""
    for remembered in (decision_log._state, decision_names._people, _facts):
        remembered.cache_clear()
    found = [str(argument) for argument in arguments]
    if found[0] in ("grade", "cohort", "compare", "regrade"):
        found += ["--no-diagnosis", "--jobs", "1"]
    if found[0] in ("grade", "cohort", "collect"):
        found += ["--sandbox", "core"]
    here = os.getcwd()
    try:
        return CliRunner().invoke(main, found, catch_exceptions=False)
    finally:
        assert os.getcwd() == here
