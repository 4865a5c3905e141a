"""autograde, second half: write the points and feedback of each step into its graded cell.

nbgrader takes the points from there as it takes them from a kernel, so that partial credit, late penalties, manual grading,
the formgrader and feedback pages work as ever. Bonus goes into the cell's extra credit.
"""

from pathlib import Path
from typing import Any

from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Unicode

from grader.escape import plain
from grader.messages import retold, say
from grader.model import KitFault, Sentences
from grader.nbgrader.grading import bonus_of, grading, lines_on_step
from grader.nbgrader.notebook_repair import GRADED, POINTS, UNUSABLE, is_ours
from grader.plan.planner import PUBLIC_NUMBERS
from grader.report_format import Report
from grader.results.folder import read_report

RELEASE = "run `grader release --notebook`, then `nbgrader generate_assignment --force`"
"""What makes notebook, gradebook and rubric fit again. nbgrader refuses it if cells come or go after work was collected."""


class Sandboxed(Execute):  # type: ignore[misc]
    """Takes the place of Execute: our notebooks are graded by the kit, others run in their kernel as usual."""

    kit = Unicode("", help="Where rubrics/ and reference/ lie; default: the checkout that the grader runs from.").tag(config=True)
    seed = Unicode("", help="Draw all numbers from this text, and not from the course secret. Keep it private.").tag(config=True)
    secret = Unicode("", help="A file with the course secret; default: what AUTODIFF_KIT_SECRET_FILE or AUTODIFF_KIT_SECRET holds.").tag(
        config=True
    )
    sandbox = Unicode("auto", help="The walls around student code: auto, bwrap or core.").tag(config=True)
    diagnosis = Bool(True, help="Name the misconception that explains a failure.").tag(config=True)
    reports = Unicode("reports", help="Folder in the course for ASSIGNMENT/STUDENT/report.json, as `grader grade` writes them.").tag(
        config=True
    )

    language = Unicode("", help="The language of feedback, a folder of rubrics/languages; default: English.").tag(config=True)

    _has_warned = False

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        if not is_ours(resources):
            return super().preprocess(nb, resources, km)  # type: ignore[no-any-return]
        place, course = resources["nbgrader"], self.parent.parent.coursedir
        folder = course.format_path(course.submitted_directory, place["student"], place["assignment"])
        out = Path(course.root) / self.reports / place["assignment"]
        before = _earlier(out, place["student"])
        kit, secret = (Path(path) if path else None for path in (self.kit, self.secret))
        graded = grading(kit, self.seed, secret, self.sandbox, self.diagnosis, self.language)
        if graded.plan.expected["seed"] == PUBLIC_NUMBERS:
            self._warn_once()
        report = graded.grade(Path(folder, f"{place['notebook']}.ipynb"), place["student"], out)
        if report["status"] == "unusable":
            fill_unusable(nb, report["notes"], graded.plan.rubric.sentences)
            resources |= {UNUSABLE: " ".join(report["notes"]), GRADED: True}
            return nb, resources
        if report["status"] != "graded":
            raise KitFault(report["notes"][0])
        fill(nb, report, graded.plan.rubric.sentences)
        resources[GRADED] = True
        with Gradebook(place["db_url"]) as gradebook:
            self._give_bonus(gradebook, place, report, before)
        return nb, resources

    def _warn_once(self) -> None:
        """Say once that students can look up the numbers."""
        if not self._has_warned:
            self.log.warning(
                "no course secret: the numbers are those of the public kit, and students can look them up: set Sandboxed.secret"
            )
        self._has_warned = True

    def _give_bonus(self, gradebook: Any, place: dict[str, str], report: Report, before: dict[str, float]) -> None:
        """Write each step's bonus as extra credit, unless a person has put in another number since the last report."""
        for step in report["steps"]:
            bonus = bonus_of(step)
            grade = gradebook.find_grade(step["id"], place["notebook"], place["assignment"], place["student"])
            if (grade.extra_credit or 0.0) in (0.0, bonus, before.get(step["id"], 0.0)):
                grade.extra_credit = bonus or None
            else:
                self.log.warning("%s: extra credit of %s was given by hand and stays", step["id"], grade.extra_credit)
        gradebook.db.commit()


def _earlier(out: Path, student: str) -> dict[str, float]:
    """Return the bonus by step that an earlier report gave."""
    try:
        return {step["id"]: bonus_of(step) for step in read_report(out, student)["steps"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def fill_unusable(nb: Any, notes: list[str], sentences: Sentences) -> None:
    """Say in each graded cell why nothing could be graded. The 0 is taken back by `Reader`, so that the step waits for a person."""
    text = "\n".join([*(plain(retold(sentences, note)) for note in notes), say(sentences, "notebook.undecided")])
    for cell in nb.cells:
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            points = new_output(POINTS, data={"text/plain": "0"}, execution_count=None)
            cell.outputs = [new_output("stream", name="stdout", text=text + "\n"), points]


def fill(nb: Any, report: Report, sentences: Sentences) -> None:
    """Put each step's points and feedback into its graded cell. Raises KitFault where cells and rubric do not fit.

    A graded cell without an output would be worth full marks to nbgrader: none is left so.
    """
    missing = {step["id"]: step for step in report["steps"]}
    first = True
    for cell in nb.cells:
        if not (cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)):
            continue
        mark = cell.metadata.nbgrader
        step = missing.pop(mark.grade_id, None)
        if step is None:
            raise KitFault(f"the notebook's graded cell {mark.grade_id} is no step of the rubric: {RELEASE}")
        if step["max_score"] != mark.points:
            raise KitFault(
                f"the notebook's graded cell {mark.grade_id} has {mark.points:g} points, the rubric {step['max_score']:g}: {RELEASE}"
            )
        text = "\n".join(lines_on_step(step, report["notes"] if first else [], sentences))
        points = new_output(POINTS, data={"text/plain": f"{step['score']}"}, execution_count=None)
        cell.outputs = [new_output("stream", name="stdout", text=text + "\n"), points]
        first = False
    if missing:
        raise KitFault(f"the notebook has no graded cell for the step {min(missing)}: {RELEASE}")
