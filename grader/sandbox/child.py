"""One forked process that answers: what it is sent, how long it is waited for, and how it ended.

CPU time decides: a question (or a load) that has used its CPU is ended. A wall deadline ends only what sleeps, that is
what has used less than a tenth of the deadline as CPU by then, so that a busy machine times nobody out.
"""

import contextlib
import os
import select
import signal
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from grader.model import KitFault
from grader.sandbox import reply
from grader.sandbox.control import Control, Gone

QUESTION_CPU = 1.0
LOAD_CPU = 2.0
WALL = 3.0
START = 60.0  # seconds in which a forked process has locked itself and tried its walls, however busy the machine is
TRAVELS = ("id", "ask", "way", "build", "link", "rows", "roots", "built", "orders", "earlier", "deep")
LONG = 0.5  # seconds after which one who hardly uses the CPU is taken to sleep
LOOK = 0.05  # seconds of silence after which the child's CPU clock is read
OUTPUT_KEPT = 64 * 1024
REPLY_CAP = 256 * 1024
DEEP_REPLY_CAP = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """How one question ended: `answered` and `raised` carry a reply, the other kinds a reason in `why` (see `reply.REASONS`).

    kind is one of answered, raised, timeout, crash, malformed. `spent` is in seconds, for the question's budget.
    """

    kind: str
    spent: float
    reply: dict[str, Any] | None = None
    why: str = ""
    size: int = 0  # bytes of the reply


Reader = Callable[[bytes, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Loading:
    """How loading ended: `loaded`, `unreadable` (does not compile), or as an Answer's kinds if it never got so far."""

    kind: str
    spent: float
    facts: dict[str, Any]
    why: str = ""


class Child:
    """One forked process that answers questions until it is closed or ends; `printed_bytes` counts what it printed."""

    def __init__(self, control: Control, source: bytes, pristine: str) -> None:
        self._control = control
        self.alive = True
        self.printed = b""
        self.printed_bytes = 0
        self._talks = True
        with contextlib.ExitStack() as opened:
            with self._pipes() as theirs:
                opened.push(self)
                control.order(b"fork", theirs)
            self._greeted()
            self.loaded = self._load(_frame(reply.dump({"pristine": pristine})) + _frame(source))
            opened.pop_all()

    @contextlib.contextmanager
    def _pipes(self) -> Iterator[list[int]]:
        """Make three pipes, and lend the child's ends of them."""
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        self._output, output = os.pipe()
        for descriptor in (self._replies, self._output, self._requests):
            os.set_blocking(descriptor, False)
        try:
            yield [requests, replies, output]
        finally:
            for descriptor in (requests, replies, output):
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Gone):
            self._end()
        for descriptor in (self._requests, self._replies, self._output):
            os.close(descriptor)

    def _end(self, how: bytes = b"kill") -> int:
        """End the process, or let it `end` by itself, and return its wait status; a second call does nothing."""
        if not self.alive:
            return 0
        self.alive = False
        return self._control.order(how)

    def cpu(self) -> float:
        """Return the seconds of CPU that the child, which must be alive, has used so far."""
        return self._control.order(b"cpu") / 1e9

    def ask(self, question: dict[str, Any], frame: bytes = b"", limit: float = QUESTION_CPU, read: Reader = reply.parse_answer) -> Answer:
        """Return the answer to one question. Unless it is `answered` or `raised`, the child is gone afterwards.

        For those who ask it often, `frame` is what `frame_of` makes of the question, and `read` may remember what
        `reply.parse_answer` made of the same bytes. `limit` is in seconds of CPU.
        """
        kind, spent, body, why = self._exchange(
            frame or frame_of(question),
            limit + self.loaded.spent,  # the module is loaded anew for each question
            DEEP_REPLY_CAP if question.get("deep") else REPLY_CAP,
        )
        if kind != "answered":
            return Answer(kind, spent, why=why)
        try:
            facts = read(body, question)
        except reply.Malformed as fault:
            self._end()
            return Answer("malformed", spent, why=f"form {fault}")
        return Answer("raised" if "raised" in facts else "answered", spent, facts, size=len(body))

    def _greeted(self) -> None:
        """Raise KitFault unless the child says that its walls hold. It does so before it is sent a byte of a submission."""
        try:
            select.select([self._replies], [], [], START)
            still_able = reply.unlocked(self._read()[4:])
        except reply.Malformed:
            self._end()
            self._drain()
            raise KitFault(f"a process in the sandbox did not start: {self.printed.decode(errors='replace').strip()}") from None
        if still_able:
            self._end()
            raise KitFault(f"the sandbox does not hold: inside it one can {', '.join(still_able)}")

    def _load(self, request: bytes) -> Loading:
        kind, spent, body, why = self._exchange(request, LOAD_CPU, REPLY_CAP)
        if kind == "answered":
            try:
                facts = reply.parse_loading(body)
                return Loading("unreadable" if "unreadable" in facts else "loaded", spent, facts)
            except reply.Malformed as fault:
                self._end()
                kind, why = "malformed", f"form {fault}"
        return Loading(kind, spent, {}, why)

    def _exchange(self, request: bytes, limit: float, cap: int) -> tuple[str, float, bytes, str]:
        """Send a request and wait for one frame; return kind, seconds spent, the frame's body and, if there is none, why."""
        clock = _Clock(self, limit)
        pending, got = memoryview(request), bytearray(self._read())
        if got:
            return self._lost("malformed", clock, "early")
        while True:
            listen = [self._replies, self._output] if self._talks else [self._replies]
            readable, writable, _ = select.select(listen, [self._requests] if pending else [], [], LOOK)
            if self._output in readable:
                self._drain()
            if writable:
                pending = pending[self._write(pending) :]
            if self._replies in readable:
                chunk = self._read()
                got += chunk
                kind, why = _judge_frame(got, cap) if chunk else ("crash", "")
                if kind == "answered":
                    return kind, clock.spent(), bytes(got[4:]), ""
                if kind:
                    return self._lost(kind, clock, why)
            if why := clock.over():
                return self._lost("timeout", clock, why)

    def _lost(self, kind: str, clock: "_Clock", why: str = "") -> tuple[str, float, bytes, str]:
        status = self._end(b"kill" if why else b"end")
        spent = clock.spent()  # with the time in which it did not end by itself
        if self._talks and select.select([self._output], [], [], 0)[0]:
            self._drain()
        if os.WIFSIGNALED(status) and not why:
            why = f"died {_signal(os.WTERMSIG(status))}"
        return kind, spent, b"", why or "ended"

    def _read(self) -> bytes:
        try:
            return os.read(self._replies, 1 << 16)
        except BlockingIOError:
            return b""

    def _write(self, data: memoryview) -> int:
        try:
            return os.write(self._requests, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return len(data)  # it ended or closed its side: the end of its replies tells which

    def _drain(self) -> None:
        """Take what was printed; all of it is counted, the beginning is kept."""
        chunk = os.read(self._output, 1 << 16)
        self._talks = bool(chunk)
        self.printed_bytes += len(chunk)
        self.printed += chunk[: OUTPUT_KEPT - len(self.printed)]


class _Clock:
    """What one exchange has used. The child's CPU clock is read only when an answer is slow in coming."""

    def __init__(self, child: Child, limit: float) -> None:
        self._child, self._limit = child, limit
        self._begun = self._looked = time.monotonic()
        self._cpu_begun: float | None = None
        self._used = 0.0

    def over(self) -> str:
        """Return why the time is up, or nothing while it is not."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return ""
        self._looked, wall = now, now - self._begun
        cpu = self._child.cpu()
        if self._cpu_begun is None:  # what the child used before this exchange is not known better than by the wall clock
            self._cpu_begun = max(0.0, cpu - wall)
        self._used = cpu - self._cpu_begun
        if self._used > self._limit:
            return f"cpu {self._limit:.2g}"
        if wall > WALL and self._used < WALL / 10:
            self._used = wall
            return f"slept {WALL:g}"
        return ""

    def spent(self) -> float:
        """Return the seconds to charge: CPU time where the answer was slow, otherwise the few that the wall clock saw.

        Who slept for long is charged the time slept, or a submission that sleeps would cost hours and none of its budget.
        """
        wall = time.monotonic() - self._begun
        return wall if not self._used or (wall > LONG and self._used < wall / 10) else self._used


def _judge_frame(got: bytearray, cap: int) -> tuple[str, str]:
    """Return `answered` for one whole frame, `malformed` and why for anything that can't become one, else nothing."""
    if len(got) < 4:
        return "", ""
    size = struct.unpack_from(">I", got)[0]
    if not 0 < size <= cap:
        return "malformed", f"size {cap // 1024}" if size else "empty"
    if len(got) > 4 + size:
        return "malformed", "twice"
    return ("answered", "") if len(got) == 4 + size else ("", "")


def _signal(number: int) -> str:
    """Return a signal's name; those for free use have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def frame_of(question: dict[str, Any]) -> bytes:
    """Return a question as it travels: without what the probe need not know, such as whether it is public."""
    return _frame(reply.dump({name: part for name, part in question.items() if name in TRAVELS}))


def _frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body
