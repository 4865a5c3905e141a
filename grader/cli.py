"""The command line: registers the commands, each of which imports what it needs when it runs."""

import click

from grader import __version__
from grader.commands.bundle import gradescope_zip
from grader.commands.class_results import class_results
from grader.commands.decisions import decisions, late, points
from grader.commands.diff import diff, regrade
from grader.commands.doctor import doctor
from grader.commands.export import export, import_command
from grader.commands.feedback import feedback
from grader.commands.forget import forget
from grader.commands.grade import cohort, grade
from grader.commands.handout import handout
from grader.commands.help_layout import SectionedGroup
from grader.commands.init import init
from grader.commands.inspect import audit, case, rubric
from grader.commands.languages import language
from grader.commands.pull_requests import pr
from grader.commands.quiz import quiz
from grader.commands.release import release
from grader.commands.stages import collect, compare, plan
from grader.commands.study import study
from grader.commands.viva import viva

SECTIONS = {
    "Grade": {
        "grade": "Grade one submission or several.",
        "cohort": "Grade a folder, an archive or a repository of submissions.",
        "regrade": "Compare the kept answers again after a change of the rubric.",
        "diff": "List whose points differ between two folders of results.",
        "case": "Show one case: questions, expected and given answers.",
        "class": "Show what the class has not understood.",
    },
    "Course": {
        "init": "Describe a course in course.yaml and make its secret.",
        "points": "Give points by hand, or decide on unusable and missing work.",
        "late": "Set the late policy, extensions and times.",
        "decisions": "List what people decided, and check the log.",
        "forget": "Delete a student's work, answers and reports.",
    },
    "Teach": {
        "quiz": "Write quick checks and trace tables for lectures and Moodle.",
        "viva": "Write an oral check about one student's own program.",
        "study": "Measure whether students learn from their reports.",
    },
    "Share": {
        "feedback": "Write an archive of reports for Moodle or Canvas to hand back.",
        "handout": "Compute handout and slides; build pages and PDFs.",
        "release": "Write the starter, the notebook or the course's CI repository.",
        "export": "Write the grades for Canvas, Moodle, Gradescope, nbgrader ...",
        "import": "Read the points that people gave in an nbgrader gradebook.",
        "pr": "Post official scores on pull requests.",
        "gradescope-zip": "Write the autograder that Gradescope runs.",
    },
    "Maintain": {
        "rubric": "Check the rubric and the reference; write and check translations.",
        "audit": "Test the grading itself with programs whose mistakes are known.",
        "doctor": "Check whether this machine can grade, and how to repair it.",
    },
    "Stages of grading, one at a time": {
        "plan": "Write questions.json and expected.json.",
        "collect": "Run submissions and write their answers as traces.",
        "compare": "Grade traces; no student code runs.",
    },
}
"""What `grader --help` lists: for each section its commands, and what each does."""


@click.group(cls=SectionedGroup, sections=SECTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade the autodiff assignment, step by step.

    \b
      grader init && grader cohort                  a course: describe it once in course.yaml, then grade it
      grader grade alice/autodiff.py --out out      one submission or several
      grader cohort submissions/ --out out          every child of a folder
      grader rubric check                           is the rubric in order?

    Exit status: 0 graded, whatever the scores; 2 a mistake in the call, or a fault of the kit; 130 or 143 interrupted by Ctrl-C or
    SIGTERM: what is finished is kept, and the same command continues.
    """


COMMANDS = (
    *(
        grade,
        cohort,
        regrade,
        diff,
        case,
        class_results,
        feedback,
        init,
        points,
        late,
        decisions,
        forget,
        handout,
        release,
        export,
        import_command,
        pr,
        gradescope_zip,
    ),
    *(quiz, viva, study),
    *(rubric, audit, doctor, plan, collect, compare),
)
for command in COMMANDS:
    main.add_command(command)
rubric.add_command(language)
# the names that commands had before
main.add_command(click.Group("forge", help=pr.help, commands=pr.commands, hidden=True))
main.add_command(gradescope_zip, "bundle")
