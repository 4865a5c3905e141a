"""Draw your own graph and print its tables while you work: what your functions make of a small program.

    python show.py                                         the handout's example
    python show.py "u = x*x; u*y + sin(u)" x=1.3 y=0.7     a program of your own, and its inputs
    python show.py "x*x - x" x=2 --root x --out graph.svg  the root is the first input, if you name no other

The signs + - * / call your add, sub, mul and div. The drawing is an SVG file: open it in a browser. Nodes that you made
yourself are drawn by `from show import show` and `show({"x": x, "y": y}, root=x)`. Name them in the order in which
they were made.
"""

import argparse
import ast
import html
from pathlib import Path

import autodiff

EXAMPLE, POINT = "log(x1) + x1*x2 - sin(x2)", ["x1=2", "x2=5"]
SIGNS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
WIDE, HIGH, ACROSS, DOWN = 164, 62, 260, 104
"""Width and height of a box, and from one box to the next."""


class Stop(Exception):
    """Raised where a program can't go on; its text says why."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?")
    parser.add_argument("inputs", nargs="*", metavar="NAME=NUMBER")
    parser.add_argument("--root", help="the input whose influence is followed")
    parser.add_argument("--out", default="graph.svg", help="where to write the drawing (graph.svg)")
    chosen = parser.parse_args()
    nodes = {}
    try:
        for name, _, number in (text.partition("=") for text in (chosen.inputs if chosen.program else POINT)):
            nodes[name] = autodiff.Node(float(number))
        root = chosen.root or next(iter(nodes), "")
        for statement in ast.parse(chosen.program or EXAMPLE).body:
            name = statement.targets[0].id if isinstance(statement, ast.Assign) else "output" if "y" in nodes else "y"
            build(statement.value, name, nodes)
    except (SyntaxError, AttributeError, KeyError, ValueError) as error:
        parser.error(f"can't read that: {error}. Write for example: python show.py \"u = x*x; u + sin(x)\" x=1.3")
    except Stop as stop:
        print(f"The program stops here: {stop}\n")
    if root not in nodes:
        parser.error(f"no node is called {root!r}: name an input, such as x=1.3")
    show(nodes, nodes[root], chosen.out)


def build(part, name, nodes):
    """Build a part of a program with the student's functions, and return the name of its node."""
    if isinstance(part, ast.Name):
        if part.id not in nodes:
            raise Stop(f"{part.id} has no value: add {part.id}=NUMBER to the command")
        return part.id
    if isinstance(part, (ast.Constant, ast.UnaryOp)):
        name = name or new_name("c", nodes)
        nodes[name] = autodiff.Node(float(ast.literal_eval(part)))
        return name
    operands = [part.left, part.right] if isinstance(part, ast.BinOp) else part.args
    if isinstance(part, ast.BinOp) and type(part.op) not in SIGNS:
        raise ValueError("of the signs only + - * / are known")
    function = SIGNS[type(part.op)] if isinstance(part, ast.BinOp) else part.func.id
    names = [build(operand, "", nodes) for operand in operands]
    node = call(function, f"{function}({', '.join(names)})", *(nodes[operand] for operand in names))
    if not hasattr(node, "value"):
        raise Stop(f"{function}({', '.join(names)}) returned {node!r} instead of a node: is a `return` missing?")
    name = name or new_name("v", nodes)
    nodes[name] = node
    return name


def new_name(letter, nodes):
    """Return the first of v1, v2, ... (or c1, c2, ...) that is free."""
    return next(name for name in (f"{letter}{number}" for number in range(1, len(nodes) + 2)) if name not in nodes)


def call(function, called, *given):
    """Call one of the student's functions. Raises Stop, with a sentence, if that fails."""
    if not hasattr(autodiff, function):
        raise Stop(f"autodiff.py defines no {function}")
    try:
        return getattr(autodiff, function)(*given)
    except NotImplementedError:
        raise Stop(f"not written yet: {function}, or a function that it calls") from None
    except Exception as error:
        raise Stop(f"{called} raised {type(error).__name__}: {error}") from None


def show(nodes, root, out="graph.svg"):
    """Print values, order and derivatives of the nodes, a dictionary by name, and write their drawing."""
    print("\n".join([*values(nodes), "", *order(nodes, root), ""]))
    swept = True
    try:
        call("forward", f"forward({name_of(root, nodes)})", root)
    except Stop as stop:
        swept = False
        print(f"Derivatives: {stop}")
    if swept:
        print("\n".join(derivatives(nodes, root)))
    Path(out).write_text(drawing(nodes, swept), "utf-8")
    print(f"\nThe drawing is in {out}.")


def name_of(node, nodes):
    return next((name for name, other in nodes.items() if other is node), repr(node))


def formula(node, nodes):
    """Return what made a node, as in `mul(x, y)`, from its own fields."""
    operands = ", ".join(name_of(operand, nodes) for operand in node.parent_nodes)
    return f"{node.operator}({operands})" if operands else str(node.operator)


def short(number):
    """Return a number with six digits; of an array or anything else its own text."""
    try:
        return f"{float(number):.6g}"
    except (TypeError, ValueError):
        return " ".join(str(number).split())


def table(rows):
    """Return rows of texts as lines, with columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def values(nodes):
    rows = [("node", "made by", "value", "local partials")]
    for name, node in nodes.items():
        partials = zip(node.grad_wrt_parents, node.parent_nodes)
        shown = ", ".join(f"d{name}/d{name_of(operand, nodes)} = {short(partial)}" for partial, operand in partials)
        rows.append((name, formula(node, nodes), short(node.value), shown))
    lines = ["Values, by your operators", *table(rows)]
    for name, node in nodes.items():
        for operand in dict.fromkeys(map(id, node.parent_nodes)):
            parent = next(one for one in node.parent_nodes if id(one) == operand)
            if not any(child is node for child in parent.child_nodes):
                lines.append(f"  {name} is missing in {name_of(parent, nodes)}.child_nodes")
    return lines


def order(nodes, root):
    """Return the student's order, and what is wrong with it."""
    called = f"topological_order({name_of(root, nodes)})"
    try:
        found = list(call("topological_order", called, root))
    except Stop as stop:
        return [f"Order: {stop}"]
    except TypeError:
        return [f"Order: {called} returned no list, tuple or iterator"]
    places = {id(node): place for place, node in reversed(list(enumerate(found)))}
    lines = [f"Order: {called} = {', '.join(name_of(node, nodes) for node in found)}"]
    for name, node in nodes.items():
        if id(node) in places:
            late = [one for one in node.parent_nodes if places.get(id(one), -1) > places[id(node)]]
            lines += [f"  {name} comes before its operand {name_of(late[0], nodes)}"] if late else []
            lines += [f"  {name} is in it more than once"] if sum(other is node for other in found) > 1 else []
        elif any(id(operand) in places for operand in node.parent_nodes):
            lines.append(f"  {name} is missing, though its operand is there")
    return lines


def derivatives(nodes, root):
    """Return the tangent table: the chain rule with the numbers in the nodes, and what `forward` left there."""
    rows = [("node", "the chain rule, with your own numbers", "your forward")]
    for name, node in nodes.items():
        factors = zip(node.grad_wrt_parents, node.parent_nodes)
        rule = " + ".join(f"{short(partial)} * {short(operand.partial_derivative)}" for partial, operand in factors)
        shown = "1, for it is the root" if node is root else rule or "0, for it is another input"
        rows.append((name, shown, short(node.partial_derivative)))
    return [f"Derivatives with respect to {name_of(root, nodes)}, the root", *table(rows)]


# ---- drawing ----


def places_of(nodes):
    """Return each node's column and row, by id: a column to the right of its operands, the rows from top to bottom."""
    columns, filled, places = {}, {}, {}
    for node in nodes.values():
        column = 1 + max((columns.get(id(operand), -1) for operand in node.parent_nodes), default=-1)
        columns[id(node)] = column
        row = filled.get(column, 0)
        filled[column] = row + 1
        places[id(node)] = (column, row + 0.5 * (column % 2))  # so that a long arrow passes between two boxes
    return places


def drawing(nodes, swept):
    """Return the graph as SVG: values and derivatives in boxes, partials on arrows. A missing link is dashed."""
    places = places_of(nodes)
    spots = {key: (20 + ACROSS * column, 20 + DOWN * row) for key, (column, row) in places.items()}
    width, height = (max(xy[axis] for xy in spots.values()) + size + 20 for axis, size in ((0, WIDE), (1, HIGH)))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        ' font-family="sans-serif" font-size="13">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="white"/>',
    ]
    for node in nodes.values():
        for place, (operand, partial) in enumerate(zip(node.parent_nodes, node.grad_wrt_parents)):
            if id(operand) in spots:
                parts += arrow(spots[id(operand)], spots[id(node)], place, len(node.parent_nodes), short(partial),
                               any(child is node for child in operand.child_nodes))  # fmt: skip
    for name, node in nodes.items():
        x, y = spots[id(node)]
        texts = [(f"{name} = {formula(node, nodes)}", "bold"), (short(node.value), "normal")]
        texts += [(f"d = {short(node.partial_derivative)}", "normal")] if swept else []
        parts.append(f'<rect x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="8" fill="#eef4fb" stroke="#345"/>')
        for line, (text, weight) in enumerate(texts):
            shown = html.escape(text if len(text) < 24 else text[:22] + "…")
            where = f'x="{x + WIDE / 2:g}" y="{y + 18 + 18 * line:g}" text-anchor="middle" font-weight="{weight}"'
            parts.append(f"<text {where}>{shown}</text>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def arrow(start, end, place, places, label, linked):
    """Return an arrow from an operand to its node. Its end depends on the operand's place; its label is there."""
    x1, y1 = start[0] + WIDE, start[1] + HIGH / 2
    x2, y2 = end[0], end[1] + HIGH * (place + 1) / (places + 1)
    bend = 0.5 * (x2 - x1)
    dashes = "" if linked else ' stroke-dasharray="5 4"'
    path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    return [
        f'<path d="{path}" fill="none" stroke="black" marker-end="url(#tip)"{dashes}/>',
        f'<text x="{x2 - 12:g}" y="{y2 - 4:g}" text-anchor="end" font-size="11"'
        f' stroke="white" stroke-width="4" paint-order="stroke">{html.escape(label)}</text>',
    ]


if __name__ == "__main__":
    main()
