"""What comes back from a submission, or in a trace, is of the agreed form or Malformed; and all that is accepted can be judged."""

import contextlib
import copy
import json
import pickle
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, SUBMISSIONS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.cohort.runner import Job, reports_of
from grader.collect import reply_cache
from grader.collect.collector import Questionnaire, collect
from grader.collect.reply_cache import Replies
from grader.collect.trace_file import LOADINGS, TraceError, read_trace, write_trace
from grader.compare import BATCH, Comparer
from grader.kit import Kit
from grader.plan.plan import Plan
from grader.plan.planner import make_plan
from grader.report import terminal
from grader.report.markdown import markdown
from grader.results.folder import read_report
from grader.sandbox import Malformed, Sandbox, parse
from grader.sandbox.frames import judge_frame
from grader.sandbox.reply_schema import parse_answer, parse_loading
from grader.sandbox.strict_json import DEPTH, dump

bounded = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
WORKS = [ROOT / "reference" / "autodiff.py", *(SUBMISSIONS / "wrong" / f"{name}.py" for name in ("slices-an-iterator", "log-calls-itself"))]
RAISED = {"kinds": ["NameError", "Exception"], "message": "no", "line": 3, "function": "add", "statement": 9}
NOTHING_LISTED = {"raised": [], "raised_total": 0, "omitted": [], "omitted_total": 0}
LISTED = {"raised": [RAISED] * 10, "raised_total": 12, "omitted": [5, 7], "omitted_total": 2}
LOADED = {
    **NOTHING_LISTED, "skipped": [], "saved_seconds": 0.0, "starter": "2026.1", "lines": {"add": 3}, "operands": {"add": 2},
}  # fmt: skip
STOPPED = {**LOADED, **LISTED, "skipped": [3, 4], "saved_seconds": 1.5}
UNREADABLE = {"unreadable": {"line": 3, "message": "invalid syntax"}}


# ---- the real thing, and harm to it -------------------------------------------


class Real:
    """The plan, and what real submissions answered to it."""

    def __init__(self) -> None:
        self.plan: Plan = make_plan(Kit.find(ROOT))
        self.questions = {question["id"]: question for question in self.plan.questions["questions"]}
        asked = Questionnaire(self.plan.questions)
        with Sandbox() as sandbox:
            self.traces = [collect(sandbox, asked, path.read_bytes()) for path in WORKS]
        self.replies: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for kind in dict.fromkeys(self._kind(question) for question in self.questions.values()):
            self.replies += list(self._some(kind))[:3]

    @staticmethod
    def _kind(question: dict[str, Any]) -> tuple[Any, ...]:
        return question["ask"], question["graph_source"], question.get("between")

    def _some(self, kind: tuple[Any, ...]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield one question of a kind with each submission's reply to it, for each way in which it ended."""
        seen = set()
        for trace in self.traces:
            for answer in trace["answers"]:
                question = self.questions[answer["question"]]
                if self._kind(question) == kind and "reply" in answer and answer["kind"] not in seen:
                    seen.add(answer["kind"])
                    yield question, answer["reply"]

    def survives(self, traces: list[dict[str, Any]], folder: Path) -> None:
        """Judge and report traces that were accepted, as a run does."""
        job = Job(self.plan, folder, frozenset(step.id for step in self.plan.rubric.steps))
        comparer = Comparer(self.plan)
        for first in range(0, len(traces), BATCH):
            some = {f"trace-{i}": trace for i, trace in enumerate(traces[first : first + BATCH])}
            for row in reports_of(job, comparer, some, lambda _: None):
                status = {"fault": "not graded", "unusable": "unusable"}.get(some[row["submission"]]["loading"]["kind"], "graded")
                assert row["status"] == status, row["notes"]
                report = read_report(folder, row["submission"])
                json.dumps(report, ensure_ascii=False, allow_nan=False).encode("utf-8")
                assert markdown(report, self.plan.rubric.sentences).encode("utf-8")
                assert "\n".join(terminal.lines(report, self.plan.rubric.sentences, fancy=True)).encode("utf-8")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield Real()


RAW = [
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "1" * 5000,
    "1" * 400,
    "-0.0",
    '{"a":1,"a":2}',
    "[" * 11 + "]" * 11,
    "[" * 99 + "]" * 99,
    '"\\ud800"',
]
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1, 7, 2**31, 2**63, 0.5, 1e308, 5e-324),
    *("", "nan", "-inf", "x", "input", "é\u202e\x1b[31m", "x" * 400, "x" * 401),
    *([], {}, [[]], [None], [[0, 0]], [0] * 1001),
    *({"not": "list"}, {"not": 1}, {"not": "missing", "a": 1}, {"hashable": True, "wrong": []}),
    *(f"@raw{i}@" for i in range(len(RAW))),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=20)
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4))


def written(data: Any) -> bytes:
    """Return JSON text, with what no Python value stands for put in raw."""
    text = json.dumps(data)
    for i, raw in enumerate(RAW):
        text = text.replace(f'"@raw{i}@"', raw)
    return text.encode()


def places(data: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every part of a document, but only of the first parts of long lists."""
    found: list[tuple[Any, Any]] = []
    todo = [data]
    while todo:
        part = todo.pop()
        keys = list(part) if isinstance(part, dict) else range(min(len(part), 8)) if isinstance(part, list) else []
        found += [(part, key) for key in keys]
        todo += [part[key] for key in keys]
    return found


@st.composite
def harmed(draw: st.DrawFn, document: Any) -> Any:
    """Draw a copy of the document in which up to three parts are changed: each for another of its kind, or in any way."""
    made = copy.deepcopy(document)
    gentle = draw(st.booleans())
    for _ in range(draw(st.integers(1, 3))):
        if spots := places(made):
            part, key = draw(st.sampled_from(spots))
            if gentle:
                part[key] = copy.deepcopy(draw(another(part[key])))
            else:
                harm(draw, part, key, spots)
    return made


def harm(draw: st.DrawFn, part: Any, key: Any, spots: list[tuple[Any, Any]]) -> None:
    """Drop, double, rename, move or replace one part of a document."""
    match draw(st.sampled_from(["drop", "double", "rename", "move", "junk", "junk", "anything"])):
        case "drop":
            del part[key]
        case "double" if isinstance(part, list):
            part.insert(key, part[key])
        case "rename" if isinstance(part, dict):
            part[draw(st.sampled_from(["raised", "graph", "identity", "id", "x"]))] = part.pop(key)
        case "move":
            other, at = draw(st.sampled_from(spots))
            part[key] = copy.deepcopy(other[at])
        case "anything":
            part[key] = draw(ANYTHING)
        case _:
            part[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))


def another(value: Any) -> st.SearchStrategy[Any]:
    """Return what could stand in a value's place in an answer that is wrong, but whole."""
    foreign = st.sampled_from([{"not": "NoneType"}, {"not": "<b>\x1b[31m"}])
    if type(value) is bool:
        return st.booleans()
    if type(value) is int:
        return st.integers(-2, 6)
    if type(value) is float:
        return st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["nan", "inf", [], [1.5, "-inf", 3]]) | foreign
    if type(value) is str:
        return st.sampled_from(["", "::error::", "`|\x1b", "\u202e" * 400, "nan"])
    if type(value) is list:
        return foreign | st.sampled_from([[], value * 2, value[:-1], value[::-1]])
    return st.just(value)


# ---- replies ------------------------------------------------------------------


def checked(check: Any, *arguments: Any) -> Any:
    """Return what a check accepts, or None where it says Malformed; anything else that it raises fails the test."""
    try:
        accepted = check(*arguments)
    except Malformed:
        return None
    assert isinstance(accepted, dict)
    assert dump(accepted)  # finite numbers only
    return accepted


@bounded
@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda body: b'{"id":' + body + b"}"))
@example(b"\xff\xfe{\x00}\x00")
@example(b"\xef\xbb\xbf{}")
@example(b'{"a":"\\ud800"}')
@example(b'{"' + b"\\" * 99_999 + b'"}')
@example(b"[" * 262_144)
@example(b'{"a":' * 50_000 + b"1" + b"}" * 50_000)
@example(b'{"a":[' + b"{}," * 100_000 + b"1e999]}")
@example(b'{"a":' + b"1" * 100_000 + b"}")
def test_arbitrary_bytes_are_an_object_or_malformed(body: bytes) -> None:
    for check in (parse, parse_loading):
        with contextlib.suppress(Malformed):
            assert type(check(body)) is dict


@bounded
@given(ANYTHING)
def test_arbitrary_json_is_no_answer(real: Real, data: Any) -> None:
    body = written({"id": 1, **data} if isinstance(data, dict) else data)
    assert checked(parse_loading, body) is None
    assert checked(parse_answer, body, real.questions[1]) is None


BROKEN = {
    "a key twice": b'{"a":1,"a":1}',
    "a key twice, inside": b'{"a":[{"b":1,"b":1}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":-Infinity}',
    "five thousand digits": b'{"a":' + b"1" * 5000 + b"}",
    "a list": b"[]",
    "a text": b'"{}"',
    "two objects": b"{}{}",
    "not UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "too deep": b'{"a":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
    "too many lists": b'{"a":[' + b"[]," * 2_600_000 + b"0]}",
    "too many texts": b'{"a":[' + b'"",' * 2_600_000 + b"0]}",
    "brackets that do not match": b'{"a":[}]',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_agreed_json_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        parse(BROKEN[name])


def test_brackets_and_quotes_in_a_text_are_no_nesting() -> None:
    text = '[{"\\' * 90 + "\\\\"
    assert parse(dump({"a": text, "b": [text, {text: 1}]})) == {"a": text, "b": [text, {text: 1}]}
    deepest = b'{"a":' + b"[" * (DEPTH - 1) + b"]" * (DEPTH - 1) + b"}"
    assert list(parse(deepest)) == ["a"]


@pytest.mark.parametrize("facts", [LOADED, STOPPED, UNREADABLE], ids=["loaded", "stopped", "unreadable"])
def test_what_loading_says_is_accepted(facts: dict[str, Any]) -> None:
    assert parse_loading(dump(facts)) == facts


@bounded
@given(st.sampled_from([LOADED, STOPPED, UNREADABLE]).flatmap(harmed))
@example({**LOADED, "starter": "@raw10@"})
@example({**LOADED, "starter": "x" * 41})
@example({**LOADED, "lines": {"add": True}})
@example({**STOPPED, "raised": [{**RAISED, "kinds": []}] * 10})
@example({**STOPPED, "raised_total": 9})
@example({**STOPPED, "raised": [RAISED] * 11})
@example({**STOPPED, "omitted": [-1, 7]})
@example({**STOPPED, "saved_seconds": -1})
@example({**STOPPED, "skipped": [0.5]})
def test_a_harmed_loading_is_of_the_form_or_malformed(facts: Any) -> None:
    accepted = checked(parse_loading, written(facts))
    if accepted is not None:
        starter = accepted.get("starter")
        assert starter is None or len(starter.encode("utf-8")) <= 160


def test_real_replies_are_accepted(real: Real) -> None:
    assert len({real._kind(question) for question, _ in real.replies}) >= 7
    assert {"raised" in reply for _, reply in real.replies} == {True, False}
    for question, reply in real.replies:
        assert parse_answer(dump(reply), question) == reply


def test_every_fact_that_a_submission_can_forge_stands_in_security_md(real: Real) -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8").partition("\n## What a submission can forge\n")[2].partition("\n## ")[0]
    facts = {*LOADED, *UNREADABLE, *RAISED}.union(*(reply for _, reply in real.replies))
    assert {fact for fact in facts if f"`{fact}`" not in text} == set()


def test_an_offset_out_of_the_graph_is_malformed(real: Real) -> None:
    question, reply = next((q, r) for q, r in real.replies if "graph" in r and len(q["rows"]) == 3)
    for row, children in ((0, [-1]), (1, [-2]), (1, [2]), (2, [1])):
        harmed_reply = copy.deepcopy(reply)
        harmed_reply["graph"][row][4] = children
        with pytest.raises(Malformed, match="an offset is out of range"):
            parse_answer(dump(harmed_reply), question)


def test_an_attribute_that_no_node_has_is_malformed(real: Real) -> None:
    question, reply = next((q, r) for q, r in real.replies if r.get("changed"))
    for names, says in ((["__class__"], "names an attribute"), (["value"] * 6, "not a list of attributes"), ("value", "not a list")):
        with pytest.raises(Malformed, match=says):
            parse_answer(dump(dict(reply) | {"changed": [names] * len(reply["changed"])}), question)


@pytest.mark.slow
def test_harmed_replies_are_malformed_or_can_be_judged(real: Real, tmp_path: Path) -> None:
    found: dict[int, list[dict[str, Any]]] = {}
    replies, refused = Replies(), 0

    @bounded
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        nonlocal refused
        question, reply = data.draw(st.sampled_from(real.replies))
        body = written(data.draw(harmed(reply)))
        accepted = checked(parse_answer, body, question)
        assert json.dumps(checked(replies.read, body, question)) == json.dumps(accepted)
        if accepted is None:
            refused += 1
        else:
            found.setdefault(question["id"], []).append(accepted)

    fuzz()
    assert refused > 50
    assert sum(map(len, found.values())) > 10  # of a random draw: some must have been judged, or this test says nothing
    traces = []
    for i in range(max(map(len, found.values()))):  # each trace holds one accepted reply to each question that has so many
        trace = copy.deepcopy(real.traces[i % len(real.traces)])
        for answer in trace["answers"]:
            if len(replies := found.get(answer["question"], [])) > i:
                answer.pop("why", None)
                answer.update(kind="raised" if "raised" in replies[i] else "answered", reply=replies[i])
        traces.append(trace)
    real.survives(traces[:60], tmp_path)


# ---- traces -------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(real: Real) -> dict[str, Any]:
    """A real trace with few answers of every kind, so that it is quickly read."""
    trace = copy.deepcopy(real.traces[1])
    first = {(real._kind(real.questions[a["question"]]), a["kind"]): a for a in reversed(trace["answers"])}
    lost = [
        {"question": a["question"], "kind": kind, "why": "ended"}
        for a, kind in zip(trace["answers"], ("timeout", "crash", "malformed"), strict=False)
    ]
    taken = {answer["question"] for answer in lost}
    return {**trace, "answers": [*lost, *(a for a in first.values() if a["question"] not in taken)]}


UNREADABLE_TRACE = {
    "kind": "unreadable", "why": "", "unreadable": {"line": None, "message": "x"}, **NOTHING_LISTED, "starter": None, "lines": {},
}  # fmt: skip
HARM: dict[str, dict[str, Any]] = {
    "a starter with half a letter": {"loading": {"starter": "\ud800"}},
    "a reason that is too long": {"loading": {"kind": "timeout", "why": "x" * 1000}},
    "a reason with half a letter": {"loading": {"kind": "timeout", "why": "\udfff"}},
    "a statement without a line": {"loading": {"raised": [{"message": "x"}], "raised_total": 1}},
    "a statement at a text": {"loading": {"raised": [{**RAISED, "statement": "3"}], "raised_total": 1}},
    "an exception without a kind": {"loading": {"raised": [{**RAISED, "kinds": []}], "raised_total": 1}},
    "more statements than it counts": {"loading": {"raised": [RAISED], "raised_total": 0}},
    "more statements than are listed": {"loading": {"raised": [RAISED] * 11, "raised_total": 11}},
    "lines left out without a reason": {"loading": {"omitted": [3], "omitted_total": 1}},
    "a line left out that is none": {"loading": {"omitted": ["3"], "omitted_total": 1, "why": "ended"}},
    "statements of what was not loaded": {"loading": {"kind": "timeout", "why": "cpu 2", "raised": [RAISED], "raised_total": 1}},
    "unreadable without a line": {"loading": {"kind": "unreadable"}},
    "readable, and why it is not": {"loading": {"unreadable": {"line": 3, "message": "x"}}},
    "a Python with half a letter": {"python": "\ud800"},
    "endless seconds": {"seconds": "@raw0@"},
    "seconds before it began": {"seconds": -1},
    "true seconds": {"seconds": True},
    "a hash that is none": {"submission_sha256": "`x` ![](y)"},
    "a sandbox with half a letter": {"sandbox": "\ud800"},
    "no reason": {"answers": [{"question": 1, "kind": "timeout", "why": None}]},
    "an unknown reason": {"answers": [{"question": 1, "kind": "timeout", "why": "because"}]},
    "an endless reason": {"answers": [{"question": 1, "kind": "timeout", "why": "x" * 1000}]},
    "an answer that is none": {"answers": [7]},
    "a reply that is none": {"answers": [{"question": 1, "kind": "answered", "reply": [7]}]},
}


def harmed_by(trace: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {**trace, **{key: {**trace[key], **value} if isinstance(value, dict) else value for key, value in change.items()}}


@pytest.mark.parametrize("name", HARM)
def test_a_trace_of_another_form_is_refused(name: str, real: Real, small: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(written(harmed_by(small, HARM[name])))
    with pytest.raises(TraceError, match=r"t\.json: not a trace"):
        read_trace(tmp_path / "t.json", real.plan.questions)


def test_an_answer_is_of_the_kind_that_it_says(real: Real, small: dict[str, Any], tmp_path: Path) -> None:
    for kind, other in (("raised", "answered"), ("answered", "raised")):
        trace = copy.deepcopy(small)
        answer = next(answer for answer in trace["answers"] if answer["kind"] == kind)
        answer["kind"] = other
        write_trace(tmp_path / "t.json", trace)
        with pytest.raises(TraceError, match="of another kind than it says"):
            read_trace(tmp_path / "t.json", real.plan.questions)


def test_a_trace_is_read_by_lines_as_it_is_read_whole(real: Real, tmp_path: Path) -> None:
    path, replies = tmp_path / "t.json", Replies()
    for trace in real.traces:
        write_trace(path, trace)
        assert path.read_bytes().count(b"\n") == len(trace["answers"]) + 1
        assert read_trace(path, real.plan.questions, replies=replies) == trace
        before = replies.fresh
        assert read_trace(path, real.plan.questions, replies=replies) == trace
        assert replies.fresh == before > 0
        path.write_text(json.dumps(trace, indent=1))
        assert read_trace(path, real.plan.questions) == trace


LINES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "an answer twice": lambda lines: [*lines[:3], *lines[2:]],
    "no comma": lambda lines: [*lines[:2], lines[2].removesuffix(b","), *lines[3:]],
    "a comma too many": lambda lines: [*lines[:-2], lines[-2] + b",", *lines[-1:]],
    "two commas": lambda lines: [*lines[:2], lines[2] + b",", *lines[3:]],
    "a number that JSON knows not": lambda lines: [*lines[:2], lines[2].replace(b'"question":', b'"question":0'), *lines[3:]],
    "a question that nobody asked": lambda lines: [*lines[:2], re.sub(rb'"question":\d+', b'"question":99999', lines[2]), *lines[3:]],
    "another question's answer": lambda lines: [*lines[:2], re.sub(rb'"question":\d+', b'"question":1000', lines[2]), *lines[3:]],
    "two answers on a line": lambda lines: [*lines[:2], lines[2] + lines[3], *lines[4:]],
    "more in an answer": lambda lines: [*lines[:2], lines[2].removesuffix(b"},") + b',"more":1},', *lines[3:]],
    "an empty line": lambda lines: [*lines[:2], b",", *lines[2:]],
    "no end": lambda lines: lines[:-1],
}


@pytest.mark.parametrize("name", LINES)
def test_lines_that_no_trace_has_are_refused(name: str, real: Real, tmp_path: Path) -> None:
    path, replies = tmp_path / "t.json", Replies()
    write_trace(path, real.traces[0])
    read_trace(path, real.plan.questions, replies=replies)  # so that what was accepted here is known
    path.write_bytes(b"\n".join(LINES[name](path.read_bytes().split(b"\n"))))
    with pytest.raises(TraceError, match=r"t\.json: "):
        read_trace(path, real.plan.questions, frozenset({1}), replies)


def test_what_was_accepted_as_one_answer_is_not_accepted_as_another(real: Real) -> None:
    replies = Replies()
    (question, reply), *others = real.replies
    body = dump(reply)
    assert replies.read(body, question) is replies.read(body, question)
    other = next(asked for asked, _ in others if asked["id"] != question["id"])
    with pytest.raises(Malformed):
        replies.read(body, other)


def test_what_is_remembered_is_bounded(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [len(dump(reply)) for _, reply in real.replies]
    monkeypatch.setattr(reply_cache, "MAX_KEPT_BYTES", sum(sizes) // 2)
    replies = Replies()
    for question, reply in real.replies:
        assert replies.read(dump(reply), question) == reply
    graphs = {reply.graph.text for reply in replies._known.values() if reply.graph}
    own = sum(len(reply.text()) - (len(reply.graph.text) if reply.graph else 0) for reply in replies._known.values())
    assert replies._size == own + sum(map(len, graphs)) <= sum(sizes) // 2
    assert replies._graphs.keys() == graphs
    assert 2 < len(replies._known) < len(sizes)


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "a fact more before the graph's end": lambda body: body.replace(b']],"', b']] ,"more":[[1]],"', 1),
    "a second graph": lambda body: body.replace(b']],"', b']],"graph":[[1]],"', 1),
    "a graph within another fact": lambda body: body.replace(b'"graph":', b'"more":{"graph":', 1).replace(b']],"', b']]},"', 1),
    "no graph": lambda body: re.sub(rb'"graph":.*?\]\],"', b'"graph":0,"', body, count=1),
    "half a graph": lambda body: body.replace(b'"graph":[[', b'"graph":[[]],"more":[[', 1),
    "an operator that looks like the end": lambda body: body.replace(b'"input"', b'"]],"', 1),
    "an operator that looks like a fact": lambda body: body.replace(b'"input"', b'"]],\\"graph\\":0"', 1),
    "spaces": lambda body: body.replace(b'"graph":', b'"graph": ', 1).replace(b']],"', b']] ,"', 1),
    "the graph's text at once": lambda body: body,
}


@pytest.mark.parametrize("name", FORGED)
def test_a_reply_is_read_in_parts_as_it_is_read_whole(name: str, real: Real) -> None:
    with_graph = [(question, dump(reply)) for question, reply in real.replies if "graph" in reply]
    replies, read = Replies(), 0
    for question, body in with_graph:
        assert replies.read(body, question) == parse_answer(body, question)
        forged = FORGED[name](body)
        known, whole = checked(replies.read, forged, question), checked(parse_answer, forged, question)
        assert json.dumps(known) == json.dumps(whole) == json.dumps(checked(Replies().read, forged, question))
        read += whole is not None
    assert read == (len(with_graph) if "looks like" in name or name in ("spaces", "the graph's text at once") else 0)


def test_replies_about_one_graph_share_its_rows_and_a_copy_shares_nothing(real: Real) -> None:
    replies = Replies()
    question, reply = next((q, r) for q, r in real.replies if "graph" in r and "raised" not in r)
    first = replies.read(dump(reply), question)
    second = replies.read(dump({**reply, "identity": {"hashable": False, "wrong": []}}), question)
    assert first is not second
    assert first["graph"] is second["graph"]
    for other in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert type(other["graph"]) is list
        other["graph"][0][0] = "changed"
    assert first["graph"] == reply["graph"]


@pytest.mark.slow
def test_harmed_traces_are_refused_or_can_be_judged(real: Real, small: dict[str, Any], tmp_path: Path) -> None:
    accepted: list[dict[str, Any]] = []
    refused = 0
    heads = [{key: value for key, value in small.items() if key != "answers"}]
    for kind in LOADINGS:
        heads.append({**heads[0], "loading": {**UNREADABLE_TRACE, "kind": kind, "why": "ended"}})
        heads[-1]["loading"]["unreadable"] = UNREADABLE_TRACE["unreadable"] if kind == "unreadable" else None
    heads.append({**heads[0], "loading": {**heads[0]["loading"], **LISTED, "why": "ended"}})

    @bounded
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        nonlocal refused
        head = data.draw(st.sampled_from(heads))
        answers = data.draw(st.lists(st.sampled_from(small["answers"]), max_size=5))
        trace = data.draw(st.one_of(st.just({**head, "answers": small["answers"]}), harmed({**head, "answers": answers})))
        (tmp_path / "t.json").write_bytes(written(trace))
        try:
            accepted.append(read_trace(tmp_path / "t.json", real.plan.questions))
        except TraceError:
            refused += 1

    fuzz()
    assert refused > 20
    assert len(accepted) > 20
    real.survives(accepted[:100], tmp_path)


def test_a_submission_that_answers_at_length_is_asked_no_more_and_can_be_compared_again(real: Real, tmp_path: Path) -> None:
    long = "[[0.5] * 999] * 30"
    source = REFERENCE.replace(
        "    ### BEGIN SOLUTION\n    return create_node(a.value + b.value",
        f"    return Node(1.0, [a, b], 'add', {long})\n    return create_node(a.value + b.value",
    )
    assert source != REFERENCE
    asked = Questionnaire(real.plan.questions)
    with Sandbox() as sandbox:
        trace = collect(sandbox, asked, source.encode())
    write_trace(tmp_path / "t.json", trace)
    assert read_trace(tmp_path / "t.json", real.plan.questions) == trace
    real.survives([trace], tmp_path)
    assert (tmp_path / "trace-0" / "report.json").stat().st_size < 2_000_000


# ---- frames -------------------------------------------------------------------


@bounded
@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.binary(max_size=3), st.integers(1, 60))
def test_a_frame_is_judged_by_its_length_alone(body: bytes, cut: int, more: bytes, cap: int) -> None:
    whole = struct.pack(">I", len(body)) + body
    kind, why = judge_frame(bytearray(whole[:cut] if cut < len(whole) else whole + more), cap)
    if cut >= 4 and len(body) > cap:
        assert (kind, why) == ("malformed", "size 0")
    elif cut < len(whole):
        assert kind == ""
    else:
        assert (kind, why) == (("malformed", "twice") if more else ("answered", ""))


FRAME = "import os, struct\ndef send(body, size=None):\n    os.write(4, struct.pack('>I', len(body) if size is None else size) + body)\n"
FRAMES = {
    "a second frame while loading": ("send(b'{}')", "malformed", ""),
    "a claim that the walls do not hold": ("""send(b'{"unlocked": ["::error::"]}'); import time; time.sleep(1)""", "malformed", ""),
    "half a frame while loading": ("send(b'{', 9); os._exit(0)", "crash", ""),
    "a frame without end while loading": ("send(b'', 1 << 31)", "malformed", ""),
    "an empty frame while loading": ("send(b'')", "malformed", ""),
    "an answer too many": ("def add(a, b):\n    send(b'{}')", "loaded", "malformed"),
    "an answer too early": ("import builtins, sys\nif hasattr(sys, 'again'): send(b'{}')\nsys.again = 1", "loaded", "malformed"),
    "half an answer": ("def add(a, b):\n    send(b'{', 99)\n    os._exit(0)", "loaded", "crash"),
    "an answer without end": ("def add(a, b):\n    send(b'x' * 60000, 1 << 30)", "loaded", "malformed"),
    "an empty answer": ("def add(a, b):\n    send(b'')", "loaded", "malformed"),
    "no answer": ("def add(a, b):\n    os._exit(0)", "loaded", "crash"),
    "an answer to another question": ("def add(a, b):\n    send(b'{\"id\": 0}')\n    while True: pass", "loaded", "malformed"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_out_of_turn_costs_the_question_and_nothing_else(name: str, real: Real) -> None:
    code, loading, asking = FRAMES[name]
    question = next(q for q in real.questions.values() if q["ask"] == "nodes" and any(row[1] == "add" for row in q["rows"]))
    asked = Questionnaire(real.plan.questions)
    with Sandbox() as sandbox:
        with sandbox.start((REFERENCE + FRAME + code).encode(), asked.pristine) as child:
            assert child.loaded.kind == loading
            if asking:
                answers = [child.ask(question).kind]
                if child.alive:  # what comes early is met by the next question
                    answers.append(child.ask(question).kind)
                assert answers[-1] == asking
            assert not child.alive
        with sandbox.start(REFERENCE.encode(), asked.pristine) as child:
            assert child.ask(question).kind == "answered"
