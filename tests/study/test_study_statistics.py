"""The statistics of `grader study`: against numbers of another program, and on thousands of simulated classes with a known effect.

Here classes are simulated anew, not by grader/study/power.py, so that a mistake there can't hide one here.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.study.analysis import Data, analyse
from grader.study.ancova import Fit, ancova
from grader.study.power import Plan, simulate

Vector = NDArray[np.float64]
RUNS = 2000
ALARMS = 6000
"""More than for coverage: among so few as 2,000 a method with exactly 5 % leaves 4 to 6 % once in 25 designs, by chance."""
PRE = [
    5.0, 5.6, 4.5, 3.2, 4.1, 3.0, 5.1, 7.7, 4.0, 3.8, 6.0, 5.7, 5.2, 3.1, 4.9, 6.4, 2.3, 4.1, 1.2, 2.4, 1.3, 4.5, 2.5, 5.5,
]  # fmt: skip
POST = [
    5.2, 5.9, 0.9, 3.6, 4.4, 5.1, 2.8, 6.4, 2.9, 3.3, 7.2, 4.4, 5.1, 7.1, 4.1, 6.6, 3.5, 5.6, 0.9, 4.6, 4.8, 1.8, 4.8, 6.6,
]  # fmt: skip


def data(arm: Vector, pre: Vector, post: Vector, largest: float = 10) -> Data:
    """Return a class in one stratum."""
    nobody, numbers = np.zeros(len(arm)), {"no-page": int((arm == 0).sum()), "page": int((arm == 1).sum())}
    return Data(("no-page", "page"), "page", arm, pre, post, nobody, nobody, ("all",) * len(arm), numbers, largest)


def test_the_fit_is_that_of_statsmodels() -> None:
    fit = ancova(np.resize([0.0, 1.0], 24), np.array(PRE), np.array(POST))
    assert fit is not None
    # statsmodels 0.14: OLS(post, [1, arm, pre]).fit(): params, bse, pvalues, conf_int, HC3_se
    assert (fit.difference, fit.error, fit.p) == pytest.approx((0.9146577782969949, 0.6859591201456173, 0.1966849965044265), rel=1e-9)
    assert fit.interval() == pytest.approx((-0.5118723, 2.34118786), rel=1e-7)
    assert fit.robust_error == pytest.approx(0.7513053120619394, rel=1e-9)


def test_the_bounds_are_those_of_the_worst_answers() -> None:
    arm, pre, post = np.resize([0.0, 1.0], 24), np.array(PRE), np.array(POST)
    post[[0, 1, 3]] = np.nan  # one in the first arm, two in the second
    found = analyse(data(arm, pre, post)).bounds
    estimates = []
    for first, second in ((0, 10), (10, 0)):
        filled = post.copy()
        filled[[0]], filled[[1, 3]] = first, second
        fit = ancova(arm, pre, filled)
        assert fit is not None
        estimates.append(fit.difference)
    assert found == pytest.approx((min(estimates), max(estimates)))
    assert analyse(data(arm, pre, np.array(POST))).bounds is None


# ---- classes with a known effect ----------------------------------------------


def points(generator: np.random.Generator, ability: Vector) -> Vector:
    """Return how many of 10 questions of different difficulty are right."""
    return (ability[:, None] + generator.standard_normal((len(ability), 10)) > np.linspace(-1.5, 1.5, 10)).sum(1).astype(np.float64)


def normal(generator: np.random.Generator, arm: Vector, effect: float) -> tuple[Vector, Vector]:
    pre = generator.standard_normal(len(arm))
    return pre, effect * arm + 0.5 * pre + 0.8 * generator.standard_normal(len(arm))


def quiz(generator: np.random.Generator, arm: Vector, effect: float) -> tuple[Vector, Vector]:
    """Return points of two short checks; the effect is in points that are added, so that it is known exactly."""
    ability = generator.standard_normal(len(arm))
    return points(generator, ability), points(generator, ability) + effect * arm


def by_chance(generator: np.random.Generator, pre: Vector) -> NDArray[np.bool_]:
    return generator.random(len(pre)) < 0.2


def the_weak(generator: np.random.Generator, pre: Vector) -> NDArray[np.bool_]:
    """Return who is missing where those with few points before drop out, up to half of them."""
    return generator.random(len(pre)) < np.where(pre < np.median(pre), 0.5, 0.05)


DESIGNS = {"15 an arm": 30, "30 an arm": 60, "100 an arm": 200}
Draw = Callable[[np.random.Generator, Vector, float], tuple[Vector, Vector]]
Drop = Callable[[np.random.Generator, Vector], NDArray[np.bool_]]


@pytest.mark.slow
@pytest.mark.parametrize("participants", [pytest.param(number, id=name) for name, number in DESIGNS.items()])
@pytest.mark.parametrize("drop", [by_chance, the_weak])
@pytest.mark.parametrize("draw", [normal, quiz])
def test_intervals_hold_a_known_effect_and_false_alarms_are_rare(draw: Draw, drop: Drop, participants: int) -> None:
    generator = np.random.default_rng([2026, participants, draw is quiz, drop is the_weak])

    def answers(effect: float) -> tuple[Vector, Vector, Vector]:
        arm = generator.permutation(np.resize([0.0, 1.0], participants))
        pre, post = draw(generator, arm, effect)
        post[drop(generator, pre)] = np.nan
        return arm, pre, post

    held, alarms = 0, 0
    for _ in range(RUNS):
        low, high = analyse(data(*answers(0.7))).main.interval()
        held += low <= 0.7 <= high
    for _ in range(ALARMS):
        arm, pre, post = answers(0)
        fit = ancova(*(column[~np.isnan(post)] for column in (arm, pre, post)))
        assert fit is not None
        alarms += fit.p < 0.05
    assert 0.93 <= held / RUNS <= 0.97
    assert 0.04 <= alarms / ALARMS <= 0.06


@pytest.mark.slow
def test_where_the_check_before_is_missing_the_mean_keeps_the_promise() -> None:
    generator = np.random.default_rng(17)
    held = 0
    for _ in range(RUNS):
        arm = generator.permutation(np.resize([0.0, 1.0], 60))
        pre, post = normal(generator, arm, 0.7)
        pre[generator.random(60) < 0.2] = np.nan
        low, high = analyse(data(arm, pre, post)).main.interval()
        held += low <= 0.7 <= high
    assert 0.93 <= held / RUNS <= 0.97


@pytest.mark.slow
def test_robust_intervals_hold_where_arms_vary_unlike_and_differ_in_size() -> None:
    """A third of the class is in the arm with twice the spread: ordinary limits are too narrow, and HC3 keeps the promise."""
    generator = np.random.default_rng(3)
    plain, robust = 0, 0
    for _ in range(RUNS):
        arm = generator.permutation(np.resize([0.0, 0.0, 1.0], 60))
        pre = generator.standard_normal(60)
        post = 0.7 * arm + 0.5 * pre + (0.8 + 0.8 * arm) * generator.standard_normal(60)
        fit = ancova(arm, pre, post)
        assert fit is not None
        for found in (fit, fit.robust()):
            low, high = found.interval()
            if found is fit:
                plain += low <= 0.7 <= high
            else:
                robust += low <= 0.7 <= high
    assert plain / RUNS < 0.93
    assert 0.93 <= robust / RUNS <= 0.97


@pytest.mark.slow
def test_dropout_that_the_check_before_does_not_foresee_biases_the_estimate_and_the_bounds_hold_the_truth() -> None:
    generator = np.random.default_rng(4)
    held, bounded = 0, 0
    for _ in range(300):
        arm = generator.permutation(np.resize([0.0, 1.0], 200))
        pre, whole = quiz(generator, arm, 0.0)
        post = np.where((arm == 1) & (whole <= 4) & (generator.random(200) < 0.9), np.nan, whole)
        found = analyse(data(arm, pre, post))
        assert found.bounds is not None
        held += found.main.interval()[0] <= 0 <= found.main.interval()[1]
        full = ancova(arm, pre, whole)
        assert full is not None
        bounded += found.bounds[0] <= full.difference <= found.bounds[1]
    assert held / 300 < 0.5  # no size of the class mends that
    assert bounded == 300


@pytest.mark.slow
def test_what_a_class_can_find_is_found_by_80_of_100_studies() -> None:
    """The sentence on what a class of this size can show holds on average: with that effect 80 % of such studies leave out 0."""
    generator = np.random.default_rng(5)
    detectable = np.mean([_fit(generator, 0.0).detectable() for _ in range(RUNS)])
    found = [_fit(generator, float(detectable)).interval() for _ in range(RUNS)]
    assert 0.76 <= np.mean([not low <= 0 <= high for low, high in found]) <= 0.84


def _fit(generator: np.random.Generator, effect: float) -> Fit:
    arm = generator.permutation(np.resize([0.0, 1.0], 50))
    fit = ancova(arm, *normal(generator, arm, effect))
    assert fit is not None
    return fit


@pytest.mark.slow
def test_the_power_table_is_that_of_the_formula() -> None:
    """Without attrition the standard error is 2 sqrt((1 - r^2) / n) to a good approximation, and power follows from a noncentral t."""
    from scipy import stats

    for correlation in (0.3, 0.7):
        made = simulate(Plan(80, attrition=0, runs=4000), correlation)
        for effect in (0.3, 0.5, 0.8):
            centre = effect / (2 * np.sqrt((1 - correlation**2) / 80))
            expected = 1 - stats.nct.cdf(stats.t.ppf(0.975, 77), 77, centre)
            assert made.power(effect) == pytest.approx(expected, abs=0.03)
        assert 0.78 <= made.power(made.smallest_effect()) <= 0.82


def test_a_class_of_one_stratum_an_arm_is_refused() -> None:
    from grader.model import KitFault

    arm = np.repeat([0.0, 1.0], 12)
    whole = replace(data(arm, np.array(PRE), np.array(POST)), strata=("monday",) * 12 + ("friday",) * 12)
    with pytest.raises(KitFault, match="whole sections were assigned"):
        analyse(whole)
