"""The roster: who is in the course, by a CSV file whose columns are known by their headers (roster_columns).

Of the other columns one that is named (`--id-column`) holds what another system knows a student by; no other counts, for a seat's number
may be somebody else's id.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from grader.atomic_write import write_bytes, write_text
from grader.course.roster_columns import Columns, bare_ids, columns_of
from grader.csv_reader import read_table
from grader.escape import plain
from grader.model import KitFault

COURSE = ".course"
"""The folder in OUT for what is the instructor's alone: the roster, what came in, decisions."""
KEPT = "roster.csv"
MATCH = "match.json"
INTAKE = "intake.json"
NOT_ON_THE_ROSTER = "not on the roster"
Facts = TypedDict(
    "Facts",
    {"from": str, "handed_in": str | None, "names": list[str], "times": list[str | None], "owners": list[str], "name": str},
    total=False,
)
"""What the intake found out about a submission: from which file it is and when it came in; the names and times of all attempts; who
handed it in, and the name by which the platform calls that person."""


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster; `others` holds the columns that have no meaning of their own here, `known_as` those that were named.

    `aliases` are what a platform calls this person besides the id: another's id goes before them.
    """

    id: str
    name: str = ""
    email: str = ""
    groups: str = ""
    others: Mapping[str, str] | None = None
    known_as: tuple[str, ...] = ()
    submits_as: tuple[str, ...] = ()
    """Those of `known_as` that say how this person's submissions are called: a submission with another number is somebody else's."""
    aliases: tuple[str, ...] = ()
    row: int = 0
    """Which row of the file this is, the header being row 0 and blank lines left out."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All by which some system may know this person."""
        return tuple(key for key in (self.id, self.name, self.email, *self.known_as) if key)


def read_roster(path: Path, *named: str, submissions: Collection[str] | None = None) -> tuple[Person, ...]:
    """Return the roster's people in its order; `named` columns hold what they are known as elsewhere.

    Of these the `submissions` columns, by default all, say how submissions are called.
    Raises KitFault with the line for what can't be used.
    """
    names_work = set(named if submissions is None else submissions)
    return tuple(_known_as(path, person, named, names_work) for person in _people(path))


def kept_roster(out: Path, *named: str) -> tuple[Person, ...]:
    """Return the roster that an earlier run kept in OUT; nobody if there is none."""
    path, matched = out / COURSE / KEPT, kept_match(out)
    return read_roster(path, *matched, *named, submissions=matched) if path.is_file() else ()


def given_roster(out: Path, path: Path, *named: str) -> tuple[Person, ...]:
    """Return the people of a roster that is given to an export of OUT.

    Submissions are matched as the run matched them, if this roster has the columns. Where the run had no roster, the `named` columns say
    how submissions are called.
    """
    header = _people(path)[0].others or {}
    matched = [column for column in kept_match(out) if column in header]
    return read_roster(path, *dict.fromkeys((*matched, *named)), submissions=matched if (out / COURSE / KEPT).is_file() else None)


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
    """Copy the roster's file to OUT, where exports find the names again."""
    (out / COURSE).mkdir(parents=True, exist_ok=True)
    write_bytes(out / COURSE / KEPT, path.read_bytes())
    write_text(out / COURSE / MATCH, json.dumps(named))


def _known_as(path: Path, person: Person, named: Sequence[str], names_work: Collection[str]) -> Person:
    others = person.others or {}
    if lacking := [column for column in named if column not in others]:
        raise KitFault(f"{path}:1: there is no column {lacking[0]!r} to match by; there are {', '.join(others) or 'no others'}")
    submits_as = tuple(others[column] for column in named if column in names_work and others[column])
    return replace(person, known_as=tuple(others[column] for column in named if others[column]), submits_as=submits_as)


def kept_facts(out: Path) -> dict[str, Facts]:
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
def _facts(path: Path, size: int, changed: int) -> dict[str, Facts]:
    found: dict[str, Facts] = dict(json.loads(path.read_text("utf-8"))["submissions"])
    for facts in found.values():
        if not all(isinstance(owner, str) for owner in facts.get("owners", ())) or not isinstance(facts.get("handed_in"), str | None):
            raise ValueError
    return found


def known_by(people: Sequence[Person], key: str) -> list[Person]:
    """Return those whom a key may mean: by their own ids, else by what they are known as, else by their aliases."""
    for keys_of in (lambda person: (person.id,), lambda person: person.keys, lambda person: person.aliases):
        if found := [person for person in people if _folded(key) in {each.casefold() for each in keys_of(person)}]:
            return found
    return []


@dataclass(frozen=True, slots=True)
class Matched:
    """Whose each result is."""

    whose: dict[str, str] = field(default_factory=dict)
    """By id on the roster, the result."""
    unsure: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By result of which only a name is known: the ids of those on the roster who are called so, where it could be another's."""

    def could_have(self, person: str) -> list[str]:
        """Return the results that could be those of somebody who has none for certain."""
        return [] if person in self.whose else [name for name, ids in self.unsure.items() if person in ids]

    def notes_on_strangers(self, names: Iterable[str]) -> dict[str, str]:
        """Return, for each of these results that is nobody's for certain, whose it could be, or that it is not on the roster.

        Where nobody on the roster handed in, the roster is another's, and nothing is returned.
        """
        known = set(self.whose.values())
        if not known and not self.unsure:
            return {}
        could = {name: f"could be one of: {', '.join(map(plain, ids))}" for name, ids in self.unsure.items()}
        return {name: could.get(name, NOT_ON_THE_ROSTER) for name in names if name not in known}


def could_be(names: Iterable[str]) -> str:
    """Return, of somebody who has no result for certain, what came in that could be theirs."""
    return f"it is not clear whether they handed in: what could be theirs is {', '.join(map(plain, names))}"


def match(people: Sequence[Person], ids: Iterable[str], out: Path) -> dict[str, str]:
    """Return whose each result in OUT is: the id on the roster, and the result's. Raises KitFault where that is not certain."""
    return match_ids(people, ids, kept_facts(out)).whose


def match_all(people: Sequence[Person], ids: Iterable[str], out: Path, without: Collection[str] = ()) -> Matched:
    """Return the same, with the results that could be of several people. People who are `without` get none."""
    return match_ids(people, ids, kept_facts(out), without)


def match_ids(people: Sequence[Person], ids: Iterable[str], facts: Mapping[str, Facts], without: Collection[str] = ()) -> Matched:
    """Return the same, by what the intake found out about each result.

    A person's own id goes before an e-mail, a name or a column that was named, by which several people may be known, and these before
    aliases. A result that is called as a group, or that several handed in, is each one's. The name in a file's name is tried last.
    """
    by_id: dict[str, list[Person]] = {}
    others: dict[str, list[Person]] = {}
    groups: dict[str, list[Person]] = {}
    aliases: dict[str, list[Person]] = {}
    for person in (person for person in people if person.id not in without):
        by_id.setdefault(person.id.casefold(), []).append(person)
        groups.setdefault(person.groups.casefold(), []).append(person)
        for key in {key.casefold() for key in person.keys} - {person.id.casefold()}:
            others.setdefault(key, []).append(person)
        for key in {key.casefold() for key in person.aliases}:
            aliases.setdefault(key, []).append(person)
    whose: dict[str, str] = {}
    named: dict[str, str] = {}
    for name in ids:
        keys, is_known = facts.get(name, {}).get("owners") or [name], False
        for key in keys:
            folded = _folded(key)
            known = by_id.get(folded) or others.get(folded) or aliases.get(folded, [])
            if len(known) > 1:
                raise KitFault(f"{plain(name)} may be of several on the roster: {', '.join(plain(person.id) for person in known)}")
            known = known or groups.get(folded, [])
            for person in known:
                if whose.setdefault(person.id, name) != name:
                    raise KitFault(f"{plain(person.id)} on the roster has several results: {plain(whose[person.id])}, {plain(name)}")
            is_known |= bool(known)
        if not is_known and facts.get(name, {}).get("name"):
            named[name] = _folded(str(facts[name]["name"]))
    return _by_name(people, named, whose, {*whose, *without})


def _by_name(people: Sequence[Person], named: Mapping[str, str], whose: Mapping[str, str], taken: Collection[str]) -> Matched:
    """Add the results of which only a person's name is known, where one person is called so and has no other result.

    A person whose submissions are called otherwise is nobody's namesake.
    """
    called: dict[str, list[str]] = {}
    for person in people:
        if person.name and not person.submits_as:
            called.setdefault(_folded(person.name), []).append(person.id)
    found, results = Matched(dict(whose)), Counter(named.values())
    for name, full in named.items():
        known = called.get(full, [])
        if len(known) == 1 and results[full] == 1 and known[0] not in taken:
            found.whose[known[0]] = name
        elif known:
            found.unsure[name] = tuple(known)
    return found


def _folded(key: str) -> str:
    """Return a key as all keys of the roster are compared: composed, without space around it, in small letters."""
    return unicodedata.normalize("NFC", key).strip().casefold()


def _people(path: Path) -> tuple[Person, ...]:
    table = read_table(path)
    for row in table.rows:
        if len(row.cells) != len(table.header):
            raise KitFault(f"{row.place}: {len(row.cells)} cells, but the header has {len(table.header)}")
    columns = columns_of(table.header, [row.cells for row in table.rows])
    if columns is None:
        raise KitFault(f"{path}:1: no column holds the ids: name one `id`; there are {', '.join(table.header) or 'none'}")
    numbered = [(number, row) for number, row in enumerate(table.rows, start=1) if not columns.lacks_person(row.cells)]
    _check_ids(table.header[columns.of["id"]], [(row.place, columns.at(row.cells, "id")) for _, row in numbered])
    if not numbered:
        raise KitFault(f"{path}: nobody is on this roster")
    ids = bare_ids([columns.at(row.cells, "id") for _, row in numbered])
    people = (_person(name, columns, table.header, row.cells) for name, (_, row) in zip(ids, numbered, strict=True))
    return tuple(replace(person, row=number) for person, (number, _) in zip(people, numbered, strict=True))


def _check_ids(header: str, ids: Sequence[tuple[str, str]]) -> None:
    """Raise KitFault, with the place, for an id that is missing or is there twice."""
    places: dict[str, str] = {}
    for place, name in ids:
        if not name:
            raise KitFault(f"{place}: no id here: fill in {header!r}")
        if name in places:
            raise KitFault(f"{place}: the id {name!r} stands in line {places[name].rpartition(':')[2]} already")
        places[name] = place


def _person(name: str, columns: Columns, header: Sequence[str], row: Sequence[str]) -> Person:
    full = columns.at(row, "name") or " ".join(part for part in (columns.at(row, "first"), columns.at(row, "last")) if part)
    others = {header[i]: cell for i, cell in enumerate(row) if i not in columns.of.values()}
    aliases = tuple(row[i] for i in columns.aliases if row[i])
    return Person(name, full, columns.at(row, "email"), columns.at(row, "groups"), others, aliases=aliases)
