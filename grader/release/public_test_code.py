"""The code of one public test: the statements that make its nodes, and those that say what is expected of them.

`grader.release.public_tests` decides which cases a test asks, and puts its code together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from grader.formats import CaseData, OwnWay
from grader.model import Criterion, KitFault, Rows, Step
from grader.release.public_layout import MOST, WIDTH, literal, number_text
from grader.topology import children_of, parents_of, reached

LONG = 200
"""Nodes of a chain beyond which it is written as a loop."""
KINDS = {
    "values": ("value",),
    "operator_names": ("operator",),
    "operands": ("operands",),
    "local_partials": ("partials",),
    "children": ("children",),
    "array_operators": ("value", "partials"),
}
"""By check: what a test expects of a node. Sweeps and orders have one kind each."""
ASKS = {"order": ("order",), "forward": ("derivative",), "backward": ("adjoint",)}
FIELDS = ("value", "operator", "operands", "partials", "children")


@dataclass(frozen=True, slots=True)
class Asked:
    """A case that a criterion asks."""

    step: Step
    criterion: Criterion
    case: CaseData

    @property
    def prefix(self) -> str:
        return "extension" if self.criterion.bonus else self.step.id.replace("-", "_")

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the test expects, in words of public_checks.py. Raises KitFault for a check that it does not know."""
        found = KINDS.get(self.criterion.check) if self.case["asks"] == "nodes" else ASKS[self.case["asks"]]
        if found is None:
            raise KitFault(
                f"criterion {self.criterion.id} is public: say in {__name__} how a student's test shows {self.criterion.check}, "
                "or make it hidden"
            )
        return found

    @property
    def own(self) -> OwnWay | None:
        """The program that the test builds by calling the student's functions. None if the test writes the nodes as data."""
        own = self.case["own"]
        return own if own and (self.case["asks"] == "nodes" or own["build"] == "operators") else None

    @property
    def graph(self) -> Rows:
        """The program's nodes as the reference makes them."""
        assert self.case["own"]
        return self.case["own"]["graph"]

    @property
    def rows(self) -> list[list[Any]]:
        """The nodes that the test makes: value, operator, offsets of the operands and partials."""
        rows: list[list[Any]] = self.own["rows"] if self.own else self.case["given_rows"]
        return rows

    @property
    def build(self) -> str:
        return str(self.own["build"]) if self.own else "laid out"


def made(one: Asked) -> Iterator[str]:
    """Yield the statements that make the nodes: inputs first, on one line."""
    if one.build == "laid out" and one.case["asks"] == "order":
        if not is_long_chain(one):
            links = _links(one)
            linked = ", ".join(dict.fromkeys(links.replace("->", ", ").split(", ")))
            yield f"{linked} = graph({literal(links, max(40, WIDTH - len(linked) - 16))})"
        return
    names, rows = one.case["names"], one.rows
    inputs = [i for i, row in enumerate(rows) if not row[2]]
    yield from _side_by_side([names[i] for i in inputs], [f"Node({number_text(rows[i][0])})" for i in inputs])
    for i, (value, operator, offsets, partials, *_) in enumerate(rows):
        operands = ", ".join(names[i + offset] for offset in offsets)
        if offsets and one.build == "operators":
            yield f"{names[i]} = {operator}({operands})"
        elif offsets:
            maker = "create_node" if one.build == "create" else "Node"
            yield f"{names[i]} = {maker}({number_text(value)}, [{operands}], {literal(operator)}, {_numbers(partials)})"
    if one.build == "laid out":  # as data: a loop here would show how create_node is written
        its = {names[i]: [names[j] for j in children] for i, children in enumerate(children_of(parents_of(rows))) if children}
        yield from _side_by_side([f"{name}.child_nodes" for name in its], [f"[{', '.join(listed)}]" for listed in its.values()])


def _side_by_side(left: list[str], right: list[str]) -> Iterator[str]:
    """Yield one assignment of all, or one of each if that line would be too long."""
    together = f"{', '.join(left)} = {', '.join(right)}"
    yield from [together] if len(together) <= WIDTH - 4 else map(" = ".join, zip(left, right, strict=True))


def _links(one: Asked) -> str:
    """Return the arrows of a graph, as in `A->B, B->C`."""
    names = one.case["names"]
    return ", ".join(f"{names[i + offset]}->{names[i]}" for i, row in enumerate(one.rows) for offset in row[2])


def expectations_of_nodes(asked: list[Asked]) -> Iterator[str]:
    """Yield what is expected of each node, all fields in one call."""
    if not asked:
        return
    first, kinds = asked[0], {kind for one in asked for kind in one.kinds}
    made_only = {kind for one in asked for kind in one.kinds if one.criterion.check in ("values", "array_operators")}
    names, rows = first.case["names"], first.graph
    children, entries = children_of(parents_of(rows)), _entries(rows)
    if kinds == {"children"}:
        its = (f"{name}=[{', '.join(names[j] for j in them)}]" for name, them in zip(names, children, strict=True))
        yield f"expect_children({', '.join(its)})"
        return
    for i, (value, operator, offsets, partials, _) in enumerate(rows):
        fields = {
            "value": number_text(_spread(value, entries), MOST),
            "operator": literal(operator),
            "operands": f"[{', '.join(names[i + offset] for offset in offsets)}]",
            "partials": _numbers([_spread(partial, entries) for partial in partials or ()], MOST),
            "children": f"[{', '.join(names[j] for j in children[i])}]",
        }
        asks = [kind for kind in FIELDS if kind in kinds and (offsets or kind not in made_only)]
        call = "expect_node"
        if not offsets and {"operator", "operands", "partials"} <= set(asks):
            call, asks = "expect_input", [kind for kind in asks if kind not in ("operator", "operands", "partials")]
        if asks:
            yield f'{call}("{names[i]}", {names[i]}, {", ".join(f"{kind}={fields[kind]}" for kind in asks)})'


def expectations_of_orders(one: Asked) -> Iterator[str]:
    names, case = one.case["names"], one.case
    if case["cyclic"]:
        yield f"expect_refused({names[case['roots'][0]]})"
        return
    children = children_of(parents_of(case["given_rows"]))
    for root in case["roots"]:
        links = (f"({names[i]}, {names[j]})" for i in sorted(reached(children, root)) for j in dict.fromkeys(children[i]))
        name = "nodes[0]" if is_long_chain(one) else names[root]
        yield f"expect_order({name})" if one.build == "laid out" else f"expect_order({name}, [{', '.join(links)}])"


ATTRIBUTES = {"forward": "expect_derivatives", "backward": "expect_adjoints"}


def expectations_of_sweeps(one: Asked) -> Iterator[str]:
    names, sweeps = one.case["names"], one.own["sweeps"] if one.own else one.case["given_sweeps"]
    entries = _entries(one.rows)
    for root, values, scales in zip(one.case["roots"], sweeps["values"], sweeps["scale"], strict=True):
        expected = []
        for name, value, scale in zip(names, values, scales, strict=True):
            if value is not None:
                its, sizes = _spread(value, entries), _spread(scale, entries)
                near = _sizes(its) != _sizes(sizes)
                text = number_text(its, MOST)
                expected.append(f"{name}=within({text}, {number_text(sizes, MOST)})" if near else f"{name}={text}")
        yield f"{one.case['asks']}({names[root]})"
        yield f"{ATTRIBUTES[one.case['asks']]}({', '.join(expected)})"


def is_long_chain(one: Asked) -> bool:
    case = one.case
    return (
        case["asks"] == "order"
        and case["roots"] == [0]
        and len(case["names"]) > LONG
        and all(offsets == [-1] for _, _, offsets, _ in case["given_rows"][1:])
    )


def long_chain(case: CaseData) -> Iterator[str]:
    yield "nodes = [Node(0.5)]"
    yield f"while len(nodes) < {len(case['names'])}:"
    yield '    nodes.append(Node(0.5, [nodes[-1]], "sin", [1.5]))'
    yield "    nodes[-2].child_nodes = [nodes[-1]]"


def _entries(rows: Iterable[list[Any]]) -> int | None:
    """Return how many entries the arrays of a graph have; None where it holds numbers only."""
    numbers = (number for row in rows for number in (row[0], *(row[3] or ())))
    return next((len(number) for number in numbers if isinstance(number, list)), None)


def _spread(value: Any, entries: int | None) -> Any:
    """Return an expected number as an array where the graph holds arrays."""
    return value if entries is None or isinstance(value, list) else [value] * entries


def _sizes(value: Any) -> list[float]:
    return [abs(number) for number in (value if isinstance(value, list) else [value])]


def _numbers(values: list[Any], digits: int | None = None) -> str:
    return f"[{', '.join(number_text(value, digits) for value in values)}]"
