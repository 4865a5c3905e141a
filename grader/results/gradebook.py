"""What every export starts from: the results in OUT, each with the person on the roster whose they are.

    book = read_book(out, people, index)
    book.entries            one for each submission, and one for each on the roster from whom nothing came in
    book.report(entry)      the whole report

Points are those that count: after what people decided, where they did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.course.decision_log import State, state
from grader.course.final_points import of_missing
from grader.course.roster import Person, could_be, match_all
from grader.messages import retold
from grader.model import KitFault, Sentences, round_points
from grader.report.final_points import sentences
from grader.report_format import CriterionReport, Report, StepReport, counted
from grader.results import report_file
from grader.results.index import COLLECTED, Index
from grader.results.index import Entry as IndexEntry
from grader.results.texts import texts_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a gradebook. `status` is that of the report, or `missing`, `unclear` or `gone`; only who is graded has points."""

    id: str
    """The submission's, or the person's where there is none. Of a pair both have the same."""
    status: str
    person: Person
    score: Fraction = Fraction(0)
    bonus: Fraction = Fraction(0)
    max_score: Fraction = Fraction(0)
    provisional: bool = False
    note: str = ""
    """Why there is no report."""
    decided: bool = False
    """A person gave points for what could not be graded, or for who handed in nothing."""
    whose: str = ""
    """Who it could be, or that it is not on the roster; empty where it is somebody's for certain."""

    @property
    def is_graded(self) -> bool:
        """Return whether there are points, of the grader or of a person."""
        return self.status == "graded" or self.decided

    @property
    def keys(self) -> frozenset[str]:
        """All by which a gradebook may know this student, in small letters."""
        return frozenset(key.casefold() for key in (self.id if self.person.id == self.id else "", *self.person.keys) if key)


@dataclass(frozen=True, slots=True)
class Book:
    """The results of a run."""

    out: Path
    entries: tuple[Entry, ...]

    def report(self, entry: Entry) -> Report:
        """Return an entry's report. Raises KitFault where there is none."""
        if entry.note:
            raise KitFault(f"there is no report on {entry.id}: {entry.note}")
        return report_file.read(self.out / entry.id / "report.json")

    def notes(self, entry: Entry) -> list[str]:
        """Return what there is to say of a submission as a whole, in sentences: its notes, and what people decided."""
        if entry.note:
            return [entry.note]
        report = self.report(entry)
        return [*(retold(self.texts, note) for note in report["notes"]), *self.decisions(report)]

    @property
    def texts(self) -> Sentences:
        """The words in which the reports are written."""
        return texts_of(self.out)

    def decisions(self, report: Report) -> list[str]:
        """Return what people decided about a report, each in a sentence."""
        return list(sentences(report, self.texts)) if "final" in report else []

    def submissions(self) -> list[Entry]:
        """Return the entries without those that show another person's submission a second time."""
        first: dict[str, Entry] = {}
        for entry in self.entries:
            first.setdefault(entry.id, entry)
        return list(first.values())


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the command line said about an export; each target looks at what concerns it."""

    into: Path | None = None
    template: Path | None = None
    column: str = ""
    scale: bool = False
    bonus: bool = False
    feedback: bool = False
    maximum: str = ""
    changeable: str = ""
    comments: str = ""
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


def read_book(out: Path, people: Sequence[Person], index: Index) -> Book:
    """Return the book of OUT, sorted as the roster is, then by id. Raises KitFault for a damaged report."""
    present = [name for name, entry in index.entries.items() if not entry.gone]
    matched = match_all(people, present, out)
    whose, gone = matched.whose, match_all(people, index.gone, out, matched.whose).whose
    strangers = matched.notes_on_strangers(present)
    entries = [
        _entry(out, whose[p.id], index, p)
        if p.id in whose
        else Entry(gone[p.id], "gone", p, note=why_none(out, gone[p.id], index.entries[gone[p.id]]))
        if p.id in gone
        else Entry(p.id, "unclear", p, note=could_be(names))
        if (names := matched.could_have(p.id))
        else _missing(p, index, state(out))
        for p in people
    ]
    known = {*whose.values(), *index.gone}
    others = [name for name in sorted(index.entries) if name not in known]
    entries += [replace(_entry(out, name, index, Person(name)), whose=strangers.get(name, "")) for name in others]
    if all(entry.note for entry in entries):
        if index.pending:
            raise KitFault(f"{out}: a run did not finish, and nothing of it is finished yet: run it again")
        raise KitFault(f"{out} holds no results (<id>/report.json): run grade or cohort first")
    return Book(out, tuple(entries))


def _missing(person: Person, index: Index, decided: State) -> Entry:
    """Return the entry of somebody from whom nothing came in, with the points that a person gave for that."""
    entry = Entry(person.id, "missing", person, note="nothing came in")
    given = of_missing(decided, person.id, index.max_score)
    if given is None:
        return entry
    return replace(entry, score=given[0], max_score=Fraction(str(index.max_score)), note=f"nothing came in; {given[1]}", decided=True)


def why_none(out: Path, name: str, entry: IndexEntry) -> str:
    """Return why a submission of the index has no report that counts, in a sentence; empty if it has one."""
    if entry.gone:
        return "it is no longer among what came in"
    if entry.pending:
        return f"the run of `grader {entry.pending.partition(' ')[0]}` that began it did not finish: run it again"
    if entry.status == COLLECTED:
        return "it was collected and not compared: run `grader compare`"
    return "" if (out / name / "report.json").is_file() else "its report is gone: grade it again"


def _entry(out: Path, name: str, index: Index, person: Person) -> Entry:
    if note := why_none(out, name, index.entries[name]):
        return Entry(name, "not graded", person, note=note)
    report = report_file.read(out / name / "report.json")
    entry = Entry(name, report["status"], person, provisional=is_provisional(report))
    counts = counted(report)
    if counts["score"] is None:
        return entry
    score, bonus, most = (Fraction(str(value)) for value in (counts["score"], counts["bonus"], report["max_score"]))
    return replace(entry, score=score, bonus=bonus, max_score=most, decided=report["status"] != "graded")


def is_provisional(report: Report) -> bool:
    """Return whether a result counts for nothing yet: a part was left out, or a person has still to give points."""
    return bool(report["provisional"] or counted(report)["waiting"])


def points_of(entry: Entry, given: ExportOptions, most: Fraction | None, where: str) -> Fraction:
    """Return the points that a gradebook gets, rounded half up to 0.01; `most` is the gradebook's own maximum, if it has one.

    Raises KitFault where the maxima differ and nobody said that points are to be scaled.
    """
    points = entry.score + (entry.bonus if given.bonus else 0)
    if most is not None and most != entry.max_score:
        if not given.scale or not entry.max_score:
            raise KitFault(f"{where} has a maximum of {shown(most)}, the assignment {shown(entry.max_score)}: say --scale, or change one")
        points = points * most / entry.max_score
    return round_points(points)


def written_points(report: Report) -> float | None:
    """Return the points that people gave for answers in writing, or None where they gave none."""
    given = [answer["score"] for answer in report.get("written", ()) if answer["score"] is not None]
    return round(sum(given), 2) if given else None


def shown(points: Fraction) -> str:
    """Return points as text, with as many decimals as they need: 35, 62.5, 7.25."""
    return f"{float(points):.2f}".rstrip("0").rstrip(".")


def counted_criteria(report: Report) -> list[tuple[StepReport, CriterionReport, float | None]]:
    """Return each step, criterion and the points that count for it: those a person gave, or else the automatic ones.

    The points are None where a person has still to give some. What was decided on a step as a whole is not spread over its criteria.
    """
    decided = {(d["step"], d["criterion"]): d["points"] for d in counted(report)["decisions"] if d["criterion"]}
    return [
        (step, criterion, decided.get((step["id"], criterion["id"]), None if criterion.get("manual") else criterion["score"]))
        for step in report["steps"]
        for criterion in step["criteria"]
    ]
