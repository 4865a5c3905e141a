"""`grader export` and `grader import`: carry the results in OUT to where a course keeps its grades, and back what people gave there."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from grader.commands.course import CourseCommand
from grader.commands.help_layout import RenamedOption
from grader.commands.options import FILE, FOLDER
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.results.index import Index

FILES = {
    "csv": "grader.export.csv_table:write",
    "canvas": "grader.export.canvas:write",
    "moodle": "grader.export.moodle:write",
    "gradescope": "grader.export.gradescope:write",
    "classroom50": "grader.export.classroom50:write",
    "junit": "grader.export.junit:write",
}
"""Where each format is written: `module:function`, a function of a Book and of its options that yields sentences."""
USED = {
    "csv": ("into",),
    "canvas": ("into", "template", "column", "scale", "bonus"),
    "moodle": ("into", "template", "column", "scale", "bonus", "feedback", "maximum", "changeable", "comments"),
    "gradescope": ("into", "bonus", "visibility"),
    "classroom50": ("into", "classroom", "assignment", "commits"),
    "junit": ("into",),
    "nbgrader": ("db", "course", "assignment", "notebook"),
}
"""The options that each format takes; all take --partial, and every file those on roster and provisional results too."""
GRADEBOOKS = {"nbgrader": "grader.nbgrader.gradebook"}
"""The modules of gradebooks; `write` and `read` are functions of OUT and of options that yield sentences. `write` gets the index too."""
EXTRAS = {"nbgrader": ("nbgrader", "nbformat", "nbconvert", "sqlalchemy", "traitlets")}
"""Gradebooks that need an extra of the same name, and what is missing if it is not installed."""
ASSIGNMENT = "autodiff"
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


class ExportCommand(CourseCommand):
    """A command whose help lists the options that only some targets take below the names of these."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            targets = [target for target, used in USED.items() if param.name in used]
            if record:
                title = f"For {', '.join(targets)}" if 0 < len(targets) < len(FILES) else "Options"
                sections.setdefault(title, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def gradebook_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where in an nbgrader gradebook the scores are."""
    db = click.option("--db", metavar="URL", help="nbgrader's gradebook: a file, sqlite:///FILE or postgresql://USER@HOST/NAME.")
    course = click.option(
        "--course", default="autodiff", show_default=True, metavar="FILE|FOLDER|NAME",
        help="A course.yaml or its folder, as in all commands. Any other text is the course's name in a new nbgrader gradebook.",
    )  # fmt: skip
    assignment = click.option(
        "--assignment", default="", help="The assignment's name in nbgrader, `autodiff` if not given, or its slug in classroom50."
    )
    notebook = click.option("--notebook", default="autodiff", show_default=True, help="The notebook's name.")
    for option in (notebook, assignment, course, db):
        command = option(command)
    return command


@click.command(cls=ExportCommand, reads=("out", "roster", "match"))
@click.argument("out", type=FOLDER)
@click.option("--to", "target", type=click.Choice([*FILES, *GRADEBOOKS]), required=True, help="Which format, or which gradebook.")
@click.option("--into", type=click.Path(path_type=Path), help="The file to write; a folder where there is one file a submission.")
@click.option("--template", type=FILE, help="The file that was downloaded there, which is filled in.")
@click.option("--column", default="", help="Canvas: the assignment's header, or the number in it. Moodle: the column Grade.")
@click.option("--maximum", default="", help="The column Maximum grade, where the site's language is not known.")
@click.option("--changeable", default="", metavar="COLUMN[=YES]", help="The column Grade can be changed, and its word for yes.")
@click.option("--comments", default="", help="The column Feedback comments, for --feedback.")
@click.option("--roster", type=FILE, help="CSV with ids, names, e-mails, groups; default: the one that the run was given.")
@click.option(
    "--id-column", "match", cls=RenamedOption, was=("--match",), multiple=True, metavar="COLUMN",
    help="Column of the roster with what the other system calls people (repeatable).",
)  # fmt: skip
@click.option("--scale", is_flag=True, help="Convert points to the maximum in the template, where it is another.")
@click.option("--bonus", is_flag=True, help="Add bonus points to the score.")
@click.option("--feedback", is_flag=True, help="Write the points of each step into the feedback comments.")
@click.option("--provisional", is_flag=True, help="Export results that are provisional.")
@click.option("--partial", is_flag=True, help="Export though a run did not finish: only what it finished.")
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="visible", show_default=True, help="Of all tests.")
@click.option("--classroom", default="", help="The classroom's short name.")
@click.option("--commits", type=FILE, help="CSV with id, owner, submission, commit, release, review, datetime.")
@gradebook_options
def export(out: Path, target: str, db: str | None, course: str, assignment: str, notebook: str, partial: bool, **options: Any) -> None:
    """Write the grades in OUT, the folder of an earlier `grade` or `cohort`, in the format of another system.

    Points are those that count, decisions of people included. Who is missing or not graded gets no points, and no zero.
    nbgrader: into a gradebook. Steps become graded cells, bonus extra credit, hints comments. What a person gave there stays.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.results.folder import remarks
    from grader.results.transactions import reading

    with exit_on_fault():
        _refuse_idle(target)
        with reading(out, note) as index:
            refuse_results(out, options["into"], index)
            for sentence in remarks(out, index):
                complain(sentence)
            if index.pending and not partial:
                raise KitFault(f"a run into {out} did not finish: run it again, or say --partial to export only what it finished")
            if target in GRADEBOOKS:
                where = {"db": db, "course": course, "assignment": assignment or ASSIGNMENT, "notebook": notebook}
                for line in _gradebook(target, "write", db)(out, where, index):
                    say(line)
                return
            for sentence in _write_files(out, index, target, assignment=assignment, **options):
                complain(sentence)


def refuse_results(out: Path, into: Path | None, index: "Index") -> None:
    """Raise KitFault if `into` is OUT or a file or folder that the grader writes there; print a note if it is elsewhere inside OUT."""
    from grader.commands.options import note
    from grader.results.folder import GRADES

    if into is None or not into.resolve().is_relative_to(out.resolve()):
        return
    parts = into.resolve().relative_to(out.resolve()).parts
    if not parts or parts[0] == GRADES or parts[0].startswith(".") or parts[0] in index.entries:
        raise KitFault(f"{into} is the grader's own, and the next run would replace it: name another place with --into")
    note(f"{into} lies in {out}, and `grader forget` does not delete it: a place elsewhere is better")


def _refuse_idle(target: str) -> None:
    """Raise KitFault for options that were given and would do nothing."""
    context = click.get_current_context()
    used = (*USED[target], "partial", *(() if target in GRADEBOOKS else ("roster", "match", "provisional")))
    options = {str(option.name): option.opts[0] for option in context.command.params if isinstance(option, click.Option)}
    given = [name for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "target"]
    if idle := [options[name] for name in given if name not in used]:
        means = "means" if len(idle) == 1 else "mean"
        raise KitFault(f"{', '.join(idle)} {means} nothing to {target}, which takes {', '.join(options[name] for name in used)}")


def _write_files(
    out: Path, index: "Index", target: str, roster: Path | None, match: tuple[str, ...], provisional: bool, **options: Any
) -> Iterable[str]:
    """Write a file, or one a submission, and yield what was done. Raises KitFault for provisional results, unless they may be exported."""
    from grader.commands.options import complain
    from grader.course.roster import given_roster, kept_roster
    from grader.escape import plain
    from grader.results.gradebook import ExportOptions, read_book

    people = given_roster(out, roster, *match) if roster else kept_roster(out, *match)
    if match and not people:
        raise KitFault("--id-column names a column of a roster: name that too, with --roster")
    book = read_book(out, people, index)
    if people and all(entry.status == "missing" for entry in book.entries[: len(people)]):
        complain("nobody on the roster has a result here: if its ids are others, name the column that has these with --id-column")
    unfinished = [plain(entry.id) for entry in book.entries if entry.provisional]
    if unfinished and not provisional:
        raise KitFault(f"provisional results, which count for nothing yet: {', '.join(unfinished)}: say --provisional to export them")
    module, _, function = FILES[target].partition(":")
    yield from getattr(importlib.import_module(module), function)(book, ExportOptions(**options))
    for entry in book.submissions():
        if entry.status == "unusable" and not entry.decided:
            yield f"no points, because it is unusable: {plain(entry.id)}: {plain(book.notes(entry)[0])}"


@click.command("import", cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--from", "source", type=click.Choice(list(GRADEBOOKS)), required=True, help="Where from.")
@gradebook_options
def import_command(out: Path, source: str, assignment: str, **options: Any) -> None:
    """Bring scores that people gave into the reports of OUT."""
    from grader.commands.class_results import class_kept
    from grader.commands.options import exit_on_fault, say

    with exit_on_fault(), class_kept(out):
        _expect_database(options["db"])
        for line in _gradebook(source, "read", options["db"])(out, {**options, "assignment": assignment or ASSIGNMENT}):
            say(line)


def _expect_database(db: str | None) -> None:
    """Raise KitFault for a gradebook in a file that does not exist: opening it would make an empty one."""
    if db and (db.startswith("sqlite:///") or "://" not in db):
        file = Path(db.removeprefix("sqlite:///"))
        if not file.is_file():
            raise KitFault(f"{file} does not exist: name the gradebook that people graded in with --db")


def _gradebook(name: str, function: str, db: str | None) -> Callable[..., Iterable[str]]:
    """Return what writes or reads a gradebook. Raises KitFault if it can't be had, saying what is missing."""
    if not db:
        raise KitFault(f"{name} needs --db URL: a file, sqlite:///FILE or postgresql://USER@HOST/NAME")
    try:
        found: Callable[..., Iterable[str]] = getattr(importlib.import_module(GRADEBOOKS[name]), function)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in EXTRAS[name]:
            raise
        how = f"pip install -e '.[{name}]', run in the kit's folder"
        raise KitFault(f"{error.name} is not installed: {how}") from None
    return found
