"""List every English text that can be translated, under a key that tells its place.

    sentences.values.missing                rubrics/feedback/sentences.yaml
    words.page.share                        rubrics/feedback/words.yaml
    criteria.forward.title                  the title of a step in rubrics/*.yaml
    criteria.forward.chain_rule.hint        says, why and hint of a criterion there
    misconceptions.ID.believes              reference/misconceptions/ID.yaml, with its hint

The first part of a key is the file of a catalogue that holds its translation.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from grader.diagnosis.misconceptions import Misconception
from grader.model import Rubric
from grader.rubric import sentences, words

LETTERS = 12
"""Hexadecimal digits of a hash."""
FREE = ("criteria", "misconceptions")
"""Files whose texts have no parts: a brace in them is a brace."""


@dataclass(frozen=True, slots=True)
class Source:
    """An English text, and the parts in braces that it has; a part with ? may be left out."""

    text: str
    parts: str = ""

    @property
    def hash(self) -> str:
        """Return by what a translation knows the text that it was made from."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:LETTERS]


def source_texts(rubric: Rubric, beliefs: Iterable[Misconception]) -> dict[str, Source]:
    """Return the English texts of a rubric and of misconceptions by their keys, in the order of their files."""
    found: dict[str, Source] = {}
    for file, sections in (("sentences", sentences.PARTS), ("words", words.PARTS)):
        for section, names in sections.items():
            for name, parts in names.items():
                found[f"{file}.{section}.{name}"] = Source(rubric.sentences[f"{section}.{name}"], parts)
    for step in rubric.steps:
        found[f"criteria.{step.id}.title"] = Source(step.title)
        for criterion in step.criteria:
            texts = {"says": criterion.says, "why": criterion.why, "hint": criterion.hint}
            found |= {f"criteria.{step.id}.{criterion.id}.{name}": Source(text) for name, text in texts.items() if text}
    for one in beliefs:
        found |= {f"misconceptions.{one.id}.{name}": Source(text) for name, text in (("believes", one.believes), ("hint", one.hint))}
    return found
