"""Post the provisional score in a student's repository: called on `workflow_run`, from files of the course's repository `ci` alone.

Nothing here checks out, imports or runs what the student's repository holds; its result is data (`artifact`). Standard library only.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.escape import code, plain, workflow
from grader.pull_requests.course_ci.artifact import read_artifact
from grader.pull_requests.course_ci.comment_page import PROVISIONAL, About, scored, unscored
from grader.pull_requests.course_ci.errors import ForgeFault, Unreadable
from grader.pull_requests.course_ci.github import GitHub
from grader.pull_requests.course_ci.interface import Forge, Pull
from grader.pull_requests.course_ci.rate_limit import Clock, Pace
from grader.pull_requests.course_ci.sticky_comment import Sticky, digest, upsert
from grader.pull_requests.course_ci.wording import Words, say

WORKFLOW = ".github/workflows/grade.yml"
ARTIFACT = "score"
LOGIN = "github-actions[bot]"
DONE = {"created": "A comment was written.", "updated": "The comment was brought up to date.", "unchanged": "The comment says so already.",
        "superseded": "A later run has written already; its comment stays."}  # fmt: skip
ENDED = ("cancelled", "timed_out", "action_required")
"""Conclusions of a run that say why it has no result."""


def main(arguments: list[str], environment: Mapping[str, str] = os.environ, clock: Clock | None = None) -> int:
    """Post what FOLDER holds for the event in GITHUB_EVENT_PATH; return 0, or 1 if nothing could be posted on the pull request."""
    folder, grading = Path(arguments[0]), json.loads(Path(arguments[1]).read_text("utf-8"))
    event = json.loads(Path(environment["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    repo, server = environment["GITHUB_REPOSITORY"], environment.get("GITHUB_SERVER_URL", "https://github.com")
    page = ""
    try:
        api = environment.get("GITHUB_API_URL", "https://api.github.com")
        forge = GitHub(environment.get("GITHUB_TOKEN", ""), Pace(clock or Clock()), api, LOGIN)
        page, done = post(forge, event["workflow_run"], repo, server, folder, grading)
    except ForgeFault as fault:
        done = f"The score could not be posted: {plain(str(fault))}."
        print(f"::error title=The score could not be posted::{workflow(str(fault))}")
        _summarize(environment, page, done)
        return 1
    print(done)
    _summarize(environment, page, done)
    return 0


def post(forge: Forge, run: dict[str, Any], repo: str, server: str, folder: Path, grading: dict[str, Any]) -> tuple[str, str]:
    """Bring the comment of a finished run up to date; return the page, and a sentence on what was done."""
    if run["event"] != "pull_request" or run["path"].split("@")[0] != WORKFLOW:
        return "", f"Nothing to post: this run was not {WORKFLOW} on a pull request."
    pull = find_pull(forge, run, repo)
    if pull is None:
        return (
            "",
            f"Nothing to post: no open pull request has {code(run['head_sha'][:10])} as its newest commit; a newer push has its own run.",
        )
    about = About(PROVISIONAL, run["head_sha"], f"{server}/{repo}/actions/runs/{int(run['id'])}", full=float(grading["max_score"]))
    words = grading["words"]
    about_without_link = replace(about, url="")  # the link differs with each run: it makes no other content
    try:
        report = read_artifact(folder, grading, repo)
        page, page_without_link = scored(report, about, words), scored(report, about_without_link, words)
    except Unreadable as why:
        reason = _why_none(forge, run, repo, folder, str(why), words)
        page, page_without_link = unscored(reason, about, words), unscored(reason, about_without_link, words)
    sticky = Sticky(PROVISIONAL, (int(run["id"]), int(run["run_attempt"])), run["head_sha"], page, digest(page_without_link))
    return page, DONE[upsert(forge, repo, pull.number, sticky)]


def find_pull(forge: Forge, run: dict[str, Any], repo: str) -> Pull | None:
    """Return the open pull request that a run was for, from what GitHub says of the run and never from what the run says.

    A commit alone would not do: anybody may push a copy of it. Head repository, branch and commit must all be right.
    """
    head = (run.get("head_repository") or {}).get("full_name", "")
    if not head:
        return None
    found = [
        pull
        for pull in forge.pulls(repo, f"{head.split('/')[0]}:{run['head_branch']}")
        if pull.sha == run["head_sha"] and pull.head_repo == head and pull.head_branch == run["head_branch"]
    ]
    if len(found) > 1:  # one branch, asked to be merged into several
        default = forge.default_branch(repo)
        found = [pull for pull in found if pull.base_branch == default]
    return found[0] if len(found) == 1 else None


def _why_none(forge: Forge, run: dict[str, Any], repo: str, folder: Path, why: str, words: Words) -> str:
    if run.get("conclusion") in ENDED:
        return say(words, f"public.{run['conclusion']}")
    if folder.is_dir() and any(folder.iterdir()):
        return say(words, "public.unusable", why=plain(why))
    try:
        state = forge.artifact_state(repo, run["id"], ARTIFACT)
    except ForgeFault:
        state = "none"
    if state == "expired":
        return say(words, "public.expired")
    if state == "there":
        return say(words, "public.not_fetched")
    return say(words, "public.no_result")


def _summarize(environment: Mapping[str, str], page: str, done: str) -> None:
    if environment.get("GITHUB_STEP_SUMMARY"):
        with open(environment["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
            file.write(f"{page}\n{done}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
