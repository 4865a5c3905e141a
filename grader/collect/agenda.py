"""Decides what one submission is asked next: which questions are settled, which budgets are left, and what makes a batch.

    agenda.next_batch(todo)      the questions to ask at once, taken from `todo`
    agenda.note(question, ...)   what came back
    agenda.to_ask_again(group)   those that deserve another try
    agenda.to_show_graph(group)  those whose answers are lost, to be asked about the graph alone
    agenda.answers, .graphs      the entries of the trace

A batch is a maximal run of questions that share one budget and whose skip conditions depend on no other question of the batch.
"""

from collections import defaultdict, deque
from typing import Any, cast

from grader.collect.reply_cache import Reply
from grader.collect.skip_rules import Settles, is_settled
from grader.formats import AnswerData, GraphAlone, Question
from grader.sandbox import FREE_SHARE, LATER_SHARE, Answer

REPLIES_CAP = 4 * 1024 * 1024
"""Bytes of replies that are kept of one submission; its other questions are not asked. A right one sends less than one MiB."""
BudgetKey = tuple[str, str, bool, bool]
Failure = tuple[str | int | None, ...]
"""How a question failed: an exception and the line that raised it, or its kind and reason. Late questions of one step fail alike."""
_OF_GRAPH = ("id", "step", "graph_source", "build", "rows", "public", "bonus")
"""The parts of a question that say how its graph is made, and which budget pays."""


def graph_alone(question: Question) -> Question:
    """Return a question about nothing but the graph of another question, under the same number."""
    same = {name: part for name, part in question.items() if name in _OF_GRAPH}
    return cast(Question, {**same, "ask": "nodes", "roots": [], "graph_alone": True})


class Agenda:
    """One submission being asked: its answers, its budgets in seconds of CPU, and what its answers have settled."""

    def __init__(self, budget: float, limit: float) -> None:
        self.answers: dict[int, AnswerData] = {}
        self.graphs: list[GraphAlone] = []
        self._budget, self._free = budget, FREE_SHARE * limit
        self._spent: defaultdict[BudgetKey, float] = defaultdict(float)
        self._loading_spent: defaultdict[BudgetKey, float] = defaultdict(float)  # a part of what is spent
        self._used_up: dict[tuple[str, bool], BudgetKey] = {}  # the first budget that a step has used up, of core or of bonus cases
        self._received = 0
        self._settling: dict[int, Settles] = {}  # what the answers settle, and those that stand for others
        self._to_retry: dict[int, Failure] = {}  # how the questions failed that deserve another try
        self._failed_again: set[Failure] = set()  # and did so again

    def next_batch(self, todo: deque[Question]) -> list[Question]:
        """Take the next batch from the front of `todo`, without the questions that are settled or beyond their budget.

        Return an empty list if no question is left.
        """
        batch: list[Question] = []
        undecided: set[Any] = set()  # the conditions that the answers to the batch will decide
        key = None
        while todo:
            question = todo[0]
            condition = self._condition(question)
            if condition in undecided:
                break
            if condition is not None and self._is_settled(question):
                self._settle_what_depends_on(question)
            elif batch and budget_key(question) != key:
                break
            elif batch or self.has_time(question):
                key = key or budget_key(question)
                batch.append(question)
                undecided.add(self._decides(question))
            else:
                self._give_up(question)
            todo.popleft()
        return batch

    def note(self, question: Question, answer: Answer, size: int, again: float, *, is_partial: bool) -> None:
        """Note the answer to a question, whose reply had `size` bytes. To load the module for it took `again` seconds, or all it spent.

        `is_partial` says that a part of the module was not loaded.
        """
        whole, key = "whole" in question, budget_key(question)
        late = answer.kind == "timeout"
        self._spent[key] += answer.spent if whole or late else max(0.0, answer.spent - self._free)
        if self._spent[key] >= self._budget:
            self._used_up.setdefault((key[0], key[3]), key)
        self._loading_spent[key] += min(again, answer.spent)
        self._received += size
        if "graph_alone" in question:
            self._note_graph(question, answer)
            return
        self.answers[question["id"]] = _entry(question["id"], answer)
        if failure := _failure(question, answer):
            if whole and failure == self._to_retry[question["id"]]:
                self._failed_again.add(failure)
            elif not whole and (late or is_partial):
                self._to_retry[question["id"]] = failure
        if "digest" in question and isinstance(answer.reply, Reply):
            self._settling[question["id"]] = answer.reply.settles(question)

    def has_time(self, question: Question) -> bool:
        """Return whether a question's budget is not used up and the replies are below REPLIES_CAP bytes.

        A public question is asked again only within the first half of its budget, because hidden questions share that budget.
        """
        key = budget_key(question)
        most = self._budget * (LATER_SHARE if self._has_used_up_another(key) else 1)
        if "whole" in question and question["public"]:
            most /= 2
        return self._spent[key] < most and self._received < REPLIES_CAP

    def _has_used_up_another(self, key: BudgetKey) -> bool:
        """Return whether the step has used up another budget; one of bonus cases counts for bonus cases alone."""
        step, _, _, is_bonus = key
        return bool(self._used_up) and any(self._used_up.get((step, of_bonus), key) != key for of_bonus in {False, is_bonus})

    def to_ask_again(self, questions: list[Question]) -> list[Question]:
        """Return those that got no answer in time, or failed after a load in part, as questions to ask after a whole load."""
        return [{**question, "whole": True} for question in questions if question["id"] in self._to_retry]

    def to_show_graph(self, questions: list[Question]) -> list[Question]:
        """Return those about the own graph to which no reply came, as questions about that graph alone.

        If the graph is right, the step's own function lost the answer, and no given graph makes up for that.
        """
        return [graph_alone(question) for question in questions if shows_own_graph(question) and self._is_lost(question)]

    def _is_lost(self, question: Question) -> bool:
        """Return whether a question got no reply, unless loading took the time for it."""
        answer = self.answers.get(question["id"])
        return answer is None or ("reply" not in answer and answer["why"] != "loading")

    def _note_graph(self, question: Question, answer: Answer) -> None:
        """Note the graph alone. After one that could not be made no other is asked for: making graphs is what fails."""
        if answer.reply is None:
            self._spent[budget_key(question)] = self._budget
        elif answer.kind == "answered":
            self.graphs.append({"question": question["id"], "reply": answer.reply})

    def _condition(self, question: Question) -> Any:
        """Return on what it depends whether a question is settled: a failure, or the number of another question; None for nothing."""
        return self._to_retry[question["id"]] if "whole" in question else question.get("skip_if_right")

    def _decides(self, question: Question) -> Any:
        """Return the condition that the answer to a question decides."""
        return self._to_retry[question["id"]] if "whole" in question else question["id"]

    def _is_settled(self, question: Question) -> bool:
        """Return whether there is no need to ask: by `skip_rules`, or since a second try did not change the same failure."""
        if "whole" in question and self._to_retry[question["id"]] in self._failed_again:
            return True
        return is_settled(question, self._settling)

    def _settle_what_depends_on(self, question: Question) -> None:
        """Let the reply that settles a question stand for the answer to it. A failed second try settles no other question."""
        if "whole" not in question:
            self._settling[question["id"]] = self._settling[question["skip_if_right"]]

    def _give_up(self, question: Question) -> None:
        """Note that a question is not asked because loading took the larger part of the time; other reasons need no note."""
        key = budget_key(question)
        if self._received < REPLIES_CAP and self._loading_spent[key] > self._spent[key] / 2:
            self.answers.setdefault(question["id"], {"question": question["id"], "kind": "not tried", "why": "loading"})


def budget_key(question: Question) -> BudgetKey:
    """Return the name of the budget that a question is charged to. What only bonus criteria ask is charged apart from the rest."""
    way = "graph alone" if "graph_alone" in question else question["graph_source"]
    return question["step"], way, "orders" in question, "bonus" in question


def shows_own_graph(question: Question) -> bool:
    """Return whether a question asks a case's orders of the submission's own graph. The graph decides there which way counts.

    Where a question about a sweep comes first, the orders are not the case's, and a lost one leaves the best way to count.
    """
    is_own = question["ask"] == "order" and question["graph_source"] == "own"
    return is_own and "skip_if_right" not in question and "earlier_graphs" not in question


def _failure(question: Question, answer: Answer) -> Failure | None:
    """Return how an answer failed, or None for a value and for a function that is not written."""
    if answer.kind == "timeout":
        return answer.kind, question["step"], "bonus" in question
    if answer.reply is None:
        return answer.kind, answer.why
    raised = answer.reply.get("raised")
    if raised is None or raised["kinds"][0] == "NotImplementedError":
        return None
    return raised["kinds"][0], raised["function"], raised["line"]


def _entry(number: int, answer: Answer) -> AnswerData:
    if answer.reply is None:
        return {"question": number, "kind": answer.kind, "why": answer.why}
    return {"question": number, "kind": answer.kind, "reply": answer.reply}
