"""A folder of results on the disk, and checks that all in it says the same, and says what is expected.

into = Folder(out, works, rubrics)
into.do(after, "cohort", ...)           run a command, compare the folder with the state that is expected after it
CHECKS["junit"](into, rows, file)       compare an export
"""

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from click.testing import Result as Ended
from conftest import report
from contract.readers import read_moodle
from cut_off import Killed, cut_off
from expected_course import NAMES, UNUSABLE, Result, Results, Row, Work, looks, settled
from small_kit import RUBRICS, command


def read_csv(path: Path, key: str) -> dict[str, dict[str, str]]:
    """Return the rows of a table. No two of them are about the same."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sorted({row[key] for row in rows}) == sorted(row[key] for row in rows), "somebody is listed twice"
    return {row[key]: row for row in rows}


def write_csv(path: Path, header: str, *rows: tuple[object, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def points(cell: str) -> Fraction | None:
    return Fraction(cell) if cell else None


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder of results, without its lock."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock"
    }


class Folder:
    """A folder of results on the disk, and what it must hold."""

    def __init__(self, out: Path, works: Mapping[str, Work], rubrics: Mapping[str, str]) -> None:
        self.out, self.known, self.rubrics = out, works, rubrics
        self.held = Results()
        self.strangers: set[str] = set()
        self.is_dirty = False
        """A command was cut off, and no other one has completed yet what it left."""

    def do(
        self, after: Results, *arguments: object, begun: Results | None = None, refused: str = "", cut: tuple[int, str] | None = None
    ) -> Ended | None:
        """Run a command that makes another state of this one, or that is `refused` with such a sentence; check all that is there then.

        It may be `cut` off: then the state may also be the one before, or the one in which the submissions are `begun`.
        """
        before = files_in(self.out)
        completed = files_in(self._copy) if self.is_dirty and self._copy.is_dir() else before
        ended, was_cut = None, False
        with cut_off(self.out, *(cut or (10**9, "before"))) as is_over:
            with suppress(Killed):
                ended = command(*arguments)
            was_cut = is_over()
        if ended is not None and was_cut:
            assert (ended.exit_code, "No space left on device" in ended.stderr) == (2, True), ended.output
            assert str(self.out) in ended.stderr
            assert drafts(files_in(self.out)) <= drafts(before), "a full disk leaves drafts"
        self.is_dirty |= was_cut
        if was_cut:
            self._settle(self.held if refused else after, begun, before, completed)
        elif refused:
            assert ended is not None
            assert ended.exit_code == 2, ended.output
            assert refused in ended.stderr
            assert self.is_dirty or files_in(self.out) == before, "a refused command changed something"
        else:
            assert ended is not None
            assert ended.exit_code == 0, ended.output
            self.held, self.is_dirty = after, False
            assert drafts(files_in(self.out)) <= drafts(before)
            self.check(self.out)
        return ended

    @property
    def _copy(self) -> Path:
        """Where a copy lies in which the next command has completed what one that was cut off had begun."""
        return self.out.with_name(f"copy-of-{self.out.name}")

    def _settle(self, after: Results, begun: Results | None, files: Mapping[str, bytes], completed: Mapping[str, bytes]) -> None:
        """Find out how far a command came that was cut off, by what the next one makes of a copy, and check that.

        `files` are those before it. If these were left by another one that was cut off, it first made `completed` of them.
        """
        copy = self._copy
        shutil.rmtree(copy, ignore_errors=True)
        if not (self.out / ".index.json").exists():
            assert not self.held.entries
            return
        shutil.copytree(self.out, copy)
        export(copy, "--to", "csv", "--into", copy.with_name("t.csv"), "--partial", "--provisional")
        kept = tuple(sorted(read_csv(copy / ".course" / "roster.csv", "id"))) if (copy / ".course" / "roster.csv").exists() else ()
        rosters = {tuple(sorted(person.id for person in held.roster)): held.roster for held in (after, self.held)}
        assert kept in rosters
        found = [held.decisions for held in (after, self.held) if self._holds_decisions(copy, held)]
        assert found, "the log holds neither the decisions before nor those after"
        before = replace(self.held, decisions=found[0], roster=rosters[kept])
        self.held = settled(before, after, begun or after, self._seen(copy))
        for name in self.held.named("pending"):
            path = f"{name}/report.json"
            now = files_in(self.out).get(path)
            assert now in (files.get(path), completed.get(path)), f"{name} was finished, and does not count"
        self.check(copy)

    # ---- what is there --------------------------------------------------------

    def _seen(self, out: Path) -> dict[str, Any]:
        """Return what a folder that is settled says of each submission (see `settled`)."""
        index = json.loads((out / ".index.json").read_text())
        assert (index["stale"], index["forgetting"]) == (False, [])
        seen: dict[str, Any] = {}
        for name, entry in index["submissions"].items():
            assert entry["before"] is None
            if entry["gone"] or entry["pending"]:
                seen[name] = "gone" if entry["gone"] else f"pending by {entry['pending'].partition(' ')[0]}"
                continue
            seen[name] = self._result(report(out, name)) if (out / name / "report.json").exists() else "lost"
            assert seen[name] == "lost" or (entry["sha256"], entry["status"]) == (seen[name].work.sha256, report(out, name)["status"])
        return seen

    def _result(self, found: dict[str, Any]) -> Result:
        kind = next((kind for kind, file in UNUSABLE.items() if file in " ".join(found["notes"])), "")
        sha256 = found["provenance"]["submission_sha256"]
        return Result(Work(kind, sha256) if kind else self.known[sha256], self.rubrics[found["provenance"]["rubric_sha256"]])

    def _holds_decisions(self, out: Path, held: Results) -> bool:
        ended = command("decisions", out, "--json")
        assert ended.exit_code == 0, ended.output
        state: dict[str, dict[Any, Any]] = {"points": {}, "unusable": {}, "missing": {}, "times": {}, "extensions": {}}
        per_day = ""
        for entry in filter(None, json.loads(ended.stdout)):
            if entry["kind"] == "points":
                state["points"][entry["id"], entry["criterion"]] = entry["points"], entry["reason"]
            elif entry["kind"] == "points of an unusable submission":
                kind = next(kind for kind, file in UNUSABLE.items() if file in entry["reason"])
                state["unusable"][entry["id"]] = entry["points"], kind
            elif entry["kind"] == "points of who handed in nothing":
                state["missing"][entry["id"]] = entry["points"]
            elif entry["kind"] == "late policy":
                per_day = entry["policy"]["per_day"]
            else:
                kind, key = ("extensions", "until") if entry["kind"] == "extension" else ("times", "at_moment")
                state[kind][entry["id"]] = int(entry[key][8:10]) if entry[key].startswith("2026-12") else 0
        wanted = held.decisions
        return (state, per_day) == ({kind: dict(getattr(wanted, kind)) for kind in state}, wanted.per_day)

    def check(self, out: Path) -> None:
        """Check that all that is there says the same, and says what is expected."""
        held, table = self.held, out.with_name("t.csv")
        ended = export(out, "--to", "csv", "--into", table, "--partial", "--provisional")
        assert ended.exit_code == (0 if held.counting else 2), ended.output
        for what, sentence in (
            ("pending", "a run did not finish"),
            ("gone", "no longer among what came in"),
            ("lost", "their reports are gone"),
        ):
            line = next((line for line in ended.stderr.splitlines() if sentence in line), "")
            assert [name for name in NAMES if name in line] == held.named(what)
        assert [name for name in sorted(self.strangers) if f"{name}/report.json" in ended.stderr] == sorted(self.strangers)
        if held.counting:
            self.check_table(held.exported(held.roster), table)
        assert self._seen(out) == {name: looks(entry) for name, entry in held.entries.items()}
        rows = {
            name: (row["status"], points(row["score"]), points(row["automatic"]))
            for name, row in read_csv(out / "grades.csv", "submission").items()
        }
        assert rows == {name: (row.status, row.score, row.automatic) for name, row in held.grades().items()}
        for name in held.counting:
            self._check_report(out, name, held.row(name))
        assert self._holds_decisions(out, held)
        if held.named("pending"):
            assert "say --partial" in export(out, "--to", "csv", "--into", table, "--provisional").stderr

    def check_table(self, expected: Mapping[str, tuple[str, Row]], table: Path) -> None:
        found = {
            name: (row["submission"], row["status"], points(row["score"]), points(row["automatic"]))
            for name, row in read_csv(table, "id").items()
        }
        assert found == {name: (of, row.status, row.score, row.automatic) for name, (of, row) in expected.items()}

    def _check_report(self, out: Path, name: str, row: Row) -> None:
        found = report(out, name)
        counted = found.get("final") or found
        assert (counted["score"], found["score"]) == (row.score, row.automatic)
        assert bool(counted.get("waiting")) == row.waits
        headline = (out / name / "report.md").read_text("utf-8").splitlines()[2]
        assert row.score is None or f"{float(row.score):g}**" in headline


def export(out: Path, *options: object) -> Ended:
    """Export into a file that was not there before."""
    into = Path(str(options[options.index("--into") + 1]))
    shutil.rmtree(into) if into.is_dir() else into.unlink(missing_ok=True)
    ended = command("export", out, *options)
    assert ended.exit_code in (0, 2), ended.output
    assert into.exists() == (ended.exit_code == 0)
    return ended


def drafts(files: Mapping[str, bytes]) -> set[str]:
    return {name for name in files if name.endswith(".draft")}


# ---- what exports hold --------------------------------------------------------


def check_junit(into: Folder, expected: Mapping[str, tuple[str, Row]], file: Path) -> None:
    suites = {}
    for suite in ElementTree.parse(file).getroot():
        found = {each.get("name"): each.get("value") for each in suite.iter("property")}
        assert suite.get("name") not in suites, "somebody is listed twice"
        suites[suite.get("name")] = points(found.get("score", ""))
    assert suites == {of or name: row.score for name, (of, row) in expected.items()}


def check_gradescope(into: Folder, expected: Mapping[str, tuple[str, Row]], folder: Path) -> None:
    found = {path.stem: json.loads(path.read_text()).get("score") for path in folder.iterdir()}
    assert found == {of: row.score for of, row in expected.values() if row.status in ("graded", "unusable")}


def check_moodle(into: Folder, expected: Mapping[str, tuple[str, Row]], file: Path) -> None:
    ids = (*NAMES, "mianna", "noakes")
    found = {ids[int(number)]: points(row["Grade"]) for number, row in read_moodle(file.read_bytes()).items()}
    wanted = {}
    for name, (of, row) in expected.items():
        result = into.held.entries[of].result if of and row.score is not None else None
        wanted[name] = row.score * 100 / RUBRICS[result.rubric].most if result and row.score is not None else row.score
    for name in ids:
        score = wanted.get(name)
        assert found[name] == (None if score is None else ((score * 100 + Fraction(1, 2)) // 1) / Fraction(100)), name


CHECKS: dict[str, Callable[..., None]] = {
    "csv": lambda into, expected, file: into.check_table(expected, file),
    "junit": check_junit,
    "gradescope": check_gradescope,
    "moodle": check_moodle,
}
