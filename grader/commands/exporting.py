"""`grader export`: carry the results in OUT to where a course keeps its grades."""

import importlib
from pathlib import Path
from typing import Any

import click

TARGETS = {
    "csv": "grader.export.table:write",
    "canvas": "grader.export.canvas:write",
    "moodle": "grader.export.moodle:write",
    "gradescope": "grader.export.gradescope:write",
    "classroom50": "grader.export.classroom50:write",
    "junit": "grader.export.junit:write",
}
"""Where each target is written: `module:function`, a function of a Book and of what was Given that yields sentences."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


@click.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help="Which format.")
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
@click.option("--assignment", default="", help="classroom50: the assignment's slug.")
@click.option("--commits", type=FILE, help="classroom50: CSV with id, owner, submission, commit, release, review, datetime.")
def export(out: Path, target: str, roster: Path | None, match: tuple[str, ...], provisional: bool, **options: Any) -> None:
    """Write the grades in OUT in the format of another system.

    Points are those that count, decisions of people included. Who is missing or not graded gets no points, and no zero.
    """
    from grader.cli import complain, told
    from grader.escape import plain
    from grader.export.book import Given, read_book
    from grader.model import KitFault
    from grader.roster import kept_roster, read_roster

    with told():
        book = read_book(out, read_roster(roster, *match) if roster else kept_roster(out, *match))
        unfinished = [plain(entry.id) for entry in book.entries if entry.provisional]
        if unfinished and not provisional:
            raise KitFault(f"provisional results, which count for nothing yet: {', '.join(unfinished)}: say --provisional to export them")
        module, _, function = TARGETS[target].partition(":")
        for sentence in getattr(importlib.import_module(module), function)(book, Given(**options)):
            complain(sentence)
