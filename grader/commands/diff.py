"""`grader diff` and `grader regrade`: what a regrade changes, and whether anyone loses by it."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import interrupts
from grader.commands.class_results import class_kept
from grader.commands.course import CourseCommand, current_course
from grader.commands.options import (
    FILE,
    FOLDER,
    json_option,
    kit_option,
    language_option,
    pages_option,
    quiet_option,
    secret_option,
    seed_option,
    user,
)

if TYPE_CHECKING:
    from grader.results.gradebook import Book


@click.command()
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
@click.option("--no-drops", is_flag=True, help="Exit 1 if anyone loses points, until each is accepted.")
@click.option("--accept", type=FILE, help="CSV with the columns id, reason, perhaps score: drops that are accepted, by name.")
@click.option("--by", default=user, help="Who accepts, as the log of decisions in NEW shows it; default: the user here.")
@click.option("--all", "list_all", is_flag=True, help="List unchanged submissions, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def diff(old: Path, new: Path, *, no_drops: bool, accept: Path | None, by: str, list_all: bool, as_json: bool, quiet: bool) -> None:
    """List whose points differ between OLD and NEW, in which criterion, and why: rubric, kit, submission or a decision.

    A summary by criterion comes first: how many gained, how many lost, and how many points. Unchanged submissions are omitted.

    Exit status: 0; with --no-drops 1 while a drop is not accepted; 2 a mistake in the call.
    """
    from grader.commands.options import complain, exit_on_fault, note, say
    from grader.course import decision_log
    from grader.results import diff_text, regrade_diff
    from grader.results.transactions import changing, mark_stale

    with exit_on_fault():
        before, after = _book_of(old), _book_of(new)
        changes = regrade_diff.compare_runs(before, after)
        accepted = regrade_diff.read_accepted(accept) if accept else {}
        refused = regrade_diff.drops_to_accept(changes, accepted) if no_drops else []
        if idle := sorted(set(accepted) - {change.id for change in changes if change.is_drop}):
            complain(f"accepted, but no drop: {', '.join(idle)}")
        same = regrade_diff.unchanged(before, after, changes) if list_all else None
        if as_json:
            say(json.dumps(diff_text.as_json(changes, refused, same), indent=1))
        elif not quiet:
            total = len({entry.id for book in (before, after) for entry in book.entries if not entry.note})
            say("\n".join(diff_text.lines(changes, total, refused, same)))
        if refused:
            complain(f"--no-drops: {len(refused)} lose points and are not accepted: write them into a file for --accept, or look again")
            sys.exit(1)
        if no_drops and accepted:
            with class_kept(new, quiet=quiet), changing(new, note) as index:
                mark_stale(new, index)
                decision_log.add(new, regrade_diff.newly_accepted(changes, accepted, decision_log.state(new).drops), by)


@click.command(cls=CourseCommand, reads=("out", "secret"), any_kit=True)
@click.argument("out", type=FOLDER)
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
@click.option("--diagnosis/--no-diagnosis", default=True, help="Name the misconception that explains a failure.")
@pages_option
@language_option
@kit_option
@seed_option
@secret_option
@quiet_option
@json_option
def regrade(out: Path, dry_run: bool, as_json: bool, quiet: bool, **options: Any) -> None:
    """Compare the answers in OUT again with the rubric as it is now, and show who gets other points, in which criterion, and why.

    No student code runs. With --dry-run nothing is written, and the kit may be another version than the course's.
    """
    from grader.commands.options import NO_SECRET, exit_on_fault, note, say
    from grader.plan.planner import PUBLIC_NUMBERS
    from grader.results import diff_text, regrade_diff

    course = current_course()
    with exit_on_fault(), _before_and_after(out, dry_run=dry_run) as (before, after):
        if course and not dry_run:
            course.expect_kit()
        _compare_again(out, after, **options | {"pages": options["pages"] and not dry_run})
        old, new = _book_of(before, may_be_empty=True), _book_of(after)
        changes = regrade_diff.compare_runs(old, new)
        if as_json:
            say(json.dumps(diff_text.as_json(changes, []), indent=1))
        elif not quiet:
            say("\n".join(diff_text.lines(changes, max(len(old.entries), len(new.entries)), [])))
            click.echo("\nNothing was written: `grader regrade` without --dry-run does." if dry_run else f"\nWritten to {out}.")
            if any(new.report(entry)["provenance"]["seed"] == PUBLIC_NUMBERS for entry in new.entries if not entry.note):
                note(NO_SECRET)


def _book_of(out: Path, *, may_be_empty: bool = False) -> "Book":
    """Return the results that count in a folder; name on stderr what does not count. Raises KitFault where nothing counts.

    It `may_be_empty` before a regrade: a comparison of all that was cut off left nothing that counts.
    """
    from grader.commands.options import complain, note
    from grader.results.folder import present, remarks
    from grader.results.gradebook import Book, read_book
    from grader.results.transactions import reading

    with reading(out, note) as index:
        for sentence in remarks(out, index):
            complain(f"{out}: {sentence}")
        return Book(out, ()) if may_be_empty and not present(out, index) else read_book(out, (), index)


@contextmanager
def _before_and_after(out: Path, *, dry_run: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the folder of the results as they are, and the one to write to; one of them is a copy that is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="regrade-") as name:
        ending = partial(shutil.rmtree, name, ignore_errors=True)
        interrupts.at_end(ending)
        copy = Path(name) / "results"
        if dry_run:
            yield out, copy
        else:
            shutil.copytree(out, copy, ignore=shutil.ignore_patterns(".traces", ".attempts"))
            yield copy, out
    interrupts.not_at_end(ending)


def _compare_again(out: Path, into: Path, **options: Any) -> None:
    """Run `grader compare OUT --out INTO`."""
    context = click.get_current_context()
    group = context.find_root().command
    assert isinstance(group, click.Group)
    command = group.get_command(context, "compare")
    assert command is not None
    context.invoke(command, traces=(out,), out=into, steps=(), quiet=True, as_json=False, **options)
