"""What a right answer settles is not asked: that saves questions, and neither costs nor earns a point."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, REFERENCE, Run, outcomes, report, scores

WRITES = "        node.partial_derivative = tangents[node]\n"
ORDERS = "    return _linearize(root, lambda node: node.child_nodes)\n"


def asked(run: Run, source: str, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the report on a program, and the questions that it was asked with a `skip_if_right`, each with what that one asks."""
    work, out, plan = folder / "work.py", folder / "out", folder / "plan"
    work.write_text(source, "utf-8")
    run("grade", work, "--out", out, "--no-diagnosis")
    run("plan", "--out", plan)
    questions = {question["id"]: question for question in json.loads((plan / "questions.json").read_text("utf-8"))["questions"]}
    trace = json.loads((out / ".traces" / "work.json").read_text("utf-8"))
    found = [questions[answer["question"]] for answer in trace["answers"]]
    conditional = [question for question in found if "skip_if_right" in question]
    return report(out, "work"), [{**question, "unless": questions[question["skip_if_right"]]["ask"]} for question in conditional]


def test_a_right_program_is_asked_nothing_that_its_answers_settle(run: Run, tmp_path: Path) -> None:
    graded, rest = asked(run, REFERENCE, tmp_path)
    assert scores(graded) == FULL
    assert rest == []


@pytest.mark.parametrize(
    ("line", "losses"),
    [
        (WRITES.replace("tangents[node]", "tangents[node] * (1 + 1e-11)"), {}),  # within the tolerance
        (WRITES.replace("tangents[node]", "tangents[node] * (1 + 1e-8)"), {"forward": 0}),
        (WRITES + "        node.value += 1\n", {"forward": 32}),
    ],
)
def test_where_a_sweep_is_not_known_to_be_right_its_orders_are_asked(line: str, losses: dict[str, int], run: Run, tmp_path: Path) -> None:
    assert WRITES in REFERENCE
    graded, rest = asked(run, REFERENCE.replace(WRITES, line), tmp_path)
    assert scores(graded) == {**FULL, **losses}
    found = Counter(question["ask"] for question in rest if question["unless"] == "forward" and question["graph_source"] == "own")
    assert set(found) == {"order"}
    assert found["order"] > 50
    # orders are right, so a given graph is asked about only where another graph came before
    assert all("earlier_graphs" in question for question in rest if question["graph_source"] == "given")


def test_a_wrong_order_costs_no_sweep_that_needs_none(run: Run, tmp_path: Path) -> None:
    own = """
    def visit(node, found):
        for child in node.child_nodes:
            if child not in found:
                visit(child, found)
        found.append(node)
        return found[::-1]
    for node in visit(root, []):
"""
    body = "\n    for node in topological_order(root):\n"
    assert body in REFERENCE
    backwards = ORDERS.replace("return ", "return list(reversed(").rstrip() + "))\n"
    graded, rest = asked(run, REFERENCE.replace(ORDERS, backwards).replace(body, own), tmp_path)
    assert outcomes(graded, "topological-order")["simple_graphs"] == "fail"
    assert scores(graded)["forward"] == FULL["forward"]
    assert not any(question["unless"] != "order" and question["step"] == "topological-order" for question in rest if question["public"])


def test_an_order_that_two_sweeps_share_is_asked_in_any_case(kit: Path, run: Run, tmp_path: Path) -> None:
    added = {
        "3-forward": ("      nested:", "      shared: x*x at x=1.3 sweeps x, output\n"),
        "4-reverse": ("      tutorial-adjoints:", "      shared-back: x*x at x=1.3\n"),
    }
    for name, (before, line) in added.items():
        rubric = kit / "rubrics" / f"{name}.yaml"
        assert before in rubric.read_text("utf-8")
        rubric.write_text(rubric.read_text("utf-8").replace(before, line + before), "utf-8")
    run("plan", "--kit", kit, "--out", tmp_path)
    questions, expected = (json.loads((tmp_path / name).read_text("utf-8")) for name in ("questions.json", "expected.json"))
    cases = [expected["cases"][name] for name in ("forward/shared", "backward/shared-back")]
    [number] = {case["own"]["order"]["question"] for case in cases}
    assert "skip_if_right" not in questions["questions"][number]
    unshared = expected["cases"]["forward/nested"]["own"]
    assert questions["questions"][unshared["order"]["question"]]["skip_if_right"] == unshared["question"]


@pytest.mark.parametrize(("body", "outcome"), [("def backward(output):\n    raise NotImplementedError\n", "unwritten"), ("", "error")])
def test_a_function_that_lacks_is_asked_about_no_other_graph(body: str, outcome: str, run: Run, tmp_path: Path) -> None:
    graded, rest = asked(run, REFERENCE[: REFERENCE.index("def backward(")] + body, tmp_path)
    assert scores(graded) == FULL
    assert outcomes(graded, "reverse")["adjoints"] == outcome
    assert not {"not tried", "pass"} & set(outcomes(graded, "reverse").values())
    assert not any(question["unless"] == "backward" for question in rest)


def test_an_unwritten_order_is_no_answer_to_a_sweep_on_given_graphs(run: Run, tmp_path: Path) -> None:
    body = REFERENCE.index('    """', REFERENCE.index("def topological_order("))
    end = REFERENCE.index("\n\n\n", body)
    graded, rest = asked(run, REFERENCE[:body] + "    raise NotImplementedError\n" + REFERENCE[end:], tmp_path)
    assert set(outcomes(graded, "topological-order").values()) == {"unwritten"}
    assert scores(graded)["forward"] == FULL["forward"]
    assert not any(
        question["ask"] == "order" for question in rest if question["graph_source"] == "given" and "earlier_graphs" not in question
    )


def test_a_function_that_refuses_some_graphs_is_asked_about_others(run: Run, tmp_path: Path) -> None:
    """Its own nodes list each child three times, which it can't sweep. It is right on given graphs."""
    linked, begin = "        parent.child_nodes.append(node)\n", "    tangents = {root: 1.0}"
    refuses = (
        "    if any(node.child_nodes.count(child) > 2 for node in topological_order(root) for child in node.child_nodes):\n"
        "        raise NotImplementedError\n"
    )
    assert linked in REFERENCE
    assert begin in REFERENCE
    graded, _ = asked(run, REFERENCE.replace(linked, linked * 3).replace(begin, refuses + begin), tmp_path)
    assert scores(graded)["node-creation"] < FULL["node-creation"]
    assert scores(graded)["forward"] == FULL["forward"]
