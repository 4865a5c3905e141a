"""Questions go down the pipe in batches. What one of them does costs the others nothing; no reply counts out of turn."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import REFERENCE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.collect.agenda import Agenda
from grader.collect.collector import Questionnaire, collect
from grader.kit import Kit
from grader.plan.plan import Plan
from grader.plan.planner import make_plan
from grader.plan.variant_choice import EVERYBODY
from grader.sandbox import Sandbox
from grader.sandbox.frames import Requests, frame

SEND = "import os, struct\ndef send(body):\n    os.write(4, struct.pack('>I', len(body)) + body)\n"
ORDER = "def topological_order(root):\n"
LIMIT = 0.5


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield make_plan(Kit.find(ROOT))


@pytest.fixture(scope="module")
def walls() -> Iterator[Sandbox]:
    with Sandbox("core") as sandbox:
        yield sandbox


def some_orders(plan: Plan, count: int) -> list[int]:
    """Return the numbers of small questions about orders on own graphs, which make one batch."""
    questions = [q for q in plan.questions["questions"] if q["ask"] == "order" and q["graph_source"] == "own" and q["public"]]
    return [q["id"] for q in questions if len(q["rows"]) < 20 and q["step"] == "topological-order"][:count]


def kinds(plan: Plan, walls: Sandbox, numbers: list[int], body: str, budget: float = 10.0) -> list[str]:
    """Return how each of these questions ended for a reference whose topological_order begins with `body`."""
    asked = Questionnaire(plan.questions, frozenset(numbers), budget=budget, limit=LIMIT, retry=False)
    trace = collect(walls, asked, (SEND + REFERENCE.replace(ORDER, ORDER + body)).encode())
    found = {answer["question"]: answer["kind"] for answer in trace["answers"]}
    return [found.get(number, "not asked") for number in numbers]


@pytest.mark.slow
def test_public_questions_that_are_asked_again_leave_half_of_the_time_to_hidden_ones(plan: Plan, walls: Sandbox) -> None:
    orders = [q for q in plan.questions["questions"] if q["ask"] == "order" and q["graph_source"] == "own" and len(q["rows"]) < 20]
    public, hidden = ([q for q in orders if q["public"] == shown] for shown in (True, False))
    late = public[:5]
    values = [q["rows"][0][0] for q in late]
    answered = [q for q in hidden if all(row[0] not in values for row in q["rows"])][:3]
    source = REFERENCE.replace(ORDER, f"{ORDER}    while root.value in {values}: pass\n")
    asked = Questionnaire(plan.questions, frozenset(q["id"] for q in (*late, *answered)), budget=2.0, limit=0.3)
    trace = collect(walls, asked, source.encode())
    found = {answer["question"]: answer["kind"] for answer in trace["answers"]}
    assert found == {q["id"]: "timeout" for q in late} | {q["id"]: "answered" for q in answered}


THIRD = "    import builtins\n    builtins.calls = getattr(builtins, 'calls', 0) + 1\n    if builtins.calls == 3:\n        "


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        ("os._exit(0)", "crash"),
        ("send(b'{\"id\": 99999}')", "malformed"),
        ("send(b'')", "malformed"),
        ("while True: pass", "timeout"),
    ],
    ids=["ends", "answers another question", "answers nothing", "hangs"],
)
def test_one_of_a_batch_fails_alone(act: str, outcome: str, plan: Plan, walls: Sandbox) -> None:
    numbers = some_orders(plan, 8)
    found = kinds(plan, walls, numbers, THIRD + act + "\n")
    third_calls = [place for place, kind in enumerate(found) if kind == outcome]
    assert len(third_calls) <= 2  # each process counts anew, and a question may call more than once
    assert set(found) == {"answered", outcome}


def test_a_second_reply_is_taken_for_no_other_question_than_its_own_submission_claims(plan: Plan, walls: Sandbox) -> None:
    """An honest reply after a forged one answers no open question: the next question and the process pay for it."""
    numbers = some_orders(plan, 4)
    forged = f'    send(b\'{{"id": {numbers[0]}, "orders": [], "changed": []}}\')\n'
    assert kinds(plan, walls, numbers[:2], forged)[0] == "malformed"
    honest_after = kinds(plan, walls, numbers, THIRD + f"send(b'{{\"id\": {numbers[3]}}}')\n")
    assert "malformed" in honest_after
    assert honest_after.count("answered") >= 2


def test_a_budget_that_is_used_up_in_the_middle_of_a_batch_ends_it(plan: Plan, walls: Sandbox) -> None:
    numbers = some_orders(plan, 12)
    others = [q["id"] for q in plan.questions["questions"] if q["ask"] == "forward" and q["graph_source"] == "own" and q["public"]][:4]
    burn = "    import time\n    end = time.process_time() + 0.2\n    while time.process_time() < end: pass\n"
    found = kinds(plan, walls, numbers + others, burn, budget=0.5)
    tried = found[: len(numbers)]
    asked = tried.index("not asked")
    assert 2 <= asked <= 6  # each costs 0.2 s or more, of which 0.075 s are free
    assert set(tried[:asked]) == {"answered"}
    assert set(tried[asked:]) == {"not asked"}
    assert "not asked" not in found[len(numbers) :]


def test_no_batch_holds_a_question_that_another_of_it_decides(plan: Plan) -> None:
    numbers = plan.question_ids_for_criteria(plan.expected["criteria"], [EVERYBODY])
    todo = [question for question in plan.questions["questions"] if question["id"] in numbers]
    waiting, seen, agenda = deque(todo), 0, Agenda(10.0, 1.0)
    while batch := agenda.next_batch(waiting):
        ids = {question["id"] for question in batch}
        assert not any(question.get("skip_if_right") in ids for question in batch)
        assert len({(question["step"], question["graph_source"], "orders" in question) for question in batch}) == 1
        seen += len(batch)
    assert seen == len(todo)


# ---- replies in turn ----------------------------------------------------------

BODIES = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(BODIES, st.data())
def test_replies_come_in_order_however_they_are_cut(bodies: list[bytes], data: Any) -> None:
    requests, wire, found = Requests([frame(b"question")] * len(bodies)), b"".join(map(frame, bodies)), []
    requests.sent(len(requests.unsent))
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        requests.received(wire[:cut])
        wire = wire[cut:]
        taken, why = requests.take()
        assert why == ""
        found += taken
    assert found == bodies
    assert len(requests) == 0


@settings(max_examples=100, deadline=None)
@given(BODIES, st.data())
def test_a_reply_before_its_question_was_sent_is_early_and_those_before_it_count(bodies: list[bytes], data: Any) -> None:
    questions = [frame(b"q" * (i + 1)) for i in range(len(bodies))]
    sent = data.draw(st.integers(0, len(bodies) - 1))
    requests = Requests(questions)
    requests.sent(sum(map(len, questions[:sent])))
    requests.received(b"".join(map(frame, bodies)))
    taken, why = requests.take()
    assert taken == (bodies[:sent] if sent else [])
    assert (why or requests.take()[1]) == "early"


def test_what_follows_the_last_reply_spoils_it_alone() -> None:
    requests = Requests([frame(b"a"), frame(b"b")])
    requests.sent(len(requests.unsent))
    requests.received(frame(b"1") + frame(b"2") + b"x")
    assert requests.take() == ([b"1"], "")
    assert requests.take() == ([], "twice")
