"""What the commands share: options, messages, and the parts of the kit that most of them load."""

import getpass
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import interrupts
from grader.commands.help_layout import RenamedOption
from grader.escape import plain, plain_log
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.diagnosis.known_failures import Asking, KnownFailures
    from grader.intake import Target
    from grader.plan.plan import Plan
    from grader.plan.variant_choice import Pick

EXISTING = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)

kit_option = click.option("--kit", type=FOLDER, help="Where rubrics/ and reference/ lie; default: the checkout the grader runs from.")
seed_option = click.option("--seed", default="", help="Draw all numbers from this text, and not from the course secret. Keep it private.")
secret_option = click.option(
    "--secret", type=FILE, metavar="FILE",
    help="A file with the course secret, kept outside the kit: all numbers are drawn from it, and each submission meets random cases "
    "of its own. Or name it in AUTODIFF_KIT_SECRET_FILE, or put the secret itself into AUTODIFF_KIT_SECRET.",
)  # fmt: skip
out_option = click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the results; made if it does not exist.")
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")


NO_SECRET = (
    "no course secret: the numbers are those of the public kit, and students can look them up: "
    "make a secret with `grader init`, or name one with --secret"
)
BEGINS_ANEW = "the same command begins anew, because of --ask-all"
file_option = click.option("--file", "name", default="autodiff.py", show_default=True, metavar="NAME", help="What the program is called.")


sandbox_option = click.option(
    "--sandbox", type=click.Choice(["auto", "bwrap", "core"]), default="auto", show_default=True,
    help="The walls around student code; auto takes the strongest that work here, and the report names them.",
)  # fmt: skip


pages_option = click.option("--pages/--no-pages", default=True, show_default=True, help="Write report.html, one page for each student.")


show_code_option = click.option(
    "--show-code/--hide-code", "show_code", default=False,
    help="Show in report.html the student's own function beside the first drawing of each step; default: hide it.",
)  # fmt: skip


def _remember_language(ctx: click.Context, _: click.Parameter, value: str) -> None:
    ctx.meta[LANGUAGE] = value


LANGUAGE = "grader.language"
language_option = click.option(
    "--language", metavar="CODE", default="", expose_value=False, callback=_remember_language,
    help="Write reports in this language of rubrics/languages, such as de; default: that of course.yaml, or English (en).",
)  # fmt: skip


def current_language() -> str:
    """Return the language that the command was asked for, or else that of the course; nothing where neither names one."""
    from grader.commands.course import current_course

    ctx, course = click.get_current_context(silent=True), current_course()
    return (ctx.meta.get(LANGUAGE, "") if ctx else "") or (course.language if course else "")


again_option = click.option(
    "--ask-all", "again", cls=RenamedOption, was=("--again",), is_flag=True,
    help="Ask every question again, even where OUT already holds the answer.",
)  # fmt: skip


def run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `grade` and `cohort` share."""
    jobs = click.option("--jobs", type=click.IntRange(1, 256), help="Processes side by side; default: one per core.")
    steps = click.option(
        "--step", "steps", cls=RenamedOption, was=("-k",), multiple=True, metavar="STEP",
        help="Grade this step only (repeatable); the report is provisional.",
    )  # fmt: skip
    diagnosis = click.option("--diagnosis/--no-diagnosis", default=True, help="Name the misconception that explains a failure.")
    for option in (
        json_option,
        quiet_option,
        pages_option,
        diagnosis,
        jobs,
        steps,
        secret_option,
        seed_option,
        kit_option,
        language_option,
        out_option,
    ):
        command = option(command)
    return command


def user() -> str:
    """Return the name of this machine's user, or the user's number where there is no name, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def say(text: str, *, err: bool = False) -> None:
    """Print plain text so that no CI service takes a line of it for a command, whatever a submission is called or says."""
    click.echo(plain_log(text), err=err)


def complain(text: str) -> None:
    """Print to stderr what may hold a submission's name or words."""
    say("\n".join(map(plain, f"grader: {text}".splitlines())), err=True)


def note(text: str) -> None:
    """Print a remark to stderr."""
    say(f"grader: {plain(text)}", err=True)


@contextmanager
def exit_on_fault() -> Iterator[None]:
    """Turn faults into sentences on stderr and exit status 2; no traceback for a user's mistake."""
    from grader.collect.trace_file import TraceError
    from grader.rubric.loading import RubricError

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
        complain(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
        sys.exit(2)


def load_plan(kit: Path | None, seed: str, pick: "Pick", sandbox: str = "auto") -> "Plan":
    """Return the plan, without what the course leaves out, in the language that was asked for or is the course's.

    Its numbers come from the seed, else from the secret in `pick`, else they are the public kit's.
    """
    from grader.commands.course import without_left_out
    from grader.kit import Kit
    from grader.plan.planner import plan_for

    found = Kit.find(kit)
    plan = plan_for(found, seed, pick, sandbox)
    if language := current_language():
        from grader.languages.plan_language import counted, in_language

        plan, findings = in_language(plan, found, language)
        if sentence := counted(language, findings):
            note(sentence)
    return without_left_out(plan)


def note_public_numbers(plan: "Plan") -> None:
    """Say on stderr that the numbers of this run can be looked up, if they can."""
    from grader.plan.planner import PUBLIC_NUMBERS

    if plan.expected["seed"] == PUBLIC_NUMBERS:
        note(NO_SECRET)


def load_pick(kit: Path | None, secret: Path | None) -> "Pick":
    """Return what chooses among random cases. Raises KitFault for a secret that is none."""
    from grader.kit import Kit
    from grader.plan.variant_choice import Pick

    if secret and secret.resolve().is_relative_to(Kit.find(kit).root):
        raise KitFault(f"{secret} lies in the kit, where it would be handed on with it: keep the course secret elsewhere")
    return Pick.of(secret)


def load_target(kit: Path | None, name: str) -> "Target":
    """Return what is looked for in a submission. Raises KitFault for a name that no program has."""
    from grader.intake import Target
    from grader.kit import CODE, Kit

    if name != Path(name).name or not name.endswith((".py", ".ipynb")) or name.startswith((".", "__")):
        raise KitFault(f"--file {name!r} is not the name of a Python file or notebook, such as main.py: leave folders out")
    return Target(name, Kit(kit or CODE.parent).starters)


def load_known(kit: Path | None, plan: "Plan", pick: "Pick", sandbox: str, out: Path) -> "KnownFailures":
    """Return the known misconceptions, of which none is asked yet. Raises KitFault if one can't be read."""
    from grader.diagnosis.known_failures import KnownFailures
    from grader.kit import Kit

    return KnownFailures(Kit.find(kit), plan, sandbox, plan.picks(pick), out)


@contextmanager
def progress(total: int, *, hidden: bool, continues: bool = True, again: bool = False) -> Iterator[Callable[["str | Asking"], None]]:
    """Show how far a run is and how long it will take, on stderr, if that is a terminal.

    Where a run `continues` what was cut off, an interruption says how far it came; with `--ask-all` the same command begins anew.
    """
    asking = _Misconceptions()
    counting = interrupts.counting(total, *([BEGINS_ANEW] if again else [])) if continues else nullcontext(lambda _: None)
    with counting as count:
        if hidden or not sys.stderr.isatty():
            yield lambda news: count(news) if isinstance(news, str) else None
            return
        interrupts.at_end(_show_cursor)
        with click.progressbar(length=total, label="grading", file=sys.stderr, show_pos=True, item_show_func=asking.shown) as shown:

            def tick(news: "str | Asking") -> None:
                if isinstance(news, str):
                    count(news)
                    shown.update(1)
                else:
                    asking.hear(news)
                    shown.render_progress()

            yield tick
        interrupts.not_at_end(_show_cursor)


def _show_cursor() -> None:
    """Undo what click's progress bar did to the terminal."""
    os.write(2, b"\x1b[?25h")


class _Misconceptions:
    """How many known misconceptions are being asked by all processes of a run, and how long that will take."""

    def __init__(self) -> None:
        self._unasked: set[str] = set()
        self._known: set[str] = set()
        self._begun = time.monotonic()

    def hear(self, news: "Asking") -> None:
        """Count the programs that a process found unasked, and those whose answers are known now."""
        if self._unasked <= self._known:  # those of one step are known, and another step begins
            self._begun = time.monotonic()
            self._unasked = set()
        self._unasked.update(news.unasked)
        self._known.update(news.known)

    def shown(self, _: object) -> str:
        """Return a few words for the progress bar; nothing when no answer is missing."""
        done, total = len(self._unasked & self._known), len(self._unasked)
        if done == total:
            return ""
        words = f"known misconceptions {done}/{total}"
        return words + (f", about {(time.monotonic() - self._begun) / done * (total - done):.0f} s" if done else "")
