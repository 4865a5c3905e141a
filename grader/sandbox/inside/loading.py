"""Runs inside the sandbox: loads a submission into a new module, statement by statement, as often as there are questions.

A statement that raises costs only what it would have bound. The first load measures each statement. Later loads skip examples:
statements that took long, one alone or many together, and bound nothing that the rest of the program needs.
"""

import ast
import dis
import sys
import types
from time import perf_counter

from notebook_cells import DEFINITIONS, Unreadable
from snapshot import FILE, raised

SLOW = 0.01  # seconds of all examples together, from which they are worth skipping
BRIEF = SLOW / 100  # seconds up to which a statement always runs again: it may be a setting, such as a recursion limit
LISTED = 10  # statements that raised, and lines, that a reply lists
MISSING = object()


class Program:
    """A submission's compiled statements, to be loaded again and again.

    `skipped` holds the numbers of the statements that are skipped: those that the first load of another process found, to begin
    with. After the first load `raised` lists the exceptions that it met, and `saved_seconds` is the time that later loads save.
    `is_whole` says whether the last load skipped nothing.
    """

    def __init__(self, parts, streams, skipped):
        self.raised, self.saved_seconds = [], 0.0
        self.skipped = frozenset(skipped)
        self.is_whole = not skipped
        self._parts, self._streams = list(enumerate(parts)), streams

    def first_load(self):
        """Load everything that is not skipped, measured; return the module."""
        module, timed = self._new_module(), {}
        names = vars(module)
        for number, part in self._parts:
            if isinstance(part, Unreadable):
                self.raised.append(part.raised)
                continue
            if number in self.skipped:
                continue
            before, begun = dict(names), perf_counter()
            try:
                exec(part.code, names)
            except BaseException as error:  # whatever a submission raises, SystemExit too
                self.raised.append({**raised(error), "statement": statement_line(error) or part.line})
            seconds = perf_counter() - begun
            if seconds > BRIEF:
                changed = {name for name in {*before, *names} if names.get(name, MISSING) is not before.get(name, MISSING)}
                timed[number] = part, seconds, changed
        self._parts = [(number, part) for number, part in self._parts if not isinstance(part, Unreadable)]
        if sum(seconds for _, seconds, _ in timed.values()) > SLOW:
            self._skip(timed, names)
        for _, part in self._parts:
            part.tree = None
        return module

    def load(self, whole=False):
        """Return a new module that is loaded again, with every statement if it must be `whole`."""
        module = self._new_module()
        names = vars(module)
        skipped = () if whole else self.skipped
        self.is_whole = not skipped
        for number, part in self._parts:
            if number not in skipped:
                try:  # noqa: SIM105  contextlib.suppress would cost more than most statements
                    exec(part.code, names)
                except BaseException:  # as at the first load
                    pass
        return module

    def _new_module(self):
        self._streams.restore()
        sys.setrecursionlimit(1000)
        module = types.ModuleType("autodiff")
        module.__file__ = FILE
        sys.modules["autodiff"] = module
        return module

    def _skip(self, timed, names):
        needed = needed_names([part.code for _, part in self._parts])
        saved = {number: seconds for number, (part, seconds, changed) in timed.items() if is_example(part, changed, needed, names)}
        if sum(saved.values()) > SLOW:
            self.skipped |= saved.keys()
            self.saved_seconds = sum(saved.values())


def statement_line(error):
    """Return the line of the submission at which loading met an exception, or None."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != FILE:
        trace = trace.tb_next
    return trace.tb_lineno if trace else None


# ---- what an example is -------------------------------------------------------


def is_example(part, changed, needed, names):
    """Return whether a program works the same without a statement, judged by its code and its first run.

    `changed` are the names that it bound or deleted, `needed` those that other code reads, `names` the module's.
    """
    if isinstance(part.tree, DEFINITIONS) or changed & needed:
        return False
    if any(callable(names.get(name)) or isinstance(names.get(name), types.ModuleType) for name in changed):
        return False  # a function may be asked for although no other code reads it
    if any(base is None or base in needed for base in stored_bases(part.tree)):
        return False
    read, _ = names_of(part.code)
    return not any(is_container(names.get(name)) for name in read & needed)


def needed_names(codes):
    """Return the names that functions and classes read, and those that statements read which bind such names."""
    reads_and_binds = [names_of(code) for code in codes]
    needed = set().union(*(names_of(inner)[0] for code in codes for inner in inner_codes(code)))
    while True:
        more = set().union(*(reads for reads, binds in reads_and_binds if binds & needed)) - needed
        if not more:
            return needed
        needed |= more


def inner_codes(code):
    """Yield the codes of the functions and classes in a code."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from inner_codes(constant)


def names_of(code):
    """Return the global names that a code reads, and those that it binds or deletes."""
    reads, binds = set(), set()
    for instruction in dis.get_instructions(code):
        kind, _, where = instruction.opname.partition("_")
        if kind in ("LOAD", "STORE", "DELETE") and ("GLOBAL" in where or where == "NAME"):
            (reads if kind == "LOAD" else binds).add(instruction.argval)
    return reads, binds


def stored_bases(tree):
    """For each attribute or item that is stored, yield its variable: `x` for `x.a[0] = 1`. Yield None if there is none."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            base = node.value
            while isinstance(base, (ast.Attribute, ast.Subscript)):
                base = base.value
            yield base.id if isinstance(base, ast.Name) else None


def is_container(value):
    """Return whether a statement can fill a value without binding a name."""
    return isinstance(value, set) or hasattr(type(value), "__setitem__")
