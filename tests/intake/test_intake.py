"""What courses have: folders, archives as platforms export them, repositories, rosters, attempts. Nothing is unpacked."""

import csv
import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import REFERENCE, Run, report, slow_after
from intake_course import Course, Files, git, program, tarred, zipped


@pytest.fixture
def course(run: Run, tmp_path: Path) -> Course:
    return Course(run, tmp_path)


# ---- as platforms export ------------------------------------------------------

CANVAS: Files = {
    "doejane_101_5001_autodiff.py": program("a"),
    "roejohn_LATE_102_5002_autodiff-3.py": program("b"),
    "muellerue_103_5003_work.zip": zipped({"work/autodiff.py": program("c")}),
    "longlong_104_5004_autodiff.ipynb": "no notebook",
    "pdfonly_105_5005_autodiff.pdf": b"%PDF",
    "both_106_5006_notes.pdf": b"%PDF",
    "both_106_5007_autodiff-1.py": program("d"),
    "README": b"who is this?",
}
MOODLE: Files = {
    "Jane Doe_201_assignsubmission_file/autodiff.py": program("a"),
    "Jane Doe_201_assignsubmission_onlinetext/onlinetext.html": "<p>",
    "Émile O_Brien, Jr._202_assignsubmission_file_/autodiff.tar.gz": tarred({"x/y/autodiff.py": program("b")}),
    "דנה לוי_203_assignsubmission_file_autodiff.py": program("c"),
    "Empty One_204_assignsubmission_file_/essay.docx": b"PK",
}
METADATA = """\
submission_301:
  :submitters:
  - :name: Jane Doe
    :sid: jdoe
    :email: jane@example.org
  :created_at: 2026-11-20 10:00:00.000000000 Z
  :score: 0.0
submission_302:
  :submitters:
  - :name: "Öz, \\"K\\""
    :sid:
    :email: oz@example.org
  - :name: Ann
    :sid: ann
    :email: ann@example.org
  :created_at: 2026-11-21 10:00:00.000000000 Z
"""
GRADESCOPE: Files = {
    "assignment_9_export/submission_metadata.yml": METADATA,
    "assignment_9_export/submission_301/autodiff.py": program("a"),
    "assignment_9_export/submission_302/deep/autodiff.py": program("b"),
}
GITHUB: Files = {
    "autodiff-jane-main.zip": zipped({"autodiff-jane-main/autodiff.py": program("a")}),
    f"autodiff-jo-hn-{'0f' * 20}.zip": zipped({"autodiff-jo-hn/src/autodiff.py": program("b")}),
}
NOBODY = "There is no autodiff.py in what was handed in. What is there: {}."
EXPORTS: dict[str, tuple[Files, tuple[str, ...], dict[str, str]]] = {
    "canvas": (CANVAS, ("--from", "canvas"), {
        "101": "a", "102": "b", "103": "c", "104": "The notebook can't be read: it is not in Jupyter's format.",
        "105": "pdfonly_105_5005_autodiff.pdf is neither a Python file nor a notebook, folder or archive with an autodiff.py in it.",
        "106": "d", "README": "The name 'README' does not fit the pattern, so nobody knows whose it is.",
    }),
    "moodle": (MOODLE, ("--from", "moodle"), {"201": "a", "202": "b", "203": "c", "204": NOBODY.format("essay.docx")}),
    "gradescope": (GRADESCOPE, ("--from", "gradescope"), {"jdoe": "a", "oz@example.org": "b"}),
    "github": (GITHUB, ("--from", "github"), {"autodiff-jane": "a", "autodiff-jo-hn": "b"}),
    "a pattern of one's own": (
        GITHUB, ("--id", r"^autodiff-(?P<id>.+)-(main|[0-9a-f]{40})\.zip$"), {"jane": "a", "jo-hn": "b"},
    ),
    "no pattern": ({"jane/autodiff.py": program("a"), "john.py": program("b")}, (), {"jane": "a", "john": "b"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", slow_after(1, ["zip", "folder", "tar.gz"]))
@pytest.mark.parametrize("name", EXPORTS)
def test_a_platforms_export_is_read_as_it_is(name: str, kind: str, course: Course) -> None:
    files, options, expected = EXPORTS[name]
    if kind == "folder":
        for path, content in files.items():
            inside = path.removeprefix("assignment_9_export/")
            course.put(f"in/{inside}", content.encode() if isinstance(content, str) else content)
        course.grade(course.folder / "in", *options)
    else:
        course.grade(course.put(f"export.{kind}", zipped(files) if kind == "zip" else tarred(files)), *options)
    assert course.graded == expected


@pytest.mark.parametrize("kind", slow_after(1, ["zip", "folder"]))
def test_an_archive_in_an_archive_is_one_level_and_no_more_whatever_folder_is_around(kind: str, course: Course) -> None:
    inner = zipped({"autodiff.py": program("a")})
    twice = zipped({"again.zip": inner})
    files: Files = {
        "one/work.zip": inner,
        "two.zip": zipped({"work.zip": inner}),
        "three/work.zip": twice,
        "five.zip": zipped({"work.zip": twice}),
        "six/deep/down/autodiff.zip": zipped({"w/a.zip": inner}),
        "seven/work.zip": zipped({"work.zip": twice}),
        "eight/autodiff.py": twice,
        "four/a.zip": inner,
        "four/b.zip": inner,
    }
    if kind == "zip":
        course.grade(course.put("c.zip", zipped(files)))
    else:
        for name, content in files.items():
            course.put(f"in/{name}", content)
        course.grade(course.folder / "in")
    assert course.graded == {
        "one": "a",
        "two": "a",
        "three": "a",
        "five": NOBODY.format("again.zip"),
        "six": "a",
        "seven": NOBODY.format("again.zip"),
        "eight": "a",
        "four": "There is no autodiff.py, and there are several archives (a.zip and b.zip): hand in one.",
    }


# ---- what may not be in an archive --------------------------------------------


def link(name: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member


def test_what_may_not_be_in_an_archive_is_refused_one_by_one(course: Course) -> None:
    odd = [link("eve/autodiff.py"), link("fay/autodiff.py", tarfile.LNKTYPE), link("gus/autodiff.py", tarfile.CHRTYPE)]
    odd.append(link("hal/autodiff.py", tarfile.FIFOTYPE))
    files: Files = {
        "good/autodiff.py": program("a"),
        "../slip/autodiff.py": program("b"),
        "/root/autodiff.py": program("c"),
        "back\\slash/autodiff.py": program("d"),
        "bell\a/autodiff.py": program("e"),
        "large/autodiff.py": b"#" * 1_000_001,
    }
    course.grade(course.put("c.tar", tarred(files, *odd, mode="w")))
    assert {name: course.graded[name] for name in ("good", "back")} == {"good": "a", "back": "d"}
    refused = {name: text for name, text in course.graded.items() if name not in ("good", "back")}
    assert refused == {
        "slip": "'../slip/autodiff.py' is not a name that an archive may hold.",
        "root": "'/root/autodiff.py' is not a name that an archive may hold.",
        "bell\a": "'bell\\x07/autodiff.py' is not a name that an archive may hold.",
        "large": "autodiff.py is larger than 1 MB: hand in the program alone, without data.",
        **{name: "autodiff.py is a link: hand in the file itself." for name in ("eve", "fay")},
        **{name: "autodiff.py is a device: hand in the file itself." for name in ("gus", "hal")},
    }
    assert not list(course.folder.glob("slip")) + list(course.folder.glob("**/slip"))[1:]


@pytest.mark.slow
def test_bombs_collisions_and_links_in_a_zip_are_refused_one_by_one(course: Course) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good/autodiff.py", program("a"))
        archive.writestr("bomb/autodiff.py", b"\0" * 300_000_000)
        archive.writestr("many.zip", zipped({f"{i}/autodiff.py": b"#" * 999_999 for i in range(60)}))
        archive.writestr("twice/autodiff.py", program("b"))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("twice/autodiff.py", program("c"))
        member = zipfile.ZipInfo("linked/autodiff.py")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    course.grade(course.put("c.zip", out.getvalue()))
    assert course.graded == {
        "good": "a",
        "bomb": "autodiff.py is larger than 1 MB: hand in the program alone, without data.",
        "many": "There are several files called autodiff.py, larger than 50 MB together: hand in one.",
        "twice": "autodiff.py is in the archive twice, and not the same: hand in one.",
        "linked": "autodiff.py is a link: hand in the file itself.",
    }


def damaged(compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("autodiff.py", REFERENCE)
    content = bytearray(out.getvalue())
    content[80:160] = bytes(byte ^ 0x55 for byte in content[80:160])
    return bytes(content)


def far_away() -> bytes:
    """Return an archive whose file begins beyond what a file can hold."""
    content = zipped({"autodiff.py": REFERENCE})
    start, end = content.rfind(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    entry, extra = bytearray(content[start:end]), struct.pack("<HHQ", 1, 8, 2**63 + 5)
    entry[42:46], entry[30:32] = b"\xff" * 4, struct.pack("<H", len(extra))
    tail = bytearray(content[end:])
    tail[12:16] = struct.pack("<I", len(entry) + len(extra))
    return content[:start] + bytes(entry) + extra + bytes(tail)


def long_named() -> bytes:
    """Return an archive in which a header says that the next one holds a name, and so on."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 5
    return (header.tobuf(tarfile.GNU_FORMAT) + b"abcd".ljust(512, b"\0")) * 1500


DAMAGED = {
    "bz2.zip": damaged(zipfile.ZIP_BZIP2),
    "deflate.zip": damaged(zipfile.ZIP_DEFLATED),
    "far.zip": far_away(),
    "lzma.zip": damaged(zipfile.ZIP_LZMA),
    "names.tar": long_named(),
}


def test_a_damaged_archive_costs_nobody_else_anything(course: Course) -> None:
    for name, content in (DAMAGED | {"well.py": program("a")}).items():
        course.put(f"in/{name}", content)
    course.grade(course.folder / "in")
    assert set(course.graded) == {"bz2", "deflate", "far", "lzma", "names", "well"}
    begins = ("The archive can't be read: ", "autodiff.py can't be read: ")
    assert all(why.startswith(begins) for name, why in course.graded.items() if name != "well")
    assert course.graded["well"] == "a"


def test_a_damaged_part_of_a_cohorts_archive_costs_nobody_else_anything(course: Course) -> None:
    whole = bytearray(zipped({"bob/autodiff.py": REFERENCE}))
    whole[80:160] = bytes(byte ^ 0x55 for byte in whole[80:160])
    out = io.BytesIO(bytes(whole))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("ann/autodiff.py", program("a"))
        archive.writestr("far.zip", far_away())
    course.grade(course.put("c.zip", out.getvalue()))
    assert course.graded["ann"] == "a"
    assert course.graded["bob"].startswith("autodiff.py can't be read: Error -3 while decompressing")
    assert course.graded["far"].startswith("autodiff.py can't be read: ")


def test_no_id_takes_the_place_of_the_table(course: Course) -> None:
    course.put("in/grades.csv/autodiff.py", program("a"))
    course.put("in/grades.csv.draft/autodiff.py", program("b"))
    course.grade(course.folder / "in")
    assert course.graded == {"_grades.csv": "a", "_grades.csv.draft": "b"}
    assert [row["submission"] for row in course.rows] == ["_grades.csv", "_grades.csv.draft"]


def test_names_that_fit_nowhere_are_a_mistake_in_the_call_and_no_zeros(course: Course) -> None:
    course.put("in/jane/autodiff.py", program("a"))
    course.put("in/john.py", program("b"))
    for options, what in (
        (("--from", "canvas"), "fits what --from canvas expects, for instance 'jane'"),
        (("--from", "moodle"), "fits what --from moodle expects, for instance 'jane'"),
        (("--id", r"^(?P<id>\d+)$"), "fits the pattern given with --id, for instance 'jane'"),
        (("--before", "2026-01-01T00:00+00:00"), "--ref and --before are for git repositories"),
        (("--ref", "main"), "--ref and --before are for git repositories"),
    ):
        assert what in course.grade(course.folder / "in", *options, status=2).stderr
    assert not course.out.exists()


def test_an_archive_that_is_none_is_a_sentence(course: Course) -> None:
    assert "the archive can't be read" in course.grade(course.put("c.zip", b"PK no"), status=2).stderr
    assert "neither a folder nor an archive" in course.grade(course.put("c.txt", b""), status=2).stderr
    assert "is not a regular expression" in course.grade(course.folder, "--id", "(", status=2).stderr
    assert "does not say where the id stands" in course.grade(course.folder, "--id", "x", status=2).stderr


# ---- attempts, roster ---------------------------------------------------------

TRIES = r"^(?P<id>[a-z]+)-try(?P<attempt>\d+)$"


def test_equal_ids_are_refused_until_a_policy_is_chosen(course: Course) -> None:
    for name, number in (("a", 2), ("b", 10), ("c", 9)):
        course.put(f"in/jane-try{number}/autodiff.py", program(name))
    pattern = ("--id", r"^(?P<id>[a-z]+)-try(?P<attempt>\d+)")
    ended = course.grade(course.folder / "in", *pattern, status=2)
    assert "several submissions would be called jane: rename all but one, or say --attempts last|best" in ended.stderr
    assert not course.out.exists()
    course.grade(course.folder / "in", *pattern, "--attempts", "last")
    assert course.graded == {"jane": "b"}


def test_a_name_that_does_not_fit_is_no_attempt_of_whoever_has_it_as_id(course: Course) -> None:
    for name, content in (("jane-try1", "a"), ("jane", "b"), ("bob-try1", "c")):
        course.put(f"in/{name}.py", program(content))
    course.grade(course.folder / "in", "--id", r"^(?P<id>[a-z]+)-try(?P<attempt>\d+)")
    graded = course.graded
    assert "does not fit the pattern" in graded.pop("jane.py")
    assert graded == {"jane": "a", "bob": "c"}


@pytest.mark.slow
def test_the_best_of_several_attempts_counts_and_of_equals_the_last(course: Course) -> None:
    course.put("in/jane-try1/autodiff.py", REFERENCE.encode())
    course.put("in/jane-try2/autodiff.py", program("a"))
    course.put("in/john-try1/autodiff.py", program("b"))
    course.put("in/john-try2/autodiff.py", program("c"))
    course.grade(course.folder / "in", "--id", TRIES, "--attempts", "best")
    jane = report(course.out, "jane")
    assert jane["submission"] == "jane"
    assert jane["score"] == 30
    assert jane["notes"] == ["The best of 2 attempts counts: jane-try1, not the last one."]
    assert course.graded["john"] == "c"
    assert {row["submission"]: row["score"] for row in course.rows} == {"jane": "30", "john": "0"}
    assert not (course.out / ".attempts").exists()
    assert sorted(path.parent.name for path in course.out.glob("*/report.json")) == ["jane", "john"]
    course.run("compare", course.out, "--out", course.folder / "again", "--step", "topological-order")
    assert report(course.folder / "again", "jane")["score"] == 30


@pytest.mark.slow
def test_lateness_is_that_of_the_attempt_that_counts(course: Course) -> None:
    metadata = METADATA.partition("submission_302")[0]
    files: Files = {
        "submission_metadata.yml": metadata + metadata.replace("301", "303").replace("11-20", "11-29"),
        "submission_301/autodiff.py": REFERENCE,
        "submission_303/autodiff.py": program("a"),
    }
    course.grade(course.put("g.zip", zipped(files)), "--from", "gradescope", "--attempts", "best")
    assert report(course.out, "jdoe")["score"] == 30
    policy = course.put("late.yaml", b"due: 2026-11-25T00:00+00:00\nper_day: 1\n")
    course.run("late", course.out, "--policy", policy)
    assert report(course.out, "jdoe")["final"]["score"] == 30
    course.grade(course.folder / "g.zip", "--from", "gradescope", "--attempts", "last")
    course.run("late", course.out, "--policy", policy)
    final = report(course.out, "jdoe")["final"]
    assert [decision["reason"].partition(",")[0] for decision in final["decisions"]] == ["handed in 2026-11-29 10:00+00:00"]


def test_everyone_on_the_roster_has_a_row(course: Course) -> None:
    lines = ["sid;Full name;Email;Group;Moodle", 'jane;"Doe; Jane";j@x;red;201', "kim;Kim;k@x;blue;202", "lee;Lee;l@x;blue;7"]
    roster = course.put("r.csv", "\n".join(lines).encode())
    course.put("in/201/autodiff.py", program("a"))
    course.put("in/blue/autodiff.py", program("b"))
    course.put("in/guest/autodiff.py", program("c"))
    course.grade(course.folder / "in", "--roster", roster, "--id-column", "Moodle")
    assert [(row["submission"], row["status"]) for row in course.rows] == [("201", "graded"), ("blue", "graded"), ("guest", "graded")]
    (course.folder / "in" / "blue" / "autodiff.py").unlink()
    (course.folder / "in" / "blue").rmdir()
    course.out = course.folder / "second"
    shown = course.grade(course.folder / "in", "--roster", roster, "--id-column", "Moodle").stdout
    assert [(row["submission"], row["status"], row["score"]) for row in course.rows] == [
        ("201", "graded", "0"), ("guest", "graded", "0"), ("kim", "missing", ""), ("lee", "missing", ""),
    ]  # fmt: skip
    assert "missing  nothing came in" in shown
    assert not (course.out / "kim").exists()
    into = course.folder / "t.csv"
    course.run("export", course.out, "--to", "csv", "--into", into, "--provisional")
    with into.open(newline="") as file:
        found = [(row["id"], row["submission"], row["name"], row["status"]) for row in csv.DictReader(file)]
    assert found == [
        ("jane", "201", "Doe; Jane", "graded"), ("kim", "", "Kim", "missing"),
        ("lee", "", "Lee", "missing"), ("guest", "guest", "", "graded"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_roster_that_can_do_nothing_is_told(course: Course) -> None:
    course.put("in/jane/autodiff.py", program("a"))
    roster = course.put("r.csv", b"sid,Moodle\n1,jane\n2,kim\n")
    sentence = "nobody on the roster handed in what came in: if its ids are others, name the column that has these with --id-column"
    assert sentence in course.grade(course.folder / "in", "--roster", roster).stderr
    told = course.grade(course.folder / "in", "--roster", roster, "--id-column", "Moodle").stderr
    assert told.startswith("grader: no course secret")  # and nothing else
    assert told.count("\n") == 1
    ended = course.run("cohort", course.folder / "in", "--out", course.folder / "new", "--id-column", "Moodle", status=2)
    assert ended.stderr == "grader: --id-column names a column of a roster: name that too, with --roster\n"
    assert not (course.folder / "new").exists()


def test_two_who_handed_in_together_both_have_the_result(course: Course) -> None:
    roster = course.put("r.csv", b"id,email\nann,ann@example.org\nokan,oz@example.org\njdoe,j@x\n")
    course.grade(course.put("g.zip", zipped(GRADESCOPE)), "--from", "gradescope", "--roster", roster)
    course.run("export", course.out, "--to", "csv", "--into", course.folder / "t.csv", "--provisional")
    with (course.folder / "t.csv").open(newline="") as file:
        assert [(row["email"], row["status"]) for row in csv.DictReader(file)] == [
            ("ann@example.org", "graded"), ("oz@example.org", "graded"), ("j@x", "graded"),
        ]  # fmt: skip


# ---- git ----------------------------------------------------------------------


@pytest.fixture
def clone(course: Course) -> Path:
    """A clone with a commit before the deadline, one after it, a tag on a branch, and changes that were never committed."""
    pytest.importorskip("dulwich", reason="the extra [git] is not installed")
    folder = course.put("in/jane/autodiff.py", program("a")).parent
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    git(folder, "checkout", "-qb", "other")
    (folder / "autodiff.py").write_bytes(program("b"))
    git(folder, "commit", "-qam", "other", at="2026-11-02T12:00:00+00:00")
    git(folder, "tag", "-am", "handed in", "final")
    git(folder, "checkout", "-q", "main")
    (folder / "autodiff.py").write_bytes(program("c"))
    git(folder, "commit", "-qam", "late", at="2026-11-20T12:00:00+00:00")
    git(folder, "gc", "-q")
    (folder / "autodiff.py").write_bytes(program("d"))
    return folder


WHICH = {
    "the folder as it is": ((), "d"),
    "before a deadline": (("--before", "2026-11-10"), "a"),
    "a deadline with a zone": (("--before", "2026-11-20T12:00:00-01:00"), "c"),
    "a branch": (("--ref", "other"), "b"),
    "a tag": (("--ref", "final"), "b"),
    "no such ref": (("--ref", "nowhere"), "There is no branch, tag or commit called 'nowhere'."),
    "nothing in time": (("--before", "2026-10-30"), "There is no commit before the deadline."),
}


@pytest.mark.parametrize("name", slow_after(2, WHICH))
def test_a_clone_is_graded_at_a_ref_or_before_a_deadline(name: str, clone: Path, course: Course) -> None:
    """Where nobody has it, the run ends instead (test_course_mistakes.py): an earlier commit of another student is there for that."""
    options, expected = WHICH[name]
    other = course.put("in/kim/autodiff.py", program("e")).parent
    git(other, "init", "-q", "-b", "nowhere")
    git(other, "add", ".")
    git(other, "commit", "-qm", "first", at="2026-10-01T12:00:00+00:00")
    for branch in ("other", "final"):
        git(other, "branch", branch)
    course.grade(clone.parent, *options)
    assert course.graded == {"jane": expected, "kim": "e"}


def test_bare_repositories_and_bundles_are_graded_and_nothing_of_them_is_run(clone: Path, course: Course) -> None:
    folder = course.folder / "bare"
    folder.mkdir()
    git(clone, "bundle", "create", "-q", str(folder / "bundled.bundle"), "--all")
    git(clone, "clone", "-q", "--bare", str(clone), str(folder / "naked.git"))
    marker = course.folder / "was-run"
    hook = folder / "naked.git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    with (folder / "naked.git" / "config").open("a") as file:
        file.write(f'[core]\n\tfsmonitor = "touch {marker}"\n\tpager = "touch {marker}"\n[include]\n\tpath = /etc/passwd\n')
    git(clone, "clone", "-q", "--bare", "--shared", str(clone), str(folder / "borrowed.git"))
    git(clone, "bundle", "create", "-q", str(folder / "partial.bundle"), "main~1..main")
    (folder / "broken.bundle").write_bytes(b"# v2 git bundle\n\nPACK")
    (folder / "linked.git").mkdir()
    for part in ("HEAD", "objects", "refs"):
        (folder / "linked.git" / part).symlink_to(folder / "naked.git" / part)
    course.grade(folder)
    assert not marker.exists()
    found = course.graded
    assert {name: found[name] for name in ("bundled", "naked")} == {"bundled": "c", "naked": "c"}
    assert found["borrowed"].startswith("The repository leads to other places")
    assert found["partial"].startswith("The bundle holds only a part of the history")
    assert found["broken"].startswith("The repository can't be read")
    assert found["linked"].startswith("The repository holds a link")


def test_with_a_deadline_what_is_no_repository_is_refused_alone(clone: Path, course: Course) -> None:
    course.put("in/john/autodiff.py", program("e"))
    course.grade(clone.parent, "--before", "2026-11-10")
    assert course.graded == {"jane": "a", "john": "john is no git repository, so --ref and --before can't be applied."}
