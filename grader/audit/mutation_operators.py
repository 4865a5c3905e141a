"""Mutation operators: the small changes that may replace a node of the reference's syntax tree.

    for operator, new in replacements(node, field, parent, names): ...

A change is one that a hurried student makes, or one that shows whether a case looks there at all.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

Change = tuple[str, ast.AST]
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.Pow: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Lt: (ast.GtE,),
    ast.LtE: (ast.Gt,),
    ast.Gt: (ast.LtE,),
    ast.GtE: (ast.Lt,),
}
BOUNDARIES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.LtE, ast.GtE),
    ast.Lt: (ast.LtE,),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE,),
    ast.GtE: (ast.Gt,),
}
ATTRIBUTES = {
    "child_nodes": "parent_nodes",
    "parent_nodes": "child_nodes",
    "value": "partial_derivative",
    "partial_derivative": "adjoint",
    "adjoint": "partial_derivative",
    "grad_wrt_parents": "parent_nodes",
    "sin": "cos",
    "cos": "sin",
    "log": "log10",
    "exp": "expm1",
}
FUNCTIONS = {"sum": "max", "ValueError": "RuntimeError"}


def replacements(node: ast.AST, field: str, parent: ast.AST, names: Sequence[str]) -> Iterator[Change]:
    """Yield each operator's name and the node that it puts in the place of `node`, which is `field` of `parent`.

    `names` are the variables of the function, in the order in which they are bound.
    """
    for operator in OPERATORS.get(type(node), ()):
        for name, new in operator(node, names):
            if not (field == "operand" and isinstance(new, ast.UnaryOp)):  # -(-1) is what dropping the sign makes
                yield name, new
    if isinstance(node, ast.expr) and field in ("test", "ifs"):
        yield from condition(node, parent)
    if isinstance(node, ast.expr) and field == "iter":
        yield from loop(node)


def arithmetic(node: ast.BinOp, _: Sequence[str]) -> Iterator[Change]:
    """Another operator, one operand alone, and the operands the other way round."""
    for other in ARITHMETIC.get(type(node.op), ()):
        yield "arithmetic", ast.BinOp(node.left, other(), node.right)
    yield "operand", node.left
    yield "operand", node.right
    if not isinstance(node.op, ast.Add | ast.Mult):
        yield "operand", ast.BinOp(node.right, node.op, node.left)


def sign(node: ast.UnaryOp, _: Sequence[str]) -> Iterator[Change]:
    if isinstance(node.op, ast.USub | ast.Not):
        yield "sign", node.operand


def augmented(node: ast.AugAssign, _: Sequence[str]) -> Iterator[Change]:
    """`+=` becomes `-=` and `=`."""
    for other in ARITHMETIC.get(type(node.op), ())[:1]:
        yield "arithmetic", ast.AugAssign(node.target, other(), node.value)
    yield "assignment", ast.Assign([node.target], node.value, lineno=node.lineno)


def comparison(node: ast.Compare, _: Sequence[str]) -> Iterator[Change]:
    for operator, table in (("comparison", COMPARISONS), ("boundary", BOUNDARIES)):
        for other in table.get(type(node.ops[0]), ()):
            yield operator, ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)


def constant(node: ast.Constant, _: Sequence[str]) -> Iterator[Change]:
    """The neighbours of a number, its negative and zero; the other truth; a text with a letter more."""
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int | float):
        wanted = [value + 1, *([value - 1] if isinstance(value, int) else []), type(value)(0), -value]
        yield from (("constant", _number(other)) for other in dict.fromkeys(wanted) if other != value)
    elif isinstance(value, str):
        yield "constant", ast.Constant(value + "s")


def choice(node: ast.IfExp, _: Sequence[str]) -> Iterator[Change]:
    """One side of `a if c else b`, whatever c is."""
    yield "condition", node.body
    yield "condition", node.orelse


def condition(node: ast.expr, parent: ast.AST) -> Iterator[Change]:
    """Yield `not c` unless c is a comparison, and True except in `while` and in `a if c else b`."""
    if not isinstance(node, ast.Compare):
        yield "condition", ast.UnaryOp(ast.Not(), node)
    if not isinstance(parent, ast.While | ast.IfExp):
        yield "condition", ast.Constant(True)


def loop(node: ast.expr) -> Iterator[Change]:
    """What is gone through without its first or its last, the first alone, and backwards."""
    listed = ast.Call(ast.Name("list", ast.Load()), [node], [])
    for lower, upper, step in ((1, None, None), (None, -1, None), (None, 1, None), (None, None, -1)):
        part = ast.Slice(*(None if bound is None else _number(bound) for bound in (lower, upper, step)))
        yield "slice", ast.Subscript(listed, part, ast.Load())


def call(node: ast.Call, _: Sequence[str]) -> Iterator[Change]:
    """An argument dropped, two neighbours exchanged, one in place of its neighbour; a keyword dropped."""
    arguments = node.args
    for i in range(len(arguments)):
        yield "argument", ast.Call(node.func, arguments[:i] + arguments[i + 1 :], node.keywords)
    for i, (one, other) in enumerate(pairwise(arguments)):
        for pair in ([other, one], [one, one]):
            yield "argument", ast.Call(node.func, [*arguments[:i], *pair, *arguments[i + 2 :]], node.keywords)
    for i in range(len(node.keywords)):
        yield "argument", ast.Call(node.func, arguments, node.keywords[:i] + node.keywords[i + 1 :])


def display(node: ast.List, _: Sequence[str]) -> Iterator[Change]:
    """An element dropped, two neighbours exchanged."""
    if isinstance(node.ctx, ast.Load):
        for i in range(len(node.elts)):
            yield "element", ast.List(node.elts[:i] + node.elts[i + 1 :], node.ctx)
        for i, (one, other) in enumerate(pairwise(node.elts)):
            yield "element", ast.List([*node.elts[:i], other, one, *node.elts[i + 2 :]], node.ctx)


def entries(node: ast.Dict, _: Sequence[str]) -> Iterator[Change]:
    for i in range(len(node.keys)):
        yield "element", ast.Dict(node.keys[:i] + node.keys[i + 1 :], node.values[:i] + node.values[i + 1 :])


def attribute(node: ast.Attribute, _: Sequence[str]) -> Iterator[Change]:
    if node.attr in ATTRIBUTES:
        yield "attribute", ast.Attribute(node.value, ATTRIBUTES[node.attr], node.ctx)


def variable(node: ast.Name, names: Sequence[str]) -> Iterator[Change]:
    """Another variable of the function, the one that is bound just before it; another built-in function."""
    if not isinstance(node.ctx, ast.Load):
        return
    if node.id in names and len(names) > 1:
        yield "variable", ast.Name(names[names.index(node.id) - 1], node.ctx)
    if node.id in FUNCTIONS:
        yield "function", ast.Name(FUNCTIONS[node.id], node.ctx)


def deletion(node: ast.stmt, _: Sequence[str]) -> Iterator[Change]:
    yield "deletion", ast.Pass()


def _number(value: int | float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


OPERATORS: dict[type[ast.AST], tuple[Callable[..., Iterator[Change]], ...]] = {
    ast.BinOp: (arithmetic,),
    ast.UnaryOp: (sign,),
    ast.AugAssign: (augmented, deletion),
    ast.Compare: (comparison,),
    ast.Constant: (constant,),
    ast.IfExp: (choice,),
    ast.Call: (call,),
    ast.List: (display,),
    ast.Dict: (entries,),
    ast.Attribute: (attribute,),
    ast.Name: (variable,),
    ast.For: (deletion,),
    ast.While: (deletion,),
    ast.If: (deletion,),
    ast.Assign: (deletion,),
    ast.Expr: (deletion,),
    ast.Return: (deletion,),
    ast.Raise: (deletion,),
}
