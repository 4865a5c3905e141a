"""autograde, first half: any file that was handed in becomes a notebook in which nbgrader finds every cell it needs.

nbgrader stops at a notebook that is no JSON, at marks that are not in its form, and, for the whole batch, at a mark of
another version. Nothing of that reaches it from here. What counts is the code as `grader grade` reads it from the file that
was handed in; the notebook that is mended here carries points, feedback, and the answers in writing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.escape import code, plain
from grader.intake import PUBLIC, NoProgram, notebook_content, read_submission

MARK = PUBLIC + "tools"
"""A cell that every notebook from `grader release --notebook` has, and no other."""
UNUSABLE = "autodiff_kit_unusable"
"""Set among nbconvert's resources where nothing could be graded: why, for Mend, and from Sandboxed for Reader."""
GRADED = "autodiff_kit_graded"
"""Set by Sandboxed among nbconvert's resources: nbgrader has its points then."""
POINTS = "execute_result"
"""The kind of output from which nbgrader takes points."""
LONGEST_CELL = 200_000
"""Characters of a cell that are shown."""
NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def is_ours(resources: Any) -> bool:
    """Say whether the notebook at hand was built by this kit, by what generate_assignment put into the gradebook."""
    place = resources["nbgrader"]
    with Gradebook(place["db_url"]) as gradebook:
        try:
            gradebook.find_source_cell(MARK, place["notebook"], place["assignment"])
        except MissingEntry:
            return False
    return True


class Reader(NotebookExporter):  # type: ignore[misc]
    """Reads our notebooks whatever is in the file, without their outputs, and all others as usual."""

    def from_file(self, file_stream: Any, resources: Any = None, **more: Any) -> tuple[str, Any]:
        if resources is None or "nbgrader" not in resources or not is_ours(resources):
            return super().from_file(file_stream, resources, **more)  # type: ignore[no-any-return]
        nb, problem = read_notebook(Path(file_stream.name))
        if problem:  # the file as it was handed in; what nbgrader reads afterwards is the notebook that comes out of here
            resources[UNUSABLE] = self._problem = problem
            self.log.error("%s: %s Its steps and its answers in writing wait for a person: see manual grading.", file_stream.name, problem)
        return self.from_notebook_node(nb, resources, **more)

    def from_notebook_node(self, nb: Any, resources: Any = None, **more: Any) -> tuple[str, Any]:
        """Let the preprocessors work; where nothing could be graded, the cells then wait for a person."""
        output, resources = super().from_notebook_node(nb, resources, **more)
        if not resources.pop(GRADED, False):
            return output, resources
        unread, self._problem = self._problem, ""
        if why := resources.pop(UNUSABLE, "") or unread:
            _leave_open(resources["nbgrader"], why, written=bool(unread))
        return _without_points(output), resources

    _problem = ""


def _leave_open(place: dict[str, str], why: str, *, written: bool) -> None:
    """Take back what SaveAutoGrades made of cells in which nothing was graded: nbgrader lists them under manual grading.

    Answers in writing are among them if the notebook could not be read. A cell that can give bonus alone waits for nobody.
    """
    with Gradebook(place["db_url"]) as gradebook:
        submission = gradebook.find_submission_notebook(place["notebook"], place["assignment"], place["student"])
        names = {grade.name for grade in submission.grades if written or grade.cell.cell_type == "code"}
        for grade in submission.grades:
            if grade.name in names and grade.max_score:
                grade.auto_score, grade.needs_manual_grade = None, True
        for comment in submission.comments:
            if comment.name in names:
                comment.auto_comment = code(why)
        gradebook.db.commit()


def _without_points(output: str) -> str:
    """Return a notebook without the outputs from which nbgrader took points: its pages show them above each cell, with the bonus."""
    nb = nbformat.reads(output, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.output_type != POINTS]
    return nbformat.writes(nb)  # type: ignore[no-any-return]


def read_notebook(path: Path) -> tuple[Any, str]:
    """Return the notebook, and why it can't be read: then it has one cell, which says so."""
    problem = ""
    try:
        cells = [_clean(cell) for cell in json.loads(notebook_content(path))["cells"] if isinstance(cell, dict)]
    except (NoProgram, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        work = read_submission(path)
        problem = work.problem or work.unusable or "The notebook can't be read: it is not in Jupyter's format."
        cells = [new_markdown_cell(f"**{plain(problem)}** Nothing in it could be graded. A person looks at it.")]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel}), problem


def _clean(cell: dict[str, Any]) -> Any:
    """Return a cell in nbformat's form, without outputs and foreign marks; its text is cut where it is far too long."""
    text = cell.get("source", "")
    text = "".join(part for part in text if isinstance(part, str)) if isinstance(text, list) else str(text)
    text = text.encode("utf-8", "backslashreplace").decode()
    kind = cell.get("cell_type")
    clean = NEW.get(kind if isinstance(kind, str) else "", new_raw_cell)(source=text[:LONGEST_CELL])
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(mark, dict):
        clean.metadata["nbgrader"] = nbformat.from_dict(mark)
    attached = cell.get("attachments")
    if attached and kind == "markdown":
        clean["attachments"] = attached
        if not nbformat.validator.isvalid(new_notebook(cells=[clean])):
            del clean["attachments"]
    return clean


class Mend(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes each cell's mark, kind and locked text what generate_assignment said; of doubles the last counts; what is gone is put back."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        if not is_ours(resources):
            return nb, resources
        place = resources["nbgrader"]
        with Gradebook(place["db_url"]) as gradebook:
            known = dict(known_cells(gradebook.find_notebook(place["notebook"], place["assignment"])))
        nb.cells = self._mended(nb.cells, known, deleted=not resources.get(UNUSABLE))
        return nb, resources

    def _mended(self, cells: list[Any], missing: dict[str, Any], *, deleted: bool) -> list[Any]:
        """Return the cells, the last of several with one name marked, the others without a mark; then what is `missing`.

        Say of that what is `deleted`: in a notebook that can't be read nobody knows.
        """
        mended: list[Any] = []
        for cell in reversed(cells):
            name = cell.metadata.pop("nbgrader", {}).get("grade_id")
            if isinstance(name, str) and name in missing:
                cell = _marked(cell.source, missing.pop(name), cell)  # noqa: PLW2901  the cell in its right kind
            elif name is not None:
                self.log.warning("A cell's mark is dropped: %s is no cell of the assignment, or stands again below", ascii(name))
            mended.append(cell)
        mended.reverse()
        for name, truth in missing.items():
            if truth["mark"]["grade"]:
                if deleted:
                    self.log.warning("The graded cell %s was deleted, and is put back", name)
                    mended.append(new_markdown_cell(f"The cell `{name}` was not in the notebook that was handed in. It was put back."))
                mended.append(_marked(truth["source"], truth))
        return mended


def known_cells(notebook: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of each cell that nbgrader knows, and what it must be."""
    points = {cell.name: cell.max_score for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
    for cell in notebook.source_cells:
        mark = {
            "schema_version": 3, "grade_id": cell.name, "grade": cell.name in points, "solution": cell.name in solutions,
            "task": cell.name in tasks, "locked": cell.locked, "cell_type": cell.cell_type, "checksum": cell.checksum,
        }  # fmt: skip
        if (worth := {**points, **tasks}.get(cell.name)) is not None:
            mark["points"] = worth
        yield cell.name, {"kind": cell.cell_type, "source": cell.source, "mark": mark}


def _marked(source: str, truth: dict[str, Any], cell: Any = None) -> Any:
    """Return a cell with this text, or with the course's where it is locked."""
    made = NEW[truth["kind"]](source=truth["source"] if truth["mark"]["locked"] else source)
    if cell is not None and truth["kind"] == "markdown" and "attachments" in cell:
        made["attachments"] = cell["attachments"]
    made.metadata["nbgrader"] = nbformat.from_dict(truth["mark"])
    return made
