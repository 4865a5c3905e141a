"""Ctrl-C and SIGTERM: end a command within two seconds, with everything that it started.

A command listens from its first moment. The handler ends its worker processes and sandboxes, says how much is done, and leaves
the process with status 130 (SIGTERM: 143). It raises no exception, so no library can swallow one and no traceback is shown.
Nothing is lost: every result is written in one move as soon as it exists, and the same command continues from there.

Only a program of our own listens. Where the kit is a library (nbgrader, pytest, a Dask worker), signals mean what they mean there.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)
LONGEST = 1.6
"""Seconds that ending may take; then the process leaves, whatever is not ended yet."""


class _Command:
    """What the handler must know of the command that runs in this process."""

    def __init__(self) -> None:
        self.received = 0
        self.held = 0
        self.is_worker = False
        self.endings: dict[Callable[[], object], None] = {}
        self.done = 0
        self.total: int | None = None
        self.next = ""


_command = _Command()


def listen() -> None:
    """Let the first Ctrl-C or SIGTERM end this command. A signal that the caller ignores, as `nohup` does, stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def listen_as_worker() -> None:
    """Let SIGTERM, which the command sends, end this worker without a word. The terminal's Ctrl-C is the command's affair."""
    _command.is_worker = True
    signal.signal(signal.SIGTERM, _handle)
    signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN, which the sandbox's processes would inherit
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def ignore() -> None:
    """Let no signal disturb the end of a command that is done."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def at_end(ending: Callable[[], object]) -> None:
    """Have `ending` called when a signal ends the command. It must be quick and must not wait for a lock."""
    _command.endings[ending] = None


def not_at_end(ending: Callable[[], object]) -> None:
    """Forget an ending: what it ended has ended by itself."""
    _command.endings.pop(ending, None)


def end_all() -> None:
    """Call all endings, the latest first."""
    for ending in reversed(list(_command.endings)):
        with contextlib.suppress(Exception):
            ending()


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold back the end until the block is done, so that what it starts is also noted, and what it writes is whole."""
    if threading.current_thread() is not threading.main_thread():
        while _command.received:  # the process is about to leave: a thread starts nothing any more
            time.sleep(LONGEST)
        yield
        return
    _command.held += 1
    try:
        yield
    finally:
        _command.held -= 1
        if _command.received and not _command.held:
            _leave()


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Hold back the end, and start processes to which the terminal's Ctrl-C does not come before they listen."""
    with held():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def counting(total: int, continued_by: str = "run the same command to continue") -> Iterator[Callable[[str], None]]:
    """Count who was asked of `total`, by calls of the yielded function, for commands that keep the answers."""

    def count(_: str) -> None:
        _command.done += 1

    _command.done, _command.total, _command.next = 0, total, continued_by
    try:
        yield count
    finally:
        _command.total = None


def _handle(number: int, _: FrameType | None) -> None:
    if not _command.received:
        _command.received = number
        if not _command.held:
            _leave()


def _leave() -> NoReturn:
    """End what the command started, say how far it came, and leave the process."""
    ignore()
    signal.signal(signal.SIGALRM, lambda *_: _exit())
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    end_all()
    with contextlib.suppress(Exception):  # whoever reads our output may be gone, or the signal came while it was written
        sys.stdout.flush()
    _exit()


def _exit() -> NoReturn:
    if not _command.is_worker:
        said = "interrupted"
        if _command.total is not None:
            said = f"{_command.done} of {_command.total} asked, and their answers kept; {_command.next}"
        with contextlib.suppress(OSError):
            after = "\n" if os.isatty(2) else ""  # the terminal shows ^C, perhaps behind a progress bar
            os.write(2, f"{after}grader: {said}\n".encode())
    os._exit(128 + _command.received)
