"""A drawing of report.json as a page shows it: the graph beside the trace, in the sequence in which a program works through it."""

from typing import Any, TypedDict

from grader.messages import say
from grader.model import Sentences
from grader.pages.graph import Drawn, draw
from grader.pages.words import brief, number
from grader.report_format import Derivative, Drawing, Node, Shown

TOO_TALL = 24
"""A graph of more nodes than this is drawn only where a node is marked."""
LETTERS = 60
HEADS = {
    "nodes": ("node", "made_by", "right_value", "your_value", "right_partials", "your_partials", "compare"),
    "order": ("place", "node", "its_parents", "compare"),
    "forward": ("node", "made_by", "value", "rule", "right", "on_operands", "yours", "compare"),
    "backward": ("node", "made_by", "value", "rule", "right", "on_results", "yours", "compare"),
}
"""The columns of a trace, by the names of their heads in the words."""


class TraceRow(TypedDict):
    """A node's row in the table."""

    mark: str
    place: int
    name: str
    lead: str | None
    cells: list[tuple[str, str]]
    """Each with its classes in CSS."""
    says: str


class View(TypedDict):
    """A graph and its table."""

    call_asked: bool
    svg: Drawn
    caption: str
    heads: list[str]
    rows: list[TraceRow]
    names: list[str]
    broken: list[str]
    inherited: bool
    says: list[str]
    cut: str
    alternative: str
    walk: bool
    """The page steps through it."""


def view(drawing: Drawing, words: Sentences) -> View | None:
    """Return a case's graph and table, or None where a picture would show nothing."""
    nodes, asks = drawing["nodes"], drawing["asks"]
    marked = [node for node in nodes if node["mark"] in ("broken", "inherited")]
    if not marked and len(nodes) > TOO_TALL:
        return None
    sequence = _sequence(drawing)
    nothing_came = all(node["mark"] == "unknown" and node["value"]["got"] is None for node in nodes)
    total, call = drawing["nodes_total"], drawing["call"]
    backward = call.get("backward", ()) if call else ()
    return {
        "call_asked": asks in ("forward", "backward"),
        "svg": draw(nodes, asks, sequence, words, backward),
        "caption": _caption(drawing, words),
        "heads": [say(words, f"heads.{head}") for head in HEADS[asks]],
        "rows": []
        if drawing["cyclic"] or nothing_came
        else [_row(drawing, nodes[i], place, words) for place, i in enumerate(sequence)],
        "names": [nodes[i]["name"] for i in sequence],
        "broken": [node["name"] for node in nodes if node["mark"] == "broken"],
        "inherited": any(node["mark"] == "inherited" for node in nodes),
        "says": _says(drawing, words),
        "cut": say(words, "drawing.cut", count=len(nodes), total=total) if len(nodes) < total else "",
        "alternative": "; ".join(_made(node) for node in nodes),
        "walk": False,
    }  # fmt: skip


def _caption(drawing: Drawing, words: Sentences) -> str:
    caption, call = say(words, f"drawing.{drawing['asks']}"), drawing["call"]
    if not call:
        return caption
    called = f"{call['function']}({call['root']})"
    if call["of"] > 1:
        called = say(words, "drawing.call", call=called, number=call["number"], of=call["of"])
    return say(words, "drawing.trace", caption=caption, call=called)


def _sequence(drawing: Drawing) -> list[int]:
    """Return the nodes as the program meets them: results first for a backward sweep, and an order's own sequence for an order."""
    places = list(range(len(drawing["nodes"])))
    if drawing["asks"] == "backward":
        return places[::-1]
    if drawing["asks"] == "order":
        last = 1 + max((max(node.get("position") or [0]) for node in drawing["nodes"]), default=0)
        return sorted(places, key=lambda i: (drawing["nodes"][i].get("position") or [last])[0])
    return places


def _says(drawing: Drawing, words: Sentences) -> list[str]:
    """Return sentences about what the picture shows."""
    call = drawing["call"]
    shown = call.get("order") if call else None
    said = []
    if shown is not None:
        said.append(say(words, "drawing.order_was", nodes=", ".join(shown[:40]) + (", …" if len(shown) > 40 else "")))
    if call and call.get("backward"):
        parent, node = call["backward"][0]
        said.append(say(words, "drawing.backward_arrow", parent=parent, node=node))
    if drawing["asks"] == "order":
        for kind, found in (
            ("left_out", [n["name"] for n in drawing["nodes"] if n["mark"] == "broken" and not n.get("position")]),
            ("repeated", [n["name"] for n in drawing["nodes"] if len(n.get("position", ())) > 1]),
        ):
            said += [say(words, f"drawing.{kind}_nodes", nodes=", ".join(found))] if found and shown is not None else []
    return said


def _made(node: Node) -> str:
    return (
        f"{node['name']} = {node['operator']}({', '.join(node['operands'])})"
        if node["operands"]
        else f"{node['name']} = {node['operator']}"
    )


def _row(drawing: Drawing, node: Node, place: int, words: Sentences) -> TraceRow:
    asks, mark = drawing["asks"], node["mark"]
    made = _made(node).partition(" = ")[2]
    says = say(words, f"drawing.{mark.replace(' ', '_')}")
    if asks in ("nodes", "order") and node["wrong"]:
        says = "; ".join(brief(text, LETTERS) for text in node["wrong"])
    derivative: Derivative = node.get("derivative") or {"expected": None, "rule": None, "got": None}
    value, partials = node["value"], node["partials"]
    if asks == "nodes":
        values = [value["expected"], value["got"], partials["expected"], partials["got"]]
        cells = [(made, "made"), *((brief(number(part), LETTERS), "n") for part in values)]
    elif asks == "order":
        cells = [(", ".join(dict.fromkeys(node["operands"])), "")]
    else:
        shown = value["expected"] if value["got"] is None else value["got"]
        rule = _rule(drawing, node, words) if derivative["expected"] is not None else ""
        cells = [(made, "made"), (brief(number(shown), LETTERS), "n"), (brief(rule, LETTERS), "")]
        cells += [(brief(number(part), LETTERS), "n late") for part in (derivative["expected"], derivative["rule"], derivative["got"])]
    lead = ", ".join(map(str, node.get("position", ()))) if asks == "order" else None
    return {"mark": mark.replace(" ", "-"), "place": place, "name": node["name"], "lead": lead, "cells": cells, "says": says}


def _rule(drawing: Drawing, node: Node, words: Sentences) -> str:
    """Return the chain rule at a node as a formula over its neighbours' derivatives."""
    known, call = {n["name"]: n for n in drawing["nodes"]}, drawing["call"]
    if call and node["name"] == call["root"]:
        return say(words, "drawing.start")
    asked = {name for name, n in known.items() if _expected(n) is not None}
    if drawing["asks"] == "forward":
        pairs = list(zip(node["partials"]["expected"], node["operands"], strict=False))
        terms = [f"{_factor(q)}·d {name}" for q, name in pairs if name in asked or name not in known]
    else:
        users = [
            (q, n["name"])
            for n in drawing["nodes"]
            for q, p in zip(n["partials"]["expected"], n["operands"], strict=False)
            if p == node["name"]
        ]
        terms = [f"{_factor(q)}·d {name}" for q, name in users if name in asked]
    return " + ".join(terms) or "0"


def _expected(node: Node) -> Shown:
    """Return the right derivative of a node, or None where none was asked."""
    derivative = node.get("derivative")
    return derivative["expected"] if derivative else None


def _factor(partial: Any) -> str:
    shown = number(partial, 5)
    return f"({shown})" if shown.startswith("−") else shown
