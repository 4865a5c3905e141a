"""The forms that the code declares are those of the published schemas: the same keys, the same required ones, the same types."""

import json
from collections.abc import Iterator
from types import ModuleType, NoneType, UnionType
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from conftest import ROOT

from grader import report_format
from grader.class_report import class_format
from grader.class_report.class_format import ClassData
from grader.report_format import Report

LEAVES = {"string": str, "boolean": bool, "integer": int, "number": float, "null": NoneType}
PUBLISHED = [("report", Report, 18), ("class", ClassData, 10)]
"""Each schema, the form of its whole document, and how many forms there are below it, itself included."""
UNPUBLISHED = {"CriterionFacts", "StepFacts", "Counted", "Row", "RowStep"}
"""Parts that forms share, and forms of nothing that is published."""


def declared(name: str, form: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return each declared form with the object of the schema that it declares."""
    schema = json.loads((ROOT / "grader" / "schemas" / f"{name}.schema.json").read_text("utf-8"))

    def resolved(part: dict[str, Any]) -> dict[str, Any]:
        return resolved(schema["$defs"][part["$ref"].rpartition("/")[2]]) if "$ref" in part else part

    def pairs(part: dict[str, Any], form: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
        part = resolved(part)
        if form is Any:
            return
        forms = set(get_args(form)) if get_origin(form) is UnionType else {form}
        if "anyOf" in part:
            assert {"type": "null"} in part["anyOf"]
            assert NoneType in forms
            [part] = [resolved(one) for one in part["anyOf"] if one != {"type": "null"}]
            forms -= {NoneType}
        [whole, *_] = forms
        if is_typeddict(whole):
            yield whole, part
            for key, inner in get_type_hints(whole).items():
                if key in part["properties"]:
                    yield from pairs(part["properties"][key], inner)
        elif list in (found := {get_origin(one) for one in forms}) or dict in found:
            [whole] = forms - {NoneType}
            kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
            assert set(kinds) == {"array" if list in found else "object", *(["null"] if NoneType in forms else [])}
            yield from pairs(part["items"] if list in found else part["additionalProperties"], get_args(whole)[-1])
        else:
            assert forms == leaves(part), part

    return list(pairs(schema, form))


def leaves(part: dict[str, Any]) -> set[type]:
    """Return the types of a value that is no object and no array."""
    values = part["enum"] if "enum" in part else [part["const"]] if "const" in part else None
    if values is not None:
        return {type(value) for value in values}
    return {LEAVES[name] for name in ([part["type"]] if isinstance(part["type"], str) else part["type"])}


@pytest.mark.parametrize(("name", "form", "number"), PUBLISHED)
def test_what_is_declared_has_the_keys_of_the_schema(name: str, form: Any, number: int) -> None:
    found = declared(name, form)
    assert len({one for one, _ in found}) == number
    for one, part in found:
        assert one.__required_keys__ | one.__optional_keys__ == part["properties"].keys(), one.__name__
        assert one.__required_keys__ == set(part.get("required", ())), one.__name__
        assert part["additionalProperties"] is False, one.__name__


@pytest.mark.parametrize(("name", "form", "module"), [("report", Report, report_format), ("class", ClassData, class_format)])
def test_every_declared_form_is_compared_or_known_not_to_be_published(name: str, form: Any, module: ModuleType) -> None:
    forms = {key for key, one in vars(module).items() if is_typeddict(one)}
    compared = {one.__name__ for one, _ in declared(name, form)}
    assert len(forms) > 9
    assert forms - compared == forms & UNPUBLISHED


def test_the_comparison_finds_a_key_too_many_and_another_type() -> None:
    class Surplus(Report):
        extra: str

    class Mistyped(TypedDict):
        max_score: str

    [(one, part), *_] = declared("report", Surplus)
    assert one.__required_keys__ - part["properties"].keys() == {"extra"}
    with pytest.raises(AssertionError):
        declared("report", Mistyped)
