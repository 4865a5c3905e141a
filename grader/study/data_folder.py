"""Write the tables of a study into a folder of their own, and make the key of the pseudonyms beside it.

key = key_in(path)                          the key in a file, which is made with mode 600 if it is not there
write_tables(folder, tables, design, text)  CSV files, design.json, codebook.md
"""

import csv
import io
import json
import os
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypedDict

from grader import __version__
from grader.atomic_write import write_text
from grader.escape import cell
from grader.model import KitFault
from grader.results.study import Study
from grader.results.study_erasure import KEY_BYTES, NOTE, pseudonym, read_key
from grader.study.codebook import TABLES
from grader.study.quick_checks import Check
from grader.study.tables import Row

DESIGN, CODEBOOK = "design.json", "codebook.md"
SMALL_STRATUM = 5
"""In a stratum of fewer people points alone may show who somebody is."""


class Design(TypedDict):
    """The content of design.json."""

    schema: str
    kit: str
    vary: str
    arms: list[str]
    randomised: dict[str, int]
    questions: dict[str, int]
    """By check, how many it has."""
    most: dict[str, float]
    """By check, its most points."""
    together: int
    """How many share a submission with another one."""


def check_places(out: Path, folder: Path, key: Path) -> None:
    """Raise KitFault unless results, tables and key lie apart.

    The tables' folder must be new, empty or one that `grader study data` wrote.
    """
    results, tables, file = out.resolve(), folder.resolve(), key.resolve()
    if tables.is_relative_to(results) or results.is_relative_to(tables):
        raise KitFault(f"{folder} and {out} must be two folders, neither inside the other: results name students, and tables must not")
    for place in (tables, results):
        if file.is_relative_to(place):
            raise KitFault(f"{key} lies in {place}, and would be handed on with it: keep the key elsewhere")
    if folder.exists() and not (folder / NOTE).is_file() and any(folder.iterdir()):
        raise KitFault(f"{folder} holds other files: name a folder that is new, or one that `grader study data` wrote")


def key_in(path: Path) -> bytes:
    """Return the key in a file; make it, for this user alone, if there is none. Raises KitFault where others may read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    return read_key(path)


def pseudonyms(key: bytes, people: Iterable[str]) -> dict[str, str]:
    """Return the pseudonym of each person. Raises KitFault if two are the same."""
    names = {person: pseudonym(key, person) for person in people}
    if len(set(names.values())) < len(names):
        raise KitFault("two participants have the same pseudonym: delete the key, and everybody gets a new one")
    return names


def design_of(study: Study, checks: Mapping[str, Check], most: Mapping[str, float], together: int) -> Design:
    """Return the content of design.json: what the tables alone do not say."""
    now = Counter(entry.arm for entry in study.people.values())
    return {
        "schema": "autodiff-kit/study-data/v1", "kit": __version__, "vary": study.vary, "arms": list(study.arms),
        "randomised": {arm: now[arm] + study.withdrawn.get(arm, 0) for arm in study.arms},
        "questions": {when: len(check.questions) for when, check in checks.items()}, "most": dict(most), "together": together,
    }  # fmt: skip


def most_points(check: Check, *, marked: bool) -> float:
    """Return the most points of a check. Where cells hold points, a question is worth 1, or the most that anybody got for it."""
    if marked:
        return float(len(check.questions))
    given = [[points[name] or 0.0 for points in check.points.values()] for name in check.questions]
    return float(sum(max([1.0, *points]) for points in given))


def facts_of(study: Study, design: Design) -> dict[str, str]:
    """Return sentences for the codebook, by their heading."""
    strata = Counter(entry.stratum for entry in study.people.values())
    few = sum(number < SMALL_STRATUM for number in strata.values())
    facts = {
        "What was varied": f"{study.vary}: the arm {study.arms[1]} has it, the arm {study.arms[0]} does not. Scores do not "
        "depend on the arm.",
        "Assigned": ", ".join(f"{arm} {number}" for arm, number in design["randomised"].items())
        + f"; erased since: {', '.join(f'{arm} {study.withdrawn.get(arm, 0)}' for arm in study.arms)}.",
        "Most points": ", ".join(f"check {when}: {points:g}" for when, points in design["most"].items()) + "."
        if design["most"]
        else "No quick check was given.",
    }
    if few:
        facts["Small strata"] = f"{few} strata hold fewer than {SMALL_STRATUM} people: there points may show who somebody is."
    if design["together"]:
        facts["Handed in together"] = f"{design['together']} participants share a submission with another one, and so all its numbers."
    return facts


def write_tables(folder: Path, tables: Mapping[str, list[Row]], design: Design, codebook: str) -> None:
    """Write all files of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / NOTE, "`grader study data` made this folder, and `grader forget` erases people from it.\n")
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.writer(text)
        columns = list(TABLES[name][1])
        writer.writerow(columns)
        writer.writerows([cell(value) if isinstance(value := row[column], str) else value for column in columns] for row in rows)
        write_text(folder / f"{name}.csv", text.getvalue())
    write_text(folder / DESIGN, json.dumps(design, indent=1) + "\n")
    write_text(folder / CODEBOOK, codebook)
