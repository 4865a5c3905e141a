"""`grader study`: who gets which report, what is logged, what the tables hold, and how a person leaves. All through the command line."""

import csv
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, Run, report, same_but_for_times
from made_reports import made_report, put_reports, unusable
from small_kit import RUBRICS, write_rubric

pytestmark = pytest.mark.slow

BELIEF = {"id": "keeps-one", "says": "Answers like yours come from this belief: “one is enough”."}
NAMES = ("ann", "bob", "cem", "dee", "eve", "fay", "gil", "hal", "ida", "kay", "lou", "jon")
Make = Callable[..., Path]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def put(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def arms(out: Path) -> dict[str, str]:
    study = json.loads((out / ".course" / "study.json").read_text("utf-8"))
    return {name: entry["arm"] for name, entry in study["people"].items()}


def log(out: Path, name: str) -> list[dict[str, Any]]:
    path = out / ".course" / "shown" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def named(out: Path, name: str) -> bool:
    """Return whether report.json, report.md and report.html name a misconception; they agree."""
    found = {BELIEF["says"] in (out / name / file).read_text("utf-8") for file in ("report.json", "report.md", "report.html")}
    assert len(found) == 1
    return found.pop()


@pytest.fixture
def course(run: Run, tmp_path: Path) -> Path:
    """Results of twelve students, of whom the last takes no part; each fails one criterion by the same misconception."""
    out = tmp_path / "out"
    put_reports(out, *(made_report(name, {"first/easy": 4, "first/hard": 0}, diagnoses={"first/hard": BELIEF}) for name in NAMES))
    for name in NAMES:
        put(out / name / "report.html", "")
    put(tmp_path / "consenting.csv", "id,section\n" + "".join(f"{name},{'am' if i % 2 else 'pm'}\n" for i, name in enumerate(NAMES[:-1])))
    run("study", "assign", tmp_path / "consenting.csv", "--out", out, "--vary", "diagnosis", "--stratify", "section", "--seed", "s")
    rewrite(run, out)
    return out


def rewrite(run: Run, out: Path, points: int = 3) -> None:
    """Let a person decide something, after which all reports are written again."""
    run("points", out, put(out.parent / "points.csv", f"id,criterion,points,reason\nann,easy,{points},read it\n"))


@pytest.fixture
def checks(tmp_path: Path) -> tuple[object, ...]:
    """Options with two quick checks: `hal` did not answer the one after, and `dee` the one before."""
    before = "".join(f"{name},{i % 2},{i % 3}\n" for i, name in enumerate(NAMES) if name != "dee")
    after = "".join(f"{name},1,{(i * 7) % 4}\n" for i, name in enumerate(NAMES) if name != "hal")
    files = put(tmp_path / "before.csv", "id,q1,q2\n" + before), put(tmp_path / "after.csv", "id,q1,q2\n" + after + "hal,,\n")
    return "--before", files[0], "--after", files[1]


@pytest.fixture
def tables(run: Run, course: Path, checks: tuple[object, ...], tmp_path: Path) -> Path:
    run("study", "data", course, "--into", tmp_path / "tables", "--key", tmp_path / "keys" / "study.key", *checks)
    return tmp_path / "tables"


# ---- arms ---------------------------------------------------------------------


def test_arms_are_balanced_in_each_stratum_and_depend_on_seed_and_people_alone(run: Run, tmp_path: Path) -> None:
    people = [(f"s{i:02}", "ab"[i % 2] if i < 15 else "c") for i in range(31)]
    found = []
    for folder, order in (("one", people), ("two", people[::-1])):
        text = "id,lab\n" + "".join(f"{name},{lab}\n" for name, lab in order)
        command = ("study", "assign", put(tmp_path / "p.csv", text), "--out", tmp_path / folder, "--vary", "page", "--stratify", "lab")
        run(*command, "--seed", "seed")
        found.append(arms(tmp_path / folder))
    assert found[0] == found[1]
    for lab in "abc":
        counts = Counter(found[0][name] for name, group in people if group == lab)
        assert abs(counts["page"] - counts["no-page"]) <= 1
    assert abs(Counter(found[0].values())["page"] - 15.5) == 0.5


def test_each_person_has_the_same_chance_of_each_arm() -> None:
    from grader.results.study import Study
    from grader.study.assignment import assign

    drawn = [assign(Study("page", f"seed {i}"), dict.fromkeys("abcde", "all"), "").people for i in range(2000)]
    shares = [sum(people[name].arm == "page" for people in drawn) / 2000 for name in "abcde"]
    assert all(abs(share - 0.5) < 0.045 for share in shares)  # four standard errors
    together = sum(people["a"].arm == people["b"].arm for people in drawn) / 2000
    assert abs(together - 0.4) < 0.045  # of five people two and three: 4 of 10 pairs


def test_whoever_has_an_arm_keeps_it_when_others_join(run: Run, course: Path, tmp_path: Path) -> None:
    before = arms(course)
    longer = put(tmp_path / "longer.csv", "id,section\nzoe,am\n" + "".join(f"{name},pm\n" for name in NAMES[1:-1]))
    ended = run("study", "assign", longer, "--out", course, "--vary", "diagnosis", "--stratify", "section")
    assert {name: arm for name, arm in arms(course).items() if name != "zoe"} == before
    assert "ann" in ended.stderr
    for wrong in (("--vary", "page", "--stratify", "section"), ("--vary", "diagnosis", "--stratify", "section", "--seed", "other")):
        assert "holds a study" in run("study", "assign", longer, "--out", course, *wrong, status=2).stderr
    assert arms(course).keys() == before.keys() | {"zoe"}


def test_a_list_without_the_column_or_with_an_empty_cell_is_refused(run: Run, tmp_path: Path) -> None:
    command = ("study", "assign", put(tmp_path / "p.csv", "id,lab\na,x\nb,\n"), "--out", tmp_path / "out", "--vary", "page", "--stratify")
    assert "needs the columns room" in run(*command, "room", status=2).stderr
    assert "no 'lab' here: b" in run(*command, "lab", status=2).stderr
    assert not (tmp_path / "out" / ".course" / "study.json").exists()


# ---- what is shown, and the log -----------------------------------------------


def test_reports_are_as_the_arm_says_and_points_do_not_depend_on_it(course: Path) -> None:
    assert Counter(arms(course).values()) in ({"diagnosis": 5, "no-diagnosis": 6}, {"diagnosis": 6, "no-diagnosis": 5})
    assert {name: named(course, name) for name in NAMES} == {name: arms(course).get(name) != "no-diagnosis" for name in NAMES}
    assert {name: report(course, name)["score"] for name in NAMES} == dict.fromkeys(NAMES, 4)


def test_the_log_says_what_was_written_for_whom_with_the_hash_of_the_report(run: Run, course: Path) -> None:
    for name in NAMES[:-1]:
        [line] = log(course, name)
        assert line["report_sha256"] == hashlib.sha256((course / name / "report.json").read_bytes()).hexdigest()
        assert (line["people"], line["arm"], line["page"]) == ([name], arms(course)[name], True)
        assert line["diagnosis"] == named(course, name)
        assert [found["id"] for found in line["found"]] == ["keeps-one"]
    assert log(course, "jon") == []
    rewrite(run, course, points=2)
    assert [len(log(course, name)) for name in NAMES[:3]] == [2, 1, 1]  # those of the others are the same as before
    assert [line["score"] for line in log(course, "ann")] == [3, 2]
    assert [found["id"] for found in log(course, "ann")[1]["found"]] == ["keeps-one"]


def test_the_class_counts_misconceptions_that_an_arm_hides(run: Run, course: Path) -> None:
    run("class", course)
    [found] = json.loads((course / "class.json").read_text("utf-8"))["misconceptions"]
    assert found["submissions"] == sorted(NAMES)


def test_a_page_is_written_in_one_arm_and_nothing_else_differs(run: Run, kit: Path, tmp_path: Path) -> None:
    write_rubric(kit, RUBRICS["first"])
    works = tmp_path / "in"
    for name in NAMES[:4]:
        put_work(works / name)
    people = put(tmp_path / "p.csv", "id\n" + "\n".join(NAMES[:3]))
    run("study", "assign", people, "--out", tmp_path / "out", "--vary", "page", "--seed", "s")
    run("cohort", works, "--out", tmp_path / "out", "--kit", kit, "--quiet")
    has_page = {name: (tmp_path / "out" / name / "report.html").exists() for name in NAMES[:4]}
    assert has_page == {**{name: arm == "page" for name, arm in arms(tmp_path / "out").items()}, NAMES[3]: True}
    assert len(set(has_page.values())) == 2
    run("cohort", works, "--out", tmp_path / "plain", "--kit", kit, "--quiet")
    for name in NAMES[:4]:
        assert same_but_for_times(report(tmp_path / "out", name)) == same_but_for_times(report(tmp_path / "plain", name))
    scores = [re.sub(r"20\d\d-\S*", "", (tmp_path / out / "grades.csv").read_text("utf-8")) for out in ("out", "plain")]
    assert scores[0] == scores[1]
    assert not (tmp_path / "plain" / ".course" / "shown").exists()


def put_work(folder: Path) -> None:
    folder.mkdir(parents=True)
    put(folder / "autodiff.py", REFERENCE)


def test_a_study_of_diagnoses_refuses_a_run_without_any(run: Run, course: Path, tmp_path: Path) -> None:
    put_work(tmp_path / "in" / "ann")
    ended = run("grade", tmp_path / "in" / "ann", "--out", course, "--no-diagnosis", status=2)
    assert "leave out --no-diagnosis" in ended.stderr


def test_two_of_different_arms_who_hand_in_together_get_the_whole_report(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    put_reports(out, made_report("team1", {"first/easy": 0}, diagnoses={"first/easy": BELIEF}))
    put(out / "team1" / "report.html", "")
    roster = put(tmp_path / "roster.csv", "id,group\na,team1\nb,team1\n")
    run("study", "assign", roster, "--out", out, "--vary", "diagnosis")
    (out / ".course" / "roster.csv").write_bytes(roster.read_bytes())
    run("points", out, put(tmp_path / "points.csv", "id,criterion,points,reason\nteam1,easy,1,read it\n"))
    assert set(arms(out).values()) == {"diagnosis", "no-diagnosis"}
    assert named(out, "team1")
    [line] = log(out, "team1")
    assert (line["people"], line["arm"]) == (["a", "b"], "")
    run("study", "data", out, "--into", tmp_path / "t", "--key", tmp_path / "k")
    assert json.loads((tmp_path / "t" / "design.json").read_text("utf-8"))["together"] == 2


def test_closing_ends_the_log_and_the_arms(run: Run, course: Path) -> None:
    run("study", "close", course)
    rewrite(run, course, points=1)
    assert len(log(course, "ann")) == 1
    assert "holds no study that is not closed" in run("study", "close", course, status=2).stderr


# ---- tables -------------------------------------------------------------------


def test_the_tables_name_nobody_and_agree_with_the_codebook(tables: Path, tmp_path: Path) -> None:
    text = (tables / "codebook.md").read_text("utf-8")
    for path in tables.glob("*.csv"):
        content = path.read_text("utf-8")
        assert not re.search(rf"\b({'|'.join(NAMES)})\b", content), path.name
        assert "2026-" not in content, "a date"
        part = text[text.index(f"## {path.name}") :].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == content.splitlines()[0].split(","), path.name
    key = tmp_path / "keys" / "study.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
    students = rows(tables / "students.csv")
    assert len(students) == 11
    assert sorted(row["student"] for row in students) == [row["student"] for row in students]
    assert {row["status"] for row in students} == {"graded"}
    assert [row["misconception"] for row in rows(tables / "misconceptions.csv")] == ["keeps-one"] * 11
    arm_of = {row["student"]: row["arm"] for row in students}
    shown = {row["student"]: row["shown"] for row in rows(tables / "misconceptions.csv")}
    assert shown == {name: "yes" if arm == "diagnosis" else "no" for name, arm in arm_of.items()}


def test_a_pseudonym_is_a_keyed_digest_and_stays_the_same(run: Run, course: Path, tables: Path, checks: tuple[object, ...]) -> None:
    import hmac

    key = (tables.parent / "keys" / "study.key").read_bytes()
    expected = {f"S-{hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16]}" for name in NAMES[:-1]}
    assert {row["student"] for row in rows(tables / "students.csv")} == expected
    before = {path.name: path.read_bytes() for path in tables.iterdir()}
    run("study", "data", course, "--into", tables, "--key", tables.parent / "keys" / "study.key", *checks)
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == before


def test_the_points_of_the_checks_are_summed_and_missing_answers_stay_missing(run: Run, course: Path, tables: Path) -> None:
    key = (tables.parent / "keys" / "study.key").read_bytes()
    of = {name: row for name in NAMES[:-1] for row in rows(tables / "students.csv") if row["student"] == pseudonym(key, name)}
    assert (of["bob"]["pre"], of["bob"]["post"]) == ("2.0", "4.0")  # 1 + 1; 1 + 7 % 4
    assert (of["dee"]["pre"], of["hal"]["post"]) == ("", "")
    assert json.loads((tables / "design.json").read_text("utf-8"))["most"] == {"before": 3.0, "after": 4.0}
    letters = put(tables.parent / "letters.csv", "id,q1,q2\nann,B,c\nbob,a,\nnobody,a,a\n")
    answers = put(tables.parent / "answers.csv", "question,answer\nQ1,b\nq2,d\n")
    more = ("--key", tables.parent / "k2", "--before", letters, "--after", letters, "--answers", answers)
    ended = run("study", "data", course, "--into", tables.parent / "t2", *more)
    assert "1 rows are of nobody in the study and are left out: nobody" in ended.stderr
    assert sorted(row["pre"] for row in rows(tables.parent / "t2" / "students.csv")) == [""] * 9 + ["0.0", "1.0"]


def pseudonym(key: bytes, name: str) -> str:
    from grader.results.study_erasure import pseudonym

    return pseudonym(key, name)


WRONG_CHECKS = {
    "a word": ("id,q1\nann,yes\n", "c.csv:2: q1: 'yes' is no number of points"),
    "below 0": ("id,q1\nann,-1\n", "is no number of points"),
    "a person twice": ("id,q1\nann,1\nann,0\n", "c.csv:3: ann is there twice"),
    "no question": ("id\nann\n", "c.csv:1: there is no question"),
    "no ids": ("name,q1\nann,1\n", "c.csv:1: it needs the columns id"),
}


@pytest.mark.parametrize("wrong", WRONG_CHECKS)
def test_a_check_that_can_not_be_read_is_refused_with_its_line(run: Run, course: Path, tmp_path: Path, wrong: str) -> None:
    text, says = WRONG_CHECKS[wrong]
    check = put(tmp_path / "c.csv", text)
    assert says in run("study", "data", course, "--into", tmp_path / "t", "--key", tmp_path / "k", "--after", check, status=2).stderr
    assert not (tmp_path / "t").exists()


def test_results_tables_and_key_lie_apart_and_the_key_is_closed_to_others(run: Run, course: Path, tmp_path: Path) -> None:
    def refused(into: Path, key: Path) -> str:
        return str(run("study", "data", course, "--into", into, "--key", key, status=2).stderr)

    assert "neither inside the other" in refused(course / "tables", tmp_path / "k")
    assert "keep the key elsewhere" in refused(tmp_path / "t", tmp_path / "t" / "k")
    assert "keep the key elsewhere" in refused(tmp_path / "t", course / "k")
    (tmp_path / "full").mkdir()
    put(tmp_path / "full" / "letter.txt", "")
    assert "holds other files" in refused(tmp_path / "full", tmp_path / "k")
    put(tmp_path / "open", "x" * 32).chmod(0o644)
    assert f"chmod 600 {tmp_path / 'open'}" in refused(tmp_path / "t", tmp_path / "open")


def test_who_handed_in_nothing_or_nothing_usable_is_in_the_tables(run: Run, tmp_path: Path) -> None:
    out = put_reports(tmp_path / "out", unusable("ann", "It is a picture."))
    run("study", "assign", put(tmp_path / "p.csv", "id\nann\nbob\n"), "--out", out, "--vary", "page")
    run("study", "data", out, "--into", tmp_path / "t", "--key", tmp_path / "k")
    assert sorted((row["status"], row["score"]) for row in rows(tmp_path / "t" / "students.csv")) == [("missing", ""), ("unusable", "")]


# ---- leaving ------------------------------------------------------------------


def test_withdrawing_takes_a_person_out_of_the_study_and_leaves_the_course_alone(run: Run, course: Path, tables: Path) -> None:
    arm, mine = arms(course)["bob"], pseudonym((tables.parent / "keys" / "study.key").read_bytes(), "bob")
    assert mine in (tables / "checks.csv").read_text("utf-8")
    ended = run("study", "withdraw", course, "bob")
    assert "that were printed or published stay" in ended.stderr
    assert "bob" not in arms(course)
    assert log(course, "bob") == []
    assert [path.name for path in tables.glob("*.csv") if mine in path.read_text("utf-8")] == []
    assert (course / "bob" / "report.json").exists()
    assert json.loads((course / ".course" / "study.json").read_text("utf-8"))["withdrawn"] == {arm: 1}
    run("study", "analyse", tables)
    counts = {"no-diagnosis": (1, 0), "diagnosis": (0, 1)}[arm]
    assert f"| erased at their wish | {counts[0]} | {counts[1]} |" in (tables / "analysis.md").read_text("utf-8")
    assert "not in the study: bob" in run("study", "withdraw", course, "bob", status=2).stderr


def test_forgetting_a_student_reaches_arms_log_and_tables(run: Run, course: Path, tables: Path) -> None:
    mine = pseudonym((tables.parent / "keys" / "study.key").read_bytes(), "cem")
    run("forget", course, "cem")
    assert not (course / "cem").exists()
    held = [path for folder in (course, tables) for path in folder.rglob("*") if path.is_file()]
    assert [path for path in held if re.search(rb"\bcem\b", path.read_bytes()) or mine.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("lost", ["tables", "keys"])
def test_what_an_erasure_can_not_reach_is_said(run: Run, course: Path, tables: Path, lost: str) -> None:
    shutil.rmtree(tables.parent / lost)
    ended = run("forget", course, "dee")
    says = "is not there any more" if lost == "tables" else "its key"
    assert says in ended.stderr
    assert "delete the rows of this participant in each copy yourself" in ended.stderr
    assert "dee" not in arms(course)


# ---- power and analysis -------------------------------------------------------


def test_the_analysis_says_what_the_data_bear(run: Run, tables: Path) -> None:
    said = run("study", "analyse", tables).stdout
    text, page = ((tables / f"analysis.{kind}").read_text("utf-8") for kind in ("md", "html"))
    assert "The interval holds 0, so these data do not show which arm did better. They do not show either that the arms are alike" in said
    assert "What a class of this size can show:" in said
    for sentence in ("intention to treat", "not a validated test", "No data can check that.", "1 of those analysed lack the check before"):
        assert sentence in text
        assert sentence in page
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<img|style=|https?://", page)
    again = text
    run("study", "analyse", tables)
    assert (tables / "analysis.md").read_text("utf-8") == again


def test_an_advantage_is_claimed_with_what_could_undo_it(run: Run, tmp_path: Path) -> None:
    """Twelve people an arm, the second better by 4 of 10 points; then seven of it lack the check after."""
    design = {"arms": ["no-page", "page"], "vary": "page", "randomised": {"no-page": 12, "page": 12}, "most": {"after": 10}, "together": 0}
    said = []
    for missing in (0, 7):
        lines = ["student,arm,stratum,status,score,bonus,reports,named,pre,post"]
        for i in range(24):
            post = "" if i % 2 and i < 2 * missing else 2 + (i // 2) % 4 + 4 * (i % 2)
            lines.append(f"S-{i:016x},{design['arms'][i % 2]},all,graded,1,0,1,0,{(i // 2) % 5},{post}")
        put(tmp_path / "students.csv", "\n".join(lines))
        put(tmp_path / "design.json", json.dumps(design))
        said.append(run("study", "analyse", tmp_path).stdout)
    for text in said:
        assert "the data speak for an advantage of the arm page over no-page in this check" in text
        assert "the smaller one fits the data as well as the larger one" in text
    assert ["Missing answers could undo it" in text for text in said] == [False, True]


def test_too_few_or_equal_answers_are_not_analysed(run: Run, tables: Path) -> None:
    students = tables / "students.csv"
    header, *lines = students.read_text("utf-8").splitlines()
    put(students, "\n".join([header, *(re.sub(r",[\d.]*$", ",3", line) for line in lines)]))
    assert "all have the same points in the check after" in run("study", "analyse", tables, status=2).stderr
    put(students, "\n".join([header, *lines[:3]]))
    assert "nothing is computed from fewer than 4 in an arm" in run("study", "analyse", tables, status=2).stderr
    put(students, "\n".join([header, lines[0].replace("diagnosis", "other")]))
    assert "is no arm of this study" in run("study", "analyse", tables, status=2).stderr


def test_power_is_printed_or_written_and_the_same_each_time(run: Run, tmp_path: Path) -> None:
    command = ("study", "power", "--participants", 40, "--runs", 200, "--correlation", 0.5, "--effect", 0.5)
    said = run(*command).stdout
    assert said == run(*command).stdout
    assert "# What a study with 40 participants can show" in said
    assert "Real checks with few questions are not" in said
    run(*command, "--into", tmp_path / "plan")
    assert (tmp_path / "plan" / "power.md").read_text("utf-8").strip() == said.strip()
    assert "default-src 'none'" in (tmp_path / "plan" / "power.html").read_text("utf-8")


def test_without_scipy_a_sentence_names_the_command(run: Run, tmp_path: Path) -> None:
    put(tmp_path / "sitecustomize.py", "import sys\nsys.modules['scipy'] = None\n")
    ended = run("study", "power", "--participants", 40, status=2, preloaded=False, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert "pip install -e '.[study]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_whoever_does_not_use_it_sees_one_line(run: Run) -> None:
    lines = [line.split(maxsplit=1) for line in run("--help").stdout.splitlines() if "study" in line.lower()]
    assert lines == [["study", "Measure whether students learn from their reports."]]
    for command in ("grade", "cohort", "compare", "forget"):
        assert "study" not in run(command, "--help", status=None).stdout.lower()
