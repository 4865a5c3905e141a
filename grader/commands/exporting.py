"""`grader export` and `grader import`: reports to and from what a course keeps its scores in.

A target is a function from the folder OUT and the options to lines that are told; it is imported when it is asked for.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader.model import KitFault

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
TARGETS = {
    "nbgrader": "grader.nbgrader.gradebook:write",
}
SOURCES = {
    "nbgrader": "grader.nbgrader.gradebook:read",
}
EXTRAS = {"nbgrader": ("nbgrader", "nbformat", "nbconvert", "sqlalchemy", "traitlets")}
"""Targets that need an extra of the same name, and what is missing if it is not installed."""


def gradebook_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where in an nbgrader gradebook the scores are."""
    db = click.option("--db", metavar="URL", help="nbgrader's gradebook: a file, sqlite:///FILE or postgresql://USER@HOST/NAME.")
    course = click.option("--course", default="autodiff", show_default=True, help="nbgrader: the course, if the gradebook is new.")
    assignment = click.option("--assignment", default="autodiff", show_default=True, help="nbgrader: the assignment's name.")
    notebook = click.option("--notebook", default="autodiff", show_default=True, help="nbgrader: the notebook's name.")
    for option in (notebook, assignment, course, db):
        command = option(command)
    return command


@click.command("export")
@click.argument("out", type=FOLDER)
@click.option("--to", "target", type=click.Choice(list(TARGETS)), required=True, help="Where to.")
@gradebook_options
def export_command(out: Path, target: str, **options: Any) -> None:
    """Bring the scores of OUT, the folder of an earlier `grade` or `cohort`, to where a course keeps them.

    nbgrader: into a gradebook. Steps become graded cells, bonus extra credit, hints comments. What a person gave there stays.
    """
    _run(TARGETS[target], target, out, options)


@click.command("import")
@click.argument("out", type=FOLDER)
@click.option("--from", "source", type=click.Choice(list(SOURCES)), required=True, help="Where from.")
@gradebook_options
def import_command(out: Path, source: str, **options: Any) -> None:
    """Bring scores that people gave into the reports of OUT."""
    _run(SOURCES[source], source, out, options)


def _run(place: str, name: str, out: Path, options: dict[str, Any]) -> None:
    from grader.cli import say, told

    with told():
        if name in EXTRAS and not options["db"]:
            raise KitFault(f"{name} needs --db URL: a file, sqlite:///FILE or postgresql://USER@HOST/NAME")
        module, function = place.split(":")
        try:
            found = getattr(importlib.import_module(module), function)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] not in EXTRAS.get(name, ()):
                raise
            raise KitFault(
                f"{error.name} is not installed: pip install 'autodiff-kit[{name}]', or in a clone pip install -e '.[{name}]'"
            ) from None
        try:
            for line in found(out, options):
                say(line)
        except BrokenPipeError:
            sys.exit(2)
