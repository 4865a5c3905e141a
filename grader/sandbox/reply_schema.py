"""Read what a child wrote, strictly: a reply is either exactly of the form that its question asks for, or malformed.

Everything here comes from the side of the submission. Bytes are capped before they get here; nothing is unpickled.
"""

import math
from collections.abc import Mapping
from typing import Any

from grader.sandbox.checked_graph import Graph
from grader.sandbox.strict_json import Malformed, keys, need, parse

NON_FINITE = ("nan", "inf", "-inf")
MADE = ("graph", "identity")
STAGES = ("build", "call", "read")
ATTRIBUTES = ("value", "operator", "parent_nodes", "grad_wrt_parents", "child_nodes")
REASONS = ("died", "ended", "cpu", "slept", "early", "twice", "size", "empty", "form", "never", "loading")
"""Why there is no answer. A space and a detail may follow: which signal, how many seconds or KiB, or what is wrong with the form."""
LISTED = 10
"""Statements that raised an exception while the submission was loaded, and lines that were left out, that a reply lists."""
ENTRIES = 1000
"""Entries of an array that a reply carries."""
MOST_LINES = 1 << 31
MOST_SECONDS = 1e6


# ---- loading ------------------------------------------------------------------


def unlocked(body: bytes) -> list[str]:
    """Return what a child could still do although it was locked. It says so before it has read the submission."""
    data = parse(body)
    keys(data, "unlocked")
    need(type(data["unlocked"]) is list, "it does not say what it can do")
    return [str(name) for name in data["unlocked"]]


def parse_loading(body: bytes) -> dict[str, Any]:
    """Return the first reply of a child: what loading found, or why the file can't be compiled."""
    data = parse(body)
    if "unreadable" in data:
        keys(data, "unreadable")
        _unreadable(data["unreadable"])
        return data
    keys(data, "raised", "raised_total", "omitted", "omitted_total", "skipped", "saved_seconds", "starter", "lines", "operands")
    _statements(data)
    _claims(data)
    _table(data["operands"])
    seconds, skipped = data["saved_seconds"], data["skipped"]
    need(type(seconds) in (int, float) and 0 <= seconds < MOST_SECONDS, "the seconds that later loads save are no number of seconds")
    need(type(skipped) is list and all(_is_index(number, MOST_LINES) for number in skipped), "a skipped statement has no number")
    return data


def check_loading(loading: Mapping[str, Any]) -> None:
    """Raise Malformed unless `loading` has the form in which a trace records it, whatever kind of loading it was."""
    keys(loading, "kind", "why", "unreadable", "raised", "raised_total", "omitted", "omitted_total", "starter", "lines")
    check_texts(loading["why"])
    if loading["kind"] in ("timeout", "crash", "malformed") or loading["omitted"]:
        check_reason(loading["why"])
    _claims(loading)
    _statements(loading)
    if loading["kind"] == "unreadable":
        _unreadable(loading["unreadable"])
    else:
        need(loading["unreadable"] is None, "it says why Python can't read what it can")
    if loading["kind"] != "loaded":
        need(not loading["raised"] and not loading["omitted"], "statements are listed, and nothing was loaded")


def check_reason(why: Any) -> None:
    """Raise Malformed unless `why` is a reason for which there is no answer: one of REASONS, and a detail perhaps."""
    _text(why)
    need(why.partition(" ")[0] in REASONS, "an unknown reason")


def check_texts(*texts: Any) -> None:
    """Raise Malformed unless each is a text of modest length that can be written as UTF-8."""
    for text in texts:
        _text(text)


def _unreadable(value: Any) -> None:
    keys(value, "line", "message")
    _line(value["line"])
    _text(value["message"])


def _statements(data: Mapping[str, Any]) -> None:
    """Check the lists of statements that raised an exception, or were left out; the totals may be larger than the lists."""
    for name in ("raised", "omitted"):
        listed, total = data[name], data[f"{name}_total"]
        need(type(listed) is list and len(listed) <= LISTED, f"{name} is no list, or too long")
        need(_is_index(total, MOST_LINES) and len(listed) == min(total, LISTED), f"the number of those in {name} is another")
    for entry in data["raised"]:
        need(type(entry) is dict and _is_index(entry.get("statement"), MOST_LINES), "a statement has no line")
        _raised({name: part for name, part in entry.items() if name != "statement"})
    for line in data["omitted"]:
        need(_is_index(line, MOST_LINES), "a line is not a number")


def _claims(data: Mapping[str, Any]) -> None:
    """Check what a submission claims about itself."""
    if data["starter"] is not None:
        _text(data["starter"])
        need(len(data["starter"]) <= 40, "starter is too long")
    _table(data["lines"])


def _table(value: Any) -> None:
    need(type(value) is dict and all(_is_index(n, MOST_LINES) for n in value.values()), "a line is no number")
    check_texts(*value)


# ---- answers ------------------------------------------------------------------


def parse_answer(body: bytes, question: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reply to `question`, checked in every part."""
    data = parse(body)
    check_answer(data, question)
    return data


def check_answer(data: dict[str, Any], question: Mapping[str, Any]) -> None:
    """Raise Malformed unless `data` has the form of a reply to `question`."""
    need(type(data.get("id")) is int and data["id"] == question["id"], "it answers another question")
    size = len(question["rows"])
    if "raised" in data:
        keys(data, "id", "raised", "stage", "at", *(MADE if "graph" in data else ()))
        _raised(data["raised"])
        _made(data, size)
        need(data["stage"] in STAGES and _is_index(data["at"], 1 << 31), "the stage is unknown")
        return
    parts = _PARTS[question["ask"]]
    built = question.get("grown_sizes") or [size] * len(question["roots"])
    if "between" in question:
        parts = parts | _BETWEEN[question["between"]] | _ALTERNATING | ({"sound": _flag} if question["graph_source"] == "own" else {})
    keys(data, "id", *parts, *(MADE if question["ask"] == "nodes" or "shows_graph" in question else ()))
    _made(data, size)
    for part, check in parts.items():
        check(data[part], size, built)


def _made(data: dict[str, Any], size: int) -> None:
    """Check the description of a graph that the submission made itself."""
    if "graph" in data:
        _graph(data["graph"], size)
        _identity(data["identity"], size)


def _graph(rows: Any, size: int) -> None:
    need(type(rows) in (list, Graph) and len(rows) == size, "a graph is not a list of as many nodes as asked")
    if type(rows) is Graph:
        return
    for i, row in enumerate(rows):
        need(type(row) is list and len(row) == 5, "a graph's row has not five parts")
        value, operator, parents, partials, children = row
        _number(value)
        if type(operator) is str:
            _text(operator)
        else:
            _foreign(operator)
        for offsets in (parents, children):
            if type(offsets) is list:
                for offset in offsets:
                    need(offset is None or (type(offset) is int and 0 <= i + offset < size), "an offset is out of range")
            else:
                _foreign(offsets)
        if type(partials) is list:
            for partial in partials:
                _number(partial)
        else:
            _foreign(partials)


def _number(value: Any) -> None:
    kind = type(value)
    if kind is float or kind is int:
        try:
            need(math.isfinite(value), "a number beyond floats")
        except OverflowError:
            raise Malformed("a number beyond floats") from None
    elif kind is str:
        need(value in NON_FINITE, "a text where a number was asked")
    elif kind is list:
        need(len(value) <= ENTRIES, "an array of too many entries")
        for entry in value:
            need(type(entry) is not list, "an array of arrays")
            _number(entry)
    else:
        _foreign(value)


def _foreign(value: Any) -> None:
    keys(value, "not")
    _text(value["not"])


def _text(value: Any) -> None:
    need(type(value) is str and len(value) <= 400, "a text is missing or too long")
    need(value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value), "a text with half a letter in it")


def _line(value: Any) -> None:
    need(value is None or _is_index(value, MOST_LINES), "a line is not a number")


def _raised(value: Any) -> None:
    need(type(value) is dict and value.get("stub", True) is True, "stub is not true")
    keys({name: part for name, part in value.items() if name != "stub"}, "kinds", "message", "line", "function")
    need(type(value["kinds"]) is list and 1 <= len(value["kinds"]) <= 8, "the kind of exception is missing")
    for text in (*value["kinds"], value["message"]):
        _text(text)
    _line(value["line"])
    if value["function"] is not None:
        _text(value["function"])


def _is_index(value: Any, size: int) -> bool:
    return type(value) is int and 0 <= value < size


def _some_nodes(value: Any, size: int, _: list[int]) -> None:
    need(type(value) is list and len(value) <= size, "it names more nodes than there are")
    need(all(_is_index(i, size) for i in value), "a named node is out of range")


def _shared(value: Any, size: int, _: list[int]) -> None:
    attributes = ("parent_nodes", "child_nodes", "grad_wrt_parents")
    need(type(value) is list and len(value) <= 20, "too many shared lists")
    for entry in value:
        need(type(entry) is list and len(entry) == 4, "a shared list does not have four parts")
        need(entry[0] in attributes and entry[2] in attributes, "an unknown attribute")
        need(_is_index(entry[1], size) and _is_index(entry[3], size), "a node out of range")


def _identity(value: Any, size: int) -> None:
    keys(value, "hashable", "wrong")
    need(type(value["hashable"]) is bool and type(value["wrong"]) is list, "identity does not have the expected form")
    need(len(value["wrong"]) <= 20, "too many pairs")
    for pair in value["wrong"]:
        need(type(pair) is list and len(pair) == 2 and all(_is_index(i, size) for i in pair), "a pair out of range")


def _count(value: Any, size: int, _: list[int]) -> None:
    need(_is_index(value, size + 2), "it counts more nodes than there are")


def _orders(value: Any, size: int, built: list[int]) -> None:
    need(type(value) is list and len(value) == len(built), "not one order per call")
    for order in value:
        if type(order) is list:
            known = [i for i in order if i is not None]
            need(set(map(type, known)) <= {int}, "an order holds something else than nodes")
            need(not known or (min(known) >= 0 and max(known) < size), "an order names an unknown node")
        else:
            _foreign(order)


def _attributes(value: Any, _: int, built: list[int]) -> None:
    need(type(value) is list and len(value) == len(built), "not one list of attributes per call")
    need(all(type(names) is list and len(names) <= len(ATTRIBUTES) for names in value), "not a list of attributes")
    need(all(name in ATTRIBUTES for names in value for name in names), "it names an attribute that no node has")


def _sweeps(value: Any, _: int, built: list[int]) -> None:
    need(type(value) is list and len(value) == len(built), "not one sweep per call")
    for sweep, size in zip(value, built, strict=True):
        need(type(sweep) is list and len(sweep) == size, "not one number per node")
        for entry in sweep:
            _number(entry)


def _tangents(value: Any, size: int, built: list[int]) -> None:
    _sweeps(value, size, [size] * (3 + 2 * len(built)))


def _flag(value: Any, *_: Any) -> None:
    need(type(value) is bool, "neither true nor false")


_PARTS: dict[str, dict[str, Any]] = {
    "nodes": {"stale": _some_nodes, "changed": _some_nodes, "rehashed": _some_nodes, "shared": _shared, "held": _count, "kept": _count},
    "order": {"orders": _orders, "changed": _attributes},
    "forward": {"sweeps": _sweeps, "changed": _attributes},
    "backward": {"sweeps": _sweeps, "changed": _attributes},
}
_BETWEEN: dict[str, dict[str, Any]] = {
    "derivatives": {"spoilt": _some_nodes},
    "order": {"orders": _orders},
    "forward": {"tangents": _tangents, "adjoints": _sweeps},
}
_ALTERNATING = {"rehashed": _some_nodes, "kept": _count}
