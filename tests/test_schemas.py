"""The schemas describe what the loader reads and what the grader writes, no more and no less."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, SUBMISSIONS, Run
from jsonschema import Draft202012Validator

from grader.model import ASKS, OUTCOMES, Case, Criterion, KitFault, Rubric, Step
from grader.report.scoring import SCHEMA, build_report
from grader.rubric.loading import SCORING, RubricError, load_rubric
from grader.rubric.sentences import read_sentences
from grader.rubric.yaml_reader import Marked

NAMES = ("rubric", "report", "sentences")
SCHEMAS = {name: json.loads((ROOT / "grader" / "schemas" / f"{name}.schema.json").read_text("utf-8")) for name in NAMES}
RUBRIC, REPORT, SENTENCES = (Draft202012Validator(schema) for schema in SCHEMAS.values())
OURS = ROOT / "rubrics" / "feedback" / "sentences.yaml"
ABSENT = object()
Change = tuple[tuple[str | int, ...], Any]


def faults(validator: Draft202012Validator, document: Any) -> list[str]:
    """Return what a schema finds wrong, each fault with its place in the document."""
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


def changed(document: Any, *changes: Change) -> Any:
    """Return a copy with some values replaced, added or (ABSENT) removed."""
    made = copy.deepcopy(document)
    for (*way, last), value in changes:
        part = made
        for key in way:
            part = part[key]
        if value is ABSENT:
            del part[last]
        else:
            part[last] = value
    return made


# ---- the schemas themselves ---------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_keeps_to_the_rules_of_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_editor_finds_a_description_for_every_key_and_an_error_for_every_other(name: str) -> None:
    def objects(part: Any) -> Iterator[dict[str, Any]]:
        for below in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from objects(below)
        if isinstance(part, dict) and part.get("type") == "object" and "properties" in part:
            yield part

    def described(entry: dict[str, Any]) -> bool:
        return "description" in entry or "description" in SCHEMAS[name]["$defs"][entry["$ref"].rpartition("/")[2]]

    found = list(objects(SCHEMAS[name]))
    assert len(found) >= 4
    assert [key for part in found for key, entry in part["properties"].items() if not described(entry)] == []
    assert [part for part in found if part["additionalProperties"] is not False] == []


def test_the_schemas_know_the_same_words_as_the_grader() -> None:
    rubric, report, _ = (schema["$defs"] for schema in SCHEMAS.values())
    assert report["outcome"]["enum"] == list(OUTCOMES)
    assert rubric["asks"]["enum"] == list(ASKS)
    assert rubric["criterion"]["properties"]["scoring"]["enum"] == list(SCORING)
    assert SCHEMAS["report"]["properties"]["schema"]["const"] == SCHEMA


# ---- reports ------------------------------------------------------------------

GRADED = {
    "reference": ROOT / "reference" / "autodiff.py",
    "starter": ROOT / "starter" / "autodiff.py",
    **{
        name: SUBMISSIONS / "wrong" / f"{name}.py"
        for name in ("loading-stops-at-the-order", "forward-renamed", "log-calls-itself", "div-floors")
    },
}
BROKEN = {"syntax-error": b"def add(a, b:\n", "empty": b"", "ends-itself": b"import os\nos._exit(0)\n", "nul": b"x = 1\0"}


@pytest.fixture(scope="module")
def reports(run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Grade works of every kind from the command line."""
    folder = tmp_path_factory.mktemp("reports")
    for name, content in BROKEN.items():
        (folder / f"{name}.py").write_bytes(content)
    run("grade", *GRADED.values(), *(folder / f"{name}.py" for name in BROKEN), "--out", folder / "out", "--quiet")
    return {name: json.loads((folder / "out" / name / "report.json").read_text("utf-8")) for name in (*GRADED, *BROKEN)}


@pytest.mark.parametrize("name", [*GRADED, *BROKEN])
def test_the_report_of_a_real_run_fits_its_schema(name: str, reports: dict[str, Any]) -> None:
    assert faults(REPORT, reports[name]) == []


def test_a_provisional_report_fits_its_schema(run: Run, tmp_path: Path) -> None:
    run("grade", GRADED["starter"], "--step", "reverse", "--out", tmp_path, "--quiet")
    report = json.loads((tmp_path / "starter" / "report.json").read_text("utf-8"))
    assert (report["provisional"], faults(REPORT, report)) == (True, [])


@pytest.fixture(scope="module")
def not_graded() -> dict[str, Any]:
    """The report of a submission at which the kit itself broke down."""
    trace = {"loading": {"starter": None}, "python": "", "submission_sha256": "0" * 64, "sandbox": "rlimits", "seconds": 0.0}
    rubric = Rubric(
        (Step("one", "One", 1, (), (Criterion("c", 1, "s", "h", True, False, False, "nodes", (Case("a", "", "", None),)),)),),
        "1" * 64,
        read_sentences(Marked(), OURS),
    )
    made = build_report(
        "alice",
        rubric,
        KitFault("no disk"),
        trace,
        diagnoses={},
        practice=False,
        steps=frozenset({"one"}),
        reference_sha256="2" * 64,
        seed="default",
        cases="fixed",
    )
    return dict(json.loads(json.dumps(made)))


def test_the_report_of_a_submission_that_was_not_graded_fits_its_schema(not_graded: dict[str, Any]) -> None:
    assert faults(REPORT, not_graded) == []


def test_the_report_of_what_is_unusable_fits_its_schema(not_graded: dict[str, Any]) -> None:
    found = not_graded | {"status": "unusable", "notes": ["There is no autodiff.py in what was handed in."]}
    assert faults(REPORT, found) == []
    assert faults(REPORT, found | {"score": 0}) != []
    assert faults(REPORT, found | {"notes": []}) != []


def test_a_known_mistake_may_be_named(reports: dict[str, Any]) -> None:
    diagnosis = (("steps", 0, "criteria", 0, "diagnosis"), {"id": "div-floors", "says": "// drops what stands after the point."})
    assert faults(REPORT, changed(reports["div-floors"], diagnosis)) == []


STEP = ("steps", 0)
PUBLIC = (*STEP, "criteria", 0)
HIDDEN = (*STEP, "criteria", 5)
CASE = (*PUBLIC, "cases", 0)
A_CASE = {"id": "add", "outcome": "pass", "called": "", "expected": "", "got": "", "paid_by": "own"}
KEYS = {
    "a report": ((), "schema submission status score max_score bonus provisional starter notes steps provenance"),
    "a step": (STEP, "id title score max_score criteria"),
    "a criterion": (PUBLIC, "id says score max_score bonus public outcome passed cases_total message why hint diagnosis cases"),
    "a case": (CASE, "id outcome called expected got paid_by"),
    "provenance": (("provenance",), "grader rubric_sha256 reference_sha256 submission_sha256 seed python sandbox graded_at seconds"),
}
MUTATIONS: dict[str, Change] = {
    "another version of the format": (("schema",), "autodiff-kit/report/v1"),
    "a submission without a name": (("submission",), ""),
    "a misspelt status": (("status",), "Graded"),
    "not graded, and yet a score": (("status",), "not graded"),
    "unusable, and yet a score": (("status",), "unusable"),
    "graded, and yet no score": (("score",), None),
    "graded, and yet no bonus": (("bonus",), None),
    "graded, and yet no steps": (("steps",), []),
    "a score that is a text": (("score",), "100"),
    "a score below zero": (("score",), -1),
    "no maximum": (("max_score",), None),
    "provisional as a number": (("provisional",), 0),
    "a starter that tells a story": (("starter",), "2026.1" * 7),
    "a starter that is a number": (("starter",), 2026.1),
    "notes that are one text": (("notes",), "Loading stopped."),
    "a note that says nothing": (("notes",), [""]),
    "a step's name with capitals": ((*STEP, "id"), "Node-creation"),
    "a step without a title": ((*STEP, "title"), ""),
    "a step's score below zero": ((*STEP, "score"), -1),
    "a step's score that is a text": ((*STEP, "score"), "35"),
    "criteria by name": ((*STEP, "criteria"), {}),
    "a criterion's name with hyphens": ((*PUBLIC, "id"), "local-partials"),
    "a criterion's score that is a text": ((*PUBLIC, "score"), "5"),
    "a criterion without a score": ((*PUBLIC, "score"), None),
    "public as a word": ((*PUBLIC, "public"), "yes"),
    "an unknown outcome of a criterion": ((*PUBLIC, "outcome"), "passed"),
    "a criterion that says nothing": ((*PUBLIC, "says"), ""),
    "fewer cases than none passed": ((*HIDDEN, "passed"), -1),
    "half a case passed": ((*PUBLIC, "passed"), 0.5),
    "a pass with a message": ((*PUBLIC, "message"), "Called: add."),
    "a pass with a hint": ((*PUBLIC, "hint"), "Look again."),
    "a pass that says why it matters": ((*PUBLIC, "why"), "It matters."),
    "a pass without a passed case": ((*PUBLIC, "passed"), 0),
    "a diagnosis that is a text": ((*PUBLIC, "diagnosis"), "div-floors"),
    "a diagnosis without a sentence": ((*PUBLIC, "diagnosis"), {"id": "div-floors"}),
    "a diagnosis without a name": ((*PUBLIC, "diagnosis"), {"says": "// drops what stands after the point."}),
    "a diagnosis with more": ((*PUBLIC, "diagnosis"), {"id": "div-floors", "says": "// drops it.", "line": 3}),
    "a hidden criterion with cases": ((*HIDDEN, "cases"), [A_CASE]),
    "a public criterion made hidden with its cases": ((*PUBLIC, "public"), False),
    "a public criterion without its cases": ((*PUBLIC, "cases"), []),
    "a case's name with capitals": ((*CASE, "id"), "Add"),
    "an unknown outcome of a case": ((*CASE, "outcome"), "wrong"),
    "a case that passed and was paid by nothing": ((*CASE, "paid_by"), None),
    "a case that passed and was paid by another": ((*CASE, "paid_by"), "reference"),
    "a case that failed and was paid": ((*CASE, "outcome"), "fail"),
    "a hash that is too short": (("provenance", "rubric_sha256"), "abc"),
    "a hash in capitals": (("provenance", "submission_sha256"), "A" * 64),
    "a seed without a label": (("provenance", "seed"), ""),
    "a seed that is a number": (("provenance", "seed"), 2026),
    "a time without a zone": (("provenance", "graded_at"), "2026-01-31T10:00:00"),
    "a time as a number": (("provenance", "graded_at"), 1769853600),
    "seconds below zero": (("provenance", "seconds"), -0.1),
}


@pytest.mark.parametrize(("way", "value"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_report_with_one_wrong_value_does_not_fit(way: tuple[str | int, ...], value: Any, reports: dict[str, Any]) -> None:
    assert faults(REPORT, changed(reports["reference"], (way, value))) != []


@pytest.mark.parametrize(("way", "keys"), KEYS.values(), ids=KEYS)
def test_a_report_holds_all_of_its_keys_in_their_types_and_no_other(way: tuple[str | int, ...], keys: str, reports: dict[str, Any]) -> None:
    report = reports["reference"]
    assert [key for key in keys.split() if faults(REPORT, changed(report, ((*way, key), ABSENT))) == []] == []
    assert [key for key in keys.split() if faults(REPORT, changed(report, ((*way, key), {"of": "another type"}))) == []] == []
    assert faults(REPORT, changed(report, ((*way, "remark"), "well done"))) != []


@pytest.mark.parametrize("change", [(("score",), 0), (("bonus",), 0), (("notes",), [])])
def test_what_was_not_graded_has_no_scores_and_a_note(change: Change, not_graded: dict[str, Any]) -> None:
    assert faults(REPORT, changed(not_graded, change)) != []


def test_what_was_not_graded_has_no_steps(not_graded: dict[str, Any], reports: dict[str, Any]) -> None:
    assert faults(REPORT, changed(not_graded, (("steps",), reports["starter"]["steps"]))) != []


# ---- rubrics ------------------------------------------------------------------

TEXTS = {"says": "What is asked.", "hint": "Where to look."}
DOCUMENT: dict[str, Any] = {
    "step": "sweeps",
    "title": "Sweeps",
    "points": 3,
    "functions": ["forward"],
    "asks": "nodes",
    "cases": {
        "single": {"add": "x + y at x=1.3, y=0.7", "mul": "x * y at x=1.7, y=0.4", "log": "log(x) at x=2.3"},
        "paths": {"graph": "A->B, B->C", "drawn": {"random": {"count": 2, "size": 3, "operators": ["add", "log"]}}},
    },
    "criteria": [
        {"id": "values", "points": 1, "public": True, **TEXTS, "cases": ["single"]},
        {"id": "chain_rule", "points": 2, "public": False, **TEXTS, "cases": ["paths"], "asks": "forward", "scoring": "all-or-nothing"},
    ],
}
FIRST, SECOND = ("criteria", 0), ("criteria", 1)
DRAWN = ("cases", "paths", "drawn", "random")
FINE: dict[str, list[Change]] = {
    "as it stands": [],
    "points with a fraction": [(("points",), 4.5), ((*FIRST, "points"), 2.5)],
    "points as a fraction": [(("points",), "7/3"), ((*FIRST, "points"), "1/3")],
    "thirds that add up": [(("points",), 1), ((*FIRST, "points"), "1/3"), ((*SECOND, "points"), "2/3")],
    "the least points": [(("points",), 2.01), ((*FIRST, "points"), 0.01)],
    "the most points": [(("points",), 10000), ((*FIRST, "points"), 9998)],
    "bonus alone": [(("points",), 0), ((*FIRST, "bonus"), True), ((*SECOND, "bonus"), True)],
    "no bonus": [((*FIRST, "bonus"), False)],
    "why it matters": [((*FIRST, "why"), "It matters.")],
    "proportional": [((*FIRST, "scoring"), "proportional")],
    "all or nothing": [((*FIRST, "scoring"), "all-or-nothing")],
    "a criterion that asks as its step does": [((*FIRST, "asks"), "nodes")],
    "a criterion that asks for an order": [((*SECOND, "asks"), "order"), ((*SECOND, "scoring"), ABSENT)],
    "a sweep from the output in proportion": [((*SECOND, "asks"), "backward"), ((*SECOND, "scoring"), ABSENT)],
    "a step that asks for sweeps": [
        (("asks",), "forward"),
        ((*SECOND, "asks"), ABSENT),
        ((*FIRST, "asks"), "nodes"),
        ((*FIRST, "cases"), ["single"]),
    ],
    "several groups": [((*FIRST, "cases"), ["single", "paths"])],
    "by operator": [((*FIRST, "scoring"), "by-operator")],
    "cases beside their criterion and groups": [((*FIRST, "cases"), ["single", {"one": "x*x at x=2"}])],
    "no groups": [
        (("cases",), ABSENT),
        ((*FIRST, "cases"), {"add": "x + y at x=1.3, y=0.7", "mul": "x * y at x=1.7, y=0.4", "log": "log(x) at x=2.3"}),
        ((*SECOND, "cases"), {"graph": "A->B, B->C"}),
    ],
    "a name of an operator in quotes": [(("cases", "paths", "graph"), 'A->B:"max pool", B-0->C')],
    "no functions": [(("functions",), [])],
    "random programs of all operators": [((*DRAWN, "operators"), ABSENT)],
    "as many random programs as can be": [((*DRAWN, "count"), 200), ((*DRAWN, "size"), 40)],
    "a name with numbers": [(("step",), "step-2b"), (("cases", "paths", "a-10-b"), "ladder(60)")],
    "an array at the point": [(("cases", "single", "array"), "x*x at x=[0.4, 1.7]")],
}
REFUSED: dict[str, Change] = {
    **{f"no {key}": ((key,), ABSENT) for key in DOCUMENT if key != "cases"},
    **{f"a criterion without {key}": ((*FIRST, key), ABSENT) for key in ("id", "points", "public", "says", "hint", "cases")},
    "a key that nobody knows": (("colour",), "red"),
    "a key of a criterion that nobody knows": ((*FIRST, "weight"), 2),
    "a key of random programs that nobody knows": ((*DRAWN, "seed"), 1),
    "a name with a capital beside a criterion": ((*FIRST, "cases"), {"Case": "x*x at x=1"}),
    "cases beside a criterion that are a text": ((*FIRST, "cases"), "x*x at x=1"),
    "another kind of case": (("cases", "paths", "drawn"), {"graph": "A->B"}),
    "a case of no kind": (("cases", "paths", "drawn"), {}),
    "random programs and more": (("cases", "paths", "drawn", "also"), 1),
    "a step's name with capitals": (("step",), "Sweeps"),
    "a step's name that is a number": (("step",), 3),
    "a step's name with an underscore": (("step",), "node_creation"),
    "a step's name with two hyphens": (("step",), "node--creation"),
    "an empty title": (("title",), ""),
    "a blank title": (("title",), "  "),
    "a title that is a list": (("title",), ["Sweeps"]),
    "a title that is null": (("title",), None),
    "points that are a word": (("points",), "three"),
    "points that are a list": (("points",), [3]),
    "points that are null": (("points",), None),
    "points below zero": (("points",), -1),
    "points beyond all bounds": (("points",), 10001),
    "points parted by zero": (("points",), "3/0"),
    "a criterion for nothing": ((*FIRST, "points"), 0),
    "a criterion for nothing, as a fraction": ((*FIRST, "points"), "0/3"),
    "a criterion for too much": ((*FIRST, "points"), 10001),
    "a criterion for next to nothing": ((*FIRST, "points"), 0.009),
    "functions that are a text": (("functions",), "forward"),
    "functions that are mappings": (("functions",), [{"name": "forward"}]),
    "something else to ask": (("asks",), "forwards"),
    "something else to ask in a criterion": ((*FIRST, "asks"), "values"),
    "cases that are a list": (("cases",), ["x*x at x=1"]),
    "a group that is a text": (("cases", "single"), "x*x at x=1"),
    "a group that is empty": (("cases", "single"), None),
    "a case's name with an underscore": (("cases", "single", "my_case"), "x*x at x=1"),
    "a case's name with capitals": (("cases", "single", "Case"), "x*x at x=1"),
    "a case that is a list": (("cases", "single", "list"), ["x*x at x=1"]),
    "a case that is a number": (("cases", "single", "number"), 3),
    "a case that is blank": (("cases", "single", "blank"), ""),
    "no random programs at all": ((*DRAWN, "count"), 0),
    "too many random programs": ((*DRAWN, "count"), 201),
    "random programs of no size": ((*DRAWN, "size"), 0),
    "random programs that are too large": ((*DRAWN, "size"), 41),
    "half a random program": ((*DRAWN, "count"), 2.5),
    "random programs without a count": ((*DRAWN, "count"), ABSENT),
    "random programs without a size": ((*DRAWN, "size"), ABSENT),
    "random programs of a text": ((*DRAWN, "operators"), "add"),
    "random programs of mappings": ((*DRAWN, "operators"), [{"add": 2}]),
    "random programs of a size in words": ((*DRAWN, "size"), "large"),
    "random programs as a list": (DRAWN, [2, 3]),
    "criteria that are a mapping": (("criteria",), {"values": 3}),
    "a criterion that is a text": (FIRST, "values"),
    "a criterion's name with hyphens": ((*FIRST, "id"), "chain-values"),
    "a criterion's name that is a number": ((*FIRST, "id"), 3),
    "public as a number": ((*FIRST, "public"), 1),
    "public as a word": ((*FIRST, "public"), "yes"),
    "public that is null": ((*FIRST, "public"), None),
    "bonus as a number": ((*FIRST, "bonus"), 0),
    "an empty sentence": ((*FIRST, "says"), ""),
    "a hint that is null": ((*FIRST, "hint"), None),
    "a why that is blank": ((*FIRST, "why"), " "),
    "a hint that is a list": ((*FIRST, "hint"), ["Look."]),
    "a criterion without groups": ((*FIRST, "cases"), []),
    "a criterion's group that is not in a list": ((*FIRST, "cases"), "single"),
    "a criterion's group that is a list": ((*FIRST, "cases"), [["single"]]),
    "another scoring": ((*FIRST, "scoring"), "half"),
    "a sweep that is scored in proportion": ((*SECOND, "scoring"), "proportional"),
    "a sweep that does not say how it is scored": ((*SECOND, "scoring"), ABSENT),
    "a step of sweeps that does not say how they are scored": (("asks",), "forward"),
}


BESIDE = """\
{step: operators, title: Operators, points: 1, functions: [operators], asks: nodes,
 cases: {operators: {sum: "x + y at x=1, y=2", product: "x * y at x=1, y=2", logarithm: log(x) at x=2}},
 criteria: [{id: operators, points: 1, public: true, says: They are right., hint: Look., cases: [operators]}]}
"""
CONSEQUENCES = ("points do not add up", "has no criterion", "has no check")


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Any], Rubric]:
    """Load a document as the first step of a rubric whose second step has a case for each operator."""

    def load(document: Any) -> Rubric:
        (tmp_path / "1-step.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
        (tmp_path / "2-operators.yaml").write_text(BESIDE, "utf-8")
        shutil.copytree(ROOT / "rubrics" / "feedback", tmp_path / "feedback", dirs_exist_ok=True)
        return load_rubric(tmp_path, {"add": 2, "mul": 2, "log": 1}, ["values", "chain_rule", "operators"])

    return load


@pytest.mark.parametrize("path", sorted((ROOT / "rubrics").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_kits_own_rubrics_fit_their_schema(path: Path) -> None:
    assert faults(RUBRIC, yaml.safe_load(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("changes", FINE.values(), ids=FINE)
def test_loader_and_schema_accept_a_rubric_that_is_in_order(changes: list[Change], load: Callable[[Any], Rubric]) -> None:
    document = changed(DOCUMENT, *changes)
    assert faults(RUBRIC, document) == []
    assert [step.id for step in load(document).steps] == [document["step"], "operators"]


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_loader_and_schema_refuse_a_rubric_with_a_fault(change: Change, load: Callable[[Any], Rubric]) -> None:
    document = changed(DOCUMENT, change)
    assert faults(RUBRIC, document) != []
    with pytest.raises(RubricError) as caught:
        load(document)
    assert [fault for fault in caught.value.faults if not any(words in fault for words in CONSEQUENCES)] != []


# ---- sentences ----------------------------------------------------------------

OWN: dict[str, Any] = yaml.safe_load(OURS.read_text("utf-8"))
WORDED: dict[str, list[Change]] = {
    "as it stands": [],
    "in other words": [(("orders", "start"), "{node} comes first in {order}, and that is not root")],
    "a part twice": [(("values", "foreign"), "a {kind}, yes, a {kind}")],
    "without the hint that may be left out": [(("next", "timeout"), "Look for a loop.")],
    "with it": [(("next", "no_file"), "Nothing was loaded. {hint}")],
    "folded over several lines of the file": [(("report", "cut"), "\n... \n")],
}
MISWORDED: dict[str, Change] = {
    **{f"no {section}": ((section,), ABSENT) for section in OWN},
    **{f"no {section}.{name}": ((section, name), ABSENT) for section, texts in OWN.items() for name in texts},
    **{
        f"{section}.{name} without its parts": ((section, name), "Words.")
        for section, texts in OWN.items()
        for name, text in texts.items()
        if "{" in text and not text.endswith("{hint}")
    },
    "a section that nobody knows": (("jokes",), {}),
    "a sentence that nobody knows": (("orders", "wrong"), "wrong"),
    "a part that nobody knows": (("orders", "start"), "{order} starts with {node}, not {root}"),
    "a part where there are none": (("orders", "refusal"), "a ValueError at {node}"),
    "a brace that is no part": (("orders", "refusal"), "a ValueError {"),
    "a part with a format": (("values", "more"), "... {count:d} more {count}"),
    "a part of a part": (("values", "foreign"), "a {kind} {kind.real}"),
    "braces in braces": (("values", "foreign"), "a {{kind}}"),
    "two lines": (("orders", "refusal"), "a\nValueError"),
    "too long": (("orders", "refusal"), "a ValueError" * 30),
    "an empty sentence": (("orders", "refusal"), ""),
    "a number": (("orders", "refusal"), 3),
    "null": (("orders", "refusal"), None),
    "a list": (("orders", "refusal"), ["a ValueError"]),
    "a section that is a text": (("orders",), "wanted"),
}


def faults_in_sentences(document: Any, folder: Path) -> list[str]:
    marked = Marked()
    (folder / "sentences.yaml").write_text(yaml.safe_dump(document), "utf-8")
    read_sentences(marked, folder / "sentences.yaml")
    return marked.faults


@pytest.mark.parametrize("changes", WORDED.values(), ids=WORDED)
def test_loader_and_schema_accept_sentences_that_are_in_order(changes: list[Change], tmp_path: Path) -> None:
    document = changed(OWN, *changes)
    assert faults(SENTENCES, document) == []
    assert faults_in_sentences(document, tmp_path) == []


@pytest.mark.parametrize("change", MISWORDED.values(), ids=MISWORDED)
def test_loader_and_schema_refuse_sentences_with_a_fault(change: Change, tmp_path: Path) -> None:
    document = changed(OWN, change)
    assert faults(SENTENCES, document) != []
    assert all(f"{tmp_path}/sentences.yaml:" in fault for fault in faults_in_sentences(document, tmp_path))
    assert faults_in_sentences(document, tmp_path) != []
