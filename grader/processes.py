"""Worker processes side by side, which take items of work one by one. They end with the command that started them."""

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from grader import interrupts
from grader.garbage import uncollected
from grader.model import KitFault

GRACE = 0.7
"""Seconds in which a worker ends its sandbox, before it is killed."""
Progress = Callable[[Any], object]
"""Gets the id of each submission that is done, and other news of a worker that can be pickled."""
T = TypeVar("T")
R = TypeVar("R")


def in_processes(work: Callable[[Iterator[T], Progress], R], items: Sequence[T], jobs: int, progress: Progress) -> list[R]:
    """Return what `work` returns in each of `jobs` processes, fewer if there are fewer items, in the order in which they end.

    `work` is called once in each process. The iterator that it gets asks for one item at a time, so that a slow item
    keeps only its own process busy. All of it must be fit to be pickled.
    Raises what `work` raised first, or KitFault where a process died. The others are ended then.
    """
    return _Crew(work, items, jobs, progress).results()


class _Crew:
    """The processes that are at work, each by the pipe on which it asks and answers."""

    def __init__(self, work: Callable[[Iterator[T], Progress], R], items: Sequence[T], jobs: int, progress: Progress) -> None:
        self._task = bytes(ForkingPickler.dumps(work))
        self._waiting = deque(items)
        self._jobs, self._progress = min(jobs, len(items)), progress
        self._running: dict[Connection, SpawnProcess] = {}
        self._found: dict[Connection, Any] = {}

    def results(self) -> list[Any]:
        interrupts.at_end(self._end)
        try:
            self._start()
            while self._running:
                for pipe in connection.wait(list(self._running)):
                    assert isinstance(pipe, Connection)
                    self._hear(pipe)
        finally:
            self._end()
            interrupts.not_at_end(self._end)
        return list(self._found.values())

    def _start(self) -> None:
        """Start the processes, which start up side by side, and send each the work."""
        for _ in range(self._jobs):
            with _spawned(_serve) as (pipe, process):
                self._running[pipe] = process
        for pipe in self._running:
            try:
                pipe.send_bytes(self._task)
            except OSError:
                raise _died() from None
        self._task = b""  # it holds a plan

    def _hear(self, pipe: Connection) -> None:
        """Take one message: a wish for an item, progress, a result, or the end of the process, before which a result must have come."""
        try:
            kind, value = pipe.recv()
            if kind == "next":
                pipe.send([self._waiting.popleft()] if self._waiting else [])
        except (EOFError, OSError):
            self._running.pop(pipe).join()
            pipe.close()
            if pipe not in self._found:
                raise _died() from None
            return
        if kind == "failed":
            raise value
        if kind == "progress":
            self._progress(value)
        elif kind == "done":
            self._found[pipe] = value

    def _end(self) -> None:
        end(self._running.values())


class Helper:
    """One process that calls a function as often as it is asked to, until it is ended. It is started by the first call."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._running: tuple[Connection, SpawnProcess] | None = None

    def call(self, *arguments: Any, seconds: float) -> Any:
        """Return what the function returns. Raises EOFError if the process dies and TimeoutError if it takes longer; both end it."""
        is_new = self._running is None
        if self._running is None:
            interrupts.at_end(self._kill)
            with _spawned(_help) as running:
                self._running = running
        pipe, _ = self._running
        try:
            if is_new:
                pipe.send(self._function)
            pipe.send(arguments)
            answer: tuple[str, Any] = pipe.recv() if pipe.poll(seconds) else ("late", None)
        except (EOFError, OSError):
            self.end()
            raise EOFError from None
        kind, value = answer
        if kind == "late":
            self.end()
            raise TimeoutError
        if kind == "failed":
            raise value
        return value

    def end(self) -> None:
        self._kill()
        if self._running:
            self._running[0].close()
        self._running = None
        interrupts.not_at_end(self._kill)

    def _kill(self) -> None:
        if self._running:
            self._running[1].kill()
            self._running[1].join()


@contextmanager
def _spawned(target: Callable[[Connection], None]) -> Iterator[tuple[Connection, SpawnProcess]]:
    """Start a process and yield it, and the pipe to it, to a block that notes both before a signal can end the command."""
    resource_tracker.ensure_running()  # which would otherwise unblock signals in the middle of `starting`
    ours, theirs = multiprocessing.Pipe()
    with interrupts.starting(), theirs:
        process = multiprocessing.get_context("spawn").Process(target=target, args=(theirs,), daemon=True)
        process.start()
        yield ours, process


def _died() -> KitFault:
    return KitFault("a grading process died, perhaps of too little memory: try --jobs 1")


def end(processes: Collection[SpawnProcess]) -> None:
    """End processes: those that do not obey within GRACE are killed."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        process.kill()
        process.join()


# ---- in the worker ------------------------------------------------------------


def _serve(pipe: Connection) -> None:
    """Do the work that comes through the pipe, and send what it returns."""
    _begin()
    try:
        with uncollected():
            work = pipe.recv()
        gc.freeze()  # it stays to the end
        pipe.send(("done", work(_items(pipe), lambda id: pipe.send(("progress", id)))))
    except Exception as error:
        pipe.send(("failed", error))


def _items(pipe: Connection) -> Iterator[Any]:
    """Yield the items that this process takes, until none is left."""
    while True:
        pipe.send(("next", None))
        item = pipe.recv()
        if not item:
            return
        yield item[0]


def _help(pipe: Connection) -> None:
    """Call the function that comes through the pipe with all arguments that follow, and send what it returns."""
    _begin()
    function = pipe.recv()
    while True:
        try:
            pipe.send(("done", function(*pipe.recv())))
        except EOFError:
            return
        except Exception as error:
            pipe.send(("failed", error))


def _begin() -> None:
    interrupts.listen_as_worker()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the command has died, as by kill -9, which lets it end nothing itself."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
