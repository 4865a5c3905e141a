"""What every export starts from: the results in OUT, each with the person on the roster whose they are.

    book = read_book(out, people)
    book.entries            one for each report, and one for each on the roster from whom nothing came in
    book.report(entry)      the whole report

Points are those that count: after what people decided, where they did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader import reports
from grader.model import KitFault
from grader.roster import Person, match

HUNDREDTH = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a gradebook. `status` is that of the report, or `missing`; only who is graded has points."""

    id: str
    status: str
    person: Person
    score: Fraction = Fraction(0)
    bonus: Fraction = Fraction(0)
    max_score: Fraction = Fraction(0)
    provisional: bool = False

    @property
    def is_graded(self) -> bool:
        return self.status == "graded"

    @property
    def keys(self) -> frozenset[str]:
        """All by which a gradebook may know this student, in small letters."""
        return frozenset(key.casefold() for key in (self.id if self.person.id == self.id else "", *self.person.keys) if key)


@dataclass(frozen=True, slots=True)
class Book:
    """The results of a run."""

    out: Path
    entries: tuple[Entry, ...]

    def report(self, entry: Entry) -> dict[str, Any]:
        """Return an entry's report. Raises KitFault where nothing came in, for then there is none."""
        if entry.status == "missing":
            raise KitFault(f"nothing came in from {entry.id}")
        return reports.read(self.out / entry.id / "report.json")


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line said about an export; each target looks at what concerns it."""

    into: Path | None = None
    template: Path | None = None
    column: str = ""
    scale: bool = False
    bonus: bool = False
    feedback: bool = False
    visibility: str = "visible"
    classroom: str = ""
    assignment: str = ""
    commits: Path | None = None
    db: str = ""
    more: Mapping[str, str] | None = None

    def need(self, name: str, why: str) -> Any:
        """Return an option's value. Raises KitFault if it was not given."""
        value = getattr(self, name)
        if not value:
            raise KitFault(f"this export needs --{name}: {why}")
        if name == "into" and self.template and value.exists() and value.samefile(self.template):
            raise KitFault(f"{value} is the template itself: write into another file")
        return value


def read_book(out: Path, people: Sequence[Person]) -> Book:
    """Return the book of OUT, sorted as the roster is, then by id. Raises KitFault for what is no report."""
    found = {path.parent.name: path for path in sorted(out.glob("*/report.json")) if not path.parent.name.startswith(".")}
    whose = match(people, found, out)
    entries = [_entry(found[whose[p.id]], p) if p.id in whose else Entry(p.id, "missing", p) for p in people]
    entries += [_entry(path, Person(name)) for name, path in found.items() if name not in whose.values()]
    if not any(entry.status != "missing" for entry in entries):
        raise KitFault(f"{out} holds no results (<id>/report.json): run grade or cohort first")
    return Book(out, tuple(entries))


def _entry(path: Path, person: Person) -> Entry:
    report = reports.read(path)
    entry = Entry(path.parent.name, report["status"], person, provisional=is_provisional(report))
    if report["status"] != "graded":
        return entry
    counted = report.get("final") or report
    score, bonus, most = (Fraction(str(value)) for value in (counted["score"], counted["bonus"], report["max_score"]))
    return replace(entry, score=score, bonus=bonus, max_score=most)


def is_provisional(report: Mapping[str, Any]) -> bool:
    """Return whether a result counts for nothing yet: a part was left out, or a person has still to give points."""
    return bool(report["provisional"] or (report.get("final") or {}).get("waiting"))


def points_of(entry: Entry, given: Given, most: Fraction | None, where: str) -> Fraction:
    """Return the points that a gradebook gets, rounded half up to 0.01; `most` is its own maximum, if it tells one.

    Raises KitFault where the maxima differ and nobody said that points are to be scaled.
    """
    points = entry.score + (entry.bonus if given.bonus else 0)
    if most is not None and most != entry.max_score:
        if not given.scale or not entry.max_score:
            raise KitFault(f"{where} has a maximum of {shown(most)}, the assignment {shown(entry.max_score)}: say --scale, or change one")
        points = points * most / entry.max_score
    return (points / HUNDREDTH + Fraction(1, 2)).__floor__() * HUNDREDTH


def shown(points: Fraction) -> str:
    """Return points as text, with as many decimals as they need: 35, 62.5, 7.25."""
    return f"{float(points):.2f}".rstrip("0").rstrip(".")


def counted_criteria(report: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any], Any]]:
    """Return each step, criterion and the points that count for it: those a person gave, or else the automatic ones.

    The points are None where a person has still to give some. What was decided on a step as a whole is not spread over its criteria.
    """
    decided = {(d["step"], d["criterion"]): d["points"] for d in (report.get("final") or {}).get("decisions", ()) if d.get("criterion")}
    return [
        (step, criterion, decided.get((step["id"], criterion["id"]), None if criterion.get("manual") else criterion["score"]))
        for step in report["steps"]
        for criterion in step["criteria"]
    ]
