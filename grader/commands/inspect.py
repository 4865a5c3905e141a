"""`grader rubric check`, `grader case` and `grader audit`: looking at the grading itself."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.course import CourseCommand
from grader.commands.options import (
    EXISTING,
    FILE,
    FOLDER,
    NEW_FILE,
    exit_on_fault,
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
)
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.kit import Kit
    from grader.plan.plan import Plan
    from grader.plan.variant_choice import Pick


@click.group()
def rubric() -> None:
    """Look after the rubric."""


@rubric.command(cls=CourseCommand, reads=("secret",))
@kit_option
@secret_option
def check(kit: Path | None, secret: Path | None) -> None:
    """Check the rubric, the misconceptions and the reference; report each fault with its place.

    The reference's derivatives are compared with differences of its values, so that a wrong derivative rule is found. The reference
    is graded as well, so that a check that does not run is found. What nothing uses, and points that the reference loses, are notes.
    """
    from grader.diagnosis.misconceptions import load_misconceptions
    from grader.kit import Kit
    from grader.plan.differences import wrong_derivatives
    from grader.plan.oracle import Oracle

    with exit_on_fault():
        found, pick = Kit.find(kit), load_pick(kit, secret)
        made = load_plan(kit, "", pick)
        beliefs = load_misconceptions(found.root / "reference" / "misconceptions")
        with Oracle(found.reference, found.pristine_node) as oracle:
            wrong = list(map(str, wrong_derivatives(oracle, made.expected)))
        if wrong:
            raise KitFault("\n".join(["reference/autodiff.py has wrong derivatives:", *wrong]))
        lost = _lost_by_reference(found, made)
        for step in made.rubric.steps:
            cases = sum(len(made.expected["criteria"][f"{step.id}/{c.id}"]) for c in step.criteria)
            click.echo(f"{step.id:20} {float(step.points):5g} points, {len(step.criteria)} criteria, {cases} cases")
        steps = {step.id for step in made.rubric.steps}
        for one in (one for one in beliefs if one.step not in steps):
            click.echo(f"note: no step is called {one.step}: the misconception {one.id} is not used")
        for name in lost:
            click.echo(f"note: the reference does not get all points of {name}")
        for name in sorted(found.check_names() - {c.check for step in made.rubric.steps for c in step.criteria}):
            click.echo(f"note: no criterion names the check test_{name}")
        for sentence in _languages(found, pick):
            click.echo(f"note: {sentence}")
        click.echo("The rubric is in order.")


def _languages(kit: "Kit", pick: "Pick") -> list[str]:
    """Return a sentence for each language of the kit in which texts are missing, stale, broken or unknown. Raises RubricError."""
    from grader.languages.catalogue import FOLDER
    from grader.languages.plan_language import counted, in_language
    from grader.plan.planner import plan_for

    english = plan_for(kit, "", pick)
    folders = [folder for folder in sorted((kit.rubrics / FOLDER).glob("*")) if folder.is_dir()]
    return [sentence for folder in folders if (sentence := counted(folder.name, in_language(english, kit, folder.name)[1]))]


def _lost_by_reference(kit: "Kit", plan: "Plan") -> list[str]:
    """Grade the reference, and return the criteria, as step/criterion, of which it does not get all points. Raises KitFault."""
    from grader.collect.collector import Questionnaire, collect
    from grader.compare import Comparer
    from grader.model import round_points
    from grader.plan.variant_choice import EVERYBODY
    from grader.report.scoring import earned
    from grader.sandbox import Sandbox

    asked = Questionnaire(plan.questions, plan.question_ids_for_criteria(plan.expected["criteria"], [EVERYBODY]))
    with Sandbox("auto") as walls:
        trace = collect(walls, asked, kit.reference)
    results = Comparer(plan).compare({"reference": trace})["reference"]
    if isinstance(results, KitFault):
        raise results
    criteria = {(step.id, criterion.id): criterion for step in plan.rubric.steps for criterion in step.criteria}
    marks = ((f"{r.step}/{r.criterion}", criteria[r.step, r.criterion], r) for r in results)
    return [name for name, criterion, result in marks if earned(criterion, result) < round_points(criterion.points)]


@click.command(cls=CourseCommand, reads=("secret",))
@click.argument("case_id", metavar="ID")
@click.option("--trace", type=FILE, help="Show what this submission answered.")
@click.option("--submission", type=EXISTING, help="Ask this submission the case now, in the sandbox, as it meets it.")
@kit_option
@seed_option
@secret_option
@sandbox_option
@json_option
def case(case_id: str, trace: Path | None, submission: Path | None, kit: Path | None, seed: str, secret: Path | None,
         sandbox: str, as_json: bool) -> None:  # fmt: skip
    """Show a case to an instructor: its program, graph, expected values, and what a submission answered.

    ID is a case's name; the name of a random case in the rubric means all its variants. With --trace or --submission only
    the variants that this submission meets are shown.
    """
    from grader.cohort.runner import ask_cases
    from grader.collect.trace_file import read_trace
    from grader.intake import submission_id
    from grader.plan.case_view import describe, find

    with exit_on_fault():
        if trace and submission:
            raise KitFault("--trace shows what was answered before, --submission asks again: choose one of them")
        pick = load_pick(kit, secret)
        made = load_plan(kit, seed, pick)
        who = submission_id(submission) if submission else trace.stem if trace else ""
        keys = find(made, case_id, pick if who else None, who)
        answers = read_trace(trace, made.questions, made.question_ids_for_cases(keys)) if trace else None
        if submission:
            answers = ask_cases(made, keys, submission, sandbox)
        say(describe(made, keys, answers, as_json=as_json))


@click.command()
@click.option("--only", multiple=True, metavar="PATTERN", help="These subjects only (repeatable), such as 'mutant/*' or 'wrong/a-name'.")
@click.option("--right", type=FOLDER, help="Right submissions; default: tests/submissions/right in the kit.")
@click.option("--wrong", type=FOLDER, help="Wrong ones, first line `# wrong: ...; loses STEP`; default: tests/submissions/wrong.")
@click.option("--markdown", type=NEW_FILE, help="Write the whole audit to this file.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
@kit_option
@seed_option
@sandbox_option
@quiet_option
@json_option
def audit(only: tuple[str, ...], right: Path | None, wrong: Path | None, markdown: Path | None, jobs: int | None,
          kit: Path | None, seed: str, sandbox: str, quiet: bool, as_json: bool) -> None:  # fmt: skip
    """Grade the grader: send programs with known mistakes through it, and report what it misses.

    Exit status: 0 all is found in its own step and no criterion can be spared; 1 not so; 2 a mistake in the call, or a fault of the kit.
    """
    from grader import audit as audits
    from grader.atomic_write import write_text
    from grader.audit import markdown as audit_page
    from grader.audit import summary
    from grader.cohort.runner import default_jobs
    from grader.kit import Kit
    from grader.plan.variant_choice import EVERYBODY
    from grader.sandbox import choose

    with exit_on_fault():
        found, tier = Kit.find(kit), choose(sandbox, lambda note: click.echo(f"grader: {note}", err=True))
        made = load_plan(kit, seed, EVERYBODY, tier)
        subjects = audits.subjects_of(found, made, right, wrong, only)
        with progress(len(subjects), hidden=quiet, continues=False) as tick:
            done = audits.audit(found, made, subjects, whole=not only, sandbox=tier, jobs=jobs or default_jobs(), progress=tick)
        if markdown:
            write_text(markdown, audit_page.markdown(done))
        if as_json:
            say(json.dumps(summary.data(done), indent=1))
        elif not quiet:
            say("\n".join(summary.lines(done)))
    sys.exit(0 if done.is_green else 1)
