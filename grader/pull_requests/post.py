"""The command that sends an outbox, for `grader pr post` and for a job that has nothing installed: `python3 -S -m grader.pull_requests`.

Standard library only.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.escape import code, plain, workflow
from grader.pull_requests.course_ci.errors import ForgeFault
from grader.pull_requests.course_ci.github import GitHub
from grader.pull_requests.course_ci.rate_limit import Clock, Pace
from grader.pull_requests.outbox import JOURNAL, Channels, Journal, Sent, read_items, send


def token_of(environment: Mapping[str, str]) -> str:
    return environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""


LEFT = 75
"""The exit status where the token was about to end and something is left: run again with another token (EX_TEMPFAIL of sysexits.h)."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to send an outbox: login, channels (comments or check runs), and the minutes that the token lasts (0: no limit)."""

    login: str = ""
    channels: Channels = field(default_factory=Channels)
    minutes: float = 0


def send_folder(folder: Path, way: Way, environment: Mapping[str, str], say: Callable[[str], None], clock: Clock | None = None) -> int:
    """Send what waits in a folder; return 0 if everything is posted or out of date, LEFT if some must wait, 2 after an error."""
    clock = clock or Clock()
    until = clock.now() + 60 * way.minutes if way.minutes else math.inf
    try:
        items, journal = read_items(folder), Journal(folder / JOURNAL)
        pace = Pace(clock, journal.writes, journal.wrote, until)
        forge = GitHub(token_of(environment), pace, environment.get("GITHUB_API_URL", "https://api.github.com"), way.login)
        sent = list(send(forge, items, journal, way.channels, say))
    except ForgeFault as fault:
        say(plain(f"nothing was posted: {fault}"))
        return 2
    left = [one for one in sent if one.is_left]
    _summarize(environment, sent)
    tell_output(environment, left=len(left))
    if left:
        say(f"{len(left)} of {len(sent)} are left: the token is about to end. The next run posts them, and nothing twice.")
    if failed := [one for one in sent if not one.is_done and not one.is_left]:
        if environment.get("GITHUB_ACTIONS"):
            say(f"::error title=Not all scores were posted::{workflow(f'{len(failed)} of {len(sent)}: {failed[0].problem}')}")
        say(f"{len(failed)} of {len(sent)} could not be posted. Run again: what was posted is not posted twice.")
        return 2
    return LEFT if left else 0


def wait_to_write(folder: Path, say: Callable[[str], None], clock: Clock | None = None) -> int:
    """Let the time pass until the forge's limits allow a write again after those in the folder's journal. Needs no token."""
    clock = clock or Clock()
    if seconds := Pace(clock, Journal(folder / JOURNAL).writes).seconds_to_write():
        say(f"waiting {seconds / 60:.0f} minutes, until more may be written")
        clock.sleep(seconds)
    return 0


def tell_output(environment: Mapping[str, str], **outputs: object) -> None:
    """Tell later jobs of a workflow, where this runs in one."""
    if environment.get("GITHUB_OUTPUT"):
        with open(environment["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
            file.write("".join(f"{name}={value}\n" for name, value in outputs.items()))


def _summarize(environment: Mapping[str, str], sent: list[Sent]) -> None:
    """Tell the instructor on the run's page; names in this table are those of repositories."""
    if not environment.get("GITHUB_STEP_SUMMARY"):
        return
    lines = ["### Official scores", "", "| submission | comment | check | problem |", "| --- | --- | --- | --- |"]
    lines += [f"| {code(one.id)} | {one.comment} | {one.check} | {code(one.problem) if one.problem else ''} |" for one in sent]
    with open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def main(arguments: list[str], clock: Clock | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -S -m grader.pull_requests", description="Post what `grader pr post --prepare-only` prepared."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--login", default="", help="the name under which the token writes, such as 'your-app[bot]'")
    parser.add_argument("--no-comments", action="store_true")
    parser.add_argument("--no-checks", action="store_true")
    parser.add_argument("--minutes", type=float, default=0, help=f"stop, with status {LEFT}, before the token is as old as this")
    parser.add_argument("--wait", action="store_true", help="post nothing: wait until the forge's limits allow the next write")
    chosen = parser.parse_args(arguments)
    if chosen.wait:
        return wait_to_write(chosen.folder, print, clock)
    way = Way(chosen.login, Channels(not chosen.no_comments, not chosen.no_checks), chosen.minutes)
    return send_folder(chosen.folder, way, os.environ, print, clock)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
