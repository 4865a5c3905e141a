"""Read what a child wrote, strictly: a reply is either exactly of the form that its question asks for, or malformed.

Everything here comes from the side of the submission. Bytes are capped before they get here; nothing is unpickled.
"""

import json
import math
from typing import Any

NON_FINITE = ("nan", "inf", "-inf")
MADE = ("graph", "identity")
STAGES = ("build", "call", "read")
ATTRIBUTES = ("value", "operator", "parent_nodes", "grad_wrt_parents", "child_nodes")
REASONS = ("died", "ended", "cpu", "slept", "early", "twice", "size", "empty", "form", "never")
"""Why there is no answer; after a space may stand which signal, how many seconds or KiB, or what is wrong with the form."""
DEPTH = 12
"""Brackets within brackets; a trace has nine."""
PARTS = 5_000_000
"""Quotes, or brackets, in one text: more than the replies of one submission can hold. An empty list is two bytes here and
a hundred when it is read."""
ENTRIES = 1000
"""Entries of an array that a reply carries."""
NOT_SQUARE = bytes(set(range(256)) - set(b"[]{}"))


class Malformed(ValueError):
    """A reply that is not of the agreed form; the message says in what."""


def dump(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


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
    _need(body.count(b'"') <= PARTS, "it holds too many texts")
    outside = b"".join(body.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    brackets = outside.translate(bytes.maketrans(b"{}", b"[]"), NOT_SQUARE)
    _need(len(brackets) <= PARTS, "it holds too many lists")
    for _ in range(DEPTH):
        brackets = brackets.replace(b"[]", b"")
    _need(not brackets, "its brackets do not match, or stand too deeply within each other")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    _need(len(data) == len(pairs), "a key stands twice")
    return data


def _no_constant(word: str) -> Any:
    raise Malformed(f"{word} is not JSON")


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise Malformed(what)


def _keys(data: Any, *names: str) -> None:
    _need(type(data) is dict and set(data) == set(names), f"its keys are not {', '.join(names)}")


# ---- loading ------------------------------------------------------------------


def unlocked(body: bytes) -> list[str]:
    """Return what a child could still do although it was locked. It says so before it has read the submission."""
    data = parse(body)
    _keys(data, "unlocked")
    _need(type(data["unlocked"]) is list, "it does not say what it can do")
    return [str(name) for name in data["unlocked"]]


def parse_loading(body: bytes) -> dict[str, Any]:
    """Return the first reply of a child: what loading found, or why the file can't be compiled."""
    data = parse(body)
    if "unreadable" in data:
        _keys(data, "unreadable")
        _unreadable(data["unreadable"])
        return data
    _keys(data, "stopped", "starter", "lines", "operands", "python")
    _claims(data)
    _table(data["operands"])
    if data["stopped"] is not None:
        _raised(data["stopped"])
    return data


def check_loading(loading: dict[str, Any]) -> None:
    """Raise Malformed unless `loading` has the form in which a trace tells it, whatever kind of loading it was."""
    _keys(loading, "kind", "why", "stopped", "starter", "lines", "python")
    check_texts(loading["why"])
    if loading["kind"] in ("timeout", "crash", "malformed"):
        check_reason(loading["why"])
    _claims(loading)
    stopped = loading["stopped"]
    if loading["kind"] == "unreadable":
        _unreadable(stopped)
    elif stopped is not None:
        _need(loading["kind"] == "loaded", "it stopped at a line, and did not begin")
        _raised(stopped)


def check_reason(why: Any) -> None:
    """Raise Malformed unless `why` is a reason for which there is no answer: one of REASONS, and a detail perhaps."""
    _text(why)
    _need(why.partition(" ")[0] in REASONS, "an unknown reason")


def check_texts(*texts: Any) -> None:
    """Raise Malformed unless each is a text of modest length that can be written as UTF-8."""
    for text in texts:
        _text(text)


def _unreadable(value: Any) -> None:
    _keys(value, "line", "message")
    _line(value["line"])
    _text(value["message"])


def _claims(data: dict[str, Any]) -> None:
    """Check what a submission claims about itself."""
    if data["starter"] is not None:
        _text(data["starter"])
        _need(len(data["starter"]) <= 40, "starter is too long")
    _text(data["python"])
    _table(data["lines"])


def _table(value: Any) -> None:
    _need(type(value) is dict and all(_is_index(n, 1 << 31) for n in value.values()), "a line is no number")
    check_texts(*value)


# ---- answers ------------------------------------------------------------------


def parse_answer(body: bytes, question: dict[str, Any]) -> dict[str, Any]:
    """Return the reply to `question`, checked in every part."""
    data = parse(body)
    check_answer(data, question)
    return data


def check_answer(data: dict[str, Any], question: dict[str, Any]) -> None:
    """Raise Malformed unless `data` has the form of a reply to `question`."""
    _need(type(data.get("id")) is int and data["id"] == question["id"], "it answers another question")
    size = sum(row[0] for row in question["rows"])
    if "raised" in data:
        _keys(data, "id", "raised", "stage", "at", *(MADE if "graph" in data else ()))
        _raised(data["raised"])
        _made(data, size)
        _need(data["stage"] in STAGES and _is_index(data["at"], 1 << 31), "the stage is unknown")
        return
    parts = _PARTS[question["ask"]]
    built = question.get("built") or [size] * len(question["roots"])
    _keys(data, "id", *parts, *(MADE if question["way"] == "own" else ()))
    _made(data, size)
    for part, check in parts.items():
        check(data[part], size, built)


def _made(data: dict[str, Any], size: int) -> None:
    """Check what is told of a graph that the submission made itself."""
    if "graph" in data:
        _graph(data["graph"], size)
        _identity(data["identity"], size)


def _graph(rows: Any, size: int) -> None:
    _need(type(rows) is list, "a graph is not a list")
    total = 0
    for row in rows:
        _need(type(row) is list and len(row) == 6, "a graph's row has not six parts")
        times, value, operator, parents, partials, children = row
        _need(type(times) is int and 1 <= times <= size, "a row stands for too many nodes")
        first, total = total, total + times
        _number(value)
        if type(operator) is str:
            _text(operator)
        else:
            _foreign(operator)
        for offsets in (parents, children):
            if type(offsets) is list:
                fine = all(o is None or (type(o) is int and -first <= o <= size - total) for o in offsets)
                _need(fine, "an offset is out of range")  # for the first and for the last node of the row
            else:
                _foreign(offsets)
        if type(partials) is list:
            for partial in partials:
                _number(partial)
        else:
            _foreign(partials)
    _need(total == size, "a graph has not as many nodes as asked")


def _number(value: Any) -> None:
    kind = type(value)
    if kind is float or kind is int:
        try:
            _need(math.isfinite(value), "a number beyond floats")
        except OverflowError:
            raise Malformed("a number beyond floats") from None
    elif kind is str:
        _need(value in NON_FINITE, "a text where a number was asked")
    elif kind is list:
        _need(len(value) <= ENTRIES, "an array of too many entries")
        for entry in value:
            _need(type(entry) is not list, "an array of arrays")
            _number(entry)
    else:
        _foreign(value)


def _foreign(value: Any) -> None:
    _keys(value, "not")
    _text(value["not"])


def _text(value: Any) -> None:
    _need(type(value) is str and len(value) <= 400, "a text is missing or too long")
    _need(not any("\ud800" <= letter <= "\udfff" for letter in value), "a text with half a letter in it")


def _line(value: Any) -> None:
    _need(value is None or _is_index(value, 1 << 31), "a line is not a number")


def _raised(value: Any) -> None:
    _keys(value, "kinds", "message", "line", "function")
    _need(type(value["kinds"]) is list and 1 <= len(value["kinds"]) <= 8, "the kind of exception is missing")
    for text in (*value["kinds"], value["message"]):
        _text(text)
    _line(value["line"])
    if value["function"] is not None:
        _text(value["function"])


def _is_index(value: Any, size: int) -> bool:
    return type(value) is int and 0 <= value < size


def _some_nodes(value: Any, size: int, _: list[int]) -> None:
    _need(type(value) is list and len(value) <= size, "it names more nodes than there are")
    _need(all(_is_index(i, size) for i in value), "a named node is out of range")


def _shared(value: Any, size: int, _: list[int]) -> None:
    attributes = ("parent_nodes", "child_nodes", "grad_wrt_parents")
    _need(type(value) is list and len(value) <= 20, "too many shared lists")
    for entry in value:
        _need(type(entry) is list and len(entry) == 4, "a shared list is not told in four parts")
        _need(entry[0] in attributes and entry[2] in attributes, "an unknown attribute")
        _need(_is_index(entry[1], size) and _is_index(entry[3], size), "a node out of range")


def _identity(value: Any, size: int) -> None:
    _keys(value, "hashable", "wrong")
    _need(type(value["hashable"]) is bool and type(value["wrong"]) is list, "identity is told in another form")
    _need(len(value["wrong"]) <= 20, "too many pairs")
    for pair in value["wrong"]:
        _need(type(pair) is list and len(pair) == 2 and all(_is_index(i, size) for i in pair), "a pair out of range")


def _count(value: Any, size: int, _: list[int]) -> None:
    _need(_is_index(value, size + 2), "it counts more nodes than there are")


def _orders(value: Any, size: int, built: list[int]) -> None:
    _need(type(value) is list and len(value) == len(built), "not one order per call")
    for order in value:
        if type(order) is dict and "runs" in order:
            _runs(order, size)
        elif type(order) is list:
            known = [i for i in order if i is not None]
            _need(set(map(type, known)) <= {int}, "an order holds something else than nodes")
            _need(not known or (min(known) >= 0 and max(known) < size), "an order names an unknown node")
        else:
            _foreign(order)


def _runs(order: dict[str, Any], size: int) -> None:
    _keys(order, "runs")
    _need(type(order["runs"]) is list, "an order is told in another form")
    total = 0
    for run in order["runs"]:
        _need(type(run) is list and len(run) == 2 and _is_index(run[1], size + 1), "a run is not told in two parts")
        first, length = run
        _need((first is None and length == 1) or (_is_index(first, size) and first + length <= size), "a run names an unknown node")
        total += length
    _need(total <= 4 * size + 16, "an order is longer than any that is asked for")


def _attributes(value: Any, _: int, built: list[int]) -> None:
    _need(type(value) is list and len(value) == len(built), "not one list of attributes per call")
    _need(all(type(names) is list and len(names) <= len(ATTRIBUTES) for names in value), "not a list of attributes")
    _need(all(name in ATTRIBUTES for names in value for name in names), "it names an attribute that no node has")


def _sweeps(value: Any, _: int, built: list[int]) -> None:
    _need(type(value) is list and len(value) == len(built), "not one sweep per call")
    for sweep, size in zip(value, built, strict=True):
        _need(type(sweep) is list and len(sweep) == size, "not one number per node")
        for entry in sweep:
            _number(entry)


_PARTS: dict[str, dict[str, Any]] = {
    "nodes": {"stale": _some_nodes, "changed": _some_nodes, "rehashed": _some_nodes, "shared": _shared, "held": _count, "kept": _count},
    "order": {"orders": _orders, "changed": _attributes},
    "forward": {"sweeps": _sweeps, "changed": _attributes},
    "backward": {"sweeps": _sweeps, "changed": _attributes},
}
