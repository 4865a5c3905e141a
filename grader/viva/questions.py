"""Draw the three questions of an oral check, with the answers for the examiner.

    viva = draw_viva(texts, plan, oracle, report, trace, source, draw)

The random choices are seeded with the draw, the submission's id and the hash of its file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypedDict

from grader.formats import Trace
from grader.plan.oracle import Oracle
from grader.plan.plan import Plan
from grader.quiz.answers import shown
from grader.quiz.trace_table import Table, TableData, trace_table, with_blanks
from grader.report_format import Node, Report
from grader.source_lines import Line, function_lines
from grader.viva.graphs import Change, Graph, draw_change, draw_graph
from grader.viva.texts import Kind, Texts

AROUND = 9
"""Lines shown before and after the line that is asked about."""
BLANKS = 7
DOCSTRING = re.compile(r'"""|\'\'\'')


class ShownLine(TypedDict):
    """A line of the student's program."""

    place: str
    text: str
    asked: bool


class LineQuestion(TypedDict):
    """What a line does. There are no `lines` where none could be chosen."""

    asks: str
    function: str
    lines: list[ShownLine]
    cut: bool
    """The function has more lines."""
    good: str
    """What a good answer says."""
    next: str


class TraceQuestion(TypedDict):
    """A trace table of a graph."""

    asks: str
    table: TableData
    case: str
    is_own: bool
    """The student's program made the graph."""
    call: str
    nodes: list[Node]


class Moved(TypedDict):
    """A derivative before and after a change."""

    node: str
    before: str
    after: str


class ChangeQuestion(TypedDict):
    """What one changed link does."""

    asks: str
    changes: list[Moved]


class Viva(TypedDict):
    """An oral check."""

    submission: str
    sha256: str
    draw: str
    line: LineQuestion
    trace: TraceQuestion | None
    change: ChangeQuestion | None
    beliefs: list[str]


def draw_viva(texts: Texts, plan: Plan, oracle: Oracle, report: Report, trace: Trace | None, source: bytes, draw: str) -> Viva:
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


def _line_question(texts: Texts, source: bytes, claims: Mapping[str, int], rng: Random) -> LineQuestion:
    for name in texts.functions:
        lines = function_lines(source, name, claims.get(name))
        kinds = _asked(texts, lines)
        if kinds:
            kind = rng.choice(sorted({kind.id: kind for _, kind in kinds}.items()))[1]
            at = rng.choice([i for i, found in kinds if found is kind])
            first = max(0, min(at - AROUND, len(lines) - 2 * AROUND - 1))
            part = lines[first : first + 2 * AROUND + 1]
            shown_lines: list[ShownLine] = [{"place": line.place, "text": line.text, "asked": line is lines[at]} for line in part]
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


def _trace_question(texts: Texts, graph: Graph, rng: Random) -> TraceQuestion:
    table = with_blanks(_without_wrong(graph), BLANKS, rng)
    asks = texts.asks["trace" if graph.is_own else "right_trace"].format(program=graph.program, call=graph.call)
    return {
        "asks": asks, "table": table.as_data(), "case": graph.case, "is_own": graph.is_own, "call": graph.call, "nodes": _nodes(graph),
    }  # fmt: skip


def _without_wrong(graph: Graph) -> Table:
    """Return the table of a graph in which no value or partial is asked that the student's program has wrong."""
    mine, right = (trace_table(graph.names, rows, graph.derivatives, "forward", graph.root) for rows in (graph.rows, graph.right))
    rows = (
        tuple(cell if cell.text == other.text else replace(cell, number=None) for cell, other in zip(*pair, strict=True))
        for pair in zip(mine.rows, right.rows, strict=True)
    )
    return replace(mine, rows=tuple(rows))


def _nodes(graph: Graph) -> list[Node]:
    """Return the graph in the form in which pages draw one."""
    return [
        {
            "name": graph.names[i], "operator": operator, "operands": [graph.names[i + offset] for offset in offsets],
            "value": {"expected": value, "got": None}, "partials": {"expected": partials, "got": None}, "mark": "right", "wrong": [],
        }
        for i, (value, operator, offsets, partials) in enumerate(graph.rows)
    ]  # fmt: skip


def _change_question(texts: Texts, graph: Graph, change: Change | None) -> ChangeQuestion | None:
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
    moved: list[Moved] = [
        {"node": name, "before": old, "after": new} for name, old, new in zip(graph.names, before, after, strict=True) if old != new
    ]
    return {"asks": texts.asks["moved" if change.new else "removed"].format(**parts), "changes": moved}


def _derivative(number: Any) -> str:
    return "not reached" if number is None else shown(number)


def _beliefs(report: Report) -> list[str]:
    """Return what the report says that the student may believe."""
    criteria = (criterion for step in report["steps"] for criterion in step["criteria"])
    return list(dict.fromkeys(c["diagnosis"]["says"] for c in criteria if c["diagnosis"]))
