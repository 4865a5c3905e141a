"""What the tests in test_public.py expect, and what they say when they fail. Leave this file as it is.

Numbers are compared as in grading: a derivative is right within 1e-9 of the sum over all paths of absolute products.
A test goes on after a wrong answer: it reports the first wrong answer of each kind.
"""

import ast
import collections
import ctypes
import inspect
import linecache
import math
import textwrap
import threading
import time
import traceback

import numpy as np

from public_criteria import CRITERIA

SECONDS = 2
THROWS = 5
MISSING = object()
Failure = collections.namedtuple("Failure", "kinds expected got")
Within = collections.namedtuple("Within", "value scale")


class Unexpected(Exception):
    """Raised by a check: what was expected, and what came back."""


class TooLong(BaseException):
    """Raised inside a test that takes too long. No Exception, so that `except Exception` does not stop it."""


# ---- running a test ----


class Case:
    """How one test ended: the kinds of things that were asked, the wrong answers, and what was raised, if anything."""

    def __init__(self, test):
        self.test, self.asked, self.failures, self.error, self.line = test, set(), [], None, 0

    def unwritten(self):
        """Return the name of the function that is not written yet, if one ended the test."""
        if not isinstance(self.error, NotImplementedError):
            return ""
        frames = frames_of(self.error)
        return frames[-1][0].f_code.co_name if frames else "a function"

    def text(self):
        """Return what a student reads: what was called, what was expected, what came back, and a hint."""
        if self.unwritten() and not self.failures:
            return f"not written yet: {self.unwritten()}"
        parts = [self.called() + "\n"]
        for failure in self.failures:
            parts.append(f"expected {failure.expected}\n     got {failure.got}")
            for entry in self.criteria(failure.kinds)[:1]:
                parts.append(f"  asked: {entry['says']}\n  hint:  {entry['hint']}")
        if self.error is not None:
            parts.append(f"expected an answer\n     got {said(self.error)}")
            parts += [f"         in {place}" for place in places(self.error)]
        if self.reason():
            parts.append(f"  cause: {self.reason()}")
        return "\n".join(parts)

    def called(self):
        """Return the lines of the test that were run, without what they expect."""
        lines, first = inspect.getsourcelines(self.test)
        source = textwrap.dedent("".join(lines))
        shown = []
        for part in ast.parse(source).body[0].body:
            is_call = isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)
            name = getattr(part.value.func, "id", "") if is_call else ""
            is_text = isinstance(part, ast.Expr) and not is_call
            is_order = name in ("expect_order", "expect_refused")
            if self.error is not None and first + part.lineno - 1 > self.line:
                break
            if not is_text and not name.startswith("expect"):
                shown.append(ast.get_source_segment(source, part))
            elif is_order:
                shown.append(f"topological_order({ast.get_source_segment(source, part.value.args[0])})")
        return "\n".join(shown)

    def criteria(self, kinds):
        """Return the criteria that ask for these kinds of things in this test."""
        its = [entry for entry in CRITERIA if self.test.__name__ in entry["tests"]]
        return [entry for entry in its if set(kinds) & set(entry["kinds"])]

    def reason(self):
        """Return a sentence on names that hide each other, as after `from math import *`; "" if there are none."""
        if not self.failures and self.error is None:
            return ""
        frames = [frame for frame, _ in frames_of(self.error)] if self.error is not None else []
        for outer, inner in zip(frames, frames[1:]):
            if outer.f_code is inner.f_code and hasattr(math, outer.f_code.co_name):
                return CALLS_ITSELF.format(name=outer.f_code.co_name)
        for name in self.test.__code__.co_names:
            found = self.test.__globals__.get(name)
            for module in (math, np):
                if found is not None and found is getattr(module, name, None):
                    return REPLACED.format(name=name, module=module.__name__)
        if isinstance(self.error, NameError) and not frames:
            return "autodiff.py defines no function of this name. Did you rename or delete it?"
        return ""


CALLS_ITSELF = """\
`{name}` calls itself. In autodiff.py the name `{name}` means your own function, even after
         `from math import *`. Write `import math` at the top of the file, and `math.{name}(...)`
         inside your function."""
REPLACED = """\
`{name}` in autodiff.py is the function of {module}, not yours. An import below your function
         replaced it, such as `from {module} import *`. Write `import {module}` at the top of the
         file instead, and `{module}.{name}(...)` inside your function."""
case = Case(None)


def run_case(test):
    """Run one test, and return how it ended."""
    global case
    case = this = Case(test)
    try:
        within_seconds(test)
    except Exception as error:  # whatever the student's functions raise
        this.error = error
        lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code is test.__code__]
        this.line = lines[-1] if lines else 0
    return this


def give_up(test):
    """Do what is left to do about a test that nothing ends. conftest.py puts a function here that ends pytest."""


def within_seconds(test):
    """Call a test; raise TimeoutError if it takes too long. A thread watches it, for Windows has no alarm signal."""
    this, lock, ended = threading.get_ident(), threading.Lock(), threading.Event()

    def throw(what):
        thrown = ctypes.py_object(what) if what else None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(this), thrown)

    def watch():
        cpu, clock, pause, thrown = time.process_time(), time.monotonic(), 0.1, 0
        while not ended.wait(pause):  # a busy computer is no endless loop: so CPU time counts, up to a point
            if time.process_time() - cpu > SECONDS or time.monotonic() - clock > 10 * SECONDS:
                pause, thrown = 0.5, thrown + 1  # again and again, for a bare `except:` may catch it
                if thrown > THROWS:
                    give_up(test)
                with lock:
                    if not ended.is_set():
                        throw(TooLong)

    threading.Thread(target=watch, daemon=True).start()
    try:
        try:
            test()
        finally:
            with lock:
                ended.set()
                throw(None)
    except TooLong as stopped:
        ended.set()
        words = f"no answer within {SECONDS} seconds: an endless loop, or the same work done again for every path?"
        raise TimeoutError(words).with_traceback(stopped.__traceback__) from None


def frames_of(error):
    """Return the frames of the student's own functions that an error went through, each with its line."""
    ours = ("test_", "expect", "run_", "within_", "ask", "check_")
    names = ("autodiff", "__main__")  # a notebook's functions are those of __main__
    found = [pair for pair in traceback.walk_tb(error.__traceback__) if pair[0].f_globals.get("__name__") in names]
    begun = [i for i, (frame, _) in enumerate(found) if frame.f_code.co_name.startswith(ours)]
    return found[begun[-1] + 1 if begun else 0 :]


def places(error):
    """Return where in the student's functions an error was raised: the last lines that led there."""
    shown = []
    for frame, line in frames_of(error)[-3:]:
        code = frame.f_code
        file = "autodiff.py" if code.co_filename.endswith("autodiff.py") else "its cell"
        shown.append(f"{code.co_name}, line {line} of {file}: {linecache.getline(code.co_filename, line).strip()}")
    return shown


def said(error):
    """Return an error's type and text."""
    return str(error) if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"


# ---- what the tests call ----


def graph(links):
    """Return the nodes of a graph, in the order in which `links` names them: "A->B" makes A an operand of B."""
    new = inspect.currentframe().f_back.f_globals["Node"]
    pairs = [link.split("->") for link in links.split(", ")]
    nodes = {name: None for pair in pairs for name in pair}
    for number, name in enumerate(nodes):
        nodes[name] = new(number + 0.5, (), "sin" if name in [child for _, child in pairs] else "input")
    for name, node in nodes.items():
        node.parent_nodes = [nodes[parent] for parent, child in pairs if child == name]
        node.grad_wrt_parents = [1.5 for _ in node.parent_nodes]
        node.child_nodes = [nodes[child] for parent, child in pairs if parent == name]
    return list(nodes.values())


def within(value, scale):
    """Return an expected number with its scale: near 0, where paths cancel, 1e-9 of the scale is close enough."""
    return Within(value, scale)


def expect_node(name, got, **asked):
    """Expect a node with this value, operator, operands, partials or children."""
    if not hasattr(got, "value"):
        case.asked.update(asked)
        missing = ": is a `return` missing?" if got is None else ""
        case.failures.append(Failure(tuple(asked), f"{name} to be a Node", show(got) + missing))
        return
    for kind, expected in asked.items():
        attribute, check = FIELDS[kind]
        ask(kind, check, f"{name}.{attribute}", expected, getattr(got, attribute, MISSING))


def expect_input(name, got, **asked):
    """Expect a node that was made by no operator."""
    expect_node(name, got, operator="input", operands=[], partials=[], **asked)


def expect_derivatives(**expected):
    """Expect these numbers in `partial_derivative` of the nodes of these names."""
    for name, value in expected.items():
        got = getattr(test_frame().f_locals[name], "partial_derivative", MISSING)
        ask("derivative", check_number, f"{name}.partial_derivative", value, got)


def expect_adjoints(**expected):
    """Expect these numbers in `adjoint` of the nodes of these names."""
    for name, value in expected.items():
        ask("adjoint", check_number, f"{name}.adjoint", value, getattr(test_frame().f_locals[name], "adjoint", MISSING))


def expect_children(**expected):
    """Expect these nodes in `child_nodes` of the nodes of these names."""
    for name, children in expected.items():
        expect_node(name, test_frame().f_locals[name], children=children)


def expect_order(root, links=None):
    """Expect an order of the nodes that these links lead to from root; by default, those that `child_nodes` lead to."""
    if links is None:
        links, seen, todo = [], [], [root]
        while todo:
            seen.append(todo.pop())
            links += [(seen[-1], child) for child in seen[-1].child_nodes]
            todo += [child for child in seen[-1].child_nodes if not any(child is other for other in seen + todo)]
    ask("order", check_order, root, links, test_frame().f_globals["topological_order"](root))


def expect_refused(root):
    """Expect topological_order(root) to raise ValueError."""
    case.asked.add("order")
    try:
        order = test_frame().f_globals["topological_order"](root)
        order = list(order) if is_sequence(order) else order
    except ValueError:
        return
    got = f"topological_order({show(root)}) = {show(order)}"
    case.failures.append(Failure(("order",), "a ValueError, because the graph has a cycle", got))


# ---- comparing ----


def ask(kind, check, *given):
    """Note a wrong answer, unless one of its kind is known already."""
    case.asked.add(kind)
    if not any(kind in failure.kinds for failure in case.failures):
        try:
            check(*given)
        except Unexpected as unexpected:
            case.failures.append(Failure((kind,), *unexpected.args))


def is_number(thing):
    """Return whether a thing counts as a number: an int, a float or a NumPy number, but no bool."""
    thing = thing[()] if type(thing) is np.ndarray else thing  # an array without axes is a number
    return isinstance(thing, (int, float, np.integer, np.floating)) and thing is not True and thing is not False


def check_number(what, expected, got):
    """Raise unless `got` is a number close to `expected`. For a list, an array of as many numbers is right, too."""
    expected, scale = expected if isinstance(expected, Within) else (expected, expected)
    shape, scale = np.shape(expected), np.abs(scale)
    entries = got.tolist() if type(got) is np.ndarray and got.shape == shape != () else [got]
    if not all(is_number(entry) for entry in entries):
        one = "a number: int, float or NumPy number, in no list or array"
        many = "an array of as many numbers, or one number"
        raise Unexpected(f"{what} = {show(expected)}, {many if shape else one}", f"{what} = {show(got)}")
    right = np.abs(np.asarray(got, dtype=float) - expected) <= 1e-9 * scale
    if not np.all(right):
        index = int(np.argmin(right)) if shape else 0
        entry = f"[{index}]" if shape else ""
        numbers = [np.broadcast_to(np.asarray(side, dtype=float), shape or (1,))[index] for side in (expected, got)]
        raise Unexpected(*(f"{what}{entry} = {show(number)}" for number in numbers))


def check_numbers(what, expected, got):
    """Raise unless `got` is a list of numbers close to these."""
    if not isinstance(got, (list, tuple)) or len(got) != len(expected):
        wanted = f"{what} = {show(expected)}, a list or tuple with one number for each operand"
        raise Unexpected(wanted, f"{what} = {show(got)}")
    for place, number in enumerate(expected):
        check_number(f"{what}[{place}]", number, got[place])


def check_text(what, expected, got):
    """Raise unless `got` is this text."""
    if not isinstance(got, str) or got != expected:
        raise Unexpected(f"{what} = {expected!r}, a text", f"{what} = {show(got)}")


def check_operands(what, expected, got):
    """Raise unless `got` is a list of these very nodes, in this order."""
    if not isinstance(got, (list, tuple)):
        raise Unexpected(f"{what} = {show(expected)}, a list or tuple", f"{what} = {show(got)}")
    if [id(node) for node in got] != [id(node) for node in expected]:
        strange = {id(node) for node in got} - {id(node) for node in expected}
        others = ", where <...> is none of the nodes that were given" if strange else ""
        raise Unexpected(f"{what} = {show(expected)}", f"{what} = {show(got)}{others}")


def check_children(what, expected, got):
    """Raise unless `got` is a list of these very nodes in any order, each once or as often as here."""
    if not isinstance(got, (list, tuple)):
        raise Unexpected(f"{what} = {show(expected)}, a list or tuple", f"{what} = {show(got)}")
    found, wanted = [id(node) for node in got], [id(node) for node in expected]
    if set(found) != set(wanted) or [node for node in wanted if found.count(node) not in (1, wanted.count(node))]:
        once = ", or each but once" if len(set(wanted)) < len(wanted) else ""
        raise Unexpected(f"{what} = {show(expected)}{once}", f"{what} = {show(got)}")


def is_sequence(thing):
    """Return whether a thing counts as an order: a list, a tuple or an iterator, but no set, which has no order."""
    return hasattr(thing, "__iter__") and not isinstance(thing, (set, frozenset))


def check_order(root, links, order):
    """Raise unless `order` begins with root, holds exactly what `links` lead to, and in each link the parent first."""
    called = f"topological_order({show(root)})"
    if not is_sequence(order):
        missing = ": is a `return` missing?" if order is None else ""
        wanted = f"{called} to be a list, tuple or iterator that begins with {show(root)}"
        raise Unexpected(wanted, f"{called} = {show(order)}{missing}")
    order = list(order)
    place = {id(node): i for i, node in enumerate(order)}
    reached = {id(node): node for node in [root, *(node for link in links for node in link)]}
    got = f"{called} = {show(order)}"
    if not order or order[0] is not root:
        raise Unexpected(f"{show(root)} to come first", got)
    for node in reached.values():
        if id(node) not in place:
            raise Unexpected(f"{show(node)} in the order, for {show(root)} leads to it along child_nodes", got)
    for i, node in enumerate(order):
        if id(node) not in reached:
            raise Unexpected(f"nothing in the order that {show(root)} does not lead to", got)
        if place[id(node)] != i:
            raise Unexpected(f"{show(node)} in the order once", got)
    for parent, child in links:
        if place[id(parent)] > place[id(child)]:
            raise Unexpected(f"{show(parent)} before {show(child)}, which is made from it", got)


FIELDS = {
    "value": ("value", check_number),
    "operator": ("operator", check_text),
    "operands": ("parent_nodes", check_operands),
    "partials": ("grad_wrt_parents", check_numbers),
    "children": ("child_nodes", check_children),
}


# ---- showing ----


def test_frame():
    """Return the frame of the test that is running."""
    frame = inspect.currentframe()
    while frame.f_code is not case.test.__code__:
        frame = frame.f_back
    return frame


test_frame.__test__ = False  # for pytest: no test


def show(thing):
    """Return a node's name in the test, or else its operator and value; lists, numbers and texts; or else a type."""
    if thing is MISSING:
        return "nothing: the node has no such attribute"
    if isinstance(thing, (list, tuple)):
        more = [f"... {len(thing) - 20} more"] if len(thing) > 20 else []
        return f"[{', '.join([*map(show, thing[:20]), *more])}]"
    frame = test_frame()
    if isinstance(thing, frame.f_globals["Node"]):
        names = [name for name, node in frame.f_locals.items() if node is thing]
        return names[0] if names else f"<{thing.operator} {show(thing.value)}>"
    if isinstance(thing, np.ndarray) and thing.shape:
        return np.array_repr(thing, precision=6)
    if is_number(thing):
        thing = thing[()] if isinstance(thing, np.ndarray) else thing
        return repr(float(f"{float(thing):.12g}")) if isinstance(thing, (float, np.floating)) else str(int(thing))
    return repr(thing) if thing is None or isinstance(thing, str) else f"a {type(thing).__name__}"
