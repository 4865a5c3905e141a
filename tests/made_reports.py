"""Folders of results that are written by hand, so that every number in them is known: small, valid reports without a grading."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conftest import ROOT

from grader.rubric.sentences import read_sentences
from grader.rubric.yaml_reader import Marked

SENTENCES = ROOT / "rubrics" / "feedback" / "sentences.yaml"
MAXIMA = {"first/easy": 4, "first/hard": 6, "second/late": 10}
"""A small rubric: the points of each criterion, as step/criterion. `second/late` could be a hidden criterion, `third/extra` is bonus."""
BONUS = {"third/extra": 5}


def made_report(name: str, points: Mapping[str, float], **more: Any) -> dict[str, Any]:
    """Return a valid report.json. `more` may be: outcomes, diagnoses (by step/criterion), source, manual, and any key of a report."""
    outcomes, diagnoses, manual = more.pop("outcomes", {}), more.pop("diagnoses", {}), more.pop("manual", ())
    source = more.pop("source", name)
    steps: dict[str, dict[str, Any]] = {}
    for key, maximum in {**MAXIMA, **BONUS}.items():
        if key not in points:
            continue
        step, criterion = key.split("/")
        made = steps.setdefault(step, {"id": step, "title": step.capitalize(), "score": 0, "max_score": 0, "criteria": []})
        bonus, passed = key in BONUS, points[key] == maximum
        made["criteria"].append({
            "id": criterion, "says": f"What {criterion} asks.", "score": points[key], "max_score": maximum, "bonus": bonus,
            "public": False, "outcome": outcomes.get(key, "pass" if passed else "fail"), "passed": int(passed), "cases_total": 1,
            "message": "" if passed else "Wrong.", "why": "" if passed else "It matters.", "hint": "" if passed else "Look again.",
            "diagnosis": diagnoses.get(key), "cases": [],
            **({"manual": True} if key in manual else {}),
        })  # fmt: skip
        made["score"] += 0 if bonus else points[key]
        made["max_score"] += 0 if bonus else maximum
    score = sum(step["score"] for step in steps.values())
    return {
        "schema": "autodiff-kit/report/v2", "submission": name, "status": "graded", "score": score,
        "max_score": sum(step["max_score"] for step in steps.values()), "bonus": points.get("third/extra", 0), "provisional": False,
        "starter": "2026.1", "notes": [], "steps": list(steps.values()),
        "provenance": {
            "grader": "1", "rubric_sha256": "1" * 64, "reference_sha256": "2" * 64,
            "submission_sha256": hashlib.sha256(source.encode("utf-8", "replace")).hexdigest(), "seed": "default",
            "cases": "fixed", "python": "3.11",
            "sandbox": "core", "graded_at": "2026-11-28T12:00:00+00:00", "seconds": 0.1,
        },
    } | more  # fmt: skip


def unusable(name: str, says: str) -> dict[str, Any]:
    """Return the report of something in which no program was found."""
    nothing = {"status": "unusable", "score": None, "bonus": None, "steps": [], "starter": None, "notes": [says]}
    return made_report(name, {}) | nothing | {"max_score": sum(MAXIMA.values())}


def put_reports(out: Path, *reports: Mapping[str, Any]) -> Path:
    """Write reports into a folder of results, as a run leaves them."""
    for report in reports:
        folder = out / report["submission"]
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(json.dumps(report), "utf-8")
        (out / ".sentences.json").write_text(json.dumps(read_sentences(Marked(), SENTENCES)), "utf-8")
        (folder / "report.md").write_text(f"# {report['submission'].encode('utf-8', 'replace').decode()}\n", "utf-8")
    return out


def without_words(report: dict[str, Any]) -> dict[str, Any]:
    """Return all points, outcomes and ids of diagnoses."""
    criteria = {
        criterion["id"]: (
            *(criterion[key] for key in ("score", "outcome", "passed", "cases_total")),
            (criterion["diagnosis"] or {}).get("id"),
            [(case["id"], case["outcome"], case["paid_by"]) for case in criterion["cases"]],
        )
        for step in report["steps"]
        for criterion in step["criteria"]
    }
    return {**criteria, "score": report["score"], "bonus": report["bonus"]}
