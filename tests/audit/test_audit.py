"""The audit makes the mutants it says, tells what is missed, and turns red when a criterion is taken out."""

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run

from grader import audit as audits
from grader.audit.equivalents import load_equivalents, without_mutant
from grader.audit.mutants import Mutant, mutants_of, solution_lines, steps_by_function
from grader.kit import Kit
from grader.model import KitFault
from grader.plan.planner import make_plan


@cache
def reference_mutants() -> list[Mutant]:
    return mutants_of(REFERENCE.encode())


def mutants(code: str) -> list[Mutant]:
    lines = [f"    {line}\n" for line in code.splitlines()]
    return mutants_of(f"def f(a, b):\n    ### BEGIN SOLUTION\n{''.join(lines)}    ### END SOLUTION\n".encode())


# ---- mutants --------------------------------------------------------------------

MADE = {
    "arithmetic": ("return a + b", {"return a - b", "return a * b"}),
    "arithmetic in place": ("a += b", {"a -= b"}),
    "assignment": ("a += b", {"a = b"}),
    "operand": ("return a - b", {"return a", "return b", "return b - a"}),
    "operand of a sum": ("return a + b", {"return a", "return b"}),
    "sign": ("return -a", {"return a"}),
    "comparison": ("return a < b", {"return a >= b"}),
    "comparison of identity": ("return a is b", {"return a is not b"}),
    "boundary": ("return a < b", {"return a <= b"}),
    "boundary of equality": ("return a == b", {"return a <= b", "return a >= b"}),
    "constant whole": ("return 2", {"return 3", "return 1", "return 0", "return -2"}),
    "constant": ("return 0.5", {"return 1.5", "return 0.0", "return -0.5"}),
    "constant truth": ("return True", {"return False"}),
    "constant text": ("return 'sin'", {"return 'sins'"}),
    "condition": ("if a:\n    return b", {"if not a:", "if True:"}),
    "condition that compares": ("if a == b:\n    return b", {"if True:"}),
    "condition of a loop": ("while a:\n    b()", {"while not a:"}),
    "condition in an expression": ("return 1 if a else 0", {"return 1", "return 0", "return 1 if not a else 0"}),
    "argument": ("return f(a, b)", {"return f(a)", "return f(b)", "return f(b, a)", "return f(a, a)"}),
    "argument by name": ("return f(a=b)", {"return f()"}),
    "element": ("return [a, b]", {"return [a]", "return [b]", "return [b, a]"}),
    "element of a dictionary": ("return {a: b}", {"return {}"}),
    "slice": ("for a in b:\n    a()", {f"for a in list(b)[{part}]:" for part in ("1:", ":-1", ":1", "::-1")}),
    "attribute": ("return a.child_nodes", {"return a.parent_nodes"}),
    "variable": ("return a", {"return b"}),
    "function": ("return sum(a)", {"return max(a)"}),
    "deletion": ("a.b = 2\nreturn a", {"pass"}),
}


@pytest.mark.parametrize("name", MADE)
def test_each_operator_makes_what_it_says(name: str) -> None:
    code, expected = MADE[name]
    assert {one.becomes for one in mutants(code) if one.operator == name.split(maxsplit=1)[0]} == expected


def test_a_mutant_differs_from_the_reference_in_a_solution_region_only() -> None:
    inside = solution_lines(REFERENCE)
    for one in reference_mutants():
        head = next(line for line in one.diff if line.startswith("@@"))
        first, count = re.match(r"@@ -(\d+),?(\d*)", head).groups()  # type: ignore[union-attr]
        assert set(range(int(first), int(first) + int(count or 1))) <= inside, one.id
        compile(one.source, one.id, "exec")


def test_no_two_mutants_share_an_id_or_their_code() -> None:
    made = reference_mutants()
    assert len({one.id for one in made}) == len({one.source for one in made}) == len(made) > 300


def test_a_mutant_is_known_again_after_an_edit_elsewhere() -> None:
    edited = REFERENCE.replace('"""Return the node a + b."""', '"""Return the node of the sum a + b,\n    which is new."""')
    edited = edited.replace("tangents = {root: 1.0}  # a parent", "tangents = {root: 1.0}  # an operand")
    moved = mutants_of(edited.encode())
    assert [one.key for one in moved] == [one.key for one in reference_mutants()]
    assert [one.id for one in moved] != [one.id for one in reference_mutants()]


def test_the_form_around_a_change_is_kept() -> None:
    [one] = [one for one in mutants("return a * (b - 1)  # why") if one.becomes == "return a * (b + 1)"]
    assert one.diff == ("@@ -3 +3 @@", "-    return a * (b - 1)  # why", "+    return a * (b + 1)  # why")
    [one] = [one for one in mutants("return (a + b) * 2") if one.becomes == "return (a * b) * 2"]
    assert one.diff[1:] == ("-    return (a + b) * 2", "+    return (a * b) * 2")


def test_a_helper_belongs_to_the_steps_of_all_who_use_it() -> None:
    source = b"def low(): pass\ndef middle(): low()\ndef add(): middle()\ndef forward(): middle(); add()\ndef alone(): pass\n"
    functions = {"nodes": frozenset({"add"}), "sweeps": frozenset({"forward"})}
    expected = {"low": {"nodes", "sweeps"}, "middle": {"nodes", "sweeps"}, "add": {"nodes"}, "forward": {"sweeps"}, "alone": set()}
    assert steps_by_function(source, functions) == expected


# ---- equivalent mutants -----------------------------------------------------------


def test_every_entry_of_the_list_of_equivalents_fits_a_mutant() -> None:
    entries = load_equivalents(ROOT / "reference" / "equivalent-mutants.yaml")
    assert entries
    assert without_mutant(entries, reference_mutants()) == []
    assert len({entry.key for entry in entries}) == len(entries)


def test_a_faulty_list_of_equivalents_is_told_with_its_places(tmp_path: Path) -> None:
    file = tmp_path / "equivalent-mutants.yaml"
    file.write_text("- function: f\n  was: a\n  becomes: b\n- function: g\n  was: [a]\n  becomes: b\n  reason: it is\n")
    with pytest.raises(KitFault) as told:
        load_equivalents(file)
    assert f"{file}:1:3: an equivalent mutant lacks reason" in str(told.value)
    assert f"{file}:5:8: was must be a text" in str(told.value)


def test_the_page_lists_the_criteria_of_the_rubric(run: Run, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "audit.md").read_text("utf-8")
    listed = re.findall(r"^\| ([\w-]+/\w+)(?: \(bonus\))? \|", page, re.MULTILINE)
    report = json.loads(run("grade", ROOT / "starter" / "autodiff.py", "--out", tmp_path, "--json").stdout)
    assert listed == [f"{step['id']}/{criterion['id']}" for step in report["steps"] for criterion in step["criteria"]]


# ---- the front door -----------------------------------------------------------------

RIGHT, WRONG = SUBMISSIONS / "right", SUBMISSIONS / "wrong"
SOME = ("reference", "starter", "misconception/forward-products-multiply", "right/edges", "wrong/accumulates-over-sweeps")


def only(*names: str) -> list[str]:
    return [word for name in names for word in ("--only", name)]


def jury(tmp_path: Path, first_line: str, code: str = "") -> Path:
    """Return a folder of one submission, the reference and `code` under it."""
    (tmp_path / "jury").mkdir()
    (tmp_path / "jury" / "one.py").write_text(f"{first_line}\n{REFERENCE}\n\n{code}\n")
    return tmp_path / "jury"


@pytest.mark.slow
def test_programs_that_do_as_they_must_are_green(run: Run) -> None:
    told = json.loads(run("audit", *only(*SOME), "--json", status=0).stdout)
    assert (told["green"], told["whole"]) == (True, False)
    found = {one["name"]: one for one in told["subjects"]}
    assert set(found) == set(SOME)
    assert found["reference"]["lost"] == found["right/edges"]["lost"] == []
    assert all(key.startswith("forward/") for key in found["wrong/accumulates-over-sweeps"]["lost"] if "array" not in key)
    assert [one["faults"] for one in told["subjects"]] == [[]] * len(SOME)


@pytest.mark.slow
def test_a_wrong_program_that_nobody_finds_is_red(run: Run, tmp_path: Path) -> None:
    folder = jury(tmp_path, "# wrong: in nothing; loses forward, reverse")
    said = run("audit", *only("wrong/*"), "--wrong", folder, status=1).stdout
    assert "wrong/one (in nothing) loses nothing in forward, reverse" in said
    assert "The audit is RED." in said


@pytest.mark.slow
def test_a_loss_in_a_step_without_a_mistake_is_red(run: Run, tmp_path: Path) -> None:
    code = "def forward(root):\n    pass\n\n\ndef backward(output):\n    pass"
    folder = jury(tmp_path, "# wrong: no sweep at all; loses reverse", code)
    told = json.loads(run("audit", *only("wrong/*"), "--wrong", folder, "--json", status=1).stdout)
    [fault] = told["subjects"][0]["faults"]
    assert fault["kind"] == "leaks"
    assert "forward/chain_rule" in fault["where"]
    assert all(name.startswith("forward/") for name in fault["where"])


@pytest.mark.slow
def test_a_right_program_that_loses_a_core_point_is_red(run: Run, tmp_path: Path) -> None:
    folder = jury(tmp_path, "# right: by mistake", "def forward(root):\n    pass")
    assert "(by mistake) is right and loses in forward/" in run("audit", *only("right/*"), "--right", folder, status=1).stdout


@pytest.mark.slow
def test_a_right_program_may_lose_a_bonus(run: Run, tmp_path: Path) -> None:
    folder = jury(tmp_path, "# right: no extension", "def backward(output):\n    pass")
    assert run("audit", *only("right/*"), "--right", folder, "--quiet", status=0).stdout == ""


@pytest.mark.slow
def test_a_mutant_that_survives_is_shown_unless_it_is_argued_right(run: Run, kit: Path) -> None:
    entry = next(e for e in load_equivalents(ROOT / "reference" / "equivalent-mutants.yaml") if e.function == "forward")
    name = next(f"mutant/{one.id}" for one in reference_mutants() if one.key == entry.key)
    assert "1 are argued equivalent, 0 survive" in run("audit", "--kit", kit, *only(name), status=0).stdout
    (kit / "reference" / "equivalent-mutants.yaml").unlink()
    said = run("audit", "--kit", kit, *only(name), status=1).stdout
    assert f"{name} loses nothing in forward" in said
    assert "\n    -" in said
    assert "\n    +" in said


@pytest.mark.slow
def test_an_argument_that_is_refuted_is_red(run: Run, kit: Path) -> None:
    one = next(one for one in reference_mutants() if one.function == "forward" and one.operator == "deletion")
    entry = {"function": one.function, "was": one.was, "becomes": one.becomes, "reason": "It is not."}
    (kit / "reference" / "equivalent-mutants.yaml").write_text(json.dumps([entry]))
    assert "this mutant is no equivalent, it loses points" in run("audit", "--kit", kit, *only(f"mutant/{one.id}"), status=1).stdout


@pytest.mark.slow
def test_mistakes_in_the_call_have_status_2(run: Run, tmp_path: Path) -> None:
    assert "no subject is called nobody" in run("audit", *only("nobody"), status=2).stderr
    folder = jury(tmp_path, "# wrong: but where?")
    assert "one.py:1:1: the first line must end in `; loses `" in run("audit", "--wrong", folder, status=2).stderr
    assert "holds no reference/autodiff.py" in run("audit", "--kit", tmp_path, status=2).stderr


# ---- without a criterion --------------------------------------------------------------

# For each core criterion a program that loses there and nowhere else: without the criterion nobody would notice it.
ALONE = {
    "node-creation/values": "wrong/div-of-itself-cancels-to-nothing",
    "node-creation/operator_names": "wrong/div-of-itself-is-called-one",
    "node-creation/operands": "wrong/div-of-itself-has-one-operand",
    "node-creation/local_partials": "wrong/div-of-itself-is-flat",
    "node-creation/children": "wrong/div-of-itself-is-no-child",
    "node-creation/values_elsewhere": "wrong/log-large",
    "node-creation/local_partials_elsewhere": "wrong/cos-negative",
    "node-creation/operator_names_in_programs": "wrong/scale-named",
    "node-creation/links_in_programs": "wrong/constants-interned",
    "node-creation/links_of_special_operands": "wrong/log-of-exp-unlinked",
    "node-creation/operands_untouched": "wrong/operand-derivatives-reset",
    "node-creation/separate_nodes": "misconception/nodes-equal-by-value",
    "node-creation/collectable": "misconception/nodes-kept-outside-the-graph",
    "node-creation/any_node": "wrong/create-rounds",
    "topological-order/simple_graphs": "wrong/order-of-two-left-out",
    "topological-order/unequal_paths": "wrong/first-and-last-of-different-operands",
    "topological-order/only_reachable": "wrong/unreached-operand-twice",
    "topological-order/repeated_operands": "misconception/order-counts-operands-once-and-links-twice",
    "topological-order/asked_again": "wrong/order-kept-on-root",
    "topological-order/asked_between_sweeps": "wrong/order-leaks-graphs",
    "topological-order/graph_left_alone": "wrong/order-turns-children-round",
    "topological-order/many_paths": "wrong/leads-order",
    "forward/chain_rule": "wrong/forward-keeps-the-ends-of-a-chain",
    "forward/sum_over_paths": "wrong/forward-leaves-side-results-out",
    "forward/same_node_twice": "wrong/first-last-forward-own",
    "forward/cancellation": "wrong/forward-snaps-cancelled",
    "forward/second_sweep": "wrong/forward-keeps-the-first-order",
    "forward/swept_between_orders": "wrong/cached-order-loses-its-root",
    "forward/intermediate_root": "wrong/childless-root",
    "forward/larger_programs": "wrong/jacobi-5",
}


@pytest.fixture(scope="module")
def alone() -> audits.Audit:
    """The programs of the table, audited as if they were all there are."""
    kit = Kit.find(ROOT)
    plan = make_plan(kit)
    return audits.audit(kit, plan, audits.subjects_of(kit, plan, only=tuple(ALONE.values())), whole=True, sandbox="core", jobs=2)


@pytest.mark.slow
def test_the_table_names_every_core_criterion(alone: audits.Audit) -> None:
    assert set(ALONE) == {"/".join(key) for key, core in alone.criteria.items() if core}


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_without_a_criterion_the_audit_is_red(name: str, alone: audits.Audit) -> None:
    step, _, criterion = name.partition("/")
    [one] = [one for one in alone.graded if one.subject.name == ALONE[name]]
    assert alone.faults(one) == []
    assert [fault.kind for fault in alone.faults(one, (step, criterion))] == ["survives"]


@pytest.mark.slow
def test_a_criterion_that_no_program_needs_is_named(alone: audits.Audit) -> None:
    assert {key for key, core in alone.criteria.items() if core and key in alone.unnoticed} == set()
    fewer = [one for one in alone.graded if one.subject.name != ALONE["forward/chain_rule"]]
    left = audits.Audit(alone.rubric, alone.cases, fewer, [])
    assert ("forward", "chain_rule") in left.unnoticed
    assert not left.is_green


@pytest.mark.slow
def test_the_audit_of_a_kit_without_a_criterion_is_red_in_truth(run: Run, tmp_path: Path) -> None:
    for part in ("grader", "reference", "rubrics"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "wrong").mkdir()
    shutil.copy(WRONG / "forward-keeps-the-ends-of-a-chain.py", tmp_path / "wrong")
    words = ("audit", "--wrong", tmp_path / "wrong", *only("reference", "wrong/*"))
    place = {"cwd": tmp_path, "PYTHONPATH": str(tmp_path)}
    run(*words, status=0, **place)  # type: ignore[arg-type]
    rubric, checks = tmp_path / "rubrics" / "3-forward.yaml", tmp_path / "grader" / "checks" / "test_forward.py"
    without = re.sub(r"  - id: chain_rule\n.*?(?=  - id: )", "", rubric.read_text("utf-8"), flags=re.DOTALL)
    without = re.sub(r"  one-path:\n(    .*\n)+", "", without)
    rubric.write_text(without.replace("points: 8", "points: 16", 1))
    checks.write_text(checks.read_text("utf-8").replace("def test_chain_rule", "def chain_rule"))
    said = run(*words, status=1, **place).stdout  # type: ignore[arg-type]
    assert "wrong/forward-keeps-the-ends-of-a-chain" in said
    assert "loses nothing in forward" in said
