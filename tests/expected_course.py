"""What a folder of results must hold after each command, worked out from what was handed in, the rubric and the decisions alone.

held = Results().after_run(names, ...)      an immutable state; each command makes another one
held.rows(roster)                           what grades.csv and the exports must say
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from small_kit import PASSED, RUBRICS

UNUSABLE = {"essay": "main.txt", "notes": "notes.txt"}
"""What is handed in without a program, and the name of its file, which stands in the sentence that says why it is unusable."""


@dataclass(frozen=True)
class Person:
    """One line of a roster."""

    id: str
    name: str
    group: str = ""


NAMES = ("amara", "bruno", "chloe", "dorota", "duo-team", "evelyn")
"""Whoever hands in; evelyn is on no roster, and the duo-team are mianna and noakes."""
ALONE = tuple(Person(name, f"{name.title()} Example") for name in NAMES[:3])
PAIR = (Person("mianna", "Mianna Example", "duo-team"), Person("noakes", "Noakes Example", "duo-team"))
ROSTERS = {"full": (*ALONE, Person("dorota", "Dorota Example"), *PAIR), "short": ALONE}


@dataclass(frozen=True)
class Work:
    """What somebody handed in."""

    kind: str
    sha256: str

    @property
    def is_unusable(self) -> bool:
        return self.kind in UNUSABLE


@dataclass(frozen=True)
class Result:
    """What a report was made from."""

    work: Work
    rubric: str


@dataclass(frozen=True)
class Trace:
    """What was asked, and of which work."""

    work: Work
    graph: str


@dataclass(frozen=True)
class Entry:
    """One submission in the folder. `pending` is the command that began it and did not finish."""

    result: Result | None = None
    trace: Trace | None = None
    pending: str = ""
    gone: bool = False
    origin: str = ""
    lost: bool = False
    """Somebody deleted its report."""

    @property
    def counts(self) -> bool:
        return self.result is not None and not (self.pending or self.gone or self.lost)


@dataclass(frozen=True)
class Row:
    """What all tables must say of a submission."""

    status: str
    score: Fraction | None = None
    automatic: Fraction | None = None
    waits: bool = False


@dataclass(frozen=True)
class Decisions:
    """What the log of decisions comes to. Each is a mapping: points by submission and criterion, the others by name."""

    points: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    unusable: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    """Points for who handed in nothing, by id on the roster."""
    times: Mapping[str, int] = field(default_factory=dict)
    """Days after the due date."""
    extensions: Mapping[str, int] = field(default_factory=dict)
    per_day: str = ""

    def without(self, names: set[str]) -> "Decisions":
        return replace(
            self,
            points={key: value for key, value in self.points.items() if key[0] not in names},
            **{
                kind: {n: v for n, v in getattr(self, kind).items() if n not in names}
                for kind in ("unusable", "missing", "times", "extensions")
            },
        )


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)
    roster: tuple[Person, ...] = ()

    # ---- what commands make of it ---------------------------------------------

    def begun(self, command: str, names: Iterable[str], origin: str | None) -> "Results":
        """Return the state in which a run has begun all and finished nothing."""
        names = set(names)
        entries = {
            n: replace(e, gone=True, pending="") if origin and e.origin == origin and n not in names else e for n, e in self.entries.items()
        }
        for name in names:
            entry = entries.get(name, Entry())
            entries[name] = replace(entry, gone=False, pending=command, origin=entry.origin if origin is None else origin)
        return replace(self, entries=entries)

    def graded(self, command: str, works: Mapping[str, Work], rubric: str, origin: str | None = None) -> "Results":
        """Return the state after `cohort` or `grade`."""
        graph = RUBRICS[rubric].graph
        return self.begun(command, works, origin).done({n: (Result(w, rubric), Trace(w, graph)) for n, w in works.items()})

    def done(self, results: Mapping[str, tuple[Result, Trace | None]]) -> "Results":
        entries = dict(self.entries)
        for name, (result, trace) in results.items():
            entries[name] = replace(entries[name], result=result, trace=trace, pending="", lost=False)
        return replace(self, entries=entries)

    @property
    def comparable(self) -> dict[str, Trace]:
        """Return the traces that `compare` finds in this folder."""
        return {n: e.trace for n, e in self.entries.items() if e.trace and not e.gone and e.pending in ("", "compare")}

    def compared(self, rubric: str) -> "Results":
        """Return the state after `compare` of this folder with itself."""
        found = self.comparable
        return self.begun("compare", found, None).done({n: (Result(t.work, rubric), t) for n, t in found.items()})

    def forgotten(self, names: set[str]) -> "Results":
        return Results(
            {name: entry for name, entry in self.entries.items() if name not in names},
            self.decisions.without(names),
            tuple(person for person in self.roster if person.id not in names),
        )

    # ---- what it must say -----------------------------------------------------

    def whose(self, roster: Iterable[Person]) -> dict[str, str]:
        """Return whose each submission is, by the roster's ids: one that counts before one that is gone."""
        found: dict[str, str] = {}
        for gone in (False, True):
            for person in roster:
                for name in (person.id, person.group):
                    if name in self.entries and self.entries[name].gone == gone:
                        found.setdefault(person.id, name)
        return found

    def row(self, name: str) -> Row:
        entry = self.entries[name]
        if entry.gone:
            return Row("gone")
        if not entry.counts or entry.result is None:
            return Row("not graded")
        if entry.result.work.is_unusable:
            points, sentence = self.decisions.unusable.get(name, ("automatic", ""))
            decided = points != "automatic" and sentence == entry.result.work.kind
            return Row("unusable", Fraction(points) if decided else None)
        return self._graded(name, entry.result)

    def _graded(self, name: str, result: Result) -> Row:
        most, score, automatic, waits = RUBRICS[result.rubric].points, Fraction(0), Fraction(0), False
        for criterion, points in most.items():
            found = Fraction(points if criterion in PASSED[result.work.kind] else 0)
            given = self.decisions.points.get((name, criterion), ("automatic", ""))[0]
            automatic += found
            score += found if given == "automatic" else min(Fraction(given), Fraction(points))
            waits |= criterion == "style" and given == "automatic"
        return Row("graded", score - min(score, self._penalty(name, sum(most.values()))), automatic, waits)

    def _penalty(self, name: str, most: int) -> Fraction:
        names = [name, *(person for person, whole in self.whose(self.roster).items() if whole == name)]
        times = [self.decisions.times[each] for each in names if each in self.decisions.times]
        if self.decisions.per_day in ("", "none") or not times:
            return Fraction(0)
        until = max([0, *(self.decisions.extensions.get(each, 0) for each in names)])
        each = Fraction(most, 10) if self.decisions.per_day.endswith("%") else Fraction(self.decisions.per_day)
        return each * max(0, max(times) - until)

    def _missing(self, name: str) -> Row:
        given = self.decisions.missing.get(name, "automatic")
        return Row("missing", None if given == "automatic" else Fraction(given))

    def grades(self) -> dict[str, Row]:
        """Return the rows of grades.csv."""
        missing = {person.id: self._missing(person.id) for person in self.roster if person.id not in self.whose(self.roster)}
        return {name: self.row(name) for name in self.entries} | missing

    def exported(self, roster: Iterable[Person]) -> dict[str, tuple[str, Row]]:
        """Return the rows of an export, by the roster's ids or, of those who are not on it, by their own: submission and row."""
        roster = list(roster)
        whose = self.whose(roster)
        rows = {
            person.id: (whose[person.id], self.row(whose[person.id])) if person.id in whose else ("", self._missing(person.id))
            for person in roster
        }
        others = [name for name, entry in self.entries.items() if name not in whose.values() and not entry.gone]
        return rows | {name: (name, self.row(name)) for name in others}

    def named(self, what: str) -> list[str]:
        """Return the submissions that are `pending`, `gone` or `lost`."""
        found = {
            "pending": lambda e: e.pending,
            "gone": lambda e: e.gone,
            "lost": lambda e: e.lost and e.result and not (e.pending or e.gone),
        }[what]
        return sorted(name for name, entry in self.entries.items() if found(entry))

    @property
    def counting(self) -> dict[str, Entry]:
        return {name: entry for name, entry in self.entries.items() if entry.counts}


def settled(before: Results, after: Results, begun: Results, seen: Mapping[str, Any]) -> Results:
    """Return the state that was reached when the command from one state to another was cut off.

    Of each submission it is one of the three; `begun` is the state in which all is pending. `seen` says by submission what the folder
    says: pending, gone, or the work and rubric of the report. Decisions and roster are all as before, or all as after.
    """
    entries = {}
    for name in {*before.entries, *after.entries}:
        allowed = [state.entries.get(name) for state in (after, before, begun)]
        fitting = [entry for entry in allowed if looks(entry) == seen.get(name)]
        assert fitting, f"{name} is {seen.get(name)}, and must be one of {[looks(entry) for entry in allowed]}"
        if fitting[0]:
            entries[name] = fitting[0]
    return replace(before, entries=entries)


def looks(entry: Entry | None) -> Any:
    """Return what can be seen of an entry; None where there is none."""
    if entry is None:
        return None
    if entry.gone:
        return "gone"
    if entry.pending:
        return f"pending by {entry.pending}"
    if entry.lost:
        return "lost"
    return entry.result
