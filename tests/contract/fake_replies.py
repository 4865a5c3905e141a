"""What the fake GitHub answers: each reply starts from the description's own example, and says what the fake remembers."""

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from description import example

if TYPE_CHECKING:
    from fake_github import FakeGitHub

LONGEST_COMMENT = 65_536


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
    ends: float = float("inf")
    """When it is no token any more, by the fake's clock."""


class Replies:
    """What one token is told."""

    def __init__(self, fake: "FakeGitHub", token: Token) -> None:
        self.fake, self.token = fake, token

    def of(self, method: str, template: str, places: dict[str, str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if template == "/user":
            if self.token.is_app:
                return 403, error("Resource not accessible by integration")
            return 200, {**example("get", template, 200), "login": self.token.login}
        name = f"{places['owner']}/{places['repo']}"
        if name not in self.fake.repos:
            return 404, error("Not Found")
        needs = {"issues": "comments", "check-runs": "checks"}.get(template.split("/")[4] if template.count("/") > 3 else "", "")
        if method != "GET" and needs not in self.token.may:
            return 403, error("Resource not accessible by integration")
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
        return (200, self._pull(name, repo, number, template)) if number in repo.pulls else (404, error("Not Found"))

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
            return 422, {**error("No commit found for SHA: " + ref), "errors": []}
        return 200, {**example("get", template, 200), "sha": known[ref], "files": []}

    def get_contents(self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any) -> tuple[int, Any]:
        content = repo.files.get((query["ref"], places["path"]))
        if content is None:
            return 404, error("Not Found")
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
            return 422, {**error("Validation Failed"), "errors": []}
        self.fake.add_comment(name, int(places["issue_number"]), self.token.login, body["body"])
        return 201, repo.comments[int(places["issue_number"])][-1]

    def patch_comment(self, name: str, repo: Repo, template: str, places: dict[str, str], _: Any, body: Any) -> tuple[int, Any]:
        for comments in repo.comments.values():
            for comment in comments:
                if comment["id"] == int(places["comment_id"]):
                    if len(body["body"]) > LONGEST_COMMENT:
                        return 422, {**error("Validation Failed"), "errors": []}
                    comment["body"] = body["body"]
                    return 200, comment
        return 404, error("Not Found")

    def get_check_runs(
        self, name: str, repo: Repo, template: str, places: dict[str, str], query: dict[str, str], _: Any
    ) -> tuple[int, Any]:
        runs = [c for c in repo.checks if c["head_sha"] == places["ref"] and c["name"] == query.get("check_name", c["name"])]
        latest = runs[-1:] if query.get("filter", "latest") == "latest" else runs
        shown = [{k: v for k, v in run.items() if k != "_annotations"} for run in latest]
        return 200, {"total_count": len(shown), "check_runs": _page(shown, query)}

    def post_check_runs(self, name: str, repo: Repo, template: str, places: Any, _: Any, body: Any) -> tuple[int, Any]:
        if body.get("status") == "completed" and "conclusion" not in body:
            return 422, error("Invalid request. A completed check run needs a conclusion.")
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


def error(message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}
