"""The command line: one thin command a verb. Everything heavy is imported by the command that needs it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import __version__
from grader.commands.bundling import bundle
from grader.commands.deciding import decisions, forget, late, points
from grader.commands.exporting import export, import_command
from grader.commands.incoming import Incoming, carry_on, grade_earlier, incoming, intake_options, remember, with_missing
from grader.commands.regrading import diff
from grader.escape import plain, plain_log
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.diagnose import Known
    from grader.model import Sentences
    from grader.pick import Pick
    from grader.plan import Plan

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)

kit_option = click.option("--kit", type=FOLDER, help="Where rubrics/ and reference/ lie; default: the checkout the grader runs from.")
seed_option = click.option("--seed", default="", help="Draw other random cases and given graphs. Keep it secret for hidden cases.")
secret_option = click.option(
    "--secret", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="A file with the course secret, kept outside the kit: each submission meets random cases of its own. "
    "Or name it in AUTODIFF_KIT_SECRET_FILE, or put the secret itself into AUTODIFF_KIT_SECRET.",
)  # fmt: skip
out_option = click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the results; made if it does not exist.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")


sandbox_option = click.option(
    "--sandbox", type=click.Choice(["auto", "bwrap", "core"]), default="auto", show_default=True,
    help="The walls around student code; auto takes the strongest that work here, and the report names them.",
)  # fmt: skip


again_option = click.option("--again", is_flag=True, help="Ask also what an earlier run into OUT has asked the same work.")


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `grade` and `cohort` share."""
    jobs = click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
    steps = click.option("-k", "steps", multiple=True, metavar="STEP", help="Grade this step only (repeatable); the report is provisional.")
    diagnosis = click.option("--diagnosis/--no-diagnosis", default=True, help="Name the misconception that explains a failure.")
    for option in (json_option, quiet_option, diagnosis, jobs, steps, secret_option, seed_option, kit_option, out_option):
        command = option(command)
    return command


def say(text: str, *, err: bool = False) -> None:
    """Print plain text so that no CI service takes a line of it for a command, whatever a submission is called or says."""
    click.echo(plain_log(text), err=err)


def complain(text: str) -> None:
    """Print to stderr what may hold a submission's name or words."""
    say("\n".join(map(plain, f"grader: {text}".splitlines())), err=True)


@contextmanager
def told() -> Iterator[None]:
    """Turn faults into sentences on stderr and exit status 2; no traceback for a user's mistake."""
    from grader.collect import TraceError
    from grader.rubric import RubricError

    try:
        yield
    except RubricError as error:
        click.echo("\n".join([*error.faults, f"{len(error.faults)} fault(s) in the rubric."]), err=True)
        sys.exit(2)
    except (KitFault, TraceError) as error:
        complain(str(error))
        sys.exit(2)
    except BrokenPipeError:
        raise  # whoever read our output has gone: click ends quietly
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}")
        sys.exit(2)


def load_plan(kit: Path | None, seed: str, sandbox: str = "auto") -> "Plan":
    from grader.kit import Kit
    from grader.plan import DEFAULT_SEED, make_plan

    return make_plan(Kit.find(kit), seed or DEFAULT_SEED, sandbox)


def load_pick(kit: Path | None, secret: Path | None) -> "Pick":
    """Return what chooses among random cases. Raises KitFault for a secret that is none."""
    from grader.kit import Kit
    from grader.pick import Pick

    if secret and secret.resolve().is_relative_to(Kit.find(kit).root):
        raise KitFault(f"{secret} lies in the kit, where it would be handed on with it: keep the course secret elsewhere")
    return Pick.of(secret)


def load_known(kit: Path | None, plan: "Plan", pick: "Pick", sandbox: str, jobs: int) -> "tuple[Known, ...]":
    from grader.diagnose import known_misconceptions
    from grader.kit import Kit

    def tell(note: str) -> None:
        click.echo(f"grader: {note}", err=True)

    return tuple(known_misconceptions(Kit.find(kit), plan, sandbox, jobs, tell, plan.picks(pick)))


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
    jobs: int | None, quiet: bool, as_json: bool, diagnosis: bool, again: bool, sandbox: str,
) -> None:  # fmt: skip
    from grader.cohort import Job, default_jobs, duplicates
    from grader.cohort import grade as grade_all
    from grader.intake import submission_id
    from grader.results import keep_sentences
    from grader.sandbox import Sandbox, choose

    if same := duplicates(map(submission_id, came.works)):
        raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
    pick = load_pick(kit, secret)
    tier = choose(sandbox, lambda note: click.echo(f"grader: {note}", err=True))
    practice = tier == "none"
    with Sandbox(tier) if detailed else nullcontext() as warm:  # starts up while the plan is read
        plan = load_plan(kit, seed, tier)
        plan = plan.public() if practice else plan
        jobs = jobs or default_jobs()
        known = load_known(kit, plan, pick, tier, jobs) if diagnosis else ()
        job = Job(plan, out, _chosen(plan, steps), tier, practice, known, pick, again)
        out.mkdir(parents=True, exist_ok=True)
        keep_sentences(out, plan.rubric.sentences)
        remember(out, came)
        with _progress(came.total, hidden=quiet or as_json or detailed) as tick:
            rows = grade_earlier(job, came, jobs, tick, grade_all(job, came.works, jobs, tick, warm))
    _finish(rows, out, plan.rubric.sentences, detailed=detailed, quiet=quiet, as_json=as_json)


def _chosen(plan: "Plan", wanted: tuple[str, ...]) -> frozenset[str]:
    known = [step.id for step in plan.rubric.steps]
    if unknown := [step for step in wanted if step not in known]:
        raise KitFault(f"there is no step {unknown[0]!r}: the rubric has {', '.join(known)}")
    return frozenset(wanted or known)


@contextmanager
def _progress(total: int, *, hidden: bool) -> Iterator[Callable[[str], None]]:
    """Show how far a run is and how long it will take, on stderr, if that is a terminal."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="grading", file=sys.stderr, show_pos=True) as progress:
        yield lambda _: progress.update(1)


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
    from grader.cohort import collect_one, duplicates
    from grader.collect import Questionnaire, read_questions, write_trace
    from grader.intake import read_submission, submission_id
    from grader.sandbox import Sandbox

    with told():
        if same := duplicates(map(submission_id, paths)):
            raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
        asked = Questionnaire(read_questions(questions) if questions else load_plan(kit, seed).questions)
        with Sandbox(sandbox) as walls:
            for path in paths:
                work = read_submission(path)
                write_trace(out / f"{work.id}.json", collect_one(walls, asked, work))
                if not quiet:
                    say(plain(str(out / f"{work.id}.json")))


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
@kit_option
def release(folder: Path | None, notebook: bool, check: bool, kit: Path | None) -> None:
    """Cut the starter from the reference and write it to FOLDER (default: the kit's starter/)."""
    from grader.kit import Kit
    from grader.release import notebook_files, stale, starter_files, write_files

    with told():
        found = Kit.find(kit)
        files = notebook_files(found) if notebook else starter_files(found)
        target = folder or found.root / ("assignment" if notebook else "starter")
        if check:
            old = stale(files, target)
            for name in old:
                click.echo(f"{target / name} is stale: run `grader release{' --notebook' if notebook else ''}`", err=True)
            sys.exit(1 if old else 0)
        for path in write_files(files, target):
            click.echo(path)


@main.group()
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


@main.command()
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
    from grader.collect import read_trace
    from grader.intake import submission_id
    from grader.report.case import describe, find

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


@main.command()
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
        with _progress(len(subjects), hidden=quiet) as tick:
            done = audits.audit(found, made, subjects, whole=not only, sandbox=tier, jobs=jobs or default_jobs(), progress=tick)
        if markdown:
            write_whole(markdown, page.markdown(done))
        if as_json:
            say(json.dumps(telling.data(done), indent=1))
        elif not quiet:
            say("\n".join(telling.lines(done)))
    sys.exit(0 if done.is_green else 1)


from grader.commands.forge import forge  # noqa: E402  its commands share the options above

main.add_command(forge)
main.add_command(bundle)
main.add_command(diff)
main.add_command(export)
main.add_command(import_command)
for command in (points, late, decisions, forget):
    main.add_command(command)
