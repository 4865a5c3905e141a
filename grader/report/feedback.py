"""What is told of a criterion that was not passed: at most six lines, whatever the submission answered."""

import textwrap
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.model import Sentences
from grader.wording import say

LINES, WIDTH, INDENT = 6, 120, 7

Part = tuple[str, str]
"""The name of a label (none stands before a sentence of its own), and the text."""
Texts = dict[str, list[str]]


def parts_of(criterion: dict[str, Any]) -> list[Part]:
    """Return what was called, expected and got, why it matters, and what to look at next."""
    case = next((case for case in criterion["cases"] if case["outcome"] != "pass"), None)
    if case and criterion["outcome"] != "unwritten":
        parts = [(name, case[name]) for name in ("called", "expected", "got")]
    else:  # a sentence of ours: nothing of the submission is told where no case is
        parts = [("", criterion["message"])]
    parts.append(("why", criterion["why"]))
    if criterion["diagnosis"]:  # says more than the hint that all who fail get
        parts.append(("perhaps", criterion["diagnosis"]["says"]))
    else:
        parts.append(("next", criterion["hint"]))
    return [part for part in parts if part[1]]


def lines_of(criterion: dict[str, Any], sentences: Sentences) -> Iterator[str]:
    """Yield the parts for a terminal. What was called is cut first; the report's Markdown holds it whole."""
    labels = {name: say(sentences, f"report.{name}") for name in ("called", "expected", "got", "why", "next", "perhaps")} | {"": ""}
    column = max(map(len, labels.values())) + 1
    width = max(WIDTH - INDENT - column, 40)
    texts = {name: textwrap.wrap(plain(text), width) or [""] for name, text in parts_of(criterion)}
    cut = say(sentences, "report.cut")
    texts = _joined(_cut(texts, width, ("called",), cut), width, labels["got"])
    if _surplus(texts) > 0 and "perhaps" in texts:  # the belief that misleads says what is at stake, too
        texts = {name: lines for name, lines in texts.items() if name != "why"}
    for name, lines in _cut(texts, width, ("expected", "got", "why", "perhaps", "next", ""), cut).items():
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


def _joined(texts: Texts, width: int, got: str) -> Texts:
    """Return the texts with what was expected and got in one, if there are too many lines and that saves one."""
    if _surplus(texts) <= 0 or "got" not in texts:
        return texts
    both = textwrap.wrap(f"{' '.join(texts['expected'])}   {got} {' '.join(texts['got'])}", width)
    if len(both) == len(texts["expected"]) + len(texts["got"]):
        return texts
    return {name: both if name == "expected" else lines for name, lines in texts.items() if name != "got"}
