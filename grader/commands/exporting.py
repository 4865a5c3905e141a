"""`grader export` and `grader import`: carry the results in OUT to where a course keeps its grades, and back what people gave there."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from grader.model import KitFault

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILES = {
    "csv": "grader.export.table:write",
    "canvas": "grader.export.canvas:write",
    "moodle": "grader.export.moodle:write",
    "gradescope": "grader.export.gradescope:write",
    "classroom50": "grader.export.classroom50:write",
    "junit": "grader.export.junit:write",
}
"""Where each format is written: `module:function`, a function of a Book and of what was Given that yields sentences."""
USED = {
    "csv": ("into",),
    "canvas": ("into", "template", "column", "scale", "bonus"),
    "moodle": ("into", "template", "column", "scale", "bonus", "feedback"),
    "gradescope": ("into", "bonus", "visibility"),
    "classroom50": ("into", "classroom", "assignment", "commits"),
    "junit": ("into",),
    "nbgrader": ("db", "course", "assignment", "notebook"),
}
"""The options that each format takes; every file takes those on roster and provisional results too."""
GRADEBOOKS = {"nbgrader": "grader.nbgrader.gradebook"}
"""The modules of gradebooks; `write` and `read` are functions of OUT and of the options that yield sentences."""
EXTRAS = {"nbgrader": ("nbgrader", "nbformat", "nbconvert", "sqlalchemy", "traitlets")}
"""Gradebooks that need an extra of the same name, and what is missing if it is not installed."""
ASSIGNMENT = "autodiff"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def gradebook_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where in an nbgrader gradebook the scores are."""
    db = click.option("--db", metavar="URL", help="nbgrader's gradebook: a file, sqlite:///FILE or postgresql://USER@HOST/NAME.")
    course = click.option("--course", default="autodiff", show_default=True, help="nbgrader: the course, if the gradebook is new.")
    assignment = click.option(
        "--assignment", default="", help="The assignment's name in nbgrader, `autodiff` if not given, or its slug in classroom50."
    )
    notebook = click.option("--notebook", default="autodiff", show_default=True, help="nbgrader: the notebook's name.")
    for option in (notebook, assignment, course, db):
        command = option(command)
    return command


@click.command()
@click.argument("out", type=FOLDER)
@click.option("--to", "target", type=click.Choice([*FILES, *GRADEBOOKS]), required=True, help="Which format, or which gradebook.")
@click.option("--into", type=click.Path(path_type=Path), help="The file to write; a folder where there is one file a submission.")
@click.option("--template", type=FILE, help="canvas, moodle: the file that was downloaded there, which is filled in.")
@click.option("--column", default="", help="canvas: the assignment's header, or the number in it; moodle: the column Grade.")
@click.option("--roster", type=FILE, help="CSV with ids, names, e-mails, groups; default: the one that the run was given.")
@click.option("--match", multiple=True, metavar="COLUMN", help="Column of the roster with what the other system calls people (repeatable).")
@click.option("--scale", is_flag=True, help="Convert points to the maximum in the template, where it is another.")
@click.option("--bonus", is_flag=True, help="Add bonus points to the score.")
@click.option("--feedback", is_flag=True, help="moodle: write the points of each step into the feedback comments.")
@click.option("--provisional", is_flag=True, help="Export results that are provisional.")
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="visible", show_default=True, help="gradescope: of all tests.")
@click.option("--classroom", default="", help="classroom50: the classroom's short name.")
@click.option("--commits", type=FILE, help="classroom50: CSV with id, owner, submission, commit, release, review, datetime.")
@gradebook_options
def export(out: Path, target: str, db: str | None, course: str, assignment: str, notebook: str, **options: Any) -> None:
    """Write the grades in OUT, the folder of an earlier `grade` or `cohort`, in the format of another system.

    Points are those that count, decisions of people included. Who is missing or not graded gets no points, and no zero.
    nbgrader: into a gradebook. Steps become graded cells, bonus extra credit, hints comments. What a person gave there stays.
    """
    from grader.commands.shared import complain, say, told

    with told():
        _refuse_idle(target)
        if target in GRADEBOOKS:
            where = {"db": db, "course": course, "assignment": assignment or ASSIGNMENT, "notebook": notebook}
            for line in _gradebook(target, "write", db)(out, where):
                say(line)
            return
        for sentence in _write_files(out, target, assignment=assignment, **options):
            complain(sentence)


def _refuse_idle(target: str) -> None:
    """Raise KitFault for options that were given and would do nothing."""
    context = click.get_current_context()
    used = (*USED[target], *(() if target in GRADEBOOKS else ("roster", "match", "provisional")))
    options = {str(option.name): option.opts[0] for option in context.command.params if isinstance(option, click.Option)}
    given = [name for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "target"]
    if idle := [options[name] for name in given if name not in used]:
        means = "means" if len(idle) == 1 else "mean"
        raise KitFault(f"{', '.join(idle)} {means} nothing to {target}, which takes {', '.join(options[name] for name in used)}")


def _write_files(out: Path, target: str, roster: Path | None, match: tuple[str, ...], provisional: bool, **options: Any) -> Iterable[str]:
    from grader.commands.shared import complain
    from grader.escape import plain
    from grader.export.book import Given, read_book
    from grader.roster import kept_roster, read_roster

    people = read_roster(roster, *match) if roster else kept_roster(out, *match)
    if match and not people:
        raise KitFault("--match names a column of a roster: name that too, with --roster")
    book = read_book(out, people)
    if people and all(entry.status == "missing" for entry in book.entries[: len(people)]):
        complain("nobody on the roster has a result here: if its ids are others, name the column that has these with --match")
    unfinished = [plain(entry.id) for entry in book.entries if entry.provisional]
    if unfinished and not provisional:
        raise KitFault(f"provisional results, which count for nothing yet: {', '.join(unfinished)}: say --provisional to export them")
    module, _, function = FILES[target].partition(":")
    sentences: Iterable[str] = getattr(importlib.import_module(module), function)(book, Given(**options))
    return sentences


@click.command("import")
@click.argument("out", type=FOLDER)
@click.option("--from", "source", type=click.Choice(list(GRADEBOOKS)), required=True, help="Where from.")
@gradebook_options
def import_command(out: Path, source: str, assignment: str, **options: Any) -> None:
    """Bring scores that people gave into the reports of OUT."""
    from grader.commands.shared import say, told

    with told():
        for line in _gradebook(source, "read", options["db"])(out, {**options, "assignment": assignment or ASSIGNMENT}):
            say(line)


def _gradebook(name: str, function: str, db: str | None) -> Callable[[Path, dict[str, Any]], Iterable[str]]:
    """Return what writes or reads a gradebook. Raises KitFault if it can't be had, saying what is missing."""
    if not db:
        raise KitFault(f"{name} needs --db URL: a file, sqlite:///FILE or postgresql://USER@HOST/NAME")
    try:
        found: Callable[[Path, dict[str, Any]], Iterable[str]] = getattr(importlib.import_module(GRADEBOOKS[name]), function)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRAS[name]:
            raise
        how = f"pip install 'autodiff-kit[{name}]', or in a clone pip install -e '.[{name}]'"
        raise KitFault(f"{error.name} is not installed: {how}") from None
    return found
