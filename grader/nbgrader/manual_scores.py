"""Scores and comments that a person gave in a gradebook, as decisions for the log: on whole steps, and on answers in words."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from grader.course.decision_log import AUTOMATIC, STEP, WRITTEN, NewEntry, State
from grader.model import round_points
from grader.release.notebook import WRITTEN as PREFIX
from grader.report.scoring import number
from grader.report_format import Report

BY = "nbgrader"
"""Who decided, as the log shows it: a gradebook does not say which person."""
ScoresByHand = Mapping[str, tuple[float | None, float]]
"""The score of each cell, if a person gave one, and its maximum."""


def decided(report: Report, given: ScoresByHand, words: Mapping[str, str | None], known: State) -> Iterator[NewEntry]:
    """Yield what people decided about a report and the log does not hold yet; `words` are their comments, by the cell's name.

    A step's manual score takes the place of its own; where it was taken back, the own score counts again.
    """
    name, steps = report["submission"], {step["id"] for step in report["steps"]}
    for step in sorted(steps):
        score = given.get(step, (None, 0.0))[0]
        before = known.steps.get(name, {}).get(step, {"points": AUTOMATIC, "reason": ""})
        points = AUTOMATIC if score is None else str(_points(score))
        reason = "" if score is None else words.get(step) or ""
        if (points, reason) != (before["points"], before["reason"]):
            yield {"kind": STEP, "id": name, "step": step, "points": points, "reason": reason}
    for cell, (score, most) in sorted(given.items()):
        if cell in steps:
            continue
        question = cell.removeprefix(PREFIX)
        gives, of, comment = None if score is None else _points(score), _points(most), words.get(cell) or ""
        held = known.written.get(name, {}).get(question)
        if (gives, of, comment) != ((held["score"], held["max_score"], held["comment"]) if held else (None, of, "")):
            yield {"kind": WRITTEN, "id": name, "question": question, "score": gives, "max_score": of, "comment": comment}


def points_of_unusable(given: ScoresByHand) -> str | None:
    """Return the sum of the points that a person gave to the steps of what could not be graded; None while a step has none."""
    scores = [score for name, (score, most) in given.items() if most and not name.startswith(PREFIX)]
    return None if None in scores or not scores else str(_points(sum(score for score in scores if score is not None)))


def cut(report: Report, given: ScoresByHand) -> Iterator[str]:
    """Yield sentences on scores outside of what a step can have."""
    for step in report["steps"]:
        score = given.get(step["id"], (None, 0.0))[0]
        if score is not None and not 0 <= score <= step["max_score"]:
            counts = min(max(score, 0), step["max_score"])
            yield f"{step['id']}: the manual score of {score:g} was cut to {counts:g}, for the step has {step['max_score']:g} points"


def _points(score: float) -> int | float:
    return number(round_points(Fraction(str(max(score, 0.0)))))
