"""generate_assignment: cut the cell of each stub as the starter is cut, so that both have the same text."""

from typing import Any

from nbgrader.preprocessors import ClearSolutions

from grader.release.notebook import STUB
from grader.release.starter import cut


class CutSolutions(ClearSolutions):  # type: ignore[misc]
    """ClearSolutions that knows our stubs: each raises NotImplementedError with its name and step, and helpers disappear."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        stub = cell.metadata.pop(STUB, None)
        if stub is None:
            return super().preprocess_cell(cell, resources, cell_index)  # type: ignore[no-any-return]
        cell.source = cut(cell.source, stub["step_of"]).strip("\n")
        return cell, resources
