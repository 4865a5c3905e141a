"""`grader quiz`: quick checks for a lecture as Moodle XML and as a page, and trace tables with blanks."""

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click

from grader.commands.options import NEW_FOLDER, exit_on_fault, kit_option, quiet_option, sandbox_option, say

if TYPE_CHECKING:
    from grader.pages.quiz_page import ShownCheck
    from grader.quiz.answers import Option
    from grader.quiz.quick_checks import QuickCheck

FILES = ("quick-checks.xml", "quick-checks.html", "trace-tables.html", "trace-tables-solution.html")
"""What `grader quiz` writes: for Moodle's question bank, for a browser, for students on paper, and for you."""


@click.command()
@click.option("--into", type=NEW_FOLDER, required=True, help="The folder to write into; made if it does not exist.")
@click.option("--draw", default="1", show_default=True, help="Draw the blanks and the drawn programs of the trace tables from this text.")
@kit_option
@sandbox_option
@quiet_option
def quiz(into: Path, draw: str, kit: Path | None, sandbox: str, quiet: bool) -> None:
    """Write quick checks for the lecture: as Moodle XML, as a page with the answers folded away, and trace tables with blanks.

    The questions are in assignment/quick_checks.yaml, without answers: the reference gives each right option, and programs of known
    misconceptions give the wrong ones. Another --draw gives other blanks and other drawn programs. docs/teach.md says when to use them.
    """
    from grader.atomic_write import write_text
    from grader.kit import Kit
    from grader.pages.quiz_page import quiz_page, traces_page
    from grader.quiz.answers import Programs
    from grader.quiz.moodle_xml import moodle_xml
    from grader.quiz.quick_checks import FILE, file_of, load_quick_checks
    from grader.quiz.trace_table import table_of

    with exit_on_fault():
        found = Kit.find(kit)
        with Programs(found, sandbox) as programs:
            made = load_quick_checks(file_of(found, FILE), programs.operators, programs.beliefs)
            checks = [(check, programs.options(check)) for check in made.checks]
            tables = [(task.id, table_of(task, programs.oracle, draw)) for task in made.traces]
        shown = [{"id": id, **table.as_data()} for id, table in tables]
        into.mkdir(parents=True, exist_ok=True)
        write_text(into / FILES[0], moodle_xml(checks, tables))
        write_text(into / FILES[1], quiz_page([_shown(check, options) for check, options in checks]))
        for name, solution in ((FILES[2], False), (FILES[3], True)):
            write_text(into / name, traces_page(shown, solution=solution, draw=draw))
        if not quiet:
            say(f"{into}: {len(checks)} quick checks and {len(tables)} trace tables in {', '.join(FILES)}")


def _shown(check: "QuickCheck", options: "list[Option]") -> "ShownCheck":
    """Return a check as its page needs it, the options in an order that its id decides."""
    from grader.quiz.quick_checks import edges, listing

    Random(check.id).shuffle(options := list(options))
    return {
        "id": check.id, "title": check.title, "step": check.step, "asks": check.asks, "why": check.why,
        "shown": [edges(check.text)] if check.program.is_graph else listing(check.program),
        "options": [
            {"text": one.text, "is_right": one.is_right, "believes": one.believes, "hint": one.hint} for one in options
        ],
    }  # fmt: skip
