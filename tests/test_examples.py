"""The sample cohort gets what its table says; its untouched starter is the starter."""

import csv
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import ROOT, report

COHORT = ROOT / "examples" / "cohort"


@pytest.mark.slow
def test_the_sample_cohort_gets_what_its_table_says(jury: Callable[[Iterable[Path]], Path]) -> None:
    with (jury(COHORT.iterdir()) / "cohort" / "grades.csv").open(newline="") as file:
        rows = {row["submission"]: row for row in csv.DictReader(file)}
    columns = ("node-creation", "topological-order", "forward", "bonus")
    graded = {name: [float(row[column]) for column in columns] for name, row in rows.items()}
    assert graded == table()


@pytest.mark.slow
def test_the_picture_in_the_readme_shows_the_report_of_today(jury: Callable[[Iterable[Path]], Path]) -> None:
    graded = report(jury(COHORT.iterdir()) / "cohort", "hana-suz")
    found = {(str(c["score"]), str(c["passed"]), str(c["cases_total"])) for step in graded["steps"] for c in step["criteria"]}
    shown = re.findall(r"fail +([\d.]+)/\d+ [^\n]*\n +(\d+) of (\d+) hidden cases passed", picture())
    assert shown
    assert set(shown) <= found


def test_the_picture_in_the_readme_shows_the_same_points() -> None:
    rows = re.findall(r"^([\w-]+) +([\d.]+)/35 +([\d.]+)/30 +([\d.]+)/35 +[\d.]+ +(\d+)", picture(), re.MULTILINE)
    assert {name: list(map(float, scores)) for name, *scores in rows} == table()


def picture() -> str:
    """Return the text of the picture, which `python docs/cohort_picture.py` makes."""
    return re.sub(r"<[^>]*>", "", (ROOT / "docs" / "cohort.svg").read_text("utf-8")).replace("&#160;", " ")


def table() -> dict[str, list[float]]:
    """Return the points of the sample cohort's three steps and the bonus, as its README has them."""
    text = (ROOT / "examples" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \|.*?\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return {name: list(map(float, scores)) for name, *scores in rows}


def test_the_untouched_starter_is_the_starter() -> None:
    assert (COHORT / "emeka42" / "autodiff.py").read_bytes() == (ROOT / "starter" / "autodiff.py").read_bytes()
