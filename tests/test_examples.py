"""The sample cohort gets what its table says; its untouched starter is the starter."""

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import ROOT

COHORT = ROOT / "examples" / "cohort"


@pytest.mark.slow
def test_the_sample_cohort_gets_what_its_table_says(jury: Callable[[Iterable[Path]], Path]) -> None:
    with (jury(COHORT.iterdir()) / "cohort" / "grades.csv").open(newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    columns = ("node-creation", "topological-order", "forward", "bonus")
    graded = {name: [float(row[column]) for column in columns] for name, row in rows.items()}
    assert graded == table()


def test_the_picture_in_the_readme_shows_the_same_points() -> None:
    picture = re.sub(r"<[^>]*>", "", (ROOT / "docs" / "cohort.svg").read_text("utf-8")).replace("&#160;", " ")
    rows = re.findall(r"^([\w-]+) +([\d.]+)/35 +([\d.]+)/30 +([\d.]+)/35 +[\d.]+ +(\d+)", picture, re.MULTILINE)
    assert {name: list(map(float, scores)) for name, *scores in rows} == table()


def table() -> dict[str, list[float]]:
    """Return the points of the sample cohort's three steps and the bonus, as its README has them."""
    text = (ROOT / "examples" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|.*?\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return {name: list(map(float, scores)) for name, *scores in rows}


def test_the_untouched_starter_is_the_starter() -> None:
    assert (COHORT / "emeka42" / "autodiff.py").read_bytes() == (ROOT / "starter" / "autodiff.py").read_bytes()
