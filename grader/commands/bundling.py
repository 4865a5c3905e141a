"""`grader bundle`: the autograder that another platform runs, as one file."""

from pathlib import Path

import click

from grader.commands.exporting import VISIBILITIES


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kit", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where rubrics/ and reference/ lie.")
@click.option("--seed", default="", help="Draw other random cases. It stands in the file: keep that private.")
@click.option("--visibility", type=click.Choice(VISIBILITIES), default="visible", show_default=True, help="Of all tests.")
@click.option("--bonus", is_flag=True, help="Add bonus points to the score.")
def bundle(file: Path, kit: Path | None, seed: str, visibility: str, bonus: bool) -> None:
    """Write FILE, a zip for Gradescope's "Configure Autograder": setup.sh, run_autograder, the grader and the kit.

    Reference and hidden cases lie in it, and in the container in which submissions run. What keeps them apart there are the
    grader's walls: where the container's kernel can't raise them, the image is not built, and nothing is graded.
    """
    from grader.bundle import write_bundle
    from grader.commands.shared import told
    from grader.kit import Kit

    with told():
        write_bundle(Kit.find(kit), file, seed, [f"--visibility {visibility}", *(["--bonus"] if bonus else [])])
        click.echo(f"{file}: holds the reference and the hidden cases; upload it, and keep it private")
