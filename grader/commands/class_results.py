"""`grader class`: what the results of a class say, as a page, as JSON and as CSV."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.course import CourseCommand
from grader.commands.export import refuse_results
from grader.commands.options import FOLDER, NEW_FOLDER, quiet_option
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.results.index import Index


@click.command("class", cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--into", type=NEW_FOLDER, help="The folder to write into; default: OUT.")
@click.option("--pseudonyms", is_flag=True, help="Replace every name by a pseudonym that stays the same, and link to no report.")
@click.option("--partial", is_flag=True, help="Go on though a run did not finish: only what it finished.")
@quiet_option
def class_results(out: Path, into: Path | None, pseudonyms: bool, partial: bool, quiet: bool) -> None:
    """Show what a class has not understood, from the results in OUT, the folder of an earlier `cohort` or `grade`.

    Writes class.html, class.json and criteria.csv: the distribution of points, difficulty and discrimination of each criterion, known
    misconceptions, a matrix of submissions and criteria, everybody without points, and identical files. For the instructor alone.
    docs/class.md explains each figure.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.results.class_files import FILES
    from grader.results.folder import remarks
    from grader.results.transactions import reading

    with exit_on_fault(), reading(out, note) as index:
        for sentence in remarks(out, index):
            complain(sentence)
        if index.pending and not partial:
            raise KitFault(f"a run into {out} did not finish: run it again, or say --partial to show only what it finished")
        folder = into or out
        if folder.resolve() != out.resolve():
            refuse_results(out, folder, index)
        _write(out, folder, index, pseudonyms)
        if not quiet:
            names = " with pseudonyms" if pseudonyms else ""
            say(f"{', '.join(str(folder / name) for name in FILES)}: for the instructor alone{names}")


@contextmanager
def class_kept(out: Path, *, quiet: bool = False) -> Iterator[None]:
    """Write class.html, class.json and criteria.csv again after a change of OUT, if they were there; else say that they are gone."""
    from grader.commands.options import note
    from grader.results.class_files import FILES, kept
    from grader.results.transactions import reading

    had = kept(out)
    try:
        yield
    finally:
        if had is not None and kept(out) is None:
            names = ", ".join(FILES)
            try:
                with reading(out, note) as index:
                    if index.pending:
                        raise KitFault("a run did not finish")
                    _write(out, out, index, had)
                if not quiet:
                    note(f"{names} in {out} are written again, too")
            except (KitFault, OSError):
                note(f"{names} in {out} showed earlier results and are deleted: make them again with `grader class`")


def _write(out: Path, folder: Path, index: "Index", with_pseudonyms: bool) -> None:
    import json

    from grader.atomic_write import write_text
    from grader.class_report.criteria_csv import criteria_csv
    from grader.class_report.data import class_data, everybody
    from grader.class_report.pseudonyms import pseudonyms
    from grader.pages.class_page import class_page

    at = datetime.now().astimezone().isoformat(timespec="seconds")
    names = pseudonyms(out, everybody(out, index)) if with_pseudonyms else None
    data = class_data(out, index, at, names)
    if not data["graded"] and not data["without_points"]:
        raise KitFault(f"{out} holds no results: run grade or cohort first")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "class.json", json.dumps(data, ensure_ascii=False) + "\n")
    write_text(folder / "criteria.csv", criteria_csv(data))
    write_text(folder / "class.html", class_page(data, {} if with_pseudonyms else _links(out, folder, index)))


def _links(out: Path, folder: Path, index: "Index") -> dict[str, str]:
    """Return, for each submission with a report, the path from `folder` to the best form of it that is there."""
    found = {}
    for name in index.reported:
        for file in ("report.html", "report.json"):
            if (out / name / file).is_file():
                found[name] = Path(os.path.relpath(out.resolve() / name / file, folder.resolve())).as_posix()
                break
    return found
