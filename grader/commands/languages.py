"""`grader rubric language`: the catalogue of a language, to be filled in by a translator, and what is wrong with it."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.commands.options import exit_on_fault, json_option, kit_option, say
from grader.escape import plain
from grader.model import KitFault

if TYPE_CHECKING:
    from grader.languages.catalogue import Finding


@click.command()
@click.argument("code", metavar="CODE")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a text is missing, stale, broken or unknown.")
@kit_option
@json_option
def language(code: str, check: bool, kit: Path | None, as_json: bool) -> None:
    """Write the catalogue of a language to rubrics/languages/CODE, with every English text and an empty one beside it to fill in.

    CODE is the language's name on web pages, such as de or pt-BR. Translations that are there already stay. A translation is stale
    where the English was changed after it, and broken where it lacks a part in braces or has another; reports then say it in English.
    """
    from grader.atomic_write import write_text
    from grader.kit import Kit
    from grader.languages.catalogue import CODE, FOLDER, Catalogue, catalogue_files, folder_of, read_catalogue
    from grader.languages.plan_language import sources_of
    from grader.model import ENGLISH
    from grader.plan.planner import plan_for
    from grader.plan.variant_choice import EVERYBODY

    with exit_on_fault():
        if code == ENGLISH or not CODE.fullmatch(code):
            raise KitFault(f"{code!r} is not the name of another language than English, such as de or pt-BR")
        found = Kit.find(kit)
        sources = sources_of(plan_for(found, "", EVERYBODY).rubric, found)
        folder = folder_of(found.rubrics, code) if check else found.rubrics / FOLDER / code
        catalogue = read_catalogue(folder) if folder.is_dir() else Catalogue(code, folder, {})
        counting, findings = catalogue.compare(sources)
        if not check:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in catalogue_files(code, sources, catalogue.entries).items():
                write_text(folder / name, text)
        if as_json:
            say(json.dumps(_data(code, folder, len(sources), len(counting), findings), indent=1))
        else:
            for finding in findings if check else ():
                say(plain(f"{finding.place}: {finding.kind}: {finding.key}: {finding.says}"))
            number = Counter(finding.kind for finding in findings)
            others = "".join(f", {count} {kind}" for kind, count in number.items())
            say(plain(f"{folder}: {len(sources)} texts, {len(counting)} translated{others}"))
    sys.exit(1 if check and findings else 0)


def _data(code: str, folder: Path, total: int, translated: int, findings: list["Finding"]) -> dict[str, object]:
    from grader.languages.catalogue import KINDS

    kinds = {kind: [{"key": f.key, "place": f.place, "says": f.says} for f in findings if f.kind == kind] for kind in KINDS}
    return {"language": code, "folder": str(folder), "texts": total, "translated": translated, **kinds}
