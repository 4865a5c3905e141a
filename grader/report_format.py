"""The shape of report.json, of which `schemas/report.schema.json` is the published form; and the row that tables show of a report.

A report is checked against that schema when it is read, and nowhere else: `results/report_file.py` says so to the type checker.
"""

from typing import Any, NotRequired, TypedDict

Shown = Any
"""A number; a text that says what came in place of one; the entries of an array or list; or None."""


# ---- drawings -----------------------------------------------------------------


class Sides(TypedDict):
    """What is right, and what came back."""

    expected: Shown
    got: Shown


class Derivative(Sides):
    """The derivative that a call left at a node."""

    rule: Shown
    """What the chain rule makes of the submission's own derivatives around the node."""


class Node(TypedDict):
    """A node as it should be, and what came back for it."""

    name: str
    operator: str
    operands: list[str]
    value: Sides
    partials: Sides
    derivative: NotRequired[Derivative]
    position: NotRequired[list[int]]
    """The places in the order that came back, from 1."""
    mark: str
    wrong: list[str]


class Call(TypedDict):
    """One call of topological_order, forward or backward."""

    function: str
    root: str
    number: int
    of: int
    order: NotRequired[list[str]]
    backward: NotRequired[list[list[str]]]
    """The arrows that point backward in the order: [operand, result]."""


class Drawing(TypedDict):
    """The graph of a case, and the first call whose answer is wrong."""

    asks: str
    nodes_total: int
    code: list[str]
    call: Call | None
    cyclic: bool
    nodes: list[Node]


# ---- criteria and steps -------------------------------------------------------


class CaseReport(TypedDict):
    """How a public case ended."""

    id: str
    outcome: str
    called: str
    expected: str
    got: str
    paid_by: str | None
    """`own` or `given`: on whose graph it passed."""
    drawing: NotRequired[Drawing]


class Diagnosis(TypedDict):
    """A known mistake that explains the answers."""

    id: str
    says: str


class SourceLine(TypedDict):
    """A line of the graded file."""

    place: str
    text: str


class SourceFunction(TypedDict):
    """A function of the graded file."""

    name: str
    lines: list[SourceLine]
    cut: bool
    """It has more lines."""


class Source(TypedDict, total=False):
    """The lines of the graded file that a failure is about."""

    line: SourceLine
    function: SourceFunction


class CriterionFacts(TypedDict):
    """How a criterion came out, without its score."""

    id: str
    says: str
    max_score: float
    bonus: bool
    manual: NotRequired[bool]
    """A person gives the points. The key is only there where that is so."""
    public: bool
    outcome: str
    passed: int
    cases_total: int
    message: str
    why: str
    hint: str
    diagnosis: Diagnosis | None
    cases: list[CaseReport]
    source: NotRequired[Source]


class CriterionReport(CriterionFacts):
    """How a criterion came out."""

    score: float


class StepPoints(TypedDict):
    """The points of a step."""

    id: str
    title: str
    score: float
    max_score: float


class StepReport(StepPoints):
    """How a step came out."""

    criteria: list[CriterionReport]


# ---- decisions ----------------------------------------------------------------


class Decision(TypedDict):
    """What a person decided, or what lateness takes."""

    kind: str
    step: str | None
    criterion: str | None
    automatic: float | None
    """The points that the grader gave."""
    points: float
    reason: str
    by: str
    at: str


class Final(TypedDict):
    """The points that count where people had something to decide."""

    score: float
    bonus: float
    steps: list[StepPoints]
    waiting: list[str]
    """The criteria, as step/criterion, for which a person has still to give points."""
    decisions: list[Decision]


class Written(TypedDict):
    """An answer in words."""

    id: str
    score: float | None
    max_score: float
    comment: str


# ---- the report ---------------------------------------------------------------


class Provenance(TypedDict):
    """What made a report."""

    grader: str
    rubric_sha256: str
    reference_sha256: str
    submission_sha256: str
    seed: str
    """A label of the seed, never the seed."""
    cases: str
    python: str
    sandbox: str
    graded_at: str
    seconds: float


class Report(TypedDict):
    """A report.json."""

    schema: str
    submission: str
    status: str
    score: float | None
    """Of the grader alone; None unless the status is `graded`. So is `bonus`."""
    max_score: float
    bonus: float | None
    provisional: bool
    starter: str | None
    notes: list[str]
    language: NotRequired[str]
    """Left out where it is English."""
    steps: list[StepReport]
    written: NotRequired[list[Written]]
    final: NotRequired[Final]
    provenance: Provenance


class Counted(TypedDict):
    """The points that count, as `Final` has them. `score` and `bonus` are None where there are none."""

    score: float | None
    bonus: float | None
    steps: list[StepPoints]
    waiting: list[str]
    decisions: list[Decision]


def counted(report: Report) -> Counted:
    """Return the points that count: after what people decided, or else those that the grader gave."""
    if final := report.get("final"):
        return {**final}
    return {"score": report["score"], "bonus": report["bonus"], "steps": list(report["steps"]), "waiting": [], "decisions": []}


# ---- rows of tables -----------------------------------------------------------


class RowStep(TypedDict):
    """The points of a step in a table; an empty text where there are none."""

    id: str
    title: str
    score: float | str
    max_score: float


class Row(TypedDict, total=False):
    """What tables show of a report, and the index keeps. Of a submission without a report the index keeps only a part."""

    submission: str
    status: str
    """That of the report, or `collected`, `missing`, `unclear` or `gone`."""
    max_score: float
    notes: list[str]
    score: float | None
    bonus: float | None
    automatic: float | None
    """The score that the grader gave."""
    written: float | None
    provisional: bool
    partial: bool
    """Steps or cases were left out of the run."""
    steps: list[RowStep]
    sha256: str
    rubric: str
    """The hash of the rubric that the report was made with."""
    stranger: str
    """A note on who is not on the roster for certain."""
