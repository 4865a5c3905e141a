"""The frames between the two sides: a length of four bytes, then so many bytes of JSON. A batch of requests is sent at once.

Replies count in the order of the requests. A request that is in the pipe can be read ahead, so its reply may come at any
time after it was sent; a reply before that, or after the last, is an answer to nothing.
"""

import struct
from collections import deque
from collections.abc import Sequence
from itertools import accumulate

REPLY_CAP = 256 * 1024
"""Bytes of one reply."""


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def judge_frame(got: bytearray, cap: int = REPLY_CAP, *, is_last: bool = True) -> tuple[str, str]:
    """Return `answered` if a whole frame comes first, `malformed` and why for anything that can't become one, else nothing.

    After the last frame nothing may follow.
    """
    if len(got) < 4:
        return "", ""
    size = struct.unpack_from(">I", got)[0]
    if not 0 < size <= cap:
        return "malformed", f"size {cap // 1024}" if size else "empty"
    if is_last and len(got) > 4 + size:
        return "malformed", "twice"
    return ("answered", "") if len(got) >= 4 + size else ("", "")


class Requests:
    """Requests on their way: the bytes that are still to be sent, and how many requests have no reply yet."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self.unsent = memoryview(b"".join(frames))
        self._sent = 0
        self._ends = deque(accumulate(map(len, frames)))
        self._got = bytearray()
        self._is_early = False

    def __len__(self) -> int:
        """Return how many requests have no reply yet."""
        return len(self._ends)

    def sent(self, size: int) -> None:
        """Note that so many bytes more were sent."""
        self.unsent = self.unsent[size:]
        self._sent += size

    def received(self, chunk: bytes) -> None:
        """Note bytes that came back. Before anything was sent, none should."""
        self._is_early |= bool(chunk) and not self._sent
        self._got += chunk

    def take(self) -> tuple[list[bytes], str]:
        """Take the replies that are there, in the order of their requests; return their bodies, and why the next can't be one.

        Nothing is wrong with the next before those ahead of it are taken.
        """
        bodies: list[bytes] = []
        if self._is_early:
            return bodies, "early"
        while self._ends:
            kind, why = judge_frame(self._got, is_last=len(self._ends) == 1)
            if kind == "answered" and self._ends[0] > self._sent:
                kind, why = "malformed", "early"
            if kind != "answered":
                return bodies, "" if bodies else why
            end = 4 + struct.unpack_from(">I", self._got)[0]
            bodies.append(bytes(memoryview(self._got)[4:end]))
            del self._got[:end]
            self._ends.popleft()
        return bodies, ""
