"""`grader feedback`: archives that a platform takes for upload, read as Moodle and Canvas read them."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from made_reports import made_report, put_reports, unusable


def for_moodle(path: str) -> tuple[int, str] | None:
    """Return whose a file is and what it is called, as Moodle's importer reads it (mod/assign/feedback/file/importziplib.php)."""
    parts = path.split("/")
    while parts:
        words = parts.pop(0).split("_", 4)
        if len(words) >= 4 and words[1].isdigit() and words[2:4] == ["assignsubmission", "file"]:
            return int(words[1]), "/".join([*words[4:5], *parts]).lstrip("/")
    return None


def for_canvas(name: str) -> tuple[str, str] | None:
    """Return the student and the upload, as Canvas reads them (Assignment#infer_comment_context_from_filename)."""
    words = [word for word in name.split("_") if word != "LATE"]
    if words[-1].startswith("link"):
        return None
    numbers = words[1:3] if words[0] == "anon" else [word for word in words if re.fullmatch(r"\d+", word)][:2]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def came_in(out: Path, **names: str | list[str]) -> None:
    """Write down under which names submissions came in, as `grader cohort --from` does."""
    (out / ".course").mkdir()
    listed = {name: [given] if isinstance(given, str) else given for name, given in names.items()}
    facts = {name: {"from": given[-1], "handed_in": None, "names": given, "times": [None], "owners": []} for name, given in listed.items()}
    (out / ".course" / "intake.json").write_text(json.dumps({"kept_at": "", "naming": "", "submissions": facts}), "utf-8")


def handed_back(run: Run, out: Path, target: str, *options: object) -> tuple[dict[str, bytes], str]:
    """Return the files of the archive by name, and what the command said."""
    path = out.with_name("back.zip")
    said = run("feedback", out, "--to", target, "--into", path, *options)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}, said.stdout


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def put_pages(out: Path, *names: str, **more: Any) -> None:
    put_reports(out, *(made_report(name, {"first/easy": 4}, **more) for name in names))
    for name in names:
        (out / name / "report.html").write_text(f"<!doctype html><title>{name}</title>", "utf-8")


def test_moodle_knows_whose_each_page_is(run: Run, out: Path) -> None:
    put_pages(out, "201", "202", "203", "204", "205")
    came_in(
        out,
        **{
            "201": "Jane Doe_201_assignsubmission_file_autodiff.py",
            "202": "Kim_Roe_202_assignsubmission_file_work.zip",
            "203": "Lee Poe_203_assignsubmission_file",
            "204": "Mae Loe_204_assignsubmission_file_",
            "205": "somebody.py",
        },
    )
    found, said = handed_back(run, out, "moodle")
    assert {for_moodle(path) for path in found} == {(201, "report.html"), (202, "report.html"), (203, "report.html"), (204, "report.html")}
    assert found["Lee Poe_203_assignsubmission_file/report.html"] == b"<!doctype html><title>203</title>"
    assert "left out: 205: they did not come in under names that Moodle exports" in said
    assert "Upload multiple feedback files in a zip" in said


def test_canvas_knows_whose_each_page_is(run: Run, out: Path) -> None:
    names: dict[str, str | list[str]] = {
        "101": "doejane_101_5001_autodiff.py",
        "102": "roekim_LATE_102_5003_autodiff.py",
        "103": "poelee_late_103_5004_my_file_7.ipynb",
        "104": "van_der_berg_104_5005_linked.py",
        "9a8b7": "anon_9a8b7_5006_autodiff.py",
        "0a0b0": "anon_late_0a0b0_5008_autodiff-2.tar.gz",
        "106": ["again_106_5010_autodiff.py", "again_106_5011_autodiff-1.py"],
        "110": "withtext_110_text.html",
    }
    put_pages(out, *names)
    came_in(out, **names)
    found, said = handed_back(run, out, "canvas")
    assert {for_canvas(name) for name in found} == {
        ("101", "5001"), ("102", "5003"), ("103", "5004"), ("104", "5005"), ("9a8b7", "5006"), ("0a0b0", "5008"), ("106", "5011"),
    }  # fmt: skip
    assert found["doejane_101_5001_autodiff.html"] == b"<!doctype html><title>101</title>"
    assert all(name.endswith(".html") for name in found)
    assert "left out: 110" in said


def test_a_folder_for_each_person_of_a_group(run: Run, out: Path) -> None:
    put_pages(out, "team-a", "zoe")
    came_in(out)
    (out / ".course" / "roster.csv").write_text("id,name,groups\nann,Ann,team-a\nbob,Bob,team-a\nzoe,Zoe,\neve,Eve,\n", "utf-8")
    found, _ = handed_back(run, out, "folder")
    assert {name: b"team-a" in content for name, content in found.items()} == {
        "ann/report.html": True, "bob/report.html": True, "zoe/report.html": False,
    }  # fmt: skip


def test_to_folder_writes_a_folder_and_an_archive_only_where_its_name_says_so(run: Run, out: Path) -> None:
    put_pages(out, "ann", "bob")
    back = out.with_name("back")
    run("feedback", out, "--to", "folder", "--into", back)
    assert {path.relative_to(back).as_posix() for path in back.rglob("*.*")} == {"ann/report.html", "bob/report.html"}
    assert (back / "ann" / "report.html").read_bytes() == (out / "ann" / "report.html").read_bytes()
    (back / "eve").mkdir()
    (out / "bob" / "report.html").unlink()
    said = run("feedback", out, "--to", "folder", "--into", back).stdout
    assert "was there before, and is none of these reports: eve" in said
    assert {path.relative_to(back).as_posix() for path in back.rglob("*.*")} == {"ann/report.html", "bob/report.md"}
    said = run("feedback", out, "--to", "canvas", "--into", back, status=2).stderr
    assert "canvas takes one archive: name a file" in said


def test_without_a_page_the_report_in_markdown_goes_out_and_equal_reports_make_equal_archives(run: Run, out: Path) -> None:
    put_reports(out, made_report("a", {"first/easy": 4}), unusable("b", "There is no program."))
    found, said = handed_back(run, out, "folder")
    assert found == {"a/report.md": b"# a\n", "b/report.md": b"# b\n"}
    assert "2 of them are Markdown" in said
    first = out.with_name("back.zip").read_bytes()
    handed_back(run, out, "folder")
    assert out.with_name("back.zip").read_bytes() == first


def test_provisional_results_and_names_that_lead_elsewhere_stay(run: Run, out: Path) -> None:
    put_pages(out, "201", "202", provisional=True)
    came_in(out, **{"201": "../x_201_assignsubmission_file_a.py", "202": "Jane\n_202_assignsubmission_file_a.py"})
    said = run("feedback", out, "--to", "folder", "--into", out.with_name("f.zip"), status=2).stderr
    assert "provisional results, which count for nothing yet: 201, 202" in said
    said = run("feedback", out, "--to", "moodle", "--into", out.with_name("f.zip"), "--provisional", status=2).stderr
    assert "holds no report that could go into the archive" in said
    assert not out.with_name("f.zip").exists()
    said = run("feedback", out, "--to", "folder", "--into", out / "201" / "f.zip", "--provisional", status=2).stderr
    assert "is the grader's own" in said
