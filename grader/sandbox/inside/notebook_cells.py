"""Runs inside the sandbox: parses a submission and compiles each of its top-level statements by itself.

A Python file is one text. A notebook is its code cells, each ended by a NUL, which no Python source holds: a cell that Python
can't read costs its own names and no other cell's. A cell that is not Python as it is written is read once more without IPython's
magics and shell lines. Line numbers count through all cells, as in one file.
"""

import __future__

import ast
import re

from snapshot import clip, raised

END = b"\0"
ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
RUNS_PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics around Python; the text under any other is not Python
IPYTHON = re.compile(rb"^([ \t]*)([%!?].*|[\w., \t]+=[ \t]*[%!].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names if name != "nested_scopes")
LATE_FUTURE = "from __future__ imports must occur at the beginning of the file"

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, getattr(ast, "TypeAlias", ast.ClassDef))
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
BLOCKS = (ast.If, ast.Try, getattr(ast, "TryStar", ast.Try), ast.With)


class Statement:
    """A top-level statement: its code, its first line, and its syntax tree until the first load is over."""

    def __init__(self, code, tree):
        self.code, self.tree, self.line = code, tree, tree.lineno


class Unreadable:
    """A cell, or a statement of one, that Python can't read; `raised` says why, in the form of an exception that was raised."""

    def __init__(self, error, first_line):
        line = getattr(error, "lineno", None) or first_line
        self.raised = {**raised(error), "message": problem(error), "line": line, "statement": line}


def problem(error):
    """Return in words why Python can't read a text."""
    return clip(getattr(error, "msg", error)) or type(error).__name__


def compiled(source, filename, definitions_only=False):
    """Return the statements of a submission in their order, and the lines of those that `definitions_only` leaves out.

    An Unreadable replaces each cell of a notebook that Python cannot parse. Raises one of ERRORS if the source is a file that
    Python can't read.
    """
    parts, omitted, flags, line = [], [], 0, 0
    is_file = END not in source
    for text in [source] if is_file else source.split(END)[:-1]:
        try:
            body = _parsed(text, filename, flags) if is_file else _parsed_cell(b"\n" * line, text, filename, flags)
        except ERRORS as error:
            if is_file:
                raise
            parts.append(Unreadable(error, line + 1))
            body = []
        if is_file:
            _refuse_late_future(body, filename)
        for statement in definitions(body, omitted) if definitions_only else body:
            if _is_constant(statement) and (parts or not is_file):
                continue  # it does nothing, and compiled by itself it would become the module's docstring
            try:
                code = compile(ast.Module([statement], []), filename, "exec", flags, dont_inherit=True)
            except ERRORS as error:
                if is_file:
                    raise
                parts.append(Unreadable(error, statement.lineno))
                continue
            flags |= code.co_flags & FUTURE_FLAGS
            parts.append(Statement(code, statement))
        line += text.count(b"\n") + 1
    return parts, omitted


def _parsed(source, filename, flags):
    return compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True).body


def _parsed_cell(above, cell, filename, flags):
    try:
        return _parsed(above + cell, filename, flags)
    except ERRORS:
        return _parsed(above + _python(cell), filename, flags)


def _refuse_late_future(body, filename):
    """Raise the SyntaxError with which Python refuses a file whose `from __future__` does not come first."""
    first = True
    for i, statement in enumerate(body):
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level
        if is_future and not first:
            raise SyntaxError(LATE_FUTURE, (filename, statement.lineno, statement.col_offset + 1, None))
        first = first and (is_future or (i == 0 and _is_constant(statement)))


def _is_constant(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _python(cell):
    """Return the cell with `pass` in place of what is IPython's and not Python's, line for line."""
    first = cell.split(maxsplit=1)[:1]
    if first and first[0].startswith(b"%%") and first[0].decode("utf-8", "replace") not in RUNS_PYTHON:
        return b""
    return IPYTHON.sub(rb"\1pass", cell)


# ---- definitions alone --------------------------------------------------------


def definitions(body, omitted):
    """Return the imports, definitions and assignments without calls, and the if, try and with blocks that hold such.

    The lines of the other statements are added to `omitted`.
    """
    return [kept for kept in (_definition(statement, omitted) for statement in body) if kept]


def _definition(statement, omitted):
    if isinstance(statement, DEFINITIONS) or (isinstance(statement, ASSIGNMENTS) and not _calls(statement)):
        return statement
    left_out = []
    if isinstance(statement, BLOCKS):
        handlers = getattr(statement, "handlers", [])
        parts = [(owner, name) for owner in (statement, *handlers) for name in ("body", "orelse", "finalbody") if hasattr(owner, name)]
        kept = [definitions(getattr(owner, name), left_out) for owner, name in parts]
        if any(kept):
            omitted += left_out
            for (owner, name), some in zip(parts, kept, strict=True):
                setattr(owner, name, some or [ast.copy_location(ast.Pass(), statement)] * bool(getattr(owner, name)))
            return statement
    if not (_is_constant(statement) or isinstance(statement, ast.Pass) or _is_main_block(statement)):
        omitted.append(statement.lineno)
    return None


def _calls(tree):
    """Return whether a statement calls something when it runs: the body of a lambda does not run then."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            return True
        todo += [node.args] if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node)
    return False


def _is_main_block(statement):
    """Return whether a statement is `if __name__ == "__main__":`, which does not run in a module."""
    test = statement.test if isinstance(statement, ast.If) else None
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
