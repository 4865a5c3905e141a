"""Write test_public.py: the public cases as plain pytest that a student can read, with the values that the reference gave.

Programs are built with the student's own operators; graphs are laid out by hand, so that a later step can be tried before
the earlier ones work.
"""

from collections.abc import Iterator
from typing import Any

from grader.model import Criterion, KitFault, Step
from grader.plan import Plan
from grader.wire import expand

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

    def stop(*_):
        raise TimeoutError(f"no answer within {SECONDS} seconds: a loop that never ends, or the same work done again for every path?")

    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(SECONDS)
    yield
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
'''

FAIL = '''
def fail(expected, got):
    """Fail, showing the lines of the test up to here: what was called, what was expected, and what came back."""
    frame = inspect.currentframe()
    while not frame.f_code.co_name.startswith("test_"):
        frame = frame.f_back
    lines, first = inspect.getsourcelines(frame.f_code)
    called = [line for line in lines[2 : frame.f_lineno - first] if not line.strip().startswith(("expect", "names ="))]
    pytest.fail(f"{textwrap.dedent(''.join(called))}\\nexpected {expected}\\n     got {got}", pytrace=False)
'''

EXPECT = '''
def expect(what, expected, got, scale=None):
    """Fail unless `got` is close to `expected`."""
    scale = np.abs(expected) if scale is None else scale
    try:
        right = bool(np.all(np.abs(np.asarray(got, dtype=float) - expected) <= 1e-9 * np.abs(scale)))
    except (TypeError, ValueError):
        right = False
    if not right:
        fail(f"{what} = {expected}", f"{what} = {show(got)}")


def expect_node(name, got):
    """Fail unless an operator returned a node."""
    if not hasattr(got, "value"):
        fail(f"{name} to be a Node", f"{got!r}: is a `return` missing?" if got is None else repr(got))


def expect_same(what, expected, got):
    """Fail unless `got` is `expected`: a text, or a list of the same nodes."""
    if got != expected:
        alike = ", which are other nodes with equal values" if show(got) == show(expected) else ""
        fail(f"{what} = {show(expected)}", f"{what} = {show(got)}{alike}")


def expect_length(what, expected, got):
    """Fail unless a list has as many entries as the node has operands."""
    if not isinstance(got, list | tuple) or len(got) != expected:
        fail(f"{what} to be a list of {expected}, one for each operand", f"{what} = {show(got)}")


def expect_child(child, operand, names):
    """Fail unless the operand knows the node that was made from it."""
    if not any(node is child for node in operand.child_nodes):
        fail(f"{names[child]} among {names[operand]}.child_nodes", f"{names[operand]}.child_nodes = {show(operand.child_nodes)}")


def expect_order(root, names, reached):
    """Fail unless topological_order(root) holds root first, exactly what root reaches, and parents before children."""
    got = topological_order(root)
    called = f"topological_order({names[root]})"
    if got is None:
        fail(f"{called} to be a list that starts with {names[root]}", "None: is a `return` missing?")
    order = list(got)
    told = f"{called} = [{', '.join(names.get(node, 'something else') for node in order)}]"
    if not order or order[0] is not root:
        fail(f"{names[root]} to come first", told)
    for node in reached:
        if not any(node is other for other in order):
            fail(f"{names[node]} in the order, for {names[root]} leads to it along child_nodes", told)
    for i, node in enumerate(order):
        if not any(node is other for other in reached):
            fail(f"nothing in the order that {names[root]} does not lead to", told)
        if any(node is other for other in order[:i]):
            fail(f"{names[node]} in the order once", told)
        for parent in node.parent_nodes:
            if any(parent is other for other in order[i + 1 :]):
                fail(f"{names[parent]} before {names[node]}, which is made from it", told)


def expect_refused(root, names):
    """Fail unless topological_order(root) raises ValueError."""
    try:
        order = list(topological_order(root))
    except ValueError:
        return
    fail("a ValueError, because the graph has a cycle", f"[{', '.join(names.get(node, 'something else') for node in order)}]")


def show(thing):
    """Nodes by operator and value, so that a message never prints a whole graph."""
    if isinstance(thing, Node):
        return f"<{thing.operator} {thing.value}>"
    return f"[{', '.join(map(show, thing))}]" if isinstance(thing, list | tuple) else repr(thing)
'''


def public_tests(plan: Plan) -> str:
    """Return the text of test_public.py."""
    parts = [HEAD + "\n" + FAIL + "\n" + EXPECT]
    for bonus in (False, True):  # the extensions stand last, so that `pytest -x` comes to them last
        for step in plan.rubric.steps:
            criteria = [c for c in step.criteria if c.public and c.bonus == bonus and not c.manual]
            if criteria:
                parts.append(f"\n# ---- {step.title} {'-' * (70 - len(step.title))}\n")
            for criterion in criteria:
                parts += tests_of(plan, step, criterion)
    return "\n".join(parts)


def prefix_of(step: str, criterion: Criterion) -> str:
    """Return how the names of a criterion's tests begin."""
    return f"test_{'extension' if criterion.bonus else step.replace('-', '_')}__{criterion.id}"


def name_of_test(step: str, criterion: Criterion, case: str) -> str:
    """Return the name of the test that shows a public case."""
    return f"{prefix_of(step, criterion)}__{case.replace('-', '_')}"


def tests_of(plan: Plan, step: Step, criterion: Criterion) -> list[str]:
    """Return the texts of a criterion's tests, one function a case; each begins with an empty line."""
    cases = (plan.expected["cases"][key] for key in plan.expected["criteria"][f"{step.id}/{criterion.id}"])
    return ["\n".join(_test(name_of_test(step.id, criterion, case["id"]), criterion, case)) + "\n" for case in cases]


def _test(name: str, criterion: Criterion, case: dict[str, Any]) -> Iterator[str]:
    yield f"\ndef {name}():"
    yield f'    """{criterion.says} Case: {case["text"]}."""'
    if len(case["names"]) == 0:
        yield from _deep(case)
        return
    own = case["own"] if case["own"] and (case["asks"] == "nodes" or case["own"]["build"] == "operators") else None
    rows = list(expand(own["rows"] if own else case["given_rows"]))
    yield from (f"    {line}" for line in _made(case, rows, own["build"] if own else "laid out"))
    yield from (f"    {line}" for line in BODIES[case["asks"]](criterion, case, own))


def _made(case: dict[str, Any], rows: list[list[Any]], build: str) -> Iterator[str]:
    names = case["names"]
    for i, (_, value, operator, offsets, partials, *_) in enumerate(rows):
        operands = ", ".join(names[i + offset] for offset in offsets if offset < 0)
        if not offsets:
            yield f"{names[i]} = Node({_number(value)})"
        elif build == "operators":
            yield f"{names[i]} = {operator}({operands})"
        elif build == "create":
            yield f'{names[i]} = create_node({_number(value)}, [{operands}], "{operator}", {_numbers(partials)})'
        else:
            yield f'{names[i]} = Node({_number(value)}, [{operands}], "{operator}", {_numbers(partials)})'
    if build == "laid out":
        yield from _links(names, rows)


def _links(names: list[str], rows: list[list[Any]]) -> Iterator[str]:
    """Yield what links laid-out nodes, as data: a loop here would show how create_node is written."""
    children: dict[int, list[str]] = {}
    for i, (_, _, _, offsets, *_) in enumerate(rows):
        for offset in offsets:
            children.setdefault(i + offset, []).append(names[i])
            if offset >= 0:  # the link that closes a cycle: its operand did not exist yet when the node was made
                yield f"{names[i]}.parent_nodes = [{', '.join(names[i + o] for o in offsets)}]"
    for i in sorted(children):
        yield f"{names[i]}.child_nodes = [{', '.join(children[i])}]"


def _nodes(criterion: Criterion, case: dict[str, Any], _: Any) -> Iterator[str]:
    if criterion.id not in SHOWN:
        raise KitFault(f"criterion {criterion.id} is public: say in {__name__} how a student's test shows it, or make it hidden")
    names, rows = case["names"], list(expand(case["own"]["graph"]))
    for i, (_, value, operator, offsets, partials, _) in enumerate(rows):
        operands = [names[i + offset] for offset in offsets]
        if not operands:
            continue
        yield f'expect_node("{names[i]}", {names[i]})'
        if criterion.id in ("values", "array_operators"):
            yield f'expect("{names[i]}.value", {_number(value)}, {names[i]}.value)'
        if criterion.id in ("local_partials", "array_operators"):
            yield f'expect_length("{names[i]}.grad_wrt_parents", {len(partials)}, {names[i]}.grad_wrt_parents)'
            for k, partial in enumerate(partials):
                yield f'expect("{names[i]}.grad_wrt_parents[{k}]", {_number(partial)}, {names[i]}.grad_wrt_parents[{k}])'
        if criterion.id == "operator_names":
            yield f'expect_same("{names[i]}.operator", "{operator}", {names[i]}.operator)'
        if criterion.id == "operands":
            yield f'expect_same("{names[i]}.parent_nodes", [{", ".join(operands)}], list({names[i]}.parent_nodes))'
        if criterion.id == "children":
            yield f"names = {_names(names)}"
            yield from (f"expect_child({names[i]}, {operand}, names)" for operand in dict.fromkeys(operands))


def _order(_: Criterion, case: dict[str, Any], __: Any) -> Iterator[str]:
    names = case["names"]
    if case["cyclic"]:
        yield f"expect_refused({names[case['roots'][0]]}, {_names(names)})"
        return
    children: list[list[int]] = [[] for _ in names]
    for i, row in enumerate(expand(case["given_rows"])):
        for offset in row[3]:
            children[i + offset].append(i)
    yield f"names = {_names(names)}"
    for root in case["roots"]:
        reached, todo = {root}, [root]
        while todo:
            new = set(children[todo.pop()]) - reached
            reached |= new
            todo += new
        yield f"expect_order({names[root]}, names, [{', '.join(names[i] for i in sorted(reached))}])"


def _sweeps(criterion: Criterion, case: dict[str, Any], own: dict[str, Any] | None) -> Iterator[str]:
    names, sweeps = case["names"], own["sweeps"] if own else case["given_sweeps"]
    attribute = {"forward": "partial_derivative", "backward": "adjoint"}[case["asks"]]
    for root, values, scales in zip(case["roots"], sweeps["values"], sweeps["scale"], strict=True):
        yield f"{case['asks']}({names[root]})"
        for name, value, scale in zip(names, values, scales, strict=True):
            if value is not None:
                yield f'expect("{name}.{attribute}", {_number(value)}, {name}.{attribute}, {_number(scale)})'


SHOWN = ("values", "local_partials", "operator_names", "operands", "children", "array_operators")
BODIES = {"nodes": _nodes, "order": _order, "forward": _sweeps, "backward": _sweeps}


def _deep(case: dict[str, Any]) -> Iterator[str]:
    size = sum(row[0] for row in case["given_rows"])
    yield "    nodes = [Node(0.5)]"
    yield f"    while len(nodes) < {size}:"
    yield '        nodes.append(Node(0.5, [nodes[-1]], "sin", [1.5]))'
    yield "        nodes[-2].child_nodes = [nodes[-1]]"
    yield "    order = list(topological_order(nodes[0]))"
    yield f"    assert len(order) == {size}"
    yield "    assert all(got is expected for got, expected in zip(order, nodes, strict=True))"


def _number(value: Any) -> str:
    return f"np.array({value})" if isinstance(value, list) else repr(value)


def _numbers(values: list[Any]) -> str:
    return f"[{', '.join(map(_number, values))}]"


def _names(names: list[str]) -> str:
    return "{" + ", ".join(f'{name}: "{name}"' for name in names) + "}"
