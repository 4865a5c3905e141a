"""A report.json, read again: whole, and in the form of `schemas/report.schema.json`.

Of the schema's words those are kept to which say what is there and of which type; limits and patterns are not looked at.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from grader.model import KitFault

KINDS: dict[type, frozenset[str]] = {
    dict: frozenset({"object"}), list: frozenset({"array"}), str: frozenset({"string"}), bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}), float: frozenset({"number"}), type(None): frozenset({"null"}),
}  # fmt: skip
"""What a schema calls the types that JSON has."""
WRONG = "is not what it should be"
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
        what = f"it {fault}" if fault == WRONG else fault
        raise KitFault(f"{path} is damaged, or no report of this version of the grader ({what}): grade again")
    return dict(report)


@lru_cache(maxsize=1)
def _form() -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "schemas" / "report.schema.json").read_text("utf-8")))


def _fault(form: dict[str, Any], value: Any) -> str:
    """Return where something is wrong with a value, and what; nothing if all is right."""
    while "$ref" in form:
        form = _form()["$defs"][form["$ref"].rpartition("/")[2]]
    if not _is_one_of(form, value) or ("anyOf" in form and all(_fault(other, value) for other in form["anyOf"])):
        return WRONG
    if isinstance(value, dict) and (lacking := next((key for key in form.get("required", ()) if key not in value), "")):
        return f"{lacking} is not there"
    for key, part, one in _parts(form, value):
        if fault := _fault(part, one):
            return f"{key} {fault}" if fault == WRONG else f"{key}/{fault}"
    if "if" in form:
        return _fault(form.get("else" if _fault(form["if"], value) else "then", {}), value)
    return ""


def _parts(form: dict[str, Any], value: Any) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield the name, the form and the value of each part that the form knows."""
    if isinstance(value, dict):
        properties = form.get("properties", {})
        yield from ((key, properties[key], one) for key, one in value.items() if key in properties)
    elif isinstance(value, list) and "items" in form:
        yield from ((str(i), form["items"], one) for i, one in enumerate(value))


def _is_one_of(form: dict[str, Any], value: Any) -> bool:
    """Return whether a value has the type and is one of the values that its form names."""
    kinds, wanted = KINDS[type(value)], form.get("type", ())
    if wanted and not (wanted in kinds if isinstance(wanted, str) else kinds.intersection(wanted)):
        return False
    if "number" in kinds and not abs(value) < LARGEST:
        return False
    return ("const" not in form or value == form["const"]) and ("enum" not in form or value in form["enum"])
