"""`grader pr plan | collect | post`: official scores on pull requests, in three stages that may run on three machines.

`grader forge` is their earlier name, and stays.
"""

import os
import sys
from pathlib import Path
from typing import Any

import click

from grader import interrupts
from grader.commands.course import CourseCommand
from grader.commands.options import (
    FILE,
    FOLDER,
    NEW_FOLDER,
    complain,
    exit_on_fault,
    kit_option,
    language_option,
    load_known,
    load_pick,
    load_plan,
    progress,
    quiet_option,
    sandbox_option,
    say,
    secret_option,
    seed_option,
)
from grader.digests import digest
from grader.model import KitFault

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


HELP = """Official scores on pull requests: plan, collect, post.

\b
  grader pr plan --repo course/ada --repo course/bob --out work    fetch what is to be graded; needs a token that reads
  grader pr collect work                                           run it in the sandbox; holds no token, no expected value
  grader pr post work                                              compare and post; runs no student code

The token is read from GITHUB_TOKEN. docs/ci.md says which it may be, and has the workflow that does all three.
"""

pr: click.Group = click.Group("pr", help=HELP)


def _teller(quiet: bool) -> Any:
    return (lambda _: None) if quiet else say


@pr.command(cls=CourseCommand, reads=("secret",))
@click.option("--repo", "repos", multiple=True, envvar="FORGE_REPOSITORIES", metavar="OWNER/NAME",
              help="All open pull requests of this repository (repeatable; or FORGE_REPOSITORIES, parted by spaces).")  # fmt: skip
@click.option("--roster", type=FILE, envvar="FORGE_ROSTER",
              help="A CSV file with the columns id and repository: one submission a row.")  # fmt: skip
@click.option("--path", default="autodiff.py", show_default=True, help="Where the submission file lies in a repository.")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of this run; made if it does not exist.")
@click.option("--new-only", is_flag=True, envvar="FORGE_NEW_ONLY",
              help="Leave out commits that have an official result of this kit, rubric and secret.")  # fmt: skip
@click.option("--login", default="", metavar="NAME", help="Under which name those results were posted, such as 'your-app[bot]'.")
@language_option
@kit_option
@seed_option
@secret_option
@sandbox_option
@quiet_option
def plan(repos: tuple[str, ...], roster: Path | None, path: str, out: Path, new_only: bool, login: str, kit: Path | None, seed: str,
         secret: Path | None, sandbox: str, quiet: bool) -> None:  # fmt: skip
    """List what is to be graded, fetch the submission file of each at its newest commit, and write the questions.

    The questions hold numbers that were drawn from the course secret, and never the secret.
    """
    import time

    from grader.pull_requests.course_ci.errors import ForgeFault
    from grader.pull_requests.course_ci.github import GitHub
    from grader.pull_requests.course_ci.rate_limit import Clock, Pace
    from grader.pull_requests.plan import PLAN, Fetching, Wanted, kit_of, plan_entries, read_roster, write_plan
    from grader.pull_requests.post import tell_output, token_of

    with exit_on_fault():
        pick = load_pick(kit, secret)
        wanted = [Wanted(repo) for repo in repos] + (read_roster(roster) if roster else [])
        wanted += _named(os.environ.get("FORGE_STUDENTS", ""), out)
        if not wanted:
            raise KitFault("nothing to plan: name repositories with --repo, or a --roster")
        made = load_plan(kit, seed, pick, sandbox)
        try:
            api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
            found = GitHub(token_of(os.environ), Pace(Clock()), api, login)
            how = Fetching(path, out, kit_of(made) if new_only else "")
            entries, unread = plan_entries(found, wanted, how, _teller(quiet))
        except ForgeFault as fault:
            raise KitFault(str(fault)) from None
        write_plan(out, entries, made, int(time.time()))
        tell_output(os.environ, entries=len(entries), sha256=digest((out / PLAN).read_bytes()))
        for sentence in unread:
            complain(sentence)
        if not quiet:
            say(f"{out}: {len(entries)} to grade, {len(unread)} repositories could not be read")
    sys.exit(2 if unread and not entries else 0)


def _named(roster: str, out: Path) -> list[Any]:
    """Return the rows of the roster in the variable FORGE_STUDENTS; error messages name its copy in `out`."""
    from grader.atomic_write import write_text
    from grader.pull_requests.plan import read_roster

    if not roster.strip():
        return []
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "students.csv", roster)
    return read_roster(out / "students.csv")


@pr.command()
@click.argument("folder", type=FOLDER)
@sandbox_option
@quiet_option
def collect(folder: Path, sandbox: str, quiet: bool) -> None:
    """Run what FOLDER holds in the sandbox and write traces. Needs neither token nor rubric nor reference, nor network.

    After an interruption the same command collects what is missing.
    """
    from grader.cohort.runner import collect_one
    from grader.collect.collector import Questionnaire, kept
    from grader.collect.trace_file import read_questions, write_trace
    from grader.intake import read_submission
    from grader.pull_requests.plan import QUESTIONS, SUBMISSIONS, TRACES, read_plan
    from grader.sandbox import Sandbox

    with exit_on_fault():
        if held := [name for name in TOKENS if os.environ.get(name)]:
            raise KitFault(f"{held[0]} is set, and this stage runs student code: unset it first")
        entries = read_plan(folder).entries
        data = read_questions(folder / QUESTIONS)
        asked, names = Questionnaire(data), [entry.id for entry in entries if not entry.problem]
        with Sandbox(sandbox) as walls, progress(len(names), hidden=True) as tick:
            for name in names:
                work, file = read_submission(folder / SUBMISSIONS / name / "autodiff.py"), folder / TRACES / f"{name}.json"
                before = kept(file, data, asked.numbers, work.source, walls.name)
                trace = before or collect_one(walls, asked, work)
                with interrupts.held():  # what is kept is counted too
                    if not before:
                        write_trace(file, trace)
                    tick(name)
                _teller(quiet)(name)


@pr.command(cls=CourseCommand, reads=("secret",))
@click.argument("folder", type=FOLDER)
@click.option("--prepare-only", is_flag=True, help="Compare and write FOLDER/outbox, post nothing. Needs no token.")
@click.option("--send-only", is_flag=True, help="Post what FOLDER/outbox holds. Needs no kit.")
@click.option("--login", default="", metavar="NAME", help="The name under which the token writes, such as 'your-app[bot]'.")
@click.option("--comments/--no-comments", default=True, help="Keep a comment on the pull request up to date.")
@click.option("--checks/--no-checks", default=True, help="Post a check run; only an App's token may.")
@click.option("--minutes", type=click.FloatRange(0), default=0,
              help="Stop, with status 75, before the token is as old as this; what is left is posted when you run again.")  # fmt: skip
@click.option("--url", default="", help="What the pages link to as the run and its log.")
@click.option("--plan-sha256", default="", metavar="HASH", help="Refuse a plan.json that is not this one.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
@click.option("--diagnosis/--no-diagnosis", default=True, help="Name the misconception that explains a failure.")
@language_option
@kit_option
@seed_option
@secret_option
@quiet_option
def post(folder: Path, prepare_only: bool, send_only: bool, login: str, comments: bool, checks: bool, minutes: float, quiet: bool,
         **options: Any) -> None:  # fmt: skip
    """Compare the traces in FOLDER and post comments and check runs. No student code runs; nothing is posted twice."""
    from grader.pull_requests.outbox import Channels
    from grader.pull_requests.post import Way, send_folder

    with exit_on_fault():
        if not send_only:
            _prepare(folder, _teller(quiet), **options)
        if prepare_only:
            return
    way = Way(login, Channels(comments, checks), minutes)
    sys.exit(send_folder(folder, way, os.environ, (lambda _: None) if quiet else click.echo))


def _prepare(folder: Path, teller: Any, *, url: str, plan_sha256: str, jobs: int | None, diagnosis: bool,
             kit: Path | None, seed: str, secret: Path | None) -> None:  # fmt: skip
    from grader.cohort.runner import Job, default_jobs
    from grader.collect.trace_file import read_questions
    from grader.kit import questions_sha256
    from grader.pull_requests.plan import QUESTIONS, REPORTS, read_plan
    from grader.pull_requests.prepare import Run, prepare

    planned = read_plan(folder, plan_sha256)
    pick, jobs = load_pick(kit, secret), jobs or default_jobs()
    made, asked = load_plan(kit, seed, pick), folder / QUESTIONS
    if asked.is_file() and questions_sha256(read_questions(asked)) != questions_sha256(made.questions):
        raise KitFault(f"{asked} was made with another course secret, seed or rubric: plan again with the same, and collect")
    known = load_known(kit, made, pick, "auto", folder / REPORTS) if diagnosis else None
    job = Job(made, folder / REPORTS, frozenset(step.id for step in made.rubric.steps), known=known, pick=pick, threads=jobs)
    prepare(Run(folder, planned.at, url, planned.kit, made.rubric.sentences), job, planned.entries, jobs, teller)


@pr.command(cls=CourseCommand, reads=("secret",))
@click.option("--owner", required=True, metavar="NAME", help="Your organisation on GitHub.")
@click.option("--roster", type=FILE, required=True,
              help="A CSV file with the columns id and repository (OWNER/NAME), and github: the student's name there.")  # fmt: skip
@click.option("--app-id", default="", metavar="ID", help="The GitHub App's client ID, Iv...; official scores wait for it.")
@click.option("--app-key", type=FILE, help="The App's private key, a .pem file.")
@click.option("--grader", default="grader", show_default=True, metavar="NAME", help="The private repository with this kit.")
@click.option("--handout", default="handout", show_default=True, metavar="NAME", help="The private template of students' repositories.")
@click.option("--python", default="3.12", show_default=True, metavar="VERSION", help="The Python that grades.")
@click.option("--free", is_flag=True, help="For the plan GitHub Free: secrets of the repository, and no rules in private repositories.")
@click.option("--yes", is_flag=True, help="Run the commands; without it they are printed.")
@language_option
@kit_option
@secret_option
def setup(owner: str, roster: Path, app_id: str, app_key: Path | None, grader: str, handout: str, python: str, free: bool, yes: bool,
          kit: Path | None, secret: Path | None) -> None:  # fmt: skip
    """Set a course up on GitHub with your own gh: print each command, and with --yes run it.

    It creates the grader's private repository with its secrets and variables, the course's public repository ci, the starter as a template,
    and each student's repository with its rules. Run it again at any time: what is there stays, and what is new is added.
    """
    from grader.commands.release import spoken
    from grader.kit import Kit
    from grader.pull_requests.course_ci.rate_limit import Clock, Pace
    from grader.pull_requests.course_setup import Wanted, read_students, set_up
    from grader.pull_requests.gh_command import Gh

    with exit_on_fault():
        pick = load_pick(kit, secret)
        if not pick.secret:
            raise KitFault("a course needs a secret: make one with `grader init`, or name its file with --secret")
        students = read_students(roster, owner)
        wanted = Wanted(owner, students, pick.secret.decode(), app_id, app_key, grader, handout, python, free)
        left = set_up(Gh(say, yes, Pace(Clock())), Kit.find(kit), wanted, spoken(Kit.find(kit)))
    say("" if yes else "Nothing was run: these are the commands, if nothing is there yet. Run them with --yes.")
    for sentence in left:
        say(f"Left to do: {sentence}")
