"""The public cases, as tests that you can read and run. Written by the course's tools: edit autodiff.py, not this file.

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
    pytest.fail(f"{textwrap.dedent(''.join(called))}\nexpected {expected}\n     got {got}", pytrace=False)


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


# ---- Node creation ---------------------------------------------------------


def test_node_creation__values__add():
    """Each operator computes the right value. Case: x + y at x=1.3, y=0.7."""
    x = Node(1.3)
    y = Node(0.7)
    output = add(x, y)
    expect_node("output", output)
    expect("output.value", 2.0, output.value)


def test_node_creation__values__sub():
    """Each operator computes the right value. Case: x - y at x=0.6, y=2.2."""
    x = Node(0.6)
    y = Node(2.2)
    output = sub(x, y)
    expect_node("output", output)
    expect("output.value", -1.6, output.value)


def test_node_creation__values__mul():
    """Each operator computes the right value. Case: x * y at x=1.7, y=0.45."""
    x = Node(1.7)
    y = Node(0.45)
    output = mul(x, y)
    expect_node("output", output)
    expect("output.value", 0.765, output.value)


def test_node_creation__values__div():
    """Each operator computes the right value. Case: x / y at x=1.9, y=2.4."""
    x = Node(1.9)
    y = Node(2.4)
    output = div(x, y)
    expect_node("output", output)
    expect("output.value", 0.7916666666666666, output.value)


def test_node_creation__values__log():
    """Each operator computes the right value. Case: log(x) at x=2.3."""
    x = Node(2.3)
    output = log(x)
    expect_node("output", output)
    expect("output.value", 0.8329091229351039, output.value)


def test_node_creation__values__exp():
    """Each operator computes the right value. Case: exp(x) at x=0.35."""
    x = Node(0.35)
    output = exp(x)
    expect_node("output", output)
    expect("output.value", 1.4190675485932571, output.value)


def test_node_creation__values__sin():
    """Each operator computes the right value. Case: sin(x) at x=0.8."""
    x = Node(0.8)
    output = sin(x)
    expect_node("output", output)
    expect("output.value", 0.7173560908995228, output.value)


def test_node_creation__values__cos():
    """Each operator computes the right value. Case: cos(x) at x=2.1."""
    x = Node(2.1)
    output = cos(x)
    expect_node("output", output)
    expect("output.value", -0.5048461045998576, output.value)


def test_node_creation__values__x_plus_x():
    """Each operator computes the right value. Case: x + x at x=1.6."""
    x = Node(1.6)
    output = add(x, x)
    expect_node("output", output)
    expect("output.value", 3.2, output.value)


def test_node_creation__values__x_minus_x():
    """Each operator computes the right value. Case: x - x at x=2.7."""
    x = Node(2.7)
    output = sub(x, x)
    expect_node("output", output)
    expect("output.value", 0.0, output.value)


def test_node_creation__values__x_times_x():
    """Each operator computes the right value. Case: x * x at x=0.55."""
    x = Node(0.55)
    output = mul(x, x)
    expect_node("output", output)
    expect("output.value", 0.30250000000000005, output.value)


def test_node_creation__values__x_over_x():
    """Each operator computes the right value. Case: x / x at x=3.2."""
    x = Node(3.2)
    output = div(x, x)
    expect_node("output", output)
    expect("output.value", 1.0, output.value)


def test_node_creation__operator_names__add():
    """A node's operator is exactly the name of the function that made it. Case: x + y at x=1.3, y=0.7."""
    x = Node(1.3)
    y = Node(0.7)
    output = add(x, y)
    expect_text("x.operator", "input", x.operator)
    expect_text("y.operator", "input", y.operator)
    expect_node("output", output)
    expect_text("output.operator", "add", output.operator)


def test_node_creation__operator_names__sub():
    """A node's operator is exactly the name of the function that made it. Case: x - y at x=0.6, y=2.2."""
    x = Node(0.6)
    y = Node(2.2)
    output = sub(x, y)
    expect_text("x.operator", "input", x.operator)
    expect_text("y.operator", "input", y.operator)
    expect_node("output", output)
    expect_text("output.operator", "sub", output.operator)


def test_node_creation__operator_names__mul():
    """A node's operator is exactly the name of the function that made it. Case: x * y at x=1.7, y=0.45."""
    x = Node(1.7)
    y = Node(0.45)
    output = mul(x, y)
    expect_text("x.operator", "input", x.operator)
    expect_text("y.operator", "input", y.operator)
    expect_node("output", output)
    expect_text("output.operator", "mul", output.operator)


def test_node_creation__operator_names__div():
    """A node's operator is exactly the name of the function that made it. Case: x / y at x=1.9, y=2.4."""
    x = Node(1.9)
    y = Node(2.4)
    output = div(x, y)
    expect_text("x.operator", "input", x.operator)
    expect_text("y.operator", "input", y.operator)
    expect_node("output", output)
    expect_text("output.operator", "div", output.operator)


def test_node_creation__operator_names__log():
    """A node's operator is exactly the name of the function that made it. Case: log(x) at x=2.3."""
    x = Node(2.3)
    output = log(x)
    expect_text("x.operator", "input", x.operator)
    expect_node("output", output)
    expect_text("output.operator", "log", output.operator)


def test_node_creation__operator_names__exp():
    """A node's operator is exactly the name of the function that made it. Case: exp(x) at x=0.35."""
    x = Node(0.35)
    output = exp(x)
    expect_text("x.operator", "input", x.operator)
    expect_node("output", output)
    expect_text("output.operator", "exp", output.operator)


def test_node_creation__operator_names__sin():
    """A node's operator is exactly the name of the function that made it. Case: sin(x) at x=0.8."""
    x = Node(0.8)
    output = sin(x)
    expect_text("x.operator", "input", x.operator)
    expect_node("output", output)
    expect_text("output.operator", "sin", output.operator)


def test_node_creation__operator_names__cos():
    """A node's operator is exactly the name of the function that made it. Case: cos(x) at x=2.1."""
    x = Node(2.1)
    output = cos(x)
    expect_text("x.operator", "input", x.operator)
    expect_node("output", output)
    expect_text("output.operator", "cos", output.operator)


def test_node_creation__operands__add():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x + y at x=1.3, y=0.7."""
    x = Node(1.3)
    y = Node(0.7)
    output = add(x, y)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_nodes("y.parent_nodes", [], y.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, y], output.parent_nodes)


def test_node_creation__operands__sub():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x - y at x=0.6, y=2.2."""
    x = Node(0.6)
    y = Node(2.2)
    output = sub(x, y)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_nodes("y.parent_nodes", [], y.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, y], output.parent_nodes)


def test_node_creation__operands__mul():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x * y at x=1.7, y=0.45."""
    x = Node(1.7)
    y = Node(0.45)
    output = mul(x, y)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_nodes("y.parent_nodes", [], y.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, y], output.parent_nodes)


def test_node_creation__operands__div():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x / y at x=1.9, y=2.4."""
    x = Node(1.9)
    y = Node(2.4)
    output = div(x, y)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_nodes("y.parent_nodes", [], y.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, y], output.parent_nodes)


def test_node_creation__operands__log():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: log(x) at x=2.3."""
    x = Node(2.3)
    output = log(x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x], output.parent_nodes)


def test_node_creation__operands__exp():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: exp(x) at x=0.35."""
    x = Node(0.35)
    output = exp(x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x], output.parent_nodes)


def test_node_creation__operands__sin():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: sin(x) at x=0.8."""
    x = Node(0.8)
    output = sin(x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x], output.parent_nodes)


def test_node_creation__operands__cos():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: cos(x) at x=2.1."""
    x = Node(2.1)
    output = cos(x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x], output.parent_nodes)


def test_node_creation__operands__x_plus_x():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x + x at x=1.6."""
    x = Node(1.6)
    output = add(x, x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, x], output.parent_nodes)


def test_node_creation__operands__x_minus_x():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x - x at x=2.7."""
    x = Node(2.7)
    output = sub(x, x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, x], output.parent_nodes)


def test_node_creation__operands__x_times_x():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x * x at x=0.55."""
    x = Node(0.55)
    output = mul(x, x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, x], output.parent_nodes)


def test_node_creation__operands__x_over_x():
    """parent_nodes holds the operands, in operand order, one entry per operand. Case: x / x at x=3.2."""
    x = Node(3.2)
    output = div(x, x)
    expect_nodes("x.parent_nodes", [], x.parent_nodes)
    expect_node("output", output)
    expect_nodes("output.parent_nodes", [x, x], output.parent_nodes)


def test_node_creation__local_partials__add():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x + y at x=1.3, y=0.7."""
    x = Node(1.3)
    y = Node(0.7)
    output = add(x, y)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_numbers("y.grad_wrt_parents", [], y.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [1.0, 1.0], output.grad_wrt_parents)


def test_node_creation__local_partials__sub():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x - y at x=0.6, y=2.2."""
    x = Node(0.6)
    y = Node(2.2)
    output = sub(x, y)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_numbers("y.grad_wrt_parents", [], y.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [1.0, -1.0], output.grad_wrt_parents)


def test_node_creation__local_partials__mul():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x * y at x=1.7, y=0.45."""
    x = Node(1.7)
    y = Node(0.45)
    output = mul(x, y)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_numbers("y.grad_wrt_parents", [], y.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.45, 1.7], output.grad_wrt_parents)


def test_node_creation__local_partials__div():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x / y at x=1.9, y=2.4."""
    x = Node(1.9)
    y = Node(2.4)
    output = div(x, y)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_numbers("y.grad_wrt_parents", [], y.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.4166666666666667, -0.3298611111111111], output.grad_wrt_parents)


def test_node_creation__local_partials__log():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: log(x) at x=2.3."""
    x = Node(2.3)
    output = log(x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.4347826086956522], output.grad_wrt_parents)


def test_node_creation__local_partials__exp():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: exp(x) at x=0.35."""
    x = Node(0.35)
    output = exp(x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [1.4190675485932571], output.grad_wrt_parents)


def test_node_creation__local_partials__sin():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: sin(x) at x=0.8."""
    x = Node(0.8)
    output = sin(x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.6967067093471654], output.grad_wrt_parents)


def test_node_creation__local_partials__cos():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: cos(x) at x=2.1."""
    x = Node(2.1)
    output = cos(x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [-0.8632093666488737], output.grad_wrt_parents)


def test_node_creation__local_partials__x_plus_x():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x + x at x=1.6."""
    x = Node(1.6)
    output = add(x, x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [1.0, 1.0], output.grad_wrt_parents)


def test_node_creation__local_partials__x_minus_x():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x - x at x=2.7."""
    x = Node(2.7)
    output = sub(x, x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [1.0, -1.0], output.grad_wrt_parents)


def test_node_creation__local_partials__x_times_x():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x * x at x=0.55."""
    x = Node(0.55)
    output = mul(x, x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.55, 0.55], output.grad_wrt_parents)


def test_node_creation__local_partials__x_over_x():
    """grad_wrt_parents holds d self / d operand for each operand, in operand order. Case: x / x at x=3.2."""
    x = Node(3.2)
    output = div(x, x)
    expect_numbers("x.grad_wrt_parents", [], x.grad_wrt_parents)
    expect_node("output", output)
    expect_numbers("output.grad_wrt_parents", [0.3125, -0.31249999999999994], output.grad_wrt_parents)


def test_node_creation__children__add():
    """Each operand's child_nodes holds the new node. Case: x + y at x=1.3, y=0.7."""
    x = Node(1.3)
    y = Node(0.7)
    output = add(x, y)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_children("y.child_nodes", [output], y.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__sub():
    """Each operand's child_nodes holds the new node. Case: x - y at x=0.6, y=2.2."""
    x = Node(0.6)
    y = Node(2.2)
    output = sub(x, y)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_children("y.child_nodes", [output], y.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__mul():
    """Each operand's child_nodes holds the new node. Case: x * y at x=1.7, y=0.45."""
    x = Node(1.7)
    y = Node(0.45)
    output = mul(x, y)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_children("y.child_nodes", [output], y.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__div():
    """Each operand's child_nodes holds the new node. Case: x / y at x=1.9, y=2.4."""
    x = Node(1.9)
    y = Node(2.4)
    output = div(x, y)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_children("y.child_nodes", [output], y.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__log():
    """Each operand's child_nodes holds the new node. Case: log(x) at x=2.3."""
    x = Node(2.3)
    output = log(x)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__exp():
    """Each operand's child_nodes holds the new node. Case: exp(x) at x=0.35."""
    x = Node(0.35)
    output = exp(x)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__sin():
    """Each operand's child_nodes holds the new node. Case: sin(x) at x=0.8."""
    x = Node(0.8)
    output = sin(x)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__cos():
    """Each operand's child_nodes holds the new node. Case: cos(x) at x=2.1."""
    x = Node(2.1)
    output = cos(x)
    expect_children("x.child_nodes", [output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__x_plus_x():
    """Each operand's child_nodes holds the new node. Case: x + x at x=1.6."""
    x = Node(1.6)
    output = add(x, x)
    expect_children("x.child_nodes", [output, output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__x_minus_x():
    """Each operand's child_nodes holds the new node. Case: x - x at x=2.7."""
    x = Node(2.7)
    output = sub(x, x)
    expect_children("x.child_nodes", [output, output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__x_times_x():
    """Each operand's child_nodes holds the new node. Case: x * x at x=0.55."""
    x = Node(0.55)
    output = mul(x, x)
    expect_children("x.child_nodes", [output, output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__x_over_x():
    """Each operand's child_nodes holds the new node. Case: x / x at x=3.2."""
    x = Node(3.2)
    output = div(x, x)
    expect_children("x.child_nodes", [output, output], x.child_nodes)
    expect_node("output", output)
    expect_children("output.child_nodes", [], output.child_nodes)


def test_node_creation__children__free_diamond():
    """Each operand's child_nodes holds the new node. Case: A->B, A->C, B->D, C->D."""
    A = Node(0.487)
    B = create_node(1.81221508, [A], "cos", [-2.107])
    C = create_node(0.75295798, [A], "log", [2])
    D = create_node(1.11415097, [B, C], "sub", [1.881, 2])
    expect_children("A.child_nodes", [B, C], A.child_nodes)
    expect_node("B", B)
    expect_children("B.child_nodes", [D], B.child_nodes)
    expect_node("C", C)
    expect_children("C.child_nodes", [D], C.child_nodes)
    expect_node("D", D)
    expect_children("D.child_nodes", [], D.child_nodes)


def test_node_creation__children__free_repeated():
    """Each operand's child_nodes holds the new node. Case: A->B, A->B, B->C, A->C."""
    A = Node(-3)
    B = create_node(-3, [A, A], "sub", [2, 2.42996345])
    C = create_node(2.42996345, [B, A], "mul", [-2, 0.86771849])
    expect_children("A.child_nodes", [B, B, C], A.child_nodes)
    expect_node("B", B)
    expect_children("B.child_nodes", [C], B.child_nodes)
    expect_node("C", C)
    expect_children("C.child_nodes", [], C.child_nodes)


def test_node_creation__children__free_long():
    """Each operand's child_nodes holds the new node. Case: A->B, A->C, B->D, C->D, D->E, E->F, A->F, F->G, B->G."""
    A = Node(2.6055989)
    B = create_node(3, [A], "sin", [2])
    C = create_node(1.898, [A], "cos", [0.631])
    D = create_node(2.13962138, [B, C], "div", [3, 2])
    E = create_node(3, [D], "sin", [-0.443])
    F = create_node(2.13962138, [E, A], "add", [0.631, -1.30789129])
    G = create_node(-0.367, [F, B], "sub", [1.142, -1.30789129])
    expect_children("A.child_nodes", [B, C, F], A.child_nodes)
    expect_node("B", B)
    expect_children("B.child_nodes", [D, G], B.child_nodes)
    expect_node("C", C)
    expect_children("C.child_nodes", [D], C.child_nodes)
    expect_node("D", D)
    expect_children("D.child_nodes", [E], D.child_nodes)
    expect_node("E", E)
    expect_children("E.child_nodes", [F], E.child_nodes)
    expect_node("F", F)
    expect_children("F.child_nodes", [G], F.child_nodes)
    expect_node("G", G)
    expect_children("G.child_nodes", [], G.child_nodes)


def test_node_creation__children__free_many():
    """Each operand's child_nodes holds the new node. Case: A->E, B->E, C->E, D->E, E->F."""
    A = Node(-3)
    B = Node(0.764)
    C = Node(0.40860996)
    D = Node(0.40860996)
    E = create_node(2.263, [A, B, C, D], "combine", [0.817, 2.50862222, 2.263, 2])
    F = create_node(0.791, [E], "exp", [-2])
    expect_children("A.child_nodes", [E], A.child_nodes)
    expect_children("B.child_nodes", [E], B.child_nodes)
    expect_children("C.child_nodes", [E], C.child_nodes)
    expect_children("D.child_nodes", [E], D.child_nodes)
    expect_node("E", E)
    expect_children("E.child_nodes", [F], E.child_nodes)
    expect_node("F", F)
    expect_children("F.child_nodes", [], F.child_nodes)


# ---- Topological order -----------------------------------------------------


def test_topological_order__simple_graphs__two_nodes():
    """Small graphs are ordered, root first, each node after its parents. Case: A->B."""
    A = Node(-2.25464982)
    B = Node(2, [A], "exp", [1.285])
    A.child_nodes = [B]
    expect_order(A, [(A, B)])


def test_topological_order__simple_graphs__three_in_a_row():
    """Small graphs are ordered, root first, each node after its parents. Case: A->B, B->C."""
    A = Node(1.715)
    B = Node(3, [A], "exp", [-3])
    C = Node(0.644, [B], "exp", [1.886])
    A.child_nodes = [B]
    B.child_nodes = [C]
    expect_order(A, [(A, B), (B, C)])


def test_topological_order__simple_graphs__diamond():
    """Small graphs are ordered, root first, each node after its parents. Case: A->B, A->C, B->D, C->D."""
    A = Node(-0.651)
    B = Node(3, [A], "log", [-0.598])
    C = Node(0.788, [A], "log", [0.363])
    D = Node(3, [B, C], "div", [0.363, -0.598])
    A.child_nodes = [B, C]
    B.child_nodes = [D]
    C.child_nodes = [D]
    expect_order(A, [(A, B), (A, C), (B, D), (C, D)])


def test_topological_order__simple_graphs__tutorial_order():
    """Small graphs are ordered, root first, each node after its parents. Case: log(x1) + x1*x2 - sin(x2) at x1=2, x2=5."""
    x1 = Node(2)
    x2 = Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    expect_order(x1, [(x1, v1), (x1, v2), (v1, v3), (v2, v3), (v3, output)])


def test_topological_order__simple_graphs__sum_of_functions():
    """Small graphs are ordered, root first, each node after its parents. Case: sin(x) + cos(x) at x=0.4."""
    x = Node(0.4)
    v1 = sin(x)
    v2 = cos(x)
    output = add(v1, v2)
    expect_order(x, [(x, v1), (x, v2), (v1, output), (v2, output)])


def test_topological_order__simple_graphs__two_outputs():
    """Small graphs are ordered, root first, each node after its parents. Case: A->B, A->C, B->D."""
    A = Node(-3)
    B = Node(-3, [A], "cos", [1.72781525])
    C = Node(-3, [A], "cos", [1.496])
    D = Node(-3, [B], "log", [-2.59493227])
    A.child_nodes = [B, C]
    B.child_nodes = [D]
    expect_order(A, [(A, B), (A, C), (B, D)])


def test_topological_order__unequal_paths__long_and_short():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, B->C, C->D, A->D."""
    A = Node(-0.402)
    B = Node(1.418, [A], "exp", [0.43380208])
    C = Node(1.418, [B], "sin", [0.746])
    D = Node(2.435, [C, A], "mul", [0.75808834, 0.82563281])
    A.child_nodes = [B, D]
    B.child_nodes = [C]
    C.child_nodes = [D]
    expect_order(A, [(A, B), (A, D), (B, C), (C, D)])


def test_topological_order__unequal_paths__short_first():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->D, A->B, B->C, C->D, D->E."""
    A = Node(-0.797)
    B = Node(-0.797, [A], "log", [2.275])
    C = Node(2.275, [B], "cos", [1.8494828])
    D = Node(2.275, [A, C], "sub", [-3, -2])
    E = Node(2.007, [D], "cos", [2.03739696])
    A.child_nodes = [B, D]
    B.child_nodes = [C]
    C.child_nodes = [D]
    D.child_nodes = [E]
    expect_order(A, [(A, B), (A, D), (B, C), (C, D), (D, E)])


def test_topological_order__unequal_paths__skip_two():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->E, A->B, B->C, B->D, C->E, D->E, C->D."""
    A = Node(-0.88579052)
    B = Node(-0.34201305, [A], "log", [2.186])
    C = Node(0.479, [B], "sin", [0.491])
    D = Node(-0.88579052, [B, C], "div", [1.24375807, -0.58446175])
    E = Node(1.913, [A, C, D], "combine", [1.89811949, 0.872, 3])
    A.child_nodes = [B, E]
    B.child_nodes = [C, D]
    C.child_nodes = [D, E]
    D.child_nodes = [E]
    expect_order(A, [(A, B), (A, E), (B, C), (B, D), (C, D), (C, E), (D, E)])


def test_topological_order__unequal_paths__polynomial():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: x*x + 2*x + 1 at x=1.7."""
    x = Node(1.7)
    v1 = mul(x, x)
    c2 = Node(2.0)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    c5 = Node(1.0)
    output = add(v4, c5)
    expect_order(x, [(x, v1), (x, v3), (v1, v4), (v3, v4), (v4, output)])


def test_topological_order__unequal_paths__cube():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: u = x*x + 1; u*u*u at x=1.4."""
    x = Node(1.4)
    v1 = mul(x, x)
    c2 = Node(1.0)
    u = add(v1, c2)
    v4 = mul(u, u)
    output = mul(v4, u)
    expect_order(x, [(x, v1), (v1, u), (u, v4), (u, output), (v4, output)])


def test_topological_order__unequal_paths__middle_operand_last():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, B->C, A->D, C->D, B->D."""
    A = Node(-1.651)
    B = Node(-1.651, [A], "log", [1.237])
    C = Node(3, [B], "cos", [1.805])
    D = Node(-2.394, [A, C, B], "combine", [1.738, 1.805, 1.58724527])
    A.child_nodes = [B, D]
    B.child_nodes = [C, D]
    C.child_nodes = [D]
    expect_order(A, [(A, B), (A, D), (B, C), (B, D), (C, D)])


def test_topological_order__unequal_paths__last_operand_last():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, B->C, A->D, B->D, C->D."""
    A = Node(1.37)
    B = Node(0.513, [A], "cos", [-0.591])
    C = Node(1.37, [B], "cos", [0.513])
    D = Node(3, [A, B, C], "combine", [3, 1.37, -0.578])
    A.child_nodes = [B, D]
    B.child_nodes = [C, D]
    C.child_nodes = [D]
    expect_order(A, [(A, B), (A, D), (B, C), (B, D), (C, D)])


def test_topological_order__unequal_paths__level_twice():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, B->C, C->D, A->D, A->E, D->E, C->F, E->F."""
    A = Node(2)
    B = Node(1.72, [A], "log", [2])
    C = Node(0.79075095, [B], "log", [3])
    D = Node(0.706, [C, A], "sub", [0.81925405, 2])
    E = Node(1.352, [A, D], "add", [3, 0.302])
    F = Node(1.231, [C, E], "mul", [3, -2.08458941])
    A.child_nodes = [B, D, E]
    B.child_nodes = [C]
    C.child_nodes = [D, F]
    D.child_nodes = [E]
    E.child_nodes = [F]
    expect_order(A, [(A, B), (A, D), (A, E), (B, C), (C, D), (C, F), (D, E), (E, F)])


def test_topological_order__unequal_paths__horner_order():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: (((((x*0.4 + 1.2)*x + 0.7)*x + 2.1)*x + 0.3)*x + 1.6)*x at x=1.3."""
    x = Node(1.3)
    c1 = Node(0.4)
    v2 = mul(x, c1)
    c3 = Node(1.2)
    v4 = add(v2, c3)
    v5 = mul(v4, x)
    c6 = Node(0.7)
    v7 = add(v5, c6)
    v8 = mul(v7, x)
    c9 = Node(2.1)
    v10 = add(v8, c9)
    v11 = mul(v10, x)
    c12 = Node(0.3)
    v13 = add(v11, c12)
    v14 = mul(v13, x)
    c15 = Node(1.6)
    v16 = add(v14, c15)
    output = mul(v16, x)
    expect_order(x, [(x, v2), (x, v5), (x, v8), (x, v11), (x, v14), (x, output), (v2, v4), (v4, v5), (v5, v7), (v7, v8), (v8, v10), (v10, v11), (v11, v13), (v13, v14), (v14, v16), (v16, output)])


def test_topological_order__unequal_paths__nested_shortcuts():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, A->B, A->C, B->C, C->D, D->E, E->F, C->F, A->G, F->H, F->I, C->I, C->J, H->J, G->K, J->K, K->L, A->L."""
    A = Node(-2.1407471)
    B = Node(0.391, [A, A], "mul", [3, -2.1407471])
    G = Node(2.098, [A], "cos", [2.04525978])
    C = Node(-2.1407471, [A, B], "div", [3, 1.90188138])
    D = Node(3, [C], "sin", [3])
    E = Node(0.391, [D], "log", [3])
    F = Node(1.90188138, [E, C], "mul", [1.99297469, -2.1407471])
    H = Node(0.57764681, [F], "sin", [2.04525978])
    I = Node(2.038, [F, C], "mul", [2.39, 2.098])
    J = Node(-3, [C, H], "sub", [-2.1407471, 3])
    K = Node(1.58, [G, J], "add", [2.39, 0.878])
    L = Node(0.6874761, [K, A], "mul", [1.353, 1.453])
    A.child_nodes = [B, B, G, C, L]
    B.child_nodes = [C]
    G.child_nodes = [K]
    C.child_nodes = [D, F, I, J]
    D.child_nodes = [E]
    E.child_nodes = [F]
    F.child_nodes = [H, I]
    H.child_nodes = [J]
    J.child_nodes = [K]
    K.child_nodes = [L]
    expect_order(A, [(A, B), (A, G), (A, C), (A, L), (B, C), (G, K), (C, D), (C, F), (C, I), (C, J), (D, E), (E, F), (F, H), (F, I), (H, J), (J, K), (K, L)])


def test_topological_order__unequal_paths__side_branch():
    """A node that is reached by a short and by a long way comes after all of its parents. Case: A->B, B->C, B->D, A->E, D->E."""
    A = Node(2)
    B = Node(2.203, [A], "cos", [0.68934694])
    C = Node(3, [B], "exp", [-0.61934538])
    D = Node(-3, [B], "log", [2])
    E = Node(0.88419625, [A, D], "add", [3, 0.788])
    A.child_nodes = [B, E]
    B.child_nodes = [C, D]
    D.child_nodes = [E]
    expect_order(A, [(A, B), (A, E), (B, C), (B, D), (D, E)])


# ---- Derivative propagation ------------------------------------------------


def test_forward__chain_rule__nested():
    """Along one path the derivative is the product of the local partials. Case: sin(exp(x*0.3)) at x=1.9."""
    x = Node(1.9)
    c1 = Node(0.3)
    v2 = mul(x, c1)
    v3 = exp(v2)
    output = sin(v3)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v2.partial_derivative", 0.3, v2.partial_derivative)
    expect("v3.partial_derivative", 0.5304801154301205, v3.partial_derivative)
    expect("output.partial_derivative", -0.10407480882282177, output.partial_derivative)


def test_forward__chain_rule__quotient():
    """Along one path the derivative is the product of the local partials. Case: cos(3 / log(x)) at x=2.6."""
    x = Node(2.6)
    c1 = Node(3.0)
    v2 = log(x)
    v3 = div(c1, v2)
    output = cos(v3)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v2.partial_derivative", 0.3846153846153846, v2.partial_derivative)
    expect("v3.partial_derivative", -1.263793507786551, v3.partial_derivative)
    expect("output.partial_derivative", 0.0024174274884358853, output.partial_derivative)


def test_forward__chain_rule__scaled_sum():
    """Along one path the derivative is the product of the local partials. Case: (x + 2)*3 at x=0.4."""
    x = Node(0.4)
    c1 = Node(2.0)
    v2 = add(x, c1)
    c3 = Node(3.0)
    output = mul(v2, c3)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v2.partial_derivative", 1.0, v2.partial_derivative)
    expect("output.partial_derivative", 3.0, output.partial_derivative)


def test_forward__chain_rule__free_chain():
    """Along one path the derivative is the product of the local partials. Case: A->B, B->C, C->D."""
    A = Node(0.573)
    B = Node(-1.876, [A], "exp", [-1.876])
    C = Node(3, [B], "cos", [-0.58062554])
    D = Node(-1.768, [C], "log", [0.787])
    A.child_nodes = [B]
    B.child_nodes = [C]
    C.child_nodes = [D]
    forward(A)
    expect("A.partial_derivative", 1.0, A.partial_derivative)
    expect("B.partial_derivative", -1.876, B.partial_derivative)
    expect("C.partial_derivative", 1.0892535130399998, C.partial_derivative)
    expect("D.partial_derivative", 0.8572425147624799, D.partial_derivative)


def test_forward__sum_over_paths__tutorial():
    """Where several paths lead to a node, their contributions add up. Case: log(x1) + x1*x2 - sin(x2) at x1=2, x2=5."""
    x1 = Node(2)
    x2 = Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x1)
    expect("x1.partial_derivative", 1.0, x1.partial_derivative)
    expect("v1.partial_derivative", 0.5, v1.partial_derivative)
    expect("v2.partial_derivative", 5.0, v2.partial_derivative)
    expect("v3.partial_derivative", 5.5, v3.partial_derivative)
    expect("output.partial_derivative", 5.5, output.partial_derivative)


def test_forward__sum_over_paths__quadratic():
    """Where several paths lead to a node, their contributions add up. Case: x*x + 2*x + 1 at x=1.7."""
    x = Node(1.7)
    v1 = mul(x, x)
    c2 = Node(2.0)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    c5 = Node(1.0)
    output = add(v4, c5)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v1.partial_derivative", 3.4, v1.partial_derivative)
    expect("v3.partial_derivative", 2.0, v3.partial_derivative)
    expect("v4.partial_derivative", 5.4, v4.partial_derivative)
    expect("output.partial_derivative", 5.4, output.partial_derivative)


def test_forward__sum_over_paths__sum_of_squares():
    """Where several paths lead to a node, their contributions add up. Case: x*x + y*y at x=1.2, y=0.7."""
    x = Node(1.2)
    y = Node(0.7)
    v1 = mul(x, x)
    v2 = mul(y, y)
    output = add(v1, v2)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v1.partial_derivative", 2.4, v1.partial_derivative)
    expect("output.partial_derivative", 2.4, output.partial_derivative)


def test_forward__sum_over_paths__sine_plus_cosine():
    """Where several paths lead to a node, their contributions add up. Case: sin(x) + cos(x) at x=0.4."""
    x = Node(0.4)
    v1 = sin(x)
    v2 = cos(x)
    output = add(v1, v2)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v1.partial_derivative", 0.9210609940028851, v1.partial_derivative)
    expect("v2.partial_derivative", -0.3894183423086505, v2.partial_derivative)
    expect("output.partial_derivative", 0.5316426516942345, output.partial_derivative, 1.3104793363115357)


def test_forward__sum_over_paths__squared_plus_mixed():
    """Where several paths lead to a node, their contributions add up. Case: x*x + 2*x*y at x=1.4, y=0.6."""
    x = Node(1.4)
    y = Node(0.6)
    v1 = mul(x, x)
    c2 = Node(2.0)
    v3 = mul(c2, x)
    v4 = mul(v3, y)
    output = add(v1, v4)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v1.partial_derivative", 2.8, v1.partial_derivative)
    expect("v3.partial_derivative", 2.0, v3.partial_derivative)
    expect("v4.partial_derivative", 1.2, v4.partial_derivative)
    expect("output.partial_derivative", 4.0, output.partial_derivative)


def test_forward__sum_over_paths__cube_of_sum():
    """Where several paths lead to a node, their contributions add up. Case: u = x*x + 1; u*u*u at x=1.4."""
    x = Node(1.4)
    v1 = mul(x, x)
    c2 = Node(1.0)
    u = add(v1, c2)
    v4 = mul(u, u)
    output = mul(v4, u)
    forward(x)
    expect("x.partial_derivative", 1.0, x.partial_derivative)
    expect("v1.partial_derivative", 2.8, v1.partial_derivative)
    expect("u.partial_derivative", 2.8, u.partial_derivative)
    expect("v4.partial_derivative", 16.576, v4.partial_derivative)
    expect("output.partial_derivative", 73.59743999999999, output.partial_derivative)


def test_forward__sum_over_paths__second_variable():
    """Where several paths lead to a node, their contributions add up. Case: log(x1) + x1*x2 - sin(x2) at x1=2, x2=5 sweeps x2."""
    x1 = Node(2)
    x2 = Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x2)
    expect("x2.partial_derivative", 1.0, x2.partial_derivative)
    expect("v2.partial_derivative", 2.0, v2.partial_derivative)
    expect("v3.partial_derivative", 2.0, v3.partial_derivative)
    expect("v4.partial_derivative", 0.28366218546322625, v4.partial_derivative)
    expect("output.partial_derivative", 1.7163378145367738, output.partial_derivative, 2.283662185463226)


def test_forward__sum_over_paths__free_two_outputs():
    """Where several paths lead to a node, their contributions add up. Case: A->B, A->C, B->D."""
    A = Node(0.588)
    B = Node(0.588, [A], "cos", [0.39921258])
    C = Node(3, [A], "log", [2.54569363])
    D = Node(1.37791848, [B], "exp", [3])
    A.child_nodes = [B, C]
    B.child_nodes = [D]
    forward(A)
    expect("A.partial_derivative", 1.0, A.partial_derivative)
    expect("B.partial_derivative", 0.39921258, B.partial_derivative)
    expect("C.partial_derivative", 2.54569363, C.partial_derivative)
    expect("D.partial_derivative", 1.19763774, D.partial_derivative)


def test_forward__sum_over_paths__diamond_sweep():
    """Where several paths lead to a node, their contributions add up. Case: A->B, A->C, B->D, C->D."""
    A = Node(2)
    B = Node(2, [A], "cos", [0.562])
    C = Node(-1.41013683, [A], "log", [0.80919675])
    D = Node(-1.41013683, [B, C], "sub", [0.80919675, -1.41013683])
    A.child_nodes = [B, C]
    B.child_nodes = [D]
    C.child_nodes = [D]
    forward(A)
    expect("A.partial_derivative", 1.0, A.partial_derivative)
    expect("B.partial_derivative", 0.562, B.partial_derivative)
    expect("C.partial_derivative", 0.80919675, C.partial_derivative)
    expect("D.partial_derivative", -0.6863095663913024, D.partial_derivative, 1.5958467133913024)


def test_forward__sum_over_paths__free_long_and_short():
    """Where several paths lead to a node, their contributions add up. Case: A->B, B->C, C->D, A->D, D->E."""
    A = Node(-2.6)
    B = Node(2.40713792, [A], "exp", [-2.03])
    C = Node(2.023, [B], "sin", [1.759])
    D = Node(0.613, [C, A], "mul", [3, -0.397])
    E = Node(1.864, [D], "exp", [3])
    A.child_nodes = [B, D]
    B.child_nodes = [C]
    C.child_nodes = [D]
    D.child_nodes = [E]
    forward(A)
    expect("A.partial_derivative", 1.0, A.partial_derivative)
    expect("B.partial_derivative", -2.03, B.partial_derivative)
    expect("C.partial_derivative", -3.5707699999999996, C.partial_derivative)
    expect("D.partial_derivative", -11.109309999999999, D.partial_derivative)
    expect("E.partial_derivative", -33.327929999999995, E.partial_derivative)


# ---- Topological order -----------------------------------------------------


def test_extension__deep_chain__chain_of_50000():
    """A chain of 50,000 nodes is ordered. Case: chain(50000)."""
    nodes = [Node(0.5)]
    while len(nodes) < 50000:
        nodes.append(Node(0.5, [nodes[-1]], "sin", [1.5]))
        nodes[-2].child_nodes = [nodes[-1]]
    root = nodes[0]
    expect_order(root, list(zip(nodes, nodes[1:])))


def test_extension__cycles_refused__no_ring():
    """A graph with a cycle is refused with a ValueError. Case: A->B, A->C, B->C, C->D."""
    A = Node(0.57159401)
    B = Node(2, [A], "sin", [1.20458737])
    C = Node(0.314, [A, B], "div", [2, 0.59524996])
    D = Node(0.314, [C], "log", [3])
    A.child_nodes = [B, C]
    B.child_nodes = [C]
    C.child_nodes = [D]
    expect_order(A, [(A, B), (A, C), (B, C), (C, D)])


def test_extension__cycles_refused__ring_of_three():
    """A graph with a cycle is refused with a ValueError. Case: cycle(3)."""
    root = Node(2.66808048)
    r1 = Node(3, [root], "mul", [1.394, 2.66808048])
    r2 = Node(1.394, [r1], "sin", [1.684])
    r3 = Node(3, [r2], "cos", [-3])
    r1.parent_nodes = [root, r3]
    root.child_nodes = [r1]
    r1.child_nodes = [r2]
    r2.child_nodes = [r3]
    r3.child_nodes = [r1]
    expect_refused(root)


def test_extension__cycles_refused__ring_of_one():
    """A graph with a cycle is refused with a ValueError. Case: cycle(1)."""
    root = Node(1.72046454)
    r1 = Node(1.19401824, [root], "sub", [-1.24022136, -0.80723331])
    r1.parent_nodes = [root, r1]
    root.child_nodes = [r1]
    r1.child_nodes = [r1]
    expect_refused(root)


def test_extension__cycles_refused__ring_of_two():
    """A graph with a cycle is refused with a ValueError. Case: cycle(2)."""
    root = Node(3)
    r1 = Node(-1.295, [root], "div", [2.0354131, 3])
    r2 = Node(-1.30474579, [r1], "sin", [0.30030885])
    r1.parent_nodes = [root, r2]
    root.child_nodes = [r1]
    r1.child_nodes = [r2]
    r2.child_nodes = [r1]
    expect_refused(root)


def test_extension__cycles_refused__ring_of_five():
    """A graph with a cycle is refused with a ValueError. Case: cycle(5)."""
    root = Node(0.37964405)
    r1 = Node(0.478, [root], "mul", [0.423, 0.57])
    r2 = Node(0.57, [r1], "sin", [-3])
    r3 = Node(0.478, [r2], "exp", [-3])
    r4 = Node(-0.34834011, [r3], "exp", [0.37964405])
    r5 = Node(0.57, [r4], "sin", [0.37964405])
    r1.parent_nodes = [root, r5]
    root.child_nodes = [r1]
    r1.child_nodes = [r2]
    r2.child_nodes = [r3]
    r3.child_nodes = [r4]
    r4.child_nodes = [r5]
    r5.child_nodes = [r1]
    expect_refused(root)


def test_extension__cycles_refused__ring_through_root():
    """A graph with a cycle is refused with a ValueError. Case: A->B, B->C, C->A."""
    A = Node(1.8012562, [], "exp", [1.8012562])
    B = Node(0.774, [A], "exp", [0.774])
    C = Node(1.8012562, [B], "log", [0.787])
    A.parent_nodes = [C]
    A.child_nodes = [B]
    B.child_nodes = [C]
    C.child_nodes = [A]
    expect_refused(A)


# ---- Extension: reverse mode -----------------------------------------------


def test_extension__adjoints__tutorial_adjoints():
    """backward(output) leaves d output / d node in adjoint, on output and on all its ancestors. Case: log(x1) + x1*x2 - sin(x2) at x1=2, x2=5."""
    x1 = Node(2)
    x2 = Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    backward(output)
    expect("x1.adjoint", 5.5, x1.adjoint)
    expect("x2.adjoint", 1.7163378145367738, x2.adjoint, 2.283662185463226)
    expect("v1.adjoint", 1.0, v1.adjoint)
    expect("v2.adjoint", 1.0, v2.adjoint)
    expect("v3.adjoint", 1.0, v3.adjoint)
    expect("v4.adjoint", -1.0, v4.adjoint)
    expect("output.adjoint", 1.0, output.adjoint)


def test_extension__adjoints__quadratic_adjoints():
    """backward(output) leaves d output / d node in adjoint, on output and on all its ancestors. Case: x*x + 2*x + 3 at x=1.7."""
    x = Node(1.7)
    v1 = mul(x, x)
    c2 = Node(2.0)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    c5 = Node(3.0)
    output = add(v4, c5)
    backward(output)
    expect("x.adjoint", 5.4, x.adjoint)
    expect("v1.adjoint", 1.0, v1.adjoint)
    expect("c2.adjoint", 1.7, c2.adjoint)
    expect("v3.adjoint", 1.0, v3.adjoint)
    expect("v4.adjoint", 1.0, v4.adjoint)
    expect("c5.adjoint", 1.0, c5.adjoint)
    expect("output.adjoint", 1.0, output.adjoint)


def test_extension__adjoints__long_and_short_adjoints():
    """backward(output) leaves d output / d node in adjoint, on output and on all its ancestors. Case: A->B, B->C, C->D, A->D."""
    A = Node(0.83847593)
    B = Node(-2.015, [A], "log", [-2.015])
    C = Node(0.79542033, [B], "log", [0.79542033])
    D = Node(3, [C, A], "div", [1.36698127, -0.84111826])
    A.child_nodes = [B, D]
    B.child_nodes = [C]
    C.child_nodes = [D]
    backward(D)
    expect("A.adjoint", -3.0320775161677465, A.adjoint)
    expect("B.adjoint", 1.0873246928872191, B.adjoint)
    expect("C.adjoint", 1.36698127, C.adjoint)
    expect("D.adjoint", 1.0, D.adjoint)


def test_extension__adjoints__from_many_inputs():
    """backward(output) leaves d output / d node in adjoint, on output and on all its ancestors. Case: a*b + c*d + e*f - g at a=1.2, b=0.4, c=2.2, d=0.7, e=1.8, f=0.3, g=2.9."""
    a = Node(1.2)
    b = Node(0.4)
    c = Node(2.2)
    d = Node(0.7)
    e = Node(1.8)
    f = Node(0.3)
    g = Node(2.9)
    v1 = mul(a, b)
    v2 = mul(c, d)
    v3 = add(v1, v2)
    v4 = mul(e, f)
    v5 = add(v3, v4)
    output = sub(v5, g)
    backward(output)
    expect("a.adjoint", 0.4, a.adjoint)
    expect("b.adjoint", 1.2, b.adjoint)
    expect("c.adjoint", 0.7, c.adjoint)
    expect("d.adjoint", 2.2, d.adjoint)
    expect("e.adjoint", 0.3, e.adjoint)
    expect("f.adjoint", 1.8, f.adjoint)
    expect("g.adjoint", -1.0, g.adjoint)
    expect("v1.adjoint", 1.0, v1.adjoint)
    expect("v2.adjoint", 1.0, v2.adjoint)
    expect("v3.adjoint", 1.0, v3.adjoint)
    expect("v4.adjoint", 1.0, v4.adjoint)
    expect("v5.adjoint", 1.0, v5.adjoint)
    expect("output.adjoint", 1.0, output.adjoint)


def test_extension__adjoints__inner_output():
    """backward(output) leaves d output / d node in adjoint, on output and on all its ancestors. Case: u = x*z; sin(u) - u*x at x=1.3, z=0.7 sweeps u."""
    x = Node(1.3)
    z = Node(0.7)
    u = mul(x, z)
    v2 = sin(u)
    v3 = mul(u, x)
    output = sub(v2, v3)
    backward(u)
    expect("x.adjoint", 0.7, x.adjoint)
    expect("z.adjoint", 1.3, z.adjoint)
    expect("u.adjoint", 1.0, u.adjoint)


# ---- Extension: arrays -----------------------------------------------------


def test_extension__array_operators__array_mul():
    """Operators work on arrays, element by element. Case: x*y at x=[0.4, 1.7, 2.6], y=[1.9, -0.3, 0.7]."""
    x = Node(np.array([0.4, 1.7, 2.6]))
    y = Node(np.array([1.9, -0.3, 0.7]))
    output = mul(x, y)
    expect_node("output", output)
    expect("output.value", np.array([0.76, -0.51, 1.8199999999999998]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.9, -0.3, 0.7]), np.array([0.4, 1.7, 2.6])], output.grad_wrt_parents)


def test_extension__array_operators__array_div():
    """Operators work on arrays, element by element. Case: x/y at x=[0.4, 1.7, 2.6], y=[1.9, -0.3, 0.7]."""
    x = Node(np.array([0.4, 1.7, 2.6]))
    y = Node(np.array([1.9, -0.3, 0.7]))
    output = div(x, y)
    expect_node("output", output)
    expect("output.value", np.array([0.2105263157894737, -5.666666666666667, 3.714285714285715]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([0.5263157894736842, -3.3333333333333335, 1.4285714285714286]), np.array([-0.110803324099723, -18.88888888888889, -5.306122448979592])], output.grad_wrt_parents)


def test_extension__array_operators__array_log():
    """Operators work on arrays, element by element. Case: log(x) at x=[0.4, 1.7, 2.6]."""
    x = Node(np.array([0.4, 1.7, 2.6]))
    output = log(x)
    expect_node("output", output)
    expect("output.value", np.array([-0.916290731874155, 0.5306282510621704, 0.9555114450274363]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([2.5, 0.5882352941176471, 0.3846153846153846])], output.grad_wrt_parents)


def test_extension__array_operators__array_exp():
    """Operators work on arrays, element by element. Case: exp(x) at x=[0.4, -1.7, 2.6]."""
    x = Node(np.array([0.4, -1.7, 2.6]))
    output = exp(x)
    expect_node("output", output)
    expect("output.value", np.array([1.4918246976412703, 0.18268352405273466, 13.463738035001692]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.4918246976412703, 0.18268352405273466, 13.463738035001692])], output.grad_wrt_parents)


def test_extension__array_operators__array_of_whole_numbers():
    """Operators work on arrays, element by element. Case: x/y at x=[7, -3, 5], y=[4, 2, -3]."""
    x = Node(np.array([7, -3, 5]))
    y = Node(np.array([4, 2, -3]))
    output = div(x, y)
    expect_node("output", output)
    expect("output.value", np.array([1.75, -1.5, -1.6666666666666667]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([0.25, 0.5, -0.3333333333333333]), np.array([-0.4375, 0.75, -0.5555555555555556])], output.grad_wrt_parents)


def test_extension__array_operators__array_of_one():
    """Operators work on arrays, element by element. Case: exp(x) at x=[0.7]."""
    x = Node(np.array([0.7]))
    output = exp(x)
    expect_node("output", output)
    expect("output.value", np.array([2.0137527074704766]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([2.0137527074704766])], output.grad_wrt_parents)


def test_extension__array_operators__array_of_twelve():
    """Operators work on arrays, element by element. Case: x*y at x=[0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6], y=[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]."""
    x = Node(np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]))
    y = Node(np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]))
    output = mul(x, y)
    expect_node("output", output)
    expect("output.value", np.array([0.76, -0.51, 1.8199999999999998, -3.12, -0.8800000000000001, 1.8599999999999999, -0.30000000000000004, -0.8800000000000001, 1.1, -3.24, -1.4400000000000002, 3.3600000000000003]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]), np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6])], output.grad_wrt_parents)


def test_extension__array_operators__array_trigonometry():
    """Operators work on arrays, element by element. Case: sin(x) - cos(x) at x=[0.4, -1.7, 2.6]."""
    x = Node(np.array([0.4, -1.7, 2.6]))
    v1 = sin(x)
    v2 = cos(x)
    output = sub(v1, v2)
    expect_node("v1", v1)
    expect("v1.value", np.array([0.3894183423086505, -0.9916648104524686, 0.5155013718214642]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([0.9210609940028851, -0.12884449429552464, -0.8568887533689473])], v1.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([0.9210609940028851, -0.12884449429552464, -0.8568887533689473]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([-0.3894183423086505, 0.9916648104524686, -0.5155013718214642])], v2.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([-0.5316426516942345, -0.8628203161569439, 1.3723901251904116]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, -1.0])], output.grad_wrt_parents)


def test_extension__array_operators__tutorial_array():
    """Operators work on arrays, element by element. Case: log(x1) + x1*x2 - sin(x2) at x1=[2, 0.7, 3.1], x2=[5, 1.4, -0.6] sweeps x1, x2."""
    x1 = Node(np.array([2, 0.7, 3.1]))
    x2 = Node(np.array([5, 1.4, -0.6]))
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    expect_node("v1", v1)
    expect("v1.value", np.array([0.6931471805599453, -0.35667494393873245, 1.1314021114911006]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([0.5, 1.4285714285714286, 0.3225806451612903])], v1.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([10.0, 0.9799999999999999, -1.8599999999999999]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([5.0, 1.4, -0.6]), np.array([2.0, 0.7, 3.1])], v2.grad_wrt_parents)
    expect_node("v3", v3)
    expect("v3.value", np.array([10.693147180559945, 0.6233250560612674, -0.7285978885088993]), v3.value)
    expect_numbers("v3.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])], v3.grad_wrt_parents)
    expect_node("v4", v4)
    expect("v4.value", np.array([-0.9589242746631385, 0.9854497299884601, -0.5646424733950354]), v4.value)
    expect_numbers("v4.grad_wrt_parents", [np.array([0.28366218546322625, 0.16996714290024104, 0.8253356149096783])], v4.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([11.652071455223084, -0.3621246739271927, -0.1639554151138639]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, -1.0])], output.grad_wrt_parents)


def test_extension__array_operators__shared_array():
    """Operators work on arrays, element by element. Case: u = x*x + 0.5; u*u - u*x at x=[1.4, -0.6, 0.3] sweeps x, u, x."""
    x = Node(np.array([1.4, -0.6, 0.3]))
    v1 = mul(x, x)
    c2 = Node(0.5)
    u = add(v1, c2)
    v4 = mul(u, u)
    v5 = mul(u, x)
    output = sub(v4, v5)
    expect_node("v1", v1)
    expect("v1.value", np.array([1.9599999999999997, 0.36, 0.09]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([1.4, -0.6, 0.3]), np.array([1.4, -0.6, 0.3])], v1.grad_wrt_parents)
    expect_node("u", u)
    expect("u.value", np.array([2.46, 0.86, 0.59]), u.value)
    expect_numbers("u.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])], u.grad_wrt_parents)
    expect_node("v4", v4)
    expect("v4.value", np.array([6.0516, 0.7395999999999999, 0.34809999999999997]), v4.value)
    expect_numbers("v4.grad_wrt_parents", [np.array([2.46, 0.86, 0.59]), np.array([2.46, 0.86, 0.59])], v4.grad_wrt_parents)
    expect_node("v5", v5)
    expect("v5.value", np.array([3.444, -0.516, 0.177]), v5.value)
    expect_numbers("v5.grad_wrt_parents", [np.array([1.4, -0.6, 0.3]), np.array([2.46, 0.86, 0.59])], v5.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([2.6075999999999997, 1.2555999999999998, 0.17109999999999997]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, -1.0])], output.grad_wrt_parents)


def test_extension__array_operators__whole_number_entries():
    """Operators work on arrays, element by element. Case: x*x*x + x/2 at x=[2, -3, 5]."""
    x = Node(np.array([2, -3, 5]))
    v1 = mul(x, x)
    v2 = mul(v1, x)
    c3 = Node(2.0)
    v4 = div(x, c3)
    output = add(v2, v4)
    expect_node("v1", v1)
    expect("v1.value", np.array([4, 9, 25]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([2, -3, 5]), np.array([2, -3, 5])], v1.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([8, -27, 125]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([2, -3, 5]), np.array([4, 9, 25])], v2.grad_wrt_parents)
    expect_node("v4", v4)
    expect("v4.value", np.array([1.0, -1.5, 2.5]), v4.value)
    expect_numbers("v4.grad_wrt_parents", [np.array([0.5, 0.5, 0.5]), np.array([-0.5, 0.75, -1.25])], v4.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([9.0, -28.5, 127.5]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])], output.grad_wrt_parents)


def test_extension__array_operators__one_entry():
    """Operators work on arrays, element by element. Case: u = x*x + 0.5; u*u - u*x at x=[1.4]."""
    x = Node(np.array([1.4]))
    v1 = mul(x, x)
    c2 = Node(0.5)
    u = add(v1, c2)
    v4 = mul(u, u)
    v5 = mul(u, x)
    output = sub(v4, v5)
    expect_node("v1", v1)
    expect("v1.value", np.array([1.9599999999999997]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([1.4]), np.array([1.4])], v1.grad_wrt_parents)
    expect_node("u", u)
    expect("u.value", np.array([2.46]), u.value)
    expect_numbers("u.grad_wrt_parents", [np.array([1.0]), np.array([1.0])], u.grad_wrt_parents)
    expect_node("v4", v4)
    expect("v4.value", np.array([6.0516]), v4.value)
    expect_numbers("v4.grad_wrt_parents", [np.array([2.46]), np.array([2.46])], v4.grad_wrt_parents)
    expect_node("v5", v5)
    expect("v5.value", np.array([3.444]), v5.value)
    expect_numbers("v5.grad_wrt_parents", [np.array([1.4]), np.array([2.46])], v5.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([2.6075999999999997]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0]), np.array([-1.0])], output.grad_wrt_parents)


def test_extension__array_operators__twelve_entries():
    """Operators work on arrays, element by element. Case: x*y + sin(x) at x=[0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6], y=[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1] sweeps x, y."""
    x = Node(np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]))
    y = Node(np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]))
    v1 = mul(x, y)
    v2 = sin(x)
    output = add(v1, v2)
    expect_node("v1", v1)
    expect("v1.value", np.array([0.76, -0.51, 1.8199999999999998, -3.12, -0.8800000000000001, 1.8599999999999999, -0.30000000000000004, -0.8800000000000001, 1.1, -3.24, -1.4400000000000002, 3.3600000000000003]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]), np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6])], v1.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([0.3894183423086505, 0.9916648104524686, 0.5155013718214642, -0.963558185417193, 0.7173560908995228, 0.04158066243329049, -0.19866933079506122, 0.8912073600614354, 0.8084964038195901, -0.4273798802338298, 0.7833269096274834, 0.9995736030415051]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([0.9210609940028851, -0.12884449429552464, -0.8568887533689473, 0.26749882862458735, 0.6967067093471654, -0.9991351502732795, 0.9800665778412416, 0.4535961214255773, -0.5885011172553458, -0.9040721420170612, 0.6216099682706644, -0.029199522301288815])], v2.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([1.1494183423086506, 0.48166481045246856, 2.335501371821464, -4.083558185417193, -0.16264390910047732, 1.9015806624332903, -0.49866933079506126, 0.0112073600614353, 1.9084964038195902, -3.66737988023383, -0.6566730903725168, 4.359573603041506]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])], output.grad_wrt_parents)


def test_extension__array_operators__zero_entry():
    """Operators work on arrays, element by element. Case: u = x - y; sin(u*u) + u at x=[1.3, 1.4, -0.6], y=[1.3, 0.2, 0.7]."""
    x = Node(np.array([1.3, 1.4, -0.6]))
    y = Node(np.array([1.3, 0.2, 0.7]))
    u = sub(x, y)
    v2 = mul(u, u)
    v3 = sin(v2)
    output = add(v3, u)
    expect_node("u", u)
    expect("u.value", np.array([0.0, 1.2, -1.2999999999999998]), u.value)
    expect_numbers("u.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, -1.0])], u.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([0.0, 1.44, 1.6899999999999995]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([0.0, 1.2, -1.2999999999999998]), np.array([0.0, 1.2, -1.2999999999999998])], v2.grad_wrt_parents)
    expect_node("v3", v3)
    expect("v3.value", np.array([0.0, 0.9914583481916864, 0.9929036510941186]), v3.value)
    expect_numbers("v3.grad_wrt_parents", [np.array([1.0, 0.13042370873814554, -0.11892156929661178])], v3.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([0.0, 2.1914583481916865, -0.3070963489058812]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])], output.grad_wrt_parents)


def test_extension__array_operators__zero_array():
    """Operators work on arrays, element by element. Case: (x - x) + x*y at x=[1.4, -0.6, 0.3], y=[0.2, 2.7, 1.8]."""
    x = Node(np.array([1.4, -0.6, 0.3]))
    y = Node(np.array([0.2, 2.7, 1.8]))
    v1 = sub(x, x)
    v2 = mul(x, y)
    output = add(v1, v2)
    expect_node("v1", v1)
    expect("v1.value", np.array([0.0, 0.0, 0.0]), v1.value)
    expect_numbers("v1.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, -1.0])], v1.grad_wrt_parents)
    expect_node("v2", v2)
    expect("v2.value", np.array([0.27999999999999997, -1.62, 0.54]), v2.value)
    expect_numbers("v2.grad_wrt_parents", [np.array([0.2, 2.7, 1.8]), np.array([1.4, -0.6, 0.3])], v2.grad_wrt_parents)
    expect_node("output", output)
    expect("output.value", np.array([0.27999999999999997, -1.62, 0.54]), output.value)
    expect_numbers("output.grad_wrt_parents", [np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 1.0])], output.grad_wrt_parents)


def test_extension__array_operators__free_beside_arrays():
    """Operators work on arrays, element by element. Case: A->B, B->C, A->C."""
    A = Node(2)
    B = create_node(1.908, [A], "log", [1.908])
    C = create_node(3, [B, A], "div", [0.36497515, 0.858])
    expect_node("B", B)
    expect("B.value", 1.908, B.value)
    expect_numbers("B.grad_wrt_parents", [1.908], B.grad_wrt_parents)
    expect_node("C", C)
    expect("C.value", 3, C.value)
    expect_numbers("C.grad_wrt_parents", [0.36497515, 0.858], C.grad_wrt_parents)


def test_extension__array_sweeps__tutorial_array():
    """One forward sweep gives the derivatives at many points. Case: log(x1) + x1*x2 - sin(x2) at x1=[2, 0.7, 3.1], x2=[5, 1.4, -0.6] sweeps x1, x2."""
    x1 = Node(np.array([2, 0.7, 3.1]))
    x2 = Node(np.array([5, 1.4, -0.6]))
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x1)
    expect("x1.partial_derivative", np.array([1.0, 1.0, 1.0]), x1.partial_derivative)
    expect("v1.partial_derivative", np.array([0.5, 1.4285714285714286, 0.3225806451612903]), v1.partial_derivative)
    expect("v2.partial_derivative", np.array([5.0, 1.4, -0.6]), v2.partial_derivative)
    expect("v3.partial_derivative", np.array([5.5, 2.8285714285714283, -0.27741935483870966]), v3.partial_derivative, np.array([5.5, 2.8285714285714283, 0.9225806451612903]))
    expect("output.partial_derivative", np.array([5.5, 2.8285714285714283, -0.27741935483870966]), output.partial_derivative, np.array([5.5, 2.8285714285714283, 0.9225806451612903]))
    forward(x2)
    expect("x2.partial_derivative", np.array([1.0, 1.0, 1.0]), x2.partial_derivative)
    expect("v2.partial_derivative", np.array([2.0, 0.7, 3.1]), v2.partial_derivative)
    expect("v3.partial_derivative", np.array([2.0, 0.7, 3.1]), v3.partial_derivative)
    expect("v4.partial_derivative", np.array([0.28366218546322625, 0.16996714290024104, 0.8253356149096783]), v4.partial_derivative)
    expect("output.partial_derivative", np.array([1.7163378145367738, 0.5300328570997589, 2.274664385090322]), output.partial_derivative, np.array([2.283662185463226, 0.869967142900241, 3.9253356149096783]))


def test_extension__array_sweeps__shared_array():
    """One forward sweep gives the derivatives at many points. Case: u = x*x + 0.5; u*u - u*x at x=[1.4, -0.6, 0.3] sweeps x, u, x."""
    x = Node(np.array([1.4, -0.6, 0.3]))
    v1 = mul(x, x)
    c2 = Node(0.5)
    u = add(v1, c2)
    v4 = mul(u, u)
    v5 = mul(u, x)
    output = sub(v4, v5)
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([2.8, -1.2, 0.6]), v1.partial_derivative)
    expect("u.partial_derivative", np.array([2.8, -1.2, 0.6]), u.partial_derivative)
    expect("v4.partial_derivative", np.array([13.776, -2.064, 0.708]), v4.partial_derivative)
    expect("v5.partial_derivative", np.array([6.379999999999999, 1.58, 0.77]), v5.partial_derivative)
    expect("output.partial_derivative", np.array([7.396000000000001, -3.644, -0.062000000000000055]), output.partial_derivative, np.array([20.156, 3.644, 1.478]))
    forward(u)
    expect("u.partial_derivative", np.array([1.0, 1.0, 1.0]), u.partial_derivative)
    expect("v4.partial_derivative", np.array([4.92, 1.72, 1.18]), v4.partial_derivative)
    expect("v5.partial_derivative", np.array([1.4, -0.6, 0.3]), v5.partial_derivative)
    expect("output.partial_derivative", np.array([3.52, 2.32, 0.8799999999999999]), output.partial_derivative, np.array([6.32, 2.32, 1.48]))
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([2.8, -1.2, 0.6]), v1.partial_derivative)
    expect("u.partial_derivative", np.array([2.8, -1.2, 0.6]), u.partial_derivative)
    expect("v4.partial_derivative", np.array([13.776, -2.064, 0.708]), v4.partial_derivative)
    expect("v5.partial_derivative", np.array([6.379999999999999, 1.58, 0.77]), v5.partial_derivative)
    expect("output.partial_derivative", np.array([7.396000000000001, -3.644, -0.062000000000000055]), output.partial_derivative, np.array([20.156, 3.644, 1.478]))


def test_extension__array_sweeps__whole_number_entries():
    """One forward sweep gives the derivatives at many points. Case: x*x*x + x/2 at x=[2, -3, 5]."""
    x = Node(np.array([2, -3, 5]))
    v1 = mul(x, x)
    v2 = mul(v1, x)
    c3 = Node(2.0)
    v4 = div(x, c3)
    output = add(v2, v4)
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([4.0, -6.0, 10.0]), v1.partial_derivative)
    expect("v2.partial_derivative", np.array([12.0, 27.0, 75.0]), v2.partial_derivative)
    expect("v4.partial_derivative", np.array([0.5, 0.5, 0.5]), v4.partial_derivative)
    expect("output.partial_derivative", np.array([12.5, 27.5, 75.5]), output.partial_derivative)


def test_extension__array_sweeps__one_entry():
    """One forward sweep gives the derivatives at many points. Case: u = x*x + 0.5; u*u - u*x at x=[1.4]."""
    x = Node(np.array([1.4]))
    v1 = mul(x, x)
    c2 = Node(0.5)
    u = add(v1, c2)
    v4 = mul(u, u)
    v5 = mul(u, x)
    output = sub(v4, v5)
    forward(x)
    expect("x.partial_derivative", np.array([1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([2.8]), v1.partial_derivative)
    expect("u.partial_derivative", np.array([2.8]), u.partial_derivative)
    expect("v4.partial_derivative", np.array([13.776]), v4.partial_derivative)
    expect("v5.partial_derivative", np.array([6.379999999999999]), v5.partial_derivative)
    expect("output.partial_derivative", np.array([7.396000000000001]), output.partial_derivative, np.array([20.156]))


def test_extension__array_sweeps__twelve_entries():
    """One forward sweep gives the derivatives at many points. Case: x*y + sin(x) at x=[0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6], y=[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1] sweeps x, y."""
    x = Node(np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]))
    y = Node(np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]))
    v1 = mul(x, y)
    v2 = sin(x)
    output = add(v1, v2)
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]), v1.partial_derivative)
    expect("v2.partial_derivative", np.array([0.9210609940028851, -0.12884449429552464, -0.8568887533689473, 0.26749882862458735, 0.6967067093471654, -0.9991351502732795, 0.9800665778412416, 0.4535961214255773, -0.5885011172553458, -0.9040721420170612, 0.6216099682706644, -0.029199522301288815]), v2.partial_derivative)
    expect("output.partial_derivative", np.array([2.821060994002885, -0.4288444942955246, -0.15688875336894736, 2.6674988286245873, -0.4032932906528347, -0.3991351502732795, 2.4800665778412414, -0.34640387857442273, -0.08850111725534582, 0.29592785798293875, -0.9783900317293357, 2.0708004776987115]), output.partial_derivative, np.array([2.821060994002885, 0.4288444942955246, 1.5568887533689473, 2.6674988286245873, 1.7967067093471654, 1.5991351502732796, 2.4800665778412414, 1.2535961214255773, 1.0885011172553458, 2.104072142017061, 2.2216099682706645, 2.1291995223012887]))
    forward(y)
    expect("y.partial_derivative", np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), y.partial_derivative)
    expect("v1.partial_derivative", np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]), v1.partial_derivative)
    expect("output.partial_derivative", np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]), output.partial_derivative)


def test_extension__array_sweeps__zero_entry():
    """One forward sweep gives the derivatives at many points. Case: u = x - y; sin(u*u) + u at x=[1.3, 1.4, -0.6], y=[1.3, 0.2, 0.7]."""
    x = Node(np.array([1.3, 1.4, -0.6]))
    y = Node(np.array([1.3, 0.2, 0.7]))
    u = sub(x, y)
    v2 = mul(u, u)
    v3 = sin(v2)
    output = add(v3, u)
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0]), x.partial_derivative)
    expect("u.partial_derivative", np.array([1.0, 1.0, 1.0]), u.partial_derivative)
    expect("v2.partial_derivative", np.array([0.0, 2.4, -2.5999999999999996]), v2.partial_derivative)
    expect("v3.partial_derivative", np.array([0.0, 0.3130169009715493, 0.3091960801711906]), v3.partial_derivative)
    expect("output.partial_derivative", np.array([1.0, 1.3130169009715493, 1.3091960801711906]), output.partial_derivative)


def test_extension__array_sweeps__zero_array():
    """One forward sweep gives the derivatives at many points. Case: (x - x) + x*y at x=[1.4, -0.6, 0.3], y=[0.2, 2.7, 1.8]."""
    x = Node(np.array([1.4, -0.6, 0.3]))
    y = Node(np.array([0.2, 2.7, 1.8]))
    v1 = sub(x, x)
    v2 = mul(x, y)
    output = add(v1, v2)
    forward(x)
    expect("x.partial_derivative", np.array([1.0, 1.0, 1.0]), x.partial_derivative)
    expect("v1.partial_derivative", np.array([0.0, 0.0, 0.0]), v1.partial_derivative, 2.0)
    expect("v2.partial_derivative", np.array([0.2, 2.7, 1.8]), v2.partial_derivative)
    expect("output.partial_derivative", np.array([0.2, 2.7, 1.8]), output.partial_derivative, np.array([2.2, 4.7, 3.8]))


def test_extension__array_sweeps__free_beside_arrays():
    """One forward sweep gives the derivatives at many points. Case: A->B, B->C, A->C."""
    A = Node(1.2780538)
    B = Node(0.51302714, [A], "sin", [-0.593])
    C = Node(-3, [B, A], "div", [1.2780538, -3])
    A.child_nodes = [B, C]
    B.child_nodes = [C]
    forward(A)
    expect("A.partial_derivative", 1.0, A.partial_derivative)
    expect("B.partial_derivative", -0.593, B.partial_derivative)
    expect("C.partial_derivative", -3.7578859034, C.partial_derivative)
