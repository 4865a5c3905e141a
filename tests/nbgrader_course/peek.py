"""Run as a command: print all scores and comments of a gradebook as JSON, after changing some as a person would.

peek URL [STUDENT CELL SCORE COMMENT]      a SCORE that begins with + is extra credit; `none` takes a score back, `drop` the row
"""

import json
import sys

from nbgrader.api import Gradebook


def change(gradebook, student, cell, score, comment):
    submission = gradebook.find_submission_notebook("autodiff", "autodiff", student)
    grade = next(grade for grade in submission.grades if grade.name == cell)
    if score == "drop":
        gradebook.db.delete(grade)
    elif score.startswith("+"):
        grade.extra_credit = float(score)
    else:
        grade.manual_score = None if score == "none" else float(score)
    for row in submission.comments:
        if row.name == cell:
            row.manual_comment = comment
    gradebook.db.commit()


def grades(submission):
    return {
        grade.name: {
            "auto": grade.auto_score, "manual": grade.manual_score, "extra": grade.extra_credit, "look": grade.needs_manual_grade,
            "most": grade.max_score,
        }
        for notebook in submission.notebooks for grade in notebook.grades
    }  # fmt: skip


def main(url, *changes):
    with Gradebook(url.replace("postgresql://", "postgresql+psycopg2://"), "autodiff") as gradebook:
        if changes:
            change(gradebook, *changes)
        found = {
            submission.student_id: {
                "grades": grades(submission),
                "comments": {row.name: row.comment for notebook in submission.notebooks for row in notebook.comments},
                "score": submission.score,
                "late": sum(notebook.late_submission_penalty or 0 for notebook in submission.notebooks),
            }
            for submission in gradebook.assignment_submissions("autodiff")
        }
    print(json.dumps(found))


main(*sys.argv[1:])
