"""Plan the size of a study: simulate classes with a pre and a post check, two arms and attrition, and analyse each with ANCOVA.

    plan = Plan(participants=60, attrition=0.2)
    document(plan, [simulate(plan, correlation) for correlation in plan.correlations])

A simulated check has mean 0 and standard deviation 1 in each arm, so that effects are in standard deviations of the post check. Who
drops out is drawn by chance, alike in both arms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from grader.study.ancova import ALPHA, ancova
from grader.study.document import Document, Section, Table, figure, listed

Vector = NDArray[np.float64]
TARGET = 0.8
"""The power for which the smallest effect is given: a convention."""
LARGEST = 5.0
"""Upper end of the search for the smallest effect, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned. `effects` are true differences of the arms in standard deviations; `attrition` is the share without a post check."""

    participants: int
    attrition: float = 0.2
    correlations: tuple[float, ...] = (0.3, 0.5, 0.7)
    effects: tuple[float, ...] = (0.2, 0.3, 0.5, 0.8)
    runs: int = 2000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of the simulated studies with one correlation, all of them with no true difference."""

    correlation: float
    differences: Vector
    errors: Vector
    quantiles: Vector
    """Of t, for each study; infinite where too few were left to analyse, so that nothing is ever found."""

    def power(self, effect: float) -> float:
        """Return the share of studies that find a true effect: a study estimates by so much more, with the same error."""
        return float(np.mean(np.abs(self.differences + effect) > self.quantiles * self.errors))

    def smallest_effect(self) -> float:
        """Return the smallest effect that TARGET of the studies find; infinite where even the largest one is missed."""
        if self.power(LARGEST) < TARGET:
            return float("inf")
        low, high = 0.0, LARGEST
        while high - low > 0.001:
            middle = (low + high) / 2
            low, high = (low, middle) if self.power(middle) >= TARGET else (middle, high)
        return high

    @property
    def half_width(self) -> float:
        """Return the median of half the width of the intervals."""
        return float(np.median(self.quantiles * self.errors))


def draw_class(generator: np.random.Generator, plan: Plan, correlation: float) -> tuple[Vector, Vector, Vector]:
    """Return arm, pre and post of those who answered both checks, where the arms do not differ."""
    arm = np.resize([0.0, 1.0], plan.participants)
    pre = generator.standard_normal(plan.participants)
    post = correlation * pre + np.sqrt(1 - correlation**2) * generator.standard_normal(plan.participants)
    stays = generator.random(plan.participants) >= plan.attrition
    return arm[stays], pre[stays], post[stays]


def simulate(plan: Plan, correlation: float) -> Simulated:
    """Return what comes of `plan.runs` studies. The same plan gives the same numbers."""
    generator = np.random.default_rng([plan.seed, round(1000 * correlation)])
    fits = [ancova(*draw_class(generator, plan, correlation)) for _ in range(plan.runs)]
    return Simulated(
        correlation,
        np.array([fit.difference if fit else 0.0 for fit in fits]),
        np.array([fit.error if fit else 1.0 for fit in fits]),
        np.array([special.stdtrit(fit.df, 1 - ALPHA / 2) if fit else np.inf for fit in fits]),
    )


def document(plan: Plan, simulated: Sequence[Simulated]) -> Document:
    """Return the report on a plan."""
    middle = simulated[len(simulated) // 2]
    error = 100 * 1.96 * 0.5 / plan.runs**0.5
    rows = [
        [f"{one.correlation:g}", *(f"{100 * one.power(effect):.0f} %" for effect in plan.effects), _effect(one), figure(one.half_width)]
        for one in simulated
    ]
    return Document(
        f"What a study with {plan.participants} participants can show",
        [
            f"With {plan.participants} participants in two arms, {100 * plan.attrition:g} % of whom do not answer the check after, and a "
            f"correlation of {middle.correlation:g} between the checks, {_can_show(middle)}",
            "If a smaller effect would matter to you, or you expect one, this class alone will often miss it. Then ask more classes to "
            "join, or call the study a pilot, which reports an interval and does not claim more.",
        ],
        [
            Section(
                "How often an effect is found",
                [
                    "A cell is the share of simulated studies whose 95 % interval leaves out 0. Effects are true differences of the arms "
                    "in standard deviations (SD) of the check after.",
                    Table(
                        "Studies that find the effect",
                        [
                            "correlation of the checks",
                            *(f"effect {effect:g} SD" for effect in plan.effects),
                            f"found by {100 * TARGET:.0f} % from",
                            "interval: ± SD",
                        ],
                        rows,
                    ),
                    f"Each share comes from {plan.runs} simulated studies (seed {plan.seed}) and is right to about ± {error:.1f} "
                    f"percentage points. {_false_alarms(simulated)}",
                ],
            ),
            Section("What is assumed", ASSUMED),
            Section("Write down before the study", WRITE_DOWN),
        ],
    )


def _effect(one: Simulated) -> str:
    smallest = one.smallest_effect()
    return f"{figure(smallest)} SD" if np.isfinite(smallest) else "no effect"


def _can_show(one: Simulated) -> str:
    smallest = one.smallest_effect()
    if not np.isfinite(smallest):
        return "a study shows next to nothing: too few are left to analyse."
    return (
        f"{100 * TARGET:.0f} of 100 such studies find a true effect of {figure(smallest)} standard deviations; smaller effects are found "
        f"less often. The interval reaches about {figure(one.half_width)} standard deviations to each side."
    )


def _false_alarms(simulated: Sequence[Simulated]) -> str:
    shares = [f"{100 * one.power(0):.1f} %" for one in simulated]
    return f"Where the arms do not differ, {listed(shares)} of the studies raise a false alarm; 5 % is what the method promises."


ASSUMED = (
    "Both checks are normally distributed with the same spread in both arms. Real checks with few questions are not; with many equal or "
    "extreme scores usually less is found than the table says.",
    "Those who drop out are drawn by chance, alike in both arms. If weak students drop out, or more of one arm, the estimate of a real "
    "study can be biased, and no size mends that.",
    "Participants are independent. Students who hand in together make the interval too narrow, and students who show each other their "
    "reports make the arms more alike.",
    "The effect is that of being assigned: averaged over everybody in the arm, also those who never opened a report or whose report "
    "named no misconception. It is usually smaller than the effect on those who had something to read.",
    "The correlation of the checks is yours to guess before the study: look at several. Fewer questions make it lower. We know no value "
    "for the quick checks of this kit.",
)
WRITE_DOWN = (
    "Write down, with a date, before anybody sees a result: the question; what is varied; who takes part; the one outcome (points of "
    "the check after); the analysis (ANCOVA with the check before); how missing answers are treated; when the study ends. "
    "Whatever is decided later is exploration, and the report must call it so.",
)
