"""criteria.csv: one row a submission, a column a criterion."""

import csv
import io

from grader.class_report.class_format import ClassData
from grader.escape import cell


def criteria_csv(data: ClassData) -> str:
    """Return the points per criterion in class.json as CSV. A cell is empty where nobody gave points yet, or the criterion was left out."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = [f"{criterion['step']}/{criterion['id']}" for criterion in data["criteria"]]
    writer.writerow(["submission", "score", "bonus", "provisional", *names])
    for row in data["submissions"]:
        given = ["" if points is None else points for points in row["points"]]
        writer.writerow([cell(row["submission"]), row["score"], row["bonus"], "yes" if row["provisional"] else "no", *given])
    return out.getvalue()
