"""Read what was handed in: a Python file, a folder, an archive or a notebook. Nothing is unpacked, imported or compiled.

    work = read_submission(path)
    work.source         the program; empty where there is none
    work.problem        why it is a graded zero, in a sentence for the student
    work.unusable       why there is no program to grade

    kinds         what a file is, by its name and its first bytes; what is skipped
    outputs       a large notebook without the outputs of its cells
    listing       the files of a folder or archive, within bounds
    choice        which of them is the program
    notebook      a notebook's code, as Jupyter would run it
    submission    the result, under the id by which the course knows it

What can't be graded never stops a run.
"""

from grader.intake.choice import AUTODIFF, SOURCE_CAP, Target, starter_hash
from grader.intake.listing import CONTENT_CAP
from grader.intake.notebook import PUBLIC
from grader.intake.refusal import NoProgram
from grader.intake.submission import (
    Found,
    Handed,
    Submission,
    notebook_content,
    read_submission,
    safe_id,
    stem,
    submission_id,
    submission_of,
    submission_of_file,
    submission_of_files,
    unusable,
)

__all__ = [
    "AUTODIFF",
    "CONTENT_CAP",
    "PUBLIC",
    "SOURCE_CAP",
    "Found",
    "Handed",
    "NoProgram",
    "Submission",
    "Target",
    "notebook_content",
    "read_submission",
    "safe_id",
    "starter_hash",
    "stem",
    "submission_id",
    "submission_of",
    "submission_of_file",
    "submission_of_files",
    "unusable",
]
