"""Gives a submission, at every load, standard streams as a Python program finds them when it starts.

A submission may reconfigure, wrap, detach or close its streams, or close their descriptors. All of that ends with the load.
"""

import os
import sys
from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper

NAMES = ("stdin", "stdout", "stderr")
ATTRIBUTES = (*NAMES, *(f"__{name}__" for name in NAMES))


class Streams:
    """The three standard streams of this process. Make one when descriptors 0, 1 and 2 are in place."""

    def __init__(self):
        self._files = [os.fstat(descriptor) for descriptor in range(3)]
        self._settings = [settings(getattr(sys, name)) for name in NAMES]
        self._renew()

    def restore(self):
        """Make streams and descriptors again what they were at the start. Streams that nobody changed stay the same objects."""
        if self._are_in_place() and list(map(settings, self._texts)) == self._settings:
            self._restore_descriptors()
        else:
            self._renew()

    def _are_in_place(self):
        return all(getattr(sys, name, None) is text for name, text in zip(ATTRIBUTES, self._texts * 2, strict=True))

    def _renew(self):
        for name in ATTRIBUTES:
            setattr(sys, name, None)  # which closes a stream that only stood here, and with it perhaps the descriptor
        self._restore_descriptors()
        self._texts = [opened(descriptor, *self._settings[descriptor]) for descriptor in range(3)]
        for name, text in zip(ATTRIBUTES, self._texts * 2, strict=True):
            setattr(sys, name, text)

    def _restore_descriptors(self):
        for descriptor, other in ((0, 0), (1, 2), (2, 1)):
            if self._is_intact(descriptor):
                continue
            if self._is_intact(other):
                os.dup2(other, descriptor)
                continue
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)

    def _is_intact(self, descriptor):
        try:
            return os.path.samestat(os.fstat(descriptor), self._files[descriptor])
        except OSError:
            return False


def settings(text):
    """Return how a stream encodes and buffers, or None where it is closed or detached."""
    try:
        return None if text.closed else (text.encoding, text.errors, text.line_buffering, text.write_through)
    except (AttributeError, ValueError):
        return None


def opened(descriptor, encoding, errors, line_buffering, write_through):
    """Return a text stream on a descriptor, which it never closes, with the name and mode that Python gives its own."""
    mode, buffered, newline = ("w", BufferedWriter, "\n") if descriptor else ("r", BufferedReader, None)
    raw = FileIO(descriptor, mode, closefd=False)
    raw.name = f"<{NAMES[descriptor]}>"
    text = TextIOWrapper(buffered(raw), encoding, errors, newline, line_buffering=line_buffering, write_through=write_through)
    text.mode = mode
    return text
