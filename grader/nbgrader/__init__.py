"""What an nbgrader course names in its nbgrader_config.py, and nbgrader's gradebook. No other folder imports nbgrader.

    CutSolutions    generate_assignment: the starter's stubs in place of solutions
    Reader, Mend    autograde: reads any notebook, and puts the course's cells right before nbgrader looks at them
    Sandboxed       autograde: grades in the kit's sandbox in place of running the notebook in a kernel
    FeedbackPage    generate_feedback: nbgrader's page, with steps called by their names and test code folded away
    CsvExport       export: no score, in place of a zero, for work that nobody has given a score yet

CutSolutions, Reader, Mend and Sandboxed change only notebooks that `grader release --notebook` built: a course may hold other assignments.
`gradebook` writes reports into a gradebook and reads manual scores from it; it needs no notebooks.
"""

from typing import Any

from grader.nbgrader.autograde import Sandboxed
from grader.nbgrader.csv_export import CsvExport
from grader.nbgrader.feedback_page import FeedbackPage
from grader.nbgrader.generate import CutSolutions
from grader.nbgrader.notebook_repair import Mend, Reader

__all__ = ["CsvExport", "CutSolutions", "FeedbackPage", "Mend", "Reader", "Sandboxed", "swapped"]


def swapped(preprocessors: Any, old: type, *new: type) -> list[type]:
    """Return nbgrader's own list of preprocessors, which is the default of an option, with `new` in place of `old`."""
    return [part for own in preprocessors.default() for part in (new if own is old else (own,))]
