"""Gradescope: a results.json for each submission, as its autograders write them.

`score` at the top is what Gradescope shows; the tests explain it. A hidden criterion tells no more than in report.json: how many
cases passed. All tests have one visibility, `visible` unless told otherwise: a hidden test would hide the total from students.
"""

import json
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.export.book import Book, Given, counted_criteria, is_provisional
from grader.export.folder import files

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def write(book: Book, given: Given) -> Iterator[str]:
    """Write a file for each report and yield what was done."""
    with_score = [entry for entry in book.entries if entry.is_graded]
    yield from files(book, given, with_score, lambda entry: json.dumps(results(book.report(entry), given), indent=1))


def results(report: dict[str, Any], given: Given) -> dict[str, Any]:
    """Return the results of one report of what was graded."""
    counted = report.get("final") or report
    notes = [plain(note) for note in report["notes"]]
    common = {
        "output_format": "text",
        "visibility": given.visibility,
        "stdout_visibility": "hidden",
        "extra_data": {"submission": plain(report["submission"]), **{k: plain(str(v)) for k, v in report["provenance"].items()}},
    }
    score = counted["score"] + (counted["bonus"] if given.bonus else 0)
    lines = [*notes, *(_decided(d) for d in counted.get("decisions", ()))]
    if is_provisional(report):
        lines.append("Provisional: not everything was graded.")
    tests = [_test(i, *found) for i, found in enumerate(counted_criteria(report), start=1)]
    return {"score": score, "execution_time": report["provenance"]["seconds"], "output": "\n".join(lines), **common, "tests": tests}


def _decided(decision: dict[str, Any]) -> str:
    what = "/".join(part for part in (decision.get("step"), decision.get("criterion")) if part) or decision["kind"]
    return plain(f"{what}: {decision['points']:g} points" + (f": {decision['reason']}" if decision["reason"] else ""))


def _test(number: int, step: dict[str, Any], criterion: dict[str, Any], points: Any) -> dict[str, Any]:
    name = f"{step['title']}: {criterion['says']}" + (" (bonus)" if criterion["bonus"] else "")
    test = {
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
