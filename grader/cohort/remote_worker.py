"""What a worker does: it looks at itself, and asks a few submissions the questions that were sent along."""

import atexit
import json
import platform
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from grader.collect.collector import Questionnaire, collect
from grader.collect.trace_file import Numbers, written
from grader.garbage import uncollected
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


class Unfit(KitFault):
    """This worker can't do what all the others can."""


def look(wish: str) -> Facts:
    """Start a sandbox of the tier that `wish` names, and return this worker's Facts. If it fails, `problem` says why; nothing is raised."""
    try:
        tier = choose(wish)
        with Sandbox(tier) as walls:
            walls.wait_until_ready()
    except (KitFault, OSError) as error:
        return Facts(collecting_sha256(), platform.python_version(), "", str(error))
    return Facts(collecting_sha256(), platform.python_version(), tier)


def run(errand: Errand) -> dict[str, bytes]:
    """Return the texts of the traces by their submissions' ids. Raises Unfit where this worker can't ask as it should."""
    if errand.kit != collecting_sha256():
        raise Unfit("another version of the kit is installed on a worker that came later")
    asked = _questionnaire(errand.questions)
    with _warm(errand.sandbox) as walls, uncollected():
        return {name: written(collect(walls, asked, source, numbers)) for name, source, numbers in errand.works}


_open: dict[tuple[int, str], Sandbox] = {}
"""By thread and tier, the sandboxes that wait for the next errand."""
_let_go = 0
"""How often `let_go` was called: an errand that was under way then keeps no sandbox."""


@contextmanager
def _warm(tier: str) -> Iterator[Sandbox]:
    """Give a thread the sandbox of its last errand, or a new one; after an exception it is not used again."""
    key, before = (threading.get_ident(), tier), _let_go
    try:
        walls = _open.pop(key, None) or Sandbox(tier)
    except KitFault as error:
        raise Unfit(f"a worker that came later: {error}") from None
    try:
        yield walls
    except BaseException:  # any exception, also one that stops the worker: the template must not outlive it
        walls.close()
        raise
    _open[key] = walls
    if _let_go != before:
        let_go()


@atexit.register
def let_go() -> None:
    """End the sandboxes that wait, and have those that are at work end with their errand."""
    global _let_go  # noqa: PLW0603  the sandboxes are this process's, whoever sends it errands
    _let_go += 1
    while _open:
        _open.popitem()[1].close()


@lru_cache(maxsize=1)
def _questionnaire(questions: bytes) -> Questionnaire:
    return Questionnaire(json.loads(zlib.decompress(questions)))
