"""GitHub's published description, as two questions: is this request one, and is this reply one?"""

import json
import re
import urllib.parse
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SLICE = json.loads((Path(__file__).parent / "github.slice.json").read_text("utf-8"))


def modern(part: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON Schema: `nullable` is a type."""
    if isinstance(part, list):
        return [modern(value) for value in part]
    if not isinstance(part, dict):
        return part
    made = {key: modern(value) for key, value in part.items() if key not in ("nullable", "example")}
    if part.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, made]}
    return made


COMPONENTS = modern(SLICE["components"])


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**modern(json.loads(schema)), "components": COMPONENTS})


def faults_of(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value."""
    errors = _validator(json.dumps(schema)).iter_errors(value)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in errors]


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        return dict(SLICE["components"][kind][name])
    return part


def operation_of(method: str, path: str) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    """Return the described path, its operation and what stands in its places; longer paths without places first."""
    for template in sorted(SLICE["paths"], key=lambda text: (text.count("{"), text)):
        pattern = re.sub(r"\\{(\w+)\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'path' else '[^/]+'})", re.escape(template))
        found = re.fullmatch(pattern, path)
        if found and method.lower() in SLICE["paths"][template]:
            return template, SLICE["paths"][template][method.lower()], {k: urllib.parse.unquote(v) for k, v in found.groupdict().items()}
    return None


def request_faults(operation: dict[str, Any], query: dict[str, str], body: Any) -> list[str]:
    """Return what is wrong with a request: unknown or ill-formed parameters, and what its body's schema says."""
    known = {p["name"]: p for p in map(resolved, operation.get("parameters", [])) if p["in"] == "query"}
    faults = [f"unknown query parameter {name}" for name in query if name not in known]
    for name, value in query.items():
        if name in known:
            schema = known[name]["schema"]
            typed: Any = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            faults += [f"query {name}: {fault}" for fault in faults_of(typed, schema)]
    if "requestBody" in operation:
        faults += [f"body {fault}" for fault in faults_of(body, operation["requestBody"]["content"]["application/json"]["schema"])]
    elif body is not None:
        faults.append("a body where none is described")
    return faults


def reply_faults(operation: dict[str, Any], status: int, body: Any) -> list[str]:
    """Return what is wrong with a reply. 401, 403 and 429 may come from anywhere: they are basic errors."""
    described = operation["responses"].get(str(status))
    if described is None:
        return (
            faults_of(body, {"$ref": "#/components/schemas/basic-error"})
            if status in (401, 403, 404, 410, 422, 429, 500, 502, 503)
            else [f"status {status} is not described"]
        )
    content = resolved(described).get("content", {})
    return faults_of(body, content["application/json"]["schema"]) if "application/json" in content else []


def example(method: str, template: str, status: int) -> Any:
    """Return a fresh copy of the description's own example of a reply."""
    content = SLICE["paths"][template][method]["responses"][str(status)]["content"]["application/json"]
    return json.loads(json.dumps(content["example"]))
