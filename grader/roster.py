"""The roster: who is in the course, by a CSV file whose columns are told by their names.

Known columns are id, name, email and groups, under the names that rosters give them. Of the others one that is named (`--match`)
holds what another system knows a student by; no other counts, for a seat's number may be somebody else's id.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.escape import plain
from grader.model import KitFault

COURSE = ".course"
"""The folder in OUT for what is the instructor's alone: the roster, what came in, decisions."""
KEPT = "roster.csv"
MATCH = "match.json"
INTAKE = "intake.json"
NAMES = {
    "id": ("id", "student id", "submission", "sid", "student", "username", "user name", "login", "github username"),
    "name": ("name", "full name", "student name"),
    "first": ("first name", "firstname", "given name"),
    "last": ("last name", "lastname", "surname", "family name"),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail"),
    "groups": ("groups", "group", "section", "sections", "team"),
}
LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster; `others` holds the columns that have no meaning of their own here, `known_as` those that were named."""

    id: str
    name: str = ""
    email: str = ""
    groups: str = ""
    others: Mapping[str, str] | None = None
    known_as: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All by which some system may know this person."""
        return tuple(key for key in (self.id, self.name, self.email, *self.known_as) if key)


def read_roster(path: Path, *named: str) -> tuple[Person, ...]:
    """Return the roster's people in its order; `named` columns hold what they are known as elsewhere.

    Raises KitFault with the line for what can't be used.
    """
    content = path.read_bytes()[: LARGEST + 1]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KitFault(f"{path}: not UTF-8: save the roster as CSV in UTF-8") from None
    if len(content) > LARGEST or "\0" in text:
        raise KitFault(f"{path}: not a CSV file, or larger than {LARGEST // 1_000_000} MB")
    return tuple(_known_as(path, person, named) for person in _people(path, text))


def kept_roster(out: Path, *named: str) -> tuple[Person, ...]:
    """Return the roster that an earlier run kept in OUT; nobody if there is none."""
    path = out / COURSE / KEPT
    return read_roster(path, *kept_match(out), *named) if path.is_file() else ()


def kept_match(out: Path) -> list[str]:
    """Return the columns by which an earlier run matched results with people."""
    path = out / COURSE / MATCH
    try:
        columns = json.loads(path.read_text("utf-8")) if path.is_file() else []
    except (ValueError, RecursionError):
        columns = None
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise KitFault(f"{path}: damaged: grade the cohort again with --roster, which writes it anew")
    return columns


def keep_roster(out: Path, path: Path, *named: str) -> None:
    """Keep the roster's file in OUT, so that exports know names without being told again."""
    (out / COURSE).mkdir(parents=True, exist_ok=True)
    (out / COURSE / KEPT).write_bytes(path.read_bytes())
    (out / COURSE / MATCH).write_text(json.dumps(named), "utf-8")


def _known_as(path: Path, person: Person, named: Sequence[str]) -> Person:
    others = person.others or {}
    if lacking := [column for column in named if column not in others]:
        raise KitFault(f"{path}:1: there is no column {lacking[0]!r} to match by; there are {', '.join(others) or 'no others'}")
    return replace(person, known_as=tuple(others[column] for column in named if others[column]))


def kept_facts(out: Path) -> dict[str, dict[str, Any]]:
    """Return what the intake remembered in OUT of each submission; nothing if there was none."""
    path = out / COURSE / INTAKE
    try:
        facts = path.stat()
        return dict(_facts(path, facts.st_size, facts.st_mtime_ns))
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KitFault(
            f"{path}: damaged: bring the file back, or delete it and run `grader cohort` again on all that came in, which writes it anew"
        ) from None


@lru_cache(maxsize=4)
def _facts(path: Path, size: int, changed: int) -> dict[str, dict[str, Any]]:
    found = dict(json.loads(path.read_text("utf-8"))["submissions"])
    for facts in found.values():
        if not all(isinstance(owner, str) for owner in facts.get("owners", ())) or not isinstance(facts.get("handed_in"), str | None):
            raise ValueError
    return found


def match(people: Sequence[Person], ids: Iterable[str], out: Path) -> dict[str, str]:
    """Return whose each result in OUT is: the id on the roster, and the result's. Raises KitFault where that is not certain."""
    return match_ids(people, ids, kept_facts(out))


def match_ids(people: Sequence[Person], ids: Iterable[str], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the same, by what the intake found out about each result.

    A person's own id goes before an e-mail, a name or a column that was named, by which several people may be known. What is called as a
    group is, or was handed in by several, is each one's.
    """
    by_id: dict[str, list[Person]] = {}
    others: dict[str, list[Person]] = {}
    groups: dict[str, list[Person]] = {}
    for person in people:
        by_id.setdefault(person.id.casefold(), []).append(person)
        groups.setdefault(person.groups.casefold(), []).append(person)
        for key in {key.casefold() for key in person.keys} - {person.id.casefold()}:
            others.setdefault(key, []).append(person)
    whose: dict[str, str] = {}
    for name in ids:
        for key in facts.get(name, {}).get("owners") or [name]:
            known = by_id.get(key.casefold()) or others.get(key.casefold(), [])
            if len(known) > 1:
                raise KitFault(f"{plain(name)} may be of several on the roster: {', '.join(plain(person.id) for person in known)}")
            for person in known or groups.get(key.casefold(), []):
                if whose.setdefault(person.id, name) != name:
                    raise KitFault(f"{plain(person.id)} on the roster has several results: {plain(whose[person.id])}, {plain(name)}")
    return whose


def missing(people: Sequence[Person], ids: Iterable[str], out: Path) -> list[Person]:
    """Return those on the roster from whom nothing came in."""
    whose = match(people, ids, out)
    return [person for person in people if person.id not in whose]


def _people(path: Path, text: str) -> tuple[Person, ...]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    people: list[Person] = []
    lines: dict[str, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        columns = _columns(path, header)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise KitFault(f"{path}:{reader.line_num}: {len(row)} cells, but the header has {len(header)}")
            person = _person(columns, header, [cell.strip() for cell in row])
            if not person.id:
                raise KitFault(f"{path}:{reader.line_num}: no id here: fill in {header[columns['id']]!r}")
            if person.id in lines:
                raise KitFault(f"{path}:{reader.line_num}: the id {person.id!r} stands in line {lines[person.id]} already")
            lines[person.id] = reader.line_num
            people.append(person)
    except csv.Error as error:
        raise KitFault(f"{path}:{reader.line_num}: not CSV: {error}") from None
    if not people:
        raise KitFault(f"{path}: nobody is on this roster")
    return tuple(people)


def _columns(path: Path, header: list[str]) -> dict[str, int]:
    """Return which column holds what; the first name that is known wins."""
    lower = [name.casefold() for name in header]
    found = {what: lower.index(name) for what, names in reversed(NAMES.items()) for name in reversed(names) if name in lower}
    if "id" not in found and "email" in found:
        found["id"] = found["email"]
    if "id" not in found:
        raise KitFault(f"{path}:1: no column holds the ids: name one `id`; there are {', '.join(header) or 'none'}")
    return found


def _person(columns: Mapping[str, int], header: list[str], row: list[str]) -> Person:
    def at(what: str) -> str:
        return row[columns[what]] if what in columns else ""

    name = at("name") or " ".join(part for part in (at("first"), at("last")) if part)
    others = {header[i]: cell for i, cell in enumerate(row) if i not in columns.values()}
    return Person(at("id"), name, at("email"), at("groups"), others)
