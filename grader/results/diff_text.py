"""Text and JSON of what a regrade changes: first a summary by criterion, then each submission whose points change.

text = lines(changes, total, refused)
data = as_json(changes, refused)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NotRequired, TypedDict

from grader.escape import plain
from grader.results.gradebook import Entry
from grader.results.regrade_diff import Change, Criterion, points_text


@dataclass(frozen=True, slots=True)
class Summary:
    """What changed in one criterion over all submissions: how many gained and lost, and how many points in all."""

    criterion: str
    gained: int
    points_gained: Fraction
    lost: int
    points_lost: Fraction
    notes: tuple[str, ...]
    """What the criterion is worth, if that changed."""


class SummaryData(TypedDict):
    """A Summary for programs."""

    id: str
    gained: int
    points_gained: float
    lost: int
    points_lost: float
    notes: list[str]


class CriterionData(TypedDict):
    """A change in one criterion, for programs."""

    id: str
    before: float | None
    after: float | None
    note: str


class ChangeData(TypedDict):
    """A change of one submission, for programs."""

    submission: str
    before: float | None
    after: float | None
    bonus_before: float | None
    bonus_after: float | None
    drop: bool
    reasons: list[str]
    criteria: list[CriterionData]


class SameData(TypedDict):
    """A submission that did not change, for programs."""

    submission: str
    score: float | None


class DiffData(TypedDict):
    """All changes, for programs."""

    criteria: list[SummaryData]
    changes: list[ChangeData]
    unchanged: NotRequired[list[SameData]]
    not_accepted: list[str]


def summarize(changes: Sequence[Change]) -> list[Summary]:
    """Return the summary of each criterion that changed for anybody, in the order in which the changes name them."""
    found: dict[str, list[Criterion]] = {}
    for criterion in (criterion for change in changes for criterion in change.criteria):
        found.setdefault(criterion.name, []).append(criterion)
    return [_summary(name, several) for name, several in found.items()]


def _summary(name: str, several: Sequence[Criterion]) -> Summary:
    moves = [_points(c.after) - _points(c.before) for c in several]
    ups, downs = [by for by in moves if by > 0], [-by for by in moves if by < 0]
    notes = dict.fromkeys(part for c in several for part in c.note.split("; ") if "cases passed" not in part and part)
    return Summary(name, len(ups), sum(ups, Fraction(0)), len(downs), sum(downs, Fraction(0)), tuple(notes))


def _points(points: Any) -> Fraction:
    """Return a criterion's points; none are 0."""
    return Fraction(0) if points is None else Fraction(str(points))


def lines(changes: Sequence[Change], total: int, refused: Sequence[Change], same: Sequence[Entry] | None = None) -> Iterator[str]:
    """Yield the changes for people: a summary by criterion, then whose points change, then the others in one line.

    `same` are the unchanged submissions to list, by default none.
    """
    ups, downs = sum(c.by > 0 and not c.is_drop for c in changes), sum(c.is_drop for c in changes)
    yield f"{len(changes)} of {total} changed: {ups} up, {downs} down, {len(changes) - ups - downs} otherwise"
    common = [reason for reason in changes[0].reasons if all(reason in c.reasons for c in changes)] if len(changes) > 1 else []
    yield from (f"because of {plain(reason)}" for reason in common)
    yield from _by_criterion(changes)
    others = [c for c in changes if c.before is not None and (c.before, c.bonus_before) == (c.after, c.bonus_after)]
    for change in changes:
        if change not in others:
            yield from _of_one(change, common)
    if others:
        yield f"\nWith the same points as before ({len(others)}): {', '.join(plain(change.id) for change in others)}"
        yield from (f"  {plain(c.id)}: because of {plain(reason)}" for c in others for reason in c.reasons if reason not in common)
    if same:
        yield f"\nUnchanged ({len(same)}):"
        yield from (f"  {plain(entry.id)}: {points_text(entry.score) if entry.is_graded else entry.status}" for entry in same)
    if refused:
        yield f"\nNot accepted: {', '.join(plain(change.id) for change in refused)}"


def _by_criterion(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a line for each criterion that changed: how many gained and lost how many points, and what it is worth."""
    summaries = summarize(changes)
    if summaries:
        yield "\nBy criterion:"
    for summary in summaries:
        parts = [
            f"{number} {verb} {points_text(points)} in all"
            for number, verb, points in ((summary.gained, "gained", summary.points_gained), (summary.lost, "lost", summary.points_lost))
            if number
        ]
        worth = f" ({'; '.join(summary.notes)})" if summary.notes else ""
        yield f"  {summary.criterion}: {', '.join(parts) or 'the same points'}{worth}"


def _of_one(change: Change, common: Sequence[str]) -> Iterator[str]:
    """Yield the points of one submission before and after, why, and the criteria that pay another number of points."""
    bonus = ""
    if change.bonus_before != change.bonus_after and None not in (change.before, change.after):
        bonus = f", bonus {points_text(change.bonus_before)} -> {points_text(change.bonus_after)}"
    by = f" ({'+' if change.by > 0 else ''}{float(change.by):g})" if None not in (change.before, change.after) else ""
    yield f"\n{plain(change.id)}: {points_text(change.before)} -> {points_text(change.after)}{by}{bonus}"
    yield from (f"  because of {plain(reason)}" for reason in change.reasons if reason not in common)
    for criterion in change.criteria:
        if criterion.before != criterion.after:
            note = f" ({criterion.note})" if criterion.note else ""
            yield f"  {criterion.name}: {_number(criterion.before)} -> {_number(criterion.after)}{note}"


def _number(points: Any) -> str:
    return "none" if points is None else f"{points:g}"


def as_json(changes: Sequence[Change], refused: Sequence[Change], same: Sequence[Entry] | None = None) -> DiffData:
    """Return the changes for programs; the key `unchanged` lists the submissions in `same`, and is absent by default."""
    data: DiffData = {
        "criteria": [
            {
                "id": summary.criterion,
                "gained": summary.gained,
                "points_gained": float(summary.points_gained),
                "lost": summary.lost,
                "points_lost": float(summary.points_lost),
                "notes": list(summary.notes),
            }
            for summary in summarize(changes)
        ],
        "changes": [
            {
                "submission": c.id,
                "before": _float(c.before),
                "after": _float(c.after),
                "bonus_before": _float(c.bonus_before),
                "bonus_after": _float(c.bonus_after),
                "drop": c.is_drop,
                "reasons": list(c.reasons),
                "criteria": [{"id": k.name, "before": k.before, "after": k.after, "note": k.note} for k in c.criteria],
            }
            for c in changes
        ],
        "unchanged": [{"submission": entry.id, "score": _float(entry.score) if entry.is_graded else None} for entry in same or ()],
        "not_accepted": [change.id for change in refused],
    }
    if same is None:
        del data["unchanged"]
    return data


def _float(points: Fraction | None) -> float | None:
    return None if points is None else float(points)
