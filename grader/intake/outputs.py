"""Read a large notebook without the outputs of its cells, block by block: neither they nor the file are ever held as a whole."""

import re
from typing import IO

from grader.intake.refusal import Unusable

LONGEST = 500_000_000
"""Bytes of a notebook with its outputs."""
BLOCK = 1 << 20
"""Bytes that are read at a time."""
TEXT = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
"""A JSON string up to its closing quote, or up to the end of a block."""
MARK = re.compile(rb'["\[\]{}]')
BETWEEN_BRACKETS = re.compile(rb'(?:[^"\[\]{}]+|"[^"\\]*+(?:\\.[^"\\]*+)*")*', re.DOTALL)
"""Whole strings, and all else but brackets."""
IN_A_CELL = b"{[{"
"""The brackets that are open in a cell: the notebook's, those of its list of cells, the cell's own."""
OUTPUTS = b"outputs"


def without_outputs(file: IO[bytes], limit: int) -> bytes:
    """Return a notebook's JSON with an empty list for the outputs of each cell, at most `limit` + 1 bytes of it.

    Raises Unusable for a file of more than LONGEST bytes. Where the file is not JSON, the result is not JSON either.
    """
    scanner, read, kept, held = Scanner(), 0, [], 0
    while held <= limit and (block := file.read(BLOCK)):
        read += len(block)
        if read > LONGEST:
            raise Unusable(f"The notebook is larger than {LONGEST // 1_000_000} MB: clear its outputs.")
        kept.append(scanner.kept_of(block))
        held += len(kept[-1])
    return b"".join(kept)[: limit + 1]


class Scanner:
    """Follows brackets and strings of JSON through the blocks of a file; nothing else of JSON matters to it."""

    def __init__(self) -> None:
        self._open = bytearray()
        self._outputs_at = 0  # how many brackets are open in the outputs that are being left out; 0 outside of outputs
        self._in_text = False
        self._text = b""  # the beginning of the last string: the key, where a list follows
        self._rest = b""  # a backslash at the end of the last block
        self._kept: list[bytes] = []

    def kept_of(self, block: bytes) -> bytes:
        """Return the part of the next block that lies outside of outputs."""
        block, at, self._begun, self._kept = self._rest + block, 0, 0, []
        while at < len(block):
            end = self._after_text(block, at) if self._in_text else self._after_mark(block, at)
            if end == at:
                break
            at = end
        self._rest = block[at:]
        if not self._outputs_at:
            self._kept.append(block[self._begun : at])
        return b"".join(self._kept)

    def _after_text(self, block: bytes, at: int) -> int:
        """Return where a string ends, or the part of it that the block holds."""
        found = TEXT.match(block, at)
        end = found.end() if found else at
        self._text += block[at : min(end, at + 2 * len(OUTPUTS))]
        if block[end : end + 1] == b'"':
            self._in_text = False
            return end + 1
        return end

    def _after_mark(self, block: bytes, at: int) -> int:
        """Return the place after the next quote or bracket, or the block's end."""
        if self._outputs_at and (skipped := BETWEEN_BRACKETS.match(block, at)):
            at = skipped.end()
        found = MARK.search(block, at)
        if found is None:
            return len(block)
        mark = found[0]
        if mark == b'"':
            self._in_text, self._text = True, b""
        elif mark in b"[{":
            if mark == b"[" and self._text == OUTPUTS and self._open == IN_A_CELL:
                self._kept.append(block[self._begun : found.end()])
                self._outputs_at = len(self._open) + 1
            self._open += mark
            self._text = b""
        elif self._open:
            self._open.pop()
            if len(self._open) < self._outputs_at:
                self._outputs_at, self._begun = 0, found.start()
        return found.end()
