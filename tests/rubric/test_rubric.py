"""Whatever is wrong in a rubric is told at once, each fault at the place where the instructor must look."""

import re
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import ROOT

from grader.kit import Kit
from grader.model import Rubric
from grader.rubric.loading import RubricError, load_rubric

OPERATORS = {"add": 2, "mul": 2, "log": 1}
CHECKS = ("values", "partials", "chain_rule")
NODES = """\
step: nodes
title: Nodes
points: 5
functions: [create_node, operators]
asks: nodes
cases:
  single:
    add: x + y at x=1.3, y=0.7
    mul: x * y at x=1.7, y=0.4
    log: log(x) at x=2.3
  drawn:
    any-operator: {random: {count: 2, size: 1, operators: [add, log]}}
criteria:
  - id: values
    points: 3
    public: true
    says: Each operator computes the right value.
    hint: Look at the values.
    cases: [single]
  - id: partials
    points: 2
    public: false
    says: Partials are right.
    hint: Look at the partials.
    cases: [single, drawn]
"""
SWEEPS = """\
step: sweeps
title: Sweeps
points: 2.5
functions: [forward]
asks: forward
cases:
  paths:
    program: log(x) + x*2 at x=1.3
    graph: A->B, B->C
criteria:
  - id: chain_rule
    points: 5/2
    scoring: all-or-nothing
    public: true
    says: Local partials are multiplied.
    hint: Draw the path.
    cases: [paths]
"""
FILES = {"1-nodes.yaml": NODES, "2-sweeps.yaml": SWEEPS}

HALVES = """\
    points: 3.005
    public: true
    says: Each operator computes the right value.
    hint: Look at the values.
    cases: [single]
  - id: partials
    points: 1.995
"""
# A text in one of the files, what it is changed to, and how the faults that are told of that file begin.
FAULTS = {
    # graphs that grow
    "a public case that grows": (
        "graph: A->B, B->C",
        "graph: A->B, B->C sweeps A, grows, A",
        "17:12: criterion chain_rule: a case with `grows` asks for orders or sweeps, and can only be hidden",
    ),
    "nodes of a graph that grows": (
        "mul: x * y at x=1.7, y=0.4",
        "mul: x * y at x=1.7, y=0.4 sweeps x, grows, x",
        "19:12: criterion values: a case with `grows` asks",
        "25:12: criterion partials: a case with `grows` asks",
    ),
    # several graphs in turn
    "a public case after another": (
        "graph: A->B, B->C",
        "graph: A->B, B->C after A->B",
        "17:12: criterion chain_rule: a case with `after` can only be hidden",
    ),
    # something else between the calls
    "a public case with something between its calls": (
        "graph: A->B, B->C",
        "graph: A->B, B->C sweeps A, A between order",
        "17:12: criterion chain_rule: a case with `between` can only be hidden",
    ),
    "what can't happen between calls": (
        "graph: A->B, B->C",
        "graph: A->B, B->C sweeps A, A between backward",
        "9:12: 'backward' can't happen between two calls: write `between derivatives`, `between order`, `between forward`",
        "17:12: criterion chain_rule needs a graph case",
    ),
    "something between the calls on a graph that grows": (
        "graph: A->B, B->C",
        "graph: A->B, B->C sweeps A, grows, A between order",
        "9:12: `between` stands in no case with `after` or `grows`",
        "17:12: criterion chain_rule needs a graph case",
    ),
    "something between the calls on a graph with a cycle": (
        "graph: A->B, B->C",
        "graph: A->B, B->A between order",
        "9:12: a graph with a cycle has no two calls between which something could happen",
        "17:12: criterion chain_rule needs a graph case",
    ),
    "forward sweeps from two inputs of which there is one": (
        "graph: A->B, B->C",
        "graph: A->B, B->C between forward",
        "9:12: forward sweeps between backward ones start at two inputs in turn, and this program has one",
        "17:12: criterion chain_rule needs a graph case",
    ),
    # keys
    "a key twice": ("title: Nodes", "title: Nodes\ntitle: More", "3:1: the key 'title' appears twice"),
    "a key twice in a criterion": ("    says: Each", "    points: 3\n    says: Each", "17:5: the key 'points' appears twice"),
    "a key that nobody knows": ("title: Nodes", "title: Nodes\ncolour: red", "3:1: a rubric file has no key 'colour': known are"),
    "a misspelt key beside the right one": (
        "title: Nodes",
        "title: Nodes\npoint: 3",
        "3:1: a rubric file has no key 'point': did you mean",
    ),
    "a misspelt key in a criterion": (
        "    scoring: all-or-nothing",
        "    scoring: all-or-nothing\n    bonsu: false",
        "14:5: a criterion has no key 'bonsu': did you mean 'bonus'?",
    ),
    "a misspelt key of random programs": (
        "operators: [add, log]",
        "operator: [add, log]",
        "12:48: random has no key 'operator': did you mean 'operators'?",
    ),
    "another kind of case than random": (
        "any-operator: {random: {count: 2, size: 1, operators: [add, log]}}",
        "any-operator: {randon: {count: 2, size: 1}}",
        "12:20: a case has no key 'randon': did you mean 'random'?",
        "12:19: a case lacks random",
    ),
    "random programs without a size": ("size: 1, ", "", "12:28: random lacks size"),
    # wrong types
    "points that are a word": ("points: 3", "points: three", "15:13: points must be a number"),
    "points that are a list": ("points: 3", "points: [3]", "15:13: points must be a number"),
    "points parted by zero": ("points: 5/2", "points: 5/0", "12:13: points must be a number"),
    "points below zero": ("points: 5\n", "points: -5\n", "3:9: points must lie between 0 and 10000, not -5"),
    "a criterion for nothing": ("points: 3", "points: 0", "15:13: points must lie between 1/100 and 10000, not 0"),
    "points beyond all bounds": ("points: 5\n", "points: 10001\n", "3:9: points must lie between 0"),
    "points with thousands of digits": ("points: 3", "points: 1e5000", "15:13: points must"),
    "a title that is a list": ("title: Nodes", "title: [Nodes]", "2:8: title must be a text"),
    "an empty title": ("title: Nodes", "title:", "2:7: title must be a text"),
    "a blank hint": ("hint: Draw the path.", "hint: '  '", "16:11: hint must be a text"),
    "a hint that is null": ("hint: Draw the path.", "hint: null", "16:11: hint must be a text"),
    "functions that are a text": ("functions: [forward]", "functions: forward", "4:12: functions must be a list"),
    "a yes for a true": ("public: false", "public: yes", "22:13: this must be true or false"),
    "a bonus that is a number": (
        "    scoring: all-or-nothing",
        "    scoring: all-or-nothing\n    bonus: 0",
        "14:12: this must be true or false",
    ),
    "no programs at all": ("count: 2", "count: 0", "12:36: this must be a whole number between 1 and 200"),
    "too many programs": ("count: 2", "count: 201", "12:36: this must be a whole number between 1 and 200"),
    "half a program": ("count: 2", "count: 2.5", "12:36: this must be a whole number between 1 and 200"),
    "programs that are too large": ("size: 1,", "size: 41,", "12:45: this must be a whole number between 1 and 40"),
    "a criterion that is a text": ("  - id: values", "  - none\n  - id: values", "14:5: a criterion must be a mapping"),
    "a case that is a list": (" at x=2.3", " at x=2.3\n    list: [x, y]", "11:11: a case must be a text"),
    "a group that is a text": (
        "  drawn:\n",
        "  text: none\n  drawn:\n",
        "11:9: the group text must be a mapping",
        "11:3: no criterion uses the group of cases 'text'",
    ),
    # names and words
    "a step's name with capitals": ("step: nodes", "step: Nodes", "1:7: 'Nodes' is not a step's name"),
    "a step's name with an underscore": ("step: nodes", "step: node_creation", "1:7: 'node_creation' is not a step's name"),
    "a step's name twice": ("step: sweeps", "step: nodes", "1:7: the step nodes exists already"),
    "something else to ask": ("asks: forward", "asks: forwards", "5:7: asks 'forwards' is none of nodes, order, forward, backward"),
    "another scoring": (
        "scoring: all-or-nothing",
        "scoring: half",
        "13:14: scoring 'half' is none of proportional, all-or-nothing, by-operator",
    ),
    "a criterion's name twice": (
        "id: partials",
        "id: values",
        "20:9: the criterion values exists already",
    ),
    "a criterion's name with hyphens": (
        "id: chain_rule",
        "id: chain-rule",
        "11:9: 'chain-rule' is not a criterion's name",
        "11:9: criterion chain-rule has no check",
    ),
    "a case's name with an underscore": ("    program: log", "    my_program: log", "8:5: 'my_program' is not a case's name"),
    "a case's name with two hyphens": ("    graph: A", "    a--graph: A", "9:5: 'a--graph' is not a case's name"),
    "a case's name twice in all files": ("    program: log", "    log: log", "8:5: the case log exists already"),
    # lists that must agree
    "points that do not add up as they are written": (
        HALVES.replace("3.005", "3").replace("1.995", "2"),
        HALVES,
        "3:9: points do not add up as they are written, each rounded to 0.01: the step has 5, its criteria without bonus 5.01",
    ),
    "points that do not add up": (
        "points: 2\n",
        "points: 1/3\n",
        "3:9: points do not add up: the step has 5, its criteria without bonus 10/3",
    ),
    "bonus points that were counted": (
        "    scoring: all-or-nothing",
        "    scoring: all-or-nothing\n    bonus: true",
        "3:9: points do not add up: the step has 5/2, its criteria without bonus 0",
    ),
    "a criterion without a check": (
        "id: values",
        "id: worth",
        "14:9: criterion worth has no check: write test_worth in grader/checks/",
    ),
    "a criterion without cases": (
        "cases: [paths]",
        "cases: []",
        "17:12: criterion chain_rule has no cases",
        "17:12: criterion chain_rule needs a graph case",
        "7:3: no criterion uses the group of cases 'paths'",
    ),
    "a group that nobody knows": (
        "[single, drawn]",
        "[single, drawn, singel]",
        "25:28: there is no group of cases 'singel': did you mean 'single'?",
    ),
    "no groups": (
        NODES[NODES.index("cases:") : NODES.index("criteria:")],
        "",
        "12:13: there is no group of cases 'single'",
        "12:12: criterion values has no cases",
        "18:13: there is no group of cases 'single'",
        "18:21: there is no group of cases 'drawn'",
        "18:12: criterion partials has no cases",
        "7:3: the operator add has no case",
        "7:3: the operator log has no case",
        "7:3: the operator mul has no case",
    ),
    # cases beside their criterion
    "a case beside a criterion that exists already": (
        "cases: [single, drawn]",
        "cases:\n      - single\n      - drawn\n      - add: x + y at x=2, y=3",
        "28:9: the case add exists already: names are permanent and stand once in all files",
    ),
    "a case beside a criterion that can't be read": (
        "cases: [paths]",
        "cases: [paths, {power: x**2 at x=3}]",
        "17:28: ** is not an operator of this assignment",
    ),
    "no case beside a criterion": (
        "cases: [single, drawn]",
        "cases: {}",
        "25:12: criterion partials has no cases: write them here, or name at least one group",
        "11:3: no criterion uses the group of cases 'drawn'",
    ),
    "sweeps that are scored by operator": (
        "scoring: all-or-nothing",
        "scoring: by-operator",
        "13:14: criterion chain_rule asks for forward: only what asks for nodes can be scored by operator",
    ),
    "a group that no criterion uses": ("[single, drawn]", "[single]", "11:3: no criterion uses the group of cases 'drawn'"),
    "an operator without a case": ("    log: log(x) at x=2.3\n", "", "7:3: the operator log has no case: add a line, `log: log(x) at x="),
    "an operator of two operands without a case": (
        "    mul: x * y at x=1.7, y=0.4\n",
        "",
        "7:3: the operator mul has no case: add a line, `mul: mul(x, y) at x=0.7, y=0.7`",
    ),
    "a sweep without a graph": ("    graph: A->B, B->C\n", "", "16:12: criterion chain_rule needs a graph case (such as `A->B, B->C`)"),
    "a sweep that is scored in proportion": (
        "    scoring: all-or-nothing\n",
        "",
        "11:5: criterion chain_rule asks for sweeps: write `scoring: all-or-nothing`",
    ),
    "a sweep that one criterion of another step asks for": (
        "    public: false",
        "    public: false\n    asks: forward",
        "20:5: criterion partials asks for sweeps: write `scoring: all-or-nothing`",
        "26:12: criterion partials needs a graph case",
    ),
    # cases that can't be read
    "a power": ("x*2", "x**2", "8:14: ** is not an operator of this assignment: write x*x for a square"),
    "an operator that the reference lacks": ("x*2", "sin(x)", "8:14: 'sin' is not an operator of the reference, which has add, log, mul"),
    "an operator of random programs that the reference lacks": (
        "[add, log]",
        "[add, lok]",
        "12:65: 'lok' is not an operator of the reference: did you mean 'log'?",
    ),
    "too many operands": ("log(x) + x*2", "log(x, x)", "8:14: log takes 1 operand(s), not 2"),
    "a program without a point": ("log(x) + x*2 at x=1.3", "log(x) + x*2", "8:14: a program needs a point"),
    "an input without a value": ("x*2", "x*y", "8:14: 'y' has no value: add it to the point"),
    "a literal that is a text": ("x*2", "x*'2'", "8:14: '2' is not a number"),
    "a minus before a name": ("x*2", "x*-x", "8:14: '-x': a minus sign may stand only before a number; write 0 - x"),
    "a sweep from no node": ("x*2 at x=1.3", "x*2 at x=1.3 sweeps y", "8:14: sweeps names 'y', but the nodes are x,"),
    "an edge that leads nowhere": (
        "A->B, B->C",
        "A->B, B->C, C->",
        "9:12: 'C->' is not an edge: write `A->B, A->C`",
        "17:12: criterion chain_rule needs a graph case",
    ),
    "a family that nobody knows": (
        "    program: ",
        "    steps: leiter(3)\n    program: ",
        "8:12: 'leiter' is neither a family (chain, doubled, ladder, comb, cycle) nor a program with a point",
    ),
    "a family without members": ("A->B, B->C", "A->B, B->C\n    none: chain(0)", "10:11: chain(0): the size must be at least 1"),
}

# A file that can't be read at all: its first fault is its own; that others miss what it holds is told after it.
UNREADABLE = {
    "nothing": (NODES, "", "1:1: a rubric file must be a mapping"),
    "a list": (NODES, "- step: nodes\n", "1:1: a rubric file must be a mapping"),
    "an alias": ("title: Nodes", "title: *other", "2:8: an alias (*other): write the text again"),
    "an alias to an anchor": (
        "cases: [single, drawn]",
        "cases: &both [single, drawn]\n    more: *both",
        "26:11: an alias (*both): write the text again",
    ),
    "a bracket that is not closed": ("[create_node, operators]", "[create_node, operators", "5:5: not YAML:"),
    "a colon in a sentence": ("hint: Look at the values.", "hint: Look: the values.", "18:15: not YAML:"),
    "a tab": ("  single:\n", "\tsingle:\n", "7:1: not YAML:"),
    "two documents": ("asks: nodes\n", "asks: nodes\n---\n", "6:1: not YAML:"),
    "a NUL byte": ("title: Nodes", "title: No\0des", "1:1: not YAML:"),
    "bytes that are not UTF-8": ("title: Nodes", "title: N\udcffdes", "1:1: not YAML:"),
    "a key that is a list": ("title: Nodes", "title: Nodes\n[a, b]: c", "3:1:"),
    "no title": ("title: Nodes\n", "", "1:1: a rubric file lacks title"),
    "no title and no points": ("title: Nodes\npoints: 5\n", "", "1:1: a rubric file lacks title, points"),
    "cases that are a list": (
        NODES[NODES.index("cases:") : NODES.index("criteria:")],
        "cases: [x + y at x=1]\n",
        "6:8: cases must be a mapping",
    ),
    "criteria that are a mapping": (NODES[NODES.index("  - id") :], "  id: values\n", "14:3: criteria must be a list"),
    "a criterion without a hint": ("    hint: Look at the values.\n", "", "14:5: a criterion lacks hint"),
}


def load(folder: Path, files: Mapping[str, str] = FILES) -> Rubric:
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    shutil.copytree(ROOT / "rubrics" / "feedback", folder / "feedback", dirs_exist_ok=True)
    return load_rubric(folder, OPERATORS, CHECKS)


def faults_of(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the faults of a rubric, their files named without the folder."""
    with pytest.raises(RubricError) as caught:
        load(folder, files)
    return [fault.removeprefix(f"{folder}/") for fault in caught.value.faults]


def change(old: str, new: str) -> dict[str, str]:
    """Return the files with one text replaced, which must stand in them exactly once."""
    assert sum(text.count(old) for text in FILES.values()) == 1
    return {name: text.replace(old, new) for name, text in FILES.items()}


def in_file_with(old: str, starts: list[str]) -> list[str]:
    """Return line:column: message as file:line:column: message, of the file that holds `old`."""
    [name] = [name for name, text in FILES.items() if old in text]
    return [f"{name}:{start}" if start[0].isdigit() else start for start in starts]


def beginnings(faults: list[str], expected: list[str]) -> list[str]:
    """Return the faults, each cut to the length of the one that is expected in its place."""
    return [fault[: len(start)] for fault, start in zip(faults, expected, strict=False)] + faults[len(expected) :]


def without_place(faults: list[str]) -> list[str]:
    return [fault for fault in faults if not re.fullmatch(r"[\w./-]+:[1-9]\d*:[1-9]\d*: .+", fault)]


@pytest.mark.parametrize(("old", "new", "starts"), [(old, new, starts) for old, new, *starts in FAULTS.values()], ids=list(FAULTS))
def test_each_fault_is_told_where_it_stands_and_nothing_else_is(old: str, new: str, starts: list[str], tmp_path: Path) -> None:
    expected = in_file_with(old, starts)
    assert expected == beginnings(faults_of(tmp_path, change(old, new)), expected)


@pytest.mark.parametrize(("old", "new", "start"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_makes_a_file_unreadable_is_told_first(old: str, new: str, start: str, tmp_path: Path) -> None:
    expected = in_file_with(old, [start])
    assert expected == beginnings(faults_of(tmp_path, change(old, new))[:1], expected)


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _ in UNREADABLE.values()], ids=list(UNREADABLE))
def test_beside_an_unreadable_file_every_fault_is_one_line_with_a_place(old: str, new: str, tmp_path: Path) -> None:
    assert without_place(faults_of(tmp_path, change(old, new))) == []


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    nodes = NODES.replace("title: Nodes", "title:").replace("x=2.3", "x=2.3\n    square: x ** 2 at x=1.5")
    files = {"1-nodes.yaml": nodes.replace("public: false", "public: no"), "2-sweeps.yaml": SWEEPS.replace("points: 2.5", "points: 3")}
    expected = [
        "1-nodes.yaml:11:13: ** is not an operator of this assignment",
        "1-nodes.yaml:23:13: this must be true or false",
        "1-nodes.yaml:2:7: title must be a text",
        "2-sweeps.yaml:3:9: points do not add up",
    ]
    assert expected == beginnings(faults_of(tmp_path, files), expected)


def test_a_fault_in_a_case_is_told_once_though_two_criteria_use_it(tmp_path: Path) -> None:
    files = change("log: log(x) at x=2.3", "log: log(x) at x=2.3\n    sum: x + z at x=1.3")
    expected = ["1-nodes.yaml:11:10: 'z' has no value"]
    assert expected == beginnings(faults_of(tmp_path, files), expected)


def test_an_operator_without_a_case_has_a_place_even_if_no_step_asks_for_nodes(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, {"2-sweeps.yaml": SWEEPS})
    told = [fault for fault in faults if "the operator" in fault]
    assert [fault.split("the operator ")[1].split()[0] for fault in told] == ["add", "log", "mul"]
    assert without_place(told) == []


def test_a_folder_without_rubric_files_is_told_with_what_to_do(tmp_path: Path) -> None:
    expected = [f"{tmp_path}: no rubric file (*.yaml) here: name the kit's folder with --kit"]
    assert expected == faults_of(tmp_path, {})


def test_the_error_reads_as_one_line_for_each_fault(tmp_path: Path) -> None:
    with pytest.raises(RubricError) as caught:
        load(tmp_path, change("title: Nodes", "title:") | {"3-more.yaml": ""})
    assert str(caught.value).splitlines() == caught.value.faults
    assert len(caught.value.faults) == 2


def test_points_are_the_exact_fractions_that_are_written(tmp_path: Path) -> None:
    thirds = change("points: 3\n", "points: 14/3\n")["1-nodes.yaml"].replace("points: 2\n", "points: 1/3\n")
    nodes, sweeps = load(tmp_path, {**FILES, "1-nodes.yaml": thirds}).steps
    assert [Fraction(14, 3), Fraction(1, 3)] == [criterion.points for criterion in nodes.criteria]
    assert (5, Fraction(5, 2)) == (nodes.points, sweeps.points)


def test_a_bonus_criterion_counts_in_no_steps_points(tmp_path: Path) -> None:
    step = SWEEPS.replace("points: 2.5", "points: 0").replace("public:", "bonus: true\n    public:")
    [criterion] = load(tmp_path, {**FILES, "2-sweeps.yaml": step}).steps[1].criteria
    assert (True, Fraction(5, 2)) == (criterion.bonus, criterion.points)


def test_a_criterion_holds_what_its_lines_say(tmp_path: Path) -> None:
    values, partials = load(tmp_path).steps[0].criteria
    assert (values.id, values.public, values.all_or_nothing, values.bonus, values.asks) == ("values", True, False, False, "nodes")
    assert (partials.says, partials.hint, partials.public) == ("Partials are right.", "Look at the partials.", False)
    assert [case.id for case in values.cases] == ["add", "mul", "log"]
    assert [case.id for case in partials.cases] == ["add", "mul", "log", "any-operator"]
    assert values.cases[0].text == "x + y at x=1.3, y=0.7"


def test_steps_stand_in_the_order_of_their_files_names(tmp_path: Path) -> None:
    assert [step.id for step in load(tmp_path, {"b.yaml": NODES, "a.yaml": SWEEPS}).steps] == ["sweeps", "nodes"]


def test_a_criterion_may_ask_something_else_than_its_step(tmp_path: Path) -> None:
    rubric = load(tmp_path, change("id: partials", "id: partials\n    asks: backward"))
    nodes, adjoints = rubric.steps[0].criteria
    assert [nodes.asks, adjoints.asks] == ["nodes", "backward"]
    assert [criterion.cases[0].content.roots for criterion in (nodes, adjoints)] == [(0,), (2,)]


def test_the_hash_changes_with_every_byte_of_the_files(tmp_path: Path) -> None:
    before = load(tmp_path).sha256
    assert before == load(tmp_path).sha256
    assert before != load(tmp_path, change("title: Nodes", "title: Nodes ")).sha256


def test_the_kits_own_rubric_is_in_order() -> None:
    operators = {"add": 2, "sub": 2, "mul": 2, "div": 2, "log": 1, "exp": 1, "sin": 1, "cos": 1}
    rubric = load_rubric(ROOT / "rubrics", operators, Kit.find(ROOT).check_names())
    points = {step.id: step.points for step in rubric.steps}
    assert points == {"node-creation": 35, "topological-order": 30, "forward": 35, "reverse": 0, "arrays": 0}
