"""grades.csv: one row a submission, a column a step."""

import csv
import io
from typing import Any

from grader.escape import cell


def grades_csv(reports: list[dict[str, Any]]) -> str:
    """Return the table of all reports as CSV. Who is not graded has empty cells, never a zero."""
    steps: list[dict[str, Any]] = next((report["steps"] for report in reports if report["steps"]), [])
    core = [step["id"] for step in steps if step["max_score"]]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["submission", "status", *core, "score", "max_score", "bonus", "automatic", "provisional", "note"])
    for report in reports:
        scores = {step["id"]: step["score"] for step in report["steps"]}
        graded = report["status"] == "graded"
        writer.writerow([
            cell(report["submission"]),
            report["status"],
            *(scores.get(name, "") for name in core),
            report["score"] if graded else "",
            report["max_score"],
            report["bonus"] if graded else "",
            report["automatic"] if graded else "",
            "yes" if report["provisional"] else "no",
            cell(" ".join(report["notes"])),
        ])  # fmt: skip
    return out.getvalue()
