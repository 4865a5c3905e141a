"""Ask one submission all questions and keep what came back: a trace. Nothing here knows an expected value.

A submission's questions run in a few processes: public and hidden ones apart, those that carry a known-good order apart
from the rest. A question that ends its process costs itself; the next one gets a new process.
"""

import hashlib
import itertools
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from grader.kit import QUESTIONS, collecting_sha256, questions_sha256
from grader.sandbox import (
    QUESTION_CPU,
    Answer,
    Child,
    Loading,
    Malformed,
    Sandbox,
    check_answer,
    check_loading,
    check_reason,
    check_texts,
    frame_of,
    parse,
)
from grader.settling import has_right_graph, has_right_orders

TRACE = "autodiff-kit/trace/v1"
BUDGET = 10.0
"""Seconds of CPU for each step: its own graphs, its given graphs and those with a known-good order counted apart, so that
an endless topological_order costs forward nothing."""
LOADING_BUDGET = 30.0
"""Seconds of CPU for loading the module anew for each of these questions, counted beside the step's own."""
REPLIES_CAP = 4 * 1024 * 1024
"""Bytes of replies that are kept of one submission; its other questions are not asked. A right one sends less than one MiB."""
KINDS = ("answered", "raised", "timeout", "crash", "malformed")
LOADINGS = ("loaded", "unreadable", "timeout", "crash", "malformed", "refused", "fault")
LONGEST_WHY = 300
"""Characters of a sentence on why nothing was loaded."""
TRACE_CAP = 64 * 1024 * 1024
"""Bytes of a trace; its numbers and texts are written in up to four times as many as in the reply."""


Numbers = frozenset[int]
"""Of questions."""


class TraceError(ValueError):
    """A trace that can't be compared: damaged, or made from other questions or by another kit."""


class Questionnaire:
    """The questions of a plan, hashed and encoded once for all submissions; `only` leaves out the other numbers.

    `budget` for each step and way and `limit` for a question that is not deep are in seconds of CPU; less than the usual is
    for programs of our own that may be endless.
    """

    def __init__(
        self, questions: dict[str, Any], only: frozenset[int] | None = None, budget: float = BUDGET, limit: float = QUESTION_CPU
    ) -> None:
        self.budget, self.limit = budget, limit
        self.pristine: str = questions["pristine"]
        self.questions = [question for question in questions["questions"] if only is None or question["id"] in only]
        self.frames = {question["id"]: frame_of(question) for question in self.questions}
        self.hashes = {"questions_sha256": questions_sha256(questions), "kit_sha256": collecting_sha256()}


def collect(sandbox: Sandbox, asked: Questionnaire, source: bytes, only: Numbers | None = None) -> dict[str, Any]:
    """Return the trace of one submission's source; `only` leaves out the other questions for this submission."""
    begun = time.monotonic()
    run = _Run(sandbox, asked, source)
    questions = [question for question in asked.questions if only is None or question["id"] in only]
    batches = [list(batch) for _, batch in itertools.groupby(questions, key=lambda q: (q["public"], "orders" in q))]
    for batch in batches:
        run.ask_all(batch)
    for batch in batches:  # a time-out stands when it comes twice; asking again costs no other question its time
        run.ask_all([question for question in batch if run.timed_out(question)])
    return {
        **_header(asked, source, only),
        "sandbox": sandbox.name,
        "seconds": round(time.monotonic() - begun, 4),
        "loading": {"kind": run.loading.kind, "why": run.loading.why, **_facts(run.loading, source)},
        "printed": run.printed,
        "answers": list(run.answers.values()),
    }


def refuse(asked: Questionnaire, source: bytes, why: str, only: Numbers | None = None, kind: str = "refused") -> dict[str, Any]:
    """Return the trace of a submission that holds nothing to load, or over which the kit broke down (kind `fault`).

    `why` is a sentence for the student.
    """
    why = why.encode("utf-8", "backslashreplace").decode()[:LONGEST_WHY]
    loading: dict[str, Any] = {"kind": kind, "why": why, "stopped": None, "starter": None, "lines": {}, "python": ""}
    return {**_header(asked, source, only), "sandbox": "none needed", "seconds": 0.0, "loading": loading, "printed": 0, "answers": []}


def _header(asked: Questionnaire, source: bytes, only: Numbers | None) -> dict[str, Any]:
    own = {"asked": _ranges(asked.frames.keys() if only is None else only), "submission_sha256": submission_sha256(source)}
    return {"schema": TRACE, **asked.hashes, **own, "cells": _cells(source)}


def submission_sha256(source: bytes) -> str:
    """Return the hash by which a submission's source is known."""
    return hashlib.sha256(source).hexdigest()


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Return numbers as ranges [first, last]."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _cells(source: bytes) -> list[int]:
    """Return how many lines each cell of a notebook has; of a file, none. A NUL ends a cell."""
    return [cell.count(b"\n") + 1 for cell in source.split(b"\0")[:-1]]


def _facts(loading: Loading, source: bytes) -> dict[str, Any]:
    """Return what the submission claims about itself; a line beyond the end of the file is no claim at all."""
    facts, length = loading.facts, source.count(b"\n") + 1 + source.count(b"\r") + source.count(b"\0")
    lines = {name: line for name, line in facts.get("lines", {}).items() if 1 <= line <= length}
    stopped = facts.get("stopped") or facts.get("unreadable")
    return {"stopped": stopped, "starter": facts.get("starter"), "lines": lines, "python": facts.get("python", "")}


class _Run:
    """One submission being asked: its budgets, and how often loading it went wrong."""

    def __init__(self, sandbox: Sandbox, asked: Questionnaire, source: bytes) -> None:
        self._sandbox, self._asked, self._source = sandbox, asked, source
        self._spent: defaultdict[tuple[str, str, bool], float] = defaultdict(float)
        self._loading_spent: defaultdict[tuple[str, str, bool], float] = defaultdict(float)
        self._right_graphs: dict[int, tuple[dict[str, Any], dict[str, Any]]] = {}
        self._right_orders: dict[int, bool] = {}
        self._failed_loads = 0
        self._received = 0
        self.loading = Loading("crash", 0.0, {}, "never")
        self.printed = 0
        self.answers: dict[int, dict[str, Any]] = {}

    def ask_all(self, batch: list[dict[str, Any]]) -> None:
        """Ask the questions of one batch, in as many processes as it takes."""
        todo = [question for question in reversed(batch) if self._has_time(question)]
        while todo and self._failed_loads < 2:
            with self._sandbox.start(self._source, self._asked.pristine) as child:
                if child.loaded.kind == "loaded":
                    if self.loading.kind != "loaded":
                        self.loading = child.loaded
                    while todo and child.alive:
                        self._ask(child, todo.pop())
                else:
                    self._failed_loads += 2 if child.loaded.kind == "unreadable" else 1
                    if self._failed_loads >= 2 and self.loading.kind != "loaded":
                        self.loading = child.loaded
                self.printed += child.printed_bytes

    def _ask(self, child: Child, question: dict[str, Any]) -> None:
        """Ask a question if the budget allows, and unless the answer on the own graph has settled its case."""
        if self._is_settled(question) or not self._has_time(question):
            return
        purse = _purse(question)
        limit = QUESTION_CPU if question.get("deep") else self._asked.limit
        answer = child.ask(question, self._asked.frames[question["id"]], limit)
        loading = min(child.loaded.spent, answer.spent)
        self._spent[purse] += answer.spent - loading
        self._loading_spent[purse] += loading
        self._received += answer.size
        self.answers[question["id"]] = _entry(question["id"], answer)
        if "digest" in question and answer.reply and has_right_graph(question, answer.reply):
            self._right_graphs[question["id"]] = question, answer.reply

    def _is_settled(self, question: dict[str, Any]) -> bool:
        """Return whether the submission's own graph counts alone, so that there is no need to ask on a given one."""
        own = question.get("unless")
        if own not in self._right_graphs or question["ask"] == "order":
            return own in self._right_graphs
        if own not in self._right_orders:
            self._right_orders[own] = has_right_orders(*self._right_graphs[own])
        return self._right_orders[own]

    def _has_time(self, question: dict[str, Any]) -> bool:
        purse = _purse(question)
        return self._spent[purse] < self._asked.budget and self._loading_spent[purse] < LOADING_BUDGET and self._received < REPLIES_CAP

    def timed_out(self, question: dict[str, Any]) -> bool:
        """Return whether a question got no answer in time."""
        return self.answers.get(question["id"], {}).get("kind") == "timeout"


def _purse(question: dict[str, Any]) -> tuple[str, str, bool]:
    """Return what the CPU time for a question is charged to."""
    return question["step"], question["way"], "orders" in question


def _entry(number: int, answer: Answer) -> dict[str, Any]:
    entry: dict[str, Any] = {"question": number, "kind": answer.kind}
    return entry | ({"why": answer.why} if answer.reply is None else {"reply": answer.reply})


# ---- traces on disk -----------------------------------------------------------


def read_questions(path: Path) -> dict[str, Any]:
    """Return the questions of a questions.json. Raises TraceError if it is none."""
    try:
        questions = json.loads(path.read_text("utf-8"))
        if questions["schema"] != QUESTIONS:
            raise TraceError(f"{path}: its schema is {questions['schema']!r}, not {QUESTIONS!r}")
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, TraceError):
            raise
        raise TraceError(f"{path}: not a questions.json") from None
    return dict(questions)


def write_trace(path: Path, trace: dict[str, Any]) -> int:
    """Write a trace so that a reader finds the whole of it or nothing, and return its length."""
    return keep_trace(path, written(trace))


def written(trace: dict[str, Any]) -> bytes:
    """Return a trace as it travels and is kept."""
    return json.dumps(trace, separators=(",", ":")).encode()


def keep_trace(path: Path, text: bytes) -> int:
    """Keep the text of a trace as `write_trace` does. It may come from anywhere: `read_trace` looks at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(text)
    draft.replace(path)
    return len(text)


def read_trace(path: Path, questions: dict[str, Any], needed: Numbers = frozenset()) -> dict[str, Any]:
    """Return a trace from a file, checked in every part against the questions it claims to answer.

    `needed` are the questions that it must have been asked. Raises TraceError.
    A trace comes from where submissions run, and is as trustworthy as a submission.
    """
    try:
        with path.open("rb") as file:
            content = file.read(TRACE_CAP + 1)
        if len(content) > TRACE_CAP:
            raise TraceError(f"{path}: larger than {TRACE_CAP >> 20} MiB")
        trace = parse(content)
        for problem in _foreign(trace, questions, needed):
            raise TraceError(f"{path}: {problem}")
        _check_header(trace)
        asked = {question["id"]: question for question in questions["questions"]}
        for answer in trace["answers"]:
            number = answer.get("question")
            if type(number) is not int or number not in asked or answer.get("kind") not in KINDS:
                raise Malformed("an answer to no question")
            question = asked.pop(number)
            if answer["kind"] in ("answered", "raised"):
                check_answer(answer["reply"], question)
                if ("raised" in answer["reply"]) != (answer["kind"] == "raised"):
                    raise Malformed("an answer of another kind than it says")
            else:
                check_reason(answer["why"])
    except (KeyError, TypeError, AttributeError, Malformed) as error:
        raise TraceError(f"{path}: not a trace ({error})") from None
    return trace


def _foreign(trace: dict[str, Any], questions: dict[str, Any], needed: Numbers) -> Iterator[str]:
    if trace["schema"] != TRACE:
        yield f"its schema is {trace['schema']!r}, not {TRACE!r}"
    if trace["questions_sha256"] != questions_sha256(questions):
        yield "it answers other questions than this rubric, reference and seed ask: collect again, or name the right --seed"
    if trace["kit_sha256"] != collecting_sha256():
        yield "it was collected by another version of the kit: collect again"
    if not needed <= _numbers(trace["asked"], len(questions["questions"])):
        yield "it was not asked all that is looked at, but other steps, or the random cases of another submission or course secret: \
name the right -k or --secret, or collect again"


def _numbers(ranges: Any, most: int) -> Numbers:
    """Return the numbers in ranges [first, last]. Raises Malformed for what is no such list."""
    if type(ranges) is not list or len(ranges) > most:
        raise Malformed("what was asked is told in another form")
    found: set[int] = set()
    for pair in ranges:
        if type(pair) is not list or len(pair) != 2 or any(type(end) is not int or not 0 <= end < most for end in pair):
            raise Malformed("what was asked is told in another form")
        found |= set(range(pair[0], pair[1] + 1))
    return frozenset(found)


def _check_header(trace: dict[str, Any]) -> None:
    if trace["loading"]["kind"] not in LOADINGS or type(trace["answers"]) is not list:
        raise Malformed("loading is told in another form")
    check_loading(trace["loading"])
    check_texts(trace["sandbox"], trace["submission_sha256"])
    if type(trace["cells"]) is not list or not all(type(lines) is int for lines in trace["cells"]):
        raise Malformed("its cells are no numbers of lines")
    if not re.fullmatch("[0-9a-f]{64}", trace["submission_sha256"]):
        raise Malformed("the hash of the submission is none")
    if type(trace["printed"]) is not int or type(trace["seconds"]) not in (int, float) or not 0 <= trace["seconds"] < 1e9:
        raise Malformed("a number is missing")
