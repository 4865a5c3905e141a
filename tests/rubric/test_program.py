"""One line of a rubric becomes a Wengert list; the same seed draws the same program."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model import Program, Value
from grader.plan.random_programs import draw_program, draw_rows, draw_value
from grader.rubric.case_syntax import CaseError, parse_case

OPERATORS = {"add": 2, "sub": 2, "mul": 2, "div": 2, "log": 1, "sin": 1}
Line = tuple[str, str | None, tuple[str, ...], Value | None]

# name, operator, names of the operands in their order, value
PROGRAMS: dict[str, tuple[str, list[Line]]] = {
    "the operands' order is kept": (
        "y - x at x=1.3, y=0.7",
        [("x", "input", (), 1.3), ("y", "input", (), 0.7), ("output", "sub", ("y", "x"), None)],
    ),
    "a square holds its operand twice": ("x*x at x=1.8", [("x", "input", (), 1.8), ("output", "mul", ("x", "x"), None)]),
    "an operator may be written as a call": (
        "div(x, log(y)) at x=2, y=3",
        [("x", "input", (), 2), ("y", "input", (), 3), ("v1", "log", ("y",), None), ("output", "div", ("x", "v1"), None)],
    ),
    "products come before sums": (
        "x + x*y at x=1, y=2",
        [("x", "input", (), 1), ("y", "input", (), 2), ("v1", "mul", ("x", "y"), None), ("output", "add", ("x", "v1"), None)],
    ),
    "sums are made from the left": (
        "x - y - x at x=1, y=2",
        [("x", "input", (), 1), ("y", "input", (), 2), ("v1", "sub", ("x", "y"), None), ("output", "sub", ("v1", "x"), None)],
    ),
    "each literal is a new node": (
        "(x + 2)*2 at x=0.4",
        [
            ("x", "input", (), 0.4),
            ("c1", "input", (), 2.0),
            ("v2", "add", ("x", "c1"), None),
            ("c3", "input", (), 2.0),
            ("output", "mul", ("v2", "c3"), None),
        ],
    ),
    "a literal may be negative": (
        "x * -3 at x=0.4",
        [("x", "input", (), 0.4), ("c1", "input", (), -3.0), ("output", "mul", ("x", "c1"), None)],
    ),
    "a literal may stand first": (
        "0 - x at x=0.4",
        [("x", "input", (), 0.4), ("c1", "input", (), 0.0), ("output", "sub", ("c1", "x"), None)],
    ),
    "a named node is shared": (
        "u = x*z; (u - x) - u at x=1.3, z=0.7",
        [
            ("x", "input", (), 1.3),
            ("z", "input", (), 0.7),
            ("u", "mul", ("x", "z"), None),
            ("v2", "sub", ("u", "x"), None),
            ("output", "sub", ("v2", "u"), None),
        ],
    ),
    "what is written twice is computed twice": (
        "log(x) + log(x) at x=2",
        [("x", "input", (), 2), ("v1", "log", ("x",), None), ("v2", "log", ("x",), None), ("output", "add", ("v1", "v2"), None)],
    ),
    "a named node may be the output": ("u = x*x; u at x=2", [("x", "input", (), 2), ("u", "mul", ("x", "x"), None)]),
    "an input that is not used is still there": (
        "sin(x) at z=1.7, x=0.9",
        [("z", "input", (), 1.7), ("x", "input", (), 0.9), ("output", "sin", ("x",), None)],
    ),
    "values may be negative, and whole numbers stay whole": (
        "x / y at x=-7, y=0.5",
        [("x", "input", (), -7), ("y", "input", (), 0.5), ("output", "div", ("x", "y"), None)],
    ),
    "values may be arrays": (
        "x*y at x=[0.4, -1.7, 2], y=3",
        [("x", "input", (), (0.4, -1.7, 2)), ("y", "input", (), 3), ("output", "mul", ("x", "y"), None)],
    ),
}

GRAPHS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "an edge leads from operand to result": ("A->B", {"A": (), "B": ("A",)}),
    "operands stand in the order of the edges": ("B->C, A->C, A->B", {"A": (), "B": ("A",), "C": ("B", "A")}),
    "a repeated edge is an operand that appears twice": ("A->B, A->B, B->C, A->C", {"A": (), "B": ("A", "A"), "C": ("B", "A")}),
    "operands come before what is made of them": ("C->D, B->C, A->B", {"A": (), "B": ("A",), "C": ("B",), "D": ("C",)}),
    "spaces do not matter": (" A -> B,B->C ", {"A": (), "B": ("A",), "C": ("B",)}),
    "a chain": ("chain(3)", {"n0": (), "n1": ("n0",), "n2": ("n1",)}),
    "a chain of one": ("chain(1)", {"n0": ()}),
    "a doubled chain": ("doubled(3)", {"n0": (), "n1": ("n0", "n0"), "n2": ("n1", "n1")}),
    "a ladder": ("ladder(2)", {"root": (), "a1": ("root",), "b1": ("root",), "a2": ("a1", "b1"), "b2": ("a1", "b1")}),
    "a ring of three, with a way in": ("cycle(3)", {"root": (), "r1": ("root", "r3"), "r2": ("r1",), "r3": ("r2",)}),
    "a ring of one, with a way in": ("cycle(1)", {"root": (), "r1": ("root", "r1")}),
    "a ring of edges": ("A->B, B->C, C->A", {"A": ("C",), "B": ("A",), "C": ("B",)}),
}

SWEEPS = {
    "the first input by default": ("x*y at y=1, x=2", ["y"]),
    "the first node of a graph by default": ("B->C, A->B", ["B"]),
    "the root of a family by default": ("ladder(3)", ["root"]),
    "one other": ("x*y at x=1, y=2 sweeps y", ["y"]),
    "several, one again": ("u = x*z; (u - x) - x at x=1.3, z=0.7 sweeps x, u, x", ["x", "u", "x"]),
    "the output by its name": ("x*y at x=1, y=2 sweeps output", ["output"]),
    "a graph's nodes": ("A->C, B->C, C->D sweeps B,A", ["B", "A"]),
    "a family's nodes": ("chain(5) sweeps n2", ["n2"]),
    "a name for an input": ("u = x; u*u at x=1 sweeps u", ["x"]),
}

UNREADABLE = {
    "x**2 at x=1": "** is not an operator of this assignment: write x*x for a square",
    "x % 2 at x=1": "Mod is not an operator of this assignment",
    "exp(x) at x=1": "'exp' is not an operator of the reference, which has add, div, log, mul, sin, sub",
    "log(x, x) at x=1": "log takes 1 operand(s), not 2",
    "add(x) at x=1": "add takes 2 operand(s), not 1",
    "x*y at x=1": "'y' has no value: add it to the point, or name it before with `y = ...;`",
    "u = u*x; u at x=1": "'u' has no value",
    "x = 2*x; x at x=1": "'x' is named twice",
    "u = x*x; u = u*x; u at x=1": "'u' is named twice: give the second node another name",
    "x*x; x at x=1": "before the last `;` only names for shared nodes may stand",
    "u = x*x at x=1": "the last part must be the output",
    " at x=1": "the last part must be the output",
    "log(x + at x=1": "this is not a formula",
    "x.real at x=1": "'x.real' is not a formula of numbers, names, + - * / and operators",
    "log(a=x) at x=1": "'log(a=x)' is not a formula",
    "x < 2 at x=1": "'x < 2' is not a formula",
    "-x at x=1": "'-x': a minus sign may stand only before a number; write 0 - x",
    "x + 'a' at x=1": "'a' is not a number",
    "x + 2j at x=1": "2j is not a number",
    "x + True at x=1": "True is not a number",
    "x + 1e999 at x=1": "is not a number",
    "x*x": "a program needs a point: write `... at x=1.3, y=0.7`",
    "x*x at x=large": "the point 'x=large' can't be read: write `at x=1.3, y=0.7`",
    "x*x at 3": "the point '3' can't be read",
    "x*x at x=1) + f(y=2": "can't be read",
    "x*x at **1, x=2": "can't be read",
    "x*x at x='1.3'": "x='1.3' is neither a number nor a list of numbers",
    "x*x at x=True": "x=True is neither a number nor a list of numbers",
    "x*x at x=[]": "x=[] is neither a number nor a list of numbers",
    "x*x at x=[1, [2]]": "x=[1, [2]] is neither a number nor a list of numbers",
    "x*x at x=1e999": "x=inf is neither a number nor a list of numbers",
    "x*x at x=1, x=2": "x",
    "x*x at x=1 sweeps y": "sweeps names 'y', but the nodes are x, output",
    "A->B sweeps C": "sweeps names 'C', but the nodes are A, B",
    "A->B sweeps A,": "sweeps names '', but the nodes are A, B",
    "A->B after cycle(3)": "a graph with a cycle may stand neither before nor behind `after`",
    "cycle(3) after A->B": "a graph with a cycle may stand",
    "A->B after A->B, B->C sweeps A, grows, A": "what stands behind `after` is swept without `grows`",
    "A->B:sum, A->C, B:product->C": "B can't be called 'product': one name for each node",
    "A->B:input": "B can't be called 'input'",
    "A->B sweeps A, grows": "after the last `grows` stands no sweep",
    "A->B sweeps grows, A": "sweeps names 'grows', but the nodes are A, B",
    "A->B, B->C sweeps B, grows, grows, A": "B is swept before it is made: each `grows` makes one node, in the order of the list",
    "cycle(3) sweeps root, grows, root": "a graph with a cycle can't grow: a node on the cycle would be made before its operand",
    "A->B, B=>C": "'B=>C' is not an edge: write `A->B, A->C`",
    "A->B, ": "'' is not an edge",
    "A->B at x=1": "'A->B at x=1' is not an edge",
    "leiter(3)": "'leiter' is neither a family (chain, doubled, ladder, comb, cycle) nor a program with a point",
    "ladder(0)": "ladder(0): the size must be at least 1",
    "chain(1201)": "chain(1201) has more than 1200 nodes: make it smaller",
    "ladder(600)": "ladder(600) has more than 1200 nodes",
}


def lines(program: Program) -> list[Line]:
    names = [line.name for line in program.instructions]
    return [(line.name, line.operator, tuple(names[i] for i in line.operands), line.value) for line in program.instructions]


def roots(program: Program) -> list[str]:
    return [program.instructions[i].name for i in program.roots]


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_a_formula_becomes_a_wengert_list(text: str, expected: list[Line]) -> None:
    program = parse_case(text, OPERATORS)
    assert expected == lines(program)
    assert (program.is_graph, program.cyclic) == (False, False)


def test_literals_are_floats_and_values_what_was_written() -> None:
    values = [line.value for line in parse_case("x*2 + y at x=7, y=7.0", OPERATORS).instructions if line.operator == "input"]
    assert [type(value) for value in values] == [int, float, float]


@pytest.mark.parametrize("text", ["v1*v1 + v1*v1 at v1=2", "w = sin(x)*y; v1 = w*x; v1 + w at x=1, y=2", "c1 + 2*c1*3 at c1=1"])
def test_no_two_nodes_have_the_same_name(text: str) -> None:
    names = [line.name for line in parse_case(text, OPERATORS).instructions]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("text", "expected"), GRAPHS.values(), ids=GRAPHS)
def test_edges_become_a_graph_whose_numbers_are_open(text: str, expected: dict[str, tuple[str, ...]]) -> None:
    program = parse_case(text, OPERATORS)
    assert [(name, None, operands, None) for name, operands in expected.items()] == lines(program)
    assert program.is_graph


@pytest.mark.parametrize(
    ("text", "expected"),
    {"A->B": False, "chain(9)": False, "ladder(9)": False, "cycle(1)": True, "cycle(9)": True, "A->B, B->A": True, "A->A": True}.items(),
)
def test_a_ring_is_known_as_one(text: str, expected: bool) -> None:
    assert expected == parse_case(text, OPERATORS).cyclic


@pytest.mark.parametrize("rungs", [1, 2, 10, 60])
def test_a_ladder_of_n_rungs_has_2n_plus_1_nodes_and_2_to_the_n_paths(rungs: int) -> None:
    program = parse_case(f"ladder({rungs})", OPERATORS)
    paths = [1]
    for line in program.instructions[1:]:
        paths.append(sum(paths[i] for i in line.operands))
    assert len(paths) == 2 * rungs + 1
    assert paths[-2] + paths[-1] == 2**rungs


def test_each_node_of_a_chain_is_made_of_the_one_before() -> None:
    program = parse_case("chain(1200)", OPERATORS)
    assert len(program.instructions) == 1200
    assert [line.operands for line in program.instructions] == [(), *((i,) for i in range(1199))]


def test_a_graph_grows_by_one_node_at_each_grows() -> None:
    program = parse_case("A->B, B->C, A->D sweeps A, grows, A, B, grows, A", OPERATORS)
    assert program.grown_sizes == (2, 3, 3, 4)
    assert roots(program) == ["A", "A", "B", "A"]
    assert parse_case("A->B sweeps A, B", OPERATORS).grown_sizes == ()


def test_a_program_may_come_after_others_of_which_the_last_named_comes_first() -> None:
    program = parse_case("x*y at x=1, y=2 sweeps y after A->B after x*y at x=3, y=4 sweeps x, y", OPERATORS)
    assert roots(program) == ["y"]
    first, second = program.earlier
    assert (roots(first), first.instructions[0].value) == (["x", "y"], 3)
    assert second == parse_case("A->B", OPERATORS)
    assert parse_case("A->B, B->C after A->B", OPERATORS, from_output=True).earlier[0].roots == (1,)


def test_a_graph_may_name_its_operators_and_partials_that_are_zero() -> None:
    program = parse_case("A:const->B:ReLU, C-0->B, A->B, B-0->D, A-0->D", OPERATORS)
    lines = {line.name: line for line in program.instructions}
    assert [lines[name].operator for name in "ABCD"] == ["const", "ReLU", None, None]
    assert [lines[name].zeros for name in "ABCD"] == [(), (1,), (), (0, 1)]
    rows = draw_rows(program, Random("2026"), OPERATORS, negative=0.25)
    assert [[partial == 0 for partial in row[3]] for row in rows] == [[], [], [False, True, False], [True, True]]
    assert [row[1] for row in rows[:3]] == ["const", "input", "ReLU"]


@pytest.mark.parametrize(("text", "expected"), SWEEPS.values(), ids=SWEEPS)
def test_a_program_is_swept_from(text: str, expected: list[str]) -> None:
    assert expected == roots(parse_case(text, OPERATORS))


@pytest.mark.parametrize(
    ("text", "expected"),
    {"x*y at x=1, y=2": ["output"], "A->B, B->C, A->C": ["C"], "chain(4)": ["n3"], "u = x*y; sin(u) at x=1, y=2 sweeps u": ["u"]}.items(),
)
def test_from_its_output_a_program_is_swept_unless_the_line_says_otherwise(text: str, expected: list[str]) -> None:
    assert expected == roots(parse_case(text, OPERATORS, from_output=True))


@pytest.mark.parametrize(("text", "expected"), UNREADABLE.items(), ids=[text[:30] for text in UNREADABLE])
def test_a_line_that_cannot_be_read_is_refused_with_a_sentence(text: str, expected: str) -> None:
    with pytest.raises(CaseError) as caught:
        parse_case(text, OPERATORS)
    assert expected in str(caught.value)


def test_a_formula_that_is_too_deep_for_python_is_refused_too() -> None:
    with pytest.raises(CaseError):
        parse_case(" + ".join(["x"] * 2000) + " at x=1", OPERATORS)


SEQUENCES = st.lists(st.sampled_from(sorted(OPERATORS)), min_size=1, max_size=40)


@given(seed=st.integers(), sequence=SEQUENCES)
def test_the_same_seed_draws_the_same_program(seed: int, sequence: list[str]) -> None:
    assert draw_program(Random(seed), sequence, OPERATORS) == draw_program(Random(seed), sequence, OPERATORS)


def test_a_seed_draws_the_same_program_on_every_machine() -> None:
    program = draw_program(Random("2026/example"), ["mul", "sin", "add"], OPERATORS)
    assert lines(program) == [
        ("x1", "input", (), 2.555),
        ("x2", "input", (), 2.45),
        ("x3", "input", (), 0.871),
        ("v1", "mul", ("x1", "x1"), None),
        ("v2", "sin", ("x2",), None),
        ("v3", "add", ("v2", "x3"), None),
    ]
    assert roots(program) == ["x1", "v1"]


def test_other_seeds_draw_other_programs() -> None:
    programs = {draw_program(Random(seed), ["mul", "sin", "add"], OPERATORS) for seed in range(20)}
    assert len(programs) == 20


@given(seed=st.integers(), sequence=SEQUENCES)
def test_a_drawn_program_applies_the_operators_in_their_order_to_nodes_before_them(seed: int, sequence: list[str]) -> None:
    program = draw_program(Random(seed), sequence, OPERATORS)
    computed = [(i, line) for i, line in enumerate(program.instructions) if line.operator != "input"]
    assert sequence == [line.operator for _, line in computed]
    assert [OPERATORS[name] for name in sequence] == [len(line.operands) for _, line in computed]
    assert [(i, line) for i, line in computed if not all(0 <= operand < i for operand in line.operands)] == []
    assert [root for root in program.roots if not 0 <= root < len(program.instructions)] == []


@given(st.integers())
def test_a_drawn_value_keeps_away_from_zero_and_one(seed: int) -> None:
    value = draw_value(Random(seed))
    assert 0.3 <= abs(value) <= 2.7
    assert not 0.9 < abs(value) < 1.1
    assert value == round(value, 3)
