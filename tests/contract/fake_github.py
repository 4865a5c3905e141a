"""A GitHub that remembers: repositories, pull requests, comments and check runs behind HTTP, checked against the description.

Every request must be one that GitHub describes, every reply too: what is not lands in `violations`, which a test ends by
looking at. Rules that the description does not state (a comment's length, rate limits, a conclusion where a check is
completed) stand here in words. The clock is a test's own.
"""

import json
import re
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from description import example, operation_of, reply_faults, request_faults
from fake_replies import Replies, Repo, Token, error

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


class FileClock(FakeClock):
    """A fake clock that a process of its own can share: the time stands in a file (`clocked.py`)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        path.write_text("1800000000.0", "utf-8")

    def now(self) -> float:
        return float(self.path.read_text("utf-8"))


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
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
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
            return 404, {}, error("Not Found")
        template, operation, places = found
        body = json.loads(content) if content else None
        faults = request_faults(operation, query, body)
        faults += [f"header {name}" for name in ("User-Agent", "Accept", "X-Github-Api-Version") if name not in headers]
        self.violations += [f"{method} {target}: {fault}" for fault in faults]
        status, extra, reply = self._replied(method, template, places, query, body, headers) if not faults else (422, {}, error("Invalid"))
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
                return refusal.status, refusal.headers, error(refusal.message)
        token = self.tokens.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if token is None or self.clock.now() >= token.ends:
            return 401, {}, error("Bad credentials")
        if method != "GET" and (too_many := self._too_many()):
            return too_many
        status, reply = Replies(self, token).of(method, template, places, query, body)
        if refusal:
            return refusal.status, refusal.headers, error(refusal.message)
        return status, {}, reply

    def _too_many(self) -> tuple[int, dict[str, str], Any] | None:
        now = self.clock.now()
        for most, seconds in ((80, 60), (500, 3600)):
            if self.limited and sum(now - time < seconds for time in self.writes) >= most:
                return 403, {"retry-after": str(seconds)}, error("You have exceeded a secondary rate limit.")
        self.writes.append(now)
        return None

    def new_id(self) -> int:
        self._next += 1
        return self._next

    def _comment(self, author: str, body: str) -> dict[str, Any]:
        made = example("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments", 201)
        made["user"]["login"] = author
        return {**made, "id": self.new_id(), "body": body}
