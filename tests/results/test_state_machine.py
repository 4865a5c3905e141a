"""Random sequences of commands, of changes to what was handed in and of kills: a folder of results never contradicts itself.

After each step the tables, the reports, the log of decisions and the index are compared with what `expected_course` works out.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from conftest import report
from cut_off import WAYS, Killed, cut_off
from expected_course import NAMES, ROSTERS, UNUSABLE, Result, Results, Trace, Work
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from results_folder import CHECKS, Folder, export, files_in, write_csv
from small_kit import RUBRICS, SOURCES, command, in_this_process, write_rubric

names = st.sampled_from(NAMES)
cuts = st.none() | st.tuples(st.integers(0, 12) | st.integers(0, 40), st.sampled_from(WAYS))
"""After how many changes of the folder a command ends, and how; or not at all."""
LENGTH = 50
"""Steps in one course."""
folders = st.sampled_from(("out", "out", "out", "compared"))


def step(**drawn: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Return a decorator for a rule that is counted."""

    def decorated(function: Callable[..., None]) -> Any:
        @wraps(function)
        def counted(course: "Course", *given: Any, **named: Any) -> None:
            Course.steps += 1
            function(course, *given, **named)

        return rule(**drawn)(counted)

    return decorated


class Course(RuleBasedStateMachine):
    """A course in a folder of its own: what was handed in, a kit, and two folders of results."""

    home: Path
    """Where courses are made."""
    kit: Path
    rubrics: Mapping[str, str]
    """The names of the rubrics by their hashes, as reports tell them."""
    steps = 0
    """How many steps were taken in all courses."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = self.home / "course"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.works: dict[str, Work] = {}
        self.contents: dict[str, Work] = {}
        self.collected: dict[str, list[Trace | None]] = {}
        """By submission what its trace may be, in the folder of `collect`; None where a run that was cut off began it."""
        self.submissions = self.folder / "in"
        self.submissions.mkdir(parents=True)
        self.folders = {name: Folder(self.folder / name, self.contents, self.rubrics) for name in ("out", "compared")}
        self.rubric = "first"
        write_rubric(self.kit, RUBRICS["first"])
        for name, people in ROSTERS.items():
            write_csv(self.folder / f"{name}.csv", "id,name,group", *((person.id, person.name, person.group) for person in people))
        for name, kind in {"amara": "right", "bruno": "half", "chloe": "essay", "duo-team": "half"}.items():
            self._put(name, kind, 0)

    def _put(self, name: str, kind: str, version: int) -> None:
        folder = self.submissions / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if kind in UNUSABLE:
            (folder / UNUSABLE[kind]).write_text("What I think.")
            self.works[name] = Work(kind, hashlib.sha256(b"").hexdigest())
            return
        source = f"{SOURCES[kind]}# version {version}\n".encode()
        (folder / "autodiff.py").write_bytes(source)
        self.works[name] = Work(kind, hashlib.sha256(source).hexdigest())
        self.contents[self.works[name].sha256] = self.works[name]

    def _folder(self, name: str) -> Folder:
        """Return one of the two folders, but the other one while there is nothing in it."""
        return self.folders[name] if self.folders[name].held.entries else self.folders["out"]

    def _is_begun(self) -> bool:
        return bool(self.folders["out"].held.entries)

    # ---- what is handed in ----------------------------------------------------

    @step(name=names, kind=st.sampled_from((*SOURCES, *UNUSABLE)), version=st.integers(0, 1), then=st.booleans())
    def hand_in(self, name: str, kind: str, version: int, then: bool) -> None:
        self._put(name, kind, version)
        if then:
            self.cohort("out", None, None)

    @precondition(lambda self: self.works)
    @step(which=st.integers(0, 5), new=st.none() | names, then=st.booleans())
    def delete_or_rename(self, which: int, new: str | None, then: bool) -> None:
        name = sorted(self.works)[which % len(self.works)]
        if new is None or new in self.works:
            shutil.rmtree(self.submissions / name)
            del self.works[name]
        else:
            (self.submissions / name).rename(self.submissions / new)
            self.works[new] = self.works.pop(name)
        if then:
            self.cohort("out", None, None)

    @step(name=st.sampled_from(tuple(RUBRICS)))
    def edit_rubric(self, name: str) -> None:
        self.rubric = name
        write_rubric(self.kit, RUBRICS[name])

    # ---- runs -----------------------------------------------------------------

    @initialize(roster=st.sampled_from((None, "full", "full")))
    def first(self, roster: str | None) -> None:
        self.cohort("out", roster, None)

    @step(which=folders, roster=st.sampled_from((None, "full", "short")), cut=cuts)
    def cohort(self, which: str, roster: str | None, cut: Any) -> None:
        into = self._folder(which)
        call = ["cohort", self.submissions, "--out", into.out, "--kit", self.kit]
        if not self.works:
            into.do(into.held, *call, refused="there is nothing to grade")
            return
        held = into.held
        after = held.graded("cohort", self.works, self.rubric, "works")
        if roster:
            after = replace(after, roster=ROSTERS[roster])
            call += ["--roster", self.folder / f"{roster}.csv"]
        ended = into.do(after, *call, begun=held.begun("cohort", self.works, "works"), cut=cut)
        if ended is not None and ended.exit_code == 0 and after.roster:
            strangers = sorted(set(self.works) - set(after.whose(after.roster).values()))
            line = next((line for line in ended.stderr.splitlines() if "not on the roster: " in line), "")
            assert [name for name in NAMES if name in line] == strangers or len(strangers) == len(self.works)

    @precondition(lambda self: self.works)
    @step(which=folders, chosen=st.sets(names, min_size=1, max_size=2), cut=cuts)
    def grade(self, which: str, chosen: set[str], cut: Any) -> None:
        into, works = self._folder(which), self._chosen(chosen)
        paths = [self.submissions / name for name in works]
        after, begun = into.held.graded("grade", works, self.rubric), into.held.begun("grade", works, None)
        into.do(after, "grade", *paths, "--out", into.out, "--kit", self.kit, begun=begun, cut=cut)

    def _chosen(self, chosen: set[str]) -> dict[str, Work]:
        found = {name: work for name, work in self.works.items() if name in chosen}
        return found or dict([min(self.works.items())])

    @precondition(_is_begun)
    @step(which=folders, verb=st.sampled_from(("compare", "regrade", "regrade --dry-run", "elsewhere")), cut=cuts)
    def compare(self, which: str, verb: str, cut: Any) -> None:
        into = self._folder(which)
        if verb == "elsewhere":
            self._compare_elsewhere(into)
            return
        found, graph = into.held.comparable, RUBRICS[self.rubric].graph
        call = ["compare", into.out, "--out", into.out] if verb == "compare" else [*verb.split(), into.out]
        after = into.held if "--dry-run" in verb else into.held.compared(self.rubric)
        refused = "" if found else "holds no traces"
        if any(trace.graph != graph for trace in found.values()):
            refused = "questions"
        into.do(after, *call, "--kit", self.kit, begun=into.held.begun("compare", found, None), refused=refused, cut=cut)

    def _compare_elsewhere(self, into: Folder) -> None:
        """Compare into a folder of its own, which is looked at and given up."""
        found, graph = into.held.comparable, RUBRICS[self.rubric].graph
        elsewhere = Folder(self.folder / "elsewhere", self.contents, self.rubrics)
        shutil.rmtree(elsewhere.out, ignore_errors=True)
        pending = {name for name in into.held.named("pending") if name not in found}
        lacking = {name for name, entry in into.held.entries.items() if not entry.gone and not entry.trace} | pending
        held = Results(decisions=into.held.decisions, roster=into.held.roster).begun("compare", [*found, *lacking], "out")
        after = held.done({name: (Result(trace.work, self.rubric), None) for name, trace in found.items()})
        refused = "" if found else "holds no traces"
        if any(trace.graph != graph for trace in found.values()):
            refused = "questions"
        before = files_in(into.out)
        elsewhere.do(after, "compare", into.out, "--out", elsewhere.out, "--kit", self.kit, refused=refused)
        assert into.is_dirty or files_in(into.out) == before
        into.is_dirty = False

    @precondition(lambda self: self.works)
    @step(chosen=st.sets(names, min_size=1, max_size=3), collect=cuts, compare=cuts)
    def collect_and_compare(self, chosen: set[str], collect: Any, compare: Any) -> None:
        works, graph, traces = self._chosen(chosen), RUBRICS[self.rubric].graph, self.folder / "traces"
        paths = [self.submissions / name for name in works]
        with cut_off(traces, *(collect or (10**9, "before"))) as is_over:
            try:
                ended = command("collect", *paths, "--out", traces, "--kit", self.kit)
                assert ended.exit_code == (2 if is_over() else 0), ended.output
            except Killed:
                pass
            for name, work in works.items():
                self.collected[name] = [Trace(work, graph), *([None, *self.collected.get(name, [])] if is_over() else [])]
        self._compare_collected(traces, compare)

    def _compare_collected(self, traces: Path, cut: Any) -> None:
        into, graph = self.folders["compared"], RUBRICS[self.rubric].graph
        if not (traces / ".index.json").exists():
            return
        index = self._settled_traces(traces)
        self.collected = {name: self._as_found(name, traces, entry) for name, entry in index.items()}
        found = {name: trace[0] for name, trace in self.collected.items() if trace[0]}
        begun = into.held.begun("compare", self.collected, "traces")
        entries = {name: replace(entry, trace=None) if name in self.collected else entry for name, entry in begun.entries.items()}
        begun = replace(begun, entries=entries)
        refused = "" if found else "holds no traces"
        if any(trace.graph != graph for trace in found.values()):
            refused = "questions"
        after = begun.done({name: (Result(trace.work, self.rubric), None) for name, trace in found.items()})
        into.do(after, "compare", traces, "--out", into.out, "--kit", self.kit, begun=begun, refused=refused, cut=cut)

    def _settled_traces(self, traces: Path) -> dict[str, Any]:
        """Return the index of the collected traces, after what was cut off is completed by a command that is refused afterwards."""
        command("compare", traces, "--out", self.folder / "nowhere", "--kit", self.kit, "--step", "no-such-step")
        shutil.rmtree(self.folder / "nowhere", ignore_errors=True)
        found = json.loads((traces / ".index.json").read_text())
        assert (found["stale"], found["forgetting"]) == (False, [])
        return dict(found["submissions"])

    def _as_found(self, name: str, traces: Path, entry: Mapping[str, Any]) -> list[Trace | None]:
        allowed = self.collected.get(name, [])
        if entry["pending"]:
            assert None in allowed
            return [None]
        sha256 = json.loads((traces / f"{name}.json").read_text())["submission_sha256"]
        assert sha256 == entry["sha256"]
        return [next(trace for trace in allowed if trace and trace.work.sha256 == sha256)]

    # ---- decisions ------------------------------------------------------------

    @precondition(_is_begun)
    @step(
        which=folders, chosen=st.sets(names, min_size=1, max_size=2), cut=cuts, given=st.sampled_from(("0", "7", "15", "40")),
        criterion=st.sampled_from(("style", "style", "values", "chain_rule", "unusable")),
    )  # fmt: skip
    def points(self, which: str, chosen: set[str], criterion: str, given: str, cut: Any) -> None:
        into = self._folder(which)
        rows = [(name, criterion, given, "as agreed") for name in sorted(chosen)]
        table = write_csv(self.folder / "points.csv", "id,criterion,points,reason", *rows)
        decisions, refused = into.held.decisions, ""
        for name in chosen:
            entry = into.held.counting.get(name)
            result = entry.result if entry else None
            if result is None or result.work.is_unusable != (criterion == "unusable"):
                refused = "points.csv"
            elif criterion == "unusable":
                decisions = replace(decisions, unusable={**decisions.unusable, name: (given, result.work.kind)})
            elif int(given) > RUBRICS[result.rubric].points.get(criterion, -1):
                refused = "points.csv"
            else:
                decisions = replace(decisions, points={**decisions.points, (name, criterion): (given, "as agreed")})
        into.do(replace(into.held, decisions=decisions), "points", into.out, table, "--by", "ann", refused=refused, cut=cut)

    @precondition(_is_begun)
    @step(which=folders, given=st.sampled_from(("0", "5", "automatic")), cut=cuts)
    def points_for_the_unusable(self, which: str, given: str, cut: Any) -> None:
        into = self._folder(which)
        decisions = into.held.decisions
        for name, entry in into.held.counting.items():
            if not (entry.result and entry.result.work.is_unusable):
                continue
            if name in decisions.unusable if given == "automatic" else into.held.row(name).score is None:
                decisions = replace(decisions, unusable={**decisions.unusable, name: (given, entry.result.work.kind)})
        into.do(replace(into.held, decisions=decisions), "points", into.out, "--unusable", given, "--by", "ann", cut=cut)

    @precondition(_is_begun)
    @step(which=folders, given=st.sampled_from(("0", "automatic")), cut=cuts)
    def points_for_who_handed_in_nothing(self, which: str, given: str, cut: Any) -> None:
        into = self._folder(which)
        decisions, whose = into.held.decisions, into.held.whose(into.held.roster)
        absent = [person.id for person in into.held.roster if person.id not in whose]
        decided = [name for name in absent if decisions.missing.get(name, "automatic") != "automatic"]
        absent = [name for name in absent if (name in decisions.missing if given == "automatic" else name not in decided)]
        decisions = replace(decisions, missing={**decisions.missing, **dict.fromkeys(absent, given)})
        refused = "" if into.held.roster else "keeps no roster"
        call = ("points", into.out, "--missing", given, "--by", "ann")
        into.do(replace(into.held, decisions=decisions), *call, refused=refused, cut=cut)

    @precondition(_is_begun)
    @step(
        which=folders, kind=st.sampled_from(("policy", "times", "extensions")), days=st.integers(1, 4), cut=cuts,
        who=st.sampled_from((*NAMES, "mianna", "noakes")),
    )  # fmt: skip
    def late(self, which: str, kind: str, who: str, days: int, cut: Any) -> None:
        into, file = self._folder(which), self.folder / f"{kind}.csv"
        decisions, refused = into.held.decisions, ""
        if kind == "policy":
            per_day = ("10%", "5", "none", "2")[days - 1]
            file = self.folder / "policy.yaml"
            file.write_text(f"due: 2026-11-30T12:00+00:00\nper_day: {per_day}\n")
            decisions = replace(decisions, per_day=per_day)
        elif who not in {*into.held.counting, *(person.id for person in into.held.roster)}:
            refused = "no such id on the roster"
        if kind == "times":
            write_csv(file, "id,handed_in", (who, f"2026-12-0{days}T01:00+00:00"))
            decisions = replace(decisions, times={**decisions.times, who: days})
        elif kind == "extensions":
            write_csv(file, "id,until,reason", (who, f"2026-12-0{days}T06:00+00:00", "ill"))
            decisions = replace(decisions, extensions={**decisions.extensions, who: days})
        into.do(replace(into.held, decisions=decisions), "late", into.out, f"--{kind}", file, "--by", "ann", refused=refused, cut=cut)

    @precondition(_is_begun)
    @step(which=folders, name=st.sampled_from((*NAMES, "mianna")), cut=cuts)
    def forget(self, which: str, name: str, cut: Any) -> None:
        into = self._folder(which)
        if name not in {*into.held.entries, *(person.id for person in into.held.roster)}:
            return
        ended = into.do(into.held.forgotten({name}), "forget", into.out, name, cut=cut)
        if ended is not None and ended.exit_code == 0 and name not in {person.group for person in into.held.roster}:
            assert [path for path, content in files_in(into.out).items() if name in path or name.encode() in content] == []

    # ---- what else may happen to a folder -------------------------------------

    @precondition(_is_begun)
    @step(which=folders, name=names, how=st.sampled_from(("lost", "copied")))
    def tamper(self, which: str, name: str, how: str) -> None:
        """Delete a report, or copy it into a folder of another name."""
        into = self._folder(which)
        if name not in into.held.counting or into.is_dirty:
            return
        if how == "lost":
            (into.out / name / "report.json").unlink()
            entry = replace(into.held.entries[name], lost=True)
            into.held = replace(into.held, entries={**into.held.entries, name: entry})
            self.points_for_the_unusable(which, "automatic", None)  # which writes grades.csv again
        else:
            (into.out / "stranger").mkdir(exist_ok=True)
            found = report(into.out, name) | {"submission": "stranger"}
            (into.out / "stranger" / "report.json").write_text(json.dumps(found))
            into.strangers = {"stranger"}
            into.check(into.out)

    # ---- exports and what is refused ------------------------------------------

    @precondition(_is_begun)
    @step(
        which=folders, to=st.sampled_from(("csv", "junit", "gradescope", "moodle")), roster=st.sampled_from((None, "full", "short")),
        allowed=st.sets(st.sampled_from(("--partial", "--provisional"))),
    )  # fmt: skip
    def export(self, which: str, to: str, roster: str | None, allowed: set[str]) -> None:
        into = self._folder(which)
        held, file, template = into.held, self.folder / "exported", self.folder / "moodle.csv"
        people = ROSTERS[roster] if roster else held.roster
        header = "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments"
        ids = (*NAMES, "mianna", "noakes")
        lines = [(f"Participant {n}", f"Number {n}", name, "Submitted", "", "100.00", "Yes", "-", "") for n, name in enumerate(ids)]
        call = ["--to", to, "--into", file, *sorted(allowed), *(["--roster", self.folder / f"{roster}.csv"] if roster else [])]
        if to == "moodle":
            call += ["--template", write_csv(template, header, *lines), "--scale", "--feedback"]
        waits = any(row.waits for _, row in held.exported(people).values())
        is_refused = (
            not held.counting or (held.named("pending") and "--partial" not in allowed) or (waits and "--provisional" not in allowed)
        )
        ended = export(into.out, *call)
        assert ended.exit_code == (2 if is_refused else 0), ended.output
        into.is_dirty = False
        into.check(into.out)
        if ended.exit_code == 0:
            CHECKS[to](into, held.exported(people), file)

    @precondition(lambda self: self.works)
    @step(call=st.sampled_from(("a part", "in/results", ".", "export", "points", "decisions", "forget", "compare")), name=names)
    def refused(self, call: str, name: str) -> None:
        """Call what is refused whatever was done before, and changes nothing."""
        before, into, empty = files_in(self.folder), self.folders["out"], self.folder / "empty"
        empty.mkdir(exist_ok=True)
        whole = [n for n, e in into.held.entries.items() if n in self.works and e.result and not e.result.work.is_unusable]
        if call == "a part" and whole:
            name = name if name in whole else min(whole)
            part = ("grade", self.submissions / name, "--out", into.out, "--step", "forward", "--kit", self.kit)
            into.do(into.held, *part, refused="holds the whole results of")
        elif call in ("in/results", "."):
            ended = command("cohort", self.submissions, "--out", self.folder / call, "--kit", self.kit)
            assert (ended.exit_code, "lie in each other" in ended.stderr) == (2, True)
        elif call != "a part":
            more = {
                "export": ("--to", "csv", "--into", empty / "t.csv"), "points": ("--unusable", "0"), "forget": ("amara",),
                "compare": ("--out", empty, "--kit", self.kit), "decisions": (),
            }[call]  # fmt: skip
            ended = command(call, empty, *more)
            assert (ended.exit_code, "holds no" in ended.stderr) == (2, True), ended.output
            assert list(empty.iterdir()) == []
        assert into.is_dirty or files_in(self.folder) == before

    def teardown(self) -> None:
        """Complete what was cut off last, and look at all once more."""
        for into in self.folders.values():
            if into.held.entries:
                into.check(into.out)


@pytest.fixture
def courses(kit: Path, tmp_path: Path) -> Iterator[type[Course]]:
    """The machine, with a kit of three cases, in which each rubric was used once."""
    with in_this_process(tmp_path / "cache"):
        (tmp_path / "one.py").write_text("x = 1\n")
        Course.home, Course.kit, found = tmp_path, kit, {}
        for name, rubric in RUBRICS.items():
            write_rubric(kit, rubric)
            assert command("grade", tmp_path / "one.py", "--out", tmp_path / name, "--kit", kit).exit_code == 0
            found[report(tmp_path / name, "one")["provenance"]["rubric_sha256"]] = name
        Course.rubrics, Course.steps = found, 0
        assert len(found) == len(RUBRICS)
        yield Course


@pytest.mark.slow
def test_whatever_happens_in_whatever_order_nothing_contradicts_itself(courses: type[Course]) -> None:
    """The first course that Hypothesis makes is the simplest: it calls one and the same rule again and again."""
    run_state_machine_as_test(
        courses,
        settings=settings(
            max_examples=60, stateful_step_count=LENGTH, derandomize=True, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), print_blob=False,
        ),
    )  # fmt: skip
    assert Course.steps - LENGTH >= 2000
