"""`grader viva`: a printable oral check about one student's own program."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.course import CourseCommand
from grader.commands.options import (
    EXISTING,
    FOLDER,
    NEW_FILE,
    exit_on_fault,
    file_option,
    kit_option,
    quiet_option,
    sandbox_option,
    say,
    secret_option,
    seed_option,
)
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.formats import Trace
    from grader.plan.plan import Plan


@click.command(cls=CourseCommand, reads=("out", "secret"))
@click.argument("out", type=FOLDER)
@click.argument("id")
@click.option("--into", type=NEW_FILE, metavar="FILE", help="Where to write; default: ID-viva.html or .md here.")
@click.option(
    "--format", "form", type=click.Choice(["html", "md"]), default="html", show_default=True, help="A page to print, or Markdown."
)
@click.option("--submission", type=EXISTING, help="The file that was graded; default: where the run took it from.")
@click.option("--draw", default="1", show_default=True, help="Draw the questions from this text; another one gives other questions.")
@file_option
@kit_option
@seed_option
@secret_option
@sandbox_option
@quiet_option
def viva(out: Path, id: str, into: Path | None, form: str, submission: Path | None, draw: str, name: str, kit: Path | None, seed: str,
         secret: Path | None, sandbox: str, quiet: bool) -> None:  # fmt: skip
    """Write an oral check for the submission ID in OUT: three questions about the student's own program, and answers for the examiner.

    A line of the student's forward and what it is for; a trace of the student's graph with blanks; what one changed link would do.
    The first sheet is for the student, the second for the examiner. Questions come from the graded file, which is known by its hash, and
    from public cases; no student code runs. docs/teach.md says how to use it.
    """
    from grader.atomic_write import write_text
    from grader.commands.export import refuse_results
    from grader.commands.options import load_pick, load_plan, load_target, note
    from grader.kit import Kit
    from grader.pages.viva_page import viva_page
    from grader.plan.oracle import Oracle
    from grader.quiz.quick_checks import file_of
    from grader.results.folder import read_report
    from grader.results.transactions import reading
    from grader.viva.graded_file import graded_source
    from grader.viva.markdown import viva_markdown
    from grader.viva.questions import draw_viva
    from grader.viva.texts import FILE, load_texts

    with exit_on_fault(), reading(out, note) as index:
        if id not in index.entries or not index.entries[id].has_report:
            raise KitFault(f"{out} holds no report of {id!r}: {', '.join(index.reported[:8]) or 'nothing is graded'}")
        path = into or Path(f"{id}-viva.{form}")
        refuse_results(out, path, index)
        report = read_report(out, id)
        if report["status"] != "graded":
            raise KitFault(f"{id} is {report['status']}: there is no program to ask about")
        sha256 = report["provenance"]["submission_sha256"]
        source = graded_source(out, id, index.entries[id], sha256, submission, load_target(kit, name))
        found = Kit.find(kit)
        texts, made = load_texts(file_of(found, FILE)), load_plan(kit, seed, load_pick(kit, secret), sandbox)
        with Oracle(found.reference, found.pristine_node, sandbox) as oracle:
            drawn = draw_viva(texts, made, oracle, report, _trace(out, id, made, sha256), source, draw)
        write_text(path, viva_page(drawn) if form == "html" else viva_markdown(drawn))
        if not quiet:
            say(f"{path}: one sheet for the student, and one for the examiner alone")


def _trace(out: Path, id: str, plan: "Plan", sha256: str) -> "Trace | None":
    """Return the kept trace of the graded file, or None after saying why its graphs can't be used."""
    from grader.collect.trace_file import TraceError, read_trace
    from grader.commands.options import note
    from grader.results.folder import trace_path

    try:
        trace = read_trace(trace_path(out, id), plan.questions)
        if trace["submission_sha256"] == sha256:
            return trace
        why = "it is another submission's"
    except (TraceError, OSError) as error:
        why = str(error)
    note(f"the student's own graphs are not used, but the reference's: {why}")
    return None
