"""`grader forge plan | collect | post`: official scores on pull requests, in three stages that may run on three machines."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from grader.commands.shared import (
    FOLDER,
    NEW_FOLDER,
    complain,
    kit_option,
    load_known,
    load_pick,
    load_plan,
    quiet_option,
    sandbox_option,
    say,
    secret_option,
    seed_option,
    told,
)
from grader.model import KitFault

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


HELP = """Official scores on pull requests: plan, collect, post.

\b
  grader forge plan --repo course/ada --repo course/bob --out work    fetch what is to be graded; needs a token that reads
  grader forge collect work                                           run it in the sandbox; holds no token, no expected value
  grader forge post work                                              compare and post; runs no student code

The token is read from GITHUB_TOKEN. docs/ci.md says which it may be, and has the workflow that does all three.
"""

forge: click.Group = click.Group("forge", help=HELP)


def _teller(quiet: bool) -> Any:
    return (lambda _: None) if quiet else say


@forge.command()
@click.option("--repo", "repos", multiple=True, envvar="FORGE_REPOSITORIES", metavar="OWNER/NAME",
              help="All open pull requests of this repository (repeatable; or FORGE_REPOSITORIES, parted by spaces).")  # fmt: skip
@click.option("--roster", type=click.Path(exists=True, dir_okay=False, path_type=Path), envvar="FORGE_ROSTER",
              help="A CSV file with the columns id and repository: one submission a row.")  # fmt: skip
@click.option("--path", default="autodiff.py", show_default=True, help="Where the submission file lies in a repository.")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of this run; made if it does not exist.")
@kit_option
@seed_option
@sandbox_option
@quiet_option
def plan(repos: tuple[str, ...], roster: Path | None, path: str, out: Path, kit: Path | None, seed: str, sandbox: str, quiet: bool) -> None:
    """List what is to be graded, fetch the submission file of each at its newest commit, and write the questions."""
    import time

    from grader.forge.fault import ForgeFault
    from grader.forge.github import GitHub
    from grader.forge.pace import Clock, Pace
    from grader.forge.planning import Wanted, plan_entries, read_roster, write_plan
    from grader.forge.sending import token_of

    with told():
        wanted = [Wanted(repo) for repo in repos] + (read_roster(roster) if roster else [])
        if not wanted:
            raise KitFault("nothing to plan: name repositories with --repo, or a --roster")
        try:
            api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
            found = GitHub(token_of(os.environ), Pace(Clock()), api)
            entries, unread = plan_entries(found, wanted, path, out, _teller(quiet))
        except ForgeFault as fault:
            raise KitFault(str(fault)) from None
        write_plan(out, entries, load_plan(kit, seed, sandbox).questions, int(time.time()))
        for sentence in unread:
            complain(sentence)
        if not quiet:
            say(f"{out}: {len(entries)} to grade, {len(unread)} repositories could not be read")
    sys.exit(2 if unread and not entries else 0)


@forge.command()
@click.argument("folder", type=FOLDER)
@sandbox_option
@quiet_option
def collect(folder: Path, sandbox: str, quiet: bool) -> None:
    """Run what FOLDER holds in the sandbox and write traces. Needs neither token nor rubric nor reference, nor network."""
    from grader.cohort import collect_one
    from grader.collect import Questionnaire
    from grader.forge.planning import QUESTIONS, SUBMISSIONS, TRACES, read_plan
    from grader.intake import read_submission
    from grader.sandbox import Sandbox
    from grader.traces import read_questions, write_trace

    with told():
        if held := [name for name in TOKENS if os.environ.get(name)]:
            raise KitFault(f"{held[0]} is set, and this stage runs student code: unset it first")
        entries, _ = read_plan(folder)
        asked = Questionnaire(read_questions(folder / QUESTIONS))
        with Sandbox(sandbox) as walls:
            for entry in entries:
                if not entry.problem:
                    work = read_submission(folder / SUBMISSIONS / entry.id / "autodiff.py")
                    write_trace(folder / TRACES / f"{entry.id}.json", collect_one(walls, asked, work))
                    _teller(quiet)(entry.id)


@forge.command()
@click.argument("folder", type=FOLDER)
@click.option("--prepare-only", is_flag=True, help="Compare and write FOLDER/outbox, post nothing. Needs no token.")
@click.option("--send-only", is_flag=True, help="Post what FOLDER/outbox holds. Needs no kit.")
@click.option("--login", default="", metavar="NAME", help="The name under which the token writes, such as 'your-app[bot]'.")
@click.option("--comments/--no-comments", default=True, help="Keep a comment on the pull request up to date.")
@click.option("--checks/--no-checks", default=True, help="Post a check run; only an App's token may.")
@click.option("--url", default="", help="What the pages link to as the run and its log.")
@click.option("--plan-sha256", default="", metavar="HASH", help="Refuse a plan.json that is not this one.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
@click.option("--diagnosis/--no-diagnosis", default=True, help="Name the misconception that explains a failure.")
@kit_option
@seed_option
@secret_option
@quiet_option
def post(folder: Path, prepare_only: bool, send_only: bool, login: str, comments: bool, checks: bool, quiet: bool, **options: Any) -> None:
    """Compare the traces in FOLDER and post comments and check runs. No student code runs; nothing is posted twice."""
    from grader.forge.outbox import Channels
    from grader.forge.sending import send_folder

    with told():
        if not send_only:
            _prepare(folder, _teller(quiet), **options)
        if prepare_only:
            return
    sys.exit(send_folder(folder, login, Channels(comments, checks), os.environ, (lambda _: None) if quiet else click.echo))


def _prepare(folder: Path, teller: Any, *, url: str, plan_sha256: str, jobs: int | None, diagnosis: bool,
             kit: Path | None, seed: str, secret: Path | None) -> None:  # fmt: skip
    from grader.cohort import Job, default_jobs
    from grader.forge.planning import REPORTS, read_plan
    from grader.forge.verdicts import Run, prepare
    from grader.sandbox import choose

    entries, at = read_plan(folder, plan_sha256)
    made, pick, jobs = load_plan(kit, seed), load_pick(kit, secret), jobs or default_jobs()
    known = load_known(kit, made, pick, choose("auto"), jobs) if diagnosis else ()
    job = Job(made, folder / REPORTS, frozenset(step.id for step in made.rubric.steps), known=known, pick=pick)
    prepare(Run(folder, at, url), job, entries, jobs, teller)
