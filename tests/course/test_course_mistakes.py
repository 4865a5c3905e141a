"""Mistakes that instructors make when they run a course: each ends in a sentence, and none in a zero or in something that is lost."""

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, Run, report
from intake_course import Course, git, program, tarred, zipped

__all__ = ["course"]
STEP = ("--step", "topological-order", "--sandbox", "core")


@pytest.fixture
def course(run: Run, tmp_path: Path) -> Course:
    return Course(run, tmp_path)


# ---- 4: a ref or a deadline that nobody has -----------------------------------


@pytest.fixture
def clones(course: Course) -> Path:
    """Clones of two students; ann has a branch that bob has not, and a commit that is earlier than his."""
    pytest.importorskip("dulwich", reason="the extra [git] is not installed")
    for name, at in (("ann", "2026-11-01T12:00:00+00:00"), ("bob", "2026-11-09T12:00:00+00:00")):
        folder = course.put(f"in/{name}/autodiff.py", program("a")).parent
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "first", at=at)
    git(course.folder / "in" / "ann", "branch", "final")
    return course.folder / "in"


NOBODY = {
    "a ref with a typing mistake": (("--ref", "mian"), "no repository in {folder} has a branch, tag or commit called 'mian'"),
    "a deadline that is too early": (("--before", "2020-01-01"), "no repository in {folder} has a commit before 2020-01-01"),
    "both": (("--ref", "main", "--before", "2020-01-01"), "no repository in {folder} has a commit before 2020-01-01"),
}


@pytest.mark.parametrize("name", NOBODY)
def test_a_ref_or_a_deadline_that_nobody_has_is_a_mistake_in_the_call_and_no_zeros(name: str, clones: Path, course: Course) -> None:
    options, sentence = NOBODY[name]
    told = course.grade(clones, *options, status=2).stderr
    assert sentence.format(folder=clones) in told
    assert not course.out.exists()


@pytest.mark.slow
@pytest.mark.parametrize(("options", "what"), [(("--ref", "final"), "--ref final"), (("--before", "2026-11-05"), "--before 2026-11-05")])
def test_who_has_not_what_others_have_is_listed(options: tuple[str, ...], what: str, clones: Path, course: Course) -> None:
    told = course.grade(clones, *options).stderr
    assert f"grader: nothing to grade at {what}: bob\n" in told
    assert course.graded["ann"] == "a"
    assert course.graded["bob"] != "a"


def test_a_folder_beside_clones_that_lack_the_ref_does_not_hide_it(clones: Path, course: Course) -> None:
    course.put("in/cid/autodiff.py", program("b"))
    assert "called 'mian'" in course.grade(clones, "--ref", "mian", status=2).stderr


# ---- 9: a folder or a gradebook that holds nothing ----------------------------


@pytest.mark.slow
def test_an_empty_folder_has_no_decisions_and_nothing_to_carry(course: Course, run: Run) -> None:
    empty = course.folder / "empty"
    empty.mkdir()
    for options in ((), ("--json",)):
        assert f"{empty} holds no results" in run("decisions", empty, *options, status=2).stderr
    course.put("in/ann/autodiff.py", program("a"))
    told = course.grade(course.folder / "in", "--decisions-from", empty, status=2).stderr
    assert f"{empty} holds no results" in told
    assert not course.out.exists()
    course.grade(course.folder / "in")
    assert "0 decision(s)" in run("decisions", course.out).stdout
    second = Course(run, course.folder)
    second.out = course.folder / "second"
    second.grade(course.folder / "in", "--decisions-from", course.out)
    assert second.graded == {"ann": "a"}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_gradebook_that_is_not_there_is_not_made_by_import(form: str, course: Course, run: Run) -> None:
    course.put("in/ann/autodiff.py", program("a"))
    course.grade(course.folder / "in")
    db = course.folder / "typo.db"
    told = run("import", course.out, "--from", "nbgrader", "--db", form.format(db), status=2).stderr
    assert f"{db} does not exist" in told
    assert not db.exists()


# ---- 11: lateness of who has not handed in yet --------------------------------

POLICY = "due: 2026-11-30T23:59+01:00\nper_day: 10\n"
ROSTER = "id,name,email\ns1,Ann,ann@x\ns2,Emil,emil@x\ns3,Kim,kim@x\n"


def late(course: Course, status: int = 0, **files: str) -> Any:
    options = []
    for name, text in files.items():
        suffix = "yaml" if name == "policy" else "csv"
        options += [f"--{name}", course.put(f"{name}.{suffix}", text.encode())]
    return course.run("late", course.out, *options, "--by", "ann", status=status)


def score(course: Course, name: str) -> float:
    found = report(course.out, name)
    return float((found.get("final") or found)["score"])


@pytest.mark.slow
def test_an_extension_and_a_time_wait_for_who_is_on_the_roster(course: Course) -> None:
    course.put("in/s1/autodiff.py", REFERENCE.encode())
    course.grade(course.folder / "in", "--roster", course.put("r.csv", ROSTER.encode()))
    said = late(
        course,
        policy=POLICY,
        extensions="id,until,reason\ns2,2026-12-03T12:00+01:00,ill\n",
        times="id,handed_in\ns2,2026-12-02T12:00+01:00\ns3,2026-12-02T12:00+01:00\n",
    )
    assert "4 decision(s) added" in said.stdout
    for name in ("s2", "s3"):
        course.put(f"in/{name}/autodiff.py", REFERENCE.encode())
    course.grade(course.folder / "in")
    assert [score(course, name) for name in ("s1", "s2", "s3")] == [30, 30, 10]
    assert "0 decision(s) added" in late(course, extensions="id,until,reason\ns2,2026-12-03T12:00+01:00,ill\n").stdout


@pytest.mark.slow
def test_work_under_another_name_than_the_rosters_id_has_the_extension_too(course: Course) -> None:
    """The roster knows Emil as s2, the platform as his e-mail; he handed in together with Kim, who has no extension."""
    course.put("in/ann@x/autodiff.py", REFERENCE.encode())
    course.grade(course.folder / "in", "--roster", course.put("r.csv", ROSTER.encode()))
    times = "id,handed_in\ns1,2026-12-01T12:00+01:00\ns2,2026-12-01T12:00+01:00\n"
    late(course, policy=POLICY, extensions="id,until,reason\ns2,2026-12-03T12:00+01:00,ill\n", times=times)
    course.put("in/emil@x/autodiff.py", REFERENCE.encode())
    course.grade(course.folder / "in")
    assert [score(course, name) for name in ("ann@x", "emil@x")] == [20, 30]
    assert late(course, times=times).stderr == ""  # everybody's time is known
    course.run("forget", course.out, "emil@x")
    left = [path for path in course.out.rglob("*") if path.is_file() and (b'"s2"' in path.read_bytes() or b"emil" in path.read_bytes())]
    assert left == []


@pytest.mark.slow
def test_to_forget_one_of_a_pair_takes_back_the_extension_that_was_theirs(course: Course) -> None:
    """What the extension was for is forgotten with the student, so report, table and log agree at once."""
    course.put("in/team-1/autodiff.py", REFERENCE.encode())
    roster = "id,name,email,groups\ns1,Ann,ann@x,team-1\ns2,Emil,emil@x,team-1\n"
    course.grade(course.folder / "in", "--roster", course.put("r.csv", roster.encode()))
    times = "id,handed_in\nteam-1,2026-12-01T12:00+01:00\n"
    late(course, policy=POLICY, extensions="id,until,reason\ns2,2026-12-03T12:00+01:00,ill\n", times=times)
    assert score(course, "team-1") == 30
    course.run("forget", course.out, "s2")
    assert score(course, "team-1") == 20
    assert ",20" in next(line for line in (course.out / "grades.csv").read_text().splitlines() if line.startswith("team-1"))


@pytest.mark.slow
def test_all_names_that_nobody_knows_are_listed_and_nothing_is_taken(course: Course) -> None:
    course.put("in/s1/autodiff.py", program("a"))
    course.grade(course.folder / "in", "--roster", course.put("r.csv", ROSTER.encode()))
    told = late(
        course, status=2, extensions="id,until,reason\ns2,2026-12-03T12:00Z,ill\neve,2026-12-03T12:00Z,x\nmal,2026-12-03T12:00Z,x\n"
    )
    for place, name in ((3, "eve"), (4, "mal")):
        assert f"extensions.csv:{place}: there is no report on {name!r}, and no such id on the roster" in told.stderr
    assert "s2" not in told.stderr
    assert "0 decision(s)" in course.run("decisions", course.out).stdout


# ---- 13: who is not on the roster ---------------------------------------------


@pytest.mark.slow
def test_a_cohort_says_who_is_not_on_the_roster(course: Course) -> None:
    for name in ("s1", "guest", "emil@x", "s4"):
        course.put(f"in/{name}/autodiff.py", program("a"))
    sentence = "grader: not on the roster: guest, s4\n"
    assert sentence in course.grade(course.folder / "in", "--roster", course.put("r.csv", ROSTER.encode())).stderr
    assert sentence in course.grade(course.folder / "in").stderr  # of the roster that an earlier run kept
    other = course.grade(course.folder / "in", "--roster", course.put("x.csv", b"id\na\n")).stderr
    assert "nobody on the roster handed in" in other
    assert "not on the roster" not in other


# ---- 15: CSV as spreadsheets write it -----------------------------------------

MARK = "\ufeff"
SPREADSHEETS = {
    "semicolons": lambda rows: "\n".join(";".join(row) for row in rows) + "\n",
    "a mark and semicolons": lambda rows: MARK + "\r\n".join(";".join(f'"{cell}"' for cell in row) for row in rows) + "\r\n",
    "tabs": lambda rows: "\n".join("\t".join(row) for row in rows),
    "a mark, commas and empty lines": lambda rows: (
        MARK + "\r\n".join(",".join(row) + "," * (not i) for i, row in enumerate(rows)) + "\r\n,,\r\n"
    ),
}


@pytest.fixture(scope="module")
def graded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course(run, tmp_path_factory.mktemp("graded"))
    course.put("in/s1/autodiff.py", REFERENCE.encode())
    course.grade(course.folder / "in")
    return course


@pytest.fixture
def one(graded: Course, course: Course) -> Course:
    """A graded submission, s1."""
    import shutil

    shutil.copytree(graded.out, course.out)
    return course


@pytest.mark.parametrize("name", SPREADSHEETS)
def test_points_extensions_and_times_are_read_as_spreadsheets_write_them(name: str, one: Course) -> None:
    text = SPREADSHEETS[name]
    points = one.put("p.csv", text([["ID ", "Criterion", "points", "reason"], ["s1", "linear_graphs", "2.5", "agreed"]]).encode())
    if "linear_graphs" not in json.dumps(report(one.out, "s1")):
        criterion = report(one.out, "s1")["steps"][0]["criteria"][0]["id"]
        points.write_bytes(points.read_bytes().replace(b"linear_graphs", criterion.encode()))
    assert "1 decision(s) added" in one.run("points", one.out, points, "--by", "ann").stdout
    said = late(
        one,
        policy=POLICY,
        extensions=text([["id", "until", "reason"], ["s1", "2026-12-01T12:00+01:00", "ill"]]),
        times=text([["id", "handed_in"], ["s1", "2026-12-02T12:00+01:00"]]),
    )
    assert "3 decision(s) added" in said.stdout
    assert [d["kind"] for d in report(one.out, "s1")["final"]["decisions"]] == ["override", "late"]


def test_a_decimal_comma_is_read_where_semicolons_part_the_cells(one: Course) -> None:
    criterion = report(one.out, "s1")["steps"][0]["criteria"][0]["id"]
    one.run("points", one.out, one.put("p.csv", f"id;criterion;points;reason\ns1;{criterion};1,5;agreed\n".encode()))
    assert report(one.out, "s1")["final"]["decisions"][0]["points"] == 1.5
    told = one.run("points", one.out, one.put("p.csv", f'id,criterion,points,reason\ns1,{criterion},"2,5",agreed\n'.encode()), status=2)
    assert "points must be a number, such as 6, 2.5 or 1/3" in told.stderr


BROKEN = {
    "a column is missing": (b"id;criterion\ns1;x\n", "p.csv:1: it needs the columns id, criterion, points; there are id, criterion"),
    "a column twice": (b"id,criterion,points,id\ns1,x,1,s2\n", "p.csv:1: several columns are called 'id'"),
    "more cells than columns": (b"id,criterion,points,reason\ns1,x,1,so, he said\n", "p.csv:2: 5 cells, but the header has 4"),
    "quotes without end": (b'id,criterion,points,reason\ns1,x,1,"so\n', "p.csv:2: not CSV"),
    "UTF-16": ("id,criterion,points\n".encode("utf-16"), "p.csv: not UTF-8: save it as CSV in UTF-8"),
    "Latin-1": ("id,criterion,points\nJosé,x,1\n".encode("latin-1"), "p.csv: not UTF-8"),
    "nothing": (b"", "p.csv:1: it needs the columns id, criterion, points; there are none"),
    "a spreadsheet": (b"PK\x03\x04\x00\x00", "p.csv: not a CSV file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_table_with_a_fault_is_refused_with_its_place(name: str, one: Course) -> None:
    content, sentence = BROKEN[name]
    told = one.run("points", one.out, one.put("p.csv", content), status=2).stderr
    assert sentence in told
    assert "Traceback" not in told


# ---- 16: ids that look the same -----------------------------------------------


@pytest.mark.slow
def test_names_that_look_the_same_are_one_id_and_refused_before_anything_runs(course: Course) -> None:
    composed = unicodedata.normalize("NFC", "zoé")
    for name, rival in (("alice", "alice "), (composed, unicodedata.normalize("NFD", composed)), ("bob", "\u00a0bob")):
        folder = course.folder / f"in-{len(rival)}-{name}"
        for child in (name, rival):
            course.put(f"{folder.name}/{child}/autodiff.py", program("a"))
        told = course.grade(folder, status=2).stderr
        assert f"several submissions would be called {name}: rename all but one" in told
        if rival == "alice ":
            assert told.endswith("space around it is no part of a name: 'alice '\n")
        assert not course.out.exists()
        works = [folder / child / "autodiff.py" for child in (name, rival)]
        assert "several submissions would be called" in course.run("grade", *works, "--out", course.out, status=2).stderr
        assert not course.out.exists()


@pytest.mark.slow
def test_space_around_a_name_is_no_part_of_the_id(course: Course) -> None:
    course.put("in/alice /autodiff.py", program("a"))
    course.put("in/ bob .py", program("b"))
    course.put("in/cid .zip", zipped({"autodiff.py": program("c")}))
    roster = course.put("r.csv", b"id,name\nalice,A\nbob,B\ncid,C\n")
    assert "not on the roster" not in course.grade(course.folder / "in", "--roster", roster).stderr
    assert course.graded == {"alice": "a", "bob": "b", "cid": "c"}
    course.out = course.folder / "second"
    course.grade(course.put("all.tar.gz", tarred({"alice /autodiff.py": program("d")})))
    assert course.graded == {"alice": "d"}


# ---- points by people ---------------------------------------------------------

EXPLANATION = """\
step: explanation
title: Explanation
points: 10
functions: []
asks: nodes
cases: {}
criteria:
  - {id: explains, points: 6, public: true, says: The method is explained., hint: Say why., manual: true}
  - {id: style, points: 4, public: false, says: Names say what they hold., hint: Read it aloud., manual: true}
"""


@pytest.fixture
def waiting(course: Course, kit: Path) -> Course:
    """Three students, one of whom has a name that a spreadsheet would not leave alone, and criteria that wait for a person."""
    (kit / "rubrics" / "6-explanation.yaml").write_text(EXPLANATION, "utf-8")
    for name in ("ann", "=zoë, z; y", "kim"):
        course.put(f"in/{name}/autodiff.py", REFERENCE.encode())
    roster = course.put("r.csv", 'id,name\nann,"Doe, Ann"\n"=zoë, z; y",Zoë\nemil,Emil\n'.encode())
    course.run("cohort", course.folder / "in", "--out", course.out, "--kit", kit, "--roster", roster, "--sandbox", "core")
    return course


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_a_template_says_who_waits_for_what_and_is_read_when_it_is_filled_in(waiting: Course) -> None:
    file = waiting.folder / "points.csv"
    said = waiting.run("points", waiting.out, "--template", file).stdout
    assert f"{file}: 6 rows for 3 submissions and 1 for who handed in nothing: fill in" in said
    rows = table(file)
    assert [(row["id"], row["name"], row["criterion"], row["of"], row["points"], row["reason"]) for row in rows[:4]] == [
        ("'=zoë, z; y", "Zoë", "explanation/explains", "6", "", ""),
        ("'=zoë, z; y", "Zoë", "explanation/style", "4", "", ""),
        ("ann", "Doe, Ann", "explanation/explains", "6", "", ""),
        ("ann", "Doe, Ann", "explanation/style", "4", "", ""),
    ]
    assert "0 decision(s) added" in waiting.run("points", waiting.out, file).stdout
    for row in (rows[0], rows[1], rows[3]):
        row["points"], row["reason"] = "1,5" if row["criterion"].endswith("style") else "5", "so, he said; really"
    filled = io.StringIO()
    writer = csv.DictWriter(filled, rows[0].keys(), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    file.write_text("\ufeff" + filled.getvalue(), "utf-8")
    said = waiting.run("points", waiting.out, file)
    assert "3 decision(s) added" in said.stdout
    assert "4 rows have no points yet" in said.stderr
    zoe = report(waiting.out, "=zoë, z; y")["final"]
    assert [(d["criterion"], d["points"], d["reason"]) for d in zoe["decisions"]] == [
        ("explains", 5, "so, he said; really"),
        ("style", 1.5, "so, he said; really"),
    ]
    assert report(waiting.out, "ann")["final"]["waiting"] == ["explanation/explains"]
    again = waiting.folder / "again.csv"
    waiting.run("points", waiting.out, "--template", again)
    assert [(row["id"], row["criterion"]) for row in table(again)] == [
        ("ann", "explanation/explains"), ("kim", "explanation/explains"), ("kim", "explanation/style"), ("emil", "missing"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_template_replaces_no_file(waiting: Course) -> None:
    file = waiting.put("mine.csv", b"id,criterion,points\n")
    told = waiting.run("points", waiting.out, "--template", file, status=2).stderr
    assert f"{file} exists" in told
    assert file.read_bytes() == b"id,criterion,points\n"
    assert "name a FILE with points" in waiting.run("points", waiting.out, status=2).stderr
    assert "both" in waiting.run("points", waiting.out, file, "--template", file, status=2).stderr


def test_a_template_lists_what_is_unusable_and_a_row_of_it_decides_about_one(course: Course) -> None:
    for name in ("ann", "bob", "cid"):
        course.put(f"in/{name}/notes.txt", b"")
    course.grade(course.folder / "in")
    file = course.folder / "points.csv"
    course.run("points", course.out, "--template", file)
    rows = table(file)
    why = report(course.out, "ann")["notes"][0]
    assert [(row["id"], row["criterion"], row["points"], row["says"]) for row in rows] == [
        (n, "unusable", "", why) for n in ("ann", "bob", "cid")
    ]
    most = rows[0]["of"]
    for points, sentence in (
        ("much", "p.csv:2: points must be a number"),
        ("999", f"p.csv:2: points 999 is more than the assignment is worth ({most})"),
    ):
        bad = course.put("p.csv", f"id,criterion,points\nann,unusable,{points}\n".encode())
        assert sentence in course.run("points", course.out, bad, status=2).stderr
    file.write_text("id;criterion;points;reason\nann;unusable;2,5;\nbob;unusable;;\ncid;unusable;;\n", "utf-8")
    said = course.run("points", course.out, file, "--by", "ann")
    assert "1 decision(s) added" in said.stdout
    assert "2 rows have no points yet" in said.stderr
    [decision] = report(course.out, "ann")["final"]["decisions"]
    assert (decision["kind"], decision["points"], decision["reason"]) == ("unusable", 2.5, why)
    assert "0 decision(s) added" in course.run("points", course.out, file).stdout
    left = course.folder / "left.csv"
    course.run("points", course.out, "--template", left)
    assert [row["id"] for row in table(left)] == ["bob", "cid"]
    said = course.run("points", course.out, "--unusable", "0", "--template", course.folder / "none.csv")
    assert "2 decision(s) added" in said.stdout
    assert "left as they were, because a person gave them points: ann" in said.stderr
    assert "nobody waits for points" in said.stdout


def test_nobody_waits_in_a_course_without_manual_criteria(one: Course) -> None:
    file = one.folder / "t.csv"
    assert "nobody waits for points" in one.run("points", one.out, "--template", file).stdout
    assert not file.exists()
