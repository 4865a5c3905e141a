"""What lateness costs: nothing, so much for each day begun, with a grace, and nothing counts after a cut-off.

due: 2026-11-30T23:59+01:00     # with the zone; a day alone is refused
grace: 1h                       # or 30m, or 2d; who is later than this is late from the due date on
per_day: 10%                    # of the assignment's points for each day begun; or points, such as 5; or none
cutoff: 7d                      # after so long nothing counts, bonus neither
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from grader.model import KitFault, round_points

KEYS = ("due", "grace", "per_day", "cutoff")
DURATION = re.compile(r"(\d{1,5})\s*(m|h|d)")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
COST = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)\s*(%?)")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Penalty:
    """The points lost to lateness, and the reason. After the cut-off the student also loses the bonus."""

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
        reason = f"handed in {self.shown(handed_in)}, due {self.shown(due)}: {_days(days)} begun"
        if self.cutoff is not None and late > self.cutoff:
            return Penalty(points, f"{reason}, after the cut-off nothing counts", after_cutoff=True)
        each = most * self.per_day / 100 if self.percent else self.per_day
        return Penalty(min(points, round_points(each * days)), reason, after_cutoff=False) if each else None

    def shown(self, at: datetime) -> str:
        """Return a moment in the zone of the due date."""
        return moment(at.astimezone(self.due.tzinfo))


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


def policy_in_words(policy: Mapping[str, str]) -> str:
    """Return in words what a policy says, also where it says nothing."""
    if not policy:
        return "none, so that nothing is late"
    read, cost = read_policy(policy), policy.get("per_day", "none").strip()
    each = f"{cost}{'' if read.percent else ' points'} for each day begun" if read.per_day else "nothing for a day late"
    grace = f"grace {policy['grace'].strip()}" if read.grace else "no grace"
    cutoff = f"cutoff {policy['cutoff'].strip()}" if read.cutoff is not None else "no cutoff"
    return f"due {moment(read.due)}, {each}, {grace}, {cutoff}"


def exact(text: str) -> datetime:
    """Return a moment in which people are late or not. Raises KitFault for one without a zone, and for a day alone."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        at = instant(text)
        if datetime.fromisoformat(text.strip()).tzinfo is None:
            raise KitFault(f"{text!r} has no zone: write it as 2026-11-30T23:59+01:00") from None
        return at
    raise KitFault(f"{text!r} is a day and no moment: write it with the time and the zone, such as 2026-11-30T23:59+01:00")


def instant(text: str) -> datetime:
    """Return a moment; one without a zone is in UTC, a day alone its midnight. Raises KitFault."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise KitFault(f"{text!r} is no moment: write it as 2026-11-30T23:59+01:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def moment(at: datetime) -> str:
    """Return a moment for people, with its seconds where there are some."""
    return at.isoformat(sep=" ", timespec="seconds" if at.second or at.microsecond else "minutes")


def _duration(value: str, what: str) -> timedelta:
    if value.strip() == "0":
        return timedelta(0)
    found = DURATION.fullmatch(value.strip())
    if not found:
        raise KitFault(f"{what} must be a time such as 30m, 2h or 7d, not {value!r}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
