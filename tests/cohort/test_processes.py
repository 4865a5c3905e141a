"""Worker processes: what they return and raise, and what happens when one dies or takes too long."""

import os
import time
from collections.abc import Callable, Iterator

import pytest
from processes import marked

from grader.model import KitFault
from grader.processes import Helper, in_processes


def double(numbers: Iterator[int], progress: Callable[[str], None]) -> list[int]:
    """Double numbers. One that meets 0 is busy with it until the others have taken all the rest."""
    found = []
    for number in numbers:
        progress(str(number))
        found.append(2 * number)
        if number == 0:
            time.sleep(5)
    return found


def fail(numbers: Iterator[int], _: Callable[[str], None]) -> None:
    """Raise at one item. The others would go on for long."""
    for number in numbers:
        if number == 1:
            raise KitFault("the second item can't be done")
        time.sleep(1000)


def behave(how: str) -> str:
    if how == "die":
        os._exit(1)
    if how == "sleep":
        time.sleep(1000)
    if how == "raise":
        raise ValueError("as it was told to")
    return f"{how} {os.getpid()}"


def test_each_item_is_done_once_and_a_slow_one_keeps_only_its_own_process_busy() -> None:
    seen: list[str] = []
    found = in_processes(double, [0, 1, 2, 3, 4, 5], 2, seen.append)
    assert sorted(found) == [[0], [2, 4, 6, 8, 10]]
    assert sorted(seen) == list("012345")


def test_there_are_no_more_processes_than_items() -> None:
    assert in_processes(double, [7], 2, lambda _: None) == [[14]]
    assert in_processes(double, [], 2, lambda _: None) == []


def test_what_a_worker_raises_is_raised_and_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARK", mark := f"workers of {os.getpid()}")
    with pytest.raises(KitFault, match="the second item"):
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
