"""The command that sends an outbox, for `grader forge post` and for a job that has nothing installed: `python3 -S -m grader.forge`.

Standard library only.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from grader.escape import code, plain, workflow
from grader.forge.fault import ForgeFault
from grader.forge.github import GitHub
from grader.forge.outbox import JOURNAL, Channels, Journal, Sent, read_items, send
from grader.forge.pace import Clock, Pace


def token_of(environment: Mapping[str, str]) -> str:
    return environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""


def send_folder(
    folder: Path, login: str, channels: Channels, environment: Mapping[str, str], say: Callable[[str], None], clock: Clock | None = None
) -> int:
    """Send what waits in a folder; return 0 if all of it stands on the forge or is out of date, else 2."""
    try:
        items, journal = read_items(folder), Journal(folder / JOURNAL)
        pace = Pace(clock or Clock(), journal.writes, journal.wrote)
        forge = GitHub(token_of(environment), pace, environment.get("GITHUB_API_URL", "https://api.github.com"), login)
        sent = list(send(forge, items, journal, channels, say))
    except ForgeFault as fault:
        say(plain(f"nothing was posted: {fault}"))
        return 2
    _summarize(environment, sent)
    if failed := [one for one in sent if not one.is_done]:
        if environment.get("GITHUB_ACTIONS"):
            say(f"::error title=Not all scores were posted::{workflow(f'{len(failed)} of {len(sent)}: {failed[0].problem}')}")
        say(f"{len(failed)} of {len(sent)} could not be posted. Run again: what was posted is not posted twice.")
        return 2
    return 0


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
        prog="python3 -S -m grader.forge", description="Post what `grader forge post --prepare-only` prepared."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--login", default="", help="the name under which the token writes, such as 'your-app[bot]'")
    parser.add_argument("--no-comments", action="store_true")
    parser.add_argument("--no-checks", action="store_true")
    chosen = parser.parse_args(arguments)
    channels = Channels(not chosen.no_comments, not chosen.no_checks)
    return send_folder(chosen.folder, chosen.login, channels, os.environ, print, clock)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
