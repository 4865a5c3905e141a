"""Classical item analysis: plain functions from points to statistics. docs/class.md gives each formula with its source.

distribution(shares)                  how many shares lie in each tenth
difficulty(shares)                    the mean share of the points, 0 to 1
discrimination(points, rest)          the corrected item-total correlation, -1 to 1
interval(correlation, number)         its 95 % confidence interval

A share is points divided by the maximum, 0 to 1. Every function takes each submission once and keeps no state.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, fsum, sqrt, tanh
from statistics import fmean

BINS = 10
FEWEST = 10
"""Below this number of submissions no discrimination is given: its 95 % interval is wider than 1.2 around 0."""
FEW = 30
"""Below this number of submissions discrimination comes with a warning: its 95 % interval is wider than 0.7 around 0."""
Z_95 = 1.959963984540054
ROUNDING = 1e-9
"""Points are rounded to 0.01; a difference below this comes from floating-point numbers."""


@dataclass(frozen=True, slots=True)
class Discrimination:
    """A corrected item-total correlation, its 95 % confidence interval, and the number of submissions behind it."""

    value: float
    low: float
    high: float
    number: int


def distribution(shares: Sequence[float]) -> list[int]:
    """Return how many shares lie in each tenth: [0, 0.1), [0.1, 0.2), ... and [0.9, 1], which holds full marks."""
    counts = [0] * BINS
    for share in shares:
        counts[max(0, min(BINS - 1, int(share * BINS + ROUNDING)))] += 1
    return counts


def difficulty(shares: Sequence[float]) -> float | None:
    """Return the mean share, the difficulty index p: 1 if everybody has all points. None without shares."""
    return fmean(shares) if shares else None


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Pearson's product-moment correlation, -1 to 1. None where one of the two does not vary."""
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values and {len(second)} values are not pairs")
    if len(first) < 2:
        return None
    mean_first, mean_second = fmean(first), fmean(second)
    covariance = fsum((x - mean_first) * (y - mean_second) for x, y in zip(first, second, strict=True))
    spread = fsum((x - mean_first) ** 2 for x in first), fsum((y - mean_second) ** 2 for y in second)
    if min(spread) <= ROUNDING**2:
        return None
    return max(-1.0, min(1.0, covariance / sqrt(spread[0] * spread[1])))


def interval(value: float, number: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a correlation over `number` pairs, by Fisher's z. Raises ValueError below 4 pairs."""
    if number < 4:
        raise ValueError(f"{number} pairs are too few for an interval")
    if abs(value) >= 1:
        return value, value
    half = Z_95 / sqrt(number - 3)
    return tanh(atanh(value) - half), tanh(atanh(value) + half)


def discrimination(points: Sequence[float], rest: Sequence[float]) -> Discrimination | None:
    """Return how well an item separates strong from weak work: the correlation of its points with the points of all other items.

    `rest` holds each submission's points without this item, so that the item is not correlated with itself. None below FEWEST
    submissions, and where the item or the rest does not vary.
    """
    found = correlation(points, rest) if len(points) >= FEWEST else None
    return None if found is None else Discrimination(found, *interval(found, len(points)), len(points))
