"""Describe a criterion that did not pass, in at most six lines."""

import textwrap
from collections.abc import Iterator
from typing import Literal

from grader.escape import plain
from grader.messages import say
from grader.model import UNFAILED, Sentences
from grader.report_format import CriterionFacts

LINES, WIDTH, INDENT = 6, 120, 7
ANSWER: tuple[Literal["called", "expected", "got"], ...] = ("called", "expected", "got")
LABELS = (*ANSWER, "line", "why", "next", "perhaps")
"""The names of all labels, in the sequence in which they appear on the terminal, in Markdown and in nbgrader. `pages/templates/report.html`
and `pull_requests/course_ci/comment_page.py` lay out theirs."""

CODE = (*ANSWER, "line")
"""Those before text of the submission."""

Part = tuple[str, str]
"""The name of a label, empty before a whole sentence, and the text."""
Texts = dict[str, list[str]]


def parts_of(criterion: CriterionFacts, seen: set[str]) -> list[Part]:
    """Return what was called, expected and got, the line that raised an exception, why it matters, and what to look at next.

    A report shows each answer and each piece of advice once. Parts in `seen` are left out; parts returned are added to `seen`.
    """
    if not criterion["message"]:
        return []
    case = next((case for case in criterion["cases"] if case["outcome"] not in UNFAILED), None)
    if case and criterion["outcome"] != "unwritten":
        answer = "\n".join(case[name] for name in ANSWER)
        parts: list[Part] = [(name, case[name]) for name in ANSWER if answer not in seen]
        seen.add(answer)
        line = criterion.get("source", {}).get("line")
        parts += [("line", f"{line['place']}: {line['text']}")] if parts and line else []
    else:  # no case, so the sentence shows nothing of the submission
        parts = [("", criterion["message"])]
    diagnosis = criterion["diagnosis"]  # which says more than the hint that all who fail get
    advice = [("why", criterion["why"]), ("perhaps", diagnosis["says"]) if diagnosis else ("next", criterion["hint"])]
    parts += [(name, text) for name, text in advice if text not in seen]
    seen |= {text for _, text in advice}
    return [part for part in parts if part[1]]


def lines_of(criterion: CriterionFacts, sentences: Sentences, seen: set[str]) -> Iterator[str]:
    """Yield the parts for a terminal. What was called is cut first; the report's Markdown holds it whole."""
    labels = {name: say(sentences, f"report.{name}") for name in LABELS} | {"": ""}
    column = max(map(len, labels.values())) + 1
    width = max(WIDTH - INDENT - column, 40)
    texts = {name: textwrap.wrap(plain(text), width) or [""] for name, text in parts_of(criterion, seen)}
    cut = say(sentences, "report.cut")
    if not texts:
        return
    texts = _joined(_cut(texts, width, ("called",), cut), width, labels)
    if _surplus(texts) > 0 and "perhaps" in texts:  # the belief that misleads says what is at stake, too
        texts = {name: lines for name, lines in texts.items() if name != "why"}
    for name, lines in _cut(texts, width, ("line", *ANSWER[1:], "why", "perhaps", "next", ""), cut).items():
        for i, line in enumerate(lines):
            yield f"{'':{INDENT}}{labels[name] if i == 0 else '':{column}}{line}".rstrip()


def _surplus(texts: Texts) -> int:
    """Return how many lines there are too many."""
    return sum(map(len, texts.values())) - LINES


def _cut(texts: Texts, width: int, names: tuple[str, ...], sign: str) -> Texts:
    """Return the texts with some of them cut as far as it takes, one after the other, and signed where they are.

    Of what was called the last call stays.
    """
    for name in names:
        if _surplus(texts) > 0 and len(texts.get(name, ())) > 1:
            keep = max(1, len(texts[name]) - _surplus(texts))
            call = " ".join(texts[name]).rpartition("; ")
            end = f"{sign}; {call[2]}" if name == "called" and call[0] and len(call[2]) < width // 3 else sign
            last = texts[name][keep - 1][: max(0, width - len(end) - 1)].rstrip()
            texts = texts | {name: [*texts[name][: keep - 1], f"{last} {end}"[:width]]}
    return texts


def _joined(texts: Texts, width: int, labels: dict[str, str]) -> Texts:
    """Return the texts with what was expected and got in one, if there are too many lines and that saves one."""
    _, first, second = ANSWER
    if _surplus(texts) <= 0 or second not in texts:
        return texts
    both = textwrap.wrap(f"{' '.join(texts[first])}   {labels[second]} {' '.join(texts[second])}", width)
    if len(both) == len(texts[first]) + len(texts[second]):
        return texts
    return {name: both if name == first else lines for name, lines in texts.items() if name != second}
