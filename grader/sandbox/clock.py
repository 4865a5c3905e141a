"""The clock of one question, or of one load: how long a child may take, and what that costs.

A question ends when it has used its CPU time, or when it sleeps. A child sleeps if it runs for less than AWAKE in a WINDOW of
wall time, or if it takes twice its CPU time and a WINDOW. Time in which it waits for a busy CPU counts as awake, where the kernel
reports that time, so that a busy machine ends no question.
"""

import time
from collections import deque
from collections.abc import Callable

from grader.sandbox.time_limits import AWAKE, SLACK, WINDOW

LOOK = 0.05  # seconds of silence after which the child's clocks are read
Usage = tuple[float, float]
"""Seconds that a child has run, and seconds that it has waited for a CPU."""


class Clock:
    """Measure one wait for replies since the child had `used` so much; `usage` reads what it has used now."""

    def __init__(self, used: Usage, usage: Callable[[], Usage], limit: float) -> None:
        self._usage, self._limit = usage, limit
        self._begun = self._looked = time.monotonic()
        self._ran, self._waited = self.used = used
        self._looks = deque([(self._begun, self._ran + self._waited)])

    def over(self) -> str:
        """Return why the time is up, or nothing while it is not."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return ""
        self._looked = now
        ran, waited = self._usage()
        self._looks.append((now, ran + waited))
        while self._looks[1][0] <= now - WINDOW:
            self._looks.popleft()
        since, awake = self._looks[0]
        if ran - self._ran > self._limit:
            return f"cpu {self._limit:.2g}"
        if now - since >= WINDOW and ran + waited - awake < AWAKE:
            return f"slept {WINDOW:g}"
        if self._wall(now, waited) > WINDOW + SLACK * self._limit:
            return f"slept {WINDOW + SLACK * self._limit:.2g}"
        return ""

    def cost(self) -> float:
        """Return the seconds to charge: those of CPU since the wait before, or half of the wall time if that is more.

        So a child that sleeps uses up a budget as well. The child must not have been reaped. `used` is its usage now.
        """
        ran, waited = self.used = self._usage()
        return max(ran - self._ran, self._wall(time.monotonic(), waited) / SLACK)

    def _wall(self, now: float, waited: float) -> float:
        """Return the seconds of this wait in which the child did not wait for a CPU."""
        return now - self._begun - (waited - self._waited)
