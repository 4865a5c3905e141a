"""Classroom 50: a result.json for each submission (classroom50/result/v1).

Who owns the repository, which tag, commit and release were graded, is known to the forge and not to a report: it comes from a CSV
with the columns id, owner, submission, commit, release, review, datetime (--commits). Points are whole numbers there: each is
rounded half up, and the total is rounded by itself, so it may differ from the sum of the parts.
"""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypedDict

from grader.csv_reader import read_table
from grader.escape import plain
from grader.export.json_folder import files
from grader.model import KitFault, round_points
from grader.report_format import CriterionReport, Report, StepReport, counted
from grader.results.gradebook import Book, ExportOptions, counted_criteria

SCHEMA = "classroom50/result/v1"
COLUMNS = ("owner", "submission", "commit", "release", "review", "datetime")
Test = TypedDict("Test", {"test-name": str, "passed": bool, "score": int, "max-score": int, "message": str})
Result = TypedDict(
    "Result",
    {
        "schema": str, "classroom": str, "assignment": str, "assignment_type": str, "owner": str, "submission": str, "commit": str,
        "release": str, "review": str, "datetime": str, "graded_at": str, "score": int, "max-score": int, "tests": list[Test],
    },
)  # fmt: skip
"""A result.json."""
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")


def write(book: Book, given: ExportOptions) -> Iterator[str]:
    """Write a file for each graded submission and yield what was done."""
    commits = _read(given.need("commits", f"a CSV with the columns id, {', '.join(COLUMNS)}"))
    classroom = given.need("classroom", "its short name in Classroom 50")
    assignment = given.need("assignment", "its slug in Classroom 50")
    graded = [entry for entry in book.submissions() if entry.is_graded and not entry.note]
    known = [entry for entry in graded if entry.id in commits]
    unknown = [plain(entry.id) for entry in graded if entry.id not in commits]
    yield from files(
        book, given, known, lambda entry: json.dumps(result(book.report(entry), classroom, assignment, commits[entry.id]), indent=1)
    )
    if unknown:
        yield f"not in {given.commits}: {', '.join(unknown)}"


def result(report: Report, classroom: str, assignment: str, commit: dict[str, str]) -> Result:
    """Return the result of one report. Bonus has no place there: no score may exceed its maximum."""
    most = whole(report["max_score"])
    return {
        "schema": SCHEMA,
        "classroom": classroom,
        "assignment": assignment,
        "assignment_type": commit.get("type") or "individual",
        "owner": commit["owner"],
        "submission": commit["submission"],
        "commit": commit["commit"],
        "release": commit["release"],
        "review": commit["review"],
        "datetime": commit["datetime"],
        "graded_at": report["provenance"]["graded_at"].replace("+00:00", "Z"),
        "score": min(whole(counted(report)["score"] or 0), most),
        "max-score": most,
        "tests": [_test(step, criterion, points or 0) for step, criterion, points in counted_criteria(report) if not criterion["bonus"]],
    }


def whole(points: float) -> int:
    """Return points rounded half up to a whole number."""
    return int(round_points(Fraction(str(points)), Fraction(1)))


def _test(step: StepReport, criterion: CriterionReport, points: float) -> Test:
    return {
        "test-name": plain(f"{step['title']}: {criterion['says']}"),
        "passed": points >= criterion["max_score"],
        "score": min(whole(points), whole(criterion["max_score"])),
        "max-score": whole(criterion["max_score"]),
        "message": plain(criterion["message"]),
    }


def _read(path: Path) -> dict[str, dict[str, str]]:
    commits: dict[str, dict[str, str]] = {}
    for row in read_table(path, ("id", *COLUMNS)).rows:
        for name in ("id", *COLUMNS):
            if not row[name]:
                raise KitFault(f"{row.place}: {name} is empty")
        if not row["submission"].startswith("submit/"):
            raise KitFault(f"{row.place}: submission must be a tag that begins with submit/")
        if not INSTANT.fullmatch(row["datetime"]):
            raise KitFault(f"{row.place}: datetime must look like 2026-01-31T10:00:00Z")
        if row["type"] not in ("", "individual", "group"):
            raise KitFault(f"{row.place}: type is individual or group")
        commits[row["id"]] = dict(row.at)
    return commits
