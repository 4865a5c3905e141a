"""A report.json, read again: whole, and in the form of `schemas/report.schema.json`.

Of the schema's words those are kept to which say what is there and of which type; limits and patterns are not looked at.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.model import KitFault

TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
LARGEST = 1e9
"""A number in a report is smaller; what is not finite is larger."""


def read(path: Path) -> dict[str, Any]:
    """Return the report of the submission after which the folder is called. Raises KitFault for what is none."""
    try:
        report = json.loads(path.read_bytes().decode("utf-8"))
        fault = _fault(_form(), report)
    except (ValueError, RecursionError):
        fault = "it can't be read"
    if not fault and report["submission"] != path.parent.name:
        fault = "it is another submission's"
    if fault:
        raise KitFault(f"{path} is damaged, or no report of this version of the grader ({fault}): grade again")
    return dict(report)


@lru_cache(maxsize=1)
def _form() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "schemas" / "report.schema.json").read_text("utf-8")))


def _fault(form: dict[str, Any], value: Any, place: str = "") -> str:
    """Return what is wrong with a value, or nothing."""
    if "$ref" in form:
        return _fault(_form()["$defs"][form["$ref"].rpartition("/")[2]], value, place)
    if not _is_one_of(form, value):
        return f"{place or 'it'} is not what it should be"
    if "anyOf" in form and all(_fault(other, value, place) for other in form["anyOf"]):
        return f"{place or 'it'} is not what it should be"
    parts = []
    if isinstance(value, dict):
        if lacking := [key for key in form.get("required", ()) if key not in value]:
            return f"{f'{place}/' if place else ''}{lacking[0]} is not there"
        parts = [(part, value[key], key) for key, part in form.get("properties", {}).items() if key in value]
    elif isinstance(value, list) and "items" in form:
        parts = [(form["items"], item, str(i)) for i, item in enumerate(value)]
    if "if" in form:
        parts.append((form.get("else" if _fault(form["if"], value) else "then", {}), value, ""))
    return next((fault for part, one, key in parts if (fault := _fault(part, one, f"{place}/{key}".strip("/")))), "")


def _is_one_of(form: dict[str, Any], value: Any) -> bool:
    """Return whether a value has the type and is one of the values that its form names."""
    kinds = [form["type"]] if isinstance(form.get("type"), str) else form.get("type", ())
    if kinds and not any(isinstance(value, TYPES[kind]) and isinstance(value, bool) == (kind == "boolean") for kind in kinds):
        return False
    if isinstance(value, (int, float)) and not abs(value) < LARGEST:
        return False
    return ("const" not in form or value == form["const"]) and ("enum" not in form or value in form["enum"])
