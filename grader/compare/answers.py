"""One submission's answers as the checks look them up, and when two submissions gave the very same."""

from grader.collect.reply_cache import Reply
from grader.formats import AnswerData, Ended, Trace

NOT_TRIED: Ended = {"kind": "not tried"}


class Answers:
    """One submission's answers by the question's number; after a failed load every answer is that failure."""

    def __init__(self, trace: Trace) -> None:
        self._answers: dict[int, AnswerData] = {answer["question"]: answer for answer in trace["answers"]}
        loading = trace["loading"]
        self._default: Ended = NOT_TRIED
        if loading["kind"] != "loaded":
            self._default = {"kind": loading["kind"], "why": loading["why"]}
        self._graphs: dict[int, Ended] = {entry["question"]: {"kind": "answered", "reply": entry["reply"]} for entry in trace["graphs"]}
        self._identities = {number: _identity(answer) for number, answer in self._answers.items()}
        self._identities |= {number: object() for number in self._graphs}  # compared with no other
        self._default_identity = _identity(self._default)

    def __getitem__(self, number: int) -> Ended:
        return self._answers.get(number, self._default)

    def with_graph(self, number: int) -> Ended:
        """Return the answer to a question or, if no reply came, that to the question about its graph alone."""
        answer = self[number]
        return self._graphs.get(number, answer) if "reply" not in answer else answer

    def identity(self, questions: list[int]) -> tuple[object, ...]:
        """Return a key for the answers to these questions: equal keys mean identical answers, in this session and in later ones."""
        return tuple([self._identities.get(number, self._default_identity) for number in questions])


def _identity(answer: Ended) -> object:
    """Return a key that only identical answers have. A reply that did not come through the cache is compared with no other.

    After a failed load there are no answers to questions, and that is another thing than a question that failed in the same way.
    """
    if "reply" not in answer:
        return answer["kind"], answer.get("why"), "question" in answer
    return answer["reply"].number if isinstance(answer["reply"], Reply) else object()
