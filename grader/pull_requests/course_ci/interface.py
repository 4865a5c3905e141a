"""What a forge is to us: a few nouns, and one small interface. GitHub is the one that is written; another is one more class.

A forge without check runs can make `result` a commit status; one without pull requests names its merge requests so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

MOST_ANNOTATIONS = 200
"""Lines of a file that one result marks. Nobody reads more, and each fifty are one more request."""


@dataclass(frozen=True, slots=True)
class Pull:
    """An open or closed pull request. `head_repo` is empty where the fork was deleted."""

    number: int
    sha: str
    head_repo: str
    head_branch: str
    base_branch: str
    author: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request, and who wrote it."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark at a line of a file."""

    path: str
    line: int
    title: str
    message: str
    level: str = "failure"


@dataclass(frozen=True, slots=True)
class Result:
    """An official result at a commit. `key` says what it holds, so that the same is not posted twice."""

    name: str
    sha: str
    conclusion: str
    title: str
    summary: str
    key: str
    url: str = ""
    annotations: list[Annotation] = field(default_factory=list)


class Forge(Protocol):
    """What is asked of a forge. `repo` is owner/name. All raise ForgeFault."""

    def login(self) -> str:
        """Return the name under which this token writes."""

    def default_branch(self, repo: str) -> str: ...

    def commit(self, repo: str, ref: str) -> str:
        """Return the full name of the commit at a branch or a short name."""

    def pulls(self, repo: str, head: str = "") -> Iterator[Pull]:
        """Yield the open pull requests, of one head (owner:branch) or all."""

    def pull(self, repo: str, number: int) -> Pull: ...

    def file(self, repo: str, path: str, sha: str, most: int) -> bytes:
        """Return a file at a commit. Raises Unreadable if it is no regular file of at most `most` bytes."""

    def was_run(self, repo: str, sha: str) -> bool:
        """Return whether any workflow of the repository has run for a commit."""

    def artifact_state(self, repo: str, run: int, name: str) -> str:
        """Return `there`, `expired` or `none` for a run's artifact."""

    def comments(self, repo: str, number: int) -> Iterator[Comment]: ...

    def create_comment(self, repo: str, number: int, body: str) -> Comment: ...

    def update_comment(self, repo: str, comment: int, body: str) -> Comment: ...

    def result_keys(self, repo: str, sha: str, name: str) -> list[str]:
        """Return the keys of our finished results of this name on a commit."""

    def post_result(self, repo: str, result: Result) -> None: ...
