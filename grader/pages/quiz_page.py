"""Pages for lectures: quick checks with their answers folded away, and trace tables to fill in on paper.

Both take plain data: dictionaries of texts, and tables as `cells` gives them.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from grader.pages.html import TEMPLATES, render

LETTERS = string.ascii_lowercase
STEPS = {
    "node-creation": "Node creation",
    "topological-order": "Topological order",
    "forward": "Derivative propagation",
    "reverse": "Reverse mode",
    "arrays": "Arrays",
}


class ShownOption(TypedDict):
    """An option of a quick check; of a wrong one, what its misconception believes, and a hint."""

    text: str
    is_right: bool
    believes: str
    hint: str


class ShownCheck(TypedDict):
    """A quick check, with its options in the order to show."""

    id: str
    title: str
    step: str
    asks: str
    why: str
    shown: list[str]
    """The lines of its program."""
    options: list[ShownOption]


def quiz_page(checks: Sequence[ShownCheck]) -> str:
    """Return the page of quick checks."""
    steps: dict[str, list[Mapping[str, object]]] = {}
    for number, check in enumerate(sorted(checks, key=lambda check: [*STEPS, check["step"]].index(check["step"])), start=1):
        options = [{**option, "letter": LETTERS[place]} for place, option in enumerate(check["options"])]
        right = next(option for option in options if option["is_right"])
        wrong = [option for option in options if not option["is_right"]]
        its = {**check, "number": number, "options": options, "right": right, "wrong": wrong}
        steps.setdefault(check["step"], []).append(its)
    sections = [{"id": step, "title": STEPS.get(step, step), "checks": its} for step, its in steps.items()]
    return render("quiz.html", rules=teaching_rules(), sections=sections)


def traces_page(tables: Sequence[Mapping[str, Any]], *, solution: bool, draw: str) -> str:
    """Return the sheet of trace tables, or with `solution` the same with the blanks filled in."""
    return render("traces.html", rules=teaching_rules(), tables=tables, solution=solution, draw=draw)


def teaching_rules() -> str:
    """Return the CSS rules that pages for lectures and oral checks share."""
    lines = (line.strip() for line in (TEMPLATES / "teaching.css").read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))
