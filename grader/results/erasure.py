"""Forget a student: the report, the answers, what came in, the row on the roster, and what was decided.

check(out, names, index)            are these names of something here?
goes = plan(out, names, index)      all that goes with them: a person's own work, the person whose alone some work is
forget(out, name, entry)            for each of `goes.names`, which the index remembers, should the deletion be cut off
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from grader.atomic_write import drafts_in, write_text
from grader.course.decision_log import erase, read
from grader.course.roster import COURSE, INTAKE, KEPT, Facts, Person, kept_facts, kept_roster, known_by, match_all, read_roster
from grader.csv_reader import delimiter_of
from grader.escape import html, plain
from grader.model import KitFault
from grader.results.index import Entry, Index
from grader.results.study import read_study
from grader.results.study_erasure import erase as erase_from_study
from grader.results.study_erasure import remains

REPORT = ("report.json", "report.md", "report.html")
TRACES, ATTEMPTS = ".traces", ".attempts"


def check(out: Path, names: Iterable[str], index: Index) -> None:
    """Raise KitFault if OUT holds nothing about one of these submissions, or what is needed to forget them can't be read."""
    known = {*index.entries, *kept_facts(out), *(person.id for person in kept_roster(out))}
    known |= {entry.get("id", "") for entry in read(out) if entry}
    known |= set(study.people) if (study := read_study(out)) else set()
    for name in names:
        if not name or name != Path(name).name or name.startswith("."):
            raise KitFault(f"{name!r} is not the name of a submission")
        if name not in known:
            raise KitFault(f"{out} holds nothing on {name!r}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What it comes to that some names are forgotten: of submissions, or of people on the roster."""

    names: tuple[str, ...]
    """These names, the work that is theirs alone, and the people whose alone that work is."""
    stays: tuple[str, ...] = ()
    """Sentences on work that stays, or that was another's too."""
    words: tuple[str, ...] = ()
    """By which an export may still name them: the names, and the people's full names and e-mails."""


def plan(out: Path, names: Iterable[str], index: Index) -> Plan:
    """Return all that goes with some names that were checked. Raises KitFault where work of others would change hands by that."""
    asked, people = list(dict.fromkeys(names)), kept_roster(out)
    present = [name for name, entry in index.entries.items() if not entry.gone]
    matched = match_all(people, present, out)
    gone = match_all(people, index.gone, out, matched.whose)
    whose = [*matched.whose.items(), *gone.whose.items()]
    of_group = {work for person, work in whose if _is_of_group(out, people, work, [p for p, w in whose if w == work])}
    found = list(asked)
    for name in asked:
        found += [work for person, work in whose if person == name and work not in of_group]
        found += [person for person, work in whose if work == name and work not in of_group]
        found += [person.id for person in known_by(people, name)]
    found = list(dict.fromkeys(found))
    _check_hands(out, people, found, present)
    stays = []
    for person, work in whose:
        others = ", ".join(plain(other) for other, same in whose if same == work and other not in found)
        if person in found and work not in found:
            also = f", and that of {others}" if others else ""
            stays.append(f"{plain(work)} stays, for it is the work of a group{also}: to delete it, forget {plain(work)}")
        elif person in asked and work in found and others:
            stays.append(f"{plain(work)} was the work of {others} too, who have no result now")
    for person in found:
        if could := [work for work in matched.could_have(person) if work not in found]:
            stays.append(f"what could be the work of {plain(person)} or of another stays: {', '.join(map(plain, could))}")
    words = (word for person in people if person.id in found for word in (person.name, person.email) if word)
    return Plan(tuple(found), tuple(stays), (*found, *words))


def _is_of_group(out: Path, people: Iterable[Person], work: str, owners: list[str]) -> bool:
    """Return whether work is a group's: called as one, or handed in by several."""
    if len(owners) > 1 or len(kept_facts(out).get(work, {}).get("owners") or ()) > 1:
        return True
    [owner] = [person for person in people if person.id in owners]
    return owner.groups.casefold() == work.casefold() and work.casefold() not in {key.casefold() for key in (*owner.keys, *owner.aliases)}


def _check_hands(out: Path, people: tuple[Person, ...], names: list[str], present: list[str]) -> None:
    """Raise KitFault where work that stays would become somebody's who stays: a namesake's of whoever is forgotten."""
    left = [name for name in present if name not in names]
    before = match_all(people, present, out).whose
    after = match_all([person for person in people if person.id not in names], left, out).whose
    for person, work in after.items():
        if before.get(person) != work:
            given = f"{plain(work)} would go to {plain(person)} then, by the name alone"
            raise KitFault(
                f"nobody was forgotten, for {given}: name the roster's column with the ids of submissions, "
                f"with `grader cohort --id-column`, or forget {plain(work)} too"
            )


def forget(out: Path, name: str, entry: Entry) -> Iterator[str]:
    """Delete what OUT holds under one name of a plan, and yield what was done. To do it again does no harm."""
    yield from _delete(out, name, entry)
    for draft in (*drafts_in(out), *drafts_in(out / COURSE)):  # of the index, the roster or the log, by commands that were killed
        draft.unlink()
        yield str(draft)
    path = out / COURSE / INTAKE
    facts = _without(kept_facts(out), name, [person for person in kept_roster(out) if person.id == name])
    if facts != kept_facts(out):
        data = json.loads(path.read_text("utf-8"))
        write_text(path, json.dumps({**data, "submissions": facts}, indent=1))
        yield f"{path}: one entry"
    yield from erase_from_study(out, name)
    if number := erase(out, name):
        yield f"the log of decisions: the text of {number}; that there were some can still be seen"
    if _from_roster(out, name):
        yield f"{out / COURSE / KEPT}: one line"


def _without(facts: Mapping[str, Facts], name: str, people: Iterable[Person]) -> dict[str, Facts]:
    """Return what is known of submissions, without one of them, and without people among those who handed in together."""
    keys = {key.casefold() for person in people for key in (*person.keys, *person.aliases)}
    found = {}
    for submission, known in facts.items():
        owners = known.get("owners") or ()
        if len(owners) > 1 and any(owner.casefold() in keys for owner in owners):
            known = known | {"owners": [owner for owner in owners if owner.casefold() not in keys]}  # noqa: PLW2901  the same submission
        if submission != name:
            found[submission] = known
    return found


def _delete(out: Path, name: str, entry: Entry) -> Iterator[str]:
    """Delete the files that the grader wrote for a submission of the index, and no others; yield what was deleted."""
    if entry == Entry():
        return
    places = [out, *(out / ATTEMPTS).glob("*/")]
    files = [place / name / file for place in places for file in REPORT]
    files += [place / TRACES / f"{name}.json" for place in places]
    files += [out / entry.trace] if entry.trace else []
    files += [draft for place in places for folder in (name, TRACES) for draft in drafts_in(place / folder)]  # of commands that were killed
    root = out.resolve()
    for path in dict.fromkeys(files):
        if path.is_file() and path.parent.resolve().is_relative_to(root):
            path.unlink()
            yield str(path)
    for place in places:
        with suppress(OSError):  # it holds something else, which stays, or is not there
            (place / name).rmdir()


def _from_roster(out: Path, name: str) -> bool:
    """Take a person's line out of the roster, and leave the others as they are, with their ids."""
    path = out / COURSE / KEPT
    people = kept_roster(out)
    left = {person.row: person.id for person in people if person.id != name}
    if len(left) == len(people):
        return False
    if not left:
        path.unlink()
        return True
    sign = delimiter_of(path.read_text("utf-8-sig"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter=sign) if any(cell.strip() for cell in row)]
    gone = [person.row for person in people if person.id == name]
    text = _table([row for i, row in enumerate(rows) if i not in gone], sign)
    if _ids(text) != list(left.values()):  # another column is taken for the ids now: one in which only this person had nothing
        text = _table([["id", *rows[0]], *([left[i], *row] for i, row in enumerate(rows) if i in left)], sign)
    write_text(path, text)
    return True


def _table(rows: Iterable[list[str]], sign: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows(rows)
    return text.getvalue()


def _ids(text: str) -> list[str]:
    """Return the ids of a roster; none if it could not be read."""
    with TemporaryDirectory() as folder, suppress(KitFault):
        path = Path(folder) / KEPT
        path.write_text(text, "utf-8", newline="")
        return [person.id for person in read_roster(path)]
    return []


def held_elsewhere(out: Path, name: str, index: Index, roster: Path | None) -> Iterator[str]:
    """Yield sentences on what is not in OUT and would bring a student back: the work that came in, and the course's roster.

    Call it before the student is forgotten.
    """
    entry, facts = index.entries.get(name, Entry()), kept_facts(out).get(name, {})
    source = Path(entry.source) if entry.source else None
    came = [source / each for each in facts.get("names", ())] if source and source.is_dir() else []
    for path in [path for path in came if path.exists()] or ([source] if source and source.is_file() else []):
        yield f"{path} holds the work that was handed in: delete it, or the next run brings it back"
    yield from remains(out, name)
    with suppress(OSError, KitFault):
        for person in known_by(read_roster(roster), name) if roster else ():
            yield f"{roster} still lists {person.id}: delete the line, or the next run brings it back"


def left_over(out: Path, goes: Plan, index: Index) -> Iterator[Path]:
    """Yield what is not the grader's and still names who was forgotten, in its name or content: exports in OUT, files in their folders."""
    forms = {form for word in goes.words for form in (word, json.dumps(word)[1:-1], html(word))}
    named = re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(forms)), re.IGNORECASE)
    for path in sorted(out.rglob("*")):
        first = path.relative_to(out).parts[0]
        if first.startswith(".") or first in index.entries or first in goes.names or first == "grades.csv" or not path.is_file():
            continue
        if named.search(str(path.relative_to(out))) or named.search(path.read_bytes().decode("utf-8", "replace")):
            yield path
    yield from (out / name for name in goes.names if (out / name).is_dir())
