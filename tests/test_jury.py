"""Every submission of the jury gets what its first line says, step by step; and the jury tests the rubric's cases."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, ROOT, SUBMISSIONS, Run, report

from grader.compare import BATCH, Comparer
from grader.kit import Kit
from grader.plan import Plan, make_plan
from grader.traces import read_trace

RIGHT = sorted((SUBMISSIONS / "right").iterdir())
WRONG = sorted((SUBMISSIONS / "wrong").iterdir())


def first_line(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig").splitlines()[0]


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole jury, graded."""
    out = tmp_path_factory.mktemp("jury")
    for kind in ("right", "wrong"):
        run("cohort", SUBMISSIONS / kind, "--out", out / kind, "--quiet")
    return out


@pytest.fixture(scope="module")
def reports(out: Path) -> dict[Path, dict[str, Any]]:
    return {path: report(out / path.parent.name, path.stem) for path in (*RIGHT, *WRONG)}


def losing_steps(report: dict[str, Any]) -> set[str]:
    """Return the core steps that lost a point, and the extensions that lost a bonus point."""
    return {step["id"] for step in report["steps"] if any(lost(step, c) for c in step["criteria"])}


def lost(step: dict[str, Any], criterion: dict[str, Any]) -> bool:
    return criterion["score"] < criterion["max_score"] and (not step["max_score"] or not criterion["bonus"])


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: path.stem)
def test_a_right_submission_keeps_every_point(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    assert first_line(path).startswith("# right: ")
    assert losing_steps(reports[path]) & set(FULL) == set()


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_submission_loses_in_its_own_steps_and_nowhere_else(path: Path, reports: dict[Path, dict[str, Any]]) -> None:
    head, _, steps = first_line(path).rpartition("; loses ")
    assert head.startswith("# wrong: ")
    named = {step.strip() for step in steps.split(",")}
    losing = losing_steps(reports[path])
    assert named <= losing
    assert losing & set(FULL) == named & set(FULL)


# ---- the jury tests the rubric ------------------------------------------------


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(Kit.find(ROOT))


@pytest.fixture(scope="module")
def failed(out: Path, plan: Plan) -> dict[str, set[tuple[str, str, str]]]:
    """The (step, criterion, case) that each wrong submission does not pass, hidden ones included."""
    found: dict[str, set[tuple[str, str, str]]] = {}
    comparer = Comparer(plan)
    for start in range(0, len(WRONG), BATCH):
        names = [path.stem for path in WRONG[start : start + BATCH]]
        results = comparer.compare({name: read_trace(out / "wrong" / ".traces" / f"{name}.json", plan.questions) for name in names})
        for name, criteria in results.items():
            assert isinstance(criteria, list)
            found[name] = {(r.step, r.criterion, case.id) for r in criteria for case in r.cases if case.outcome != "pass"}
    return found


def test_no_case_is_idle(failed: dict[str, set[tuple[str, str, str]]], plan: Plan) -> None:
    everything = {(*name.split("/"), key.split("/")[1]) for name, keys in plan.expected["criteria"].items() for key in keys}
    assert everything - set.union(*failed.values()) == set()


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


def test_every_mistake_of_the_table_is_caught_where_it_says(failed: dict[str, set[tuple[str, str, str]]]) -> None:
    rows = re.findall(r"^\| \d+ \|.*\| `([\w-]+)` \| (.*) \|$", (ROOT / "docs" / "mistakes.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 40
    for name, cells in rows:
        named = set(re.findall(r"`([\w-]+)`", cells))
        assert named
        assert named <= {case for _, _, case in failed[name]}, name
