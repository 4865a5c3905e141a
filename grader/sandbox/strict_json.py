"""Read JSON that a stranger wrote: it is bounded before it is read, and nothing is taken that the standard leaves open."""

import json
from typing import Any

DEPTH = 12
"""Brackets within brackets; a trace has nine."""
PARTS = 5_000_000
"""Quotes, or brackets, in one text: more than the replies of one submission can hold. An empty list is two bytes here and
a hundred when it is read."""
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)
NOT_SQUARE = bytes(set(range(256)) - set(b"[]{}"))


class Malformed(ValueError):
    """A reply that is not of the agreed form; the message says in what."""


def dump(data: Any) -> bytes:
    """Return data as JSON of one line. Raises ValueError for NaN and infinity."""
    return _ENCODER.encode(data).encode()


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`. Refuses duplicate keys, NaN, integers of thousands of digits, and deep nesting."""
    _need_modest(body)
    try:
        data = json.loads(body.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError, OverflowError) as error:
        raise Malformed(f"not JSON as agreed ({type(error).__name__})") from None
    if type(data) is not dict:
        raise Malformed("not an object")
    return data


def _need_modest(body: bytes) -> None:
    """Refuse, before it is read, what is nested so deeply or has so many parts that reading it would cost too much."""
    need(body.count(b'"') <= PARTS, "it holds too many texts")
    outside = b"".join(body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    brackets = outside.translate(bytes.maketrans(b"{}", b"[]"), NOT_SQUARE)
    need(len(brackets) <= PARTS, "it holds too many lists")
    for _ in range(DEPTH):
        brackets = brackets.replace(b"[]", b"")
    need(not brackets, "its brackets do not match, or are nested too deeply")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    need(len(data) == len(pairs), "a key appears twice")
    return data


def _no_constant(word: str) -> Any:
    raise Malformed(f"{word} is not JSON")


def need(condition: bool, what: str) -> None:
    """Raise Malformed with these words unless a condition holds."""
    if not condition:
        raise Malformed(what)


def keys(data: Any, *names: str) -> None:
    """Raise Malformed unless `data` is an object with exactly these keys."""
    need(type(data) is dict and set(data) == set(names), f"its keys are not {', '.join(names)}")
