"""Put parts into the words of a comment, which come from the rubric's catalogues. Standard library only."""

import re
from collections.abc import Mapping

Words = Mapping[str, str]
"""Texts by section.name, their parts in braces: the sections `comment`, `ended` and `public` of rubrics/feedback/words.yaml."""


def say(words: Words, key: str, **parts: object) -> str:
    """Return a text with its parts filled in. Braces inside a part are not filled in again."""
    return re.sub(r"\{(\w+)\}", lambda place: str(parts[place[1]]), words[key])


def ended(words: Words, outcome: str) -> str:
    """Return in words how a case ended."""
    return say(words, f"ended.{outcome.replace(' ', '_')}")
