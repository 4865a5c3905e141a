"""Cut what the kit uses out of GitHub's published OpenAPI description, and write it to github.slice.json.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
    python tests/contract/cut_slice.py package/generated/api.github.com.json

Paths and schemas are taken as they are; descriptions of paths, and examples that no reply of the fake starts from, are left out.
"""

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
USED = {
    "/repos/{owner}/{repo}": ["get"],
    "/repos/{owner}/{repo}/pulls": ["get"],
    "/repos/{owner}/{repo}/pulls/{pull_number}": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
    "/repos/{owner}/{repo}/contents/{path}": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch"],
    "/repos/{owner}/{repo}/check-runs": ["post"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
    "/repos/{owner}/{repo}/actions/runs": ["get"],
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": ["get"],
    "/user": ["get"],
    # what `grader pr setup` calls by `gh api`
    "/repos/{owner}/{repo}/rulesets": ["get", "post"],
    "/repos/{owner}/{repo}/environments/{environment_name}": ["put"],
    "/repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies": ["get", "post"],
    "/repos/{owner}/{repo}/collaborators/{username}": ["put"],
}
LEFT_OUT = {"description", "examples", "x-github", "externalDocs", "tags", "summary"}


def refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(refs, part.values()))
    return set().union(*map(refs, part)) if isinstance(part, list) else set()


def slim(part: Any, names: bool = False) -> Any:
    """Return a part without prose; `names` says that its keys are names of properties, which all stay."""
    if isinstance(part, dict):
        kept = {key: value for key, value in part.items() if names or key not in LEFT_OUT}
        return {key: value if key == "example" else slim(value, key == "properties") for key, value in kept.items()}
    return [slim(value) for value in part] if isinstance(part, list) else part


def used_examples(components: dict[str, Any], paths: dict[str, Any]) -> None:
    """Keep of each reply the first example, in its place."""
    for methods in paths.values():
        for operation in methods.values():
            for status, reply in operation["responses"].items():
                for content in reply.get("content", {}).values():
                    examples = content.pop("examples", {})
                    if status[0] == "2" and examples:
                        first = next(iter(examples.values()))
                        content["example"] = (
                            components["examples"][first["$ref"].split("/")[-1]]["value"] if "$ref" in first else first["value"]
                        )


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    paths = {path: {method: whole["paths"][path][method] for method in methods} for path, methods in USED.items()}
    used_examples(whole["components"], paths)
    found: dict[str, dict[str, Any]] = {}
    todo = refs(paths)
    while todo:
        ref = todo.pop()
        _, _, kind, name = ref.split("/")
        if name not in found.setdefault(kind, {}):
            found[kind][name] = whole["components"][kind][name]
            todo |= refs(found[kind][name])
    components = {
        kind: {name: slim(part) for name, part in sorted(parts.items())} for kind, parts in sorted(found.items()) if kind != "examples"
    }
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": slim(paths), "components": components}


if __name__ == "__main__":
    made = cut(json.loads(Path(sys.argv[1]).read_text("utf-8")))
    (HERE / "github.slice.json").write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
