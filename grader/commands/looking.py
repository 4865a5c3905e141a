"""`grader rubric check`, `grader case` and `grader audit`: looking at the grading itself."""

import json
import sys
from pathlib import Path

import click

from grader.commands.shared import (
    EXISTING,
    FOLDER,
    json_option,
    kit_option,
    load_pick,
    load_plan,
    progress,
    quiet_option,
    sandbox_option,
    say,
    secret_option,
    seed_option,
    told,
)
from grader.model import KitFault


@click.group()
def rubric() -> None:
    """Look after the rubric."""


@rubric.command()
@kit_option
def check(kit: Path | None) -> None:
    """Read the rubric, ask the reference every question, and tell all faults as file:line:column: message."""
    with told():
        made = load_plan(kit, "")
        for step in made.rubric.steps:
            cases = sum(len(made.expected["criteria"][f"{step.id}/{c.id}"]) for c in step.criteria)
            click.echo(f"{step.id:20} {float(step.points):5g} points, {len(step.criteria)} criteria, {cases} cases")
        click.echo("The rubric is in order.")


@click.command()
@click.argument("case_id", metavar="ID")
@click.option("--trace", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Show what this submission answered.")
@click.option("--submission", type=EXISTING, help="Ask this submission the case now, in the sandbox, as it meets it.")
@kit_option
@seed_option
@secret_option
@sandbox_option
@json_option
def case(case_id: str, trace: Path | None, submission: Path | None, kit: Path | None, seed: str, secret: Path | None,
         sandbox: str, as_json: bool) -> None:  # fmt: skip
    """Show a case to an instructor: its program, graph, expected values, and what a submission answered.

    ID is a case's name; of random cases the name in the rubric stands for all of them. With --trace or --submission only
    the variants that this submission meets are shown.
    """
    from grader.cohort import ask_cases
    from grader.intake import submission_id
    from grader.report.case import describe, find
    from grader.traces import read_trace

    with told():
        if trace and submission:
            raise KitFault("--trace shows what was answered before, --submission asks again: choose one of them")
        made, pick = load_plan(kit, seed), load_pick(kit, secret)
        who = submission_id(submission) if submission else trace.stem if trace else ""
        keys = find(made, case_id, pick if who else None, who)
        answers = read_trace(trace, made.questions, made.questions_about(keys)) if trace else None
        if submission:
            answers = ask_cases(made, keys, submission, sandbox)
        say(describe(made, keys, answers, as_json=as_json))


@click.command()
@click.option("--only", multiple=True, metavar="PATTERN", help="These subjects only (repeatable), such as 'mutant/*' or 'wrong/a-name'.")
@click.option("--right", type=FOLDER, help="Right submissions; default: tests/submissions/right in the kit.")
@click.option("--wrong", type=FOLDER, help="Wrong ones, first line `# wrong: ...; loses STEP`; default: tests/submissions/wrong.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the whole audit to this file.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
@kit_option
@seed_option
@sandbox_option
@quiet_option
@json_option
def audit(only: tuple[str, ...], right: Path | None, wrong: Path | None, markdown: Path | None, jobs: int | None,
          kit: Path | None, seed: str, sandbox: str, quiet: bool, as_json: bool) -> None:  # fmt: skip
    """Grade the grader: send through it programs whose mistakes are known, and tell what it misses.

    Exit status: 0 all is found in its own step and no criterion can be spared; 1 not so; 2 a mistake in the call, or a fault of the kit.
    """
    from grader import audit as audits
    from grader.audit import page, telling
    from grader.cohort import default_jobs
    from grader.kit import Kit
    from grader.results import write_whole
    from grader.sandbox import choose

    with told():
        found, tier = Kit.find(kit), choose(sandbox, lambda note: click.echo(f"grader: {note}", err=True))
        made = load_plan(kit, seed, tier)
        subjects = audits.subjects_of(found, made, right, wrong, only)
        with progress(len(subjects), hidden=quiet) as tick:
            done = audits.audit(found, made, subjects, whole=not only, sandbox=tier, jobs=jobs or default_jobs(), progress=tick)
        if markdown:
            write_whole(markdown, page.markdown(done))
        if as_json:
            say(json.dumps(telling.data(done), indent=1))
        elif not quiet:
            say("\n".join(telling.lines(done)))
    sys.exit(0 if done.is_green else 1)
