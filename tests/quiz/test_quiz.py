"""Quick checks and trace tables: right options from the reference, wrong ones from misconceptions; Moodle XML and pages."""

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import xmlschema
import yaml
from conftest import ROOT, Run
from html_structure import Structure

FILES = ["quick-checks.html", "quick-checks.xml", "trace-tables-solution.html", "trace-tables.html"]
SCHEMA = ROOT / "tests" / "contract" / "moodle-quiz.xsd"
STORE = ROOT / "reference" / "misconceptions"
WRONG = ("forward-reads-old-derivatives", "forward-adds-up-over-sweeps", "order-preorder", "order-not-reversed", "order-level-by-level")
SLIP = {
    "id": "second-sweep", "title": "The <second> sweep & co", "step": "forward", "asks": "What is left at the output?",
    "program": "log(x1) + x1*x2 - sin(x2) at x1=2, x2=5 sweeps x1, x2", "answer": "derivative of output",
    "wrong": ["forward-reads-old-derivatives", "forward-adds-up-over-sweeps"], "why": "x1 counts as 0.",
}  # fmt: skip
DIAMOND = {
    "id": "diamond", "title": "A diamond", "step": "topological-order", "asks": "Which is an order from A?",
    "program": "A->B, A->C, B->D, C->D", "answer": "order", "wrong": ["order-preorder", "order-not-reversed"], "why": "D is last.",
}  # fmt: skip
TRACES = [
    {"id": "example", "title": "The example", "program": "x*y - sin(y) at x=3, y=2", "sweep": "forward", "blanks": 4},
    {"id": "drawn", "title": "Drawn", "operations": 3, "sweep": "backward", "blanks": 5},
]
Quiz = Callable[..., Path]


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with five misconceptions."""
    kit = tmp_path_factory.mktemp("quiz") / "kit"
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, kit / part, ignore=shutil.ignore_patterns("misconceptions"))
    (kit / "reference" / "misconceptions").mkdir()
    (kit / "assignment").mkdir()
    for name in WRONG:
        shutil.copy(STORE / f"{name}.yaml", kit / "reference" / "misconceptions")
    return kit


def write(kit: Path, *checks: dict[str, object], traces: list[dict[str, object]] = TRACES) -> None:
    (kit / "assignment" / "quick_checks.yaml").write_text(yaml.safe_dump({"checks": list(checks), "traces": traces}), "utf-8")


@pytest.fixture(scope="module")
def made(run: Run, kit: Path) -> Path:
    """The files of a small quiz."""
    write(kit, SLIP, DIAMOND)
    run("quiz", "--into", kit.parent / "made", "--kit", kit)
    return kit.parent / "made"


def questions(file: Path, kind: str) -> list[ET.Element]:
    return [question for question in ET.parse(file).getroot() if question.get("type") == kind]


def text_of(element: ET.Element, path: str) -> str:
    return unescape(re.sub("<.*?>", "", element.findtext(f"{path}/text") or ""))


def belief(name: str) -> dict[str, str]:
    return dict(yaml.safe_load((STORE / f"{name}.yaml").read_text("utf-8")))


def test_four_files_are_written(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == FILES


def test_the_xml_has_the_form_that_moodle_reads(made: Path) -> None:
    xmlschema.validate(made / "quick-checks.xml", SCHEMA)
    assert [text_of(question, "category") for question in questions(made / "quick-checks.xml", "category")] == [
        "$course$/top/Automatic differentiation/Quick checks",
        "$course$/top/Automatic differentiation/Trace tables",
    ]


def test_one_option_is_right_and_each_wrong_one_has_the_belief_and_the_hint_of_its_misconception(made: Path) -> None:
    first, _ = questions(made / "quick-checks.xml", "multichoice")
    answers = {text_of(answer, "."): (answer.get("fraction"), text_of(answer, "feedback")) for answer in first.findall("answer")}
    assert {text: fraction for text, (fraction, _) in answers.items()} == {"1.71634": "100", "7.21634": "0", "17.7163": "0"}
    assert answers["1.71634"][1] == ""
    for text, name in (("7.21634", "forward-reads-old-derivatives"), ("17.7163", "forward-adds-up-over-sweeps")):
        assert belief(name)["believes"] in answers[text][1]
        assert belief(name)["hint"].strip() in answers[text][1]
    assert first.findtext("name/text") == "The <second> sweep & co (second-sweep)"


def test_a_right_order_is_no_wrong_option(run: Run, kit: Path, made: Path) -> None:
    write(kit, {**DIAMOND, "wrong": ["order-preorder", "order-level-by-level"]})
    ended = run("quiz", "--into", kit.parent / "other", "--kit", kit, status=2)
    assert re.search(r"quick_checks\.yaml:\d+:\d+: the order of order-level-by-level is right, 'A, B, C, D'", ended.stderr)
    assert not (kit.parent / "other").exists()


def test_two_options_never_read_the_same(run: Run, kit: Path, made: Path) -> None:
    write(kit, {**SLIP, "program": "log(x1) + x1*x2 - sin(x2) at x1=2, x2=5 sweeps x1"})
    ended = run("quiz", "--into", kit.parent / "other", "--kit", kit, status=2)
    assert "forward-reads-old-derivatives answers as the reference does, '5.5'" in ended.stderr


@pytest.mark.parametrize(
    ("check", "says"),
    {
        "an unknown answer": ({**SLIP, "answer": "slope of output"}, "the answer 'slope' is unknown"),
        "an unknown node": ({**SLIP, "answer": "derivative of w"}, "the answer is about 'w'"),
        "an unknown misconception": (
            {**SLIP, "wrong": ["forward-adds-up", "order-preorder"]},
            "there is no misconception 'forward-adds-up'",
        ),
        "one wrong option": ({**SLIP, "wrong": ["order-preorder"]}, "2 to 5 different wrong options"),
        "no point": ({**SLIP, "program": "x*y"}, "a program needs a point"),
        "numbers of a graph": ({**SLIP, "program": "A->B", "answer": "derivative of B"}, "no numbers that a student could know"),
        "a missing key": ({key: SLIP[key] for key in SLIP if key != "why"}, "a quick check lacks why"),
        "the id of a trace": ({**SLIP, "id": "drawn"}, "the id 'drawn' appears twice"),
    }.values(),
)
def test_a_fault_is_reported_with_its_place(check: dict[str, object], says: str, run: Run, kit: Path, made: Path) -> None:
    write(kit, check)
    ended = run("quiz", "--into", kit.parent / "other", "--kit", kit, status=2)
    assert says in ended.stderr
    assert "quick_checks.yaml" in ended.stderr


def test_the_page_holds_each_answer_in_details_and_no_script(made: Path) -> None:
    page = (made / "quick-checks.html").read_text("utf-8")
    Structure(page)
    assert page.count("<details>") == page.count("<summary>") == 2
    outside = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "1.71634" in outside
    assert belief("order-preorder")["believes"] not in unescape(outside)
    assert belief("order-preorder")["believes"] in unescape(page)
    assert [number for number in re.findall(r"<h3>(\d+)\. ", page)] == ["1", "2"]
    for name in (name for name in FILES if name.endswith(".html")):
        text = (made / name).read_text("utf-8")
        assert not re.search(r"<script|<img|https?:| style=", text)
        assert "default-src 'none'" in text


def test_the_solution_fills_in_the_very_blanks_of_the_sheet(made: Path) -> None:
    sheet, solution = ((made / name).read_text("utf-8") for name in ("trace-tables.html", "trace-tables-solution.html"))
    assert (sheet.count('class="blank"'), sheet.count('class="filled"')) == (9, 0)
    assert (solution.count('class="blank"'), solution.count('class="filled"')) == (0, 9)
    blank = re.sub(r'<span class="filled">[^<]*</span>', '<span class="blank">&nbsp;</span>', solution)
    rows = [re.findall(r"<tr>.*?</tr>", page) for page in (sheet, blank)]
    assert rows[0] == rows[1]
    assert len(rows[0]) > 8


def test_moodle_asks_for_the_same_numbers_as_the_sheet(made: Path) -> None:
    solution = (made / "trace-tables-solution.html").read_text("utf-8").replace("−", "-")
    on_paper = [float(number) for number in re.findall(r'class="filled">([^<]*)<', solution)]
    fields = [
        (float(number), float(tolerance))
        for question in questions(made / "quick-checks.xml", "cloze")
        for number, tolerance in re.findall(r"\{1:NUMERICAL:=([^:{}]+):([^:{}]+)\}", question.findtext("questiontext/text") or "")
    ]
    assert [number for number, _ in fields] == pytest.approx(on_paper, rel=1e-5)
    assert all(0 < tolerance <= max(0.001, 0.0051 * abs(number)) for number, tolerance in fields)


def test_another_draw_gives_other_blanks_and_another_program(run: Run, kit: Path, made: Path) -> None:
    write(kit, SLIP, DIAMOND)
    for draw, into in (("1", "again"), ("b", "other-draw")):
        run("quiz", "--into", kit.parent / into, "--kit", kit, "--draw", draw)
    first, again, other = ([(kit.parent / into / name).read_bytes() for name in FILES] for into in ("made", "again", "other-draw"))
    assert first == again
    assert first[0] == other[0]
    programs = [re.findall(r"<code>([^<]*)</code>", files[3].decode()) for files in (first, other)]
    assert programs[0][0] == programs[1][0]
    assert programs[0][1] != programs[1][1]


# ---- the kit's own quick checks -----------------------------------------------


@pytest.fixture(scope="module")
def whole(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("whole")
    run("quiz", "--into", into)
    return into


FIVE = ("graph-of-a-scaled-sum", "cube-of-a-sum", "order-of-a-diamond", "values-of-the-example", "partial-by-x", "partial-by-y")


@pytest.mark.slow
def test_the_kits_checks_hold_the_tutorials_five_and_three_more_for_each_step(whole: Path) -> None:
    xmlschema.validate(whole / "quick-checks.xml", SCHEMA)
    made = questions(whole / "quick-checks.xml", "multichoice")
    more = [question.findtext("tags/tag[2]/text") for question in made if question.findtext("idnumber") not in FIVE]
    assert {question.findtext("idnumber") for question in made} > set(FIVE)
    assert {step: more.count(step) for step in more} == {"node-creation": 3, "topological-order": 3, "forward": 3, "reverse": 3}


@pytest.mark.slow
def test_the_right_options_are_what_one_works_out_by_hand(whole: Path) -> None:
    right = {
        question.findtext("idnumber"): text_of(answer, ".")
        for question in questions(whole / "quick-checks.xml", "multichoice")
        for answer in question.findall("answer")
        if answer.get("fraction") == "100"
    }
    assert right["cube-of-a-sum"] == "300"
    assert (right["partial-by-x"], right["partial-by-y"]) == ("10", "6")
    assert right["partials-of-a-quotient"] == "0.5, −1.5"
    assert right["second-sweep"] == right["adjoint-of-a-shared-input"] == "1.71634"
    assert right["adjoint-through-two-doubles"] == "24"
    assert right["children-of-a-shared-node"] == "v1, v2"


def test_no_answer_is_typed_into_the_file() -> None:
    """Neither `asks` nor `why` holds a number with a decimal point, and no check has a key for an answer."""
    checks = yaml.safe_load((ROOT / "assignment" / "quick_checks.yaml").read_text("utf-8"))["checks"]
    assert len(checks) == 18
    assert [check["id"] for check in checks if re.search(r"\d\.\d", check["asks"] + check["why"])] == []


def test_the_marking_scheme_adds_up_to_the_points_of_each_written_question() -> None:
    text = (ROOT / "docs" / "teach.md").read_text("utf-8")
    asked = yaml.safe_load((ROOT / "assignment" / "written.yaml").read_text("utf-8"))["questions"]
    schemes = {
        name: sum(map(int, re.findall(r"^\| (\d+) \| ", part, re.MULTILINE)))
        for name, part in re.findall(r"### `([\w-]+)`\n(.*?)(?=\n#)", text, re.DOTALL)
    }
    assert schemes == {question["id"]: question["points"] for question in asked}
