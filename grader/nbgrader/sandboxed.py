"""autograde, second half: points and feedback of each step, from the kit's sandbox, stand in its graded cell.

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

from grader.model import KitFault
from grader.nbgrader.grading import bonus_of, grading, told
from grader.nbgrader.reading import is_ours
from grader.results import read_report


class Sandboxed(Execute):  # type: ignore[misc]
    """Takes the place of Execute: our notebooks are graded by the kit, others run in their kernel as usual."""

    kit = Unicode("", help="Where rubrics/ and reference/ lie; default: the checkout that the grader runs from.").tag(config=True)
    seed = Unicode("", help="Draw other random cases and given graphs. Keep it secret for hidden cases.").tag(config=True)
    sandbox = Unicode("auto", help="The walls around student code: auto, bwrap or core.").tag(config=True)
    diagnosis = Bool(True, help="Name the misconception that explains a failure.").tag(config=True)
    reports = Unicode("reports", help="Folder in the course for ASSIGNMENT/STUDENT/report.json, as `grader grade` writes them.").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any = None, km: Any = None) -> tuple[Any, Any]:
        if not is_ours(resources):
            return super().preprocess(nb, resources, km)  # type: ignore[no-any-return]
        place, course = resources["nbgrader"], self.parent.parent.coursedir
        folder = course.format_path(course.submitted_directory, place["student"], place["assignment"])
        out = Path(course.root) / self.reports / place["assignment"]
        before = _earlier(out, place["student"])
        graded = grading(Path(self.kit) if self.kit else None, self.seed, self.sandbox, self.diagnosis)
        report = graded.grade(Path(folder, f"{place['notebook']}.ipynb"), place["student"], out)
        if report["status"] != "graded":
            raise KitFault(report["notes"][0])
        fill(nb, report)
        with Gradebook(place["db_url"]) as gradebook:
            self._give_bonus(gradebook, place, report, before)
        return nb, resources

    def _give_bonus(self, gradebook: Any, place: dict[str, str], report: dict[str, Any], before: dict[str, float]) -> None:
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


def fill(nb: Any, report: dict[str, Any]) -> None:
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
        if step is None or step["max_score"] != mark.points:
            raise KitFault(
                f"the notebook's graded cell {mark.grade_id} ({mark.points:g} points) is no step of the rubric: after a change of the "
                "rubric run `grader release --notebook` and `nbgrader generate_assignment --force`, before anything is collected"
            )
        text = "\n".join(told(step, report["notes"] if first else []))
        points = new_output("execute_result", data={"text/plain": f"{step['score']}"}, execution_count=None)
        cell.outputs = [new_output("stream", name="stdout", text=text + "\n"), points]
        first = False
    if missing:
        raise KitFault(f"the notebook has no graded cell for the step {min(missing)}: run `grader release --notebook`")
