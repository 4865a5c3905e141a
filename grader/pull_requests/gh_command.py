"""Run `gh` and `git` as the instructor, and print each command before it runs. Without permission to run, print only."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.escape import plain
from grader.model import KitFault
from grader.pull_requests.course_ci.rate_limit import Pace

NONE = ("HTTP 404", "HTTP 409", "No commit found")
"""How `gh` says that there is no such thing: a repository, a branch of one that is empty, a commit."""
SCOPE = "without `workflow` scope"


@dataclass(frozen=True, slots=True)
class Gh:
    """`say` is called with each command. `runs` says whether it is run; `pace` keeps writes below GitHub's limits."""

    say: Callable[[str], None]
    runs: bool
    pace: Pace

    def check(self) -> None:
        """Raise KitFault unless `gh` and `git` are there and `gh` is logged in."""
        for name, place in (("gh", "https://cli.github.com"), ("git", "https://git-scm.com")):
            if self.runs and not shutil.which(name):
                raise KitFault(f"{name} is not installed: see {place}")
        self.ask("auth", "status")

    def ask(self, *words: str) -> str | None:
        """Return what a command that reads prints, without space around it; None if there is no such thing, or nothing is run."""
        self.say(f"$ {shlex.join(('gh', *words))}")
        if not self.runs:
            return None
        status, out, complaint = _run(("gh", *words))
        if status and not any(sign in complaint for sign in NONE):
            raise KitFault(_failure(("gh", *words), complaint))
        return None if status else out.strip()

    def do(self, *words: str, given: str = "", shown: str = "") -> None:
        """Run a command that writes. `given` goes to its standard input, and `shown` says what that is. Raises KitFault."""
        self.say(f"$ {shlex.join(('gh', *words))}{f'    < {shown}' if shown else ''}")
        if self.runs:
            self.pace.before_write()
            status, _, complaint = _run(("gh", *words), given)
            if status:
                raise KitFault(_failure(("gh", *words), complaint))

    def push(self, folder: Path, repo: str, *refs: str) -> None:
        """Push to a repository on GitHub with the login of `gh`. Raises KitFault."""
        words = ("git", "-C", str(folder), "-c", "credential.helper=", "-c", "credential.helper=!gh auth git-credential", "push",
                 f"https://github.com/{repo}.git", *refs)  # fmt: skip
        self.say(f"$ {shlex.join(('git', 'push', words[8], *refs))}    with the login of gh")
        if self.runs:
            self.pace.before_write()
            status, _, complaint = _run(words)
            if status and SCOPE in complaint:
                raise KitFault("your login of gh may not push workflows: run `gh auth refresh --scopes workflow`, then this again")
            if status:
                raise KitFault(_failure(words, complaint))


def git(folder: Path, *words: str, given: str = "") -> str:
    """Return what git prints in a folder of this machine. Raises KitFault."""
    who = ("-c", "user.name=grader", "-c", "user.email=grader@localhost")
    status, out, complaint = _run(("git", "-C", str(folder), *who, *words), given)
    if status:
        raise KitFault(_failure(("git", *words), complaint))
    return out.strip()


def _run(words: tuple[str, ...], given: str = "") -> tuple[int, str, str]:
    environment = {**os.environ, "GH_PROMPT_DISABLED": "1", "GIT_TERMINAL_PROMPT": "0"}
    ended = subprocess.run(words, input=given, capture_output=True, text=True, errors="replace", check=False, env=environment)
    return ended.returncode, ended.stdout, ended.stderr


def _failure(words: tuple[str, ...], complaint: str) -> str:
    return f"{plain(shlex.join(words))} failed: {plain(complaint.strip())}. What was done before stays; mend this, and run the same again."
