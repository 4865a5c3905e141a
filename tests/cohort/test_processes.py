"""Worker processes: what they return and raise, and what happens when one dies or takes too long."""

import os
import time
from collections.abc import Callable

import pytest
from processes import marked

from grader.model import KitFault
from grader.processes import Helper, in_processes


def double(numbers: list[int], progress: Callable[[str], None]) -> list[int]:
    for number in numbers:
        progress(str(number))
    return [2 * number for number in numbers]


def fail(number: int, _: Callable[[str], None]) -> None:
    """Raise for one chunk. The others would go on for long."""
    if number == 1:
        raise KitFault("the second chunk can't be done")
    time.sleep(1000)


def behave(how: str) -> str:
    if how == "die":
        os._exit(1)
    if how == "sleep":
        time.sleep(1000)
    if how == "raise":
        raise ValueError("as it was told to")
    return f"{how} {os.getpid()}"


def test_results_come_in_the_order_of_the_chunks_and_progress_is_reported_once_each() -> None:
    seen: list[str] = []
    found = in_processes(double, [[1, 2], [3], [4, 5, 6]], 2, seen.append)
    assert found == [[2, 4], [6], [8, 10, 12]]
    assert sorted(seen) == list("123456")


def test_what_a_worker_raises_is_raised_and_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARK", mark := f"workers of {os.getpid()}")
    with pytest.raises(KitFault, match="the second chunk"):
        in_processes(fail, [0, 1], 2, lambda _: None)
    assert marked(f"MARK={mark}") == []


def test_a_helper_that_dies_or_sleeps_is_ended_and_the_next_call_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARK", mark := f"helper of {os.getpid()}")
    helper = Helper(behave)
    first = helper.call("work", seconds=60)
    assert helper.call("work", seconds=60) == first
    with pytest.raises(ValueError, match="as it was told to"):
        helper.call("raise", seconds=60)
    assert helper.call("work", seconds=60) == first
    with pytest.raises(EOFError):
        helper.call("die", seconds=60)
    assert helper.call("work", seconds=60) != first
    with pytest.raises(TimeoutError):
        helper.call("sleep", seconds=1)
    assert helper.call("work", seconds=60) != first
    helper.end()
    assert marked(f"MARK={mark}") == []
