"""What a regrade changes: who gets how many points more or less, in which criterion, and why.

changes = compare_runs(before, after)
refused = drops_to_accept(changes, accepted)

`grader.results.diff_text` makes text and JSON of the changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from grader.course.decision_log import Entry as DecisionEntry
from grader.course.decision_log import NewEntry
from grader.csv_reader import read_table
from grader.escape import plain
from grader.model import KitFault
from grader.report_format import Report, counted
from grader.results.gradebook import Book, Entry, counted_criteria, shown

KIT = {
    "grader": "the grader's version", "reference_sha256": "the reference", "seed": "the seed", "cases": "the course secret",
    "python": "the Python version", "sandbox": "the sandbox",
}  # fmt: skip
"""What of a report's provenance is the kit's, and what it is called."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What changed in one criterion; None where it is not there, or a person has still to give points."""

    name: str
    before: float | None
    after: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """What changed for one submission."""

    id: str
    before: Fraction | None
    after: Fraction | None
    bonus_before: Fraction | None
    bonus_after: Fraction | None
    reasons: tuple[str, ...]
    criteria: tuple[Criterion, ...]

    @property
    def by(self) -> Fraction:
        return (self.after or Fraction(0)) - (self.before or Fraction(0))

    @property
    def is_drop(self) -> bool:
        """Say whether anything is worse than before: the points, the bonus, or that there are any."""
        if self.before is None:
            return False
        bonus = (self.bonus_after or Fraction(0)) - (self.bonus_before or Fraction(0))
        return self.after is None or self.by < 0 or bonus < 0


def compare_runs(before: Book, after: Book) -> list[Change]:
    """Return the changes between the results in two folders, in the order of ids, without those who stay the same."""
    olds = {entry.id: entry for entry in before.entries if not entry.note}
    news = {entry.id: entry for entry in after.entries if not entry.note}
    changes = (_change(name, before, olds.get(name), after, news.get(name)) for name in sorted({*olds, *news}))
    return [change for change in changes if change]


def unchanged(before: Book, after: Book, changes: Sequence[Change]) -> list[Entry]:
    """Return the entries of the results after, in the order of ids, that count in both folders and are the same in both."""
    names = {entry.id for entry in before.entries if not entry.note} - {change.id for change in changes}
    kept = {entry.id: entry for entry in after.entries if not entry.note and entry.id in names}
    return [kept[name] for name in sorted(kept)]


def _change(name: str, before: Book, old: Entry | None, after: Book, new: Entry | None) -> Change | None:
    if old is None or new is None:
        why = "only in the new results" if old is None else "no longer among the results"
        return Change(name, _points(old), _points(new), _bonus(old), _bonus(new), (why,), ())
    was, now = before.report(old), after.report(new)
    criteria = tuple(_criteria(was, now)) if was["status"] == now["status"] == "graded" else ()
    same = (_points(old), _bonus(old), old.status) == (_points(new), _bonus(new), new.status)
    if same and not criteria:
        return None
    return Change(name, _points(old), _points(new), _bonus(old), _bonus(new), tuple(_reasons(was, now)), criteria)


def _points(entry: Entry | None) -> Fraction | None:
    return entry.score if entry and entry.is_graded else None


def _bonus(entry: Entry | None) -> Fraction | None:
    return entry.bonus if entry and entry.is_graded else None


def _reasons(was: Report, now: Report) -> Iterator[str]:
    """Yield what differs between what two reports were made from."""
    old, new = was["provenance"], now["provenance"]
    if was["status"] != now["status"] and "unusable" in (was["status"], now["status"]):
        yield f"submission: there was {'no' if was['status'] == 'unusable' else 'a'} program in it before"
    elif old["submission_sha256"] != new["submission_sha256"]:
        yield "submission: another one was graded"
    if old["rubric_sha256"] != new["rubric_sha256"]:
        yield "rubric: it was changed"
    if differing := [name for key, name in KIT.items() if old.get(key) != new.get(key)]:
        yield f"kit: {', '.join(differing)}"
    if _decided(was) != _decided(now):
        yield "decision: a person gave other points"
    if was["status"] != now["status"]:
        yield f"status: {was['status']} before, {now['status']} now"
    if all(was["provenance"].get(k) == now["provenance"].get(k) for k in ("submission_sha256", "rubric_sha256", *KIT)) and (
        _decided(was) == _decided(now)
    ):
        yield "nothing that is known: the same submission, rubric and kit; does it answer at random?"


def _decided(report: Report) -> list[tuple[str, str | None, str | None, float]]:
    return [(d["kind"], d["step"], d["criterion"], d["points"]) for d in counted(report)["decisions"]]


def _criteria(was: Report, now: Report) -> Iterator[Criterion]:
    olds = {(step["id"], criterion["id"]): (criterion, points) for step, criterion, points in counted_criteria(was)}
    news = {(step["id"], criterion["id"]): (criterion, points) for step, criterion, points in counted_criteria(now)}
    for key in list(dict.fromkeys([*olds, *news])):
        name = "/".join(key)
        if key not in news or key not in olds:
            there, points = olds.get(key) or news[key]
            note = "removed from the rubric" if key in olds else f"new in the rubric, worth {there['max_score']:g}"
            yield Criterion(name, points if key in olds else None, None if key in olds else points, note)
            continue
        (old, before), (new, after) = olds[key], news[key]
        worth = f"worth {old['max_score']:g} before, {new['max_score']:g} now" if old["max_score"] != new["max_score"] else ""
        passed = (old["passed"], old["cases_total"]), (new["passed"], new["cases_total"])
        cases = f"{passed[0][0]} of {passed[0][1]} cases passed before, {passed[1][0]} of {passed[1][1]} now"
        if before != after or old["max_score"] != new["max_score"]:
            yield Criterion(name, before, after, "; ".join(note for note in (worth, cases if passed[0] != passed[1] else "") if note))


# ---- drops --------------------------------------------------------------------


def read_accepted(path: Path) -> dict[str, tuple[str, str]]:
    """Return the reason and, if given, the accepted score of each drop: a CSV with the columns id, reason, and perhaps score."""
    accepted: dict[str, tuple[str, str]] = {}
    for row in read_table(path, ("id", "reason")).rows:
        name, reason = row["id"], row["reason"]
        if not name or not reason:
            raise KitFault(f"{row.place}: each drop is accepted by an id and with a reason")
        if name in accepted:
            raise KitFault(f"{row.place}: {plain(name)} appears twice")
        accepted[name] = reason, row["score"]
    return accepted


def drops_to_accept(changes: list[Change], accepted: Mapping[str, tuple[str, str]]) -> list[Change]:
    """Return the drops that nobody has accepted; an acceptance that names a score is for that score alone."""
    return [c for c in changes if c.is_drop and not (c.id in accepted and accepted[c.id][1] in ("", points_text(c.after)))]


def newly_accepted(changes: list[Change], accepted: Mapping[str, tuple[str, str]], known: Sequence[DecisionEntry]) -> Iterator[NewEntry]:
    """Yield what the log of decisions gets to know: each drop that was accepted, once."""
    for change in changes:
        if change.is_drop and change.id in accepted:
            facts: NewEntry = {
                "kind": "accepted drop",
                "id": change.id,
                "before": points_text(change.before),
                "after": points_text(change.after),
                "reason": accepted[change.id][0],
            }
            if not any(facts.items() <= entry.items() for entry in known):
                yield facts


def points_text(points: Fraction | None) -> str:
    """Return points as text, and `none` where there are none."""
    return "none" if points is None else shown(points)
