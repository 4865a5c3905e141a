"""The folder of a run: OUT/<id>/report.json and report.md for each submission, OUT/.traces/ beside them, OUT/grades.csv.

Results are written as they are found, each so that a reader finds the whole of it or nothing; in memory stays only a
report's `summary`.
"""

import json
from pathlib import Path
from typing import Any

from grader.export.grades import grades_csv
from grader.model import Sentences
from grader.report.markdown import markdown

TRACES = ".traces"


def trace_path(out: Path, submission: str) -> Path:
    """Return where a submission's trace is kept: beside the folders that may be handed to students, not in them."""
    return out / TRACES / f"{submission}.json"


def write_report(out: Path, report: dict[str, Any], sentences: Sentences) -> None:
    folder = out / report["submission"]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "report.md", markdown(report, sentences))
    write_whole(folder / "report.json", json.dumps(report, ensure_ascii=False) + "\n")


def read_report(out: Path, submission: str) -> dict[str, Any]:
    return dict(json.loads((out / submission / "report.json").read_text("utf-8")))


def write_grades(out: Path, summaries: list[dict[str, Any]]) -> None:
    write_whole(out / "grades.csv", grades_csv(summaries))


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without its criteria and provenance: what the tables of a cohort show."""
    steps = [{key: step[key] for key in ("id", "title", "score", "max_score")} for step in report["steps"]]
    return {key: value for key, value in report.items() if key != "provenance"} | {"steps": steps}


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one move, its line ends as they are; half a letter is written as JSON writes it."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, "utf-8", "backslashreplace", newline="")
    draft.replace(path)
