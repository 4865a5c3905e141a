"""Strict readers of formats for which no schema is published, written from the formats' own rules.

Each returns what the other system would understand, and fails on whatever it would refuse or misread.
"""

import csv
import io
import re
from typing import Any

GRADE = re.compile(r"\d+(\.\d{1,2})?")


def read_canvas(content: bytes) -> dict[str, dict[str, str]]:
    """Return {assignment header: {Canvas ID: cell}}, as lib/gradebook_importer.rb reads a gradebook."""
    text = content.decode("utf-8-sig")
    delimiter = ";" if text.splitlines()[0].count(";") > text.splitlines()[0].count(",") else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    header = rows[0]
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert len(header) > 3
    section = header.index("Section")
    assert all(len(row) == len(header) for row in rows)
    top = next(i for i, row in enumerate(rows) if row[0].strip() == "Points Possible")
    assignments = [i for i in range(section + 1, len(header)) if re.search(r"\(\d+\)$", header[i])]
    for row in rows[top + 1 :]:
        assert re.fullmatch(r"\d+", row[1])
        for i in assignments:
            assert row[i] in ("", "EX", "N/A") or GRADE.fullmatch(row[i]), row[i]
    return {header[i]: {row[1]: row[i] for row in rows[top + 1 :]} for i in assignments}


def read_moodle(content: bytes) -> dict[str, dict[str, str]]:
    """Return {participant number: {column: cell}}, as mod/assign/feedback/offline reads a worksheet: UTF-8, commas, English."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    header = rows[0]
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(header)
    found = {}
    for row in rows[1:]:
        assert len(row) == len(header)
        cells = dict(zip(header, row, strict=True))
        number = cells["Identifier"][len("Participant ") :]
        assert re.fullmatch(r"\d+", number)
        if cells["Grade"] and cells["Grade"] != "-":
            grade = cells["Grade"].replace(",", ".")
            assert GRADE.fullmatch(grade)
            assert float(grade) <= float(cells["Maximum Grade"].replace(",", "."))
        found[number] = cells
    return found


TOP = {
    "score": (int, float), "execution_time": (int, float), "output": str, "output_format": str, "test_output_format": str,
    "test_name_format": str, "visibility": str, "stdout_visibility": str, "extra_data": dict, "tests": list, "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": (int, float), "max_score": (int, float), "status": str, "name": str, "name_format": str, "number": str, "output": str,
    "output_format": str, "tags": list, "visibility": str, "extra_data": dict,
}  # fmt: skip
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


def check_gradescope(results: dict[str, Any]) -> None:
    """Fail on whatever Gradescope's description of results.json does not allow."""
    _typed(results, TOP)
    for test in results["tests"]:
        _typed(test, TEST)
        assert test.get("status", "passed") in ("passed", "failed")
        assert all(type(tag) is str for tag in test["tags"])
    assert "score" in results or (results["tests"] and all("score" in test for test in results["tests"]))


def _typed(found: dict[str, Any], known: dict[str, Any]) -> None:
    assert found.keys() <= known.keys()
    for key, value in found.items():
        assert isinstance(value, known[key]), key
        assert not isinstance(value, bool), key
        assert not key.endswith("_format") or value in FORMATS
        assert not key.endswith("visibility") or value in VISIBILITIES


def check_junit(text: str) -> None:
    """Fail where counts, names or order are not what readers of JUnit rely on; the schema alone does not look at counts."""
    from xml.etree import ElementTree

    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))
        assert suite.get("skipped") == str(sum(case.find("skipped") is not None for case in cases))
        assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases)
