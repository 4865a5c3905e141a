"""The reference earns everything, the starter nothing, and each report says what it is."""

import ast
from collections.abc import Callable
from typing import Any

import pytest
from conftest import FULL, REFERENCE, ROOT, Reports, Run, report, same_but_for_times, scores

from grader.kit import Kit
from grader.plan.planner import make_plan

Graded = Callable[..., dict[str, Any]]
STARTER = (ROOT / "starter" / "autodiff.py").read_text("utf-8")
STEPS = {
    "node-creation": ["create_node", "add", "sub", "mul", "div", "log", "exp", "sin", "cos"],
    "topological-order": ["topological_order"],
    "forward": ["forward"],
    "reverse": ["backward"],
}


def definition(name: str) -> str:
    """Return the text of one function of the reference."""
    [function] = [part for part in ast.parse(REFERENCE).body if isinstance(part, ast.FunctionDef) and part.name == name]
    return f"{ast.get_source_segment(REFERENCE, function)}\n\n\n"


@pytest.fixture(scope="module")
def proofs(graded_together: Callable[..., Reports]) -> Reports:
    """The reports of the reference, the starter, and the starter with one step filled in."""
    filled = {step: STARTER + "".join(map(definition, ["_linearize", *functions])) for step, functions in STEPS.items()}
    return graded_together({"reference": REFERENCE, "starter": STARTER, **filled})


def test_the_reference_gets_full_marks_and_every_bonus_point(proofs: Reports) -> None:
    got = proofs["reference"]
    assert scores(got) == FULL
    assert (got["score"], got["max_score"], got["bonus"]) == (100, 100, 20)


def test_every_criterion_of_the_reference_passes_on_its_own_graphs(proofs: Reports) -> None:
    cases = [case for step in proofs["reference"]["steps"] for c in step["criteria"] if c["public"] for case in c["cases"]]
    assert {case["outcome"] for case in cases} == {"pass"}
    rings = {"ring-of-one", "ring-of-three", "ring-through-root", "ring-of-root-alone", "ring-with-a-tail", "ring-away-from-root"}
    assert {case["id"] for case in cases if case["paid_by"] == "given"} == rings


def test_the_starter_gets_nothing_and_is_told_what_is_not_written(proofs: Reports) -> None:
    got = proofs["starter"]
    assert scores(got) == {"node-creation": 0, "topological-order": 0, "forward": 0}
    assert got["bonus"] == 0
    for step in got["steps"]:
        for criterion in step["criteria"]:
            assert (criterion["id"], criterion["score"], criterion["outcome"]) == (criterion["id"], 0, "unwritten")
            assert criterion["message"].startswith("Not written yet: ")


def test_no_path_of_a_core_case_is_longer_than_150_nodes() -> None:
    plan = make_plan(Kit.find(ROOT))
    bonus = {f"{step.id}/{criterion.id}" for step in plan.rubric.steps for criterion in step.criteria if criterion.bonus}
    keys = {key for name, keys in plan.expected["criteria"].items() if name not in bonus for key in keys}
    longest = {}
    for key in keys:
        case = plan.expected["cases"][key]
        paths: list[int] = []
        for i, (_, _, offsets, *_) in enumerate(case.get("given_rows") or case["own"]["rows"]):
            paths.append(1 + max((paths[i + offset] for offset in offsets if offset < 0), default=0))
        longest[key] = max(paths)
    assert len(longest) > 200
    assert max(longest.values()) == 150


def test_the_starter_is_what_would_be_released_now(run: Run) -> None:
    run("release", "--check")


@pytest.mark.parametrize("step", STEPS)
def test_a_starter_with_one_step_filled_in_earns_that_step_alone(step: str, proofs: Reports) -> None:
    earned = {s["id"]: sum(c["score"] for c in s["criteria"]) for s in proofs[step]["steps"]}
    most = {"node-creation": 35, "topological-order": 35, "forward": 35, "reverse": 10}
    assert {name: points for name, points in earned.items() if points and name != "arrays"} == {step: most[step]}


def test_a_hidden_criterion_tells_counts_and_kinds_only(graded: Graded) -> None:
    source = REFERENCE.replace("node.partial_derivative = tangents[node]", 'raise RuntimeError(f"leak {node.value} {root.value}")')
    hidden = [c for step in graded(source)["steps"] for c in step["criteria"] if not c["public"]]
    assert len(hidden) > 10
    for criterion in hidden:
        assert criterion["cases"] == []
        assert "leak" not in criterion["message"] + criterion["hint"]
    told = [c for c in hidden if c["outcome"] == "error"]
    assert len(told) == 6
    for c in told:
        expected = f"0 of {c['cases_total']} hidden cases passed; the first that did not raised an exception or gave an unusable answer."
        assert c["message"] == expected


def test_a_public_criterion_tells_what_was_called_expected_and_got(graded: Graded) -> None:
    got = graded(REFERENCE.replace('"mul", [b.value, a.value]', '"mul", [a.value, b.value]'))
    [criterion] = [c for c in got["steps"][0]["criteria"] if c["id"] == "local_partials"]
    [case] = [case for case in criterion["cases"] if case["id"] == "mul"]
    assert case["called"] == "x = Node(1.7); y = Node(0.45); output = mul(x, y)"
    assert case["expected"] == "output.grad_wrt_parents = [0.45, 1.7]"
    assert case["got"] == "output.grad_wrt_parents = [1.7, 0.45]"
    assert criterion["message"] == f"Called: {case['called']}. Expected: {case['expected']}. Got: {case['got']}."


def test_an_exception_is_told_with_the_students_own_line(graded: Graded) -> None:
    line = REFERENCE[: REFERENCE.index("a.value / b.value")].count("\n") + 1
    got = graded(REFERENCE.replace("a.value / b.value, [a", "a.value / 0, [a"))
    [criterion] = [c for c in got["steps"][0]["criteria"] if c["id"] == "values"]
    [case] = [case for case in criterion["cases"] if case["id"] == "div"]
    assert case["outcome"] == "error"
    assert case["got"] == f"ZeroDivisionError: float division by zero (autodiff.py, line {line}, in div)"


@pytest.mark.slow
def test_no_report_changes_with_its_neighbours(run: Run, tmp_path: Any) -> None:
    wrong = ROOT / "tests" / "submissions" / "wrong"
    names = ["five-point-difference", "slices-an-iterator", "loading-stops-at-the-order", "registry-of-nodes"]
    files = [wrong / f"{name}.py" for name in names]
    run("grade", *files, "--out", tmp_path / "together", "--quiet", "--jobs", 2)
    run("grade", *reversed(files), "--out", tmp_path / "reversed", "--quiet", "--jobs", 1)
    for name, file in zip(names, files, strict=True):
        run("grade", file, "--out", tmp_path / "alone", "--quiet")
        alone = same_but_for_times(report(tmp_path / "alone", name))
        assert same_but_for_times(report(tmp_path / "together", name)) == alone
        assert same_but_for_times(report(tmp_path / "reversed", name)) == alone


def test_a_step_on_its_own_is_provisional(graded: Graded) -> None:
    got = graded(REFERENCE, "--step", "forward")
    assert [step["id"] for step in got["steps"]] == ["forward"]
    assert (got["score"], got["max_score"], got["provisional"]) == (35, 35, True)


def test_the_report_says_whether_the_own_or_a_given_graph_paid(graded: Graded) -> None:
    got = graded(REFERENCE.replace("for parent in parent_nodes:", "for parent in parent_nodes if operator != 'mul' else []:"))
    assert scores(got) == {**FULL, "node-creation": scores(got)["node-creation"]}
    assert scores(got)["node-creation"] < 35
    paid = {case["id"]: case["paid_by"] for step in got["steps"] for c in step["criteria"] for case in c["cases"]}
    assert paid["three-in-a-row"] == "own"
    assert paid["tutorial-order"] == paid["sum-of-squares"] == "given"
