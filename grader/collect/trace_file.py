"""Traces on disk: written by those who collect, read again as warily as a submission."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from grader.atomic_write import write_bytes
from grader.collect.agenda import graph_alone, shows_own_graph
from grader.collect.reply_cache import Replies, Reply
from grader.formats import AnswerData, GraphAlone, Question, Questions, Trace
from grader.kit import QUESTIONS, collecting_sha256, questions_sha256
from grader.sandbox import PARTS, Malformed, check_answer, check_loading, check_reason, check_texts, parse

TRACE = "autodiff-kit/trace/v1"
KINDS = ("answered", "raised", "timeout", "crash", "malformed", "not tried")
LOADINGS = ("loaded", "unreadable", "timeout", "crash", "malformed", "refused", "unusable", "fault")
TRACE_CAP = 64 * 1024 * 1024
"""Bytes of a trace; its numbers and texts are written in up to four times as many as in the reply."""
_ANSWER = re.compile(rb'{"question":(0|[1-9][0-9]{0,8}),"kind":"(answered|raised)","reply":({.*})},?')


Numbers = frozenset[int]
"""Of questions."""


class TraceError(ValueError):
    """A trace that can't be compared: damaged, or made from other questions or by another kit."""


def read_questions(path: Path) -> Questions:
    """Return the questions of a questions.json. Raises TraceError if it is none."""
    try:
        questions = json.loads(path.read_text("utf-8"))
        if questions["schema"] != QUESTIONS:
            raise TraceError(f"{path}: its schema is {questions['schema']!r}, not {QUESTIONS!r}")
        if type(questions["pristine"]) is not str or any(type(question["id"]) is not int for question in questions["questions"]):
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, TraceError):
            raise
        raise TraceError(f"{path}: not a questions.json") from None
    return cast(Questions, questions)


def write_trace(path: Path, trace: Trace) -> int:
    """Write a trace so that a reader finds the whole of it or nothing, and return its length."""
    return keep_trace(path, written(trace))


def written(trace: Trace) -> bytes:
    """Return a trace as it travels and is kept: JSON, with a line for each answer."""
    head = _json({**trace, "answers": []})
    if not trace["answers"]:
        return head
    return head.removesuffix(b"]}") + b"\n" + b",\n".join(map(_line, trace["answers"])) + b"\n]}"


def _json(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _line(answer: AnswerData) -> bytes:
    reply = answer.get("reply")
    if not isinstance(reply, Reply):
        return _json(answer)
    return b'{"question":%d,"kind":"%s","reply":%s}' % (answer["question"], answer["kind"].encode(), reply.text())


def keep_trace(path: Path, text: bytes) -> int:
    """Keep the text of a trace as `write_trace` does. It may come from anywhere: `read_trace` looks at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text)
    return len(text)


def read_trace(path: Path, questions: Questions, needed: Numbers = frozenset(), replies: Replies | None = None) -> Trace:
    """Return a trace from a file, checked in every part against the questions it claims to answer.

    `needed` are the ids of questions that the trace must cover; `replies` caches parsed replies between traces. Raises TraceError.
    A trace comes from where submissions run, and is as trustworthy as a submission.
    """
    try:
        with path.open("rb") as file:
            content = file.read(TRACE_CAP + 1)
        if len(content) > TRACE_CAP:
            raise TraceError(f"{path}: larger than {TRACE_CAP >> 20} MiB")
        head, lines = _by_lines(content)
        trace = cast(Trace, parse(head))  # what follows checks that it is one
        for problem in _foreign(trace, questions, needed):
            raise TraceError(f"{path}: {problem}")
        _check_header(trace)
        asked = {question["id"]: question for question in questions["questions"]}
        _check_graphs(trace["graphs"], asked)
        trace["answers"] += _answers(lines, asked, replies or Replies())
        for answer in trace["answers"]:
            number = answer.get("question")
            if type(number) is not int or number not in asked or answer.get("kind") not in KINDS:
                raise Malformed("an answer to no question")
            question, replied = asked.pop(number), answer["kind"] in ("answered", "raised")
            if answer.keys() != {"question", "kind", "reply" if replied else "why"}:
                raise Malformed("an answer that holds something else")
            if replied:
                if not isinstance(answer["reply"], Reply):
                    check_answer(answer["reply"], question)
                if ("raised" in answer["reply"]) != (answer["kind"] == "raised"):
                    raise Malformed("an answer of another kind than it says")
            else:
                check_reason(answer["why"])
    except (KeyError, TypeError, AttributeError, Malformed) as error:
        raise TraceError(f"{path}: not a trace ({error})") from None
    return trace


def _check_graphs(graphs: list[GraphAlone], asked: dict[int, Question]) -> None:
    """Raise Malformed unless each graph is the reply to a question about the graph alone of another question."""
    numbers = [entry["question"] for entry in graphs]
    if len(set(numbers)) < len(numbers):
        raise Malformed("two graphs of one question")
    for entry in graphs:
        if entry.keys() != {"question", "reply"} or not shows_own_graph(asked[entry["question"]]):
            raise Malformed("a graph of no question")
        check_answer(entry["reply"], graph_alone(asked[entry["question"]]))


def _by_lines(content: bytes) -> tuple[bytes, list[bytes]]:
    """Return a trace without its answers, and the answers' lines, if `written` wrote it; else the whole trace and no lines."""
    head, *lines = content.split(b"\n")
    if len(content) > PARTS or not head.endswith(b'"answers":[') or lines[-1:] != [b"]}"]:
        return content, []
    return head + b"]}", lines[:-1]


def _answers(lines: list[bytes], asked: dict[int, Question], replies: Replies) -> Iterator[AnswerData]:
    """Yield the answer on each line. Of those that hold a reply only the reply is read, if it is not known."""
    for i, line in enumerate(lines, start=1):
        if line.endswith(b",") != (i < len(lines)):
            raise Malformed("its lines are not those of a trace")
        match = _ANSWER.fullmatch(line)
        if match and (number := int(match[1])) in asked:
            yield {"question": number, "kind": match[2].decode(), "reply": replies.read(match[3], asked[number])}
        else:
            yield cast(AnswerData, parse(line.removesuffix(b",")))


def _foreign(trace: Trace, questions: Questions, needed: Numbers) -> Iterator[str]:
    if trace["schema"] != TRACE:
        yield f"its schema is {trace['schema']!r}, not {TRACE!r}"
    if trace["questions_sha256"] != questions_sha256(questions):
        yield "it answers other questions than this rubric, reference and seed ask: collect again, or name the right --seed or --secret"
    if trace["kit_sha256"] != collecting_sha256():
        yield "it was collected by another version of the kit: collect again"
    if not needed <= _numbers(trace["asked"], len(questions["questions"])):
        yield "it was not asked all that is looked at, but other steps or criteria, or the random cases of another submission or course \
secret: name the right --step or --secret, or collect again"


def ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Return numbers as ranges [first, last]."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _numbers(ranges: Any, most: int) -> Numbers:
    """Return the numbers in ranges [first, last]. Raises Malformed for what is no such list."""
    if type(ranges) is not list or len(ranges) > most:
        raise Malformed("what was asked does not have the expected form")
    found: set[int] = set()
    for pair in ranges:
        if type(pair) is not list or len(pair) != 2 or any(type(end) is not int or not 0 <= end < most for end in pair):
            raise Malformed("what was asked does not have the expected form")
        found |= set(range(pair[0], pair[1] + 1))
    return frozenset(found)


def _check_header(trace: Trace) -> None:
    if trace["loading"]["kind"] not in LOADINGS or type(trace["answers"]) is not list:
        raise Malformed("loading does not have the expected form")
    check_loading(trace["loading"])
    check_texts(trace["sandbox"], trace["python"], trace["submission_sha256"])
    if type(trace["cells"]) is not list or not all(type(lines) is int for lines in trace["cells"]):
        raise Malformed("its cells are no numbers of lines")
    if not re.fullmatch("[0-9a-f]{64}", trace["submission_sha256"]):
        raise Malformed("the hash of the submission is none")
    if type(trace["notes"]) is not list:
        raise Malformed("its notes are no list")
    check_texts(*trace["notes"])
    if not all(trace["notes"]):
        raise Malformed("one of its notes is empty")
    if type(trace["printed"]) is not int or type(trace["seconds"]) not in (int, float) or not 0 <= trace["seconds"] < 1e9:
        raise Malformed("a number is missing")
