"""`nbgrader export`: nbgrader's CSV, in which work that nobody has given a score yet has none. nbgrader writes a zero there."""

from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin

SCORES = ("raw_score", "late_submission_penalty", "score", "max_score")
"""nbgrader's last columns."""


def _has_no_score(submission: Any) -> bool:
    """Return whether a submission has graded code cells that are worth points, and none of them has a score."""
    every = [grade for notebook in submission.notebooks for grade in notebook.grades]
    grades = [grade for grade in every if grade.cell.cell_type == "code" and grade.max_score]
    return bool(grades) and all(grade.auto_score is None and grade.manual_score is None for grade in grades)


class CsvExport(CsvExportPlugin):  # type: ignore[misc]
    """nbgrader's CSV export; a submission of which no code cell has a score, such as a file that is no notebook, has empty scores."""

    def export(self, gradebook: Any) -> None:
        """Write the CSV, and log a warning for each submission that waits for a person."""
        super().export(gradebook)
        submissions = [submission for assignment in gradebook.assignments for submission in assignment.submissions]
        waiting = {(submission.assignment.name, submission.student_id) for submission in submissions if _has_no_score(submission)}
        path = Path(self.to or "grades.csv")
        header, *rows = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text(header + "".join(self._without_zero(row, waiting) for row in rows), "utf-8")

    def _without_zero(self, row: str, waiting: set[tuple[str, str]]) -> str:
        assignment, _, _, student, _ = row.split(",", 4)
        if (assignment, student) not in waiting:
            return row
        self.log.warning("%s: nobody has given %s a score yet: it is left empty", student, assignment)
        return ",".join([row.rsplit(",", len(SCORES))[0], "", "", "", row.rsplit(",", 1)[1]])
