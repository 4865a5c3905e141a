"""`grader feedback`: an archive with everybody's report that a platform takes for upload, or a folder with them."""

from pathlib import Path

import click

from grader.commands.course import CourseCommand
from grader.commands.export import refuse_results
from grader.commands.options import FOLDER
from grader.model import KitFault

TARGETS = ("moodle", "canvas", "folder")


@click.command(cls=CourseCommand, reads=("out",))
@click.argument("out", type=FOLDER)
@click.option("--to", "target", type=click.Choice(TARGETS), required=True, help="Which platform; folder: one folder a person.")
@click.option(
    "--into", type=click.Path(path_type=Path), required=True, metavar="FILE.zip|FOLDER",
    help="The archive to write; with --to folder a folder, unless the name ends in .zip.",
)  # fmt: skip
@click.option("--provisional", is_flag=True, help="Take results that are provisional too.")
@click.option("--partial", is_flag=True, help="Go on though a run did not finish: only what it finished.")
def feedback(out: Path, target: str, into: Path, provisional: bool, partial: bool) -> None:
    """Write an archive with the report of each submission in OUT, for upload to a platform, or a folder.

    Each file is named as the platform exported the submission, so that the platform knows whose it is. It is report.html, or
    report.md if there is no page. For hidden criteria a report shows only counts and the kind of failure.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.course.roster import kept_roster
    from grader.escape import plain
    from grader.export.feedback import write_feedback
    from grader.results.folder import remarks
    from grader.results.gradebook import read_book
    from grader.results.transactions import reading

    with exit_on_fault(), reading(out, note) as index:
        refuse_results(out, into, index)
        for sentence in remarks(out, index):
            complain(sentence)
        if index.pending and not partial:
            raise KitFault(f"a run into {out} did not finish: run it again, or say --partial to take only what it finished")
        book = read_book(out, kept_roster(out), index)
        unfinished = [plain(entry.id) for entry in book.submissions() if entry.provisional]
        if unfinished and not provisional:
            raise KitFault(f"provisional results, which count for nothing yet: {', '.join(unfinished)}: say --provisional to take them too")
        for sentence in write_feedback(book, target, into):
            say(sentence)
