"""Diagnoses are held against what a teacher would say who read the code: diagnoses.yaml, one entry for each wrong submission."""

import ast
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import FULL, REFERENCE, ROOT, SUBMISSIONS, Run, cores, report
from members import WRONG

Report = dict[str, Any]
TABLE: dict[str, dict[str, list[str]]] = yaml.safe_load((ROOT / "tests" / "diagnoses.yaml").read_text("utf-8"))
RIGHT = {name: set(ids) for entries in TABLE.values() for name, ids in entries.items()}
STORE = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (ROOT / "reference" / "misconceptions").glob("*.yaml")}


@pytest.fixture(scope="module")
def reports(run: Run, jury: Callable[[Iterable[Path]], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """The wrong submissions of the jury, compared with diagnosis."""
    out = tmp_path_factory.mktemp("diagnosis")
    run("compare", jury(WRONG) / "wrong", "--out", out, "--quiet", "--diagnosis", "--jobs", cores())
    return {path.stem: report(out, path.stem) for path in WRONG}


def criteria(report: Report) -> Iterator[tuple[Report, Report]]:
    yield from ((step, criterion) for step in report["steps"] for criterion in step["criteria"])


def told(report: Report) -> dict[str, str]:
    """Return the id of each diagnosis by its criterion."""
    return {f"{step['id']}/{c['id']}": c["diagnosis"]["id"] for step, c in criteria(report) if c["diagnosis"]}


# What costs a bonus beside the one mistake: true of any file of which the question here holds.
BESIDE: dict[str, Callable[[str], bool]] = {
    "order-recursion-goes-deep-enough": lambda source: any(map(calls_itself, ast.walk(ast.parse(source)))),
    "arrays-with-the-math-module": lambda source: bool(re.search(r"^(import|from) c?math\b", source, re.MULTILINE)),
}


def calls_itself(part: ast.AST) -> bool:
    if not isinstance(part, ast.FunctionDef):
        return False
    return any(isinstance(call, ast.Call) and getattr(call.func, "id", None) == part.name for call in ast.walk(part))


def false_ones(name: str, report: Report) -> dict[str, str]:
    source = (SUBMISSIONS / "wrong" / f"{name}.py").read_text("utf-8-sig")
    return {where: id for where, id in told(report).items() if id not in RIGHT[name] and not (id in BESIDE and BESIDE[id](source))}


def found(reports: dict[str, Report]) -> list[str]:
    return [name for name in TABLE["one-mistake"] if RIGHT[name] & set(told(reports[name]).values())]


def test_the_table_has_each_wrong_submission_once_and_ids_of_the_store() -> None:
    names = [name for entries in TABLE.values() for name in entries]
    assert sorted(names) == sorted(path.stem for path in (SUBMISSIONS / "wrong").iterdir())
    assert set.union(*RIGHT.values()) <= set(STORE)


@pytest.mark.slow
def test_four_in_five_submissions_with_one_mistake_get_the_right_diagnosis(reports: dict[str, Report]) -> None:
    assert len(found(reports)) >= 0.8 * len(TABLE["one-mistake"])


@pytest.mark.slow
def test_no_diagnosis_is_false(reports: dict[str, Report]) -> None:
    assert {name: wrong for name, one in reports.items() if (wrong := false_ones(name, one))} == {}


@pytest.mark.slow
def test_what_crashed_timed_out_or_is_unwritten_gets_none(reports: dict[str, Report]) -> None:
    ended = {"timeout", "crash", "unwritten", "forbidden", "not tried", "not judged", "pass"}
    seen = set()
    for one in reports.values():
        for _, criterion in criteria(one):
            outcomes = {criterion["outcome"], *(case["outcome"] for case in criterion["cases"])}
            seen |= outcomes & ended
            assert not (criterion["diagnosis"] and outcomes - {"pass"} & ended), (one["submission"], criterion["id"])
            assert not (criterion["diagnosis"] and criterion["outcome"] == "pass")
    assert {"timeout", "unwritten"} <= seen


@pytest.mark.slow
def test_a_diagnosis_is_the_same_text_for_all_and_so_tells_nothing_of_a_hidden_case(reports: dict[str, Report]) -> None:
    hidden = 0
    for one in reports.values():
        for _, criterion in criteria(one):
            if criterion["diagnosis"]:
                entry = STORE[criterion["diagnosis"]["id"]]
                texts = (entry["believes"].strip(), entry["hint"].strip())
                assert criterion["diagnosis"]["says"] == "Answers like yours come from this belief: “{}” {}".format(*texts)
                hidden += not criterion["public"]
    assert hidden > 100


def test_no_hint_holds_the_solution_or_is_long() -> None:
    solution = [
        line.strip() for part in re.findall("### BEGIN SOLUTION(.*?)### END SOLUTION", REFERENCE, re.DOTALL) for line in part.split("\n")
    ]
    formulas = {
        text for line in solution for text in (line, *re.findall(r"\[([^\[\]]+)\]", line)) if len(text) > 5 and not text.isidentifier()
    }
    assert len(formulas) > 30
    for id, entry in STORE.items():
        text = f"{entry['believes']} {entry['hint']}"
        assert [formula for formula in formulas if formula in text] == [], id
        assert len(entry["hint"].split()) <= 40, id


def test_without_diagnosis_there_is_none(run: Run, tmp_path: Path) -> None:
    run("grade", SUBMISSIONS / "wrong" / "no-seed.py", "--out", tmp_path, "--no-diagnosis", "--quiet")
    assert {criterion["diagnosis"] is None for _, criterion in criteria(report(tmp_path, "no-seed"))} == {True}


@pytest.mark.slow
def test_a_diagnosis_costs_and_gives_no_point(reports: dict[str, Report], run: Run, tmp_path: Path) -> None:
    run("grade", SUBMISSIONS / "wrong" / "no-seed.py", "--out", tmp_path, "--no-diagnosis", "--quiet")
    alone, with_diagnosis = report(tmp_path, "no-seed"), reports["no-seed"]
    assert told(with_diagnosis)
    assert [(s["id"], c["id"], c["score"]) for s, c in criteria(alone)] == [
        (s["id"], c["id"], c["score"]) for s, c in criteria(with_diagnosis)
    ]


@pytest.mark.slow
def test_a_step_that_an_earlier_mistake_breaks_is_not_diagnosed_for_it(reports: dict[str, Report]) -> None:
    for name in ("order-breadth-first", "operands-in-a-set", "cos-partial-without-minus"):
        lost = {where.split("/")[0] for where in told(reports[name])} & set(FULL)
        assert len(lost) == 1, name


@pytest.mark.slow
def test_the_page_says_what_is_measured(reports: dict[str, Report]) -> None:
    """On a very busy machine a question or two may time out that did not when the page was written; never may it claim too little."""
    page = (ROOT / "docs" / "diagnosis.md").read_text("utf-8")
    claimed, of = map(int, re.findall(r"\*\*(\d+) of (\d+)\*\*", page)[0])
    missed = TABLE["one-mistake"].keys() - set(found(reports))
    assert (of, 0 <= claimed - (of - len(missed)) <= 2) == (len(TABLE["one-mistake"]), True)
    named = re.findall(r"^- `([\w-]+)`:", page, re.MULTILINE)
    assert (len(named), set(named) - missed) == (of - claimed, set())
    assert f"| 0 of {len(WRONG) - of} |" in page
    assert f"{len(STORE)} misconceptions, {sum(1 + len(entry.get('also', ())) for entry in STORE.values())} programs" in page


@pytest.mark.slow
def test_what_practice_found_out_is_not_taken_for_the_whole(run: Run, kit: Path, tmp_path: Path) -> None:
    believed = "order-kept-for-each-root"  # which loses hidden criteria alone
    (kit / "reference" / "misconceptions").mkdir()
    shutil.copy(ROOT / "reference" / "misconceptions" / f"{believed}.yaml", kit / "reference" / "misconceptions")
    call = ("grade", SUBMISSIONS / "wrong" / "order-kept-on-root.py", "--kit", kit, "--diagnosis")
    run(*call, "--out", tmp_path / "practice", "--practice")
    run(*call, "--out", tmp_path / "graded")
    assert told(report(tmp_path / "practice", "order-kept-on-root")) == {}
    assert set(told(report(tmp_path / "graded", "order-kept-on-root")).values()) == {believed}
