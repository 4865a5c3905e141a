"""Make the pseudonymised tables of a study from a folder of results and two quick checks.

tables = study_tables(out, index, study, names, checks)
tables["students"]          rows, each a mapping by the columns of `codebook.TABLES`
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.course.roster import kept_facts
from grader.report_format import Report, counted
from grader.results.folder import present, read_report
from grader.results.gradebook import counted_criteria
from grader.results.index import Index
from grader.results.study import Line, Study, participants, read_log
from grader.study.quick_checks import Check

Row = dict[str, str | float]
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Participant:
    """What OUT holds on one participant."""

    name: str
    """The pseudonym."""
    at: str
    report: Report | None
    log: Sequence[Line]
    times: Sequence[str | None]

    def hours(self, at: str | None) -> float | str:
        """Return the hours from assignment to a moment; empty where the moment is not known."""
        if not at:
            return ""
        moment, start = datetime.fromisoformat(at), datetime.fromisoformat(self.at)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=start.tzinfo)
        return round((moment - start).total_seconds() / 3600, 1)

    @property
    def versions(self) -> list[str]:
        """Return the hashes of the programs that were graded, in the order in which they came first."""
        return list(dict.fromkeys(line["submission_sha256"] for line in self.log))


def study_tables(out: Path, index: Index, study: Study, names: Mapping[str, str], checks: Mapping[str, Check]) -> dict[str, list[Row]]:
    """Return all tables. `names` are the pseudonyms by id, `checks` the quick checks by `before` and `after`.

    Rows are in the order of the pseudonyms, which says nothing about the order of the roster.
    """
    whose = {person: work for work, people in participants(out, [*index.entries, *kept_facts(out)]).items() for person in people}
    reported, facts = set(present(out, index)), kept_facts(out)
    tables: dict[str, list[Row]] = {name: [] for name in ("students", "criteria", "attempts", "misconceptions", "checks", "shown")}
    for person in sorted(study.people, key=names.__getitem__):
        work = whose.get(person, "")
        who = Participant(
            names[person],
            study.people[person].at,
            read_report(out, work) if work in reported else None,
            [line for line in read_log(out, work) if person in line["people"]] if work else [],
            facts.get(work, {}).get("times") or (),
        )
        totals = {column: checks[when].total(person) if when in checks else None for when, column in ((BEFORE, "pre"), (AFTER, "post"))}
        tables["students"].append(_student(who, study, person, totals))
        tables["criteria"] += _criteria(who)
        tables["attempts"] += _attempts(who)
        tables["misconceptions"] += _misconceptions(who)
        tables["shown"] += _shown(who)
        tables["checks"] += _checks(who.name, person, checks)
    return tables


def _student(who: Participant, study: Study, person: str, totals: Mapping[str, float | None]) -> Row:
    assigned, report = study.people[person], who.report
    counts = counted(report) if report else None
    return {
        "student": who.name, "arm": assigned.arm, "stratum": assigned.stratum, "status": report["status"] if report else "missing",
        "score": _number(counts and counts["score"]), "bonus": _number(counts and counts["bonus"]), "reports": len(who.log),
        "named": sum(line["diagnosis"] for line in who.log), **{column: _number(points) for column, points in totals.items()},
    }  # fmt: skip


def _number(value: float | None) -> float | str:
    return "" if value is None else value


def _criteria(who: Participant) -> Iterator[Row]:
    for step, criterion, points in counted_criteria(who.report) if who.report else ():
        yield {
            "student": who.name, "step": step["id"], "criterion": criterion["id"], "points": _number(points),
            "max_points": criterion["max_score"], "bonus": _yes(criterion["bonus"]), "outcome": criterion["outcome"],
        }  # fmt: skip


def _attempts(who: Participant) -> Iterator[Row]:
    for number, at in enumerate(who.times, start=1):
        yield {"student": who.name, "kind": "handed in", "number": number, "hours": who.hours(at), "version": "", "score": ""}
    for number, line in enumerate(who.log, start=1):
        yield {
            "student": who.name, "kind": "graded", "number": number, "hours": who.hours(line["at"]),
            "version": who.versions.index(line["submission_sha256"]) + 1, "score": _number(line["score"]),
        }  # fmt: skip


def _misconceptions(who: Participant) -> Iterator[Row]:
    by_id: dict[str, list[Line]] = {}
    for line in who.log:
        for name in dict.fromkeys(found["id"] for found in line["found"]):
            by_id.setdefault(name, []).append(line)
    for name, lines in by_id.items():
        yield {
            "student": who.name, "misconception": name,
            "criteria": sum(found["id"] == name for found in lines[0]["found"]),
            "first_hours": who.hours(lines[0]["at"]), "last_hours": who.hours(lines[-1]["at"]),
            "shown": _yes(any(line["diagnosis"] for line in lines)), "persists": _persists(who, name, lines),
        }  # fmt: skip


def _persists(who: Participant, name: str, lines: Iterable[Line]) -> str:
    """Return whether a misconception of an earlier program is in the latest one too; empty where there is one program."""
    if len(who.versions) < 2:
        return ""
    latest = who.log[-1]
    if all(line["submission_sha256"] == latest["submission_sha256"] for line in lines):
        return "new"
    return _yes(any(found["id"] == name for found in latest["found"]))


def _shown(who: Participant) -> Iterator[Row]:
    for line in who.log:
        named, page = _yes(line["diagnosis"]), _yes(line["page"])
        yield {"student": who.name, "hours": who.hours(line["at"]), "arm": line["arm"], "named": named, "page": page}


def _checks(name: str, person: str, checks: Mapping[str, Check]) -> Iterator[Row]:
    for when, check in checks.items():
        for question, points in check.points.get(person, {}).items():
            yield {"student": name, "when": when, "question": question, "points": _number(points)}


def _yes(value: bool) -> str:
    return "yes" if value else "no"
