"""How fast a forge may be written to, and how long to wait when it says no. A clock can be put in place of the real one.

GitHub allows 80 requests that create content a minute and 500 an hour, asks for a second between two writes, and answers
403 or 429 above that (docs.github.com, "Rate limits for the REST API"). We stay a little below.
"""

import math
import time
from collections.abc import Callable, Mapping

from grader.pull_requests.course_ci.errors import ForgeFault

PER_HOUR, PER_MINUTE, APART = 480, 60, 1.0
DEFAULT_WAIT = 60.0
"""Seconds to wait at a secondary limit that names no time; doubled each time."""
PATIENCE = 2 * 3600.0
"""Seconds that one run waits in all at limits before it gives up and says so."""


class Clock:
    """The time, and a way to let it pass."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Pace:
    """Spaces writes out. `past` are the times of earlier writes, from a journal; `wrote` is called with each new one.

    `until` is the time at which the token ends, less a margin: nothing is begun that would be written later.
    """

    def __init__(
        self, clock: Clock, past: list[float] | None = None, wrote: Callable[[float], None] = lambda _: None, until: float = math.inf
    ) -> None:
        self._clock, self._wrote, self._until = clock, wrote, until
        self._past = sorted(past or [])
        self.patience = PATIENCE

    def seconds_to_write(self) -> float:
        """Return for how many seconds no write is allowed; 0 if one is allowed now."""
        return max(0.0, _next(self._past, self._clock.now()) - self._clock.now())

    def before_write(self, writes: int = 1) -> None:
        """Wait until a write is allowed, and count it. Raises ForgeFault if the last of `writes` that go together would come too late."""
        planned = list(self._past)
        for _ in range(writes):
            planned.append(_next(planned, self._clock.now()))
        if planned[-1] > self._until:
            raise ForgeFault(
                "deadline", f"what is next would be written in {planned[-1] - self._clock.now():.0f} s, after the end of the token"
            )
        if seconds := self.seconds_to_write():
            self._clock.sleep(seconds)
        self._past.append(self._clock.now())
        self._wrote(self._past[-1])

    def wait(self, seconds: float) -> bool:
        """Wait at a limit and return True; or return False if that is longer than this run has patience for.

        Raises ForgeFault if the token would end in the meantime.
        """
        if self._clock.now() + seconds > self._until:
            raise ForgeFault("deadline", f"the forge asks to wait {seconds:.0f} s, beyond the end of the token")
        if seconds > self.patience:
            return False
        self.patience -= seconds
        self._clock.sleep(seconds)
        return True

    def asked_to_wait(self, status: int, headers: Mapping[str, str], message: str, attempt: int) -> float | None:
        """Return for how many seconds a refusal asks us to wait, or None if it is no limit."""
        if status not in (403, 429):
            return None
        retry_after = headers.get("retry-after", "")
        if retry_after.isdigit():
            return max(1.0, float(retry_after))
        reset = headers.get("x-ratelimit-reset", "")
        if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(1.0, float(reset) - self._clock.now() + 1)
        if status == 429 or "rate limit" in message.lower() or "abuse detection" in message.lower():
            return float(DEFAULT_WAIT * 2**attempt)
        return None


def _next(past: list[float], now: float) -> float:
    """Return the first time from `now` on at which a write is allowed after those of `past`, which are in order."""
    limits = ((1, APART), (PER_MINUTE, 60.0), (PER_HOUR, 3600.0))
    return max([now, *(past[-most] + seconds for most, seconds in limits if len(past) >= most)])
