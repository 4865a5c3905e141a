"""class.html, class.json and criteria.csv in OUT never contradict the results: a command that changes results rewrites or deletes them."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from made_reports import made_report, put_reports

FILES = ("class.html", "class.json", "criteria.csv")


@pytest.fixture
def out(run: Run, tmp_path: Path) -> Path:
    """Results of three people, and the class page on them."""
    out = put_reports(tmp_path / "out", *(made_report(name, {"first/easy": 4, "first/hard": 3}) for name in ("ann", "bob", "eve")))
    run("class", out, "--quiet")
    return out


def scores(out: Path) -> dict[str, Any]:
    data = json.loads((out / "class.json").read_text("utf-8"))
    return {entry["submission"]: entry["score"] for entry in data["submissions"]}


def put_points(folder: Path, *rows: str) -> Path:
    (folder / "points.csv").write_text("\n".join(["id,criterion,points,reason", *rows, ""]), "utf-8")
    return folder / "points.csv"


def test_a_decision_writes_the_class_again_and_says_so(run: Run, out: Path, tmp_path: Path) -> None:
    assert scores(out) == {"ann": 7, "bob": 7, "eve": 7}
    said = run("points", out, put_points(tmp_path, "bob,first/hard,6,agreed"), "--by", "t").stderr
    assert f"class.html, class.json, criteria.csv in {out} are written again, too" in said
    assert scores(out) == {"ann": 7, "bob": 10, "eve": 7}
    assert "bob" in (out / "criteria.csv").read_text("utf-8")
    (tmp_path / "times.csv").write_text("id,handed_in\nann,2026-12-03T00:00+01:00\n", "utf-8")
    (tmp_path / "policy.yaml").write_text("due: 2026-11-30T23:59+01:00\nper_day: 1\n", "utf-8")
    run("late", out, "--policy", tmp_path / "policy.yaml", "--times", tmp_path / "times.csv")
    assert scores(out)["ann"] < 7


def test_pseudonyms_stay_pseudonyms(run: Run, out: Path, tmp_path: Path) -> None:
    run("class", out, "--quiet", "--pseudonyms")
    run("points", out, put_points(tmp_path, "bob,first/hard,6,agreed"), "--by", "t")
    assert sorted(scores(out).values()) == [7, 7, 10]
    assert not [name for name in FILES if "bob" in (out / name).read_text("utf-8")]


def test_who_is_forgotten_is_not_in_the_class(run: Run, out: Path) -> None:
    run("forget", out, "eve")
    assert scores(out) == {"ann": 7, "bob": 7}
    assert not [name for name in FILES if "eve" in (out / name).read_text("utf-8")]


def test_a_run_writes_the_class_again(run: Run, out: Path, tmp_path: Path) -> None:
    (tmp_path / "new.pdf").write_bytes(b"%PDF-1.7")
    run("grade", tmp_path / "new.pdf", "--out", out, "--quiet")
    found = json.loads((out / "class.json").read_text("utf-8"))
    assert "new" in json.dumps(found["without_points"])


def test_after_a_run_that_did_not_finish_there_is_no_class(run: Run, out: Path, tmp_path: Path) -> None:
    run("points", out, put_points(tmp_path, "bob,first/hard,6,agreed"), "--by", "t")  # writes an index
    index = json.loads((out / ".index.json").read_text("utf-8"))
    index["submissions"]["eve"]["pending"] = "cohort"
    (out / ".index.json").write_text(json.dumps(index), "utf-8")
    said = run("points", out, put_points(tmp_path, "bob,first/hard,5,agreed"), "--by", "t").stderr
    assert "showed earlier results and are deleted: make them again with `grader class`" in said
    assert not [name for name in FILES if (out / name).exists()]


def test_files_of_others_under_these_names_stay(run: Run, out: Path, tmp_path: Path) -> None:
    for name in FILES:
        (out / name).write_text("mine", "utf-8")
    run("points", out, put_points(tmp_path, "bob,first/hard,6,agreed"), "--by", "t")
    assert [(out / name).read_text("utf-8") for name in FILES] == ["mine"] * 3
