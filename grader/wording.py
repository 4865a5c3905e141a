"""Put the parts of an answer into the sentences that an instructor wrote (see `sentences`)."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def say(sentences: Mapping[str, str], key: str, **parts: object) -> str:
    """Return a sentence with its parts in their places; what stands in a part is never taken for a place."""
    return PLACEHOLDER.sub(lambda place: str(parts[place[1]]), sentences[key])


def reason(sentences: Mapping[str, str], why: str) -> str:
    """Return in words why the sandbox got no answer: the name of a sentence, and a detail perhaps, as traces hold it."""
    key, _, detail = why.partition(" ")
    return say(sentences, f"endings.{key}", detail=detail)
