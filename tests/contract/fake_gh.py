"""A `gh` that remembers: what it is called with is validated, recorded, and done to a folder.

    FAKE_GH=FOLDER python fake_gh.py repo create course/ada --private --template course/handout

FOLDER holds state.json, calls.jsonl and a bare repository for each that was created. `gh api` is held to GitHub's own description; of
the other commands only what the real one's manual lists is understood, and anything else is a violation and an error.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from description import operation_of, request_faults

FOLDER = Path(os.environ["FAKE_GH"])
JQ = {
    ".id": lambda found: found["id"],
    ".sha": lambda found: found["sha"],
    ".commit.tree.sha": lambda found: found["tree"],
    ".[].name": lambda found: "\n".join(each["name"] for each in found),
    ".branch_policies[].name": lambda found: "\n".join(each["name"] for each in found),  # the list alone is kept
}


class Refused(Exception):
    """What the real one prints on stderr as it exits with 1."""


class Violation(Exception):
    """A call that the real one would not understand."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise Violation(message)


def remote(repo: str) -> Path:
    return FOLDER / f"{repo}.git"


def git(repo: str, *words: str) -> str | None:
    ended = subprocess.run(["git", "-C", remote(repo), *words], capture_output=True, text=True, check=False)
    return ended.stdout.strip() if ended.returncode == 0 else None


def known(state: dict[str, Any], repo: str) -> dict[str, Any]:
    if repo not in state["repos"]:
        raise Refused("gh: Not Found (HTTP 404)")
    return dict(state["repos"])[repo]  # type: ignore[no-any-return]


# ---- gh api ----


def api(words: list[str], given: str, state: dict[str, Any]) -> str:
    parser = Parser()
    parser.add_argument("path")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--input")
    parser.add_argument("--jq")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("-f", action="append", default=[])
    chosen = parser.parse_args(words)
    if (chosen.input == "-") != bool(given) or (chosen.f and (given or chosen.method == "GET")):
        raise Violation("a body is given twice, or not at all, or to a GET")
    body = json.loads(given) if given else dict(pair.split("=", 1) for pair in chosen.f) or None
    found = operation_of(chosen.method, f"/{chosen.path}")
    if not found:
        raise Violation(f"{chosen.method} /{chosen.path} is not described")
    template, operation, places = found
    if faults := request_faults(operation, {}, body):
        raise Violation("; ".join(faults))
    repo = f"{places['owner']}/{places['repo']}"
    its = known(state, repo)
    reply = answer(chosen.method, template, places, body, repo, its)
    if not chosen.jq:
        return json.dumps(reply)
    if chosen.jq not in JQ:
        raise Violation(f"--jq {chosen.jq} is not understood here")
    return str(JQ[chosen.jq](reply))


def answer(method: str, template: str, places: dict[str, str], body: Any, repo: str, its: dict[str, Any]) -> Any:
    kind = template.removeprefix("/repos/{owner}/{repo}")
    if kind == "":
        return {"id": its["id"]}
    if kind == "/commits/{ref}":
        return commit(repo, places["ref"])
    if kind == "/collaborators/{username}":
        its["collaborators"][places["username"]] = body["permission"]
        return {}
    if its["private"] and json.loads((FOLDER / "state.json").read_text("utf-8"))["free"]:
        raise Refused("gh: Upgrade to GitHub Pro or make this repository public to enable this feature. (HTTP 403)")
    if kind == "/environments/{environment_name}":
        its["environments"].setdefault(places["environment_name"], [])
        return {}
    return listed(method, its["rulesets"] if kind == "/rulesets" else its["environments"][places["environment_name"]], body)


def commit(repo: str, ref: str) -> dict[str, Any]:
    if git(repo, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        raise Refused("gh: Git Repository is empty. (HTTP 409)")
    if not (sha := git(repo, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")):
        raise Refused(f"gh: No commit found for SHA: {ref} (HTTP 422)")
    return {"sha": sha, "tree": git(repo, "rev-parse", f"{sha}^{{tree}}")}


def listed(method: str, things: list[Any], body: Any) -> Any:
    """Return rulesets or policies, with one more after a POST."""
    if method == "POST":
        if body["name"] in [thing["name"] for thing in things]:
            raise Refused("gh: Validation Failed (HTTP 422)")
        things.append(body)
    return things


# ---- the other commands ----


def repo_create(words: list[str], _: str, state: dict[str, Any]) -> str:
    parser = Parser()
    parser.add_argument("name")
    seen = parser.add_mutually_exclusive_group(required=True)
    seen.add_argument("--private", action="store_true")
    seen.add_argument("--public", action="store_true")
    parser.add_argument("--template")
    chosen = parser.parse_args(words)
    if chosen.name in state["repos"]:
        raise Refused(f"GraphQL: Name already exists on this account (createRepository): {chosen.name}")
    if chosen.template and not known(state, chosen.template)["template"]:
        raise Refused(f"{chosen.template} is not a template repository")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", remote(chosen.name)], check=True)
    state["repos"][chosen.name] = {
        "id": len(state["repos"]) + 1, "private": chosen.private, "template": False, "rulesets": [], "environments": {},
        "secrets": {}, "variables": {}, "collaborators": {},
    }  # fmt: skip
    if chosen.template:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "--quiet", remote(chosen.template), folder], check=True)
            subprocess.run(["git", "-C", folder, "push", "--quiet", remote(chosen.name), "HEAD:refs/heads/main"], check=True)
    return f"https://github.com/{chosen.name}"


def repo_edit(words: list[str], _: str, state: dict[str, Any]) -> str:
    parser = Parser()
    parser.add_argument("name")
    parser.add_argument("--template", action="store_true", required=True)
    known(state, parser.parse_args(words).name)["template"] = True
    return ""


def setting(kind: str, words: list[str], given: str, state: dict[str, Any]) -> str:
    """gh secret set, and gh variable set."""
    parser = Parser()
    parser.add_argument("name")
    parser.add_argument("--repo", required=True)
    parser.add_argument("--body")
    parser.add_argument("--env", default="")
    chosen = parser.parse_args(words)
    value = chosen.body or given
    if not value or (chosen.body and given) or (kind == "secrets" and chosen.body):
        raise Violation("a value is missing or given twice, or a secret stands among the arguments, where other people can see it")
    its = known(state, chosen.repo)
    if chosen.env and chosen.env not in its["environments"]:
        raise Refused("gh: Not Found (HTTP 404)")
    its[kind][f"{chosen.env}/{chosen.name}" if chosen.env else chosen.name] = value
    return ""


def secret_list(words: list[str], _: str, state: dict[str, Any]) -> str:
    parser = Parser()
    parser.add_argument("--repo", required=True)
    parser.add_argument("--env", default="")
    parser.add_argument("--json", choices=["name"], required=True)
    parser.add_argument("--jq", choices=[".[].name"], required=True)
    chosen = parser.parse_args(words)
    its = known(state, chosen.repo)
    return "\n".join(key.rpartition("/")[2] for key in its["secrets"] if key.rpartition("/")[0] == chosen.env)


COMMANDS = {
    ("repo", "create"): repo_create,
    ("repo", "edit"): repo_edit,
    ("secret", "set"): lambda *call: setting("secrets", *call),
    ("secret", "list"): secret_list,
    ("variable", "set"): lambda *call: setting("variables", *call),
    ("auth", "status"): lambda *_: "",
}


def main() -> int:
    words, file = sys.argv[1:], FOLDER / "state.json"
    given = "" if sys.stdin.isatty() else sys.stdin.read()
    state = json.loads(file.read_text("utf-8"))
    call: dict[str, Any] = {"words": words, "given": bool(given), "violation": "", "refused": ""}
    try:
        if words[0] == "api":
            print(api(words[1:], given, state))
        else:
            print(COMMANDS[words[0], words[1]](words[2:], given, state))
    except (Violation, KeyError) as fault:
        call["violation"] = str(fault)
    except Refused as refusal:
        call["refused"] = str(refusal)
    file.write_text(json.dumps(state, indent=1), "utf-8")
    with (FOLDER / "calls.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(call) + "\n")
    print(call["violation"] or call["refused"], file=sys.stderr)
    return 1 if call["violation"] or call["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
