"""`grader handout`: bring the computed parts of handout and slides up to date, and build pages and PDFs."""

import sys
from pathlib import Path

import click

from grader.commands.options import NEW_FOLDER, exit_on_fault, kit_option, note


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a computed part, a figure or handout.html is out of date.")
@click.option("--into", type=NEW_FOLDER, metavar="DIR", help="Also write handout and slides as HTML and PDF to DIR.")
@kit_option
def handout(check: bool, into: Path | None, kit: Path | None) -> None:
    """Compute the values, tables and figures of assignment/handout.md and slides.md from the reference; then build handout.html.

    Pages and PDFs need `pip install -e '.[docs]'`.
    """
    from grader.atomic_write import write_bytes
    from grader.kit import Kit
    from grader.model import KitFault
    from grader.release.handout import ASSIGNMENT, PAGE, old_pages
    from grader.release.starter import stale, write_files
    from grader.teaching.build import documents, page, sources
    from grader.teaching.parts import Facts

    with exit_on_fault():
        found = Kit.find(kit)
        folder = found.root / ASSIGNMENT
        files = sources(found, Facts.ask(found))
        old = stale(files, folder)
        if check:
            said = [f"{folder / name} is out of date: run `grader handout`" for name in old] or list(old_pages(found))
            for sentence in said:
                click.echo(sentence, err=True)
            sys.exit(1 if said else 0)
        for path in write_files({name: files[name] for name in old}, folder):
            click.echo(path)
        try:
            made = {PAGE: page(found)}
        except KitFault as fault:
            if (folder / PAGE).exists() and any(old_pages(found)):
                raise KitFault(f"{folder / PAGE} shows an earlier text, and can't be built: {fault}") from None
            note(f"{PAGE} is not built: {fault}")
        else:
            for path in write_files({name: made[name] for name in stale(made, folder)}, folder):
                click.echo(path)
        if into:
            for name, content in documents(found).items():
                into.mkdir(parents=True, exist_ok=True)
                write_bytes(into / name, content)
                click.echo(into / name)
