"""grades.csv: one row a submission, a column a step."""

import csv
import io
from typing import Any

from grader.escape import cell


def grades_csv(reports: list[dict[str, Any]]) -> str:
    """Return the table of all rows as CSV. Who is not graded has empty cells, never a zero."""
    core = list(dict.fromkeys(step["id"] for report in reports for step in report["steps"] if step["max_score"]))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["submission", "status", *core, "score", "max_score", "bonus", "automatic", "written", "provisional", "note"])
    for report in reports:
        scores = {step["id"]: step["score"] for step in report["steps"]}
        writer.writerow([
            cell(report["submission"]),
            report["status"],
            *(scores.get(name, "") for name in core),
            *("" if report[key] is None else report[key] for key in ("score", "max_score", "bonus", "automatic")),
            "" if report.get("written") is None else report["written"],
            "yes" if report["provisional"] else "no",
            cell(" ".join(report["notes"])),
        ])  # fmt: skip
    return out.getvalue()
