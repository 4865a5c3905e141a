"""Programs, numbers and exceptions in words: what was called, as a student would type it. Sentences come from the rubric."""

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from grader.model import Sentences
from grader.wording import say

FUNCTIONS = {"order": "topological_order", "forward": "forward", "backward": "backward"}
MANY = 24
"""A graph of more nodes than this is described instead of written out."""
LONGEST = 1000
"""Characters of an answer that are told."""


def show(value: Any, sentences: Sentences) -> str:
    """Return a number, array, text or foreign thing as a reply carries it, in words."""
    if isinstance(value, dict):
        kind = value["not"]
        if kind == "NoneType":
            return "None"
        return say(sentences, "values.missing") if kind == "missing" else say(sentences, "values.foreign", kind=kind)
    if isinstance(value, list):
        return listing(show(entry, sentences) for entry in value)
    if isinstance(value, str):
        return value if value in ("nan", "inf", "-inf") else repr(value)
    return f"{value:.10g}"


def sign(*parts: Any) -> str:
    """Return a wrong answer for programs: to the same digits as it is told, and in no words that anyone may change."""
    return " ".join(map(_sign, parts))


def _sign(part: Any) -> str:
    if isinstance(part, list):
        return listing(map(_sign, part))
    return f"{part:.10g}" if isinstance(part, float | int) else repr(part)


def listing(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def shortened(text: str) -> str:
    """Return the text, of a very long one the beginning: a submission's list may have a hundred thousand entries."""
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."


def digits(value: Any, scale: float = 0.0) -> Any:
    """Return a number, or what stands for one, to eight digits and as 0 below 1e-9 of `scale`: so that it may be compared as a text."""
    if isinstance(value, list):
        return [digits(entry, scale) for entry in value]
    if type(value) not in (float, int):
        return value
    return "0" if abs(value) <= 1e-9 * scale else f"{value:.8g}"


def digest(answered: Any) -> str:
    """Return a short hash of what was answered."""
    return hashlib.sha256(json.dumps(answered).encode()).hexdigest()[:16]


def show_nodes(order: list[Any], name: Callable[[int], str], sentences: Sentences) -> str:
    """Return an order as a list of names; of a long one the beginning."""
    names = ["?" if i is None else name(i) for i in order[:MANY]]
    return listing([*names, say(sentences, "values.more", count=len(order) - MANY)] if len(order) > MANY else names)


def called(case: dict[str, Any], rows: list[list[Any]], build: str, sentences: Sentences) -> str:
    """Return the case as code: how each node is made, and what is called; where the graph grows, in between."""
    names = case["names"]
    if len(names) > MANY or not names:
        lines = [say(sentences, "called.large", text=case["text"], nodes=", ".join(names[:3]) or "n0, n1, n2")]
    else:
        lines = [f"{names[i]} = {_made(i, row, names, build)}" for i, row in enumerate(rows)]
    if case["asks"] not in FUNCTIONS:
        return "; ".join(lines)
    told: list[str] = []
    written = 0
    for root, stand in zip(case["roots"], case["built"] or [len(rows)] * len(case["roots"]), strict=True):
        told += [*lines[written:stand], f"{FUNCTIONS[case['asks']]}({names[root] if names else f'n{root}'})"]
        written = stand
    return "; ".join(told)


def _made(i: int, row: list[Any], names: list[str], build: str) -> str:
    _, value, operator, offsets, partials = row[:5]
    operands = [names[i + offset] for offset in offsets]
    if operator == "input":
        return f"Node({_plain(value)})"
    if build == "operators":
        return f"{operator}({', '.join(operands)})"
    return f"create_node({_plain(value)}, {listing(operands)}, {operator!r}, {listing(map(_plain, partials))})"


def _plain(value: Any) -> str:
    return f"np.array({value})" if isinstance(value, list) else repr(value)


def exception(reply: dict[str, Any], sentences: Sentences) -> str:
    """Return an exception of the submission with its own file and line."""
    raised = reply["raised"]
    message = f": {raised['message']}" if raised["message"] else ""
    told = f"{raised['kinds'][0]}{message}"
    if not raised["line"]:
        return told
    return say(sentences, "endings.exception", exception=told, line=raised["line"], function=raised["function"])
