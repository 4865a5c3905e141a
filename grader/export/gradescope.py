"""Gradescope: a results.json for each submission, as its autograders write them.

`score` at the top is what Gradescope shows; the tests explain it. A hidden criterion shows no more than in report.json: how many
cases passed. All tests have one visibility, by default `visible`: a hidden test would hide the total from students.
"""

import json
from collections.abc import Iterator
from typing import NotRequired, TypedDict

from grader.escape import plain
from grader.export.json_folder import files
from grader.messages import retold, say
from grader.model import Sentences
from grader.report_format import CriterionReport, Decision, Report, StepReport, counted
from grader.results.gradebook import Book, ExportOptions, counted_criteria, is_provisional


class Test(TypedDict):
    """A test, as Gradescope reads it."""

    name: str
    number: str
    max_score: float
    output: str
    output_format: str
    tags: list[str]
    score: NotRequired[float]
    """Left out while a person has still to give points. So is `status`."""
    status: NotRequired[str]


class Results(TypedDict, total=False):
    """A results.json. All keys but `score` are in every one."""

    score: float
    execution_time: float
    output: str
    output_format: str
    visibility: str
    stdout_visibility: str
    extra_data: dict[str, str]
    tests: list[Test]


VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write a file for each report of what came in and could be looked at, and yield what was done."""
    known = [entry for entry in book.submissions() if entry.status in ("graded", "unusable")]
    yield from files(book, given, known, lambda entry: json.dumps(results(book.report(entry), given, book.texts), indent=1))


def results(report: Report, given: ExportOptions, texts: Sentences) -> Results:
    """Return the results of one report. What is unusable has no score, and the sentence that says why as output."""
    counts = counted(report)
    found: Results = {}
    if counts["score"] is not None and counts["bonus"] is not None:
        found["score"] = counts["score"] + (counts["bonus"] if given.bonus else 0)
    lines = [plain(retold(texts, note)) for note in report["notes"]]
    lines += [_decided(decision, texts) for decision in counts["decisions"]]
    if is_provisional(report):
        lines.append(say(texts, "export.provisional"))
    return found | {
        "execution_time": report["provenance"]["seconds"],
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": given.visibility,
        "stdout_visibility": "hidden",
        "extra_data": {"submission": plain(report["submission"]), **{k: plain(str(v)) for k, v in report["provenance"].items()}},
        "tests": [_test(i, *one, texts) for i, one in enumerate(counted_criteria(report), start=1)],
    }


def _decided(decision: Decision, texts: Sentences) -> str:
    what = "/".join(part for part in (decision["step"], decision["criterion"]) if part) or decision["kind"]
    sentence = say(texts, "export.decided", what=what, points=f"{decision['points']:g}")
    return plain(sentence + (f": {decision['reason']}" if decision["reason"] else ""))


def _test(number: int, step: StepReport, criterion: CriterionReport, points: float | None, texts: Sentences) -> Test:
    name = f"{step['title']}: {criterion['says']}" + (f" ({say(texts, 'report.bonus_head')})" if criterion["bonus"] else "")
    test: Test = {
        "name": plain(name),
        "number": str(number),
        "max_score": criterion["max_score"],
        "output": plain(" ".join(part for part in (criterion["message"], criterion["hint"]) if part)),
        "output_format": "text",
        "tags": [step["id"]],
    }
    if points is None:  # a person has still to give some
        return test
    return test | {"score": points, "status": "passed" if points >= criterion["max_score"] else "failed"}
