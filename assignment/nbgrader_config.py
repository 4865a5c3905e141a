"""The nbgrader course: run nbgrader's commands in this folder. See README.md here."""

import os

from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import ClearOutput, ClearSolutions, Execute

from grader.nbgrader import CutSolutions, Mend, Reader, Sandboxed, swapped

c = get_config()  # noqa: F821  nbgrader provides it

c.CourseDirectory.root = os.path.dirname(os.path.abspath(__file__))
c.CourseDirectory.course_id = "autodiff"
# c.CourseDirectory.db_url = "postgresql+psycopg2://user@host/gradebook"  # default: sqlite, gradebook.db in this folder

# What the kit needs; nbgrader's own steps stay. Notebooks of other assignments pass through unchanged.
c.GenerateAssignment.preprocessors = swapped(GenerateAssignment.preprocessors, ClearSolutions, CutSolutions)
c.Autograde.exporter_class = Reader
c.Autograde.sanitize_preprocessors = swapped(Autograde.sanitize_preprocessors, ClearOutput, ClearOutput, Mend)
c.Autograde.autograde_preprocessors = swapped(Autograde.autograde_preprocessors, Execute, Sandboxed)

# c.Sandboxed.seed = "..."  # other random cases than the public kit's: keep it secret, and the same for the whole course
# c.LateSubmissionPlugin.penalty_method = "zero"  # late work counts nothing; the default is no penalty
