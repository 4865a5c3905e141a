"""The shape of class.json, of which `schemas/class.schema.json` is the published form."""

from typing import TypedDict


class Summary(TypedDict):
    """How scores are distributed. Without scores, or where all points are bonus, all keys but `number` are None."""

    number: int
    mean: float | None
    median: float | None
    full: int | None
    """How many have all points; `zero` how many have none."""
    zero: int | None
    distribution: list[int] | None
    """How many shares of the points lie in each tenth."""


class StepFacts(TypedDict):
    """A step of the rubric."""

    id: str
    title: str
    max_score: float


class ClassStep(StepFacts, Summary):
    """A step, and how its scores are distributed."""


class CriterionFacts(TypedDict):
    """A criterion of the rubric."""

    id: str
    says: str
    max_score: float
    bonus: bool
    public: bool
    step: str
    manual: bool


class Discrimination(TypedDict):
    """A corrected item-total correlation, and its 95 % confidence interval."""

    value: float
    low: float
    high: float
    number: int
    """The submissions that it is taken over."""


class ClassCriterion(CriterionFacts):
    """The statistics of a criterion over all submissions that have points for it."""

    number: int
    full: int
    zero: int
    difficulty: float | None
    """The mean share of the points."""
    discrimination: Discrimination | None
    outcomes: dict[str, int]


class Misconception(TypedDict):
    """A diagnosis, and where it was found."""

    id: str
    says: str
    criteria: list[str]
    submissions: list[str]


class ClassSubmission(TypedDict):
    """The points of a graded submission."""

    submission: str
    score: float
    bonus: float
    provisional: bool
    steps: dict[str, float]
    points: list[float | None]
    """For each criterion of the class."""


class WithoutPoints(TypedDict):
    """A submission, or a person, without a grade."""

    submission: str
    status: str
    score: float | None
    """What a person decided."""
    says: str


class Waiting(TypedDict):
    """The criteria of a submission for which a person has still to give points."""

    submission: str
    criteria: list[str]


class Identical(TypedDict):
    """Submissions that are the same byte by byte."""

    sha256: str | None
    wrote_nothing: bool
    submissions: list[str]


class ClassData(TypedDict):
    """A class.json."""

    schema: str
    made_at: str
    pseudonyms: bool
    graded: int
    rubrics: int
    """How many rubrics they were graded with."""
    max_score: float
    score: Summary
    steps: list[ClassStep]
    criteria: list[ClassCriterion]
    misconceptions: list[Misconception]
    submissions: list[ClassSubmission]
    without_points: list[WithoutPoints]
    waiting: list[Waiting]
    identical: list[Identical]
