"""JUnit XML: a suite for each submission, a test case for each criterion, points as properties of the suite.

A wrong answer is a failure, and so is a criterion for which a person gave fewer points (type `decision`). What people decided, and what
lateness takes, are properties too. Of a submission that was not graded, is unusable or missing, the suite has one skipped test.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from grader.atomic_write import replacing
from grader.escape import plain
from grader.report_format import CriterionReport, Report, StepReport, counted
from grader.results.gradebook import Book, Entry, ExportOptions, counted_criteria, is_provisional, shown


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write one file for all and yield what was done."""
    path: Path = given.need("into", "the file to write")
    entries = book.submissions()
    with replacing(path) as file:
        file.write(b'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="autodiff">\n')
        for entry in entries:
            file.write(ElementTree.tostring(_suite(book, entry), encoding="utf-8", xml_declaration=False) + b"\n")
        file.write(b"</testsuites>\n")
    yield f"{len(entries)} suites written"


def _suite(book: Book, entry: Entry) -> ElementTree.Element:
    name = plain(entry.id)
    if entry.status != "graded":
        suite = ElementTree.Element("testsuite", name=name, tests="1", failures="0", errors="0", skipped="1")
        if entry.decided and entry.note:
            _properties_of(suite, {"score": shown(entry.score), "max_score": shown(entry.max_score), "note": plain(entry.note)})
        elif entry.decided:
            _properties(suite, book, book.report(entry))
        case = ElementTree.SubElement(suite, "testcase", classname=name, name="graded")
        ElementTree.SubElement(case, "skipped", type=entry.status, message=plain(" ".join(book.notes(entry))))
        return suite
    report = book.report(entry)
    found = counted_criteria(report)
    failed = sum(points is not None and points < criterion["max_score"] for _, criterion, points in found)
    seen, seconds = report["provenance"]["graded_at"], report["provenance"]["seconds"]
    suite = ElementTree.Element(
        "testsuite", name=name, tests=str(len(found)), failures=str(failed), errors="0", skipped=str(sum(p is None for *_, p in found)),
        time=f"{min(seconds, 999):.3f}", timestamp=seen.partition("+")[0].removesuffix("Z"),
    )  # fmt: skip
    _properties(suite, book, report)
    for step, criterion, points in found:
        _case(suite, name, step, criterion, points)
    return suite


def _properties(suite: ElementTree.Element, book: Book, report: Report) -> None:
    counts = counted(report)
    properties = {
        "score": f"{counts['score']:g}",
        "automatic_score": "" if report["score"] is None else f"{report['score']:g}",
        "max_score": f"{report['max_score']:g}",
        "bonus": f"{counts['bonus']:g}",
        "provisional": str(is_provisional(report)).lower(),
        **{f"{step['id']}.score": f"{step['score']:g}" for step in counts["steps"]},
        "submission_sha256": report["provenance"]["submission_sha256"],
        "note": plain(" ".join(report["notes"])),
    }
    if late := [decision["points"] for decision in counts["decisions"] if decision["kind"] == "late"]:
        properties["late"] = f"{sum(late):g}"
    if counts["decisions"]:
        properties["decisions"] = "; ".join(book.decisions(report))
    _properties_of(suite, properties)


def _properties_of(suite: ElementTree.Element, texts: Mapping[str, str]) -> None:
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in texts.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)


def _case(suite: ElementTree.Element, name: str, step: StepReport, criterion: CriterionReport, points: float | None) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=f"{name}.{step['id']}", name=plain(criterion["says"]))
    if points is None:
        ElementTree.SubElement(case, "skipped", type="manual", message="a person has still to give points")
    elif points < criterion["max_score"] and points != criterion["score"] and not criterion.get("manual"):
        message = f"{points:g} of {criterion['max_score']:g} points, given by a person; {criterion['score']:g} automatically"
        ElementTree.SubElement(case, "failure", type="decision", message=message)
    elif points < criterion["max_score"]:
        message = f"{points:g} of {criterion['max_score']:g} points. {criterion['message']}"
        failure = ElementTree.SubElement(case, "failure", type=criterion["outcome"], message=plain(message))
        failure.text = plain(criterion["hint"])
