"""Draw the three questions of an oral check, with the answers for the examiner.

    made = draw_viva(texts, plan, oracle, report, trace, source, draw)
    made["questions"], made["answers"]     plain data for a page

The random choices are seeded with the draw, the submission's id and the hash of its file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from grader.formats import Trace
from grader.plan.oracle import Oracle
from grader.plan.plan import Plan
from grader.quiz.answers import shown
from grader.quiz.trace_table import Table, trace_table, with_blanks
from grader.source_lines import Line, function_lines
from grader.viva.graphs import Change, Graph, draw_change, draw_graph
from grader.viva.texts import Kind, Texts

AROUND = 9
"""Lines shown before and after the line that is asked about."""
BLANKS = 7
DOCSTRING = re.compile(r'"""|\'\'\'')


def draw_viva(
    texts: Texts, plan: Plan, oracle: Oracle, report: Mapping[str, Any], trace: Trace | None, source: bytes, draw: str
) -> dict[str, Any]:
    """Return an oral check as plain data. Raises KitFault where the reference does not answer."""
    rng = Random(f"{draw}/{report['submission']}/{report['provenance']['submission_sha256']}")
    graph = draw_graph(plan, trace, oracle, rng)
    return {
        "submission": report["submission"],
        "sha256": report["provenance"]["submission_sha256"],
        "draw": draw,
        "line": _line_question(texts, source, trace["loading"]["lines"] if trace else {}, rng),
        "trace": _trace_question(texts, graph, rng) if graph else None,
        "change": _change_question(texts, graph, draw_change(graph, oracle, rng)) if graph else None,
        "beliefs": _beliefs(report),
    }


def _line_question(texts: Texts, source: bytes, claims: Mapping[str, Any], rng: Random) -> dict[str, Any]:
    for name in texts.functions:
        lines = function_lines(source, name, claims.get(name))
        kinds = _asked(texts, lines)
        if kinds:
            kind = rng.choice(sorted({kind.id: kind for _, kind in kinds}.items()))[1]
            at = rng.choice([i for i, found in kinds if found is kind])
            first = max(0, min(at - AROUND, len(lines) - 2 * AROUND - 1))
            part = lines[first : first + 2 * AROUND + 1]
            shown_lines = [{"place": line.place, "text": line.text, "asked": line is lines[at]} for line in part]
            asks = texts.asks["line"].format(place=lines[at].place)
            cut = len(part) < len(lines)
            return {"asks": asks, "function": name, "lines": shown_lines, "cut": cut, "good": kind.good, "next": kind.next}
    return {"asks": texts.asks["no_line"], "function": "", "lines": [], "cut": False, "good": "", "next": ""}


def _asked(texts: Texts, lines: Sequence[Line]) -> list[tuple[int, Kind]]:
    """Return the places of lines that can be asked about, each with its kind: statements, no definition, comment or docstring."""
    found, quoted = [], False
    for i, line in enumerate(lines):
        marks = len(DOCSTRING.findall(line.text))
        inside, quoted = quoted, quoted ^ bool(marks % 2)
        text = line.text.strip()
        if inside or marks or not text or text.startswith(("#", "@", "def ", "async def ", '"', "'")):
            continue
        kind = next((kind for kind in texts.kinds if kind.pattern.search(line.text)), None)
        if kind:
            found.append((i, kind))
    return found


def _trace_question(texts: Texts, graph: Graph, rng: Random) -> dict[str, Any]:
    table = with_blanks(_without_wrong(graph), BLANKS, rng)
    asks = texts.asks["trace" if graph.is_own else "right_trace"].format(program=graph.program, call=graph.call)
    facts = {"case": graph.case, "is_own": graph.is_own, "call": graph.call, "drawing": _drawing(graph)}
    return {"asks": asks, "table": table.as_data(), **facts}


def _without_wrong(graph: Graph) -> Table:
    """Return the table of a graph in which no value or partial is asked that the student's program has wrong."""
    mine, right = (trace_table(graph.names, rows, graph.derivatives, "forward", graph.root) for rows in (graph.rows, graph.right))
    rows = (
        tuple(cell if cell.text == other.text else replace(cell, number=None) for cell, other in zip(*pair, strict=True))
        for pair in zip(mine.rows, right.rows, strict=True)
    )
    return replace(mine, rows=tuple(rows))


def _drawing(graph: Graph) -> dict[str, Any]:
    """Return the graph in the form in which pages draw one."""
    nodes = [
        {
            "name": graph.names[i], "operator": operator, "operands": [graph.names[i + offset] for offset in offsets],
            "value": {"expected": value, "got": None}, "partials": {"expected": partials, "got": None}, "mark": "right", "wrong": [],
        }
        for i, (value, operator, offsets, partials) in enumerate(graph.rows)
    ]  # fmt: skip
    return {"asks": "nodes", "call": None, "nodes": nodes}


def _change_question(texts: Texts, graph: Graph, change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    parts = {
        "node": change.node,
        "place": change.place,
        "old": change.old,
        "new": change.new,
        "partial": change.partial,
        "call": graph.call,
    }
    before, after = (list(map(_derivative, side)) for side in (graph.derivatives, change.after))
    moved = [{"node": name, "before": old, "after": new} for name, old, new in zip(graph.names, before, after, strict=True) if old != new]
    return {"asks": texts.asks["moved" if change.new else "removed"].format(**parts), "changes": moved}


def _derivative(number: Any) -> str:
    return "not reached" if number is None else shown(number)


def _beliefs(report: Mapping[str, Any]) -> list[str]:
    """Return what the report says that the student may believe."""
    criteria = (criterion for step in report["steps"] for criterion in step["criteria"])
    return list(dict.fromkeys(c["diagnosis"]["says"] for c in criteria if c["diagnosis"]))
