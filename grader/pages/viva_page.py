"""The page of an oral check: one sheet for the student, and the answers for the examiner on a sheet of its own."""

from collections.abc import Mapping
from typing import Any

from grader.pages.graph import draw
from grader.pages.html import render
from grader.pages.quiz_page import teaching_rules


def viva_page(viva: Mapping[str, Any]) -> str:
    """Return the page of an oral check, of what `viva.draw_viva` returns."""
    nodes = viva["trace"]["nodes"] if viva["trace"] else []
    svg = draw(nodes, "nodes", range(len(nodes)), {}) if nodes else None
    alternative = "; ".join(f"{n['name']} = {n['operator']}({', '.join(n['operands'])})" for n in nodes)
    return render("viva.html", rules=teaching_rules(), viva=viva, svg=svg, alternative=alternative)
