"""Ask one submission all questions and keep what came back: a trace. Nothing here knows an expected value.

A submission's questions run in a few processes: public and hidden ones apart, those that carry a known-good order apart
from the rest. A question that ends its process costs itself; the next one gets a new process.
"""

import hashlib
import itertools
import time
from collections import defaultdict
from typing import Any

from grader.kit import collecting_sha256, questions_sha256
from grader.remembered import Replies, Reply
from grader.sandbox import QUESTION_CPU, Answer, Child, Loading, Sandbox, frame_of
from grader.traces import TRACE, Numbers, ranges

BUDGET = 10.0
"""Seconds of CPU for each step: its own graphs, its given graphs and those with a known-good order counted apart, so that
an endless topological_order costs forward nothing."""
LOADING_BUDGET = 30.0
"""Seconds of CPU for loading the module anew for each of these questions, counted beside the step's own."""
REPLIES_CAP = 4 * 1024 * 1024
"""Bytes of replies that are kept of one submission; its other questions are not asked. A right one sends less than one MiB."""
LONGEST_WHY = 300
"""Characters of a sentence on why nothing was loaded."""


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
        self.replies = Replies()
        self.hashes = {"questions_sha256": questions_sha256(questions), "kit_sha256": collecting_sha256()}


def collect(sandbox: Sandbox, asked: Questionnaire, source: bytes, only: Numbers | None = None) -> dict[str, Any]:
    """Return the trace of one submission's source; `only` leaves out the other questions for this submission."""
    begun = time.monotonic()
    run = _Run(sandbox, asked, source)
    questions = [question for question in asked.questions if only is None or question["id"] in only]
    batches = [sorted(batch, key=_is_deep) for _, batch in itertools.groupby(questions, key=lambda q: (q["public"], "orders" in q))]
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


def _is_deep(question: dict[str, Any]) -> bool:
    """Return whether a question's graph is deep. Such are asked last: the process ends before it would look for their garbage."""
    return bool(question.get("deep"))


def refuse(asked: Questionnaire, source: bytes, why: str, only: Numbers | None = None, kind: str = "refused") -> dict[str, Any]:
    """Return the trace of a submission that holds nothing to load, or over which the kit broke down (kind `fault`).

    `why` is a sentence for the student.
    """
    why = why.encode("utf-8", "backslashreplace").decode()[:LONGEST_WHY]
    loading: dict[str, Any] = {"kind": kind, "why": why, "stopped": None, "starter": None, "lines": {}, "python": ""}
    return {**_header(asked, source, only), "sandbox": "none needed", "seconds": 0.0, "loading": loading, "printed": 0, "answers": []}


def _header(asked: Questionnaire, source: bytes, only: Numbers | None) -> dict[str, Any]:
    own = {"asked": ranges(asked.frames.keys() if only is None else only), "submission_sha256": submission_sha256(source)}
    return {"schema": TRACE, **asked.hashes, **own, "cells": _cells(source)}


def submission_sha256(source: bytes) -> str:
    """Return the hash by which a submission's source is known."""
    return hashlib.sha256(source).hexdigest()


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
        self._right_graphs: dict[int, tuple[dict[str, Any], Reply]] = {}
        self._failed_loads = 0
        self._received = 0
        self.loading = Loading("crash", 0.0, {}, "never")
        self.printed = 0
        self.answers: dict[int, dict[str, Any]] = {}

    def ask_all(self, batch: list[dict[str, Any]]) -> None:
        """Ask the questions of one batch, in as many processes as it takes."""
        todo = batch[::-1]
        while self._failed_loads < 2 and self._next(todo):
            with self._sandbox.start(self._source, self._asked.pristine) as child:
                if child.loaded.kind == "loaded":
                    if self.loading.kind != "loaded":
                        self.loading = child.loaded
                    while child.alive and self._next(todo):
                        self._ask(child, todo.pop())
                else:
                    self._failed_loads += 2 if child.loaded.kind == "unreadable" else 1
                    if self._failed_loads >= 2 and self.loading.kind != "loaded":
                        self.loading = child.loaded
                self.printed += child.printed_bytes

    def _next(self, todo: list[dict[str, Any]]) -> bool:
        """Drop questions at the end of `todo` that the budget forbids or an answer on the own graph has settled; is one left?"""
        while todo and (self._is_settled(todo[-1]) or not self._has_time(todo[-1])):
            todo.pop()
        return bool(todo)

    def _ask(self, child: Child, question: dict[str, Any]) -> None:
        purse = _purse(question)
        limit = QUESTION_CPU if _is_deep(question) else self._asked.limit
        answer = child.ask(question, self._asked.frames[question["id"]], limit, self._asked.replies.read)
        loading = min(child.loaded.spent, answer.spent)
        self._spent[purse] += answer.spent - loading
        self._loading_spent[purse] += loading
        self._received += answer.size
        self.answers[question["id"]] = _entry(question["id"], answer)
        if "digest" in question and isinstance(answer.reply, Reply) and answer.reply.has_right_graph(question):
            self._right_graphs[question["id"]] = question, answer.reply

    def _is_settled(self, question: dict[str, Any]) -> bool:
        """Return whether the submission's own graph counts alone, so that there is no need to ask on a given one."""
        own = question.get("unless")
        if own not in self._right_graphs or question["ask"] == "order":
            return own in self._right_graphs
        asked, reply = self._right_graphs[own]
        return reply.has_right_orders(asked)

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
