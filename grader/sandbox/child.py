"""One forked process that answers: what it is sent, how long it is waited for (see `clock`), and how it ended.

A batch of questions is written at once, while replies are read. Replies are accepted in the order of the questions alone, and the
clock starts anew at each. If the process ends, the first unanswered question has failed; the others were not asked.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from grader.model import KitFault
from grader.sandbox import reply_schema, strict_json
from grader.sandbox.clock import LOOK, Clock
from grader.sandbox.frames import Requests, frame
from grader.sandbox.isolation import DOCTOR
from grader.sandbox.template_control import Control, Gone
from grader.sandbox.time_limits import LOAD_CPU, QUESTION_CPU
from grader.sandbox.usage import open_schedstat, read_schedstat

START = 60.0  # seconds in which a forked process has locked itself and tried its walls, however busy the machine is
TRAVELS = (
    "id", "ask", "graph_source", "build", "link", "rows", "roots", "grown_sizes", "orders", "between", "inputs", "earlier_graphs",
    "shows_graph", "whole",
)  # fmt: skip
OUTPUT_KEPT = 64 * 1024
FEW = 2  # unanswered questions; while there are more, replies are left to gather for a moment
NAP = 0.0002  # seconds for each unanswered question; a child needs 0.0003 for one


@dataclass(frozen=True, slots=True)
class Answer:
    """How one question ended: `answered` and `raised` carry a reply, the other kinds a reason in `why` (see `reply_schema.REASONS`).

    kind is one of answered, raised, timeout, crash, malformed. `spent` is what it cost in seconds (see `Clock.cost`),
    loading the module for it included.
    """

    kind: str
    spent: float
    reply: dict[str, Any] | None = None
    why: str = ""


class Received(NamedTuple):
    """What came back for one question: the `body` of its reply, not read yet, and the kind `answered`; or another kind, and why."""

    kind: str
    spent: float
    body: bytes = b""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How to load: everything but the statements with these numbers, which took `seconds`; or definitions alone."""

    skipped: tuple[int, ...] = ()
    seconds: float = 0.0
    definitions_only: bool = False


WHOLE = Manner()


@dataclass(frozen=True, slots=True)
class Loading:
    """How loading ended: `loaded`, `unreadable` (does not compile), or as an Answer's kinds if it never got so far.

    `again` is how the module is loaded for later questions: other processes can load it like that from the beginning.
    """

    kind: str
    spent: float
    facts: dict[str, Any]
    why: str = ""
    again: Manner = WHOLE

    def seconds_again(self, *, whole: bool) -> float:
        """Return the seconds that loading once more takes, `whole` or without the statements that are skipped then."""
        saved: float = min(self.facts.get("saved_seconds", 0.0), self.spent)
        return self.spent - saved + (self.again.seconds if whole else 0.0)


class Child:
    """One forked process that answers questions until it is closed or ends; `printed_bytes` counts what it printed."""

    def __init__(self, control: Control, source: bytes, pristine: str, manner: Manner) -> None:
        self._control = control
        self.alive = True
        self.printed = b""
        self.printed_bytes = 0
        self.used = 0.0, 0.0
        self._talks = True
        self._schedstat: int | None = None
        self._fresh = True
        with contextlib.ExitStack() as opened:
            with self._pipes() as theirs:
                opened.push(self)
                pidfds = control.fork(theirs)
            try:
                self._greeted()
                self._schedstat = next(map(open_schedstat, pidfds), None)  # now that it has run for a while
            finally:
                for pidfd in pidfds:
                    os.close(pidfd)
            self.used = self.usage()
            self.loaded = self._load(source, pristine, manner)
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
        for descriptor in (self._requests, self._replies, self._output, self._schedstat):
            if descriptor is not None:
                os.close(descriptor)

    def end(self) -> None:
        """End the process: no more is asked of it."""
        self._end()

    def _end(self, how: bytes = b"kill") -> int:
        """End the process, or let it `end` by itself, and return its wait status; a second call does nothing."""
        if not self.alive:
            return 0
        self.alive = False
        return self._control.order(how)

    def usage(self) -> tuple[float, float]:
        """Return the seconds that the child has run so far, and those that it has waited for a CPU, 0 if these are unknown.

        The template must not have reaped it. Raises Gone.
        """
        if self._schedstat is None:
            return self._control.order(b"cpu") / 1e9, 0.0
        try:
            return read_schedstat(self._schedstat)
        except OSError:  # the template has ended, and the child with it
            raise Gone from None

    def ask(self, question: Mapping[str, Any], limit: float = QUESTION_CPU) -> Answer:
        """Return the answer to one question. Unless it is `answered` or `raised`, the child is gone afterwards.

        `limit` is in seconds of CPU.
        """
        [(kind, spent, body, why)] = self.answers([frame_of(question)], limit, whole="whole" in question)
        if kind != "answered":
            return Answer(kind, spent, why=why)
        try:
            facts = reply_schema.parse_answer(body, question)
        except strict_json.Malformed as fault:
            self.end()
            return Answer("malformed", spent, why=f"form {fault}")
        return Answer("raised" if "raised" in facts else "answered", spent, facts)

    def answers(self, frames: Sequence[bytes], limit: float = QUESTION_CPU, *, whole: bool = False) -> Iterator[Received]:
        """Send questions at once, as `frame_of` makes them, and yield what came back for each, in their order.

        The last that is yielded may be one that failed: the child is gone then, and the questions after it were not asked.
        Whoever does not take the answers to all must end the child. `limit` is in seconds of CPU for each question.
        """
        again = min(self.loaded.seconds_again(whole=whole), LOAD_CPU)
        requests = Requests(frames)
        requests.received(self._read())  # of what came before the first was sent
        while requests and self.alive:
            fresh, self._fresh = self._fresh, False
            came = self._exchange(requests, limit if fresh else limit + again)  # the module is loaded anew for all but the first
            if fresh:
                came[0] = came[0]._replace(spent=came[0].spent + self.loaded.spent)
            yield from came

    def _greeted(self) -> None:
        """Raise KitFault unless the child says that its walls hold. It does so before it is sent a byte of a submission."""
        try:
            select.select([self._replies], [], [], START)
            still_able = reply_schema.unlocked(self._read()[4:])
        except strict_json.Malformed:
            self._end()
            self._drain()
            raise KitFault(f"a process in the sandbox did not start: {self.printed.decode(errors='replace').strip()}{DOCTOR}") from None
        if still_able:
            self._end()
            raise KitFault(f"the sandbox does not hold: inside it one can {', '.join(still_able)}{DOCTOR}")

    def _load(self, source: bytes, pristine: str, manner: Manner) -> Loading:
        header = {"pristine": pristine, "skipped": manner.skipped, "definitions_only": manner.definitions_only}
        [(kind, spent, body, why)] = self._exchange(Requests([frame(strict_json.dump(header)) + frame(source)]), LOAD_CPU)
        if kind == "answered":
            try:
                facts = reply_schema.parse_loading(body)
                if "unreadable" in facts:
                    return Loading("unreadable", spent, facts)
                saved = min(facts["saved_seconds"], spent)  # a submission can't claim more
                again = replace(manner, skipped=tuple(facts["skipped"]), seconds=manner.seconds + saved)
                return Loading("loaded", spent, facts, again=again)
            except strict_json.Malformed as fault:
                self._end()
                kind, why = "malformed", f"form {fault}"
        return Loading(kind, spent, {}, why)

    def _exchange(self, requests: Requests, limit: float) -> list[Received]:
        """Send what can be sent, wait until a reply is there, and return those that are; or the one that failed.

        Replies that are read together share the cost in equal parts.
        """
        clock = Clock(self.used, self.usage, limit)
        while True:
            bodies, why = requests.take()
            if bodies:
                share = clock.cost() / len(bodies)
                self.used = clock.used
                return [Received("answered", share, body) for body in bodies]
            if why:
                return [self._lost("malformed", clock, why)]
            if why := clock.over():
                return [self._lost("timeout", clock, why)]
            listen = [self._replies, self._output] if self._talks else [self._replies]
            readable, writable, _ = select.select(listen, [self._requests] if requests.unsent else [], [], LOOK)
            if self._output in readable:
                self._drain()
            if writable:
                requests.sent(self._write(requests.unsent))
            if self._replies in readable:
                if len(requests) > FEW:
                    time.sleep(len(requests) * NAP)
                chunk = self._read()
                requests.received(chunk)
                if not chunk:
                    return [self._lost("crash", clock)]

    def _lost(self, kind: str, clock: Clock, why: str = "") -> Received:
        """End the process, and return how the first unanswered request failed."""
        spent, begun = clock.cost(), time.monotonic()
        status = self._end(b"kill" if why else b"end")
        spent += time.monotonic() - begun  # in which it may not have ended by itself
        if self._talks and select.select([self._output], [], [], 0)[0]:
            self._drain()
        if os.WIFSIGNALED(status) and not why:
            why = f"died {_signal(os.WTERMSIG(status))}"
        return Received(kind, spent, why=why or "ended")

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


def _signal(number: int) -> str:
    """Return a signal's name; those for free use have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def frame_of(question: Mapping[str, Any]) -> bytes:
    """Return a question as it travels: without what the probe need not know, such as whether it is public."""
    return frame(strict_json.dump({name: part for name, part in question.items() if name in TRAVELS}))
