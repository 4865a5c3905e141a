"""nbgrader's gradebook as a target and a source: no notebooks needed, SQLite or PostgreSQL.

    write(OUT, options, index)      each report's steps become graded cells, hints comments, bonus extra credit
    read(OUT, options)              scores and comments that people gave in the gradebook come back into the reports

What a person gave is never overwritten, and writing twice changes nothing. A report that is not a grade is left out. What is unusable
is left out too, unless a person gave it no points: then each step gets 0.
"""

import contextlib
import importlib.util
import os
import re
import sys
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    InvalidEntry,
    MissingEntry,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)  # fmt: skip
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from grader.course import decision_log
from grader.course.decision_files import about_unusable
from grader.escape import code, plain
from grader.model import KitFault
from grader.nbgrader.grading import bonus_of
from grader.nbgrader.manual_scores import BY, cut, decided, points_of_unusable
from grader.report_format import Report, StepReport, counted
from grader.results.folder import all_reports
from grader.results.index import Index
from grader.results.texts import kept_sentences
from grader.results.transactions import changing, mark_stale

BONUS = re.compile(r"^Bonus: ([0-9.]+)\.$", re.MULTILINE)
LONGEST_ID = 128
"""Characters that a student's id can have in nbgrader's tables."""
DRIVERS = {"psycopg2": "postgresql+psycopg2", "psycopg": "postgresql+psycopg"}


@dataclass(frozen=True, slots=True)
class Place:
    """Which notebook of which assignment in the gradebook."""

    assignment: str
    notebook: str


def write(out: Path, options: dict[str, Any], index: Index) -> Iterator[str]:
    """Write the reports of OUT into the gradebook, each in one transaction; yield messages in plain text."""
    reports, written = list(all_reports(out, index)), 0
    graded = [report for report in reports if report["status"] == "graded" and not report["provisional"]]
    if not graded:
        raise KitFault(f"{out} holds no report of a graded submission: run `grader grade` or `grader cohort` first")
    with opened(options) as gradebook:
        place = prepared(gradebook, options, graded[0]["steps"])
        for report in reports:
            name = plain(report["submission"])
            if report not in graded and not _is_zero(report):
                yield f"{name}: {_left_out(report)}"
            elif len(report["submission"]) > LONGEST_ID:
                yield f"{name}: left out, because nbgrader's names have at most {LONGEST_ID} characters"
            else:
                messages = write_one(gradebook, place, report if report in graded else _with_zeros(report, graded[0]["steps"]))
                gradebook.db.commit()  # the one commit of this report; whatever is raised before it leaves nothing behind
                yield from (f"{name}: {line}" for line in messages)
                written += 1
    yield f"{written} of {len(reports)} reports are in the gradebook, as assignment {plain(place.assignment)}"


def _left_out(report: Report) -> str:
    """Return why a report is not written into a gradebook or read from it."""
    if report["status"] == "unusable":
        return f"left out, because it is unusable: {plain(report['notes'][0])}"
    return f"left out, because it is {'provisional' if report['provisional'] else 'not graded'}"


def _is_zero(report: Report) -> bool:
    """Return whether a person decided that an unusable submission gets no points."""
    return report["status"] == "unusable" and "final" in report and report["final"]["score"] == 0


def _with_zeros(report: Report, steps: list[StepReport]) -> Report:
    """Return a report with all steps at 0 points; its notes say why."""
    return {**report, "steps": [{**step, "score": 0, "criteria": []} for step in steps]}


def write_one(gradebook: Any, place: Place, report: Report) -> list[str]:
    """Put one report into the open transaction, and return what stays as a person left it."""
    messages = []
    rows = Rows(gradebook, place, report["submission"])
    notes = [code(note) for note in report["notes"]]
    counts = _counted(report)
    for step in report["steps"]:
        grade, comment = rows.grade(step["id"]), rows.comment(step["id"])
        bonus, before = bonus_of(step), BONUS.search(comment.auto_comment or "") if comment else None
        if (grade.extra_credit or 0.0) in (0.0, bonus, float(before[1]) if before else 0.0):
            grade.extra_credit = bonus or None
        else:
            messages.append(f"{step['id']}: extra credit of {grade.extra_credit:g} was given by hand and stays")
        score = min(max(float(counts.get(step["id"], step["score"])), 0.0), grade.max_score)
        if grade.manual_score is None:
            grade.needs_manual_grade = False
        elif grade.auto_score != score:
            grade.needs_manual_grade = True  # as nbgrader does: what a person saw has changed
            messages.append(f"{step['id']}: a manual score of {grade.manual_score:g} stays, and is marked for another look")
        grade.auto_score = score
        if comment:
            comment.auto_comment = comment_on(step, notes)
    return messages


def _counted(report: Report) -> dict[str, float]:
    """Return the points of each step that count, as they would without those that were given in the gradebook itself."""
    counts = counted(report)
    points = {step["id"]: step["score"] for step in counts["steps"]}
    for decision in counts["decisions"]:
        if decision["step"] and decision["criterion"] is None and decision["by"] == BY and decision["automatic"] is not None:
            points[decision["step"]] = decision["automatic"]
    return points


def comment_on(step: StepReport, notes: list[str]) -> str:
    """Return a comment in Markdown, which nbgrader does not escape; text of a submission appears in code spans only."""
    lines = list(notes)
    for criterion in step["criteria"]:
        if criterion["outcome"] != "pass":
            hint = criterion["diagnosis"]["says"] if criterion["diagnosis"] else criterion["hint"]
            worth = f"{criterion['score']:g}/{criterion['max_score']:g}"
            lines.append(f"{worth} {plain(criterion['says'])} {code(criterion['message'])} {plain(hint)}".strip())
    if bonus := bonus_of(step):
        lines.append(f"Bonus: {bonus:g}.")
    return "\n\n".join(lines)


class Rows:
    """A student's rows in the gradebook; what is missing is made: student, submission, a row for a cell that came later."""

    def __init__(self, gradebook: Any, place: Place, student: str) -> None:
        self._db, self._place = gradebook.db, place
        assignment = gradebook.find_assignment(place.assignment)
        if self._db.get(Student, student) is None:
            self._db.add(Student(id=student))
        submission = self._first(SubmittedAssignment, assignment_id=assignment.id, student_id=student)
        notebook = gradebook.find_notebook(place.notebook, place.assignment)
        self._notebook = self._first(SubmittedNotebook, notebook_id=notebook.id, assignment_id=submission.id)
        self._source = notebook
        for cell in self._cells(GradeCell).values():
            self._first(Grade, cell_id=cell.id, notebook_id=self._notebook.id)
        for cell in self._cells(SolutionCell).values():
            self._first(Comment, cell_id=cell.id, notebook_id=self._notebook.id)

    def grade(self, name: str) -> Any:
        cell = self._cells(GradeCell).get(name)
        if cell is None:
            raise KitFault(f"the gradebook's notebook {self._place.notebook} has no graded cell {name}: release it again, with this rubric")
        return self._first(Grade, cell_id=cell.id, notebook_id=self._notebook.id)

    def comment(self, name: str) -> Any:
        """Return the row for a comment, or None where the cell has none, as in a real notebook."""
        cell = self._cells(SolutionCell).get(name)
        return None if cell is None else self._first(Comment, cell_id=cell.id, notebook_id=self._notebook.id)

    def _cells(self, kind: Any) -> dict[str, Any]:
        return {cell.name: cell for cell in self._db.query(BaseCell).filter_by(notebook_id=self._source.id) if isinstance(cell, kind)}

    def _first(self, table: Any, **key: Any) -> Any:
        row = self._db.query(table).filter_by(**key).one_or_none()
        if row is None:
            row = table(**key)
            self._db.add(row)
            self._db.flush()
        return row


def prepared(gradebook: Any, options: dict[str, Any], steps: list[StepReport]) -> Place:
    """Return where scores go; create that place if needed. Source cells that nbgrader already has must match the rubric."""
    name, notebook = options["assignment"], options["notebook"]
    if "+" in name or not name:
        raise KitFault(f"nbgrader allows no assignment to be called {name!r}")
    with contextlib.suppress(MissingEntry):
        source = gradebook.find_notebook(notebook, name)
        if source.source_cells:
            points = {cell.name: cell.max_score for cell in source.grade_cells}
            for step in steps:
                if step["id"] not in points:
                    raise KitFault(
                        f"the notebook {notebook} in the gradebook has no graded cell {step['id']}: release it again, with this rubric"
                    )
                if (has := points[step["id"]]) != step["max_score"]:
                    raise KitFault(
                        f"in the gradebook {step['id']} has {has:g} points, the rubric {step['max_score']:g}: grade with the rubric of "
                        "the notebook, or run `grader release --notebook` and `nbgrader generate_assignment --force`"
                    )
            return Place(name, notebook)
    gradebook.update_or_create_assignment(name)
    gradebook.update_or_create_notebook(notebook, name)
    for step in steps:
        gradebook.update_or_create_grade_cell(step["id"], notebook, name, max_score=step["max_score"], cell_type="code")
        gradebook.update_or_create_solution_cell(step["id"], notebook, name)
    return Place(name, notebook)


def read(out: Path, options: dict[str, Any]) -> Iterator[str]:
    """Take people's scores and comments from the gradebook into the reports of OUT; yield messages."""
    with changing(out, lambda _: None) as index:
        reports = list(all_reports(out, index))
        kept_sentences(out)
        new = yield from _new_decisions(out, options, reports)
        mark_stale(out, index)
        decision_log.add(out, new, BY)
    changed = {entry["id"] for entry in new}
    yield f"{len(changed)} of {len(reports)} reports have changed; {len(new)} decision(s) added to {decision_log.log_path(out)}"


def _new_decisions(out: Path, options: dict[str, Any], reports: list[Report]) -> Generator[str, None, list[decision_log.NewEntry]]:
    """Return what people decided in the gradebook and the log does not hold yet; yield messages."""
    known = decision_log.state(out)
    new: list[decision_log.NewEntry] = []
    with opened(options) as gradebook:
        try:
            gradebook.find_notebook(options["notebook"], options["assignment"])
        except MissingEntry:
            raise KitFault(f"the gradebook has no notebook {options['notebook']} in an assignment {options['assignment']}") from None
        for report in reports:
            name, unusable = plain(report["submission"]), report["status"] == "unusable"
            if report["provisional"] or not (unusable or report["status"] == "graded"):
                yield f"{name}: {_left_out(report)}"
                continue
            try:
                found = gradebook.find_submission_notebook(options["notebook"], options["assignment"], report["submission"])
            except MissingEntry:
                yield f"{name}: {_left_out(report) if unusable else 'is not in the gradebook'}"
                continue
            scores = {grade.name: (grade.manual_score, grade.max_score) for grade in found.grades}
            comments = {comment.name: comment.manual_comment for comment in found.comments}
            if unusable:
                points = points_of_unusable(scores)
                if points is None:
                    yield f"{name}: {_left_out(report)}. Give each step points in the gradebook, or use `grader points --unusable`"
                else:
                    new += about_unusable(points, report, known)
                continue
            yield from (f"{name}: {sentence}" for sentence in cut(report, scores))
            new += decided(report, scores, comments, known)
    return new


@contextlib.contextmanager
def opened(options: dict[str, Any]) -> Iterator[Any]:
    """Open the gradebook; what goes wrong with a database becomes a sentence, without the password."""
    url = _url(options["db"])
    os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")  # nbgrader runs `alembic`
    try:
        with warnings.catch_warnings(), Gradebook(url, options["course"]) as gradebook:
            warnings.simplefilter("ignore")  # of SQLAlchemy, about nbgrader's own code
            yield gradebook
    except (SQLAlchemyError, InvalidEntry, ImportError) as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise KitFault(
            f"the gradebook {make_url(url).render_as_string(hide_password=True)} can't be used: {plain(why)}. "
            "If it was made by an older nbgrader, make a backup and run `nbgrader db upgrade`"
        ) from None


def _url(db: str) -> str:
    """Return a database's URL with a driver that is installed; a path is SQLite's."""
    if "://" not in db:
        return f"sqlite:///{Path(db).absolute()}"
    kind, rest = db.split("://", maxsplit=1)
    if kind in ("postgres", "postgresql"):
        driver = next((url for module, url in DRIVERS.items() if importlib.util.find_spec(module)), None)
        if driver is None:
            raise KitFault("there is no driver for PostgreSQL: pip install psycopg2-binary")
        return f"{driver}://{rest}"
    try:
        make_url(db)
    except ArgumentError:
        raise KitFault(f"{plain(kind)}://... is no database's URL: write sqlite:///FILE or postgresql://USER@HOST/NAME") from None
    return db
