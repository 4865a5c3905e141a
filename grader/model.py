"""The words everyone shares: programs, cases, criteria, steps. Frozen data without behaviour, and how points are rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

Number = float | int
Value = Number | tuple[Number, ...]
"""What a node holds: a number, or the entries of a one-dimensional array."""

# Ordered from best to worst for a reader; `report.json` holds exactly these words.
OUTCOMES = ("pass", "fail", "error", "timeout", "crash", "unwritten", "forbidden", "not tried")

ASKS = ("nodes", "order", "forward", "backward")
"""What a case asks of a submission: its nodes, a topological order, a forward or a backward sweep."""


class KitFault(Exception):
    """Something of ours is broken: the run ends in status 2, and it is never a student's zero."""


def round_points(points: Fraction) -> Fraction:
    """Return points rounded half up to 0.01."""
    return Fraction((points * 100 + Fraction(1, 2)).__floor__(), 100)


class Instruction(NamedTuple):
    """One line of a Wengert list. `operands` are indices into the list, in operand order.

    An input holds a value and no operands. Of a graph's node only the operands are known at first: its operator, value
    and partials are drawn when the plan is made. (A named tuple, because a chain has 50,000 of them.)
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

    `built` says how many nodes stand at each sweep, where the graph grows between sweeps; it is empty where it does not.
    `earlier` are programs that are swept before this one is made, and let go of.
    """

    instructions: tuple[Instruction, ...]
    roots: tuple[int, ...]
    built: tuple[int, ...] = ()
    earlier: tuple["Program", ...] = ()
    is_graph: bool = False
    cyclic: bool = False
    deep: bool = False


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
    """One question of a criterion, under a permanent name. `text` is its line in the rubric, `place` where that stands."""

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


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the assignment. An extension has no core points, only bonus criteria.

    `functions` are the stubs that belong to the step; the word `operators` stands for all that the reference has.
    """

    id: str
    title: str
    points: Fraction
    functions: tuple[str, ...]
    criteria: tuple[Criterion, ...]


Sentences = Mapping[str, str]
"""What students read besides the criteria's own sentences, by section and name; parts stand in braces."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """All steps, in the order of their files, the hash of those files and of the sentences, and the sentences."""

    steps: tuple[Step, ...]
    sha256: str
    sentences: Sentences


class Sign(NamedTuple):
    """How a case failed, so that two submissions with one mistake have the same.

    `first` is the first wrong answer, or what is wrong with it; `whole` is a hash of all that was answered.
    """

    first: str
    whole: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case ended, from the way that counts; `paid_by` is None unless it passed.

    `way` is the way that counts, own or given. `lacks` says what was not there, where that is known: the `function` that was to be
    asked, or the `file` if it could not be loaded; or the `number`, `list` or `order` in whose place something else came. `signs` say
    how the case failed on each way that was looked at.
    """

    id: str
    outcome: str
    called: str = ""
    expected: str = ""
    got: str = ""
    paid_by: str | None = None
    way: str = ""
    lacks: str = ""
    signs: tuple[tuple[str, Sign], ...] = ()


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """The cases of one criterion for one submission, in rubric order."""

    step: str
    criterion: str
    cases: tuple[CaseResult, ...]


Operators = Mapping[str, int]
"""Operator names and how many operands each takes, as the probe found them in the reference."""
