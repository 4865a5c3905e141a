"""`grader diff`: what a regrade changes, and whether anyone loses by it."""

import json
import sys
from pathlib import Path

import click

from grader.commands.shared import user

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER)
@click.option("--no-drops", is_flag=True, help="Exit 1 if anyone loses points, until each is accepted.")
@click.option("--accept", type=FILE, help="CSV with the columns id, reason, perhaps score: drops that are accepted, by name.")
@click.option("--by", default=user, help="Who accepts, as the log of decisions in NEW shows it; default: the user here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def diff(old: Path, new: Path, no_drops: bool, accept: Path | None, by: str, as_json: bool, quiet: bool) -> None:
    """Show who gets other points in NEW than in OLD, in which criterion, and why: rubric, kit, submission or a decision.

    Exit status: 0; with --no-drops 1 while a drop is not accepted; 2 a mistake in the call.
    """
    from grader import regrade
    from grader.commands.shared import complain, say, told
    from grader.decided import log
    from grader.export.book import read_book

    with told():
        changes = regrade.compare_runs(old, new)
        accepted = regrade.read_accepted(accept) if accept else {}
        refused = regrade.drops_to_accept(changes, accepted) if no_drops else []
        if idle := sorted(set(accepted) - {change.id for change in changes if change.is_drop}):
            complain(f"accepted, but no drop: {', '.join(idle)}")
        if as_json:
            say(json.dumps(regrade.data(changes, refused), indent=1))
        elif not quiet:
            total = len({entry.id for folder in (old, new) for entry in read_book(folder, ()).entries})
            say("\n".join(regrade.lines(changes, total, refused)))
        if refused:
            complain(f"--no-drops: {len(refused)} lose points and are not accepted: write them into a file for --accept, or look again")
            sys.exit(1)
        if no_drops and accepted:
            log.add(new, regrade.newly_accepted(changes, accepted, log.state(new).drops), by)
