"""JUnit XML: a suite for each submission, a test case for each criterion, points as properties of the suite.

A wrong answer is a failure; who is not graded or missing has a suite with one skipped test. Written suite by suite.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from grader.escape import plain
from grader.export.book import Book, Entry, Given, counted_criteria, is_provisional


def write(book: Book, given: Given) -> Iterator[str]:
    """Write one file for all and yield what was done."""
    path: Path = given.need("into", "the file to write")
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="autodiff">\n')
        for entry in book.entries:
            file.write(ElementTree.tostring(_suite(book, entry), encoding="unicode") + "\n")
        file.write("</testsuites>\n")
    yield f"{len(book.entries)} suites written"


def _suite(book: Book, entry: Entry) -> ElementTree.Element:
    name = plain(entry.id)
    if not entry.is_graded:
        suite = ElementTree.Element("testsuite", name=name, tests="1", failures="0", errors="0", skipped="1")
        case = ElementTree.SubElement(suite, "testcase", classname=name, name="graded")
        notes = ["nothing came in"] if entry.status == "missing" else book.report(entry)["notes"]
        ElementTree.SubElement(case, "skipped", type=entry.status, message=plain(" ".join(notes)))
        return suite
    report = book.report(entry)
    found = counted_criteria(report)
    failed = sum(points is not None and points < criterion["max_score"] for _, criterion, points in found)
    seen, seconds = report["provenance"]["graded_at"], report["provenance"]["seconds"]
    suite = ElementTree.Element(
        "testsuite", name=name, tests=str(len(found)), failures=str(failed), errors="0", skipped=str(sum(p is None for *_, p in found)),
        time=f"{min(seconds, 999):.3f}", timestamp=seen.partition("+")[0].removesuffix("Z"),
    )  # fmt: skip
    _properties(suite, report)
    for step, criterion, points in found:
        _case(suite, name, step, criterion, points)
    return suite


def _properties(suite: ElementTree.Element, report: dict[str, Any]) -> None:
    counted = report.get("final") or report
    told = {
        "score": f"{counted['score']:g}",
        "automatic_score": f"{report['score']:g}",
        "max_score": f"{report['max_score']:g}",
        "bonus": f"{counted['bonus']:g}",
        "provisional": str(is_provisional(report)).lower(),
        **{f"{step['id']}.score": f"{step['score']:g}" for step in counted["steps"]},
        "submission_sha256": report["provenance"]["submission_sha256"],
        "note": plain(" ".join(report["notes"])),
    }
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in told.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)


def _case(suite: ElementTree.Element, name: str, step: dict[str, Any], criterion: dict[str, Any], points: Any) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=f"{name}.{step['id']}", name=plain(criterion["says"]))
    if points is None:
        ElementTree.SubElement(case, "skipped", type="manual", message="a person has still to give points")
    elif points < criterion["max_score"]:
        told = f"{points:g} of {criterion['max_score']:g} points. {criterion['message']}"
        failure = ElementTree.SubElement(case, "failure", type=criterion["outcome"], message=plain(told))
        failure.text = plain(criterion["hint"])
