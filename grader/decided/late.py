"""What lateness costs: nothing, so much for each day begun, with a grace, and nothing counts after a cut-off.

due: 2026-11-30T23:59+01:00
grace: 1h               # who is later than this is late from the due date on
per_day: 10%            # of the assignment's points for each day begun; or points, such as 5; or none
cutoff: 7d              # after so long nothing counts, bonus neither
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from grader.model import KitFault

KEYS = ("due", "grace", "per_day", "cutoff")
DURATION = re.compile(r"(\d{1,5})\s*(m|h|d)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
COST = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)\s*(%?)")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Penalty:
    """What lateness takes of the points, and why; after the cut-off the bonus goes too."""

    points: Fraction
    reason: str
    after_cutoff: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """A late policy, read."""

    due: datetime
    grace: timedelta
    per_day: Fraction
    percent: bool
    cutoff: timedelta | None

    def penalty(self, handed_in: datetime, extended: datetime | None, points: Fraction, most: Fraction) -> Penalty | None:
        """Return what lateness takes, or None for who is in time. `most` are the assignment's points."""
        due = max(extended, self.due) if extended else self.due
        late = handed_in - due
        if late <= self.grace:
            return None
        days = -(-late // DAY)
        told = f"handed in {moment(handed_in)}, {_days(days)} late (due {moment(due)})"
        if self.cutoff is not None and late > self.cutoff:
            return Penalty(points, f"{told}: after the cut-off nothing counts", after_cutoff=True)
        each = most * self.per_day / 100 if self.percent else self.per_day
        return Penalty(min(points, _rounded(each * days)), told, after_cutoff=False) if each else None


def read_policy(data: Any) -> Policy:
    """Return a policy from what YAML says. Raises KitFault."""
    if not isinstance(data, dict) or "due" not in data or not set(data) <= set(KEYS):
        raise KitFault(f"a late policy has the keys {', '.join(KEYS)}, of which due is needed")
    cost = COST.fullmatch("0" if data.get("per_day") in (None, "none") else str(data["per_day"]).strip())
    if not cost:
        raise KitFault(f"per_day must be none, points such as 5, or a share such as 10%, not {data['per_day']!r}")
    cutoff = _duration(data["cutoff"], "cutoff") if data.get("cutoff") else None
    return Policy(instant(data["due"]), _duration(data.get("grace") or "0m", "grace"), Fraction(cost[1]), bool(cost[2]), cutoff)


def instant(value: Any) -> datetime:
    """Return a moment; one without a zone is in UTC. Raises KitFault."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise KitFault(f"{value!r} is no moment: write it as 2026-11-30T23:59+01:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")


def _duration(value: Any, what: str) -> timedelta:
    found = DURATION.fullmatch(str(value).strip())
    if not found:
        raise KitFault(f"{what} must be a time such as 30m, 2h or 7d, not {value!r}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _rounded(points: Fraction) -> Fraction:
    return Fraction((points * 100 + Fraction(1, 2)).__floor__(), 100)
