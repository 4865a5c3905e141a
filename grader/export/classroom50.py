"""Classroom 50: a result.json for each submission (classroom50/result/v1).

Who owns the repository, which tag, commit and release were graded, is known to the forge and not to a report: it comes from a CSV
with the columns id, owner, submission, commit, release, review, datetime (--commits). Points are whole numbers there: each is
rounded half up, and the total is rounded by itself, so it may differ from the sum of the parts.
"""

import csv
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.escape import plain
from grader.export.book import Book, Given, counted_criteria
from grader.export.folder import files
from grader.model import KitFault

SCHEMA = "classroom50/result/v1"
COLUMNS = ("owner", "submission", "commit", "release", "review", "datetime")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ")


def write(book: Book, given: Given) -> Iterator[str]:
    """Write a file for each graded submission and yield what was done."""
    commits = _read(given.need("commits", f"a CSV with the columns id, {', '.join(COLUMNS)}"))
    names = {
        "classroom": given.need("classroom", "its short name in Classroom 50"),
        "assignment": given.need("assignment", "its slug in Classroom 50"),
    }
    known = [entry for entry in book.entries if entry.is_graded and entry.id in commits]
    unknown = [plain(entry.id) for entry in book.entries if entry.is_graded and entry.id not in commits]
    yield from files(book, given, known, lambda entry: json.dumps(result(book.report(entry), names, commits[entry.id]), indent=1))
    if unknown:
        yield f"not in {given.commits}: {', '.join(unknown)}"


def result(report: dict[str, Any], names: dict[str, str], commit: dict[str, str]) -> dict[str, Any]:
    """Return the result of one report. Bonus has no place there: no score may exceed its maximum."""
    counted = report.get("final") or report
    most = whole(report["max_score"])
    return {
        "schema": SCHEMA,
        **names,
        "assignment_type": commit.get("type") or "individual",
        **{name: commit[name] for name in COLUMNS},
        "graded_at": report["provenance"]["graded_at"].replace("+00:00", "Z"),
        "score": min(whole(counted["score"]), most),
        "max-score": most,
        "tests": [_test(step, criterion, points or 0) for step, criterion, points in counted_criteria(report) if not criterion["bonus"]],
    }


def whole(points: float) -> int:
    """Return points rounded half up to a whole number."""
    return int((Fraction(str(points)) + Fraction(1, 2)).__floor__())


def _test(step: dict[str, Any], criterion: dict[str, Any], points: float) -> dict[str, Any]:
    return {
        "test-name": plain(f"{step['title']}: {criterion['says']}"),
        "passed": points >= criterion["max_score"],
        "score": min(whole(points), whole(criterion["max_score"])),
        "max-score": whole(criterion["max_score"]),
        "message": plain(criterion["message"]),
    }


def _read(path: Path) -> dict[str, dict[str, str]]:
    commits: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if lacking := [name for name in ("id", *COLUMNS) if name not in (reader.fieldnames or ())]:
            raise KitFault(f"{path}:1: it lacks the columns {', '.join(lacking)}")
        for row in reader:
            for name in ("id", *COLUMNS):
                if not row[name]:
                    raise KitFault(f"{path}:{reader.line_num}: {name} is empty")
            if not row["submission"].startswith("submit/"):
                raise KitFault(f"{path}:{reader.line_num}: submission must be a tag that begins with submit/")
            if not INSTANT.fullmatch(row["datetime"]):
                raise KitFault(f"{path}:{reader.line_num}: datetime must look like 2026-01-31T10:00:00Z")
            if row.get("type") and row["type"] not in ("individual", "group"):
                raise KitFault(f"{path}:{reader.line_num}: type is individual or group")
            commits[row["id"]] = row
    return commits
