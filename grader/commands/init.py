"""`grader init`: make course.yaml, and the course secret outside of every repository."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.commands.help_layout import RenamedOption
from grader.commands.options import FOLDER, NEW_FILE
from grader.model import ATTEMPTS, PLATFORMS, KitFault

if TYPE_CHECKING:
    from grader.course.course_file import Course

DUE = "2026-11-30T23:59+01:00"


@click.command()
@click.argument("folder", type=FOLDER, default=".")
@click.option("--name", help="The course's name; default: the folder's.")
@click.option("--submissions", help="A folder with one child a student, or one archive; default: submissions.")
@click.option("--out", help="Folder for reports, grades.csv and decisions; default: out.")
@click.option("--secret", type=NEW_FILE, help="The file with the course secret; default: a new one.")
@click.option("--roster", help="CSV with ids, names, e-mails, groups.")
@click.option(
    "--id-column", "match", cls=RenamedOption, was=("--match",),
    help="Column of the roster with the submissions' ids, if it is not id, e-mail or name.",
)  # fmt: skip
@click.option("--platform", type=click.Choice(PLATFORMS), help="Names are as this platform exports them.")
@click.option("--id", metavar="PATTERN", help=r"Pattern of names (a regular expression); (?P<id>...) is the id.")
@click.option("--attempts", type=click.Choice(ATTEMPTS), help="Where several came in under one id: which one counts.")
@click.option("--due", metavar="TIME", help=f"When the work is due, with the zone: {DUE}.")
@click.option("--grace", help="How late costs nothing, such as 1h.")
@click.option("--per-day", help="What a day late costs: 10%, 5 (points) or none.")
@click.option("--cutoff", help="After so long nothing counts, such as 7d.")
@click.option("--language", metavar="CODE", help="The language of reports, such as de; default: English.")
@click.option("--leave-out", multiple=True, metavar="NAME", help="A step, or step/criterion, that does not count (repeatable).")
def init(folder: Path, secret: Path | None, **options: Any) -> None:
    """Describe a course in FOLDER/course.yaml, and make its secret. Then `grader cohort` in that folder needs no arguments.

    On a terminal it asks for what the options leave out. The secret goes to ~/.config/autodiff-kit, and only you can read it.
    """
    from grader.commands.options import exit_on_fault
    from grader.course import new_course
    from grader.course.course_file import NAME, course_of

    with exit_on_fault():
        file = folder.resolve() / NAME
        new_course.expect_free(file)
        new_course.check_options(file, options)
        new_course.secret_place(file.parent, options["name"] or file.parent.name, secret)  # report a fault before asking any question
        if sys.stdin.isatty() and sys.stdout.isatty():
            _ask(file, options)
        options["name"] = options["name"] or file.parent.name
        place = new_course.secret_place(file.parent, options["name"], secret)
        text = new_course.text_of(options, place)
        course = course_of(file, text.encode())
        is_new = new_course.make_secret(place)
        new_course.write_new(file, text)
    _show(course, is_new=is_new)


def _ask(file: Path, options: dict[str, Any]) -> None:
    """Ask on the terminal for the most important of what was not given. An empty answer leaves a line out."""
    from grader.course.new_course import checked

    click.echo(f"A course in {file.parent}. Enter takes the answer in brackets. You can change every answer later in {file.name}.\n")

    def ask(key: str, question: str, default: str = "") -> None:
        if options[key] is None:
            valid: Callable[[str], str] = lambda text: _valid(checked, file, options, key, text)  # noqa: E731
            options[key] = click.prompt(question, default=default, value_proc=valid, show_default=bool(default)) or None

    ask("name", "The course's name", file.parent.name)
    ask("submissions", "Folder or archive of the submissions", "submissions")
    ask("out", "Folder for the results", "out")
    ask("roster", "Roster, a CSV file (Enter for none)")
    ask("platform", f"Names as exported by {', '.join(PLATFORMS)} (Enter for none)")
    ask("due", f"Due, such as {DUE} (Enter for no date)")
    if options["due"]:
        ask("per_day", "Cost of a day late: 10%, 5 (points) or none", "none")
    if options["due"] and options["per_day"] != "none":
        ask("grace", "How late costs nothing, such as 1h (Enter for none)")
        ask("cutoff", "After how long nothing counts, such as 7d (Enter for never)")
    ask("attempts", "Of several attempts of one student count the last or the best (Enter: refuse them)")


def _valid(checked: Callable[..., None], file: Path, options: dict[str, Any], key: str, text: str) -> str:
    try:
        checked(file, {**options, key: text.strip() or None})
    except KitFault as fault:
        raise click.UsageError(str(fault).partition(": ")[2]) from None
    return text.strip()


def _show(course: "Course", *, is_new: bool) -> None:
    click.echo(f"{course.path}: every line is explained there")
    click.echo(
        f"{course.secret}: {'the course secret, new' if is_new else 'was there, and is used as the course secret'}; give it to graders only"
    )
    click.echo(f"Now put what was handed in into {course.submissions}, and run `grader cohort` in {course.path.parent}.")
