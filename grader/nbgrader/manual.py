"""Scores and comments that a person gave, in a report: `manual` beside a step's score, `written` for answers in words."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from grader.notebook import WRITTEN
from grader.score import number, round_points


def take_in(report: dict[str, Any], given: Mapping[str, tuple[float | None, float]], words: Mapping[str, str | None]) -> Iterator[str]:
    """Change the report to what people gave: the score of a cell, if any, and its maximum, and comments, by the cell's name.

    A step's manual score takes the place of its own, which is kept as `auto_score`; without one the own score is back.
    """
    steps = {step["id"]: step for step in report["steps"]}
    for name, step in steps.items():
        auto = step.pop("manual", {}).get("auto_score", step["score"])
        score = given.get(name, (None, 0.0))[0]
        step["score"] = auto
        if score is not None:
            step["score"] = _points(min(max(score, 0.0), step["max_score"]))
            step["manual"] = {"source": "nbgrader", "auto_score": auto, "comment": words.get(name) or ""}
            if not 0 <= score <= step["max_score"]:
                yield f"{name}: the manual score of {score:g} was cut to {step['score']:g}, for the step has {step['max_score']:g} points"
    if report["status"] == "graded":
        report["score"] = _points(sum(step["score"] for step in report["steps"]))
    answers = [
        {
            "id": name.removeprefix(WRITTEN),
            "score": None if score is None else _points(max(score, 0.0)),
            "max_score": _points(most),
            "comment": words.get(name) or "",
        }
        for name, (score, most) in sorted(given.items())
        if name not in steps
    ]
    report.pop("written", None)
    if answers:
        report["written"] = answers


def _points(score: float) -> int | float:
    return number(round_points(Fraction(str(score))))
