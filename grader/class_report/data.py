"""Make the content of class.json from a folder of results.

data = class_data(out, index, at)                        the whole class
data = class_data(out, index, at, pseudonyms=names)      without ids, hashes and texts that could name a student

Points are those that count: where people decided, theirs. docs/class.md explains each figure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from grader.class_report import item_analysis
from grader.class_report.class_format import (
    ClassCriterion,
    ClassData,
    ClassSubmission,
    CriterionFacts,
    Identical,
    Misconception,
    StepFacts,
    Summary,
    WithoutPoints,
)
from grader.report_format import Report, counted
from grader.results.class_files import SCHEMA
from grader.results.folder import all_reports, table
from grader.results.gradebook import counted_criteria
from grader.results.index import Index
from grader.results.study import with_hidden

GRADED = "graded"
Rename = Callable[[str], str]


@dataclass
class Work:
    """One graded submission: its points that count, by step and by (step, criterion), and what is known of it besides."""

    id: str
    score: float
    bonus: float
    waiting: list[str]
    provisional: bool
    sha256: str
    rubric: str
    steps: dict[str, float]
    points: dict[tuple[str, str], float | None]
    outcomes: dict[tuple[str, str], str]
    diagnoses: dict[str, tuple[str, set[str]]] = field(default_factory=dict)
    """By diagnosis, its sentence and the criteria (step/criterion) that it explains."""

    @property
    def wrote_nothing(self) -> bool:
        """Return whether no function was written: nothing passed, and something was left as it was handed out."""
        return "unwritten" in self.outcomes.values() and "pass" not in self.outcomes.values() and not self.score


@dataclass
class Items:
    """The steps and criteria of a class, in rubric order. Where reports differ in a maximum, the last report's counts."""

    steps: dict[str, StepFacts] = field(default_factory=dict)
    criteria: dict[tuple[str, str], CriterionFacts] = field(default_factory=dict)

    def add(self, report: Report) -> None:
        """Take the steps and criteria of a report along."""
        for step in report["steps"]:
            self.steps[step["id"]] = {"id": step["id"], "title": step["title"], "max_score": step["max_score"]}
            for criterion in step["criteria"]:
                self.criteria[step["id"], criterion["id"]] = {
                    "id": criterion["id"],
                    "says": criterion["says"],
                    "max_score": criterion["max_score"],
                    "bonus": criterion["bonus"],
                    "public": criterion["public"],
                    "step": step["id"],
                    "manual": bool(criterion.get("manual")),
                }


def class_data(out: Path, index: Index, at: str, pseudonyms: Mapping[str, str] | None = None) -> ClassData:
    """Return the content of class.json, as `schemas/class.schema.json` describes it. `at` is the moment, in ISO 8601.

    With `pseudonyms`, keyed by submission or person, the result contains no student's name. Raises KitFault at a damaged report.
    """
    items, works = Items(), list[Work]()
    for report in all_reports(out, index):
        if report["status"] == GRADED:
            items.add(report)
            works.append(_work(with_hidden(out, report)))
    works.sort(key=lambda work: (-work.score, -work.bonus, work.id))
    rename = pseudonyms.__getitem__ if pseudonyms is not None else str
    return {
        "schema": SCHEMA,
        "made_at": at,
        "pseudonyms": pseudonyms is not None,
        "graded": len(works),
        "rubrics": len({work.rubric for work in works}),
        "max_score": sum(step["max_score"] for step in items.steps.values()),
        "score": _summary([work.score for work in works], sum(step["max_score"] for step in items.steps.values())),
        "steps": [
            {**step, **_summary([work.steps[name] for work in works if name in work.steps], step["max_score"])}
            for name, step in items.steps.items()
        ],
        "criteria": [_criterion(key, facts, works, items) for key, facts in items.criteria.items()],
        "misconceptions": _misconceptions(works, rename),
        "submissions": [_submission(work, items, rename) for work in works],
        "without_points": _without_points(out, index, rename, said=pseudonyms is None),
        "waiting": [{"submission": rename(work.id), "criteria": work.waiting} for work in works if work.waiting],
        "identical": _identical(works, rename, said=pseudonyms is None),
    }


def everybody(out: Path, index: Index) -> list[str]:
    """Return every name that class.json may hold: submissions, and people on the roster without a result."""
    return [row["submission"] for row in table(out, index)]


def _work(report: Report) -> Work:
    counts = counted(report)
    assert counts["score"] is not None
    assert counts["bonus"] is not None  # it is graded
    criteria = counted_criteria(report)
    work = Work(
        id=report["submission"], score=counts["score"], bonus=counts["bonus"], waiting=list(counts["waiting"]),
        provisional=report["provisional"],
        sha256=report["provenance"]["submission_sha256"], rubric=report["provenance"]["rubric_sha256"],
        steps={step["id"]: step["score"] for step in counts["steps"]},
        points={(step["id"], criterion["id"]): points for step, criterion, points in criteria},
        outcomes={(step["id"], criterion["id"]): criterion["outcome"] for step, criterion, _ in criteria if not criterion.get("manual")},
    )  # fmt: skip
    for step, criterion, _ in criteria:
        if diagnosis := criterion["diagnosis"]:
            work.diagnoses.setdefault(diagnosis["id"], (diagnosis["says"], set()))[1].add(f"{step['id']}/{criterion['id']}")
    return work


# ---- statistics ---------------------------------------------------------------


def _summary(scores: Sequence[float], maximum: float) -> Summary:
    """Return how scores are distributed; null where there are none, or where all points are bonus."""
    if not scores or not maximum:
        return {"number": len(scores), "mean": None, "median": None, "full": None, "zero": None, "distribution": None}
    return {
        "number": len(scores),
        "mean": _rounded(fmean(scores)),
        "median": _rounded(median(scores)),
        "full": sum(score >= maximum - item_analysis.ROUNDING for score in scores),
        "zero": sum(score <= 0 for score in scores),
        "distribution": item_analysis.distribution([score / maximum for score in scores]),
    }


def _criterion(key: tuple[str, str], facts: CriterionFacts, works: Sequence[Work], items: Items) -> ClassCriterion:
    """Return the statistics of one criterion over all submissions that have points for it."""
    most = facts["max_score"]
    points = [given for work in works if (given := work.points.get(key)) is not None]
    outcomes = Counter(work.outcomes[key] for work in works if key in work.outcomes)
    found = _discrimination(key, works, items)
    return {
        **facts,
        "number": len(points),
        "full": sum(given >= most - item_analysis.ROUNDING for given in points),
        "zero": sum(given <= 0 for given in points),
        "difficulty": _rounded(item_analysis.difficulty([given / most for given in points]) if most else None),
        "discrimination": None
        if found is None
        else {"value": round(found.value, 4), "low": round(found.low, 4), "high": round(found.high, 4), "number": found.number},
        "outcomes": dict(sorted(outcomes.items())),
    }


def _discrimination(key: tuple[str, str], works: Sequence[Work], items: Items) -> item_analysis.Discrimination | None:
    """Return a criterion's discrimination over the submissions that have points for it and for every core criterion."""
    core = [other for other, facts in items.criteria.items() if not facts["bonus"]]
    rows = [work.points for work in works if all(work.points.get(other) is not None for other in {*core, key})]
    rest = [other for other in core if other != key]
    return item_analysis.discrimination([row[key] or 0 for row in rows], [sum(row[other] or 0 for other in rest) for row in rows])


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# ---- lists --------------------------------------------------------------------


def _submission(work: Work, items: Items, rename: Rename) -> ClassSubmission:
    return {
        "submission": rename(work.id),
        "score": work.score,
        "bonus": work.bonus,
        "provisional": work.provisional or bool(work.waiting),
        "steps": {name: work.steps[name] for name in items.steps if name in work.steps},
        "points": [work.points.get(key) for key in items.criteria],
    }


def _misconceptions(works: Iterable[Work], rename: Rename) -> list[Misconception]:
    """Return the diagnoses, the most frequent first. Each counts once for a submission, however many criteria it explains."""
    found: dict[str, Misconception] = {}
    for work in works:
        for name, (says, criteria) in work.diagnoses.items():
            entry = found.setdefault(name, {"id": name, "says": says, "criteria": [], "submissions": []})
            entry["criteria"] = sorted({*entry["criteria"], *criteria})
            entry["submissions"] = sorted([*entry["submissions"], rename(work.id)])
    return sorted(found.values(), key=lambda entry: (-len(entry["submissions"]), entry["id"]))


def _without_points(out: Path, index: Index, rename: Rename, *, said: bool) -> list[WithoutPoints]:
    """Return everything that is not graded: unusable, missing, unclear, gone, not graded. `score` is what a person decided, or null.

    The sentences of the grader quote names of files, so they are left out unless they may be `said`.
    """
    return [
        {
            "submission": rename(row["submission"]),
            "status": row["status"],
            "score": row["score"],
            "says": " ".join(row["notes"]) if said else "",
        }
        for row in table(out, index)
        if row["status"] != GRADED
    ]


def _identical(works: Iterable[Work], rename: Rename, *, said: bool) -> list[Identical]:
    """Return the groups of submissions whose graded files are the same byte by byte, the largest group first."""
    by_hash: dict[str, list[Work]] = {}
    for work in works:
        by_hash.setdefault(work.sha256, []).append(work)
    groups: list[Identical] = [
        {
            "sha256": sha256 if said else None,
            "wrote_nothing": same[0].wrote_nothing,
            "submissions": sorted(rename(work.id) for work in same),
        }
        for sha256, same in by_hash.items()
        if len(same) > 1
    ]
    return sorted(groups, key=lambda group: (-len(group["submissions"]), group["submissions"]))
