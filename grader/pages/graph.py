"""A case's computational graph as coordinates for an SVG: boxes, arrows with local partials, and which arrow points backward."""

from collections.abc import Sequence
from typing import TypedDict

from grader.messages import say
from grader.model import Sentences
from grader.pages.layered import place
from grader.pages.words import brief, number
from grader.report_format import Node

WIDTH, HEIGHT, LAYER = 140.0, 62.0, 128.0
"""Of a node, and from one layer to the next, in pixels."""
SPREAD = 24.0
"""Distance of arrows that enter one node."""
LETTERS = 19
"""Letters that fit into a node."""
LETTER = 6.6
"""Width of a letter of an arrow's label, in pixels."""
MARGIN, LOOP = 12.0, 60.0
SHORT = {"grad_wrt_parents": "drawing.partials", "parent_nodes": "drawing.parents", "child_nodes": "drawing.children"}
"""The words by which a node's box calls what is wrong: the whole names have no room."""


class Arrow(TypedDict):
    """An arrow, and where its label is."""

    path: str
    x: int
    y: int
    label: str
    backward: bool


class Box(TypedDict):
    """A node's box with its three lines of text, and where they are."""

    mark: str
    place: int
    x: int
    left: int
    top: int
    first: int
    second: int
    third: int
    name: str
    value: str
    own: str


class Drawn(TypedDict):
    """A graph in the coordinates of an SVG."""

    width: int
    height: int
    arrows: list[Arrow]
    boxes: list[Box]
    node_width: float
    node_height: float


def draw(nodes: Sequence[Node], asks: str, sequence: Sequence[int], words: Sentences, backward: Sequence[Sequence[str]] = ()) -> Drawn:
    """Return the boxes in `sequence`, the arrows and the size of a graph. An arrow of a cycle that leads back goes around.

    The first of the arrows `backward`, each [operand, result], is marked. Only where nodes are marked as wrong, or an order is shown,
    are there `words` in the boxes.
    """
    index = {node["name"]: i for i, node in enumerate(nodes)}
    operands = [[(index[name], k) for k, name in enumerate(node["operands"]) if name in index] for node in nodes]
    layout = place(tuple(tuple(p for p, _ in its if p < i) for i, its in enumerate(operands)), WIDTH)
    ys = [layer * LAYER + HEIGHT / 2 + MARGIN for layer in layout.layer]
    xs = [x + MARGIN for x in layout.x]
    wrong_way = {(index[a], index[b]) for a, b in backward[:1] if a in index and b in index}
    arrows = list[Arrow]()
    for i, its in enumerate(operands):
        for nth, (p, k) in enumerate(its):
            partials = nodes[i]["partials"]["expected"]
            label = brief(number(partials[k], 4), 9) if k < len(partials) and asks != "order" else ""
            side = (nth - (len(its) - 1) / 2) * min(SPREAD, (WIDTH - 16) / len(its))
            if p < i:
                path, at = _path([(xs[v], ys[v]) for v in layout.routes[p, i]], side, label)
            else:
                path, at = _loop(xs[p], ys[p], xs[i], ys[i])
            arrows.append({"path": path, "x": at[0], "y": at[1], "label": label, "backward": (p, i) in wrong_way})
    boxes = [_box(nodes[i], place_in, xs[i], ys[i], asks, words) for place_in, i in enumerate(sequence)]
    loops = any(p >= i for i, its in enumerate(operands) for p, _ in its)
    width = max(xs[: len(nodes)]) + WIDTH / 2 + MARGIN + (LOOP if loops else 0)
    right = max([width, *(x + 8 for x in xs[len(nodes) :])])
    height = max(ys[: len(nodes)]) + HEIGHT / 2 + MARGIN
    return {"width": round(right), "height": round(height), "arrows": arrows, "boxes": boxes, "node_width": WIDTH, "node_height": HEIGHT}


def _path(points: list[tuple[float, float]], side: float, label: str) -> tuple[str, tuple[int, int]]:
    """Return a smooth path from the lower edge of one node to the upper edge of another, and the place of its label."""
    x, y = points[0][0], points[0][1] + HEIGHT / 2
    path = f"M{x:.0f} {y:.0f}"
    for to_x, to_y in [*points[1:-1], (points[-1][0] + side, points[-1][1] - HEIGHT / 2)]:
        middle = (y + to_y) / 2
        path += f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
        x, y = to_x, to_y
    beside = max(SPREAD / 2 + 4, 5 + LETTER / 2 * len(label))
    is_left = side < 0 or (side == 0 and points[-2][0] > points[-1][0])  # of a lone arrow on the side from which it does not come
    return path, (round(x + (-beside if is_left else beside)), round(y - 9))


def _loop(from_x: float, from_y: float, to_x: float, to_y: float) -> tuple[str, tuple[int, int]]:
    """Return a path that leads back, around the right side of the nodes."""
    x, y, end_x, end_y = from_x + WIDTH / 2, from_y + 10, to_x + WIDTH / 2, to_y - 10
    far = max(x, end_x) + LOOP - 8
    return f"M{x:.0f} {y:.0f}C{far:.0f} {y:.0f} {far:.0f} {end_y:.0f} {end_x:.0f} {end_y:.0f}", (round(far - 8), round((y + end_y) / 2))


def _box(node: Node, place_in: int, x: float, y: float, asks: str, words: Sentences) -> Box:
    value = node["value"]
    shown = value["expected"] if value["got"] is None or asks == "nodes" else value["got"]
    sign = {"broken": "✗ ", "inherited": "↳ "}.get(node["mark"], "")
    left, top = round(x - WIDTH / 2), round(y - HEIGHT / 2)
    return {
        "mark": node["mark"].replace(" ", "-"), "place": place_in, "x": round(x), "left": left, "top": top,
        "first": round(y - HEIGHT / 2 + 18), "second": round(y - HEIGHT / 2 + 35), "third": round(y - HEIGHT / 2 + 53),
        "name": brief(f"{sign}{node['name']} = {node['operator']}", LETTERS),
        "value": "" if asks == "order" else brief(number(shown, 6), LETTERS), "own": brief(_own(node, asks, words), LETTERS),
    }  # fmt: skip


def _own(node: Node, asks: str, words: Sentences) -> str:
    """Return the last line of a box: the derivative, the place in the order, or what is wrong with the node."""
    if asks == "order":
        places = node.get("position", [])
        if places:
            return say(words, "drawing.place_of", places=", ".join(map(str, places)))
        return say(words, "drawing.left_out") if node["mark"] == "broken" else ""
    if asks == "nodes":
        attribute, equals, got = node["wrong"][0].removeprefix(f"{node['name']}.").partition(" = ") if node["wrong"] else ("", "", "")
        return f"{say(words, SHORT[attribute])} {got}" if attribute in SHORT else attribute + equals + got
    derivative = node.get("derivative")
    if derivative is None or node["mark"] == "not asked":
        return ""
    got, right = number(derivative["got"], 4), number(derivative["expected"], 4)
    return f"d {got}" if node["mark"] == "right" else say(words, "drawing.derivative_not", got=got, right=right)
