"""Put the parts of an answer into the sentences that an instructor wrote (see `sentences`)."""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def say(sentences: Mapping[str, str], key: str, **parts: object) -> str:
    """Return a sentence with its parts filled in. Braces inside a part are not filled in again."""
    return PLACEHOLDER.sub(lambda place: str(parts[place[1]]), sentences[key])


def retold(sentences: Mapping[str, str], text: str, section: str = "intake") -> str:
    """Return a sentence of the intake, which traces hold in English, in the language of the sentences.

    Sentences in another language hold the English ones as well, as `english.intake.NAME`. A part that is one of `kinds` is retold, too.
    """
    found = []
    for key, english in sentences.items():
        if key.startswith(f"english.{section}."):
            literals = PLACEHOLDER.split(english)[::2]
            pattern = "(.+?)".join(map(re.escape, literals))
            if match := re.fullmatch(pattern, text, re.DOTALL):
                parts = dict(zip(PLACEHOLDER.findall(english), match.groups(), strict=True))
                found.append((len("".join(literals)), key.removeprefix("english."), parts))
    if not found:
        return text
    _, key, parts = max(found, key=lambda one: one[0])
    return say(sentences, key, **{name: retold(sentences, part, "kinds") for name, part in parts.items()})


def reason(sentences: Mapping[str, str], why: str) -> str:
    """Return in words why the sandbox got no answer: the name of a sentence, and a detail perhaps, as traces hold it."""
    key, _, detail = why.partition(" ")
    return say(sentences, f"endings.{key}", detail=detail)
