"""The `id` that a submission finds among Python's own functions, and the real one for those who ask for it by this module.

Python gives the address of an object that died to the next one, by chance. What is remembered by `id` for longer than its node
lives is then taken for another's. So that chance has no part in it, in questions with several graphs in turn the nodes of one
graph get the numbers of those that died before. No two living things share a number, and none changes its own.
"""

import gc
import itertools
from builtins import id

__all__ = ["NUMBERS", "id"]


class Numbers:
    """Numbers for the nodes of one class while `begin` is in force, and real addresses for all else."""

    def __init__(self):
        self.forget()

    def forget(self):
        """Give real addresses to all."""
        self._kind, self._old, self._known, self._free, self._fresh = None, set(), {}, [], itertools.count(16, 16)

    def begin(self, kind):
        """Give numbers to the nodes of a class; those that live keep their address."""
        self.forget()
        self._kind = kind
        self._old = self._alive()

    def id(self, thing, /):
        """Return a number that no other living thing has."""
        address = id(thing)
        if type(thing) is not self._kind or address in self._old:
            return address
        if address not in self._known:
            self._known[address] = self._free.pop() if self._free else next(self._fresh)
        return self._known[address]

    def collect(self):
        """Free the nodes that nobody holds, and their numbers: the next node that is asked about gets the first."""
        alive = self._alive()
        self._old &= alive
        self._free += sorted((number for known, number in self._known.items() if known not in alive), reverse=True)
        self._known = {known: number for known, number in self._known.items() if known in alive}

    def _alive(self):
        gc.collect()
        return {id(thing) for thing in gc.get_objects() if type(thing) is self._kind}


NUMBERS = Numbers()
