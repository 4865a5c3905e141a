"""The nbgrader course: run nbgrader's commands in this folder. See README.md here."""

import os

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearOutput, ClearSolutions, Execute

from grader.nbgrader import CsvExport, CutSolutions, FeedbackPage, Mend, Reader, Sandboxed, swapped

c = get_config()  # noqa: F821  nbgrader provides it

c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.course_id = "autodiff"
# c.CourseDirectory.db_url = "postgresql+psycopg2://user@host/gradebook"  # default: sqlite, gradebook.db in this folder

# What the kit needs; nbgrader's own steps stay. Notebooks of other assignments pass through unchanged.
c.GenerateAssignment.preprocessors = swapped(GenerateAssignment.preprocessors, ClearSolutions, CutSolutions)
c.Autograde.exporter_class = Reader
c.Autograde.sanitize_preprocessors = swapped(Autograde.sanitize_preprocessors, ClearOutput, ClearOutput, Mend)
c.Autograde.autograde_preprocessors = swapped(Autograde.autograde_preprocessors, Execute, Sandboxed)
c.GenerateFeedback.exporter_class = FeedbackPage  # for all assignments: cells called by their ids, long lines wrapped
c.ExportApp.plugin_class = CsvExport  # work that nobody has given a score yet has none, and no zero

# c.Sandboxed.secret = "/path/to/course.secret"  # a file outside this folder: all numbers are drawn from it, and not the public kit's
# c.LateSubmissionPlugin.penalty_method = "zero"  # late work counts nothing; the default is no penalty
