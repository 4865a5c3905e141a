"""What a regrade changes: who, by how much, in which criterion, and why; and that nobody loses unseen."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, Run

pytestmark = pytest.mark.slow

LOG = REFERENCE.replace("np.log(a.value)", "np.log2(a.value)")
SINE = REFERENCE.replace("[np.cos(a.value)]", "[-np.cos(a.value)]")


@pytest.fixture(scope="module")
def old(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    for name, source in (("ann", REFERENCE), ("bob", LOG), ("כהן, d", SINE)):
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(source)
    run("cohort", folder / "in", "--out", folder / "out", "--step", "node-creation")
    return folder / "out"


def told(run: Run, *arguments: object, status: int = 0) -> dict[str, Any]:
    return dict(json.loads(run("diff", *arguments, "--json", status=status).stdout))


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {change["submission"]: change for change in found["changes"]}


@pytest.fixture
def regraded(run: Run, old: Path, kit: Path, tmp_path: Path) -> Path:
    """The same answers under a rubric that pays two points more for partials and two less for values."""
    file = kit / "rubrics" / "1-node-creation.yaml"
    text = file.read_text("utf-8")
    head, _, tail = text.partition("id: values\n")
    assert "points: 5\n" in tail
    text = head + "id: values\n" + tail.replace("points: 5\n", "points: 3\n", 1)
    head, _, tail = text.partition("id: local_partials\n")
    text = head + "id: local_partials\n" + tail.replace("points: 6\n", "points: 8\n", 1)
    file.write_text(text, "utf-8")
    run("compare", old, "--out", tmp_path / "new", "--kit", kit, "--step", "node-creation")
    return tmp_path / "new"


def test_two_equal_runs_differ_in_nothing(run: Run, old: Path) -> None:
    assert told(run, old, old) == {"criteria": [], "changes": [], "not_accepted": []}
    assert run("diff", old, old, "--no-drops").stdout == "0 of 3 changed: 0 up, 0 down, 0 otherwise\n"


def test_a_changed_rubric_is_told_by_criterion(run: Run, old: Path, regraded: Path) -> None:
    found = by_name(told(run, old, regraded))
    assert all(change["reasons"] == ["rubric: it was changed"] for change in found.values())
    assert found["ann"]["before"] == found["ann"]["after"] == 35
    bob = {c["id"]: (c["before"], c["after"], c["note"]) for c in found["bob"]["criteria"]}
    assert bob["node-creation/local_partials"][2] == "worth 6 before, 8 now"
    moved = sum(after - before for before, after, _ in bob.values())
    assert found["bob"]["after"] - found["bob"]["before"] == pytest.approx(moved)
    assert found["כהן, d"]["after"] < found["כהן, d"]["before"]


def test_a_summary_by_criterion_comes_first(run: Run, old: Path, regraded: Path) -> None:
    found = told(run, old, regraded)
    rows = [criterion for change in found["changes"] for criterion in change["criteria"]]
    assert {summary["id"] for summary in found["criteria"]} == {row["id"] for row in rows}
    for summary in found["criteria"]:
        moves = [row["after"] - row["before"] for row in rows if row["id"] == summary["id"]]
        assert (summary["gained"], summary["lost"]) == (sum(by > 0 for by in moves), sum(by < 0 for by in moves))
        assert summary["points_gained"] - summary["points_lost"] == pytest.approx(sum(moves))
    summary = {each["id"]: each for each in found["criteria"]}["node-creation/values"]
    assert (summary["lost"], summary["notes"]) == (3, ["worth 5 before, 3 now"])
    _, summaries, *_ = run("diff", old, regraded).stdout.split("\n\n")
    assert summaries.startswith("By criterion:\n")
    [line] = [line for line in summaries.splitlines() if "node-creation/values" in line]
    assert line.startswith("  node-creation/values: 3 lost ")
    assert line.endswith(" in all (worth 5 before, 3 now)")


def test_unchanged_submissions_are_listed_on_request_alone(run: Run, old: Path, tmp_path: Path) -> None:
    new = changed(old, tmp_path / "new", "bob", score=1)
    assert "ann" not in run("diff", old, new).stdout
    assert "unchanged" not in told(run, old, new)
    [ann, other] = told(run, old, new, "--all")["unchanged"]
    assert ann == {"submission": "ann", "score": 35}
    assert f"Unchanged (2):\n  ann: 35\n  כהן, d: {other['score']:g}\n" in run("diff", old, new, "--all").stdout


def test_no_drops_wants_each_by_name_with_a_reason(run: Run, old: Path, regraded: Path, tmp_path: Path) -> None:
    down = [name for name, change in by_name(told(run, old, regraded)).items() if change["drop"]]
    assert down == ["כהן, d"]
    ended = run("diff", old, regraded, "--no-drops", status=1)
    assert "Not accepted: כהן, d" in ended.stdout
    accepted = tmp_path / "accepted.csv"
    for text, status in (
        ("id,reason\nann,why not\n", 1),
        ('id,reason\n"כהן, d",\n', 2),
        ('id,reason,score\n"כהן, d",partials matter more,1\n', 1),
        ('id,reason\n"כהן, d",partials matter more\n', 0),
        ("name,reason\nx,y\n", 2),
    ):
        accepted.write_text(text, "utf-8")
        run("diff", old, regraded, "--no-drops", "--accept", accepted, "--by", "ann", status=status)
    accepted.write_text('id,reason\n"כהן, d",partials matter more\n', "utf-8")
    run("diff", old, regraded, "--no-drops", "--accept", accepted)
    [entry] = json.loads(run("decisions", regraded, "--json").stdout)
    assert (entry["kind"], entry["id"], entry["by"], entry["reason"]) == ("accepted drop", "כהן, d", "ann", "partials matter more")


def changed(old: Path, folder: Path, name: str, **values: Any) -> Path:
    """A copy of the results in which one report's score or provenance is another."""
    shutil.copytree(old, folder)
    path = folder / name / "report.json"
    report = json.loads(path.read_text("utf-8"))
    for key, value in values.items():
        (report if key in report else report["provenance"])[key] = value
    path.write_text(json.dumps(report), "utf-8")
    return folder


REASONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another submission": ({"submission_sha256": "0" * 64}, ["submission: another one was graded"]),
    "another kit": ({"python": "3.99", "reference_sha256": "1" * 64}, ["kit: the reference, the Python version"]),
    "chance": ({}, ["nothing that is known: the same submission, rubric and kit; does it answer at random?"]),
    "both": (
        {"submission_sha256": "0" * 64, "rubric_sha256": "2" * 64},
        ["submission: another one was graded", "rubric: it was changed"],
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_each_change_has_its_reason(name: str, run: Run, old: Path, tmp_path: Path) -> None:
    values, reasons = REASONS[name]
    new = changed(old, tmp_path / "new", "bob", score=1, **values)
    found = by_name(told(run, old, new))
    assert list(found) == ["bob"]
    assert found["bob"]["reasons"] == reasons
    assert found["bob"]["drop"]


def test_who_is_gone_or_no_longer_graded_has_lost_something(run: Run, old: Path, tmp_path: Path) -> None:
    new = changed(old, tmp_path / "new", "bob", status="not graded", score=None, bonus=None, steps=[], notes=["no space"])
    shutil.rmtree(new / "ann")
    ended = run("diff", old, new, "--no-drops", status=1)
    assert "ann: 35 -> none\n  because of no longer among the results" in ended.stdout
    assert "status: graded before, not graded now" in ended.stdout
    assert "Not accepted: ann, bob" in ended.stdout
    assert run("diff", new, old, "--no-drops").returncode == 0
