"""Every submission of the jury gets what its first line says, step by step; and the jury tests the rubric's cases.

The quick layer takes every sixth right submission, and for each criterion one wrong submission that it catches (`killers.yaml`).
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import FULL, ROOT, report, selected, slow_but
from members import KILLERS, KILLERS_FILE, QUICK_RIGHT, QUICK_WRONG, RIGHT, WRONG

from grader.collect.trace_file import read_trace
from grader.compare import BATCH, Comparer
from grader.kit import Kit
from grader.plan.plan import Plan
from grader.plan.planner import make_plan


def first_line(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig").splitlines()[0]


def mistaken_steps(path: Path) -> set[str]:
    """Return the steps in which a wrong submission's mistake is, by its first line."""
    _, _, steps = first_line(path).rpartition("; loses ")
    return {step.strip() for step in steps.split(",")}


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest, jury: Callable[[Iterable[Path]], Path]) -> dict[Path, dict[str, Any]]:
    """The reports of those members that the selected tests look at."""
    members = sorted(selected(request, "path"))
    out = jury(members)
    return {path: report(out / path.parent.name, path.stem) for path in members}


def losing_steps(report: dict[str, Any]) -> set[str]:
    """Return the core steps that lost a point, and the extensions that lost a bonus point."""
    return {step["id"] for step in report["steps"] if any(lost(step, c) for c in step["criteria"])}


def lost(step: dict[str, Any], criterion: dict[str, Any]) -> bool:
    return criterion["score"] < criterion["max_score"] and (not step["max_score"] or not criterion["bonus"])


@pytest.mark.parametrize("path", slow_but(QUICK_RIGHT, RIGHT))
def test_a_right_submission_keeps_every_point(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    assert first_line(path).startswith("# right: ")
    assert losing_steps(reports[path]) & set(FULL) == set()


@pytest.mark.parametrize("path", slow_but(QUICK_WRONG, WRONG))
def test_a_wrong_submission_loses_in_its_own_steps_and_nowhere_else(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    assert first_line(path).startswith("# wrong: ")
    named = mistaken_steps(path)
    losing = losing_steps(reports[path])
    assert named <= losing
    assert losing & set(FULL) == named & set(FULL)


MOST_QUESTIONS = 500
ARRAYS_GIVEN = 52
"""Questions about arrays on given graphs, asked where a bonus criterion of arrays is not passed."""


@pytest.mark.parametrize("path", slow_but(QUICK_RIGHT, RIGHT))
def test_a_right_submission_is_asked_at_most_500_questions(path: Path, reports: dict[Path, dict[str, Any]], shared_folder: Path) -> None:
    """A case beyond that replaces one that adds nothing; `grader audit` names such cases."""
    assert reports[path]["status"] == "graded"
    trace = json.loads((shared_folder / "jury" / "right" / ".traces" / f"{path.stem}.json").read_text("utf-8"))
    more = ARRAYS_GIVEN if "arrays" in losing_steps(reports[path]) else 0
    assert len(trace["answers"]) <= MOST_QUESTIONS + more


# ---- the quick layer's sample --------------------------------------------------


def caught_by(path: Path, report: dict[str, Any]) -> set[str]:
    """Return the criteria that take points in the steps in which a wrong submission's mistake is."""
    steps = [step for step in report["steps"] if step["id"] in mistaken_steps(path)]
    return {f"{step['id']}/{c['id']}" for step in steps for c in step["criteria"] if c["score"] < c["max_score"]}


@pytest.mark.parametrize("path", [path for path in WRONG if path.stem in QUICK_WRONG], ids=lambda path: path.stem)
def test_a_killer_is_caught_by_the_criteria_that_name_it(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    assert {criterion for criterion, names in KILLERS.items() if path.stem in names} <= caught_by(path, reports[path])


def test_each_criterion_has_killers() -> None:
    steps = [yaml.safe_load(path.read_text("utf-8")) for path in (ROOT / "rubrics").glob("*.yaml")]
    criteria = {f"{step['step']}/{criterion['id']}" for step in steps for criterion in step["criteria"]}
    assert {name for name in criteria if not KILLERS.get(name)} == set(), REWRITE
    assert set(KILLERS) <= criteria, REWRITE
    assert {path.stem for path in WRONG} >= QUICK_WRONG, REWRITE


REWRITE = "run UPDATE_KILLERS=1 python -m pytest tests/compare/test_jury.py -k killers_of_a_criterion"
EACH = 1
"""So many killers of each criterion are in the quick layer."""


@pytest.mark.slow
def test_the_killers_of_a_criterion_are_those_that_lose_least_besides(jury: Callable[[Iterable[Path]], Path]) -> None:
    """What never ends comes last, for it takes long. Of equals the first by name counts."""
    out, found = jury(WRONG) / "wrong", defaultdict(list)
    for path in WRONG:
        got = report(out, path.stem)
        ends = any(c["outcome"] == "timeout" for step in got["steps"] for c in step["criteria"])
        for criterion in caught_by(path, got):
            found[criterion].append((ends, len(caught_by(path, got)), path.stem))
    chosen = {criterion: [name for _, _, name in sorted(found[criterion])[:EACH]] for criterion in sorted(found)}
    if os.environ.get("UPDATE_KILLERS"):
        KILLERS_FILE.write_text(yaml.safe_dump(chosen), "utf-8")
    assert yaml.safe_load(KILLERS_FILE.read_text("utf-8")) == chosen, REWRITE


# ---- the jury tests the rubric ------------------------------------------------


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(Kit.find(ROOT))


@pytest.fixture(scope="module")
def failed(jury: Callable[[Iterable[Path]], Path], plan: Plan) -> dict[str, set[tuple[str, str, str]]]:
    """The (step, criterion, case) that each wrong submission does not pass, hidden ones included."""
    out = jury(WRONG)
    found: dict[str, set[tuple[str, str, str]]] = {}
    comparer = Comparer(plan)
    for start in range(0, len(WRONG), BATCH):
        names = [path.stem for path in WRONG[start : start + BATCH]]
        results = comparer.compare({name: read_trace(out / "wrong" / ".traces" / f"{name}.json", plan.questions) for name in names})
        for name, criteria in results.items():
            assert isinstance(criteria, list)
            found[name] = {(r.step, r.criterion, case.id) for r in criteria for case in r.cases if case.outcome != "pass"}
    return found


@pytest.mark.slow
def test_no_case_is_idle(failed: dict[str, set[tuple[str, str, str]]], plan: Plan) -> None:
    everything = {(*name.split("/"), key.split("/")[1]) for name, keys in plan.expected["criteria"].items() for key in keys}
    assert everything - set.union(*failed.values()) == set()


@pytest.mark.slow
def test_without_any_one_hidden_case_no_wrong_submission_keeps_full_marks(failed: dict[str, set[tuple[str, str, str]]], plan: Plan) -> None:
    bonus = {(step.id, c.id) for step in plan.rubric.steps for c in step.criteria if c.bonus and step.points}
    public = {(step.id, c.id) for step in plan.rubric.steps for c in step.criteria if c.public}
    alone = []
    for name, cases in failed.items():
        by_step: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for step, criterion, case in cases:
            if (step, criterion) not in bonus:
                by_step[step].add((case, "public" if (step, criterion) in public else "hidden"))
        alone += [(name, step, *next(iter(found))) for step, found in by_step.items() if len({case for case, _ in found}) == 1]
    assert [entry for entry in alone if entry[-1] == "hidden"] == []


@pytest.mark.slow
def test_every_mistake_of_the_table_is_caught_where_it_says(failed: dict[str, set[tuple[str, str, str]]]) -> None:
    rows = re.findall(r"^\| \d+ \|.*\| `([\w-]+)` \| (.*) \|$", (ROOT / "docs" / "mistakes.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 40
    for name, cells in rows:
        named = set(re.findall(r"`([\w-]+)`", cells))
        assert named
        assert named <= {case for _, _, case in failed[name]}, name
