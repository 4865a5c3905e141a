"""Two students of one name, as Moodle exports them: each grade goes to whom it is for certain, or to nobody, and that is said."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from conftest import Run
from handed_in import Cohort, program, put

ROSTER = "id,name,Participant\nm1,John Smith,{}\nm2,John Smith,12\nm3,Kim Roe,13\nm4,Lee Poe,14\n"
CAME = {f"{name}_assignsubmission_file/autodiff.py": program("a") for name in ("John Smith_11", "Kim Roe_13")}


def table(cohort: Cohort, *options: object) -> dict[str, dict[str, str]]:
    """Return the rows of an export to csv, by id."""
    into = cohort.folder / "table.csv"
    cohort.run("export", cohort.out, "--to", "csv", "--into", into, "--provisional", *options)
    with into.open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def graded(run: Run, folder: Path, *options: object) -> Cohort:
    cohort = Cohort(run, folder)
    put(folder / "in", CAME)
    cohort.status(ROSTER.format(10), "--from", "moodle", *options)
    return cohort


@pytest.fixture(scope="module")
def by_name(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return graded(run, tmp_path_factory.mktemp("by-name"))


@pytest.fixture
def cohort(by_name: Cohort, run: Run, tmp_path: Path) -> Cohort:
    shutil.copytree(by_name.folder, tmp_path / "course")
    copy = Cohort(run, tmp_path / "course")
    copy.said = by_name.said
    return copy


def grades(cohort: Cohort) -> dict[str, tuple[str, str]]:
    """Return status and note of each row of grades.csv."""
    with (cohort.out / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["submission"]: (row["status"], row["note"]) for row in csv.DictReader(file)}


def test_work_whose_number_is_in_no_row_of_the_matched_column_is_nobodys(run: Run, tmp_path: Path) -> None:
    cohort = graded(run, tmp_path, "--id-column", "Participant")
    assert "not on the roster: 11\n" in cohort.said
    found = grades(cohort)
    assert {name: status for name, (status, _) in found.items()} == {
        "11": "graded", "13": "graded", "m1": "missing", "m2": "missing", "m4": "missing"
    }  # fmt: skip
    assert found["11"][1].endswith("not on the roster")
    kept, given = table(cohort), table(cohort, "--roster", cohort.folder / "roster.csv")
    for rows in (kept, given, table(cohort, "--roster", cohort.folder / "roster.csv", "--id-column", "Participant")):
        assert (rows["m2"]["status"], rows["m2"]["score"], rows["11"]["status"], rows["m3"]["submission"]) == (
            "missing",
            "",
            "graded",
            "13",
        )
        assert rows["11"]["note"].endswith("not on the roster")
    (cohort.folder / "one.csv").write_text("id,name,Participant\nm2,John Smith,12\n", "utf-8")
    assert table(cohort, "--roster", cohort.folder / "one.csv")["m2"]["status"] == "missing"


def test_work_that_could_be_either_namesakes_is_nobodys_until_a_column_says_whose(cohort: Cohort) -> None:
    assert "grader: 11 could be one of: m1, m2\n" in cohort.said
    assert "name it with --id-column" in cohort.said
    found = grades(cohort)
    assert {name: status for name, (status, _) in found.items()} == {
        "11": "graded", "13": "graded", "m1": "unclear", "m2": "unclear", "m4": "missing"
    }  # fmt: skip
    assert found["11"][1].endswith("could be one of: m1, m2")
    assert found["m1"][1] == "it is not clear whether they handed in: what could be theirs is 11"
    rows = table(cohort)
    assert {name: row["score"] for name, row in rows.items()} == {
        "m1": "",
        "m2": "",
        "m3": rows["m3"]["score"],
        "m4": "",
        "11": rows["11"]["score"],
    }
    assert rows["11"]["note"].endswith("could be one of: m1, m2")


def test_nobody_is_missing_whose_work_may_be_there(cohort: Cohort) -> None:
    ended = cohort.run("points", cohort.out, "--missing", "0", "--by", "ann")
    assert "1 decision(s) added" in ended.stdout
    for name in ("m1", "m2"):
        assert f"nothing decided about {name}: it is not clear whether they handed in: what could be theirs is 11" in ended.stderr
    assert "--id-column" in ended.stderr
    file = cohort.folder / "points.csv"
    file.write_text("id,criterion,points,reason\nm1,missing,0,no reply\n", "utf-8")
    said = cohort.run("points", cohort.out, file, status=2).stderr
    assert "no report on 'm1': it is not clear whether they handed in" in said
    assert "--id-column" in said
    cohort.run("points", cohort.out, "--missing", "automatic")
    cohort.run("points", cohort.out, "--template", cohort.folder / "waiting.csv")
    waiting = (cohort.folder / "waiting.csv").read_text("utf-8-sig")
    assert "m4,Lee Poe,missing" in waiting
    assert "m1" not in waiting


@pytest.mark.slow
def test_two_hand_ins_under_the_one_name_are_nobodys_and_stop_no_command(run: Run, tmp_path: Path) -> None:
    """The roster has one John Smith, and two came in: an exchange student is not on it yet."""
    cohort = Cohort(run, tmp_path)
    put(
        tmp_path / "in",
        {f"{name}_assignsubmission_file/autodiff.py": program("a") for name in ("John Smith_11", "John Smith_12", "Kim Roe_13")},
    )
    found = cohort.status("id,name\nm1,John Smith\nm3,Kim Roe\n", "--from", "moodle")
    assert found == {"11": "graded", "12": "graded", "13": "graded", "m1": "unclear"}
    assert "11 could be one of: m1\ngrader: 12 could be one of: m1\n" in cohort.said
    assert table(cohort)["m1"]["score"] == ""


# ---- forgetting ---------------------------------------------------------------


@pytest.fixture(scope="module")
def by_number(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """A course in which each of two namesakes, and two other people, handed in; the roster knows the numbers. Two more are a group."""
    cohort = Cohort(run, tmp_path_factory.mktemp("by-number"))
    names = ("John Smith_11", "John Smith_12", "Kim Roe_13", "Team_15")
    put(cohort.folder / "in", {f"{name}_assignsubmission_file/autodiff.py": program(name[0].lower()) for name in names})
    people = "m1,John Smith,11,\nm2,John Smith,12,\nm3,Kim Roe,13,\nm4,Lee Poe,14,\nm5,Ann,,15\nm6,Bob,,15\n"
    cohort.status(f"id,name,Participant,group\n{people}", "--from", "moodle", "--id-column", "Participant")
    return cohort


@pytest.fixture
def course(by_number: Cohort, run: Run, tmp_path: Path) -> Cohort:
    shutil.copytree(by_number.folder, tmp_path / "course")
    return Cohort(run, tmp_path / "course")


def held(out: Path, *names: str) -> list[str]:
    """Return the files in OUT whose name or content holds one of these words, as ids, keys or cells."""
    found = []
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        text = str(path.relative_to(out)) + path.read_text("utf-8", "replace")
        if path.suffix == ".html":
            text = re.sub(r"<svg.*?</svg>", lambda drawing: re.sub(r"=\"[\d.]+\"", "", drawing[0]), text, flags=re.DOTALL)  # no coordinates
        if any(word in text for name in names for word in (f'"{name}"', f"\n{name},", f"{name}.json", f"{name}/report", f"Smith_{name}_")):
            found.append(str(path.relative_to(out)))
    return found


def test_a_student_who_is_forgotten_by_the_rosters_id_is_forgotten_whole(course: Cohort) -> None:
    assert grades(course)["11"][0] == "graded"
    course.run("points", course.out, "--missing", "0", "--by", "ann")
    put(course.out / "gs", {"11.json": b"{}", "12.json": b"{}", "deep/all.csv": b"m1;John;30\n"})
    put(course.out / "c50", {"x/result.json": b'{"owner": "m2"}', "y.txt": b"m11 and 111"})
    ended = course.run("forget", course.out, "m1")
    assert held(course.out, "11", "m1") == ["gs/11.json"], "what was exported is the instructor's"
    for exported, is_named in {
        "gs/11.json": True,
        "gs/deep/all.csv": True,
        "gs/12.json": False,
        "c50/x/result.json": False,
        "c50/y.txt": False,
    }.items():
        assert (f"{course.out / exported} still names one of them" in ended.stderr) == is_named, exported
    assert "John Smith_11_assignsubmission_file holds the work that was handed in" in ended.stderr
    rows = table(course)
    assert (rows["m2"]["submission"], rows["m3"]["submission"], "m1" in rows, "11" in rows) == ("12", "13", False, False)
    course.run("decisions", course.out)


def test_a_student_who_is_forgotten_by_the_works_name_is_forgotten_whole(course: Cohort) -> None:
    course.run("forget", course.out, "12")
    assert held(course.out, "12", "m2") == []
    assert {"m1", "m3"} <= set(table(course))


def test_the_work_of_a_group_stays_when_one_of_it_is_forgotten(course: Cohort) -> None:
    ended = course.run("forget", course.out, "m5")
    assert "15 stays, for it is the work of a group, and that of m6: to delete it, forget 15" in ended.stderr
    assert held(course.out, "m5") == []
    rows = table(course)
    assert (rows["m6"]["submission"], rows["m6"]["status"]) == ("15", "graded")


def test_nobody_is_forgotten_where_the_work_would_go_to_a_namesake(cohort: Cohort) -> None:
    before = grades(cohort)
    said = cohort.run("forget", cohort.out, "m1", status=2).stderr
    assert "11 would go to m2 then, by the name alone" in said
    assert "--id-column" in said
    assert grades(cohort) == before
    cohort.run("forget", cohort.out, "m1", "11")
    assert grades(cohort)["m2"][0] == "missing"


def test_a_roster_whose_ids_are_in_another_column_without_one_student_keeps_the_others_ids(cohort: Cohort) -> None:
    """Moodle's ID numbers are ids only where nobody lacks one; Ann lacks one, so all are known by their e-mails."""
    roster = "First name,Last name,ID number,Email address\nAnn,Poe,,ann@x\nKim,Roe,77,kim@x\nLee,Poe,78,lee@x\n"
    kept = cohort.out / ".course" / "roster.csv"
    kept.write_text(roster, "utf-8")
    cohort.run("points", cohort.out, "--missing", "3", "--by", "ann")
    cohort.run("forget", cohort.out, "ann@x")
    assert {name: row["status"] for name, row in table(cohort).items()} == {"kim@x": "graded", "lee@x": "missing", "11": "graded"}
    assert table(cohort)["lee@x"]["score"] == "3"
