"""The folder of a run: OUT/<id>/report.json and report.md for each submission, OUT/.traces/ beside them, OUT/grades.csv.

Results are written as they are found, each so that a reader finds the whole of it or nothing; in memory stays only a
report's `summary`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from grader import reports
from grader.decided.final import applied
from grader.export.book import is_provisional
from grader.export.grades import grades_csv
from grader.model import KitFault, Sentences
from grader.report.markdown import markdown

TRACES = ".traces"
SENTENCES = ".sentences.json"


def trace_path(out: Path, submission: str) -> Path:
    """Return where a submission's trace is kept: beside the folders that may be handed to students, not in them."""
    return out / TRACES / f"{submission}.json"


def write_report(out: Path, report: dict[str, Any], sentences: Sentences) -> dict[str, Any]:
    """Write a report, with what people decided about it, and return it so."""
    report = applied(out, report)
    folder = out / report["submission"]
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "report.md", markdown(report, sentences))
    write_whole(folder / "report.json", json.dumps(report, ensure_ascii=False) + "\n")
    return report


def keep_sentences(out: Path, sentences: Sentences) -> None:
    """Keep in OUT the words in which its reports are written, for when one is written again without the kit."""
    write_whole(out / SENTENCES, json.dumps(sentences))


def kept_sentences(out: Path) -> Sentences:
    """Return the words in which the reports of a run are written. Raises KitFault if they are not there."""
    try:
        return dict(json.loads((out / SENTENCES).read_text("utf-8")))
    except (OSError, ValueError):
        raise KitFault(
            f"{out / SENTENCES} can't be read: it is written by `grader grade`, `cohort` and `compare`; run one of them again"
        ) from None


def read_report(out: Path, submission: str) -> dict[str, Any]:
    """Return a report. Raises KitFault at one that is damaged."""
    return reports.read(out / submission / "report.json")


def report_paths(out: Path) -> list[Path]:
    """Return where the reports of a run are, in the order of their names."""
    return sorted(path for path in out.glob("*/report.json") if not path.parent.name.startswith("."))


def all_reports(out: Path) -> Iterator[dict[str, Any]]:
    """Yield the reports of a run, in the order of their names. Raises KitFault at one that can't be read."""
    yield from (reports.read(path) for path in report_paths(out))


def write_grades(out: Path, summaries: list[dict[str, Any]]) -> None:
    write_whole(out / "grades.csv", grades_csv(summaries))


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without its criteria and provenance: what the tables of a cohort show. The points are those that count.

    It is provisional also while a person has still to give points.
    """
    counted = report.get("final") or report
    steps = [{key: step[key] for key in ("id", "title", "score", "max_score")} for step in counted["steps"]]
    kept = {key: value for key, value in report.items() if key not in ("provenance", "final")}
    points = {"score": counted["score"], "bonus": counted["bonus"], "automatic": report["score"]}
    return kept | {"steps": steps, **points, "provisional": is_provisional(report)}


def write_again(out: Path, names: Iterable[str]) -> None:
    """Write reports anew after a decision about them, and leave the others as they are."""
    sentences = kept_sentences(out)
    for name in names:
        write_report(out, read_report(out, name), sentences)


def summaries(out: Path) -> list[dict[str, Any]]:
    """Return the summary of each report in OUT, in the order of their names."""
    return [summary(report) for report in all_reports(out)]


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one move, its line ends as they are; half a letter is written as JSON writes it."""
    draft = path.with_name(path.name + ".draft")
    draft.write_text(text, "utf-8", "backslashreplace", newline="")
    draft.replace(path)
