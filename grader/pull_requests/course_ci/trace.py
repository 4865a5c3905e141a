"""The trace of a failed sweep as a Markdown table: each node's right derivative, the rule on the student's own, and theirs."""

from collections.abc import Iterator
from typing import Any

from grader.escape import code
from grader.pull_requests.course_ci.wording import Words, say

MOST = 12
"""Rows of a table: those that end a little after the first broken node."""
AFTER = 2
MARKS = ("broken", "inherited", "right", "not asked")
HEADS = ("node", "made_by", "right_head", "rule_head", "yours")


def trace_table(drawing: dict[str, Any] | None, words: Words) -> Iterator[str]:
    """Yield the lines of the table, between empty lines; none where no derivative breaks the rule."""
    if not drawing or drawing["asks"] not in ("forward", "backward"):
        return
    nodes = drawing["nodes"][::-1] if drawing["asks"] == "backward" else drawing["nodes"]
    first = next((place for place, node in enumerate(nodes) if node["mark"] == "broken" and "derivative" in node), None)
    if first is None:
        return
    end = max(first + AFTER + 1, MOST)
    rows = nodes[max(0, end - MOST) : end]
    yield ""
    yield f"| {' | '.join(say(words, f'comment.{head}') for head in HEADS)} | |"
    yield "| --- | --- | ---: | ---: | ---: | --- |"
    for node in rows:
        made = f"{node['operator']}({', '.join(node['operands'])})" if node["operands"] else node["operator"]
        derivative = node.get("derivative") or {}
        numbers = [_number(derivative.get(part)) for part in ("expected", "rule", "got")]
        mark = say(words, f"comment.{node['mark'].replace(' ', '_')}") if node["mark"] in MARKS else ""
        yield f"| {' | '.join([code(node['name']), code(made), *numbers, mark])} |"
    yield ""
    if len(rows) < drawing["nodes_total"]:
        yield say(words, "comment.rows", count=len(rows), total=drawing["nodes_total"])


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        shown = ", ".join(f"{entry:.6g}" if isinstance(entry, int | float) else str(entry) for entry in value[:4])
        return code(f"[{shown}{', ...' if len(value) > 4 else ''}]")
    return code(f"{value:.8g}" if isinstance(value, int | float) else str(value))
