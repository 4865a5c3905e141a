"""Pause Python's garbage collection while many long-lived objects are made: each collection would look through all of them.

Measured with a plan of half a million objects: to unpickle it takes 42 ms instead of 225, to read it with its rubric 150 instead of 210.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no garbage collection run in the body of a `with`."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
