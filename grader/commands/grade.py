"""`grader grade` and `grader cohort`: collect, compare and show, for one submission or for many."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.commands.class_results import class_kept
from grader.commands.cohort_intake import (
    Incoming,
    complain_of_attempts,
    complain_of_strangers,
    grade_earlier,
    incoming,
    intake_options,
    remember,
    strangers_among,
)
from grader.commands.course import READABLE, CourseCommand
from grader.commands.options import (
    EXISTING,
    again_option,
    exit_on_fault,
    file_option,
    load_known,
    load_pick,
    load_plan,
    load_target,
    note,
    note_public_numbers,
    progress,
    run_options,
    sandbox_option,
    say,
    show_code_option,
)
from grader.commands.results_messages import another_rubric, check_apart, check_works, missing_rows, show_end
from grader.escape import argument, plain
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.cohort.dispatch import Crew
    from grader.cohort.runner import Job
    from grader.intake import Handed
    from grader.plan.plan import Plan
    from grader.report_format import Row
    from grader.sandbox import Sandbox


@click.command(cls=CourseCommand, reads=("out", "secret", "show_code"))
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@run_options
@show_code_option
@again_option
@file_option
@sandbox_option
@click.option("--practice", is_flag=True, help="Run your own work without a sandbox, on the public cases only. No grade.")
def grade(paths: tuple[Path, ...], name: str, sandbox: str, practice: bool, **options: Any) -> None:
    """Grade submissions: each PATH is an autodiff.py, a notebook, or a folder or archive that holds one.

    Writes OUT/<id>/report.json, report.md and report.html for each, and OUT/grades.csv for all.
    """
    from grader.intake import Found, submission_id

    with exit_on_fault():
        if practice:
            if sandbox != "auto" or len(paths) > 1:
                raise KitFault("--practice is for one work of your own, and has no sandbox: leave out --sandbox and other paths")
            click.secho("PRACTICE: this code runs without a sandbox. Run only code of your own.", fg="red", err=True)
        target = load_target(options["kit"], name)
        for path in paths:
            _suggest_cohort(path, name)
        works: list[Handed] = [Found(submission_id(path, target), path, target) for path in paths]
        check_works(paths, options["out"])
        _run(Incoming(works), detailed=len(paths) == 1, sandbox="none" if practice else sandbox, **options)


def _suggest_cohort(path: Path, name: str) -> None:
    """Name `grader cohort` where the folder at `path` seems to hold the work of several people."""
    several = [child for child in path.iterdir() if (child / name).is_file()] if path.is_dir() else []
    if len(several) > 1:
        note(f"{path} holds {len(several)} folders with a file {name}: `grader cohort {argument(path)}` grades each of them")


@click.command(cls=CourseCommand, reads=READABLE)
@click.argument("path", type=EXISTING)
@run_options
@show_code_option
@again_option
@file_option
@sandbox_option
@click.option("--dask", metavar="ADDRESS", help="Collect on the workers of this Dask cluster, such as tcp://head:8786; compare here.")
@intake_options
def cohort(path: Path, name: str, platform: str | None, pattern: str, roster: Path | None, attempts: str | None, ref: str,
           before: str | None, carry: Path | None, match: str | None, **options: Any) -> None:  # fmt: skip
    """Grade every child of PATH, a folder or an archive: files, folders, archives and notebooks; names that begin with a dot are left out.

    In a folder with a course.yaml no argument is needed: it names PATH, OUT and the rest (`grader init` makes one).
    A bare git repository or a bundle is graded at --ref, or at its last commit not after --before. A clone is read like this only with
    one of these options.
    """
    with exit_on_fault():
        target = load_target(options["kit"], name)
        came = incoming(path, target, platform, pattern, roster, attempts, ref, before, carry, match)
        check_apart(path, options["out"])
        _run(came, detailed=False, command="cohort", source=str(path.resolve()), **options)
        if not options["quiet"] and not options["as_json"]:
            say(f"What the class has not understood: grader class {argument(options['out'])}")


def _run(
    came: Incoming, *, detailed: bool, out: Path, kit: Path | None, seed: str, secret: Path | None, steps: tuple[str, ...],
    jobs: int | None, quiet: bool, as_json: bool, pages: bool, show_code: bool, diagnosis: bool, again: bool, sandbox: str,
    dask: str | None = None, command: str = "grade", source: str | None = None,
) -> None:  # fmt: skip
    from grader.cohort.runner import Job, default_jobs, duplicates
    from grader.intake import submission_id
    from grader.results.study import refuse_without_diagnosis
    from grader.sandbox import Sandbox, choose

    ids = [submission_id(work) for work in came.works]
    if same := duplicates(ids):
        raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
    if not diagnosis:
        refuse_without_diagnosis(out)
    pick = load_pick(kit, secret)
    tier = choose(sandbox, note)
    practice = tier == "none"
    with Sandbox(tier) if detailed else nullcontext() as warm, _crew(dask, sandbox) as crew:  # starts up while the plan is read
        plan = load_plan(kit, seed, pick, tier)
        plan = plan.public() if practice else plan
        known = load_known(kit, plan, pick, tier, out) if diagnosis else None
        job = Job(
            plan, out, chosen_steps(plan, steps), tier, practice, known, pick, again,
            pages=pages, code=show_code, threads=jobs or default_jobs(),
        )  # fmt: skip

        if came.gathered and (sentence := another_rubric(out, plan.rubric.sha256, kit)):
            note(sentence)
        with class_kept(out, quiet=quiet):
            rows = _grade_into_folder(job, came, command, source, crew=crew, warm=warm, hidden=quiet or as_json)
    if came.gathered:
        complain_of_attempts(came.gathered)
    show_results(rows, out, plan, detailed=detailed, quiet=quiet, as_json=as_json, pages=pages, practice=practice, came=came)


def _grade_into_folder(
    job: "Job", came: Incoming, command: str, source: str | None, *, crew: "Crew | None", warm: "Sandbox | None", hidden: bool
) -> "list[Row]":
    """Grade what came in, write reports and tables to the job's folder, and return the summaries of the reports."""
    from grader.cohort.runner import grade as grade_all
    from grader.intake import submission_id
    from grader.report.scoring import columns_of
    from grader.results.texts import keep_sentences
    from grader.results.transactions import run

    rubric, ids = job.plan.rubric, [submission_id(work) for work in came.works]

    def prepare() -> None:
        keep_sentences(job.out, rubric.sentences)
        remember(job.out, came)

    official, columns = not job.practice and len(job.steps) == len(rubric.steps), columns_of(rubric, job.steps)
    writing = run(
        job.out, command, ids, note, source=source, official=official, unsure=came.with_earlier, prepare=prepare, columns=columns,
    )  # fmt: skip
    with writing as rows, progress(came.total, hidden=hidden, again=job.again) as tick:
        graded = partial(crew.grade if crew else partial(grade_all, warm=warm), jobs=job.threads, progress=tick)
        rows.extend(grade_earlier(graded, job, came, graded(job, came.works)))
    return rows


def _crew(dask: str | None, sandbox: str) -> "AbstractContextManager[Crew | None]":
    """Return who collects, if that is not done here."""
    if not dask:
        return nullcontext()
    from grader.cohort.dask_cluster import dask_crew

    return dask_crew(dask, sandbox, note)


def chosen_steps(plan: "Plan", wanted: tuple[str, ...]) -> frozenset[str]:
    known = [step.id for step in plan.rubric.steps]
    if unknown := [step for step in wanted if step not in known]:
        raise KitFault(f"there is no step {unknown[0]!r}: the rubric has {', '.join(known)}")
    return frozenset(wanted or known)


def show_results(
    rows: "list[Row]", out: Path, plan: "Plan", *, detailed: bool, quiet: bool, as_json: bool, pages: bool, practice: bool = False,
    came: Incoming | None = None,
) -> None:  # fmt: skip
    """Show what is asked for of a run that is over; `rows` are the summaries of its reports."""
    from grader.report import terminal
    from grader.results.folder import read_report

    unknown = strangers_among(out, rows) if came and came.gathered else {}
    rows = [row | {"stranger": unknown.get(row["submission"], "")} for row in rows]
    if as_json:
        reports = [read_report(out, row["submission"]) for row in rows]
        say(json.dumps(reports[0] if detailed else reports, indent=1))
    elif not quiet:
        fancy = sys.stdout.isatty()
        shown = (
            terminal.lines(read_report(out, rows[0]["submission"]), plan.rubric.sentences, fancy=fancy)
            if detailed
            else terminal.table([*rows, *missing_rows(out)])
        )
        for line in shown:
            say(line)
        files = "report.html, report.md and report.json" if pages else "report.json and report.md"
        click.echo(f"\nReports: {out}/<submission>/{files}; all scores: {out / 'grades.csv'}")
        if not practice:
            note_public_numbers(plan)
    show_end(out)
    complain_of_strangers(out, unknown)
    if failed := [plain(row["submission"]) for row in rows if row["status"] == "not graded"]:
        say(f"grader: not graded, by a fault of the kit: {', '.join(failed)}", err=True)
        sys.exit(2)
