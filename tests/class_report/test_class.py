"""`grader class`: what class.json and criteria.csv hold, against examples that were computed by hand."""

import csv
import json
import random
from collections.abc import Callable, Iterator
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run
from jsonschema import Draft202012Validator
from made_reports import made_report, put_reports, unusable

from grader.class_report import item_analysis

SCHEMA = json.loads((ROOT / "grader" / "schemas" / "class.schema.json").read_text("utf-8"))
Shown = Callable[..., dict[str, Any]]


@pytest.fixture
def shown(run: Run, tmp_path: Path) -> Shown:
    """Write reports, run `grader class` and return class.json, which fits its schema."""

    def shown(*reports: dict[str, Any], options: tuple[object, ...] = ()) -> dict[str, Any]:
        put_reports(tmp_path / "out", *reports)
        run("class", tmp_path / "out", *options)
        data = json.loads((tmp_path / "out" / "class.json").read_text("utf-8"))
        assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)] == []
        return dict(data)

    return shown


def criterion(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(c) for c in data["criteria"] if f"{c['step']}/{c['id']}" == name)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---- the schema ---------------------------------------------------------------


def test_the_schema_describes_every_key_and_allows_no_other() -> None:
    def objects(part: Any) -> Iterator[dict[str, Any]]:
        for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from objects(below)
        if isinstance(part, dict) and part.get("type") == "object" and "properties" in part:
            yield part

    Draft202012Validator.check_schema(SCHEMA)
    found = list(objects(SCHEMA))
    assert len(found) > 8
    assert [key for part in found for key, entry in part["properties"].items() if "description" not in entry] == []
    assert [part for part in found if part["additionalProperties"] is not False] == []
    assert [part for part in found if set(part["required"]) != set(part["properties"])] == []


# ---- statistics ---------------------------------------------------------------


def test_steps_are_summed_up_and_distributed_in_tenths(shown: Shown) -> None:
    data = shown(
        made_report("a", {"first/easy": 4, "first/hard": 6, "second/late": 10}),
        made_report("b", {"first/easy": 4, "first/hard": 0, "second/late": 10}),
        made_report("c", {"first/easy": 4, "first/hard": 3, "second/late": 1}),
        made_report("d", {"first/easy": 0, "first/hard": 0, "second/late": 0}),
    )
    first, second = data["steps"]
    # first: 10, 4, 7, 0 of 10 points; mean 21/4; median of 0, 4, 7, 10 is 5.5
    assert first == {
        "id": "first", "title": "First", "max_score": 10, "number": 4, "mean": 5.25, "median": 5.5, "full": 1, "zero": 1,
        "distribution": [1, 0, 0, 0, 1, 0, 0, 1, 0, 1],
    }  # fmt: skip
    assert (second["full"], second["zero"], second["distribution"]) == (2, 1, [1, 1, 0, 0, 0, 0, 0, 0, 0, 2])
    assert (data["graded"], data["max_score"], data["score"]["mean"]) == (4, 20, 10.5)  # 20, 14, 8, 0
    assert [row["submission"] for row in data["submissions"]] == ["a", "b", "c", "d"]


def test_difficulty_is_the_mean_share_and_comes_with_its_count(shown: Shown) -> None:
    data = shown(*(made_report(f"s{i}", {"first/easy": p, "first/hard": 6}) for i, p in enumerate((4, 4, 2, 0))))
    easy = criterion(data, "first/easy")
    assert (easy["difficulty"], easy["number"], easy["full"], easy["zero"]) == (0.625, 4, 2, 1)  # (1 + 1 + 1/2 + 0) / 4
    assert easy["outcomes"] == {"fail": 2, "pass": 2}
    assert criterion(data, "first/hard")["difficulty"] == 1


def ten(easy: list[float], hard: list[float]) -> list[dict[str, Any]]:
    return [made_report(f"s{i}", {"first/easy": e, "first/hard": h}) for i, (e, h) in enumerate(zip(easy, hard, strict=True))]


def test_discrimination_is_correlated_with_the_other_criteria_alone(shown: Shown) -> None:
    easy, hard = [4, 4, 4, 4, 4, 0, 0, 0, 0, 0], [6, 6, 6, 6, 0, 6, 0, 0, 0, 0]
    data = shown(*ten(easy, hard))
    # Two criteria: the rest of one is the other. Of five with points in the first four have points in the second, of the others
    # one: phi = (4*4 - 1*1) / sqrt(5*5*5*5) = 15/25. The uncorrected correlation with the total would be 0.85.
    assert criterion(data, "first/easy")["discrimination"]["value"] == 0.6
    assert criterion(data, "first/hard")["discrimination"]["value"] == 0.6
    # Fisher: atanh(0.6) = ln(4)/2 = 0.693147; 1.959964 / sqrt(7) = 0.740797; tanh(-0.047650) and tanh(1.433944)
    assert criterion(data, "first/easy")["discrimination"] == {"value": 0.6, "low": -0.0476, "high": 0.8925, "number": 10}


def test_there_is_no_discrimination_below_ten_submissions_nor_where_all_are_alike(shown: Shown) -> None:
    data = shown(*ten([4, 0, 4, 0, 4, 0, 4, 0, 4], [6, 0, 6, 0, 6, 0, 6, 0, 6]))
    assert [c["discrimination"] for c in data["criteria"]] == [None, None]


def test_a_criterion_that_all_have_says_nothing_of_anybody(shown: Shown) -> None:
    data = shown(*ten([4] * 10, [6, 0] * 5))
    assert [c["discrimination"] for c in data["criteria"]] == [None, None]


def test_bonus_is_correlated_with_the_core_and_is_in_no_other_rest(shown: Shown) -> None:
    data = shown(*(made_report(f"s{i}", {"first/easy": 4 * (i % 2), "third/extra": 5 * (i % 2)}) for i in range(10)))
    assert criterion(data, "third/extra")["discrimination"]["value"] == 1
    assert criterion(data, "first/easy")["discrimination"] is None  # there is no other core criterion
    assert (data["steps"][1]["max_score"], data["steps"][1]["distribution"]) == (0, None)
    assert data["submissions"][0]["bonus"] == 5


def test_the_correlation_is_numpys() -> None:
    numpy = pytest.importorskip("numpy")
    draw = random.Random(21)
    for number in (2, 3, 10, 31, 200):
        first = [draw.choice([0.0, 1.5, 4.0]) for _ in range(number - 1)] + [2.0]
        second = [x * draw.random() + draw.choice([0, 5]) for x in first]
        found = item_analysis.correlation(first, second)
        assert found is not None
        assert isclose(found, numpy.corrcoef(first, second)[0, 1], rel_tol=1e-9, abs_tol=1e-12)


def test_the_interval_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    draw = random.Random(22)
    for number in (10, 30, 200):
        first = [draw.gauss(0, 1) for _ in range(number)]
        second = [x + draw.gauss(0, 1) for x in first]
        theirs = stats.pearsonr(first, second)
        ours = item_analysis.discrimination(first, second)
        assert ours is not None
        assert isclose(ours.value, theirs.statistic, rel_tol=1e-9)
        assert isclose(ours.low, theirs.confidence_interval(0.95).low, rel_tol=1e-9)
        assert isclose(ours.high, theirs.confidence_interval(0.95).high, rel_tol=1e-9)


@pytest.mark.parametrize(("share", "bin"), [(0, 0), (0.0999, 0), (0.1, 1), (0.3, 3), (0.7, 7), (0.8999, 8), (0.9, 9), (1, 9)])
def test_a_share_lies_in_its_tenth_whatever_floating_point_makes_of_it(share: float, bin: int) -> None:
    assert item_analysis.distribution([share])[bin] == 1


# ---- lists --------------------------------------------------------------------


def test_a_misconception_counts_once_for_a_submission(shown: Shown) -> None:
    sums = {"id": "sums-once", "says": "Only one operand counts."}
    other = {"id": "breadth-first", "says": "Level by level is an order."}
    data = shown(
        made_report("a", {"first/easy": 0, "first/hard": 0}, diagnoses={"first/easy": sums, "first/hard": sums}),
        made_report("b", {"first/easy": 4, "first/hard": 0}, diagnoses={"first/hard": sums}),
        made_report("c", {"first/easy": 0, "first/hard": 6}, diagnoses={"first/easy": other}),
    )
    assert data["misconceptions"] == [
        sums | {"criteria": ["first/easy", "first/hard"], "submissions": ["a", "b"]},
        other | {"criteria": ["first/easy"], "submissions": ["c"]},
    ]


def test_identical_files_are_grouped_and_untouched_starters_are_marked(shown: Shown) -> None:
    unwritten = {"first/easy": "unwritten"}
    data = shown(
        made_report("a", {"first/easy": 4}, source="same"),
        made_report("b", {"first/easy": 4}, source="same"),
        made_report("c", {"first/easy": 0}, source="starter", outcomes=unwritten),
        made_report("d", {"first/easy": 0}, source="starter", outcomes=unwritten),
        made_report("e", {"first/easy": 0}, source="starter", outcomes=unwritten),
        made_report("f", {"first/easy": 4}),
    )
    found = [(group["submissions"], group["wrote_nothing"]) for group in data["identical"]]
    assert found == [(["c", "d", "e"], True), (["a", "b"], False)]


def test_everybody_without_points_is_listed_with_the_reason(shown: Shown, run: Run, tmp_path: Path) -> None:
    data = shown(made_report("a", {"first/easy": 4}), unusable("b", "There is no program."), unusable("c", "The archive is damaged."))
    assert data["without_points"] == [
        {"submission": "b", "status": "unusable", "score": None, "says": "There is no program."},
        {"submission": "c", "status": "unusable", "score": None, "says": "The archive is damaged."},
    ]
    assert data["graded"] == 1
    run("points", tmp_path / "out", "--unusable", "0", "--by", "ann")
    run("class", tmp_path / "out")
    after = json.loads((tmp_path / "out" / "class.json").read_text("utf-8"))
    assert [entry["score"] for entry in after["without_points"]] == [0, 0]


def test_points_that_people_gave_count_and_what_waits_is_no_zero(shown: Shown, run: Run, tmp_path: Path) -> None:
    by_hand = {"manual": ("second/late",)}
    works = {"a": {"first/easy": 4, "second/late": 0}, "b": {"first/easy": 0, "second/late": 0}}
    shown(*(made_report(name, points, **by_hand) for name, points in works.items()))
    given = tmp_path / "points.csv"
    given.write_text("id,criterion,points,reason\na,late,7,read it\nb,easy,3,agreed in class\n", "utf-8")
    run("points", tmp_path / "out", given, "--by", "ann")
    run("class", tmp_path / "out")
    data = json.loads((tmp_path / "out" / "class.json").read_text("utf-8"))
    late, easy = criterion(data, "second/late"), criterion(data, "first/easy")
    assert (late["number"], late["difficulty"], late["manual"]) == (1, 0.7, True)
    assert easy["difficulty"] == 0.875  # (4/4 + 3/4) / 2
    assert data["waiting"] == [{"submission": "b", "criteria": ["second/late"]}]
    assert {row["submission"]: (row["score"], row["points"], row["provisional"]) for row in data["submissions"]} == {
        "a": (11, [4, 7], False),
        "b": (3, [3, None], True),
    }
    assert [row["second/late"] for row in rows(tmp_path / "out" / "criteria.csv")] == ["7", ""]


# ---- files --------------------------------------------------------------------


def test_the_table_of_criteria_has_a_row_a_submission_and_no_formula(shown: Shown, tmp_path: Path) -> None:
    shown(made_report("=cmd()", {"first/easy": 4, "first/hard": 1.5}), made_report("b", {"first/easy": 0, "first/hard": 0}))
    assert rows(tmp_path / "out" / "criteria.csv") == [
        {"submission": "'=cmd()", "score": "5.5", "bonus": "0", "provisional": "no", "first/easy": "4", "first/hard": "1.5"},
        {"submission": "b", "score": "0", "bonus": "0", "provisional": "no", "first/easy": "0", "first/hard": "0"},
    ]


def test_pseudonyms_stay_the_same_and_no_file_names_anybody(run: Run, tmp_path: Path) -> None:
    diagnosis = {"id": "sums-once", "says": "Only one operand counts."}
    put_reports(
        tmp_path / "out",
        made_report("alice-miller", {"first/easy": 4, "first/hard": 0}, source="same", diagnoses={"first/hard": diagnosis}),
        made_report("bob-smith", {"first/easy": 4, "first/hard": 6}, source="same"),
        unusable("carol-jones", "There is no autodiff.py: what is there is carol-jones.pdf."),
    )
    found = []
    for folder in ("one", "two"):
        run("class", tmp_path / "out", "--pseudonyms", "--into", tmp_path / folder)
        for path in (tmp_path / folder).iterdir():
            text = path.read_text("utf-8")
            assert [name for name in ("alice", "bob", "carol", "miller", "smith", "jones") if name in text] == [], path
        found.append(json.loads((tmp_path / folder / "class.json").read_text("utf-8")))
    first, second = found
    assert first | {"made_at": ""} == second | {"made_at": ""}
    assert (first["pseudonyms"], first["identical"][0]["sha256"], first["without_points"][0]["says"]) == (True, None, "")
    assert len({row["submission"] for row in first["submissions"]}) == 2
    assert not (tmp_path / "out" / "class.json").exists()


def test_a_place_of_the_graders_own_and_an_empty_folder_are_refused(run: Run, tmp_path: Path) -> None:
    put_reports(tmp_path / "out", made_report("a", {"first/easy": 4}))
    for place in ("a", ".traces"):
        assert "is the grader's own" in run("class", tmp_path / "out", "--into", tmp_path / "out" / place, status=2).stderr
    (tmp_path / "empty").mkdir()
    assert "holds no results" in run("class", tmp_path / "empty", status=2).stderr


def test_results_of_two_rubrics_are_said_to_be_such(shown: Shown) -> None:
    other = made_report("b", {"first/easy": 0})
    other["provenance"]["rubric_sha256"] = "3" * 64
    assert shown(made_report("a", {"first/easy": 4}), other)["rubrics"] == 2
