"""Draw the figures of handout and slides with the layout of the students' pages, each as one SVG text.

figures(facts)        by file name, the SVG; and by the same name the alternative text, in `Figure`

Colours are attributes, so that an SVG file looks right alone and in the PDF. Where a page holds the SVG inline, the page's style sheet
overrides them by class, in light and dark.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from grader.pages.graph import Drawn, draw
from grader.report_format import Node
from grader.teaching.example import Traced
from grader.teaching.words import number

INK, LINE, SOFT, PAPER, BAD, NOW = "#16202c", "#5b6875", "#f2f4f7", "#ffffff", "#a8071a", "#0b4fa8"
LOOKS = {
    "right": f'fill="{SOFT}" stroke="{LINE}"',
    "now": f'fill="#e7f0fb" stroke="{NOW}" stroke-width="3.5"',
    "broken": f'fill="#fff0f0" stroke="{BAD}" stroke-width="3.5"',
    "not-asked": f'fill="none" stroke="{LINE}" stroke-dasharray="2 3"',
}
"""How the frame of a node looks: settled, being computed, wrong, not reached or not yet computed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """An SVG and what it shows in words, for those who do not see it."""

    svg: str
    says: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a figure shows of a program besides its nodes and arrows."""

    values: bool = True
    partials: bool = True
    below: Mapping[str, str] | None = None
    """A node's last line, by name."""
    marks: Mapping[str, str] | None = None
    """A key of LOOKS by the node's name; `right` for others."""
    only: Sequence[str] = ()
    """The names of the nodes to draw; all where it is empty."""
    backward: Sequence[tuple[str, str]] = ()
    """An arrow that points backward in an order, from parent to child."""


def figure(name: str, program: Traced, says: str, look: Look) -> Figure:
    """Return a figure of a program. `name` makes the SVG's ids unique within a page."""
    kept = [i for i, its in enumerate(program.names) if its in look.only or not look.only]
    marks = look.marks or {}
    nodes = [_node(program, i, look, marks.get(program.names[i], "right")) for i in kept]
    drawn = draw(nodes, "nodes", range(len(nodes)), {}, look.backward)
    for box, i in zip(drawn["boxes"], kept, strict=True):
        its = program.names[i]
        box |= {"mark": marks.get(its, "right"), "own": (look.below or {}).get(its, "")}
        box["name"] = f"{its} = {program.operators[i]}"
    return Figure(_svg(name, drawn, says), says)


def _node(program: Traced, i: int, look: Look, mark: str) -> Node:
    is_later = mark == "not-asked" and look.below is None
    return {
        "name": program.names[i],
        "operator": program.operators[i],
        "operands": [program.names[p] for p in program.parents[i]],
        "value": {"expected": number(program.values[i]) if look.values and not is_later else None, "got": None},
        "partials": {"expected": [number(q) for q in program.partials[i]] if look.partials and not is_later else [], "got": None},
        "mark": "right",
        "wrong": [],
    }


def _svg(name: str, drawn: Drawn, says: str) -> str:
    width, height = drawn["width"], drawn["height"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' aria-label={quoteattr(says)} font-family="DejaVu Sans, Verdana, sans-serif" font-size="13" text-anchor="middle">',
        f'<rect class="ground" width="{width}" height="{height}" fill="{PAPER}"/>',
        *(_marker(f"{kind}-{name}", kind, colour) for kind, colour in (("tip", LINE), ("bad", BAD))),
    ]
    for arrow in drawn["arrows"]:
        bad = arrow["backward"]
        look = f'stroke="{BAD}" stroke-width="3" stroke-dasharray="8 4"' if bad else f'stroke="{LINE}" stroke-width="1.3"'
        marker = f"url(#{'bad' if bad else 'tip'}-{name})"
        parts.append(f'<path class="arrow{" backward" if bad else ""}" fill="none" {look} marker-end="{marker}" d="{arrow["path"]}"/>')
    halo = 'class="partial" font-size="11.5" stroke="#ffffff" stroke-width="3" paint-order="stroke"'
    parts += [_text(a["x"], a["y"], a["label"], halo) for a in drawn["arrows"] if a["label"]]
    for box in drawn["boxes"]:
        size = f'width="{drawn["node_width"]:g}" height="{drawn["node_height"]:g}"'
        parts.append(f'<g class="{box["mark"]}"><rect x="{box["left"]}" y="{box["top"]}" {size} rx="6" {LOOKS[box["mark"]]}/>')
        first = (box["first"], box["name"], 'class="name" font-weight="600"')
        lines = [first, (box["second"], box["value"], ""), (box["third"], box["own"], "")]
        parts += [_text(box["x"], y, text, more) for y, text, more in lines if text]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _marker(name: str, kind: str, colour: str) -> str:
    box = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"'
    return f'<defs><marker id="{name}" {box}><path class="{kind}" fill="{colour}" d="M0 0L8 4L0 8z"/></marker></defs>'


def _text(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{INK}" {more}>{escape(text)}</text>'.replace(" >", ">")


def in_words(program: Traced, values: Iterable[str]) -> str:
    """Return a program's nodes in one line, each with a text: `x1 = input (2); v1 = log(x1) (0.693147)`."""
    made = (
        f"{name} = {program.operators[i]}" + (f"({', '.join(program.names[p] for p in program.parents[i])})" if program.parents[i] else "")
        for i, name in enumerate(program.names)
    )
    return "; ".join(f"{text} {value}".strip() for text, value in zip(made, values, strict=True))
