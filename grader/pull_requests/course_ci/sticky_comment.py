"""One comment of ours on a pull request, kept up to date. Standard library only.

Its first line is a marker that GitHub does not show. A comment counts as ours only if we wrote it and it begins with the
marker: a marker that somebody copies into a comment of their own, or that a submission prints, is no marker.
"""

import hashlib
import re
from dataclasses import dataclass

from grader.pull_requests.course_ci.errors import ForgeFault
from grader.pull_requests.course_ci.interface import Comment, Forge

MARKER = re.compile(r"<!-- autodiff-kit:score v1 kind=(\w{1,20}) run=(\d{1,20})\.(\d{1,6}) sha=([0-9a-f]{40}) holds=([0-9a-f]{16}) -->")


@dataclass(frozen=True, slots=True)
class Sticky:
    """The wanted comment: `run` orders runs, `holds` is a hash of the relevant part of the body."""

    kind: str
    run: tuple[int, int]
    sha: str
    body: str
    holds: str

    @property
    def text(self) -> str:
        run, attempt = self.run
        return f"<!-- autodiff-kit:score v1 kind={self.kind} run={run}.{attempt} sha={self.sha} holds={self.holds} -->\n{self.body}"


def digest(text: str) -> str:
    """Return the short hash by which equal contents are known."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def upsert(forge: Forge, repo: str, number: int, sticky: Sticky) -> str:
    """Create the comment, or update it if it says something else, and return what was done.

    created, updated, unchanged; or superseded, where a later run has written already. With two comments of ours (two runs
    at the same moment) the first is kept up to date. Raises ForgeFault.
    """
    login = forge.login()
    for comment in forge.comments(repo, number):
        found = MARKER.match(comment.body)
        if comment.author != login or not found or found[1] != sticky.kind:
            continue
        if (found[4], found[5]) == (sticky.sha, sticky.holds):
            return "unchanged"
        if (int(found[2]), int(found[3])) > sticky.run:
            return "superseded"
        forge.update_comment(repo, comment.id, sticky.text)
        return "updated"
    _check_author(forge.create_comment(repo, number, sticky.text), login)
    return "created"


def _check_author(comment: Comment, login: str) -> None:
    if comment.author != login:
        raise ForgeFault(
            "identity", f"comments of this token are written by {comment.author!r}, not by {login!r}: name that with --login, "
            "or every run would write one more comment",
        )  # fmt: skip
