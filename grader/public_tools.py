"""What the tests that a student runs are made of, besides the cases: texts that stand in test_public.py and in the notebook.

They ask of numbers, lists and orders what grading asks (`sandbox/reading.py`, `compare/views.py`), and say what was asked and what came.
"""

HEAD = '''"""The public cases, as tests that you can read and run. Written by the course's tools: edit autodiff.py, not this file.

Values are compared as in grading: a derivative is right within 1e-9 of the sum over all paths of absolute products.
"""

from autodiff import *

import inspect
import signal
import textwrap

import numpy as np
import pytest

SECONDS = 2


@pytest.fixture(autouse=True)
def time_limit():
    """End a test that takes too long, where the system can do that."""

    def stop(_, frame):
        while frame and not frame.f_code.co_name.startswith("test_"):
            frame = frame.f_back
        if frame:  # or else pytest is telling of a test that has ended already
            raise TimeoutError(f"no answer within {SECONDS} seconds: a loop that never ends, or the same work done again for every path?")

    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(SECONDS)
    yield
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
'''

FAIL = '''
def frame_of_test():
    """Return the frame of the test that is running."""
    frame = inspect.currentframe()
    while not frame.f_code.co_name.startswith("test_"):
        frame = frame.f_back
    return frame


def fail(expected, got):
    """Fail, showing the lines of the test up to here: what was called, what was expected, and what came back."""
    frame = frame_of_test()
    lines, first = inspect.getsourcelines(frame.f_code)
    called = [line for line in lines[2 : frame.f_lineno - first] if not line.strip().startswith("expect")]
    pytest.fail(f"{textwrap.dedent(''.join(called))}\\nexpected {expected}\\n     got {got}", pytrace=False)
'''

EXPECT = '''
def is_number(thing):
    """Return whether a thing counts as a number: an int, a float or a NumPy number, but no bool."""
    thing = thing[()] if type(thing) is np.ndarray else thing  # an array without axes is a number
    return isinstance(thing, int | float | np.integer | np.floating) and thing is not True and thing is not False


def expect(what, expected, got, scale=None):
    """Fail unless `got` is a number close to `expected`; where that is an array, an array of as many numbers will do, too."""
    scale, shape = np.abs(expected if scale is None else scale), np.shape(expected)
    numbers = got.tolist() if type(got) is np.ndarray and got.shape == shape != () else [got]
    if False in map(is_number, numbers):
        kind = "an array of as many numbers, or one number" if shape else "a number: int, float or NumPy number, in no list or array"
        fail(f"{what} = {expected}, {kind}", f"{what} = {show(got)}")
    if not np.all(np.abs(np.asarray(got, dtype=float) - expected) <= 1e-9 * scale):
        fail(f"{what} = {expected}", f"{what} = {show(got)}")


def expect_numbers(what, expected, got):
    """Fail unless `got` is a list of numbers close to these."""
    if not isinstance(got, list | tuple) or len(got) != len(expected):
        fail(f"{what} = {show(expected)}, a list or tuple with one number for each operand", f"{what} = {show(got)}")
    for k, number in enumerate(expected):
        expect(f"{what}[{k}]", number, got[k])


def expect_text(what, expected, got):
    """Fail unless `got` is this text."""
    if not isinstance(got, str) or got != expected:
        fail(f"{what} = {expected!r}, a text", f"{what} = {show(got)}")


def expect_node(name, got):
    """Fail unless an operator returned a node."""
    if not hasattr(got, "value"):
        fail(f"{name} to be a Node", f"{show(got)}: is a `return` missing?" if got is None else show(got))


def expect_nodes(what, expected, got):
    """Fail unless `got` is a list of these very nodes, in this order."""
    if not isinstance(got, list | tuple):
        fail(f"{what} = {show(expected)}, a list or tuple", f"{what} = {show(got)}")
    if list(map(id, got)) != list(map(id, expected)):
        others = ", where <...> is none of the nodes that were given" if set(map(id, got)) - set(map(id, expected)) else ""
        fail(f"{what} = {show(expected)}", f"{what} = {show(got)}{others}")


def expect_children(what, expected, got):
    """Fail unless `got` is a list of these very nodes in any order, each once or as often as here."""
    if not isinstance(got, list | tuple):
        fail(f"{what} = {show(expected)}, a list or tuple", f"{what} = {show(got)}")
    found, wanted = list(map(id, got)), list(map(id, expected))
    if set(found) != set(wanted) or [node for node in wanted if found.count(node) not in (1, wanted.count(node))]:
        once = ", or each but once" if len(set(wanted)) < len(wanted) else ""
        fail(f"{what} = {show(expected)}{once}", f"{what} = {show(got)}")


def is_sequence(thing):
    """Return whether a thing counts as an order: a list, a tuple or an iterator, but no set, which has no order."""
    return hasattr(thing, "__iter__") and not isinstance(thing, set | frozenset)


def expect_order(root, links):
    """Fail unless topological_order(root) holds root first, exactly what `links` lead to, and in each link the parent first."""
    order = topological_order(root)
    called = f"topological_order({show(root)})"
    if not is_sequence(order):
        missing = ": is a `return` missing?" if order is None else ""
        fail(f"{called} to be a list, tuple or iterator that begins with {show(root)}", f"{called} = {show(order)}{missing}")
    order = list(order)
    place = {id(node): i for i, node in enumerate(order)}
    reached = {id(node): node for node in [root, *(node for link in links for node in link)]}
    told = f"{called} = {show(order)}"
    if not order or order[0] is not root:
        fail(f"{show(root)} to come first", told)
    for node in reached.values():
        if id(node) not in place:
            fail(f"{show(node)} in the order, for {show(root)} leads to it along child_nodes", told)
    for i, node in enumerate(order):
        if id(node) not in reached:
            fail(f"nothing in the order that {show(root)} does not lead to", told)
        if place[id(node)] != i:
            fail(f"{show(node)} in the order once", told)
    for parent, child in links:
        if place[id(parent)] > place[id(child)]:
            fail(f"{show(parent)} before {show(child)}, which is made from it", told)


def expect_refused(root):
    """Fail unless topological_order(root) raises ValueError."""
    try:
        order = topological_order(root)
        order = list(order) if is_sequence(order) else order
    except ValueError:
        return
    fail("a ValueError, because the graph has a cycle", f"topological_order({show(root)}) = {show(order)}")


def show(thing):
    """Return a node by its name in the test, or else by operator and value; lists, numbers and texts; and of other things their type."""
    if isinstance(thing, list | tuple):
        more = [f"... {len(thing) - 20} more"] if len(thing) > 20 else []
        return f"[{', '.join([*map(show, thing[:20]), *more])}]"
    if isinstance(thing, Node):
        names = [name for name, node in frame_of_test().f_locals.items() if node is thing]
        return names[0] if names else f"<{thing.operator} {show(thing.value)}>"
    if thing is None or isinstance(thing, str | np.ndarray) or is_number(thing):
        return repr(thing)
    return f"a {type(thing).__name__}"
'''
