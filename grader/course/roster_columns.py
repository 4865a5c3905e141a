"""Which column of a roster holds what, in files of a course's own and in those that Canvas, Moodle and GitHub Classroom export."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.course.moodle_headers import PARTICIPANT, headers, words

IDS = ("id", "student id", "submission", "sid", "canvas user id", "identifier", *headers("identifier"), "student", "username", "user name",
       "login", "login id", "github username")  # fmt: skip
"""Columns with ids, the best first. An underscore counts as a space."""
IDS_IF_FULL = (*headers("username"), *headers("id number"))
"""Columns with ids in Moodle's exports, where nobody lacks one."""
NAMES = {
    "name": ("name", "full name", "student name", *headers("full name")),
    "first": ("first name", "firstname", "given name", *headers("first name")),
    "last": ("last name", "lastname", "surname", "family name", *headers("last name")),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail", *headers("email")),
    "groups": ("groups", "group", "group name", "section", "sections", "team", *headers("groups")),
}
ALIASES = ("sis user id", "sis login id", "integration id", "user id", "login id", "login", "username", "user name", "github username",
           *IDS_IF_FULL)  # fmt: skip
"""Columns by which a platform knows people too. No other column counts: a seat's number may be somebody else's id."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a roster's columns are. `aliases` are further ones that say who somebody is; `is_gradebook` is one of Canvas."""

    of: Mapping[str, int]
    aliases: tuple[int, ...]
    is_gradebook: bool

    def at(self, row: Sequence[str], what: str) -> str:
        """Return what a row says, or nothing if there is no such column."""
        return row[self.of[what]] if what in self.of else ""

    def lacks_person(self, row: Sequence[str]) -> bool:
        """Return whether this is a line of Canvas's own, such as that of the maximum points."""
        return self.is_gradebook and not self.at(row, "id") and ("points possible" in row[0].casefold() or not row[0].strip())


def columns_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns | None:
    """Return which column holds what; the first name that is known wins. None where no column holds ids."""
    lower = [" ".join(title.casefold().replace("_", " ").split()) for title in header]
    found = {what: lower.index(name) for what, names in NAMES.items() for name in reversed(names) if name in lower}
    ids = [lower.index(name) for name in IDS if name in lower]
    full = [lower.index(name) for name in IDS_IF_FULL if name in lower]
    full = [column for column in full if all(row[column].strip() for row in rows)]
    by_email = [found["email"]] if "email" in found else []
    if not (choices := [*ids, *full, *by_email]):
        return None
    found["id"] = choices[0]
    gradebook = lower[:2] == ["student", "id"] or lower[:3] == ["lastname", "firstname", "id"]
    if gradebook and lower[0] == "student":
        found["name"] = 0
    aliases = tuple(i for i, name in enumerate(lower) if name in ALIASES and i != found["id"])
    return Columns(found, aliases, gradebook)


def bare_ids(ids: Sequence[str]) -> list[str]:
    """Return ids without what Moodle writes before the number: 101 for `Participant 101`, if all are of this form."""
    found = [re.fullmatch(r"(\D+?)\s?(\d+)", each) for each in ids]
    known = words(PARTICIPANT)
    return [match[2] if match else "" for match in found] if all(match and match[1].casefold() in known for match in found) else list(ids)
