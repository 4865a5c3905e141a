"""`grader forget`: delete what OUT holds about students."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.class_results import class_kept
from grader.commands.course import CourseCommand, current_course
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.results.index import Index


@click.command(cls=CourseCommand)
@click.argument("out_or_id", metavar="[OUT]")
@click.argument("ids", nargs=-1, metavar="ID...")
def forget(out_or_id: str, ids: tuple[str, ...]) -> None:
    """Delete the work, answers and reports of students, and what else OUT holds about them. This can't be undone.

    OUT may be left out where a course.yaml names it, unless an ID is also the name of a folder here.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.escape import argument, plain
    from grader.results.erasure import check, held_elsewhere, left_over, plan
    from grader.results.erasure import forget as delete
    from grader.results.index import Entry, write_index
    from grader.results.transactions import settle, writing

    course, out = current_course(), Path(out_or_id)
    if course and not out.is_dir():
        out, ids = course.out, (out_or_id, *ids)
    with exit_on_fault():
        if not out.is_dir():
            raise KitFault(f"{out} is no folder: name the OUT of a run, and then who is to be forgotten")
        if not ids:
            raise KitFault(f"name who is to be forgotten: grader forget {argument(out)} ID")
        with class_kept(out), writing(out, note, new=False) as index:
            check(out, ids, index)
            goes = plan(out, ids, index)
            others = [*goes.stays]
            others += [sentence for name in goes.names for sentence in held_elsewhere(out, name, index, course.roster if course else None)]
            _expect_readable(out, index, goes.names)
            write_index(out, replace(index, forgetting=(*index.forgetting, *goes.names)))
            for name in goes.names:
                for sentence in delete(out, name, index.entries.get(name, Entry())):
                    say(plain(f"deleted: {sentence}"))
            settle(out)
        for path in list(left_over(out, goes, index)):
            why = "holds files that the grader did not write" if path.is_dir() else "still names one of them: it was exported"
            complain(f"{path} {why}, delete it yourself")
        for sentence in dict.fromkeys(others):
            complain(sentence)


def _expect_readable(out: Path, index: "Index", gone: Sequence[str]) -> None:
    """Raise KitFault where what stays can't be read: a damaged report is named before anything is deleted."""
    from grader.results.folder import read_report, report_path, table

    for name in index.reported:
        if name not in gone and report_path(out, name).is_file():
            read_report(out, name)
    table(out, index)
