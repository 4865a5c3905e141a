"""When a number counts as right.

The handout, docs/contract.md and the students' tests (`assignment/starter/public_checks.py`) state the tolerance, too.
"""

from typing import Any

TOLERANCE = 1e-9
"""The largest error that is right, relative to the scale of the computation."""
ROUGHLY = 1e-3
"""What is wrong by no more was reckoned without care: a sign of it says so, and not which digits it got."""


def close(got: Any, expected: Any, scale: Any, tolerance: float = TOLERANCE) -> bool:
    """Return whether |got - expected| <= tolerance * scale, for numbers, or for every entry of arrays.

    What is not a finite number is never close: NaN would pass a test written the other way round.
    """
    if isinstance(got, list) or isinstance(expected, list) or isinstance(scale, list):
        size = max(len(side) for side in (got, expected, scale) if isinstance(side, list))
        sides = [side if isinstance(side, list) else [side] * size for side in (got, expected, scale)]
        if any(len(side) != size for side in sides):
            return False
        return all(close(g, e, s, tolerance) for g, e, s in zip(*sides, strict=True))
    if type(got) not in (float, int) or type(expected) not in (float, int):
        return False
    return bool(abs(got - expected) <= tolerance * abs(scale))
