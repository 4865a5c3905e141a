"""Forget a student: the report, the answers, what came in, the row on the roster, and what was decided."""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.decided.log import erase, read
from grader.model import KitFault
from grader.roster import COURSE, INTAKE, KEPT, kept_facts, kept_roster


def check(out: Path, names: Iterable[str]) -> None:
    """Raise KitFault if OUT holds nothing about one of these submissions, or what is needed to forget them can't be read."""
    known = {*kept_facts(out), *(person.id for person in kept_roster(out)), *(entry.get("id") for entry in read(out) if entry)}
    for name in names:
        if not name or name != Path(name).name or name.startswith("."):
            raise KitFault(f"{name!r} is not the name of a submission")
        if name not in known and not any(_paths(out, name)):
            raise KitFault(f"{out} holds nothing on {name!r}")


def forget(out: Path, name: str) -> Iterator[str]:
    """Delete what OUT holds about one submission that was checked, and yield what was done."""
    for path in list(_paths(out, name)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        yield str(path)
    if name in (facts := kept_facts(out)):
        path = out / COURSE / INTAKE
        data = json.loads(path.read_text("utf-8"))
        del facts[name]
        path.write_text(json.dumps({**data, "submissions": facts}, indent=1), "utf-8")
        yield f"{path}: one entry"
    if _from_roster(out, name):
        yield f"{out / COURSE / KEPT}: one line"
    if number := erase(out, name):
        yield f"the log of decisions: the text of {number}; that there were some can still be seen"


def _paths(out: Path, name: str) -> Iterator[Path]:
    """Yield the folder of the report, and whatever hidden folders keep under this name."""
    if (out / name / "report.json").is_file():
        yield out / name
    for folder in out.glob(".*/"):
        for path in sorted(folder.rglob("*")) if folder.name != COURSE else ():
            inside = any(part == name for part in path.relative_to(folder).parts[:-1])
            called = path.name if path.is_dir() else path.name.removesuffix(".draft").removesuffix(".json")
            if called == name and not inside:
                yield path


def _from_roster(out: Path, name: str) -> bool:
    """Take the line out of the roster by which this submission was known, and leave the others as they are."""
    path = out / COURSE / KEPT
    people = kept_roster(out)
    gone = [i for i, person in enumerate(people) if name.casefold() in {key.casefold() for key in person.keys}]
    if not gone:
        return False
    if len(people) == 1:
        path.unlink()
        return True
    first = path.read_text("utf-8-sig").partition("\n")[0]
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=max(",;\t", key=first.count)) if any(cell.strip() for cell in row)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=max(",;\t", key=first.count)).writerows([row for i, row in enumerate(rows) if i - 1 not in gone])
    return True


def left_over(out: Path, name: str) -> Iterator[Path]:
    """Yield files at the top of OUT that still name the submission: exports that were written there."""
    for path in sorted(out.iterdir()):
        if path.is_file() and path.name != "grades.csv" and name.encode() in path.read_bytes():
            yield path
