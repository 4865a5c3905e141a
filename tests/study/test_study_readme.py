"""study/README.md: each of its commands runs, in its order, on the made-up study; and what comes of it is what the text says."""

import csv
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Run, report

TEXT = (ROOT / "study" / "README.md").read_text("utf-8")
COMMANDS = [shlex.split(line) for block in re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def named(out: Path, name: str) -> set[str]:
    """Return the misconceptions that a student's report names; report.md and report.html name the same."""
    found = {c["diagnosis"]["id"] for step in report(out, name)["steps"] for c in step["criteria"] if c["diagnosis"]}
    for file in ("report.md", "report.html"):
        assert ("come from this belief" in (out / name / file).read_text("utf-8")) == bool(found), file
    return found


@pytest.mark.slow
def test_each_command_runs_and_the_study_comes_to_its_report(run: Run, tmp_path: Path) -> None:
    for folder in ("study", "examples"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    out, tables = tmp_path / "my-study" / "results", tmp_path / "my-study" / "tables"
    said = {}
    for program, *words in COMMANDS:
        assert program == "grader"
        more = ("--diagnosis",) if words[0] in ("cohort", "regrade") else ()
        name = words[1] if words[0] == "study" else words[0]
        if name == "withdraw":
            [before] = rows_of(tables, tmp_path, "kofi-b")
            assert before["arm"] == "no-diagnosis"
        if name == "close":
            assert [named(out, student) for student in ("goran-m", "freya-l", "bjorn-k")] == [
                {"order-level-by-level"}, {"forward-keeps-one-contribution"}, set(),
            ]  # fmt: skip
        said[name] = run(*words, *more, cwd=tmp_path).stdout
    assert list(said) == ["power", "assign", "cohort", "data", "withdraw", "analyse", "close", "regrade"]

    assert (tmp_path / "my-study" / "study.key").stat().st_mode & 0o777 == 0o600
    hidden = [row for row in rows(tables / "misconceptions.csv") if row["shown"] == "no"]
    assert [row["misconception"] for row in hidden] == ["arrays-with-the-math-module"]
    assert len(rows(tables / "students.csv")) == 11
    assert rows_of(tables, tmp_path, "kofi-b") == []
    assert "| erased at their wish | 1 | 0 |" in (tables / "analysis.md").read_text("utf-8")
    assert "The interval holds 0" in said["analyse"]
    assert json.loads((tables / "design.json").read_text("utf-8"))["randomised"] == {"no-diagnosis": 6, "diagnosis": 6}
    assert "kofi-b" in report(out, "kofi-b")["submission"]
    assert named(out, "bjorn-k") == {"arrays-with-the-math-module"}


def rows_of(tables: Path, folder: Path, person: str) -> list[dict[str, str]]:
    from grader.results.study_erasure import pseudonym, read_key

    name = pseudonym(read_key(folder / "my-study" / "study.key"), person)
    return [row for row in rows(tables / "students.csv") if row["student"] == name]


def test_every_command_of_study_is_in_the_readme() -> None:
    from grader.commands.study import study

    assert set(study.commands) == {words[2] for words in COMMANDS if words[1] == "study"}
