"""A question that crashes, exits, hangs, floods or forges costs itself; time is counted as CPU time, step by step."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import FULL, REFERENCE, Reports, Run, outcomes, scores, selected, slow_but

Graded = Callable[..., dict[str, Any]]

MISHAPS = {
    "exits": ("import os; os._exit(0)", "crash"),
    "dies of a signal": ("import ctypes; ctypes.string_at(0)", "crash"),
    "hangs": ("while True: pass", "timeout"),
    "sleeps": ("import time; time.sleep(100)", "timeout"),
    "raises SystemExit": ("raise SystemExit(0)", "error"),
    "raises KeyboardInterrupt": ("raise KeyboardInterrupt", "error"),
    "raises what can't be shown": ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "error"),
    "recurses": ("return sin(a)", "error"),
    "prints without end": ("while True: print('y' * 10_000)", "timeout"),
    "allocates too much": ("x = bytearray(1 << 31)", "error"),
    "forges a reply": ("import os; os.write(4, b'\\0\\0\\0\\x08{\"id\":1}')", "error"),
    "writes a reply that never ends": ("import os\n    while True: os.write(4, b'x' * 65536)", "error"),
    "closes its replies": ("import os; os.close(4)", "crash"),
}


@pytest.fixture(scope="module")
def mishaps(request: pytest.FixtureRequest, graded_together: Callable[..., Reports]) -> Reports:
    return graded_together({name: with_code_in_sin(MISHAPS[name][0]) for name in sorted(selected(request, "name"))})


def with_code_in_sin(code: str) -> str:
    code = f"    if a.value == 0.8:\n        {code}\n".replace("\n    while", "\n        while")
    return REFERENCE.replace("    ### BEGIN SOLUTION\n    return create_node(np.sin", f"{code}    return create_node(np.sin")


WAITED_FOR = {name for name, (code, _) in MISHAPS.items() if "while True" in code or "sleep" in code}


@pytest.mark.parametrize("name", slow_but(set(MISHAPS) - WAITED_FOR, MISHAPS))
def test_a_mishap_at_one_question_costs_that_question_alone(name: str, mishaps: Reports) -> None:
    got, outcome = mishaps[name], MISHAPS[name][1]
    assert scores(got) == {**FULL, "node-creation": scores(got)["node-creation"]}
    [criterion] = [c for c in got["steps"][0]["criteria"] if c["id"] == "values"]
    assert {case["id"]: case["outcome"] for case in criterion["cases"] if case["outcome"] != "pass"} == {"sin": outcome}


@pytest.mark.slow
def test_what_a_budget_did_not_reach_is_not_tried(graded: Graded) -> None:
    got = graded(REFERENCE.replace("    return _linearize(root,", "    while True: pass\n    return _linearize(root,"))
    found = outcomes(got, "topological-order")
    assert scores(got) == {**FULL, "topological-order": 0}
    assert found["simple_graphs"] == "timeout"
    assert found["asked_again"] == "not tried"


@pytest.mark.slow
def test_an_order_that_never_ends_on_a_cycle_costs_the_bonus_alone(graded: Graded) -> None:
    unlinked = "    for parent in parent_nodes[:1]:\n        parent.child_nodes.append(node)\n"
    waiting = """
    reached, todo = [root], [root]
    while todo:
        for child in todo.pop().child_nodes:
            if child not in reached:
                reached.append(child)
                todo.append(child)
    order = []
    while len(order) < len(reached):
        for node in reached:
            if node not in order and not any(p in reached and p not in order for p in node.parent_nodes):
                order.append(node)
    return order
"""
    linked, body = unlinked.replace("[:1]", ""), "    return _linearize(root, lambda node: node.child_nodes)\n"
    assert linked in REFERENCE
    assert body in REFERENCE
    got = graded(REFERENCE.replace(linked, unlinked).replace(body, waiting))  # links are wrong, so that given graphs pay for orders
    assert scores(got) == {**FULL, "node-creation": scores(got)["node-creation"]}
    assert outcomes(got, "topological-order")["cycles_refused"] == "timeout"


@pytest.mark.slow
def test_a_quadratic_kahn_keeps_its_points_and_an_exponential_search_does_not(graded: Graded) -> None:
    quadratic = """
    nodes, todo = [root], [root]
    while todo:
        for child in todo.pop().child_nodes:
            if child not in nodes:
                nodes.append(child)
                todo.append(child)
    order = []
    while nodes:
        ready = next(n for n in nodes if not any(p in nodes for p in n.parent_nodes))
        nodes.remove(ready)
        order.append(ready)
    return order
"""
    exponential = """
    paths = []
    def visit(node):
        paths.append(node)
        for child in node.child_nodes:
            visit(child)
    visit(root)
    return [node for i, node in enumerate(paths) if node not in paths[i + 1:]]
"""
    body = "    return _linearize(root, lambda node: node.child_nodes)\n"
    assert body in REFERENCE
    assert scores(graded(REFERENCE.replace(body, quadratic), name="quadratic")) == FULL
    got = graded(REFERENCE.replace(body, exponential), name="exponential")
    assert scores(got) == {**FULL, "topological-order": 26}
    assert outcomes(got, "topological-order")["many_paths"] == "timeout"


def test_each_question_starts_from_a_freshly_loaded_state(graded: Graded) -> None:
    counting = "calls = []\n\n\ndef forward(root):\n    calls.append(1)\n    if len(calls) > 12: raise RuntimeError('state survived')\n"
    assert scores(graded(REFERENCE.replace("def forward(root):\n", counting))) == FULL


NO_NUMBERS = (
    "float('nan')",
    "float('inf')",
    "10**400",
    "True",
    "'4.0'",
    "1j",
    "None",
    "[1.0]",
    "type('L', (float,), {'__eq__': lambda s, o: True})(9)",
)


@pytest.fixture(scope="module")
def no_numbers(graded_together: Callable[..., Reports]) -> Reports:
    line = "        node.partial_derivative = "
    return graded_together({value: REFERENCE.replace(f"{line}tangents[node]", line + value) for value in NO_NUMBERS})


@pytest.mark.slow
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_not_the_number_is_a_wrong_answer_and_no_broken_reply(value: str, no_numbers: Reports) -> None:
    got = no_numbers[value]
    assert scores(got) == {**FULL, "forward": 0}
    assert set(outcomes(got, "forward").values()) == {"fail"}


@pytest.mark.slow
def test_a_step_that_used_up_one_budget_has_less_for_its_others(run: Run, tmp_path: Path) -> None:
    work, out, plan = tmp_path / "work.py", tmp_path / "out", tmp_path / "plan"
    work.write_text(REFERENCE.replace("    return _linearize(root,", "    while True: pass\n    return _linearize(root,"), "utf-8")
    run("grade", work, "--out", out, "--no-diagnosis")
    run("plan", "--out", plan)
    questions = {question["id"]: question for question in json.loads((plan / "questions.json").read_text("utf-8"))["questions"]}
    trace = json.loads((out / ".traces" / "work.json").read_text("utf-8"))
    late = [questions[answer["question"]] for answer in trace["answers"] if answer["kind"] == "timeout"]
    times = Counter((q["graph_source"], q.get("bonus", False)) for q in late if q["step"] == "topological-order")
    assert times == {("own", False): 5, ("own", True): 2, ("given", False): 2, ("given", True): 2}


@pytest.mark.slow
def test_once_a_second_try_is_late_no_other_is_made(run: Run, tmp_path: Path) -> None:
    work, out = tmp_path / "work.py", tmp_path / "out"
    late = "    if root.value in (1.2, 1.8):\n        print('late', flush=True)\n        while True: pass\n"
    work.write_text(REFERENCE.replace("    tangents = {root: 1.0}", f"{late}    tangents = {{root: 1.0}}"), "utf-8")
    run("grade", work, "--out", out, "--no-diagnosis")
    trace = json.loads((out / ".traces" / "work.json").read_text("utf-8"))
    found = Counter(answer["kind"] for answer in trace["answers"])
    assert found["timeout"] == 2
    assert trace["printed"] == len("late\n") * 3


def test_a_trace_of_replies_with_line_ends_is_read_again(run: Run, tmp_path: Path) -> None:
    work, out = tmp_path / "work.py", tmp_path / "out"
    spoil = """import json
json.JSONEncoder.own = getattr(json.JSONEncoder, "own", json.JSONEncoder.encode)
json.JSONEncoder.encode = lambda *of: json.JSONEncoder.own(*of).replace(",", ",\\n")
"""
    work.write_text(spoil + REFERENCE, "utf-8")
    run("grade", work, "--out", out, "--no-diagnosis")
    run("compare", out, "--out", tmp_path / "again")
    before, after = (json.loads((folder / "work" / "report.json").read_text("utf-8")) for folder in (out, tmp_path / "again"))
    assert scores(before) == scores(after) == FULL
