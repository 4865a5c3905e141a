"""Exports: each into the form that the other system reads, whatever people are called."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import REFERENCE, ROOT, Run
from contract.readers import check_gradescope, check_junit, read_canvas, read_moodle
from jsonschema import Draft202012Validator

STARTER = (ROOT / "starter" / "autodiff.py").read_text("utf-8")
DIV = REFERENCE.replace("a.value / b.value", "a.value // b.value")
WORKS = {"alice": REFERENCE, "bo, b": STARTER, "çelik": DIV, "דנה": REFERENCE, "=1+1": STARTER}
NAMES = {
    "alice": 'Doe, "Ally" Alice',
    "bo, b": "O'Brien; Bo\u202e",
    "çelik": "Çelik Öztürk-Müller",
    "דנה": "דנה לוי",
    "=1+1": '=HYPERLINK("http://evil.example";"x")',
    "emil": "@SUM(1+1)",
}
NUMBERS = {"alice": "101", "bo, b": "102", "çelik": "103", "דנה": "104", "=1+1": "105", "emil": "106"}


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of five submissions, with everything graded."""
    folder = tmp_path_factory.mktemp("course")
    for name, source in WORKS.items():
        (folder / "in" / name).mkdir(parents=True)
        (folder / "in" / name / "autodiff.py").write_text(source, "utf-8")
    run("cohort", folder / "in", "--out", folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def scores(out: Path) -> dict[str, float]:
    found = {name: json.loads((out / name / "report.json").read_text("utf-8"))["score"] for name in WORKS}
    assert found["alice"] == 100
    assert found["bo, b"] == 0
    assert 0 < found["çelik"] < 100
    return found


def written(rows: list[list[str]], **how: Any) -> str:
    text = io.StringIO()
    csv.writer(text, **how).writerows(rows)
    return text.getvalue()


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    rows = [["Name", "ID", "E-Mail", "Group", "Canvas"]]
    rows += [[name, key, f"{NUMBERS[key]}@example.org", "A", NUMBERS[key]] for key, name in NAMES.items()]
    path.write_text(written(rows), "utf-8")
    return path


def exported(run: Run, out: Path, target: str, into: Path, *options: object) -> str:
    """Export and return what was said."""
    return run("export", out, "--to", target, "--into", into, *options).stderr


# ---- csv ----------------------------------------------------------------------


def test_csv_has_a_row_for_everyone_on_the_roster(run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path) -> None:
    exported(run, out, "csv", tmp_path / "t.csv", "--roster", roster)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text("utf-8"), newline=""), strict=True))
    assert [row["id"].removeprefix("'") for row in rows] == list(NAMES)
    assert {row["id"].removeprefix("'"): float(row["score"]) for row in rows if row["score"]} == scores
    assert rows[-1]["status"] == "missing"
    assert rows[-1]["score"] == rows[-1]["forward"] == ""
    assert rows[0]["name"] == NAMES["alice"]
    assert rows[1]["name"] == "O'Brien; Bo\\u202e"
    assert rows[2]["name"] == NAMES["çelik"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


# ---- canvas -------------------------------------------------------------------

HEADER = 'Student,ID,SIS Login ID,Section,"Autodiff, part 1 (777)",Essay (778),Current Score'


def gradebook(possible: str = "100.00", end: str = "\r\n", mark: str = "\ufeff") -> bytes:
    """A gradebook as Canvas exports it: byte-order mark, a line of maxima, names quoted where they must be."""
    people = [[name, NUMBERS[key], f"{NUMBERS[key]}@example.org", "Tue; 2", "", "7.00", "70.0"] for key, name in NAMES.items()]
    people.append(["Student, Test", "999", "test", "Tue; 2", "", "", ""])
    maxima = f"    Points Possible,,,,{possible},10.00,(read only)"
    return (mark + HEADER + end + maxima + end + written(people, lineterminator=end)).encode()


def test_canvas_gets_its_own_file_with_one_column_filled(
    run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path
) -> None:
    (tmp_path / "canvas.csv").write_bytes(gradebook())
    said = exported(run, out, "canvas", tmp_path / "f.csv", "--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    before, after = read_canvas(gradebook()), read_canvas((tmp_path / "f.csv").read_bytes())
    grades = after["Autodiff, part 1 (777)"]
    assert {name: float(grades[NUMBERS[name]]) for name in WORKS} == scores
    assert grades[NUMBERS["emil"]] == grades["999"] == ""
    assert after["Essay (778)"] == before["Essay (778)"]
    assert (tmp_path / "f.csv").read_bytes().splitlines()[:2] == gradebook().splitlines()[:2]
    assert "5 grades written into 'Autodiff, part 1 (777)'" in said
    assert "2 line(s) left as they were" in said


@pytest.mark.parametrize(("end", "mark"), [("\n", ""), ("\r\n", "\ufeff")])
def test_canvas_every_byte_but_the_grades_stays(end: str, mark: str, run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_bytes(gradebook(end=end, mark=mark))
    exported(run, out, "canvas", tmp_path / "f.csv", "--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    filled = (tmp_path / "f.csv").read_bytes()
    for line, before in zip(filled.split(end.encode()), gradebook(end=end, mark=mark).split(end.encode()), strict=True):
        if line != before:
            prefix, _, rest = before.partition(b",Tue; 2,")
            assert line.startswith(prefix + b",Tue; 2,")
            assert line.endswith(rest)


def test_a_number_on_the_roster_is_no_id_unless_its_column_is_named(run: Run, out: Path, tmp_path: Path) -> None:
    """Bob sits on seat 101, which is Alice's number in Canvas: his grade must not be hers."""
    content = gradebook().replace(b"@example.org", b"@nowhere.example")
    (tmp_path / "canvas.csv").write_bytes(b"\r\n".join(content.split(b"\r\n")[:3]).replace(b"Ally", b"Al") + b"\r\n")
    options = ("--template", tmp_path / "canvas.csv", "--column", "777", "--roster", tmp_path / "r.csv")
    (tmp_path / "r.csv").write_text("id,seat,ID\nalice,7,\nçelik,101,\n", "utf-8")
    exported(run, out, "canvas", tmp_path / "f.csv", *options)
    assert (tmp_path / "f.csv").read_bytes() == (tmp_path / "canvas.csv").read_bytes()
    exported(run, out, "canvas", tmp_path / "f.csv", *options, "--id-column", "seat")
    assert read_canvas((tmp_path / "f.csv").read_bytes())["Autodiff, part 1 (777)"]["101"] != ""
    (tmp_path / "r.csv").write_text("login,sis login id\nalice,101@nowhere.example\n", "utf-8")
    exported(run, out, "canvas", tmp_path / "f.csv", *options)
    assert read_canvas((tmp_path / "f.csv").read_bytes())["Autodiff, part 1 (777)"]["101"] == "100"
    assert (
        "no column 'chair'"
        in run("export", out, "--to", "canvas", "--into", tmp_path / "g", *options, "--id-column", "chair", status=2).stderr
    )


def test_canvas_an_excuse_stays(run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    content = gradebook().replace(b"101@example.org,Tue; 2,,", b"101@example.org,Tue; 2,EX,")
    (tmp_path / "canvas.csv").write_bytes(content)
    said = exported(run, out, "canvas", tmp_path / "f.csv", "--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    assert read_canvas((tmp_path / "f.csv").read_bytes())["Autodiff, part 1 (777)"]["101"] == "EX"
    assert "alice is excused in Canvas" in said


def test_another_maximum_is_scaled_only_when_told_and_rounded_half_up(
    run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path
) -> None:
    (tmp_path / "canvas.csv").write_bytes(gradebook("7"))
    options = ("--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    ended = run("export", out, "--to", "canvas", "--into", tmp_path / "f.csv", *options, status=2)
    assert "has a maximum of 7, the assignment 100: say --scale" in ended.stderr
    assert not (tmp_path / "f.csv").exists()
    exported(run, out, "canvas", tmp_path / "f.csv", *options, "--scale")
    grades = read_canvas((tmp_path / "f.csv").read_bytes())["Autodiff, part 1 (777)"]
    assert grades["101"] == "7"
    assert abs(float(grades["103"]) - 7 * scores["çelik"] / 100) <= 0.005 + 1e-12


BROKEN = {
    "not Canvas": (b"a,b\r\n1,2\r\n", "not a gradebook of Canvas"),
    "not UTF-8": (HEADER.encode() + b"\r\n\xe9,1,x,s,,,\r\n", "not UTF-8"),
    "quotes that never end": (gradebook() + b'"Doe,1,x,s,,,', "the quotes of this cell never end"),
    "one student twice": (gradebook() + b"Double,101,101@example.org,s,,,\r\n", "and so is line 3"),
    "empty": (b"", "not a CSV file"),
    "no such assignment": (gradebook().replace(b"777", b"779"), "no column is called '777'"),
    "two such assignments": (gradebook().replace(b"778", b"777"), "several columns are called '777'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_canvas_did_not_write_is_refused_and_nothing_written(name: str, run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    content, sentence = BROKEN[name]
    (tmp_path / "canvas.csv").write_bytes(content)
    options = ("--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    ended = run("export", out, "--to", "canvas", "--into", tmp_path / "f.csv", *options, status=2)
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "f.csv").exists()


def test_who_is_not_in_the_file_is_told(run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_bytes(b"\r\n".join(gradebook().split(b"\r\n")[:3]) + b"\r\n")
    said = exported(run, out, "canvas", tmp_path / "f.csv", "--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    assert "not in the file: bo, b, çelik, דנה, =1+1" in said


def test_the_template_is_never_overwritten(run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    (tmp_path / "canvas.csv").write_bytes(gradebook())
    options = ("--template", tmp_path / "canvas.csv", "--column", "777", "--roster", roster)
    ended = run("export", out, "--to", "canvas", "--into", tmp_path / "canvas.csv", *options, status=2)
    assert "is the template itself" in ended.stderr
    assert (tmp_path / "canvas.csv").read_bytes() == gradebook()


# ---- moodle -------------------------------------------------------------------

COLUMNS = ["Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
           "Last modified (submission)", "Last modified (grade)", "Feedback comments"]  # fmt: skip


def worksheet(most: str = "100.00", changeable: str = "Yes") -> bytes:
    rows = [COLUMNS]
    for key, name in NAMES.items():
        mail = f"{NUMBERS[key]}@example.org"
        rows.append([f"Participant {NUMBERS[key]}", name, "", mail, "Submitted", "", most, changeable, "Monday, 5:00 PM", "-", ""])
    return written(rows).encode()


def test_moodle_gets_its_own_worksheet_with_grades_and_comments(
    run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path
) -> None:
    (tmp_path / "moodle.csv").write_bytes(worksheet())
    options = ("--template", tmp_path / "moodle.csv", "--roster", roster, "--feedback")
    said = exported(run, out, "moodle", tmp_path / "f.csv", *options)
    before, after = read_moodle(worksheet()), read_moodle((tmp_path / "f.csv").read_bytes())
    assert {name: float(after[NUMBERS[name]]["Grade"]) for name in WORKS} == scores
    assert after["106"] == before["106"]
    assert after["101"]["Feedback comments"].startswith("100 of 100 points, bonus 20: Node creation 35/35, ")
    for number, cells in after.items():
        assert {**cells, "Grade": "", "Feedback comments": ""} == before[number]
    assert (tmp_path / "f.csv").read_bytes().splitlines()[0] == worksheet().splitlines()[0]
    assert "5 grades written into 'Grade'" in said


def test_moodle_takes_no_more_than_its_maximum_and_writes_decimals_as_it_does(
    run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path
) -> None:
    (tmp_path / "moodle.csv").write_bytes(worksheet("100,00"))
    options = ("--template", tmp_path / "moodle.csv", "--roster", roster, "--bonus")
    said = exported(run, out, "moodle", tmp_path / "f.csv", *options)
    after = read_moodle((tmp_path / "f.csv").read_bytes())
    assert after["101"]["Grade"] == "100"
    assert re.search("alice has 120.* with bonus: written as 100, the most", said)
    assert "." not in after["103"]["Grade"]


def test_moodle_a_grade_that_cannot_be_changed_stays(run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    (tmp_path / "moodle.csv").write_bytes(worksheet(changeable="No"))
    said = exported(run, out, "moodle", tmp_path / "f.csv", "--template", tmp_path / "moodle.csv", "--roster", roster)
    assert (tmp_path / "f.csv").read_bytes() == worksheet(changeable="No")
    assert re.search("alice.* can't be changed in Moodle", said)


# ---- files --------------------------------------------------------------------


def test_gradescope_reads_each_result(run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path) -> None:
    said = exported(run, out, "gradescope", tmp_path / "gs", "--roster", roster)
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "gs").iterdir()}
    for results in found.values():
        check_gradescope(results)
    assert {name: results["score"] for name, results in found.items()} == scores
    assert "no file for emil" in said
    report = json.loads((out / "alice" / "report.json").read_text("utf-8"))
    criteria = [criterion for step in report["steps"] for criterion in step["criteria"]]
    assert [test["score"] for test in found["alice"]["tests"]] == [criterion["score"] for criterion in criteria]


def test_gradescope_learns_no_more_of_hidden_criteria_than_the_report_tells(run: Run, out: Path, tmp_path: Path) -> None:
    exported(run, out, "gradescope", tmp_path / "gs", "--bonus", "--visibility", "after_due_date")
    results = json.loads((tmp_path / "gs" / "çelik.json").read_text("utf-8"))
    report = json.loads((out / "çelik" / "report.json").read_text("utf-8"))
    assert results["visibility"] == "after_due_date"
    assert results["score"] == report["score"] + report["bonus"]
    hidden = [c["message"] for step in report["steps"] for c in step["criteria"] if not c["public"] and c["message"]]
    assert hidden
    assert all(any(test["output"].startswith(message) for test in results["tests"]) for message in hidden)


def test_classroom50_reads_each_result(run: Run, out: Path, scores: dict[str, float], tmp_path: Path) -> None:
    names = ["id", "owner", "submission", "commit", "release", "review", "datetime"]
    rows = [[n, f"gh{NUMBERS[n]}", "submit/2026-1", "c", "r", "v", "2026-11-23T10:00:00Z"] for n in WORKS if n != "דנה"]
    (tmp_path / "commits.csv").write_text(written([names, *rows]), "utf-8")
    options = ("--classroom", "ad", "--assignment", "autodiff", "--commits", tmp_path / "commits.csv")
    said = exported(run, out, "classroom50", tmp_path / "c50", *options)
    schema = json.loads((ROOT / "tests" / "contract" / "classroom50-result.schema.json").read_text("utf-8"))
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "c50").iterdir()}
    for result in found.values():
        assert list(Draft202012Validator(schema).iter_errors(result)) == []
        assert result["score"] <= result["max-score"]
        assert all(test["score"] <= test["max-score"] for test in result["tests"])
    assert {name: result["score"] for name, result in found.items()} == {
        name: int(score + 0.5) for name, score in scores.items() if name != "דנה"
    }
    assert "commits.csv: דנה" in said


def test_junit_is_read_by_its_schema(run: Run, out: Path, roster: Path, scores: dict[str, float], tmp_path: Path) -> None:
    exported(run, out, "junit", tmp_path / "j.xml", "--roster", roster)
    text = (tmp_path / "j.xml").read_text("utf-8")
    check_junit(text)
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(text)}
    assert list(suites) == list(NAMES)
    told = {name: float(suites[name].find("properties/property[@name='score']").get("value")) for name in WORKS}
    assert told == scores
    assert suites["alice"].get("failures") == "0"
    assert int(suites["çelik"].get("failures")) > 0
    assert suites["emil"].find("testcase/skipped").get("type") == "missing"
    schema = pytest.importorskip("xmlschema", reason="the strict reader above has looked at it already")
    schema.XMLSchema(str(ROOT / "tests" / "contract" / "junit-10.xsd")).validate(text)


# ---- mistakes -----------------------------------------------------------------

ROSTERS = {
    "an id twice": ("id,name\na,A\na,B\n", ":3: the id 'a' stands in line 2 already"),
    "no ids": ("name,group\nA,B\n", ":1: no column holds the ids"),
    "a line without an id": ("id,name\n,B\n", ":2: no id here"),
    "a line that is too short": ("id,name\na\n", ":2: 1 cells, but the header has 2"),
    "nobody": ("id,name\n", "nobody is on this roster"),
    "two of whom one work may be": ("id,email\n1,alice\n2,alice\n", "alice may be of several on the roster: 1, 2"),
    "one whose are two works": ("id,email\nalice,çelik\n", "alice on the roster has several results"),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_a_roster_that_is_not_certain_is_refused(name: str, run: Run, out: Path, tmp_path: Path) -> None:
    text, sentence = ROSTERS[name]
    (tmp_path / "r.csv").write_text(text, "utf-8")
    ended = run("export", out, "--to", "csv", "--into", tmp_path / "t.csv", "--roster", tmp_path / "r.csv", status=2)
    assert sentence in ended.stderr
    assert not (tmp_path / "t.csv").exists()


def test_an_option_that_lacks_is_told(run: Run, out: Path, tmp_path: Path) -> None:
    assert "needs --into" in run("export", out, "--to", "csv", status=2).stderr
    assert "needs --template" in run("export", out, "--to", "canvas", "--into", tmp_path / "f", status=2).stderr
    assert "holds no results" in run("export", tmp_path, "--to", "csv", "--into", tmp_path / "f", status=2).stderr


IDLE = {
    "a column without a template": (("junit", "--column", "5"), "--column means nothing to junit, which takes --into"),
    "a scale and comments": (("csv", "--scale", "--feedback"), "--scale, --feedback mean nothing to csv, which takes --into"),
    "comments for Canvas": (("canvas", "--feedback"), "--feedback means nothing to canvas, which takes --into, --template, --column"),
    "a default that is named": (("moodle", "--visibility", "visible"), "--visibility means nothing to moodle"),
    "a gradebook": (("gradescope", "--db", "x.db"), "--db means nothing to gradescope, which takes --into, --bonus, --visibility"),
    "a file for a gradebook": (("nbgrader", "--db", "x.db", "--into", "f"), "--into means nothing to nbgrader, which takes --db, --course"),
    "a column of no roster": (("csv", "--id-column", "Canvas"), "--id-column names a column of a roster: name that too, with --roster"),
}


@pytest.mark.parametrize("name", IDLE)
def test_an_option_that_would_do_nothing_is_refused(name: str, run: Run, out: Path, tmp_path: Path) -> None:
    (target, *options), sentence = IDLE[name]
    into = () if "--into" in options or target == "nbgrader" else ("--into", tmp_path / "f")
    ended = run("export", out, "--to", target, *into, *options, status=2, cwd=tmp_path)
    assert ended.stderr.startswith(f"grader: {sentence}")
    assert not list(tmp_path.iterdir())


def test_a_roster_on_which_nobody_has_a_result_is_told(run: Run, out: Path, roster: Path, tmp_path: Path) -> None:
    sentence = "nobody on the roster has a result here: if its ids are others, name the column that has these with --id-column"
    assert sentence not in exported(run, out, "csv", tmp_path / "f.csv", "--roster", roster)
    roster.write_text("id,name\n1,One\n2,Two\n", "utf-8")
    assert sentence in exported(run, out, "csv", tmp_path / "f.csv", "--roster", roster)


def test_provisional_results_are_exported_only_when_told(run: Run, tmp_path: Path) -> None:
    run("grade", ROOT / "starter" / "autodiff.py", "--out", tmp_path / "out", "--step", "forward")
    ended = run("export", tmp_path / "out", "--to", "csv", "--into", tmp_path / "t.csv", status=2)
    assert "provisional results, which count for nothing yet: starter" in ended.stderr
    run("export", tmp_path / "out", "--to", "csv", "--into", tmp_path / "t.csv", "--provisional")
