"""`grader plan`, `grader collect` and `grader compare`: the three stages of grading apart, for several machines."""

import json
from pathlib import Path

import click

from grader import interrupts
from grader.commands.class_results import class_kept
from grader.commands.cohort_intake import carry_on
from grader.commands.course import CourseCommand, record_policy
from grader.commands.grade import chosen_steps, show_results
from grader.commands.options import (
    EXISTING,
    FILE,
    NEW_FOLDER,
    again_option,
    exit_on_fault,
    file_option,
    kit_option,
    load_known,
    load_pick,
    load_plan,
    load_target,
    note,
    progress,
    quiet_option,
    run_options,
    sandbox_option,
    say,
    secret_option,
    seed_option,
)
from grader.commands.results_messages import traces_in
from grader.escape import plain
from grader.model import KitFault


@click.command(cls=CourseCommand, reads=("secret",))
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for questions.json and expected.json.")
@kit_option
@seed_option
@secret_option
def plan(out: Path, kit: Path | None, seed: str, secret: Path | None) -> None:
    """Write questions.json, which is all that `collect` needs, and expected.json, which it must never see.

    The questions hold numbers that were drawn from the course secret, and never the secret.
    """
    from grader.atomic_write import write_text

    with exit_on_fault():
        made = load_plan(kit, seed, load_pick(kit, secret))
        out.mkdir(parents=True, exist_ok=True)
        for name, data in (("questions", made.questions), ("expected", made.expected)):
            write_text(out / f"{name}.json", json.dumps(data, separators=(",", ":")))
        click.echo(f"{out / 'questions.json'}: {len(made.questions['questions'])} questions; {out / 'expected.json'}: keep it private")


@click.command(cls=CourseCommand, reads=("secret",))
@click.argument("paths", nargs=-1, required=True, type=EXISTING)
@click.option("--questions", type=FILE, help="A questions.json; default: made from the kit.")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the traces, one <id>.json each.")
@kit_option
@seed_option
@secret_option
@file_option
@again_option
@sandbox_option
@quiet_option
def collect(paths: tuple[Path, ...], questions: Path | None, out: Path, kit: Path | None, seed: str, secret: Path | None, name: str,
            again: bool, sandbox: str, quiet: bool) -> None:  # fmt: skip
    """Run submissions and keep their answers as traces, without comparing them with anything.

    With --questions this machine needs neither reference, rubric nor course secret: the file holds all numbers, and every variant of
    the random cases is asked.
    """
    from grader.cohort.runner import collect_safely, duplicates
    from grader.collect.collector import Questionnaire, kept
    from grader.collect.trace_file import read_questions, write_trace
    from grader.intake import read_submission, submission_id
    from grader.results.index import COLLECTED
    from grader.results.transactions import run
    from grader.sandbox import Sandbox

    with exit_on_fault():
        target = load_target(kit, name)
        ids = [submission_id(path, target) for path in paths]
        if same := duplicates(ids):
            raise KitFault(f"several submissions would be called {', '.join(same)}: rename all but one")
        data = read_questions(questions) if questions else load_plan(kit, seed, load_pick(kit, secret)).questions
        asked, failed = Questionnaire(data), []
        with Sandbox(sandbox) as walls, run(out, "collect", ids, note) as rows, progress(len(paths), hidden=True, again=again) as tick:
            for path in paths:
                work = read_submission(path, target)
                file = out / f"{work.id}.json"
                before = None if again else kept(file, data, asked.numbers, work.source, walls.name)
                trace = before or collect_safely(walls, asked, work)
                is_lost = trace["loading"]["kind"] == "fault"
                with interrupts.held():  # what is kept is counted too
                    if not before:
                        write_trace(file, trace)
                    if not is_lost:
                        tick(work.id)
                rows.append({"submission": work.id, "status": COLLECTED, "sha256": trace["submission_sha256"]})
                if is_lost:
                    failed.append(work.id)
                elif not quiet:
                    say(plain(str(file)))
        if failed:
            raise KitFault(f"not collected, by a fault of the kit: {', '.join(failed)}")


@click.command(cls=CourseCommand, reads=("out", "secret"))
@click.argument("traces", nargs=-1, required=True, type=EXISTING)
@run_options
def compare(traces: tuple[Path, ...], out: Path, kit: Path | None, seed: str, secret: Path | None, steps: tuple[str, ...],
            jobs: int | None, quiet: bool, as_json: bool, pages: bool, diagnosis: bool) -> None:  # fmt: skip
    """Give points to traces: files from `collect`, or the OUT folder of an earlier `collect`, `grade` or `cohort`.

    No student code runs. After a change of points, wording or hints this is all that need be done.
    """
    from grader.cohort.runner import Job, check_traces, compare_traces, default_jobs, duplicates
    from grader.results.study import refuse_without_diagnosis
    from grader.results.texts import keep_sentences
    from grader.results.transactions import run

    with exit_on_fault():
        if not diagnosis:
            refuse_without_diagnosis(out)
        pick = load_pick(kit, secret)
        plan = load_plan(kit, seed, pick)
        paths, lacking = traces_in(traces)
        if same := duplicates(path.stem for path in paths):
            raise KitFault(f"several traces are called {', '.join(same)}: rename all but one")
        jobs = jobs or default_jobs()
        known = load_known(kit, plan, pick, "auto", out) if diagnosis else None
        job = Job(plan, out, chosen_steps(plan, steps), known=known, pick=pick, pages=pages, threads=jobs)

        def prepare() -> None:
            for given in traces:
                carry_on(given, out)
            record_policy(out)
            keep_sentences(out, plan.rubric.sentences)

        check_traces(job, paths)
        own = [given.resolve() for given in traces] == [out.resolve()]
        source = str(traces[0].resolve()) if len(traces) == 1 and traces[0].is_dir() and not own else None
        official = len(job.steps) == len(plan.rubric.steps)
        ids = [*(path.stem for path in paths), *(() if own else lacking)]
        with (
            class_kept(out, quiet=quiet),
            run(out, "compare", ids, note, source=source, official=official, own_traces=own, prepare=prepare) as rows,
            progress(len(paths), hidden=quiet or as_json, continues=False) as tick,
        ):
            rows.extend(compare_traces(job, paths, jobs, tick))
        show_results(rows, out, plan, detailed=len(paths) == 1, quiet=quiet, as_json=as_json, pages=pages)
