"""Write test_public.py: the public cases as plain pytest that a student can read, with the values that the reference gave.

Programs are built with the student's own operators; graphs are laid out by hand, so that a later step can be tried before
the earlier ones work.
"""

from collections.abc import Iterator
from typing import Any

from grader.model import Criterion, KitFault
from grader.plan import Plan
from grader.wire import expand

HEAD = '''"""The public cases, as tests that you can read and run. Written by the course's tools: edit autodiff.py, not this file.

Values are compared as in grading: a derivative is right within 1e-9 of the sum over all paths of absolute products.
"""

import signal

import numpy as np
import pytest

import autodiff
from autodiff import Node

SECONDS = 10


@pytest.fixture(autouse=True)
def time_limit():
    """End a test that takes too long, where the system can do that."""

    def stop(*_):
        raise TimeoutError(f"no answer within {SECONDS} seconds: is there a loop that never ends?")

    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, stop)
        signal.alarm(SECONDS)
    yield
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)


def expect(what, expected, got, scale=None):
    """Fail, saying what was expected and what came back, unless `got` is close to `expected`."""
    scale = np.abs(expected) if scale is None else scale
    try:
        right = bool(np.all(np.abs(np.asarray(got, dtype=float) - expected) <= 1e-9 * np.abs(scale)))
    except (TypeError, ValueError):
        right = False
    if not right:
        pytest.fail(f"expected {what} = {expected}\\n     got {what} = {got}", pytrace=False)


def expect_same(what, expected, got):
    """Fail unless `got` is `expected`: a text, or a list of the same nodes."""
    if got != expected:
        pytest.fail(f"expected {what} = {show(expected)}\\n     got {what} = {show(got)}", pytrace=False)


def expect_child(child, operand, names):
    """Fail unless the operand knows the node that was made from it."""
    if not any(node is child for node in operand.child_nodes):
        pytest.fail(f"expected {names[child]} among {names[operand]}.child_nodes\\n     got {show(operand.child_nodes)}", pytrace=False)


def expect_order(root, names, reached):
    """Fail unless topological_order(root) holds root first, exactly what root reaches, and parents before children."""
    got = autodiff.topological_order(root)
    order = list(got) if got is not None else None
    told = f"topological_order({names[root]}) = " + (str([names.get(node, "?") for node in order]) if order is not None else "None")
    if order is None or not order or order[0] is not root:
        pytest.fail(f"expected {names[root]} to come first\\n     got {told}", pytrace=False)
    if sorted(map(id, order)) != sorted(map(id, reached)):
        pytest.fail(f"expected each of {[names[node] for node in reached]} once, in some order\\n     got {told}", pytrace=False)
    place = {node: i for i, node in enumerate(order)}
    for node in order[1:]:
        for parent in node.parent_nodes:
            if parent in place and place[parent] > place[node]:
                pytest.fail(f"expected {names[parent]} before {names[node]}, which is made from it\\n     got {told}", pytrace=False)


def show(thing):
    """Nodes by operator and value, so that a message never prints a whole graph."""
    if isinstance(thing, Node):
        return f"<{thing.operator} {thing.value}>"
    return f"[{', '.join(map(show, thing))}]" if isinstance(thing, list | tuple) else repr(thing)

'''


def public_tests(plan: Plan) -> str:
    """Return the text of test_public.py."""
    parts = [HEAD]
    for step in plan.rubric.steps:
        group = "extension_" + step.id if not step.points else step.id.replace("-", "_")
        parts.append(f"\n# ---- {step.title} {'-' * (70 - len(step.title))}\n")
        for criterion in (c for c in step.criteria if c.public):
            prefix = f"test_{'extension_' if criterion.bonus and step.points else ''}{group}__{criterion.id}"
            for key in plan.expected["criteria"][f"{step.id}/{criterion.id}"]:
                parts.append("\n".join(_test(prefix, criterion, plan.expected["cases"][key])) + "\n")
    return "\n".join(parts)


def _test(prefix: str, criterion: Criterion, case: dict[str, Any]) -> Iterator[str]:
    yield f"\ndef {prefix}__{case['id'].replace('-', '_')}():"
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
            yield f"{names[i]} = autodiff.{operator}({operands})"
        elif build == "create":
            yield f'{names[i]} = autodiff.create_node({_number(value)}, [{operands}], "{operator}", {_numbers(partials)})'
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
        if criterion.id in ("values", "array_operators"):
            yield f'expect("{names[i]}.value", {_number(value)}, {names[i]}.value)'
        if criterion.id in ("local_partials", "array_operators"):
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
        yield "with pytest.raises(ValueError):"
        yield f"    list(autodiff.topological_order({names[case['roots'][0]]}))"
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
        yield f"autodiff.{case['asks']}({names[root]})"
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
    yield "    order = list(autodiff.topological_order(nodes[0]))"
    yield f"    assert len(order) == {size}"
    yield "    assert all(got is expected for got, expected in zip(order, nodes, strict=True))"


def _number(value: Any) -> str:
    return f"np.array({value})" if isinstance(value, list) else repr(value)


def _numbers(values: list[Any]) -> str:
    return f"[{', '.join(map(_number, values))}]"


def _names(names: list[str]) -> str:
    return "{" + ", ".join(f'{name}: "{name}"' for name in names) + "}"
