"""`grader gradescope-zip`: the autograder that another platform runs, as one file."""

from pathlib import Path

import click

from grader.commands.course import CourseCommand, current_course
from grader.commands.export import VISIBILITIES
from grader.commands.options import FOLDER, NEW_FILE, secret_option


@click.command("gradescope-zip", cls=CourseCommand, reads=("secret",))
@click.argument("file", type=NEW_FILE)
@click.option("--kit", type=FOLDER, help="Where rubrics/ and reference/ lie.")
@click.option("--seed", default="", help="Draw all numbers from this text, and not from the course secret. FILE holds it.")
@secret_option
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="visible", show_default=True, help="Of all tests.")
@click.option("--bonus", is_flag=True, help="Add bonus points to the score.")
def gradescope_zip(file: Path, kit: Path | None, seed: str, secret: Path | None, visibility: str, bonus: bool) -> None:
    """Write FILE, a zip for Gradescope's "Configure Autograder": setup.sh, run_autograder, the grader and the kit.

    FILE holds the reference, the hidden cases and, if given, the course secret and course.yaml. The container in which submissions run
    holds them too. Only the grader's sandbox separates them from submissions. If the kernel cannot provide it, the image build fails.
    """
    from grader.commands.options import NO_SECRET, exit_on_fault, load_pick, note
    from grader.kit import Kit
    from grader.release.gradescope_bundle import write_bundle

    with exit_on_fault():
        known, course = load_pick(kit, secret).secret, current_course()
        held = ({"secret": known} if known else {}) | ({"course.yaml": course.path.read_bytes()} if course else {})
        write_bundle(Kit.find(kit), file, seed, [f"--visibility {visibility}", *(["--bonus"] if bonus else [])], held)
        what = "the reference, the hidden cases and the course secret" if known else "the reference and the hidden cases"
        click.echo(f"{file}: holds {what}; upload it, and keep it private")
        if not (known or seed):
            note(NO_SECRET)
