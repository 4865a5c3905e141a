"""Make mutants: copies of the reference, each with one small change in a solution region.

mutmut and cosmic-ray mutate a package and run its test command for each mutant; ours must go through the sandbox as bytes,
know their function and be known again after an edit elsewhere, and for that Python's own `ast` was the shorter way.
"""

import ast
import difflib
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import dedent

from grader.audit.mutation_operators import replacements
from grader.model import KitFault
from grader.release.starter import BEGIN, END


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed reference. `function`, `was` and `becomes`, its lines without comments, identify it independent of line numbers."""

    id: str
    operator: str
    function: str
    was: str
    becomes: str
    source: bytes
    diff: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.was, self.becomes


@dataclass(frozen=True, slots=True)
class Slot:
    """A node of the tree, and where in its parent it hangs; `index` is None unless the field is a list."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants_of(reference: bytes) -> list[Mutant]:
    """Return all mutants, by their places; of those that are the same code one."""
    text = _Text(reference.decode("utf-8"))
    inside, found = solution_lines(text.source), []
    for name, part in definitions(ast.parse(text.source)).items():
        names, seen, ids = _variables(part), {ast.dump(part)}, dict[str, int]()
        for slot in _slots(part, inside):
            for operator, new in replacements(slot.node, slot.field, slot.parent, names):
                slot.put(new)
                dump = ast.dump(part)
                slot.put(slot.node)
                if dump not in seen:
                    seen.add(dump)
                    place = _numbered(f"{_place(slot.node)}:{operator}", ids)
                    found.append(Mutant(place, operator, name, *text.changed(part, slot.node, new, dump)))
    return sorted(found, key=lambda mutant: [int(number) for number in mutant.id.split(":")[:2]])


def solution_lines(source: str) -> set[int]:
    """Return the line numbers of the solution regions."""
    lines, inside = set(), False
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        elif inside:
            lines.add(number)
    return lines


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return what the module defines at its top, by name."""
    found: dict[str, ast.stmt] = {}
    for part in tree.body:
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            found[part.name] = part
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            found[part.targets[0].id] = part
    return found


def steps_by_function(reference: bytes, functions: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return the steps that each definition of the reference belongs to; `functions` are those of each step.

    What the rubric names belongs to the steps that name it, and to no caller's. A helper belongs to all steps of those who
    use it, directly or through another helper.
    """
    parts = definitions(ast.parse(reference))
    uses = {name: {n.id for n in ast.walk(part) if isinstance(n, ast.Name)} & set(parts) - {name} for name, part in parts.items()}
    steps = {name: frozenset(step for step, named in functions.items() if name in named) for name in parts}
    named = {name for name, own in steps.items() if own}
    for _ in parts:  # as often as a chain of helpers can be long
        for user, used in uses.items():
            for name in used - named:
                steps[name] |= steps[user]
    return steps


# ---- one mutant -----------------------------------------------------------------


class _Text:
    """The text of the reference, in which a node's text can be replaced while all else keeps its form."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.encode().splitlines()
        self._code = list(self._lines)  # without comments
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                self._code[row - 1] = token.line[:column].encode()

    def changed(self, part: ast.stmt, node: ast.AST, new: ast.AST, wanted: str) -> tuple[str, str, bytes, tuple[str, ...]]:
        """Return the code that was, the code that it becomes, the new source and the diff.

        `part` is the definition that holds the node; afterwards it has the dump `wanted`.
        """
        assert isinstance(node, ast.expr | ast.stmt)
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        text = ast.unparse(ast.fix_missing_locations(new))
        for form in (text, f"({text})"):
            mutated = [*self._lines[:first], _replaced(self._lines, node, form), *self._lines[last + 1 :]]
            if _dump(mutated[part.lineno - 1 : (part.end_lineno or 0) - (last - first)]) == wanted:
                was = dedent(b"\n".join(line.rstrip() for line in self._code[first : last + 1]).decode())
                becomes = _replaced(self._code, node, form).decode().strip()
                diff = difflib.unified_diff(_decoded(self._lines), _decoded(mutated), n=0, lineterm="")
                return was, becomes, b"\n".join(mutated) + b"\n", tuple(diff)[2:]
        raise KitFault(f"reference/autodiff.py:{node.lineno}: a mutant can't be written here: {text}")


def _replaced(lines: list[bytes], node: ast.expr | ast.stmt, text: str) -> bytes:
    """Return the line that replaces the node's."""
    return lines[node.lineno - 1][: node.col_offset] + text.encode() + lines[(node.end_lineno or 0) - 1][node.end_col_offset :]


def _dump(lines: list[bytes]) -> str:
    try:
        return ast.dump(ast.parse(b"\n".join(lines)).body[0])
    except SyntaxError:
        return ""


def _decoded(lines: list[bytes]) -> list[str]:
    return [line.decode() for line in lines]


def _place(node: ast.AST) -> str:
    assert isinstance(node, ast.expr | ast.stmt)
    return f"{node.lineno}:{node.col_offset + 1}"


def _numbered(place: str, ids: dict[str, int]) -> str:
    ids[place] = ids.get(place, 0) + 1
    return place if ids[place] == 1 else f"{place}-{ids[place]}"


def _slots(part: ast.AST, inside: set[int]) -> Iterator[Slot]:
    """Yield every expression and statement of a definition inside a solution region, without docstrings."""
    for parent in ast.walk(part):
        for field, value in ast.iter_fields(parent):
            for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
                if isinstance(node, ast.expr | ast.stmt) and node.lineno in inside and not _is_docstring(node, parent):
                    yield Slot(node, parent, field, index)


def _is_docstring(node: ast.AST, parent: ast.AST) -> bool:
    return isinstance(node.value if isinstance(node, ast.Expr) else node, ast.Constant) and isinstance(
        parent, ast.Expr | ast.FunctionDef | ast.ClassDef
    )


def _variables(part: ast.AST) -> list[str]:
    """Return the parameters and variables of a definition, in source order."""
    found = [(node.lineno, node.col_offset, node.arg) for node in ast.walk(part) if isinstance(node, ast.arg)]
    found += [(n.lineno, n.col_offset, n.id) for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))
