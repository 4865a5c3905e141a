"""Gradescope: a results.json for each submission, as its autograders write them.

`score` at the top is what Gradescope shows; the tests explain it. A hidden criterion shows no more than in report.json: how many
cases passed. All tests have one visibility, by default `visible`: a hidden test would hide the total from students.
"""

import json
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.export.json_folder import files
from grader.messages import retold, say
from grader.model import Sentences
from grader.results.gradebook import Book, ExportOptions, counted_criteria, is_provisional

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write a file for each report of what came in and could be looked at, and yield what was done."""
    known = [entry for entry in book.submissions() if entry.status in ("graded", "unusable")]
    yield from files(book, given, known, lambda entry: json.dumps(results(book.report(entry), given, book.texts), indent=1))


def results(report: dict[str, Any], given: ExportOptions, texts: Sentences) -> dict[str, Any]:
    """Return the results of one report. What is unusable has no score, and the sentence that says why as output."""
    counted = report.get("final") or report
    notes = [plain(retold(texts, note)) for note in report["notes"]]
    common = {
        "output_format": "text",
        "visibility": given.visibility,
        "stdout_visibility": "hidden",
        "extra_data": {"submission": plain(report["submission"]), **{k: plain(str(v)) for k, v in report["provenance"].items()}},
    }
    score = {} if counted["score"] is None else {"score": counted["score"] + (counted["bonus"] if given.bonus else 0)}
    lines = [*notes, *(_decided(d, texts) for d in counted.get("decisions", ()))]
    if is_provisional(report):
        lines.append(say(texts, "export.provisional"))
    tests = [_test(i, *found, texts) for i, found in enumerate(counted_criteria(report), start=1)]
    return score | {"execution_time": report["provenance"]["seconds"], "output": "\n".join(lines), **common, "tests": tests}


def _decided(decision: dict[str, Any], texts: Sentences) -> str:
    what = "/".join(part for part in (decision.get("step"), decision.get("criterion")) if part) or decision["kind"]
    sentence = say(texts, "export.decided", what=what, points=f"{decision['points']:g}")
    return plain(sentence + (f": {decision['reason']}" if decision["reason"] else ""))


def _test(number: int, step: dict[str, Any], criterion: dict[str, Any], points: Any, texts: Sentences) -> dict[str, Any]:
    name = f"{step['title']}: {criterion['says']}" + (f" ({say(texts, 'report.bonus_head')})" if criterion["bonus"] else "")
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
