"""GitHub through its REST API, with nothing but the standard library: the job that holds a write token installs nothing.

The clients that there are bring from 4 to 90 MB of code beside the token, for a dozen JSON calls. What they would have
given us is here: paging, limits, retries of what may be retried, and redirects that never carry the token elsewhere.
"""

import base64
import binascii
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from grader.escape import plain
from grader.pull_requests.course_ci.errors import ForgeFault, Unreadable
from grader.pull_requests.course_ci.interface import MOST_ANNOTATIONS, Annotation, Comment, Pull, Result
from grader.pull_requests.course_ci.rate_limit import Pace

VERSION = "2022-11-28"
PAGE = 100
PAGES = 100
REPLY_CAP = 32_000_000
SECONDS = 30
TRIES = 5
ANNOTATIONS_AT_ONCE = 50
NEEDS = {"issues": "pull-requests: write", "check-runs": "checks: write", "pulls": "pull-requests: read",
         "contents": "contents: read", "actions": "actions: read", "commits": "contents: read (and checks: read)"}  # fmt: skip
"""The permission that a path needs, by its fourth part."""


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect (of a renamed repository) on the same host only: another would be handed the token."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urllib.parse.urlsplit(newurl)[:2] != urllib.parse.urlsplit(req.full_url)[:2] or req.get_method() != "GET":
            raise ForgeFault("missing", f"{req.full_url} has moved to {plain(newurl)}: name the repository as it is called now")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class GitHub:
    """A `Forge`. `api` is https://api.github.com, or https://HOST/api/v3 of a server of one's own."""

    def __init__(self, token: str, pace: Pace, api: str = "https://api.github.com", login: str = "") -> None:
        parts = urllib.parse.urlsplit(api)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise ForgeFault("invalid", f"{api} is not https: a token is not sent in clear")
        if not token or not token.isprintable() or " " in token:
            raise ForgeFault("identity", "there is no usable token: put it into the environment variable GITHUB_TOKEN")
        self._api, self._pace, self._token, self._login = api.rstrip("/"), pace, token, login
        self._opener = urllib.request.build_opener(_SameHost)

    # ---- reading ----

    def login(self) -> str:
        if not self._login:
            try:
                self._login = str(self._call("GET", "/user")["login"])
            except ForgeFault as fault:
                if fault.kind != "permission":
                    raise
                raise ForgeFault("identity", "this token can't tell under which name it writes: name it with --login, such as "
                                             "'github-actions[bot]' or 'your-app[bot]'") from None  # fmt: skip
        return self._login

    def default_branch(self, repo: str) -> str:
        return str(self._call("GET", f"/repos/{_repo(repo)}")["default_branch"])

    def commit(self, repo: str, ref: str) -> str:
        return str(self._call("GET", f"/repos/{_repo(repo)}/commits/{_part(ref)}")["sha"])

    def pulls(self, repo: str, head: str = "") -> Iterator[Pull]:
        for found in self._pages(f"/repos/{_repo(repo)}/pulls", {"state": "open"} | ({"head": head} if head else {})):
            yield _pull(found)

    def pull(self, repo: str, number: int) -> Pull:
        return _pull(self._call("GET", f"/repos/{_repo(repo)}/pulls/{int(number)}"))

    def file(self, repo: str, path: str, sha: str, most: int) -> bytes:
        found = self._call("GET", f"/repos/{_repo(repo)}/contents/{urllib.parse.quote(path)}", {"ref": sha})
        if not isinstance(found, dict) or found.get("type") != "file":
            raise Unreadable(f"{path} is not a regular file at this commit.")
        if found.get("size", 0) > most or found.get("encoding") != "base64":
            raise Unreadable(f"{path} is larger than {most // 1_000_000} MB: hand in the program alone, without data.")
        try:
            return base64.b64decode(found["content"])[: most + 1]
        except (binascii.Error, TypeError, ValueError):
            raise ForgeFault("network", f"{path} arrived damaged: run again") from None

    def was_run(self, repo: str, sha: str) -> bool:
        return bool(self._call("GET", f"/repos/{_repo(repo)}/actions/runs", {"head_sha": sha, "per_page": "1"})["total_count"])

    def artifact_state(self, repo: str, run: int, name: str) -> str:
        found = self._pages(f"/repos/{_repo(repo)}/actions/runs/{int(run)}/artifacts", {"name": name}, "artifacts")
        states = {bool(artifact["expired"]) for artifact in found if artifact["name"] == name}
        return "there" if False in states else "expired" if states else "none"

    def comments(self, repo: str, number: int) -> Iterator[Comment]:
        for found in self._pages(f"/repos/{_repo(repo)}/issues/{int(number)}/comments", {}):
            yield _comment(found)

    # ---- writing ----

    def create_comment(self, repo: str, number: int, body: str) -> Comment:
        return _comment(self._call("POST", f"/repos/{_repo(repo)}/issues/{int(number)}/comments", body={"body": body}))

    def update_comment(self, repo: str, comment: int, body: str) -> Comment:
        return _comment(self._call("PATCH", f"/repos/{_repo(repo)}/issues/comments/{int(comment)}", body={"body": body}))

    def result_keys(self, repo: str, sha: str, name: str) -> list[str]:
        query = {"check_name": name, "filter": "latest"}
        runs = self._pages(f"/repos/{_repo(repo)}/commits/{_part(sha)}/check-runs", query, "check_runs")
        return [
            str(run["external_id"])
            for run in runs
            if run["status"] == "completed" and f"{(run['app'] or {}).get('slug')}[bot]" == self.login()
        ]

    def post_result(self, repo: str, result: Result) -> None:
        """Create a check run. Above 50 annotations it stays in progress until the last of them is sent."""
        path = f"/repos/{_repo(repo)}/check-runs"
        some = result.annotations[:MOST_ANNOTATIONS]
        parts = [some[i : i + ANNOTATIONS_AT_ONCE] for i in range(0, len(some), ANNOTATIONS_AT_ONCE)] or [[]]
        ended = {"status": "completed", "conclusion": result.conclusion}
        made = {"name": result.name, "head_sha": result.sha, "external_id": result.key} | (
            {"details_url": result.url} if result.url else {}
        )
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            body: dict[str, Any] = {"output": _output(result, part), **(ended if last else {"status": "in_progress"})}
            if number == 0:
                path = f"{path}/{int(self._call('POST', path, body={**made, **body}, writes=len(parts))['id'])}"
            else:
                self._call("PATCH", path, body=body)

    # ---- requests ----

    def _pages(self, path: str, query: dict[str, str], key: str = "") -> Iterator[dict[str, Any]]:
        for page in range(1, PAGES + 1):
            reply = self._call("GET", path, {**query, "per_page": str(PAGE), "page": str(page)})
            found = reply[key] if key else reply
            yield from found
            if len(found) < PAGE:
                return

    def _call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: dict[str, Any] | None = None, writes: int = 1
    ) -> Any:
        """Return what a request is answered. `writes` is how many belong together from here on: none is begun that can't be finished."""
        url = f"{self._api}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/vnd.github+json",
                   "X-GitHub-Api-Version": VERSION, "User-Agent": "autodiff-kit"}  # fmt: skip
        data = json.dumps(body).encode() if body is not None else None
        if data:
            headers["Content-Type"] = "application/json"
        for attempt in range(TRIES):
            if method != "GET":
                self._pace.before_write(writes)
            try:
                with self._opener.open(urllib.request.Request(url, data, headers, method=method), timeout=SECONDS) as reply:
                    return _parsed(reply.read(REPLY_CAP + 1))
            except urllib.error.HTTPError as error:
                self._refused(error, method, path, attempt)
            except (OSError, ValueError, http.client.HTTPException) as error:
                if method != "GET":
                    raise ForgeFault("unsure", f"{method} {path} got no answer ({error}): it may have been written. Run again.") from None
                if attempt == TRIES - 1 or not self._pace.wait(2.0**attempt):
                    raise ForgeFault("network", f"{self._api} can't be reached: {plain(str(error))}") from None
        raise ForgeFault("limit", f"the forge refused {method} {path} {TRIES} times by its rate limits: run again later")

    def _refused(self, error: urllib.error.HTTPError, method: str, path: str, attempt: int) -> None:
        """Wait if that is asked for, or if a read may be tried again; else raise what the refusal means."""
        headers = {name.lower(): value for name, value in error.headers.items()}
        said = _message(error)
        seconds = self._pace.asked_to_wait(error.code, headers, said, attempt)
        if seconds is not None:
            if not self._pace.wait(seconds):
                raise ForgeFault(
                    "limit", f"the forge asks to wait {seconds / 60:.0f} minutes ({plain(said)}): run again after that"
                ) from None
            return
        if error.code >= 500:
            if method != "GET":
                raise ForgeFault(
                    "unsure", f"{method} {path}: the forge failed ({error.code}) and may have written it. Run again."
                ) from None
            if attempt == TRIES - 1 or not self._pace.wait(2.0**attempt):
                raise ForgeFault("network", f"the forge fails ({error.code}): run again later") from None
            return
        raise _fault(error.code, method, path, said, headers)


def _fault(status: int, method: str, path: str, said: str, headers: dict[str, str]) -> ForgeFault:
    where, said = f"{method} {path}", plain(said)
    part = (path.split("/") + [""] * 5)[4]
    needs = plain(headers.get("x-accepted-github-permissions", "")) or NEEDS.get(part, "more")
    if status == 401:
        return ForgeFault("identity", f"the forge does not know this token ({said}): it is wrong, expired or revoked")
    if status == 403:
        return ForgeFault("permission", f"the token may not {where} ({said}): it needs {needs}")
    if status in (404, 410):
        return ForgeFault("missing", f"{where}: there is no such thing, or the token may not see it ({said}; it needs {needs})")
    return ForgeFault("invalid", f"{where}: the forge refused what was sent ({status}: {said})")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        body = json.loads(error.read(100_000))
        details = body.get("errors") or []
        return " ".join([str(body.get("message", "")), *(json.dumps(detail) for detail in details[:3])]).strip()
    except (ValueError, AttributeError, TypeError, OSError):
        return str(error.reason)


def _parsed(content: bytes) -> Any:
    if len(content) > REPLY_CAP:
        raise ValueError("the reply is too long")
    return json.loads(content)


def _repo(repo: str) -> str:
    owner, _, name = repo.partition("/")
    if not owner or not name or "/" in name or name in (".", "..") or set(repo) - _NAME:
        raise ForgeFault("invalid", f"{plain(repo)} is not a repository's owner/name")
    return repo


_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")


def _part(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _pull(found: dict[str, Any]) -> Pull:
    head = found["head"]
    return Pull(
        number=found["number"],
        sha=head["sha"],
        head_repo=(head.get("repo") or {}).get("full_name", ""),
        head_branch=head["ref"],
        base_branch=found["base"]["ref"],
        author=(found.get("user") or {}).get("login", ""),
        is_open=found["state"] == "open",
    )


def _comment(found: dict[str, Any]) -> Comment:
    return Comment(found["id"], (found.get("user") or {}).get("login", ""), found.get("body") or "")


def _output(result: Result, part: list[Annotation]) -> dict[str, Any]:
    marks = [
        {
            "path": mark.path, "start_line": mark.line, "end_line": mark.line, "annotation_level": mark.level,
            "title": mark.title, "message": mark.message,
        }
        for mark in part
    ]  # fmt: skip
    return {"title": result.title, "summary": result.summary, "annotations": marks}
