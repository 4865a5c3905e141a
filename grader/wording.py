"""Put the parts of an answer into the sentences that an instructor wrote (see `sentences`)."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def say(sentences: Mapping[str, str], key: str, **parts: object) -> str:
    """Return a sentence with its parts in their places; what stands in a part is never taken for a place."""
    return PLACEHOLDER.sub(lambda place: str(parts[place[1]]), sentences[key])
