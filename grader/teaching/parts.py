"""Compute the generated parts of handout and slides by name: numbers, tables and figures.

Facts.ask(kit)                      what the reference computes for the example; its process is gone afterwards
parts(facts)                        text by name, for the marks `<!-- = name -->...<!-- / -->`
figures(facts)                      Figure by name; the part `figure:NAME` shows assignment/figures/NAME.svg
"""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.kit import Kit
from grader.plan.oracle import Oracle
from grader.teaching.example import SINE_FIRST, Traced, ask_example, breadth_first, quotients, sweep_along
from grader.teaching.figures import Figure, Look, figure, in_words
from grader.teaching.words import BLANK, factor, number, table

DOUBLE_ROOT = "x2"
"""The root of the sweep that goes wrong in two ways: after a sweep from x1, and along a breadth-first walk."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reference computes, and two wrong sweeps that are worked out from its graph."""

    example: Traced
    sine_first: Traced
    quotients: list[tuple[float, float]]
    walk: tuple[int, ...]
    """The breadth-first walk of `sine_first` from x2."""
    walked: list[float]
    """What a sweep along that walk leaves."""
    stale: list[float]
    """What a sweep of `example` from x2 leaves if it reads what a sweep from x1 left in nodes that x2 does not reach."""

    @classmethod
    def ask(cls, kit: Kit, sandbox: str = "auto") -> "Facts":
        with Oracle(kit.reference, kit.pristine_node, sandbox) as oracle:
            example, sine_first, found = ask_example(oracle), ask_example(oracle, SINE_FIRST), quotients(oracle)
        walk = breadth_first(sine_first, DOUBLE_ROOT)
        held = [value or 0.0 for value in example.tangents["x1"]]
        return cls(
            example, sine_first, found, walk, sweep_along(sine_first, walk, [0.0] * len(held)),
            sweep_along(example, example.orders[DOUBLE_ROOT], held),
        )  # fmt: skip


def parts(facts: Facts) -> dict[str, str]:
    """Return the text of every generated part."""
    e = facts.example
    made = {
        **{f"value.{name}": number(e.values[i]) for i, name in enumerate(e.names)},
        **{f"d.{root}.{name}": number(its[i] or 0.0) for root, its in e.tangents.items() for i, name in enumerate(e.names)},
        **{f"adjoint.{name}": number(e.adjoints[i] or 0.0) for i, name in enumerate(e.names)},
        **{f"stale.{name}": number(facts.stale[i]) for i, name in enumerate(e.names)},
        **{f"walked.{name}": number(facts.walked[i]) for i, name in enumerate(facts.sine_first.names)},
        "slip": number(facts.stale[-1], 3),
        "walk": _names(facts.sine_first, facts.walk),
        "order.x1": _names(e, e.orders["x1"]),
        "order.x2": _names(e, e.orders["x2"]),
        "quotients": _quotients(facts),
        "program": _program(e),
        "evaluation": _evaluation(e),
        "partials-blank": _partials_blank(e),
        "tangents.x1": _tangents(e, "x1", filled=True),
        "tangents-blank.x2": _tangents(e, "x2", filled=False),
        "tangents.x2": _tangents(e, "x2", filled=True),
        "order-blank": _order_blank(facts.sine_first),
        "stale": _stale(facts),
        "adjoints": _adjoints(e, filled=True),
        "adjoints-blank": _adjoints(e, filled=False),
        **{f"evaluation.{count}": _beginning(e, count) for count in range(2, len(e.names) + 1)},
    }
    return {**made, **{f"figure:{name}": f"![{its.says}](figures/{name}.svg)" for name, its in figures(facts).items()}}


def figures(facts: Facts) -> dict[str, Figure]:
    """Return every figure by name."""
    return dict(_figures(facts))


def _figures(facts: Facts) -> Iterator[tuple[str, Figure]]:
    e, s = facts.example, facts.sine_first
    values = [f"({number(value)})" for value in e.values]
    yield "graph", figure("graph", e, f"The graph of the example. {in_words(e, values)}.", Look())
    node = ("x1", "x2", "v2")
    says = "The node v2 = mul(x1, x2) and its two operands: the arrow from x1 carries the partial 5, the arrow from x2 the partial 2."
    yield "node", figure("node", e, says, Look(only=node))
    places = {s.names[i]: f"place {place}" for place, i in enumerate(facts.walk, start=1)}
    late = [(s.names[p], s.names[i]) for i in facts.walk for p in s.parents[i] if places.get(s.names[p], "") > places[s.names[i]]]
    says = f"A breadth-first walk from x2 meets {_names(s, facts.walk)}. The arrow from {late[0][0]} to {late[0][1]} points backward in it."
    outside = {name: "not-asked" for i, name in enumerate(s.names) if i not in facts.walk}
    look = Look(values=False, partials=False, below=places, backward=late, marks={**outside, late[0][1]: "broken"})
    yield "breadth-first", figure("breadth-first", s, says, look)
    for root, its in e.tangents.items():
        below = {name: f"d {number(d)}" for name, d in zip(e.names, its, strict=True) if d is not None}
        says = f"The sweep from {root}: {'; '.join(f'd {name} = {text[2:]}' for name, text in below.items())}. Other nodes are not reached."
        yield f"sweep-{root}", figure(f"sweep-{root}", e, says, Look(below=below, marks=_unreached(e, below, root)))
    below = {name: f"d {number(d)}" for name, d in zip(e.names, facts.stale, strict=True)}
    wrong = {name: "broken" for name, got, right in zip(e.names, facts.stale, e.tangents["x2"], strict=True) if right not in (None, got)}
    says = f"A second sweep from x2 that reads the old derivatives of x1 and v1: y gets {below['y'][2:]}, and v2, v3 and y are wrong."
    yield "stale", figure("stale", e, says, Look(below=below, marks=wrong))
    below = {name: f"adj {number(a or 0.0)}" for name, a in zip(e.names, e.adjoints, strict=True)}
    says = f"The reverse sweep from y: {'; '.join(f'adjoint of {name} = {text[4:]}' for name, text in reversed(below.items()))}."
    yield "reverse", figure("reverse", e, says, Look(below=below, marks={"y": "now"}))
    blank = {name: text if name == "y" else f"adj {BLANK}" for name, text in below.items()}
    says = "The same graph for the reverse sweep: y has the adjoint 1, the other adjoints are blank."
    yield "reverse-blank", figure("reverse-blank", e, says, Look(below=blank, marks={"y": "now"}))
    for count in range(2, len(e.names) + 1):
        marks = {name: "now" if i == count - 1 or (count == 2 and i == 0) else "not-asked" if i >= count else "right"
                 for i, name in enumerate(e.names)}  # fmt: skip
        known = [f"({number(value)})" for value in e.values[:count]] + [""] * (len(e.names) - count)
        says = f"The graph when {count} of {len(e.names)} nodes are computed: {in_words(e, known)}."
        yield f"trace-{count}", figure(f"trace-{count}", e, says, Look(marks=marks))


def _unreached(program: Traced, reached: dict[str, str], root: str) -> dict[str, str]:
    return {name: "not-asked" for name in program.names if name not in reached} | {root: "now"}


def _names(program: Traced, order: tuple[int, ...]) -> str:
    return ", ".join(program.names[i] for i in order)


def _made(program: Traced, i: int) -> str:
    operands = ", ".join(program.names[p] for p in program.parents[i])
    return f"{program.operators[i]}({operands})" if operands else program.operators[i]


# ---- tables -------------------------------------------------------------------


def _quotients(facts: Facts) -> str:
    return table(
        ("h", "(f(x1 + h, x2) − f(x1, x2)) / h"), [(f"{h:g}".replace("e-0", "e-"), number(q)) for h, q in facts.quotients], right=(0, 1)
    )


def _program(program: Traced) -> str:
    outputs = [repr(program.tangents[root][-1]) for root in program.tangents]
    return f"""```python
x1, x2 = Node({program.values[0]}), Node({program.values[1]})
y = sub(add(log(x1), mul(x1, x2)), sin(x2))
forward(x1)
print(y.partial_derivative)  # {outputs[0]}
forward(x2)
print(y.partial_derivative)  # {outputs[1]}
```"""


def _evaluation(program: Traced) -> str:
    rows = []
    for i, name in enumerate(program.names):
        pairs = zip(program.parents[i], program.partials[i], strict=True)
        partials = ", ".join(f"∂{name}/∂{program.names[p]} = {number(q)}" for p, q in pairs)
        rows.append((name, _made(program, i), number(program.values[i]), partials or "none"))
    return table(("node", "made by", "value", "local partials, one per operand"), rows, right=(2,))


def _beginning(program: Traced, count: int) -> str:
    """Return the first lines of the evaluation trace, short enough to fit beside the graph."""
    rows = [
        (name, _made(program, i), number(program.values[i]), ", ".join(map(number, program.partials[i])) or "none")
        for i, name in enumerate(program.names[:count])
    ]
    return table(("node", "made by", "value", "partials"), rows, right=(2,))


def _partials_blank(program: Traced) -> str:
    """Return what step 1 stores in each made node, with the partials and the children to fill in."""
    rows = []
    for i, name in enumerate(program.names):
        if program.parents[i]:
            operands = ", ".join(program.names[p] for p in program.parents[i])
            children = ", ".join(program.names[c] for c in program.children(i)) or "none"
            first = i == len(list(program.tangents))
            partials = ", ".join(number(q) if first else BLANK for q in program.partials[i])
            rows.append((name, program.operators[i], operands, partials, children if first else BLANK))
    return table(("node", "`operator`", "`parent_nodes`", "`grad_wrt_parents`", "`child_nodes`, when y is made"), rows)


def _order_blank(program: Traced) -> str:
    """Return the table of step 2: each node that x2 reaches, and the parents that it must wait for."""
    reached = program.orders[DOUBLE_ROOT]
    rows = []
    for i in sorted(reached):
        parents = [program.names[p] for p in program.parents[i]]
        first = i == program.index(DOUBLE_ROOT)
        rows.append((program.names[i], ", ".join(parents) or "none", "none" if first else BLANK, "1" if first else BLANK))
    return table(("node", "its parents", "those that x2 reaches", "its place"), rows, right=(3,))


def _tangents(program: Traced, root: str, *, filled: bool) -> str:
    rows = []
    for i, name in enumerate(program.names):
        d = program.tangents[root][i]
        terms = " + ".join(f"{factor(q)} · d{program.names[p]}" for p, q in zip(program.parents[i], program.partials[i], strict=True))
        rule = "the root gets 1" if name == root else terms or "another input: 0"
        given = filled or not program.parents[i]
        rows.append((name, rule, number(d or 0.0) if given else BLANK))
    return table(("node", "rule", f"d node / d {root}"), rows, right=(2,))


def _stale(facts: Facts) -> str:
    e = facts.example
    rows = [(name, number(e.tangents["x1"][i] or 0.0), number(facts.stale[i]), number(e.tangents["x2"][i] or 0.0))
            for i, name in enumerate(e.names)]  # fmt: skip
    return table(("node", "after `forward(x1)`", "then `forward(x2)`, slip", "right"), rows, right=(1, 2, 3))


def _adjoints(program: Traced, *, filled: bool) -> str:
    """Return the reverse sweep, from the output to the inputs."""
    rows = []
    for i in reversed(range(len(program.names))):
        uses = [(q, c) for c in program.children(i) for p, q in zip(program.parents[c], program.partials[c], strict=True) if p == i]
        rule = " + ".join(f"{factor(q)} · adj {program.names[c]}" for q, c in uses) or "the output gets 1"
        rows.append((program.names[i], rule, number(program.adjoints[i] or 0.0) if filled or not uses else BLANK))
    return table(("node", "rule: over its children", "adjoint"), rows, right=(2,))
