"""Whole cohorts as platforms export them: several files of one student, names, links and hidden folders, a name of one's own."""

import hashlib
from pathlib import Path

import pytest
from conftest import REFERENCE, Run, report, slow_after
from handed_in import OTHER, PROGRAM, STARTER, Cohort, Files, many, notebook, program, put, tarred, zipped


@pytest.fixture
def cohort(run: Run, tmp_path: Path) -> Cohort:
    return Cohort(run, tmp_path)


CANVAS: Files = {
    "doejane_101_5001_autodiff.py": program("a"),
    "doejane_101_5002_test_public.py": OTHER,
    "roekim_LATE_102_5003_autodiff.py": program("b"),
    "poelee_late_103_5004_autodiff.py": program("c"),
    "van_der_berg_104_5005_autodiff.py": program("d"),
    "anon_9a8b7_5006_autodiff.py": program("e"),
    "anon_1c2d3_LATE_5007_autodiff.py": program("f"),
    "anon_late_0a0b0_5008_autodiff-2.py": program("g"),
    "zipped_105_5009_work.zip": zipped({"work/autodiff.py": program("h")}),
    "zipped_105_5010_notes.pdf": b"%PDF-1.7",
    "othername_106_5011_solution.py": program("i"),
    "othername_106_5012_test_public.py": OTHER,
    "again_107_5013_autodiff-1.py": program("j"),
    "again_107_5014_test_public-1.py": OTHER,
    "both_108_5015_autodiff.ipynb": notebook("x = 1"),
    "both_108_5016_autodiff.py": program("k"),
    "withtext_110_text.html": b"<p>",
    "withtext_110_5017_autodiff.py": program("l"),
    "nothing_111_5018_a.pdf": b"%PDF-1.7",
    "nothing_111_5019_b.docx": b"PK",
}
ON_CANVAS = {
    "101": "a", "102": "b", "103": "c", "104": "d", "9a8b7": "e", "1c2d3": "f", "0a0b0": "g", "105": "h", "106": "i", "107": "j",
    "108": "k", "110": "l",
}  # fmt: skip


@pytest.mark.parametrize("kind", slow_after(1, ["zip", "folder"]))
def test_several_files_of_one_student_in_canvas_are_one_submission(kind: str, cohort: Cohort) -> None:
    path = put(cohort.folder / "in", CANVAS) if kind == "folder" else put(cohort.folder, {"in.zip": zipped(CANVAS)}) / "in.zip"
    graded = cohort.grade(path, "--from", "canvas")
    assert "There is no autodiff.py in what was handed in. What is there: a.pdf" in graded.pop("111")
    assert graded == ON_CANVAS
    assert cohort.notes("101") == ["autodiff.py was graded. Not graded: test_public.py."]
    assert cohort.notes("106")[0].startswith("There is no autodiff.py: solution.py, the only one that holds the functions, was graded.")
    assert cohort.notes("102") == []


def test_files_of_one_name_in_canvas_are_attempts_whatever_is_beside_them(cohort: Cohort) -> None:
    files = {"doe_101_5_autodiff.py": program("a"), "doe_101_9_autodiff-1.py": program("b"), "doe_101_8_test_public.py": OTHER}
    folder = put(cohort.folder / "in", files)
    cohort.grade(folder, "--from", "canvas", status=2)
    assert "several submissions would be called 101" in cohort.said
    assert cohort.grade(folder, "--from", "canvas", "--attempts", "last") == {"101": "b"}
    counts = "2 hand-ins came in: doe_101_9_autodiff-1.py counts."
    assert cohort.notes("101") == ["autodiff.py was graded. Not graded: test_public.py.", counts]


@pytest.mark.parametrize("kind", slow_after(1, ["zip", "folder"]))
def test_several_files_of_one_student_in_moodle_are_one_submission(kind: str, cohort: Cohort) -> None:
    files = {
        "Jane Doe_201_assignsubmission_file_autodiff.py": program("a"),
        "Jane Doe_201_assignsubmission_file_test_public.py": OTHER,
        "Kim_Roe_202_assignsubmission_file_work.zip": zipped({"w\\autodiff.py": program("b")}),
        "Kim_Roe_202_assignsubmission_file_essay.pdf": b"%PDF-1.7",
        "Lee Poe_203_assignsubmission_file/autodiff.py": program("c"),
        "Lee Poe_203_assignsubmission_file/test_public.py": OTHER,
        "Teilnehmer_in_204_assignsubmission_file_Autodiff.PY": program("d"),
    }
    path = put(cohort.folder / "in", files) if kind == "folder" else put(cohort.folder, {"in.zip": zipped(files)}) / "in.zip"
    assert cohort.grade(path, "--from", "moodle") == {"201": "a", "202": "b", "203": "c", "204": "d"}
    assert cohort.notes("201") == ["autodiff.py was graded. Not graded: test_public.py."]


@pytest.mark.parametrize("kind", slow_after(1, ["zip", "folder"]))
def test_text_typed_into_moodle_is_something_handed_in(kind: str, cohort: Cohort) -> None:
    """It counts beside no file of the same student, and is no work that is missing either."""
    files = {
        "Jane Doe_201_assignsubmission_file/autodiff.py": program("a"),
        "Jane Doe_201_assignsubmission_onlinetext/onlinetext.html": b"<p>",
        "No File_204_assignsubmission_onlinetext/onlinetext.html": b"<p>hi</p>",
        "Nor One_205_assignsubmission_onlinetext_onlinetext.html": b"<p>hi</p>",
    }
    path = put(cohort.folder / "in", files) if kind == "folder" else put(cohort.folder, {"in.zip": zipped(files)}) / "in.zip"
    graded = cohort.grade(path, "--from", "moodle")
    assert graded.pop("201") == "a"
    assert graded.keys() == {"204", "205"}
    assert all("onlinetext.html" in why for why in graded.values())
    assert {report(cohort.out, name)["status"] for name in graded} == {"unusable"}


# ---- a cohort in one archive --------------------------------------------------


def unmarked(files: Files) -> bytes:
    """Return a zip archive that does not say that its names are UTF-8, as Info-ZIP's zip makes it. `uu` stands for an umlaut."""
    return zipped(files).replace(b"uu", "ü".encode())


def test_names_in_a_zip_are_utf8_although_it_does_not_say_so(cohort: Cohort) -> None:
    files = {"Juurgen Muuller/autodiff.py": program("a"), "ana.zip": unmarked({"Luusung.py": program("b")})}
    graded = cohort.grade(put(cohort.folder, {"in.zip": unmarked(files)}) / "in.zip")
    assert graded == {"Jürgen Müller": "a", "ana": "b"}
    assert cohort.notes("ana")[0].startswith("There is no autodiff.py: Lüsung.py, ")


def test_names_in_a_zip_that_are_no_utf8_are_read_as_the_format_says(cohort: Cohort) -> None:
    content = zipped({"Juurgen/autodiff.py": program("a")}).replace(b"uu", b"\x81\x84")
    assert cohort.grade(put(cohort.folder, {"in.zip": content}) / "in.zip") == {"Jüärgen": "a"}


HIDDEN: Files = {
    "subs/alice/autodiff.py": program("a"),
    **many("subs/alice/.venv/lib/python3.12/site-packages/pip"),
    "subs/bob/autodiff.py": program("b"),
    "subs/bob/Icon\r": b"\0",
    "subs/carol/w/solution.py": program("c"),
    "subs/dave.zip": zipped({"dave/autodiff.py": program("d"), **many("dave/.venv/x")}, "dave/.venv/lib64"),
    "subs/eve/work.tar.gz": tarred({"node_modules/x/autodiff.py": OTHER, "autodiff.py": program("e")}),
    "subs/fay\\src\\autodiff.py": program("f"),
    "subs/gus/a/autodiff.py": program("g"),
    "subs/gus/b/autodiff.py": program("g"),
    "__MACOSX/subs/alice/._autodiff.py": b"\0",
    "subs/.git/config": b"[core]",
}
LINKS = ("subs/alice/.venv/lib64", "subs/alice/data", "subs/bob/.git/link")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cohort.tar.gz", "cohort.zip", "tar-called.zip", "zip-called.tar.gz", "zip-without-suffix"])
def test_hidden_folders_links_and_odd_names_in_a_cohorts_archive_cost_nothing(name: str, cohort: Cohort) -> None:
    content = tarred(HIDDEN, *LINKS) if name in ("cohort.tar.gz", "tar-called.zip") else zipped(HIDDEN, *LINKS)
    graded = cohort.grade(put(cohort.folder, {name: content}) / name)
    assert graded == {"alice": "a", "bob": "b", "carol": "c", "dave": "d", "eve": "e", "fay": "f", "gus": "g"}
    assert cohort.notes("gus") == ["2 copies of autodiff.py are the same (a/autodiff.py, b/autodiff.py): one was graded."]


def test_a_zip_that_windows_made_is_a_cohort(cohort: Cohort) -> None:
    files = {"subs\\alice\\autodiff.py": program("a"), "subs\\bob\\work\\autodiff.py": program("b"), "subs\\bob\\": b""}
    assert cohort.grade(put(cohort.folder, {"c.zip": zipped(files)}) / "c.zip") == {"alice": "a", "bob": "b"}


@pytest.mark.slow
def test_one_students_large_files_take_nothing_from_the_others(cohort: Cohort) -> None:
    large = {f"ann/{i}/autodiff.ipynb": bytes([65 + i]) * 50_000_000 for i in range(12)}
    graded = cohort.grade(put(cohort.folder, {"c.zip": zipped({**large, "bob/autodiff.py": program("b")})}) / "c.zip")
    assert graded["bob"] == "b"
    assert graded["ann"] != "b"


def test_what_a_desktop_leaves_in_a_folder_is_nobodys_work(cohort: Cohort) -> None:
    files = {"alice/autodiff.py": program("a"), "__MACOSX/x": b"", "Thumbs.db": b"", "desktop.ini": b"", "Icon\r": b"", ".DS_Store": b""}
    assert cohort.grade(put(cohort.folder / "in", files)) == {"alice": "a"}


# ---- a name of the course's own -----------------------------------------------


@pytest.mark.slow
def test_a_course_may_call_the_program_as_it_likes(cohort: Cohort) -> None:
    files = {
        "alice/main.py": program("a"),
        "alice/autodiff.py": OTHER,
        "bob/main.ipynb": notebook(code := "%%writefile main.py\n" + program("b").decode()),
        "carol/autodiff.py": program("c"),
    }
    graded = cohort.grade(put(cohort.folder / "in", files), "--file", "main.py")
    assert (graded["alice"], graded["carol"]) == ("a", "c")
    assert cohort.notes("bob") == []
    assert cohort.notes("carol") == ["There is no main.py: autodiff.py, the only program that was found, was graded."]
    assert code
    single = cohort.folder / "single"
    cohort.run("grade", cohort.folder / "in" / "alice" / "main.py", "--file", "main.py", "--out", single, "--quiet", "--step", "forward")
    assert report(single, "alice")["provenance"]["submission_sha256"] == hashlib.sha256(program("a")).hexdigest()
    traces = cohort.folder / "traces"
    cohort.run("collect", cohort.folder / "in" / "alice", "--file", "main.py", "--out", traces, "--quiet")
    assert hashlib.sha256(program("a")).hexdigest() in (traces / "alice.json").read_text("utf-8")
    for name in ("src/main.py", "main", ".main.py"):
        assert f"--file '{name}' is not the name of a Python file" in cohort.run(
            "grade", cohort.folder / "in" / "alice", "--file", name, "--out", single, status=2
        ).stderr  # fmt: skip


@pytest.mark.slow
def test_what_was_graded_is_still_said_when_points_are_given_anew(cohort: Cohort) -> None:
    folder = put(cohort.folder / "in", {"alice/solution.py": PROGRAM})
    cohort.grade(folder)
    [note] = cohort.notes("alice")
    assert note == "There is no autodiff.py: solution.py, the only program that was found, was graded."
    cohort.run("compare", cohort.out, "--out", cohort.folder / "again", "--step", "topological-order")
    assert report(cohort.folder / "again", "alice")["notes"] == [note]
    (folder / "alice" / "solution.py").rename(folder / "alice" / "autodiff.py")
    cohort.grade(folder)
    assert cohort.notes("alice") == []


@pytest.mark.slow
def test_the_starter_is_known_with_a_copied_kit_too(cohort: Cohort, kit: Path) -> None:
    """The copy has no list of starters, as rubrics/README.md makes it."""
    assert not (kit / "assignment").exists()
    folder = put(cohort.folder / "in", {"ann/autodiff.py": STARTER, "ann/mine.py": PROGRAM, "bob/autodiff.py": STARTER})
    nothing = "Nothing was written: this is the starter as it was handed out."
    cohort.grade(folder, "--kit", kit)
    assert cohort.notes("ann") == ["autodiff.py is the untouched starter, so mine.py beside it was graded."]
    assert cohort.notes("bob") == [nothing]
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    rubric.write_text(rubric.read_text("utf-8").replace("says: ", "says: Really, ", 1), "utf-8")
    cohort.run("compare", cohort.out, "--out", cohort.folder / "again", "--kit", kit, "--step", "topological-order")
    assert report(cohort.folder / "again", "bob")["notes"] == [nothing]
    cohort.grade(folder)  # with the checkout's own kit
    assert cohort.notes("bob") == [nothing]


def test_two_files_that_could_be_it_are_named(cohort: Cohort) -> None:
    put(cohort.folder / "in" / "alice", {"a.py": program("a"), "b.py": REFERENCE.encode()})
    assert "several files could be it (a.py, b.py)" in cohort.grade(cohort.folder / "in")["alice"]
