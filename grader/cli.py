"""The command line: one thin command a verb. Everything heavy is imported by the command that needs it."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import __version__
from grader.commands.bundling import bundle
from grader.commands.deciding import decisions, forget, late, points
from grader.commands.exporting import export, import_command
from grader.commands.forge import forge
from grader.commands.incoming import Incoming, carry_on, grade_earlier, incoming, intake_options, remember, with_missing
from grader.commands.looking import audit, case, rubric
from grader.commands.regrading import diff
from grader.commands.shared import (
    EXISTING,
    NEW_FOLDER,
    again_option,
    kit_option,
    load_known,
    load_pick,
    load_plan,
    note,
    progress,
    quiet_option,
    run_options,
    sandbox_option,
    say,
    seed_option,
    told,
)
from grader.escape import plain
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.model import Sentences
    from grader.plan import Plan
    from grader.remote.home import Crew

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade the autodiff assignment, step by step.

    \b
      grader grade alice/autodiff.py --out out      one submission or several
      grader cohort submissions/ --out out          every child of a folder
      grader rubric check                           is the rubric in order?

    Exit status: 0 graded, whatever the scores; 2 a mistake in the call, or a fault of the kit.
    """


@main.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@run_options
@again_option
@sandbox_option
@click.option("--practice", is_flag=True, help="Run your own work without a sandbox, on the public cases only. No grade.")
def grade(paths: tuple[Path, ...], sandbox: str, practice: bool, **options: Any) -> None:
    """Grade submissions: each PATH is an autodiff.py, a notebook, or a folder or archive that holds one.

    Writes OUT/<id>/report.json and report.md for each, and OUT/grades.csv for all.
    """
    with told():
        if practice:
            if sandbox != "auto" or len(paths) > 1:
                raise KitFault("--practice is for one work of your own, and has no sandbox: leave out --sandbox and other paths")
            click.secho("PRACTICE: nothing stands between this code and your computer. Run only code that is your own.", fg="red", err=True)
        _run(Incoming(list(paths)), detailed=len(paths) == 1, sandbox="none" if practice else sandbox, **options)


@main.command()
@click.argument("path", type=EXISTING)
@run_options
@again_option
@sandbox_option
@click.option("--dask", metavar="ADDRESS", help="Collect on the workers of this Dask cluster, such as tcp://head:8786; compare here.")
@intake_options
def cohort(path: Path, platform: str | None, pattern: str, roster: Path | None, attempts: str | None, ref: str,
           before: str | None, carry: Path | None, match: str | None, **options: Any) -> None:  # fmt: skip
    """Grade every child of PATH, a folder or an archive: files, folders, archives and notebooks; names that begin with a dot are left out.

    A git repository, bare or a bundle, is graded at --ref or as it was --before; with one of these so is a clone.
    """
    with told():
        if path.is_file() and not path.name.lower().endswith(ARCHIVES):
            raise KitFault(f"{path} is neither a folder nor an archive: `grader grade` takes single files")
        _run(incoming(path, platform, pattern, roster, attempts, ref, before, carry, match), detailed=False, **options)


def _run(
    came: Incoming, *, detailed: bool, out: Path, kit: Path | None, seed: str, secret: Path | None, steps: tuple[str, ...],
    jobs: int | None, quiet: bool, as_json: bool, diagnosis: bool, again: bool, sandbox: str, dask: str | None = None,
) -> None:  # fmt: skip
    from grader.cohort import Job, default_jobs, duplicates
    from grader.cohort import grade as grade_all
    from grader.intake import submission_id
    from grader.results import keep_sentences
    from grader.sandbox import Sandbox, choose

    if same := duplicates(map(submission_id, came.works)):
        raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
    pick = load_pick(kit, secret)
    tier = choose(sandbox, note)
    practice = tier == "none"
    with Sandbox(tier) if detailed else nullcontext() as warm, _crew(dask, sandbox) as crew:  # starts up while the plan is read
        plan = load_plan(kit, seed, tier)
        plan = plan.public() if practice else plan
        jobs = jobs or default_jobs()
        known = load_known(kit, plan, pick, tier, jobs) if diagnosis else ()
        job = Job(plan, out, _chosen(plan, steps), tier, practice, known, pick, again)
        out.mkdir(parents=True, exist_ok=True)
        keep_sentences(out, plan.rubric.sentences)
        remember(out, came)
        with progress(came.total, hidden=quiet or as_json or detailed) as tick:
            graded = partial(crew.grade if crew else partial(grade_all, warm=warm), jobs=jobs, progress=tick)
            rows = grade_earlier(graded, job, came, graded(job, came.works))
    _finish(rows, out, plan.rubric.sentences, detailed=detailed, quiet=quiet, as_json=as_json)


def _crew(dask: str | None, sandbox: str) -> "AbstractContextManager[Crew | None]":
    """Return who collects, if that is not done here."""
    if not dask:
        return nullcontext()
    from grader.remote.cluster import dask_crew

    return dask_crew(dask, sandbox, note)


def _chosen(plan: "Plan", wanted: tuple[str, ...]) -> frozenset[str]:
    known = [step.id for step in plan.rubric.steps]
    if unknown := [step for step in wanted if step not in known]:
        raise KitFault(f"there is no step {unknown[0]!r}: the rubric has {', '.join(known)}")
    return frozenset(wanted or known)


def _finish(
    rows: list[dict[str, Any]], out: Path, sentences: "Sentences", *, detailed: bool, quiet: bool, as_json: bool
) -> None:  # fmt: skip
    """Write grades.csv and show what is asked for; `rows` are the summaries of reports that are on disk."""
    from grader.report import terminal
    from grader.results import read_report, write_grades

    rows = with_missing(out, rows)
    write_grades(out, rows)
    if as_json:
        reports = [read_report(out, row["submission"]) for row in rows if row["status"] != "missing"]
        say(json.dumps(reports[0] if detailed else reports, indent=1))
    elif not quiet:
        fancy = sys.stdout.isatty()
        one = read_report(out, rows[0]["submission"]) if detailed else {}
        shown = terminal.lines(one, sentences, fancy=fancy) if detailed else terminal.table(rows)
        for line in shown:
            say(line)
        click.echo(f"\nReports: {out}/<submission>/report.json and report.md; all scores: {out / 'grades.csv'}")
    if failed := [plain(row["submission"]) for row in rows if row["status"] == "not graded"]:
        say(f"grader: not graded, by a fault of the kit: {', '.join(failed)}", err=True)
        sys.exit(2)


@main.command()
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for questions.json and expected.json.")
@kit_option
@seed_option
def plan(out: Path, kit: Path | None, seed: str) -> None:
    """Write questions.json, which is all that `collect` needs, and expected.json, which it must never see."""
    with told():
        made = load_plan(kit, seed)
        out.mkdir(parents=True, exist_ok=True)
        for name, data in (("questions", made.questions), ("expected", made.expected)):
            (out / f"{name}.json").write_text(json.dumps(data, separators=(",", ":")), "utf-8")
        click.echo(f"{out / 'questions.json'}: {len(made.questions['questions'])} questions; {out / 'expected.json'}: keep it private")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--questions", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A questions.json; default: made from the kit."
)
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the traces, one <id>.json each.")
@kit_option
@seed_option
@sandbox_option
@quiet_option
def collect(paths: tuple[Path, ...], questions: Path | None, out: Path, kit: Path | None, seed: str, sandbox: str, quiet: bool) -> None:
    """Run submissions and keep their answers as traces, without comparing them with anything.

    With --questions neither reference nor rubric need be on this machine. Every variant of the random cases is asked, so
    that no course secret is needed here either.
    """
    from grader.cohort import collect_safely, duplicates
    from grader.collect import Questionnaire
    from grader.intake import read_submission, submission_id
    from grader.sandbox import Sandbox
    from grader.traces import read_questions, write_trace

    with told():
        if same := duplicates(map(submission_id, paths)):
            raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
        asked = Questionnaire(read_questions(questions) if questions else load_plan(kit, seed).questions)
        failed = []
        with Sandbox(sandbox) as walls:
            for path in paths:
                work = read_submission(path)
                trace = collect_safely(walls, asked, work)
                write_trace(out / f"{work.id}.json", trace)
                if trace["loading"]["kind"] == "fault":
                    failed.append(work.id)
                elif not quiet:
                    say(plain(str(out / f"{work.id}.json")))
        if failed:
            raise KitFault(f"not collected, by a fault of the kit: {', '.join(failed)}")


@main.command()
@click.argument("traces", nargs=-1, required=True, type=EXISTING)
@run_options
def compare(traces: tuple[Path, ...], out: Path, kit: Path | None, seed: str, secret: Path | None, steps: tuple[str, ...],
            jobs: int | None, quiet: bool, as_json: bool, diagnosis: bool) -> None:  # fmt: skip
    """Give points to traces: files from `collect`, or the OUT folder of an earlier `grade` or `cohort`.

    No student code runs. After a change of points, wording or hints this is all that need be done.
    """
    from grader.cohort import Job, compare_traces, default_jobs, duplicates
    from grader.results import TRACES, keep_sentences
    from grader.sandbox import choose

    with told():
        plan = load_plan(kit, seed)
        paths = [path for given in traces for path in (sorted((given / TRACES).glob("*.json")) if given.is_dir() else [given])]
        if not paths:
            raise KitFault(f"{traces[0]} holds no traces ({TRACES}/*.json): run grade, cohort or collect first")
        if same := duplicates(path.stem for path in paths):
            raise KitFault(f"several traces are called {', '.join(same)}: rename all but one")
        jobs = jobs or default_jobs()
        pick = load_pick(kit, secret)
        known = load_known(kit, plan, pick, choose("auto"), jobs) if diagnosis else ()
        job = Job(plan, out, _chosen(plan, steps), known=known, pick=pick)
        out.mkdir(parents=True, exist_ok=True)
        for given in traces:
            carry_on(given, out)
        rows = compare_traces(job, paths, jobs)
        keep_sentences(out, plan.rubric.sentences)
        _finish(rows, out, plan.rubric.sentences, detailed=len(paths) == 1, quiet=quiet, as_json=as_json)


@main.command()
@click.argument("folder", type=NEW_FOLDER, required=False)
@click.option(
    "--notebook", is_flag=True, help="Build the nbgrader source notebook, with solutions, in FOLDER (default: the kit's assignment/)."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something is not what would be released now.")
@click.option("--force", is_flag=True, help="Replace files of FOLDER that differ: an earlier release, or somebody's work.")
@kit_option
def release(folder: Path | None, notebook: bool, check: bool, force: bool, kit: Path | None) -> None:
    """Cut the starter from the reference and write it to FOLDER (default: the kit's starter/)."""
    from grader.kit import Kit
    from grader.release import STARTER, notebook_files, stale, starter_files, write_files

    with told():
        found = Kit.find(kit)
        files = notebook_files(found) if notebook else starter_files(found)
        target = folder or found.root / ("assignment" if notebook else "starter")
        if check:
            old = stale(files, target)
            for name in old:
                click.echo(f"{target / name} is stale: run `grader release{' --notebook' if notebook else ''}`", err=True)
            sys.exit(1 if old else 0)
        others = [name for name in stale(files, target) if (target / name).exists()] if folder and not force else []
        if others:
            raise KitFault(f"{target} holds {', '.join(others)} with other content: name a new folder, or replace them with --force")
        if not notebook and not (found.root / STARTER).is_dir():
            note(f"{found.root} holds no {STARTER}/, so that README.md and what scores pull requests are left out: copy it too")
        for path in write_files(files, target):
            click.echo(path)


for command in (audit, bundle, case, decisions, diff, export, forge, forget, import_command, late, points, rubric):
    main.add_command(command)
