"""Turn a rubric's one-line case into a Program.

log(x) + x*y - sin(y) at x=2, y=5                  a program in infix form, swept from its first input
u = x*z; (u - x) - x at x=1.3, z=0.7 sweeps x, u, x    names for shared nodes; sweeps on one graph, in that order
A->B, A->C, B->D, C->D sweeps B                    a graph; a repeated edge is an operand used twice
x*z at x=2, z=3 sweeps x, z between order            what happens between two calls on one graph
A->B, B->C, A->D sweeps A, grows, A                the last node is made between the two sweeps; each `grows` is one node
A:const->B:relu, B-0->C:"max pool"                 names of operators, and an operand whose partial is 0
x*x at x=2 after x*x at x=3                        the second program is made, swept and let go of before the first
ladder(60)   comb(40)   chain(1200)   doubled(60)   cycle(3)    families of graphs
"""

import ast
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import replace

from grader.model import BETWEEN, Instruction, Operators, Program, Value

INFIX = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
MAX_NODES = 1200
"""Nodes of the largest graph of a family: a reply about it keeps far below the cap on replies."""


class CaseError(ValueError):
    """A case's line can't be read; the message says what was found and what to write."""


def parse_case(text: str, operators: Operators, *, from_output: bool = False) -> Program:
    """Return the program that one line of a rubric describes.

    Without `sweeps` it is swept once: from its first node, or with `from_output` from its last.
    Raises CaseError, with a sentence for the person who wrote the line.
    """
    last, *earlier = text.split(" after ")
    program = _parse_one(last, operators, from_output=from_output)
    before = tuple(_parse_one(part, operators, from_output=from_output) for part in reversed(earlier))
    if before and any(part.cyclic for part in (program, *before)):
        raise CaseError("a graph with a cycle may stand neither before nor behind `after`")
    if any(part.between for part in (program, *before)) and (before or program.grown_sizes):
        raise CaseError("`between` stands in no case with `after` or `grows`")
    if any(part.grown_sizes for part in before):
        raise CaseError("what stands behind `after` is swept without `grows`")
    return replace(program, earlier=before)


def _parse_one(text: str, operators: Operators, *, from_output: bool) -> Program:
    text, _, between = text.partition(" between ")
    body, _, sweeps = text.partition(" sweeps ")
    try:
        if "->" in body:
            program, names = _graph(body)
        elif family := re.fullmatch(r"\s*(\w+)\((\d{1,6})\)\s*", body):
            program, names = _family(family[1], int(family[2]))
        else:
            program, names = _program(body, operators)
    except RecursionError:
        raise CaseError("this is too long for one formula: name parts of it, `u = ...; ...`") from None
    program = replace(program, between=_between(between.strip(), program))
    if sweeps.strip():
        roots, built = _roots(names, sweeps)
        if built and program.cyclic:
            raise CaseError("a graph with a cycle can't grow: a node on the cycle would be made before its operand")
        return replace(program, roots=roots, grown_sizes=built)
    if from_output:
        return replace(program, roots=(len(program.instructions) - 1,))
    return program


def _between(word: str, program: Program) -> str:
    """Return what happens between two calls, or an empty text. Raises CaseError where that can't be asked of the program."""
    if word and word not in BETWEEN.values():
        raise CaseError(f"{word!r} can't happen between two calls: write `between {'`, `between '.join(BETWEEN.values())}`")
    if word and program.cyclic:
        raise CaseError("a graph with a cycle has no two calls between which something could happen")
    if word == BETWEEN["backward"] and sum(not line.operands for line in program.instructions) < 2:
        raise CaseError("forward sweeps between backward ones start at two inputs in turn, and this program has one")
    return word


def _roots(index: dict[str, int], sweeps: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the roots that a list of sweeps names, and the number of nodes at each, if the graph grows in between."""
    words = [name.strip() for name in sweeps.split(",")]
    node_count = len(set(index.values())) - words.count("grows")
    roots: list[int] = []
    node_counts: list[int] = []
    for name in words:
        if name == "grows" and roots:
            node_count += 1
        elif name not in index:
            raise CaseError(f"sweeps names {name!r}, but the nodes are {', '.join(list(index)[:12])}")
        elif index[name] >= node_count:
            raise CaseError(f"{name} is swept before it is made: each `grows` makes one node, in the order of the list")
        else:
            roots.append(index[name])
            node_counts.append(node_count)
    if words[-1] == "grows":
        raise CaseError("after the last `grows` stands no sweep")
    return tuple(roots), tuple(node_counts) if "grows" in words else ()


def _program(body: str, operators: Operators) -> tuple[Program, dict[str, int]]:
    """Return a program in infix form, and the index of each name in it."""
    formula, at, point = body.partition(" at ")
    if not at:
        raise CaseError("a program needs a point: write `... at x=1.3, y=0.7`")
    inputs = _point(point)
    try:
        statements = ast.parse(formula.strip()).body
    except (SyntaxError, MemoryError) as error:
        raise CaseError(f"this is not a formula: {getattr(error, 'msg', 'too long')}") from None
    assigned = [part.targets[0].id for part in statements if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name)]
    builder = _Builder(operators, inputs, {*assigned, "output"})
    for statement in statements[:-1]:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            raise CaseError("before the last `;` only names for shared nodes may stand: write `u = x*z; ...`")
        builder.name(statement.targets[0].id, builder.build(statement.value))
    if not statements or not isinstance(statements[-1], ast.Expr):
        raise CaseError("the last part must be the output: an expression such as `u - x`")
    last = builder.build(statements[-1].value)
    if builder.lines[last].name in builder.drawn:
        builder.name("output", last)
    names = {line.name: i for i, line in enumerate(builder.lines)}
    return Program(tuple(builder.lines), roots=(0,)), names | builder.index


def _point(text: str) -> dict[str, Value]:
    """Return the inputs and their values, in the order in which the line names them."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        assert isinstance(call, ast.Call)
        assert not call.args
        values = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise CaseError(f"the point {text.strip()!r} can't be read: write `at x=1.3, y=0.7`") from None
    if len(values) < len(call.keywords) or "None" in values:
        raise CaseError(f"the point {text.strip()!r} can't be read: write each input once, `at x=1.3, y=0.7`")
    for name, value in values.items():
        entries = value if isinstance(value, list) else [value]
        if not entries or not all(type(entry) in (int, float) and math.isfinite(entry) for entry in entries):
            raise CaseError(f"{name}={value!r} is neither a number nor a list of numbers")
    if not values:
        raise CaseError("the point names no input: write `at x=1.3`")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class _Builder:
    """Grows a Wengert list from expressions; every literal becomes a new input node. Drawn names avoid the `reserved`."""

    def __init__(self, operators: Operators, inputs: dict[str, Value], reserved: set[str]) -> None:
        self.operators = operators
        self.taken = reserved | set(inputs)
        self.lines = [Instruction(name, "input", value=value) for name, value in inputs.items()]
        self.index = {name: i for i, name in enumerate(inputs)}
        self.drawn: set[str] = set()

    def name(self, name: str, index: int) -> None:
        if name in self.index:
            raise CaseError(f"{name!r} is named twice: give the second node another name")
        self.index[name] = index
        if self.lines[index].name in self.drawn:
            self.lines[index] = self.lines[index]._replace(name=name)

    def build(self, tree: ast.expr) -> int:
        if isinstance(tree, ast.Name):
            if tree.id not in self.index:
                raise CaseError(f"{tree.id!r} has no value: add it to the point, or name it before with `{tree.id} = ...;`")
            return self.index[tree.id]
        if isinstance(tree, ast.Constant | ast.UnaryOp):
            return self._append("input", (), _literal(tree))
        if isinstance(tree, ast.BinOp):
            if type(tree.op) not in INFIX:
                sign = "**" if isinstance(tree.op, ast.Pow) else type(tree.op).__name__
                raise CaseError(f"{sign} is not an operator of this assignment: write x*x for a square")
            return self._apply(INFIX[type(tree.op)], [tree.left, tree.right])
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
            return self._apply(tree.func.id, tree.args)
        raise CaseError(f"{ast.unparse(tree)!r} is not a formula of numbers, names, + - * / and operators")

    def _apply(self, operator: str, operands: list[ast.expr]) -> int:
        if operator not in self.operators:
            raise CaseError(f"{operator!r} is not an operator of the reference, which has {', '.join(sorted(self.operators))}")
        if len(operands) != self.operators[operator]:
            raise CaseError(f"{operator} takes {self.operators[operator]} operand(s), not {len(operands)}")
        return self._append(operator, tuple(self.build(operand) for operand in operands))

    def _append(self, operator: str, operands: tuple[int, ...], value: Value | None = None) -> int:
        stem, number = ("c" if operator == "input" else "v"), len(self.drawn) + 1
        while (name := f"{stem}{number}") in self.taken:
            number += 1
        self.drawn.add(name)
        self.taken.add(name)
        self.lines.append(Instruction(name, operator, operands, value))
        return len(self.lines) - 1


def _literal(tree: ast.expr) -> Value:
    try:
        value = ast.literal_eval(tree)
    except ValueError:
        raise CaseError(f"{ast.unparse(tree)!r}: a minus sign may stand only before a number; write 0 - x") from None
    if type(value) not in (int, float) or not math.isfinite(value):
        raise CaseError(f"{value!r} is not a number")
    return float(value)


_NODE = r'(\w+)(?::(\w+|"[^"]+"))?'
"""A node of an edge, and the name of its operator; quote a name of several words, without a comma."""


def _graph(body: str) -> tuple[Program, dict[str, int]]:
    operands: dict[str, list[str]] = {}
    operators: dict[str, str] = {}
    zeros: dict[str, list[int]] = {}
    for edge in body.split(","):
        match = re.fullmatch(rf"\s*{_NODE}\s*-(0-)?>\s*{_NODE}\s*", edge)
        if not match:
            raise CaseError(f"{edge.strip()!r} is not an edge: write `A->B, A->C`")
        first, its, zero, second, of = (part and part.strip('"') for part in match.groups())
        operands.setdefault(first, [])
        operands.setdefault(second, []).append(first)
        for name, operator in ((first, its), (second, of)):
            if operator and (operators.setdefault(name, operator) != operator or operator == "input"):
                raise CaseError(f"{name} can't be called {operator!r}: one name for each node, and `input` for those without operands")
        zeros.setdefault(second, []).extend([len(operands[second]) - 1] if zero else [])
    first = next(iter(operands))
    names = _operands_first(operands)
    cyclic = len(names) < len(operands)
    if cyclic:
        names = list(operands)
    index = {name: i for i, name in enumerate(names)}
    lines = (Instruction(n, operators.get(n), tuple(index[p] for p in operands[n]), zeros=tuple(zeros.get(n, ()))) for n in names)
    return Program(tuple(lines), roots=(index[first],), is_graph=True, cyclic=cyclic), index


def _operands_first(operands: dict[str, list[str]]) -> list[str]:
    """Return the names so that operands precede what is made of them; on a cycle some are missing."""
    placed: dict[str, None] = {}
    while ready := [n for n in operands if n not in placed and all(p in placed for p in operands[n])]:
        placed.update(dict.fromkeys(ready))
    return list(placed)


def _family(name: str, size: int) -> tuple[Program, dict[str, int]]:
    if name not in FAMILIES:
        raise CaseError(f"{name!r} is neither a family ({', '.join(FAMILIES)}) nor a program with a point")
    if size < 1:
        raise CaseError(f"{name}({size}): the size must be at least 1")
    nodes = itertools.islice(FAMILIES[name](size), MAX_NODES + 1)
    lines = tuple(Instruction(label, None, operands) for label, operands in nodes)
    if len(lines) > MAX_NODES:
        raise CaseError(f"{name}({size}) has more than {MAX_NODES} nodes: make it smaller")
    index = {line.name: i for i, line in enumerate(lines)}
    return Program(lines, roots=(0,), is_graph=True, cyclic=name == "cycle"), index


def _chain(size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """`size` nodes, each made of the one before it."""
    for i in range(size):
        yield f"n{i}", (i - 1,) if i else ()


def _ladder(rungs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A root, then rungs of two different nodes, each made of both nodes below: 2**rungs paths."""
    yield "root", ()
    for i in range(rungs):
        below = (2 * i - 1, 2 * i) if i else (0,)
        yield f"a{i + 1}", below
        yield f"b{i + 1}", below


def _doubled(size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """`size` nodes, each made of the one before it, which is taken twice: 2**(size - 1) paths."""
    for i in range(size):
        yield f"n{i}", (i - 1, i - 1) if i else ()


def _comb(teeth: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A root and nodes made of it alone, which are then taken up one after the other, the last first: a way of each length to the end."""
    yield "root", ()
    for i in range(teeth):
        yield f"t{i + 1}", (0,)
    for i in range(teeth - 1):
        yield f"s{i + 1}", (teeth - 1 - i, teeth + i)


def _cycle(size: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A root outside, then `size` nodes in a ring that it leads into."""
    yield "root", ()
    for i in range(size):
        yield f"r{i + 1}", (0, size) if i == 0 else (i,)


FAMILIES = {"chain": _chain, "doubled": _doubled, "ladder": _ladder, "comb": _comb, "cycle": _cycle}
