"""grades.csv: one row a submission, a column a step."""

import csv
import io

from grader.escape import cell
from grader.report_format import Row


def grades_csv(rows: list[Row]) -> str:
    """Return the table of all rows as CSV. Who is not graded has empty cells, never a zero."""
    core = list(dict.fromkeys(step["id"] for row in rows for step in row["steps"] if step["max_score"]))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["submission", "status", *core, "score", "max_score", "bonus", "automatic", "written", "provisional", "note"])
    for row in rows:
        scores = {step["id"]: step["score"] for step in row["steps"]}
        writer.writerow([
            cell(row["submission"]),
            row["status"],
            *(scores.get(name, "") for name in core),
            *("" if points is None else points for points in (row["score"], row["max_score"], row["bonus"], row["automatic"])),
            "" if row.get("written") is None else row["written"],
            "yes" if row["provisional"] else "no",
            cell(" ".join(row["notes"])),
        ])  # fmt: skip
    return out.getvalue()
