"""Write test_public.py: the public cases as plain pytest that a student can read, with the values that the reference gave.

Programs are built with the student's own operators; graphs are laid out by hand, so that a later step can be tried before
the earlier ones work.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from grader.model import Criterion, KitFault, Step
from grader.plan import Plan
from grader.public_tools import EXPECT, FAIL, HEAD
from grader.wire import expand


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
    for i, (_, _, _, offsets, *_) in enumerate(rows):
        if any(offset >= 0 for offset in offsets):  # the link that closes a cycle: its operand did not exist yet when the node was made
            yield f"{names[i]}.parent_nodes = [{', '.join(names[i + o] for o in offsets)}]"
    for i, its in enumerate(_children(rows)):
        if its:
            yield f"{names[i]}.child_nodes = [{', '.join(names[j] for j in its)}]"


def _nodes(criterion: Criterion, case: dict[str, Any], _: Any) -> Iterator[str]:
    if criterion.id not in SHOWN:
        raise KitFault(f"criterion {criterion.id} is public: say in {__name__} how a student's test shows it, or make it hidden")
    names, rows = case["names"], list(expand(case["own"]["graph"]))
    children, entries = _children(rows), _entries(rows)
    for i, (_, value, operator, offsets, partials, _) in enumerate(rows):
        node, operands = names[i], [names[i + offset] for offset in offsets]
        if operands:
            yield f'expect_node("{node}", {node})'
        if operands and criterion.id in ("values", "array_operators"):
            yield f'expect("{node}.value", {_number(_spread(value, entries))}, {node}.value)'
        if criterion.id == "local_partials" or (operands and criterion.id == "array_operators"):
            numbers = _numbers([_spread(partial, entries) for partial in partials or ()])
            yield f'expect_numbers("{node}.grad_wrt_parents", {numbers}, {node}.grad_wrt_parents)'
        if criterion.id == "operator_names":
            yield f'expect_text("{node}.operator", "{operator}", {node}.operator)'
        if criterion.id == "operands":
            yield f'expect_nodes("{node}.parent_nodes", [{", ".join(operands)}], {node}.parent_nodes)'
        if criterion.id == "children":
            yield f'expect_children("{node}.child_nodes", [{", ".join(names[j] for j in children[i])}], {node}.child_nodes)'


def _order(_: Criterion, case: dict[str, Any], __: Any) -> Iterator[str]:
    names = case["names"]
    if case["cyclic"]:
        yield f"expect_refused({names[case['roots'][0]]})"
        return
    children = _children(list(expand(case["given_rows"])))
    for root in case["roots"]:
        reached, todo = {root}, [root]
        while todo:
            new = set(children[todo.pop()]) - reached
            reached |= new
            todo += new
        links = (f"({names[i]}, {names[j]})" for i in sorted(reached) for j in dict.fromkeys(children[i]))
        yield f"expect_order({names[root]}, [{', '.join(links)}])"


def _sweeps(criterion: Criterion, case: dict[str, Any], own: dict[str, Any] | None) -> Iterator[str]:
    names, sweeps = case["names"], own["sweeps"] if own else case["given_sweeps"]
    entries = _entries(expand(own["rows"] if own else case["given_rows"]))
    attribute = {"forward": "partial_derivative", "backward": "adjoint"}[case["asks"]]
    for root, values, scales in zip(case["roots"], sweeps["values"], sweeps["scale"], strict=True):
        yield f"{case['asks']}({names[root]})"
        for name, value, scale in zip(names, values, scales, strict=True):
            if value is not None:
                its = _spread(value, entries)
                size = "" if _sizes(its) == _sizes(_spread(scale, entries)) else f", {_number(scale)}"
                yield f'expect("{name}.{attribute}", {_number(its)}, {name}.{attribute}{size})'


SHOWN = ("values", "local_partials", "operator_names", "operands", "children", "array_operators")
BODIES = {"nodes": _nodes, "order": _order, "forward": _sweeps, "backward": _sweeps}


def _deep(case: dict[str, Any]) -> Iterator[str]:
    size = sum(row[0] for row in case["given_rows"])
    yield "    nodes = [Node(0.5)]"
    yield f"    while len(nodes) < {size}:"
    yield '        nodes.append(Node(0.5, [nodes[-1]], "sin", [1.5]))'
    yield "        nodes[-2].child_nodes = [nodes[-1]]"
    yield "    root = nodes[0]"
    yield "    expect_order(root, list(zip(nodes, nodes[1:])))"


def _children(rows: list[list[Any]]) -> list[list[int]]:
    """Return each node's children, once per use."""
    children: list[list[int]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for offset in row[3]:
            children[i + offset].append(i)
    return children


def _entries(rows: Iterable[list[Any]]) -> int | None:
    """Return how many entries the arrays of a graph have; None where it holds numbers only."""
    numbers = (number for row in rows for number in (row[1], *(row[4] or ())))
    return next((len(number) for number in numbers if isinstance(number, list)), None)


def _spread(value: Any, entries: int | None) -> Any:
    """Return an expected number as an array where the graph holds arrays: so that one may stand in its place."""
    return value if entries is None or isinstance(value, list) else [value] * entries


def _sizes(value: Any) -> list[float]:
    return [abs(number) for number in (value if isinstance(value, list) else [value])]


def _number(value: Any) -> str:
    return f"np.array({value})" if isinstance(value, list) else repr(value)


def _numbers(values: list[Any]) -> str:
    return f"[{', '.join(map(_number, values))}]"
