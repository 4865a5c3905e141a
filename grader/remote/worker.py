"""What a worker does: it looks at itself, and asks a few submissions the questions that were sent along."""

import json
import platform
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from grader.collect import Numbers, Questionnaire, collect
from grader.kit import collecting_sha256
from grader.model import KitFault
from grader.sandbox import Sandbox, choose


@dataclass(frozen=True, slots=True)
class Facts:
    """What a worker can do: its code's hash, its Python, and the tier of its sandbox, or the `problem` why it has none."""

    kit: str
    python: str
    tier: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """A few submissions, each with the numbers of its questions; `questions` are a compressed questions.json."""

    kit: str
    sandbox: str
    questions: bytes
    works: tuple[tuple[str, bytes, Numbers], ...]


def look(wish: str) -> Facts:
    """Return what this worker can do; the walls that `wish` names are tried."""
    try:
        tier = choose(wish)
        with Sandbox(tier) as walls:
            walls.wait_until_ready()
    except (KitFault, OSError) as error:
        return Facts(collecting_sha256(), platform.python_version(), "", str(error))
    return Facts(collecting_sha256(), platform.python_version(), tier)


def run(errand: Errand) -> dict[str, dict[str, Any]]:
    """Return the traces by their submissions' ids. Raises KitFault where this worker can't ask as it should."""
    if errand.kit != collecting_sha256():
        raise KitFault("another version of the kit is installed on this worker")
    asked = _questionnaire(errand.questions)
    with Sandbox(errand.sandbox) as walls:
        return {name: collect(walls, asked, source, numbers) for name, source, numbers in errand.works}


@lru_cache(maxsize=1)
def _questionnaire(questions: bytes) -> Questionnaire:
    return Questionnaire(json.loads(zlib.decompress(questions)))
