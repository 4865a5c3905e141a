"""Ask one submission all questions and keep what came back: a trace. Nothing here knows an expected value.

A submission's questions run in two processes: public ones in the first, hidden ones in the second. They go there in batches, as
`agenda` says. A question that ends its process costs itself; the others get a new one. In each process the questions that carry a
known-good order come last, so that a submission cannot answer an earlier question with that order.
Public questions, retries included, are finished before the first hidden one. So nothing that a hidden question leaves behind, such as
access times of files, can reach an answer whose text the report shows.
"""

import contextlib
import platform
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from grader.collect.agenda import Agenda
from grader.collect.reply_cache import Replies
from grader.collect.trace_file import TRACE, Numbers, TraceError, ranges, read_trace
from grader.digests import digest
from grader.formats import Hashes, LoadingData, Question, Questions, Trace, TraceHeader
from grader.kit import collecting_sha256, questions_sha256
from grader.sandbox import BUDGET, QUESTION_CPU, WHOLE, Answer, Child, Loading, Malformed, Manner, Received, Sandbox, frame_of

LONGEST_WHY = 300
"""Characters of a sentence on why nothing was loaded."""


class Questionnaire:
    """The questions of a plan, hashed once for all submissions, and each encoded when it is first asked.

    `only` restricts the questions to those with these ids.
    `budget` for each step and way and `limit` for a question are in seconds of CPU. Programs of our own that may be endless
    get less than a submission, and no `retry` of what timed out.
    """

    def __init__(
        self,
        questions: Questions,
        only: frozenset[int] | None = None,
        budget: float = BUDGET,
        limit: float = QUESTION_CPU,
        retry: bool = True,
    ) -> None:
        self.budget, self.limit, self.retry = budget, limit, retry
        self.pristine: str = questions["pristine"]
        self.questions = [question for question in questions["questions"] if only is None or question["id"] in only]
        self.numbers = frozenset(question["id"] for question in self.questions)
        self.by_process = [[self._group(public, with_order) for with_order in (False, True)] for public in (True, False)]
        self._frames: dict[int, bytes] = {}
        self.replies = Replies()
        self.hashes: Hashes = {"questions_sha256": questions_sha256(questions), "kit_sha256": collecting_sha256()}

    def _group(self, public: bool, with_order: bool) -> list[Question]:
        return [q for q in self.questions if q["public"] is public and ("orders" in q) is with_order]

    def frame(self, question: Question) -> bytes:
        """Return a question as it travels. One that is asked again after a whole load, or about the graph alone, is another question."""
        if "whole" in question or "graph_alone" in question:
            return frame_of(question)
        number = question["id"]
        if number not in self._frames:
            self._frames[number] = frame_of(question)
        return self._frames[number]


def collect(sandbox: Sandbox, asked: Questionnaire, source: bytes, only: Numbers | None = None) -> Trace:
    """Return the trace of one submission's source; `only` restricts this submission's questions to these ids."""
    begun = time.monotonic()
    run = _Run(sandbox, asked, source)
    for groups in asked.by_process:
        run.ask_all([[question for question in group if only is None or question["id"] in only] for group in groups])
    return {
        **_header(asked, source, only),
        "sandbox": sandbox.name,
        "seconds": round(time.monotonic() - begun, 4),
        "python": sandbox.python,
        "loading": _loading(run.loading, run.loading.why or run.failed_because, source),
        "printed": run.printed,
        "graphs": run.agenda.graphs,
        "answers": list(run.agenda.answers.values()),
    }


def refuse(asked: Questionnaire, source: bytes, why: str, only: Numbers | None = None, kind: str = "refused") -> Trace:
    """Return the trace of a submission that holds nothing to load (kind `refused` or `unusable`), or over which the kit failed (`fault`).

    `why` is a sentence for the student.
    """
    why = why.encode("utf-8", "backslashreplace").decode()[:LONGEST_WHY]
    return {
        **_header(asked, source, only),
        "cells": [],
        "sandbox": "none needed",
        "seconds": 0.0,
        "python": platform.python_version(),
        "loading": _loading(Loading(kind, 0.0, {}), why, source),
        "printed": 0,
        "graphs": [],
        "answers": [],
    }


def _header(asked: Questionnaire, source: bytes, only: Numbers | None) -> TraceHeader:
    return {
        "schema": TRACE,
        **asked.hashes,
        "asked": ranges(asked.numbers if only is None else only),
        "submission_sha256": submission_sha256(source),
        "cells": _cells(source),
        "notes": [],
    }


def submission_sha256(source: bytes) -> str:
    """Return the hash by which a submission's source is known."""
    return digest(source)


def _cells(source: bytes) -> list[int]:
    """Return how many lines each cell of a notebook has; of a file, none. A NUL ends a cell."""
    return [cell.count(b"\n") + 1 for cell in source.split(b"\0")[:-1]]


def kept(path: Path, questions: Questions, needed: Numbers, source: bytes, sandbox: str, replies: Replies | None = None) -> Trace | None:
    """Return the trace that an earlier run left at `path` if it answers every `needed` question for this source, else None.

    It must come from the same questions, kit and sandbox. A trace of a refusal or of a fault is not reused.
    """
    with contextlib.suppress(OSError, TraceError):
        trace = read_trace(path, questions, needed, replies)
        same = trace["submission_sha256"] == submission_sha256(source) and trace["sandbox"] == sandbox
        return trace if same and trace["loading"]["kind"] not in ("refused", "fault") else None
    return None


def _loading(loading: Loading, why: str, source: bytes) -> LoadingData:
    """Return how loading ended and what the submission claims about itself; a line beyond the end of the file is no claim at all."""
    facts, length = loading.facts, source.count(b"\n") + 1 + source.count(b"\r") + source.count(b"\0")
    lines = {name: line for name, line in facts.get("lines", {}).items() if 1 <= line <= length}
    return {
        "kind": loading.kind,
        "why": why,
        "unreadable": facts.get("unreadable"),
        "raised": facts.get("raised", []),
        "omitted": facts.get("omitted", []),
        "raised_total": facts.get("raised_total", 0),
        "omitted_total": facts.get("omitted_total", 0),
        "starter": facts.get("starter"),
        "lines": lines,
    }


class _Run:
    """One submission on its way through its processes: how it was loaded, and what it printed."""

    def __init__(self, sandbox: Sandbox, asked: Questionnaire, source: bytes) -> None:
        self._sandbox, self._asked, self._source = sandbox, asked, source
        self.agenda = Agenda(asked.budget, asked.limit)
        self._failed_loads = 0
        self._manner = WHOLE
        self.failed_because = ""
        self.loading = Loading("crash", 0.0, {}, "never")
        self.printed = 0

    def ask_all(self, groups: list[list[Question]]) -> None:
        """Ask groups of questions, batch by batch, in one process, or in as many as it takes if some end."""
        todo, in_turn = deque[Question](), self._in_turn(groups)
        while self._failed_loads < 2 and (batch := self._next_batch(todo, in_turn)):
            with self._sandbox.start(self._source, self._asked.pristine, self._manner) as child:
                if not self._note_loading(child.loaded):
                    todo.extendleft(reversed(batch))
                    batch = []
                while batch:
                    todo.extendleft(reversed(self._ask(child, batch)))
                    batch = self._next_batch(todo, in_turn) if child.alive else []
                self.printed += child.printed_bytes

    def _in_turn(self, groups: list[list[Question]]) -> Iterator[list[Question]]:
        """Yield each group, where there is a second try those of it to ask again, and those whose graph is still to be seen."""
        for group in groups:
            yield group
            if self._asked.retry:
                yield self.agenda.to_ask_again(group)
            yield self.agenda.to_show_graph(group)

    def _next_batch(self, todo: deque[Question], groups: Iterator[list[Question]]) -> list[Question]:
        """Return the next batch from `todo`, which is filled with the next group when it is empty; an empty list at the end."""
        while not (batch := self.agenda.next_batch(todo)):
            group = next(groups, None)
            if group is None:
                return []
            todo.extend(group)
        return batch

    def _note_loading(self, loaded: Loading) -> bool:
        """Return whether the submission was loaded, and decide how to load it from now on.

        Where loading hung or ended the process: definitions alone. After a second failure: not at all.
        """
        if loaded.kind == "loaded":
            self._manner = loaded.again
            if self.loading.kind != "loaded":
                self.loading = loaded
            return True
        self._failed_loads += 2 if loaded.kind == "unreadable" else 1
        self._manner = Manner(definitions_only=loaded.kind in ("timeout", "crash"))
        self.failed_because = self.failed_because or loaded.why
        if self._failed_loads >= 2 and self.loading.kind != "loaded":
            self.loading = loaded
        return False

    def _ask(self, child: Child, batch: list[Question]) -> list[Question]:
        """Ask the questions of a batch, and return those that were not tried: the process has ended then."""
        whole = "whole" in batch[0]
        again, is_partial = child.loaded.seconds_again(whole=whole), bool(child.loaded.again.skipped)
        frames = [self._asked.frame(question) for question in batch]
        untried = deque(batch)
        for received in child.answers(frames, self._asked.limit, whole=whole):
            question = untried.popleft()
            answer = self._read(question, received)
            self.agenda.note(question, answer, len(received.body) if answer.reply else 0, again, is_partial=is_partial)
            if answer.kind == "malformed" or (untried and not self.agenda.has_time(question)):
                child.end()
            if not child.alive:
                break
        return list(untried)

    def _read(self, question: Question, received: Received) -> Answer:
        """Return the answer that was received. A reply that another submission has sent is not read again."""
        kind, spent, body, why = received
        if kind != "answered":
            return Answer(kind, spent, why=why)
        try:
            reply = self._asked.replies.read(body, question)
        except Malformed as fault:
            return Answer("malformed", spent, why=f"form {fault}")
        return Answer("raised" if "raised" in reply else "answered", spent, reply)
