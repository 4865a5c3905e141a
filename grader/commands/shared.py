"""What the commands share: options, what is told and how, and the parts of the kit that most of them load."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.escape import plain, plain_log
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.diagnose import Known
    from grader.pick import Pick
    from grader.plan import Plan

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


def user() -> str:
    """Return the name of this machine's user, or the number where nothing tells a name, as in many containers."""
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
    """Tell on stderr what is no fault."""
    say(f"grader: {plain(text)}", err=True)


@contextmanager
def told() -> Iterator[None]:
    """Turn faults into sentences on stderr and exit status 2; no traceback for a user's mistake."""
    from grader.rubric import RubricError
    from grader.traces import TraceError

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

    return tuple(known_misconceptions(Kit.find(kit), plan, sandbox, jobs, note, plan.picks(pick)))


@contextmanager
def progress(total: int, *, hidden: bool) -> Iterator[Callable[[str], None]]:
    """Show how far a run is and how long it will take, on stderr, if that is a terminal."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="grading", file=sys.stderr, show_pos=True) as shown:
        yield lambda _: shown.update(1)
