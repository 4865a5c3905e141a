"""A report.json, read again: whole, and in the form of `schemas/report.schema.json` (v2). Reports of v1 are read as well."""

import json
import math
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import fastjsonschema

from grader.model import KitFault
from grader.report.scoring import SCHEMA
from grader.report_format import Report

EARLIER = "autodiff-kit/report/v1"
"""In v1 no report is `unusable`; all else is the same."""
LONGEST = 150
"""Characters of what is said to be wrong with a report."""


def read(path: Path) -> Report:
    """Return the report of the submission after which the folder is called, as v2. Raises KitFault for anything else."""
    try:
        report = json.loads(path.read_bytes().decode("utf-8"), parse_float=_finite, parse_int=_modest, parse_constant=_finite)
        if isinstance(report, dict) and report.get("schema") == EARLIER:
            report["schema"] = SCHEMA
        _check()(report)
        fault = "" if report["submission"] == path.parent.name else "it is another submission's"
    except fastjsonschema.JsonSchemaException as error:
        fault = str(error).removeprefix("data.").removeprefix("data ")[:LONGEST]
    except (ValueError, RecursionError):
        fault = "it can't be read"
    if fault:
        raise KitFault(f"{path} is damaged, or no report of this version of the grader ({fault}): grade again")
    return cast(Report, report)


@lru_cache(maxsize=1)
def _check() -> Callable[[Any], Any]:
    """Return what raises JsonSchemaException for anything that is not of the form of a report."""
    check: Callable[[Any], Any] = fastjsonschema.compile(
        json.loads((Path(__file__).parents[1] / "schemas" / "report.schema.json").read_text("utf-8"))
    )
    return check


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


def _modest(text: str) -> int:
    """Return a whole number that can be counted with as any other."""
    if len(text) > 15:
        raise ValueError(text)
    return int(text)
