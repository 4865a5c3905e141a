"""The dataclasses that all stages share: programs, cases, criteria, steps. They are frozen, without behaviour.

The module also rounds points.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # what collects imports this module, and needs no report
    from grader.report_format import Drawing

Number = float | int
Rows = list[list[Any]]
"""The form in which a graph travels: [value, operator, operands, partials] for each node, and in a snapshot also its children.

Operands and children are offsets from the row's own node: -1 is the node before it.
"""
Value = Number | tuple[Number, ...]
"""What a node holds: a number, or the entries of a one-dimensional array."""

# Ordered from best to worst for a reader; `report.json` holds exactly these words.
OUTCOMES = ("pass", "fail", "error", "timeout", "crash", "unwritten", "forbidden", "not tried", "not judged")
UNFAILED = ("pass", "not judged")
"""The outcomes that are no failure. A case that is not judged depends on something that failed elsewhere; it counts in no share."""

PLATFORMS = ("canvas", "moodle", "gradescope", "github")
"""Whose exports of submissions the intake reads."""
ATTEMPTS = ("last", "best")
"""Which of several attempts counts."""

ASKS = ("nodes", "order", "forward", "backward")
"""What a case asks of a submission: its nodes, a topological order, a forward or a backward sweep."""
BETWEEN = {"order": "derivatives", "forward": "order", "backward": "forward"}
"""What may happen between two calls on one graph, by what is asked (see `grader.sandbox.inside.interplay`)."""
TRACES_LEFT = ("spoilt", "rehashed", "kept")
"""The parts of a reply with BETWEEN that list or count what a call must not leave behind."""


class KitFault(Exception):
    """Something of ours is broken: the run ends in status 2, and it is never a student's zero."""


def round_points(points: Fraction, unit: Fraction = Fraction(1, 100)) -> Fraction:
    """Return points rounded half up to a multiple of `unit`."""
    return (points / unit + Fraction(1, 2)).__floor__() * unit


class Instruction(NamedTuple):
    """One line of a Wengert list. `operands` are indices into the list, in operand order.

    An input holds a value and no operands. Of a graph's node only the operands are known at first: its operator, value
    and partials are drawn when the plan is made.
    """

    name: str
    operator: str | None
    operands: tuple[int, ...] = ()
    value: Value | None = None
    zeros: tuple[int, ...] = ()
    """Places of the operands whose partial is 0."""


@dataclass(frozen=True, slots=True)
class Program:
    """A Wengert list, and the nodes from which it is swept, in that order.

    `grown_sizes` gives the number of nodes at each sweep of a graph that grows between sweeps; it is empty for other graphs.
    `earlier` are programs that are swept before this one is made, and let go of.
    """

    instructions: tuple[Instruction, ...]
    roots: tuple[int, ...]
    grown_sizes: tuple[int, ...] = ()
    earlier: tuple["Program", ...] = ()
    is_graph: bool = False
    cyclic: bool = False
    between: str = ""
    """What happens between two calls: a value of BETWEEN, or an empty text."""


@dataclass(frozen=True, slots=True)
class RandomPrograms:
    """A wish for `count` programs of `size` operations, each drawn in several `variants` of which a submission meets one.

    `operators` None means all that the reference has.
    """

    count: int
    size: int
    variants: int
    operators: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One question of a criterion, under a permanent name. `text` is its line in the rubric, and `place` names file and line."""

    id: str
    text: str
    place: str
    content: Program | RandomPrograms


@dataclass(frozen=True, slots=True)
class Criterion:
    """One sentence about a submission, worth points, answered by the check of the same name.

    `why` says what it matters for the derivative, `hint` what to look at next.
    """

    id: str
    points: Fraction
    says: str
    hint: str
    public: bool
    all_or_nothing: bool
    bonus: bool
    asks: str
    cases: tuple[Case, ...]
    why: str = ""
    manual: bool = False
    """A person gives the points: there are no cases, and no check."""
    check: str = ""
    """The check function that judges it, without `test_`; the loader puts the id where the rubric names none."""
    by_operator: bool = False
    """A case counts if each of its operators is right in all of its cases."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the assignment. An extension has no core points, only bonus criteria.

    `functions` are the stubs that belong to the step; the word `operators` means all operators of the reference.
    """

    id: str
    title: str
    points: Fraction
    functions: tuple[str, ...]
    criteria: tuple[Criterion, ...]


ENGLISH = "en"
"""The language in which the rubric is written."""
Sentences = Mapping[str, str]
"""What students read besides the criteria's own sentences, by section and name; their parts are in braces."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """All steps, in the order of their files, the hash of those files and of the sentences, and the sentences in their language."""

    steps: tuple[Step, ...]
    sha256: str
    sentences: Sentences
    language: str = ENGLISH


class FailureSignature(NamedTuple):
    """How a case failed, so that two submissions with one mistake have the same.

    `first` is the first wrong answer, or what is wrong with it; `whole` is a hash of all that was answered.
    """

    first: str
    whole: str


@dataclass(frozen=True, slots=True)
class Part:
    """How one operator ended in one case of a criterion that is scored by operator.

    `group` is the operator, or the case where no operator can be held responsible. A failure of a part does not count where one of
    the operators `after` failed by itself elsewhere: it may be the cause.
    """

    group: str
    outcome: str
    after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended, from the way that counts; `paid_by` is None unless it passed.

    `way` is the way that counts, own or given. `lacks` says what was not there, where that is known, as the sentences of `next` after
    `no_`: the `function` that was to be asked, the `file` if it could not be loaded, `time`, the `number`, `list` or `order` in whose
    place something else came, a `return`, or what an exception says. `function` and `line` are where it was raised in the
    submission, as the trace claims. `signs` say how the case failed on each way that was looked at. `parts` say how each operator
    ended, if the criterion is scored by operator; `depends` is what a case depends on that was not judged, as a key of the
    sentences. `drawing` is what a page draws of a public case.
    """

    id: str
    outcome: str
    called: str = ""
    expected: str = ""
    got: str = ""
    paid_by: str | None = None
    way: str = ""
    lacks: str = ""
    function: str = ""
    line: int | None = None
    signs: tuple[tuple[str, FailureSignature], ...] = ()
    parts: tuple[Part, ...] = ()
    depends: str = ""
    drawing: "Drawing | None" = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """The cases of one criterion for one submission, in rubric order."""

    step: str
    criterion: str
    cases: tuple[CaseResult, ...]


Operators = Mapping[str, int]
"""Operator names and how many operands each takes, as the probe found them in the reference."""
