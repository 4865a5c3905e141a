"""The sample cohort gets what its table says; its untouched starter is the starter."""

import csv
import re
from pathlib import Path

from conftest import ROOT, Run

COHORT = ROOT / "examples" / "cohort"


def test_the_sample_cohort_gets_what_its_table_says(run: Run, tmp_path: Path) -> None:
    run("cohort", COHORT, "--out", tmp_path, "--quiet")
    with (tmp_path / "grades.csv").open(newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    columns = ("node-creation", "topological-order", "forward", "bonus")
    graded = {name: [float(row[column]) for column in columns] for name, row in rows.items()}
    table = re.findall(r"^\| `([\w-]+)` \|.*?\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", told(), re.MULTILINE)
    assert graded == {name: list(map(float, scores)) for name, *scores in table}


def told() -> str:
    return (ROOT / "examples" / "README.md").read_text("utf-8")


def test_the_untouched_starter_is_the_starter() -> None:
    assert (COHORT / "emeka42" / "autodiff.py").read_bytes() == (ROOT / "starter" / "autodiff.py").read_bytes()
