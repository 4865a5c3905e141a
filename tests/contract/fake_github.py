"""A GitHub that remembers: repositories, pull requests, comments and check runs behind HTTP, checked against the description.

Every request must be one that GitHub describes, every reply too: what is not lands in `violations`, which a test ends by
looking at. Rules that the description does not state (a comment's length, rate limits, a conclusion where a check is
completed) stand here in words. The clock is a test's own.
"""

import base64
import json
import re
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from contract import example, operation_of, reply_faults, request_faults

LONGEST_COMMENT = 65_536
KNOWN_GAPS = re.compile(r"(\d+/)?head/repo: None is not of type 'object'$")
"""Where GitHub does not keep to its own description: the repository of a deleted fork is null."""


class FakeClock:
    """A clock that a test moves; sleeping takes no time."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass
class Refusal:
    """The next `times` requests that match are answered so."""

    method: str
    path: str
    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after_doing: bool = False
    """Do what was asked, and then fail: the client can't know."""


@dataclass
class Repo:
    default_branch: str = "main"
    branches: dict[str, str] = field(default_factory=dict)
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], Any] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    artifacts: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass
class Token:
    """Who a token is, and what it may write. An App's token can't ask who it is."""

    login: str
    may: frozenset[str] = frozenset({"comments", "checks"})
    is_app: bool = True


class FakeGitHub:
    """Use as a context manager; `url` is its address."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.repos: dict[str, Repo] = {}
        self.tokens = {"good": Token("github-actions[bot]")}
        self.refusals: list[Refusal] = []
        self.violations: list[str] = []
        self.log: list[tuple[str, str]] = []
        self.writes: list[float] = []
        self.limited = False
        """Whether too many writes a minute or an hour are refused, as GitHub does."""
        self._next = 1000
        self._lock = threading.Lock()

    def __enter__(self) -> "FakeGitHub":
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                content = self.rfile.read(length) if length else b""
                with fake._lock:
                    status, headers, body = fake.answer(self.command, self.path, dict(self.headers), content)
                data = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = serve

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ---- what a test sets up and looks at ----

    def repo(self, name: str) -> Repo:
        return self.repos.setdefault(name, Repo())

    def open_pull(
        self, repo: str, number: int, sha: str, head: str = "", branch: str = "work", base: str = "main", source: bytes | None = None
    ) -> None:
        self.repo(repo).pulls[number] = {"sha": sha, "head": head or repo, "branch": branch, "base": base, "state": "open"}
        self.repo(repo).comments.setdefault(number, [])
        if source is not None:
            self.repo(repo).files[sha, "autodiff.py"] = source

    def add_comment(self, repo: str, number: int, author: str, body: str) -> None:
        self.repo(repo).comments.setdefault(number, []).append(self._comment(author, body))

    def bodies(self, repo: str, number: int, author: str = "") -> list[str]:
        return [c["body"] for c in self.repo(repo).comments.get(number, []) if not author or c["user"]["login"] == author]

    # ---- answering ----

    def answer(self, method: str, target: str, headers: dict[str, str], content: bytes) -> tuple[int, dict[str, str], Any]:
        parts = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parts.query))
        self.log.append((method, target))
        found = operation_of(method, parts.path)
        if not found:
            self.violations.append(f"{method} {target} is not described")
            return 404, {}, _error("Not Found")
        template, operation, places = found
        body = json.loads(content) if content else None
        faults = request_faults(operation, query, body)
        faults += [f"header {name}" for name in ("User-Agent", "Accept", "X-Github-Api-Version") if name not in headers]
        self.violations += [f"{method} {target}: {fault}" for fault in faults]
        status, extra, reply = self._replied(method, template, places, query, body, headers) if not faults else (422, {}, _error("Invalid"))
        self.violations += [
            f"the fake's reply to {method} {target} ({status}): {f}"
            for f in reply_faults(operation, status, reply)
            if not KNOWN_GAPS.match(f)
        ]
        return status, extra, reply

    def _replied(self, method: str, template: str, places: Any, query: Any, body: Any, headers: Any) -> tuple[int, dict[str, str], Any]:
        refusal = next((r for r in self.refusals if r.times and r.method == method and re.search(r.path, template)), None)
        if refusal:
            refusal.times -= 1
            if not refusal.after_doing:
                return refusal.status, refusal.headers, _error(refusal.message)
        token = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None:
            return 401, {}, _error("Bad credentials")
        if method != "GET" and (too_many := self._too_many()):
            return too_many
        status, reply = Replies(self, token).of(method, template, places, query, body)
        if refusal:
            return refusal.status, refusal.headers, _error(refusal.message)
        return status, {}, reply

    def _too_many(self) -> tuple[int, dict[str, str], Any] | None:
        now = self.clock.now()
        for most, seconds in ((80, 60), (500, 3600)):
            if self.limited and sum(now - time < seconds for time in self.writes) >= most:
                return 403, {"retry-after": str(seconds)}, _error("You have exceeded a secondary rate limit.")
        self.writes.append(now)
        return None

    def new_id(self) -> int:
        self._next += 1
        return self._next

    def _comment(self, author: str, body: str) -> dict[str, Any]:
        made = example("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments", 201)
        made["user"]["login"] = author
        return {**made, "id": self.new_id(), "body": body}


class Replies:
    """What one token is told."""

    def __init__(self, fake: FakeGitHub, token: Token) -> None:
        self.fake, self.token = fake, token

    def of(self, method: str, template: str, places: dict[str, str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if template == "/user":
            if self.token.is_app:
                return 403, _error("Resource not accessible by integration")
            return 200, {**example("get", template, 200), "login": self.token.login}
        name = f"{places['owner']}/{places['repo']}"
        if name not in self.fake.repos:
            return 404, _error("Not Found")
        needs = {"issues": "comments", "check-runs": "checks"}.get(template.split("/")[4] if template.count("/") > 3 else "", "")
        if method != "GET" and needs not in self.token.may:
            return 403, _error("Resource not accessible by integration")
        answer = getattr(self, f"{method.lower()}_{_key(template)}")
        return answer(name, self.fake.repos[name], template, places, query, body)  # type: ignore[no-any-return]

    def get_repo(self, name: str, repo: Repo, template: str, *_: Any) -> tuple[int, Any]:
        made = example("get", template, 200)
        for part in ("source", "parent", "template_repository"):
            made.pop(part, None)
        # GitHub's own example lacks `language`, which its schema requires
        return 200, {**made, "full_name": name, "default_branch": repo.default_branch, "language": "Python"}

    def get_pulls(self, name: str, repo: Repo, template: str, places: Any, query: dict[str, str], _: Any) -> tuple[int, Any]:
        wanted = [n for n, p in repo.pulls.items() if p["state"] == query.get("state", "open")]
        if "head" in query:
            owner, branch = query["head"].split(":", 1)
            wanted = [n for n in wanted if repo.pulls[n]["head"].split("/")[0] == owner and repo.pulls[n]["branch"] == branch]
        return 200, _page([self._pull(name, repo, n, "/repos/{owner}/{repo}/pulls") for n in sorted(wanted, reverse=True)], query)

    def get_pulls_number(self, name: str, repo: Repo, template: str, places: dict[str, str], *_: Any) -> tuple[int, Any]:
        number = int(places["pull_number"])
        return (200, self._pull(name, repo, number, template)) if number in repo.pulls else (404, _error("Not Found"))

    def _pull(self, name: str, repo: Repo, number: int, template: str) -> dict[str, Any]:
        made, known = example("get", template, 200), repo.pulls[number]
        made = made[0] if isinstance(made, list) else made
        made |= {"number": number, "state": known["state"], "requested_teams": []}
        made["head"] |= {"sha": known["sha"], "ref": known["branch"]}
        made["base"]["ref"] = known["base"]
        made["head"]["repo"] = {**made["head"]["repo"], "full_name": known["head"]} if known["head"] != "deleted" else None
        return dict(made)

    def get_commits(self, name: str, repo: Repo, template: str, places: dict[str, str], *_: Any) -> tuple[int, Any]:
        ref = places["ref"]
        known = {
            **{pull["sha"]: pull["sha"] for pull in repo.pulls.values()},
            **{sha: sha for sha in repo.branches.values()},
            **repo.branches,
        }
        if ref not in known:
            return 422, {**_error("No commit found for SHA: " + ref), "errors": []}
        return 200, {**example("get", template, 200), "sha": known[ref], "files": []}

    def get_contents(self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any) -> tuple[int, Any]:
        content = repo.files.get((query["ref"], places["path"]))
        if content is None:
            return 404, _error("Not Found")
        made = example("get", template, 200)
        if isinstance(content, str):  # a link
            return 200, {**{k: v for k, v in made.items() if k not in ("content", "encoding")}, "type": "symlink", "target": content}
        whole = len(content) <= 1_000_000
        text = base64.encodebytes(content).decode() if whole else ""
        return 200, {**made, "type": "file", "size": len(content), "encoding": "base64" if whole else "none", "content": text}

    def get_comments(self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any) -> tuple[int, Any]:
        return 200, _page(repo.comments.get(int(places["issue_number"]), []), query)

    def post_comments(self, name: str, repo: Repo, template: str, places: dict[str, str], _: Any, body: Any) -> tuple[int, Any]:
        if len(body["body"]) > LONGEST_COMMENT:
            return 422, {**_error("Validation Failed"), "errors": []}
        self.fake.add_comment(name, int(places["issue_number"]), self.token.login, body["body"])
        return 201, repo.comments[int(places["issue_number"])][-1]

    def patch_comment(self, name: str, repo: Repo, template: str, places: dict[str, str], _: Any, body: Any) -> tuple[int, Any]:
        for comments in repo.comments.values():
            for comment in comments:
                if comment["id"] == int(places["comment_id"]):
                    if len(body["body"]) > LONGEST_COMMENT:
                        return 422, {**_error("Validation Failed"), "errors": []}
                    comment["body"] = body["body"]
                    return 200, comment
        return 404, _error("Not Found")

    def get_check_runs(
        self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any
    ) -> tuple[int, Any]:
        runs = [c for c in repo.checks if c["head_sha"] == places["ref"] and c["name"] == query.get("check_name", c["name"])]
        latest = runs[-1:] if query.get("filter", "latest") == "latest" else runs
        shown = [{k: v for k, v in run.items() if k != "_annotations"} for run in latest]
        return 200, {"total_count": len(shown), "check_runs": _page(shown, query)}

    def post_check_runs(self, name: str, repo: Repo, template: str, places: Any, _: Any, body: Any) -> tuple[int, Any]:
        if body.get("status") == "completed" and "conclusion" not in body:
            return 422, _error("Invalid request. A completed check run needs a conclusion.")
        made = example("post", template, 201)
        made["app"]["slug"] = self.token.login.removesuffix("[bot]")
        made |= {"id": self.fake.new_id(), "name": body["name"], "head_sha": body["head_sha"], "external_id": body.get("external_id", "")}
        repo.checks.append({**made, "_annotations": []})
        return 201, self._update(repo.checks[-1], body)

    def patch_check_run(self, name: str, repo: Repo, template: str, places: dict[str, str], _: Any, body: Any) -> tuple[int, Any]:
        run = next(check for check in repo.checks if check["id"] == int(places["check_run_id"]))
        return 200, self._update(run, body)

    def _update(self, run: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        run["_annotations"] += body.get("output", {}).get("annotations", [])
        run["status"], run["conclusion"] = body.get("status", run["status"]), body.get("conclusion")
        run["output"] = {**run["output"], "title": body["output"]["title"], "summary": body["output"]["summary"], "text": None}
        run["output"]["annotations_count"] = len(run["_annotations"])
        return {key: value for key, value in run.items() if key != "_annotations"}

    def get_runs(self, name: str, repo: Repo, template: str, places: Any, query: dict[str, str], _: Any) -> tuple[int, Any]:
        count = repo.runs.count(query["head_sha"])
        run = example("get", template, 200)["workflow_runs"][0]
        return 200, {"total_count": count, "workflow_runs": [{**run, "head_sha": query["head_sha"]}] * min(count, int(query["per_page"]))}

    def get_artifacts(self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any) -> tuple[int, Any]:
        made = example("get", template, 200)["artifacts"][0]
        known = [
            {**made, **artifact} for artifact in repo.artifacts.get(int(places["run_id"]), []) if artifact["name"] == query.get("name")
        ]
        return 200, {"total_count": len(known), "artifacts": _page(known, query)}


KEYS = {
    "/repos/{owner}/{repo}": "repo",
    "/repos/{owner}/{repo}/pulls": "pulls",
    "/repos/{owner}/{repo}/pulls/{pull_number}": "pulls_number",
    "/repos/{owner}/{repo}/commits/{ref}": "commits",
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": "check_runs",
    "/repos/{owner}/{repo}/contents/{path}": "contents",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": "comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": "comment",
    "/repos/{owner}/{repo}/check-runs": "check_runs",
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": "check_run",
    "/repos/{owner}/{repo}/actions/runs": "runs",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": "artifacts",
}


def _key(template: str) -> str:
    return KEYS[template]


def _page(items: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return items[(page - 1) * size : page * size]


def _error(message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}
