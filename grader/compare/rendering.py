"""Programs, numbers and exceptions in words: what was called, as a student would type it. Sentences come from the rubric."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from grader.compare.tolerance import TOLERANCE
from grader.digests import digest
from grader.formats import CaseData, Reply
from grader.messages import say
from grader.model import Sentences

FUNCTIONS = {"order": "topological_order", "forward": "forward", "backward": "backward"}
MANY = 24
"""A graph of more nodes than this is described instead of written out."""
LONGEST = 1000
"""The most characters of an answer that a report shows."""


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
    """Return a wrong answer in a form for programs: with the digits that reports show, and without translatable words."""
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
    """Return a number as text with eight digits, and as 0 below TOLERANCE of `scale`, so that texts can be compared."""
    if isinstance(value, list):
        return [digits(entry, scale) for entry in value]
    if type(value) not in (float, int):
        return value
    return "0" if abs(value) <= TOLERANCE * scale else f"{value:.8g}"


def answer_digest(answered: Any) -> str:
    """Return a short hash of what was answered."""
    return digest(json.dumps(answered).encode())[:16]


def show_nodes(order: list[Any], name: Callable[[int], str], sentences: Sentences) -> str:
    """Return an order as a list of names; of a long one the beginning."""
    names = ["?" if i is None else name(i) for i in order[:MANY]]
    return listing([*names, say(sentences, "values.more", count=len(order) - MANY)] if len(order) > MANY else names)


def code_of(case: CaseData, rows: list[list[Any]], build: str, sentences: Sentences) -> list[str]:
    """Return the case as lines of code: how each node is made, and what is called; where the graph grows, in between."""
    names = case["names"]
    if len(names) > MANY:
        lines = [say(sentences, "called.large", text=case["text"], nodes=", ".join(names[:3]))]
    else:
        lines = [f"{names[i]} = {_made(i, row, names, build)}" for i, row in enumerate(rows)]
        lines += [line for i, row in enumerate(rows) for line in _closing_links(i, row, names)]
    if case["asks"] not in FUNCTIONS:
        return lines
    program: list[str] = []
    written = 0
    for call, (root, end) in enumerate(zip(case["roots"], case["grown_sizes"] or [len(lines)] * len(case["roots"]), strict=True)):
        first = _between(case, names, call)
        program += [*lines[written:end], *first, f"{FUNCTIONS[case['asks']]}({names[root]})"]
        written = end
    return program


def _between(case: CaseData, names: list[str], call: int) -> list[str]:
    """Return as code what precedes a call, where something happens between the calls."""
    between = case["between"]
    if between == "forward":
        return ["forward(...)"]
    if not call or not between:
        return []
    if between == "order":
        return [f"topological_order({names[case['roots'][call - 1]]})"]
    return ["for node in graph: node.partial_derivative, node.adjoint = 0.25, 0.75"]


def _made(i: int, row: list[Any], names: list[str], build: str) -> str:
    value, operator, offsets, partials = row[:4]
    operands = [names[i + offset] for offset in offsets if offset < 0]
    if operator == "input":
        return f"Node({_plain(value)})"
    if build == "operators":
        return f"{operator}({', '.join(operands)})"
    partials = [partial for offset, partial in zip(offsets, partials, strict=True) if offset < 0]
    return f"create_node({_plain(value)}, {listing(operands)}, {operator!r}, {listing(map(_plain, partials))})"


def _closing_links(i: int, row: list[Any], names: list[str]) -> Iterator[str]:
    """Yield as code the links of a node to operands that are made with it or after it: these close a cycle."""
    for offset, partial in zip(row[2], row[3] or (), strict=False):
        if offset >= 0:
            own, operand = names[i], names[i + offset]
            yield f"{own}.parent_nodes.append({operand})"
            yield f"{own}.grad_wrt_parents.append({_plain(partial)})"
            yield f"{operand}.child_nodes.append({own})"


def _plain(value: Any) -> str:
    return f"np.array({value})" if isinstance(value, list) else repr(value)


def exception(reply: Reply, sentences: Sentences) -> str:
    """Return an exception of the submission with its own file and line."""
    raised = reply["raised"]
    message = f": {raised['message']}" if raised["message"] else ""
    kind_and_message = f"{raised['kinds'][0]}{message}"
    if not raised["line"]:
        return kind_and_message
    return say(sentences, "endings.exception", exception=kind_and_message, line=raised["line"], function=raised["function"])
