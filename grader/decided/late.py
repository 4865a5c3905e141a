"""What lateness costs: nothing, so much for each day begun, with a grace, and nothing counts after a cut-off.

due: 2026-11-30T23:59+01:00     # without a zone it is in UTC; a day alone is refused
grace: 1h                       # who is later than this is late from the due date on
per_day: 10%                    # of the assignment's points for each day begun; or points, such as 5; or none
cutoff: 7d                      # after so long nothing counts, bonus neither
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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


def new_policy(data: Any) -> dict[str, str]:
    """Return a policy as the log of decisions keeps it, from what YAML says. Raises KitFault, with the key, for what is none."""
    if not isinstance(data, dict):
        raise KitFault(f"a late policy is a mapping with the keys {', '.join(KEYS)}")
    if unknown := [key for key in data if key not in KEYS]:
        raise KitFault(f"there is no key {unknown[0]!r} in a late policy: it has {', '.join(KEYS)}")
    text = {key: str(value) for key, value in data.items() if value is not None}
    if "due" not in text:
        raise KitFault("due is missing: write it as due: 2026-11-30T23:59+01:00")
    try:
        exact(text["due"])
    except KitFault as fault:
        raise KitFault(f"due: {fault}") from None
    read_policy(text)
    return text


def read_policy(data: Mapping[str, str]) -> Policy:
    """Return a policy that the log of decisions keeps. Raises KitFault."""
    cost = COST.fullmatch("0" if data.get("per_day", "none") == "none" else data["per_day"].strip())
    if not cost:
        raise KitFault(f"per_day must be none, points such as 5, or a share such as 10%, not {data['per_day']!r}")
    cutoff = _duration(data["cutoff"], "cutoff") if "cutoff" in data else None
    return Policy(instant(data["due"]), _duration(data.get("grace", "0"), "grace"), Fraction(cost[1]), bool(cost[2]), cutoff)


def exact(text: str) -> datetime:
    """Return a moment in which people are late or not; one without a zone is in UTC. Raises KitFault, for a day alone too."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return instant(text)
    raise KitFault(f"{text!r} is a day and no moment: write it with the time and the zone, such as 2026-11-30T23:59+01:00")


def instant(text: str) -> datetime:
    """Return a moment; one without a zone is in UTC, a day alone its midnight. Raises KitFault."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise KitFault(f"{text!r} is no moment: write it as 2026-11-30T23:59+01:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")


def _duration(value: str, what: str) -> timedelta:
    if value.strip() == "0":
        return timedelta(0)
    found = DURATION.fullmatch(value.strip())
    if not found:
        raise KitFault(f"{what} must be a time such as 30m, 2h or 7d, not {value!r}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _rounded(points: Fraction) -> Fraction:
    return Fraction((points * 100 + Fraction(1, 2)).__floor__(), 100)
