"""The table of points that people have still to give: who waits for what, as a CSV that an instructor fills in.

    rows = waiting(reports, names)      a row for each criterion that waits, and for each submission in which nothing could be graded
    rows += nothing_came(people, most)  a row for each on the roster from whom nothing came in
    text = template_csv(rows)

`grader points OUT FILE` reads the table again, as it is or as a spreadsheet saved it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from grader.course.decision_log import NOTHING_CAME, WHOLE_SUBMISSION
from grader.escape import cell
from grader.report_format import Report, counted

COLUMNS = ("id", "name", "criterion", "of", "points", "reason", "says")
Line = dict[str, str]


def waiting(reports: Iterable[Report], names: Mapping[str, str]) -> Iterator[Line]:
    """Yield a row for all that waits; `names` has the people's names by submission."""
    for report in reports:
        person = {"id": report["submission"], "name": names.get(report["submission"], "")}
        if report["status"] == "unusable" and "final" not in report:
            yield {**person, "criterion": WHOLE_SUBMISSION, "of": f"{report['max_score']:g}", "says": " ".join(report["notes"])}
        waits = counted(report)["waiting"]
        for step in report["steps"]:
            for criterion in step["criteria"]:
                name = f"{step['id']}/{criterion['id']}"
                if name in waits:
                    yield {**person, "criterion": name, "of": f"{criterion['max_score']:g}", "says": criterion["says"]}


def nothing_came(people: Mapping[str, str], most: float) -> Iterator[Line]:
    """Yield a row for each of these people, names by id, who handed in nothing and about whom nobody has decided."""
    for name, full in people.items():
        yield {"id": name, "name": full, "criterion": NOTHING_CAME, "of": f"{most:g}" if most else "", "says": "nothing came in"}


def template_csv(rows: Iterable[Line]) -> str:
    """Return the table; what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()
