"""`grader release`: the starter, the nbgrader notebook, and the course's public repository `ci`."""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from grader.commands.options import NEW_FOLDER, complain, current_language, exit_on_fault, kit_option, language_option, note
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.kit import Kit
    from grader.plan.plan import Plan


@click.command()
@click.argument("folder", type=NEW_FOLDER, required=False)
@click.option(
    "--notebook", is_flag=True, help="Build the nbgrader source notebook, with solutions, in FOLDER (default: the kit's assignment/)."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if something is not what would be released now.")
@click.option("--force", is_flag=True, help="Replace files of FOLDER that differ: an earlier release, or somebody's work.")
@click.option("--python", metavar="VERSION", help="The Python that grades, as 3.12, for the starter's README and workflow. [default: 3.12]")
@click.option("--owner", metavar="NAME", help="Your organisation on GitHub: the starter's post-score.yml calls its repository ci.")
@click.option("--ci", is_flag=True, help="Write the course's public repository ci, which keeps the comments on pull requests, to FOLDER.")
@language_option
@kit_option
def release(folder: Path | None, notebook: bool, check: bool, force: bool, python: str | None, owner: str | None, ci: bool,
            kit: Path | None) -> None:  # fmt: skip
    """Cut the starter from the reference and write it to FOLDER (default: the kit's starter/)."""
    from grader.kit import STARTERS, Kit
    from grader.release.handout import old_pages
    from grader.release.starter import (  # fmt: skip
        COURSE,
        HANDOUT,
        PYTHON,
        STARTER,
        ci_files,
        notebook_files,
        stale,
        starter_files,
        starters_list,
        unfilled,
        write_files,
    )

    with exit_on_fault():
        _check_release(folder, python, owner, starter=not (notebook or ci), ci=ci)
        if current_language() and not ci:
            raise KitFault("--language is for --ci, whose comments it translates: starter and notebook are English")
        found = Kit.find(kit)
        make = (
            partial(ci_files, plan=spoken(found))
            if ci
            else notebook_files
            if notebook
            else partial(starter_files, python=python or PYTHON, course=owner or COURSE)
        )
        files = make(found)
        target = folder or found.root / ("assignment" if notebook else "starter")
        known = {} if notebook or ci or not (found.root / STARTERS).parent.is_dir() else {STARTERS: starters_list(found, files)}
        if check:
            old = [target / name for name in stale(files, target)] + [found.root / name for name in stale(known, found.root)]
            said = [f"{path} is stale: run `grader release{' --notebook' if notebook else ''}`" for path in old]
            _exit_with([*said, *([] if notebook or ci else old_pages(found))])
        others = [name for name in stale(files, target) if (target / name).exists()] if folder and not force else []
        if others:
            raise KitFault(f"{target} holds {', '.join(others)} with other content: name a new folder, or replace them with --force")
        if not notebook and not (found.root / STARTER).is_dir():
            note(f"{found.root} holds no {STARTER}/, so that README.md and what scores pull requests are left out: copy it too")
        for sentence in () if notebook or ci else old_pages(found):
            note(sentence)
        for sentence in _older_here(python or PYTHON) if folder and not (notebook or ci or owner) else ():
            note(sentence)
        for path in write_files(files, target):
            click.echo(path)
        for sentence in unfilled(found) if notebook else unfilled(found, (HANDOUT,)) if folder and not ci else ():
            complain(sentence)
        if stale(known, found.root):
            write_files(known, found.root)


def _older_here(promised: str) -> Iterator[str]:
    """Yield a sentence if students are promised a newer Python than this one."""
    if tuple(map(int, promised.split("."))) > sys.version_info[:2]:
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        yield (
            f"the starter says that work is graded with Python {promised}. This is Python {here}, and newer syntax is an error here: "
            f"grade with {promised}, or say --python {here}"
        )


def _exit_with(stale: Sequence[str]) -> NoReturn:
    """End with status 1 and these sentences on stderr, or with status 0 where there are none."""
    for sentence in stale:
        click.echo(sentence, err=True)
    sys.exit(1 if stale else 0)


def spoken(kit: "Kit") -> "Plan":
    """Return the plan in the language that was asked for."""
    from grader.languages.plan_language import in_language
    from grader.plan.planner import make_plan

    return in_language(make_plan(kit), kit, current_language())[0]


def _check_release(folder: Path | None, python: str | None, owner: str | None, *, starter: bool, ci: bool) -> None:
    """Raise KitFault for options that do not fit what is released."""
    if python and not (starter and re.fullmatch(r"3\.\d{1,2}", python)):
        raise KitFault("--python takes a version such as 3.12, for a starter and not for a notebook")
    if owner and not (starter and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", owner)):
        raise KitFault("--owner takes the name of your organisation, for a starter alone")
    if ci and not folder:
        raise KitFault("--ci writes to a folder of its own: name it")
    if starter and folder and not owner:
        note("post-score.yml calls COURSE/ci: release with --owner NAME, or let `grader pr setup` do it, for comments with points")
