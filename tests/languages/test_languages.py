"""Reports in another language: all that students read passes through the catalogues, and no score depends on it.

The language is made up (see `made_up_language`): English in Cyrillic letters. So a Latin word in a report is code, or was left in the code.
"""

import ast
import html
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, report
from made_reports import without_words
from made_up_language import fill, translated

from grader.messages import retold
from grader.pull_requests.course_ci.comment_page import OFFICIAL, PROVISIONAL, About, scored, unscored
from grader.pull_requests.plan import PLAN, SCHEMA, Entry
from grader.rubric.words import english

LANGUAGE = "qaa"
WRONG = {name: (SUBMISSIONS / "wrong" / f"{name}.py").read_text("utf-8") for name in (
    "sub-partials-both-one", "order-breadth-first", "stale-second-sweep",
)}  # fmt: skip
WORKS = {
    **{name: text.encode() for name, text in WRONG.items()},
    "starter": (ROOT / "starter" / "autodiff.py").read_bytes(),
    "nothing": b"",
    "picture": b"\x89PNG\r\n",
}
NEW = "Made from report.json, which lies beside this page. It has no script and loads nothing."
"""An English text that was changed after it was translated."""
BELIEFS = ("order-level-by-level", "sub-partials-both-one")
FAMILIES = {"chain", "doubled", "ladder", "comb", "cycle", "sweeps", "combine", "nested"}
"""Words of the rubric's own notation for cases, and in it."""


def names_in(source: str) -> set[str]:
    """Return the Latin words of which a program's names are made."""
    found: set[str] = set()
    for part in ast.walk(ast.parse(source)):
        for name in ("id", "attr", "arg", "name", "asname"):
            found |= set(re.findall("[A-Za-z]+", str(getattr(part, name, "") or "")))
    return found


CODE = {
    *names_in(REFERENCE), *(name for text in WRONG.values() for name in names_in(text)), *FAMILIES,
    *re.findall("[a-z]+", " ".join(WORKS)), "bwrap", "core", "input", "array", "autodiff", "py", "return",
}  # fmt: skip
"""Latin words that reports may hold: names in the programs, exceptions, the submissions' ids and the sandbox's name."""


@pytest.fixture(scope="module")
def spoken(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with a whole translation, made as a translator makes one."""
    kit = tmp_path_factory.mktemp("languages") / "kit"
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, kit / part, ignore=shutil.ignore_patterns("misconceptions"))
    (kit / "reference" / "misconceptions").mkdir()
    for name in BELIEFS:
        shutil.copy(ROOT / "reference" / "misconceptions" / f"{name}.yaml", kit / "reference" / "misconceptions")
    begun = run("rubric", "language", LANGUAGE, "--kit", kit).stdout
    assert re.search(r"(\d+) texts, 0 translated, \1 missing", begun)
    fill(kit, LANGUAGE)
    return kit


@pytest.fixture(scope="module")
def graded(run: Run, spoken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of results `out` in the made-up language, and `english` beside it: the same answers, compared again."""
    folder = tmp_path_factory.mktemp("graded")
    works = folder / "works"
    for name, content in WORKS.items():
        (works / name).mkdir(parents=True)
        (works / name / "autodiff.py").write_bytes(content)
    put_course(folder, spoken, "works", language=LANGUAGE)
    ended = run("cohort", "--diagnosis", "--kit", spoken, cwd=folder)
    assert "stands" not in ended.stderr  # nothing falls back
    run("compare", folder / "out", "--kit", spoken, "--out", folder / "english", "--diagnosis", "--quiet")
    return folder


def put_course(folder: Path, kit: Path, submissions: str, **more: str) -> None:
    from grader import __version__

    course = {"course": "Made up", "kit": __version__, "submissions": submissions, "out": "out", **more}
    (folder / "course.yaml").write_text(yaml.safe_dump(course), "utf-8")


@cache
def case_ids() -> re.Pattern[str]:
    """Return what matches the names of cases, of a criterion that a decision is on, and of the sandbox where none was needed."""
    found = {"node-creation/values", "none needed"}
    for path in (ROOT / "rubrics").glob("*.yaml"):
        found |= set(re.findall(r"^\s+(?:- )?([a-z0-9]+(?:-[a-z0-9]+)+):", path.read_text("utf-8"), flags=re.MULTILINE))
    return re.compile("|".join(sorted(map(re.escape, found), key=len, reverse=True)))


def latin(text: str) -> set[str]:
    """Return the Latin words in a text that are no code: those that passed through no catalogue.

    Python's own exceptions are left out, and a name may be cut short.
    """
    text = case_ids().sub("", text)
    text = re.sub(r"[0-9a-f]{16,}|\d{4}-\d\d-\d\dT[\d:+]+", "", text)
    text = re.sub(r"\b[A-Z]\w*Error(: .*?(?= ?\(автодифф|\n|$))?", "", text)
    words = re.findall(r"[A-Za-z]{2,}(?: ?\.\.\.|…)?", text)
    return {
        word for word in words if not (word in CODE or (word[-1] in ".…" and any(name.startswith(word.rstrip(" .…")) for name in CODE)))
    }


def shown(page: str) -> str:
    """Return what a page shows or says aloud."""
    page = re.sub(r"<style>.*?</style>|<meta[^>]*>", "", page, flags=re.DOTALL)
    aloud = re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *aloud]))


def texts_in(part: Any, key: str = "") -> Iterator[str]:
    """Yield the texts that a report.json holds for readers; ids, kinds and provenance are for programs."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name not in ("provenance", "schema", "status", "outcome", "id", "paid_by", "language", "submission", "starter"):
                yield from texts_in(inner, name)
    elif isinstance(part, list):
        for inner in part:
            yield from texts_in(inner, key)
    elif isinstance(part, str) and key in TEXTS:
        yield part


TEXTS = ("notes", "title", "says", "message", "why", "hint", "called", "expected", "got", "wrong")


# ---- every text ---------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
def test_no_english_is_left_in_what_a_student_reads(name: str, graded: Path) -> None:
    found = report(graded / "out", name)
    folder, words = graded / "out" / name, json.loads((graded / "out" / ".sentences.json").read_text("utf-8"))
    found["notes"] = [retold(words, note) for note in found["notes"]]  # as traces hold them; retold where they are shown
    page = scored if found["status"] == "graded" else lambda report, about, words: unscored("", about, words)
    told = {
        "report.md": (folder / "report.md").read_text("utf-8"),
        "report.html": shown((folder / "report.html").read_text("utf-8")),
        "report.json": "\n".join(texts_in(found)),
        "official comment": page(found, About(OFFICIAL, "0" * 40, notes=(words["comment.no_actions"],)), words),
        "provisional comment": page(found, About(PROVISIONAL, "0" * 40, full=100), words),
        "comment without a score": unscored(words["public.no_result"], About(OFFICIAL, ""), words),
    }
    assert {place: left for place, text in told.items() if (left := latin(text))} == {}
    assert len(re.findall("[а-я]+", told["report.html"])) > (10 if name in ("picture", "nothing") else 100)
    assert '<html lang="qaa">' in (folder / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_the_terminal_speaks_the_language_as_well(run: Run, spoken: Path, graded: Path, tmp_path: Path) -> None:
    trace = graded / "out" / ".traces" / "order-breadth-first.json"
    printed = run("compare", trace, "--kit", spoken, "--out", tmp_path, "--language", LANGUAGE).stdout
    assert latin(" ".join(printed[: printed.index("\nReports: ")].split())) == set()
    assert translated("points") in printed


@pytest.mark.slow
def test_a_decision_of_a_person_is_written_in_the_language_of_the_run(run: Run, graded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(graded / "out", out)
    (tmp_path / "points.csv").write_text("id,criterion,points,reason\nstarter,node-creation/values,2,0\n", "utf-8")
    run("points", out, tmp_path / "points.csv", "--by", "0")
    folder = out / "starter"
    assert latin((folder / "report.md").read_text("utf-8")) == set()
    assert latin(shown((folder / "report.html").read_text("utf-8"))) == set()
    assert translated("What counts") in (folder / "report.md").read_text("utf-8")
    assert latin(str(report(out, "starter")["steps"][0]["title"])) == set()


def test_the_public_repository_ci_speaks_the_language(run: Run, spoken: Path, tmp_path: Path) -> None:
    run("release", tmp_path / "ci", "--ci", "--kit", spoken, "--language", LANGUAGE)
    grading = json.loads((tmp_path / "ci" / "grading.json").read_text("utf-8"))
    texts = [re.sub(r"\{\w+\}", "", text) for text in grading["words"].values()]
    assert len(texts) > 50
    assert [text for text in texts if re.search("[A-Za-z]{2}", text)] == []
    assert [step["title"] for step in grading["steps"]][:1] == [translated("Node creation")]


@pytest.mark.slow
def test_the_official_result_on_a_pull_request_speaks_the_language(run: Run, spoken: Path, graded: Path, tmp_path: Path) -> None:
    entries = []
    (tmp_path / "traces").mkdir()
    for number, name in enumerate(("order-breadth-first", "picture", "nothing"), start=1):
        trace = graded / "out" / ".traces" / f"{name}.json"
        shutil.copy(trace, tmp_path / "traces")
        sha256 = json.loads(trace.read_text("utf-8"))["submission_sha256"]
        entries.append(asdict(Entry(name, "0/0", number, "0" * 40, "0", sha256, ran=False)))
    entries.append(asdict(Entry("lost", "0/0", 9, "0" * 40, "0", "0" * 64)))
    entries.append(asdict(Entry("gone", "0/0", 10, "0" * 40, "0", problem="There is no autodiff.py at this commit.")))
    (tmp_path / PLAN).write_text(json.dumps({"schema": SCHEMA, "at": 0, "kit": "0", "entries": entries}), "utf-8")
    run("pr", "post", tmp_path, "--prepare-only", "--kit", spoken, "--language", LANGUAGE, "--no-diagnosis", "--jobs", 1)
    items = {path.stem: json.loads(path.read_text("utf-8")) for path in (tmp_path / "outbox").glob("*.json")}
    assert len(items) == len(entries)
    for name, item in items.items():
        marks = [text for mark in item["annotations"] for text in mark[2:4]]
        titles = [re.sub(": [a-z_]+$", "", text) for text in marks]  # a title ends in the criterion's id
        assert [text for text in (item["page"], item["title"], *titles) if latin(text)] == [], name
    assert items["order-breadth-first"]["annotations"] != []


# ---- scores -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
def test_outcomes_points_and_diagnoses_are_those_of_the_english_report(name: str, graded: Path) -> None:
    spoken, plain = (report(graded / out, name) for out in ("out", "english"))
    assert without_words(spoken) == without_words(plain)
    assert spoken["language"] == LANGUAGE
    assert "language" not in plain
    assert latin("\n".join(texts_in(plain))) != set()
    assert [note for note in spoken["notes"] if note in plain["notes"]] == plain["notes"]  # decisions are on these words
    assert spoken["provenance"]["rubric_sha256"] != plain["provenance"]["rubric_sha256"]


@pytest.mark.slow
def test_a_diagnosis_is_told_in_the_language(graded: Path) -> None:
    criteria = [c for step in report(graded / "out", "order-breadth-first")["steps"] for c in step["criteria"]]
    told = {criterion["diagnosis"]["says"] for criterion in criteria if criterion["diagnosis"]}
    belief = yaml.safe_load((ROOT / "reference" / "misconceptions" / "order-level-by-level.yaml").read_text("utf-8"))["believes"]
    assert [translated(belief.strip()) in says for says in told] == [True]


@pytest.mark.slow
def test_the_plan_in_the_cache_knows_no_language(run: Run, spoken: Path, graded: Path, tmp_path: Path, shared_folder: Path) -> None:
    plans = sorted((shared_folder / "cache" / "autodiff-kit").glob("plan-*.json"))
    trace = graded / "out" / ".traces" / "starter.json"
    run("compare", trace, "--kit", spoken, "--out", tmp_path, "--language", LANGUAGE, "--quiet")
    assert sorted((shared_folder / "cache" / "autodiff-kit").glob("plan-*.json")) == plans
    assert not any(re.search("[а-я]", path.read_text("utf-8")) for path in plans)


# ---- the catalogue ------------------------------------------------------------


@pytest.fixture
def damaged(spoken: Path, tmp_path: Path) -> Path:
    """A kit whose translation lacks a text, has one of an earlier English, one with a wrong part, and one that nobody knows."""
    kit = tmp_path / "kit"
    shutil.copytree(spoken, kit)
    folder = kit / "rubrics" / "languages" / LANGUAGE
    share, steps = json.dumps(translated("share"), ensure_ascii=False), json.dumps(translated("step"), ensure_ascii=False)
    words, sentences = folder / "words.yaml", folder / "sentences.yaml"
    text = words.read_text("utf-8")
    assert text.count(f"text: {share}") == 1
    text = text.replace(f"text: {share}", 'text: ""').replace(
        "  go_through:\n", f"  go_thru:\n    hash: '1'\n    text: {steps}\n  go_through:\n"
    )
    words.write_text(text, "utf-8")
    text = sentences.read_text("utf-8")
    sentences.write_text(text.replace(translated("a {kind}"), translated("a {kin}")), "utf-8")
    own = kit / "rubrics" / "feedback" / "words.yaml"
    own.write_text(own.read_text("utf-8").replace("It holds no script", "It has no script"), "utf-8")
    return kit


def test_a_check_names_what_is_missing_stale_broken_and_unknown(run: Run, damaged: Path) -> None:
    *told, last = run("rubric", "language", LANGUAGE, "--check", "--kit", damaged, status=1).stdout.splitlines()
    place = damaged / "rubrics" / "languages" / LANGUAGE
    expected = (
        (
            "sentences",
            "broken: sentences.values.foreign: values.foreign has no part {kin}: did you mean 'kind'?; values.foreign lacks {kind}",
        ),
        ("words", "missing: words.page.share: translate 'share'"),
        ("words", f'stale: words.page.made_from: the English is now {NEW!r}: translate it again, with hash: "'),
        ("words", "unknown: words.drawing.go_thru: no English text has this name: remove it"),
    )
    for line, (file, says) in zip(told, expected, strict=True):
        found = re.fullmatch(r"(.+):(\d+):\d+: (.+)", line)
        assert found
        assert (found[1], found[3][: len(says)]) == (f"{place}/{file}.yaml", says)
        assert "text:" in (place / f"{file}.yaml").read_text("utf-8").splitlines()[int(found[2]) - 1]
    assert re.search(r"\d+ texts, \d+ translated, 1 broken, 1 missing, 1 stale, 1 unknown$", last)
    data = json.loads(run("rubric", "language", LANGUAGE, "--check", "--json", "--kit", damaged, status=1).stdout)
    assert {kind: [one["key"] for one in data[kind]] for kind in ("missing", "stale", "broken", "unknown")} == {
        "missing": ["words.page.share"], "stale": ["words.page.made_from"], "broken": ["sentences.values.foreign"],
        "unknown": ["words.drawing.go_thru"],
    }  # fmt: skip
    assert data["translated"] == data["texts"] - 3


@pytest.mark.slow
def test_what_does_not_count_is_said_in_english_and_all_else_in_the_language(run: Run, damaged: Path, graded: Path, tmp_path: Path) -> None:
    trace = graded / "out" / ".traces" / "order-breadth-first.json"
    ended = run("compare", trace, "--kit", damaged, "--out", tmp_path, "--language", LANGUAGE, "--quiet")
    assert "language qaa: 1 missing, 1 stale, 1 broken, 1 unknown, which are shown in English: `grader rubric language qaa" in ended.stderr
    page = shown((tmp_path / "order-breadth-first" / "report.html").read_text("utf-8"))
    assert NEW in page
    assert latin(page.replace(NEW, "")) == {"share"}


def test_writing_again_keeps_translations_and_shows_the_hash_of_a_stale_one(run: Run, damaged: Path) -> None:
    folder = damaged / "rubrics" / "languages" / LANGUAGE
    before = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml")}
    run("rubric", "language", LANGUAGE, "--kit", damaged)
    after = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yaml")}
    stale, was = after["words.yaml"]["page"]["made_from"], before["words.yaml"]["page"]["made_from"]
    assert stale["english"] == NEW
    assert stale["text"] == was["text"]
    assert stale["now"] != stale["hash"] == was["hash"]
    assert after["words.yaml"]["drawing"]["go_thru"]["text"] == translated("step")
    stale |= {"english": was["english"]}
    del stale["now"]
    assert after == before


def test_faults_of_a_catalogue_are_told_with_their_places(run: Run, spoken: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    shutil.copytree(spoken, kit)
    path = kit / "rubrics" / "languages" / LANGUAGE / "words.yaml"
    path.write_text("page:\n  share:\n    text: x\n  share:\n    text: y\n    hash: '1'\n    texts: z\n", "utf-8")
    ended = run("grade", ROOT / "starter" / "autodiff.py", "--kit", kit, "--out", tmp_path / "out", "--language", LANGUAGE, status=2)
    assert f"{path}:4:3: the key 'share' appears twice: remove one" in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("language", "says"),
    {
        "one that is not there": ("de", "there is no language 'de': "),
        "no name of a language": ("../de", "'../de' is not the name of a language, such as de or pt-BR"),
    }.values(),
)
def test_an_unknown_language_is_refused_before_anything_runs(language: str, says: str, run: Run, spoken: Path, tmp_path: Path) -> None:
    ended = run("grade", ROOT / "starter" / "autodiff.py", "--kit", spoken, "--out", tmp_path / "out", "--language", language, status=2)
    assert says in ended.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_translation_of_nothing_leaves_the_english_report(run: Run, kit: Path, graded: Path, tmp_path: Path) -> None:
    run("rubric", "language", "qab", "--kit", kit)
    trace = graded / "out" / ".traces" / "starter.json"
    texts = []
    for language in ("qab", "en"):
        run("compare", trace, "--kit", kit, "--out", tmp_path / language, "--language", language, "--quiet")
        texts.append(re.sub("graded .*", "", (tmp_path / language / "starter" / "report.md").read_text("utf-8")))
    assert texts[0] == texts[1]


def test_the_words_of_the_checkout_have_no_section_of_the_sentences() -> None:
    files = [yaml.safe_load((ROOT / "rubrics" / "feedback" / f"{name}.yaml").read_text("utf-8")) for name in ("sentences", "words")]
    assert set(files[0]) & set(files[1]) == set()
    assert set(english()) == {f"{section}.{name}" for file in files for section, names in file.items() for name in names}


# ---- sentences of the intake ----------------------------------------------------


def templates(folder: Path) -> Iterator[str]:
    """Yield the sentences in the code of a folder, with `#` for each part. A sentence begins with a capital letter or a part."""
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inner = {id(part) for whole in ast.walk(tree) if isinstance(whole, ast.JoinedStr) for part in ast.walk(whole) if part is not whole}
        documented = {id(part.value) for part in ast.walk(tree) if isinstance(part, ast.Expr)}
        raised = {
            id(part) for call in ast.walk(tree) if isinstance(call, ast.Call) and "KitFault" in ast.dump(call.func) for part in call.args
        }
        for part in ast.walk(tree):
            if id(part) in inner | documented | raised:
                continue
            text = ""
            if isinstance(part, ast.JoinedStr):
                text = "".join(str(one.value) if isinstance(one, ast.Constant) else "#" for one in part.values)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                text = part.value
            if re.match(r"[A-Z#]", text) and text.endswith(".") and " " in text:
                yield text


def test_every_sentence_that_the_intake_writes_is_in_the_catalogue() -> None:
    known = {re.sub(r"\{\w+\}", "#", text) for name, text in english().items() if name.startswith("intake.")}
    sentences = list(templates(ROOT / "grader" / "intake"))
    assert len(sentences) > 40
    assert [text for text in sentences if not any(fits(text, one) or fits(one, text) or one.endswith(f". {text}") for one in known)] == []


def fits(pattern: str, text: str) -> bool:
    """Return whether a sentence is a pattern with something in place of each `#`."""
    return bool(re.fullmatch("[^.]+?".join(map(re.escape, pattern.split("#"))), text))


# ---- words of the kit's own -----------------------------------------------------


def test_a_fault_in_the_words_is_told_with_its_place(run: Run, kit: Path) -> None:
    words = kit / "rubrics" / "feedback" / "words.yaml"
    text = words.read_text("utf-8").replace("All {count} core", "All {number} core")
    words.write_text(text, "utf-8")
    line = text[: text.index("All {number}")].count("\n") + 1
    faults = run("rubric", "check", "--kit", kit, status=2).stderr.splitlines()
    assert faults == [
        f"{words}:{line}:12: page.all_met has no part {{number}}: known are count",
        f"{words}:{line}:12: page.all_met lacks {{count}}",
        "2 fault(s) in the rubric.",
    ]


@pytest.mark.slow
def test_a_kit_without_words_of_its_own_speaks_in_ours(run: Run, kit: Path, graded: Path, tmp_path: Path) -> None:
    (kit / "rubrics" / "feedback" / "words.yaml").unlink()
    run("compare", graded / "out" / ".traces" / "nothing.json", "--kit", kit, "--out", tmp_path / "out", "--quiet")
    page = shown((tmp_path / "out" / "nothing" / "report.html").read_text("utf-8"))
    assert english()["page.made_from"] in page


@pytest.mark.slow
def test_a_check_of_the_rubric_says_which_languages_are_not_whole(run: Run, damaged: Path) -> None:
    told = run("rubric", "check", "--kit", damaged).stdout
    assert "note: language qaa: 1 missing, 1 stale, 1 broken, 1 unknown, which are shown in English" in told


@pytest.mark.slow
def test_results_of_an_earlier_version_without_words_get_english_ones(run: Run, graded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(graded / "english", out)
    kept = json.loads((out / ".sentences.json").read_text("utf-8"))
    (out / ".sentences.json").write_text(json.dumps({key: text for key, text in kept.items() if not key.startswith("decisions.")}), "utf-8")
    (tmp_path / "points.csv").write_text("id,criterion,points,reason\nstarter,node-creation/values,2,tried\n", "utf-8")
    run("points", out, tmp_path / "points.csv", "--by", "ada")
    assert "**What counts: 2** of 100 points" in (out / "starter" / "report.md").read_text("utf-8")
