"""What students read of eleven real mistakes is kept in tests/golden/, terminal and Markdown, and says what it promises to say.

After a change of wording: `UPDATE_GOLDEN=1 python -m pytest tests/report/test_feedback.py`, then read the difference as a student would.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import REFERENCE, ROOT, SUBMISSIONS, Run, cores, report, selected, slow_but
from made_reports import without_words
from markdown_it import MarkdownIt

from grader.messages import PLACEHOLDER
from grader.model import OUTCOMES
from grader.rubric import sentences
from grader.rubric.yaml_reader import Marked

GOLDEN = ROOT / "tests" / "golden"
WRONG, COHORT = SUBMISSIONS / "wrong", ROOT / "examples" / "cohort"
# name -> the work, and the steps that are shown of it: those of which the words don't depend on the Python that runs
MISTAKES = {
    "sub-partials-both-one": (WRONG / "sub-partials-both-one.py", ["node-creation"]),
    "order-breadth-first": (WRONG / "order-breadth-first.py", ["topological-order"]),
    "root-omitted": (WRONG / "root-omitted.py", ["topological-order"]),
    "stale-second-sweep": (WRONG / "stale-second-sweep.py", ["forward"]),
    "slices-an-iterator": (WRONG / "slices-an-iterator.py", ["forward"]),
    "kofi-b": (COHORT / "kofi-b", ["topological-order"]),
    "jun-wei": (COHORT / "jun-wei", ["forward"]),
    "devika-r": (COHORT / "devika-r", ["topological-order", "forward"]),
    "clears-the-screen": (GOLDEN / "clears-the-screen.py", ["forward"]),
    "mateo-v": (COHORT / "mateo-v", ["topological-order"]),
    "loading-stops-before-forward": (SUBMISSIONS / "right" / "loading-stops-before-forward.py", ["forward"]),
}
LABELS = ("called", "expected", "got", "why", "next", "perhaps")
RUBRICS = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((ROOT / "rubrics").glob("*.yaml"))]
CRITERIA = [criterion for rubric in RUBRICS for criterion in rubric["criteria"]]
SENTENCES = yaml.safe_load((ROOT / "rubrics" / "feedback" / "sentences.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Told:
    """What one student reads, without times and hashes, and the report it comes from."""

    terminal: str
    markdown: str
    report: dict[str, Any]


QUICK = {"order-breadth-first", "sub-partials-both-one", "root-omitted", "mateo-v"}
"""What the quick layer looks at: a wrong order, a wrong partial, exceptions, and a file that Python cannot read."""


@pytest.fixture(scope="module")
def traces(
    request: pytest.FixtureRequest, run: Run, jury: Callable[[Iterable[Path]], Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The traces of those of the eleven mistakes that the selected tests look at."""
    own = tmp_path_factory.mktemp("collected")
    run("collect", *(path for path, _ in MISTAKES.values() if path.parent == GOLDEN), "--out", own, "--quiet")
    names = selected(request, "name") or MISTAKES.keys()
    out = jury([path for name, (path, _) in MISTAKES.items() if name in names and path.parent != GOLDEN])
    folders = {name: own if path.parent == GOLDEN else out / path.parent.name / ".traces" for name, (path, _) in MISTAKES.items()}
    return {name: folder / f"{name}.json" for name, folder in folders.items() if name in names}


@pytest.fixture(scope="module", params=["named", pytest.param("all", marks=pytest.mark.slow)])
def misconceptions(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit with all misconceptions, or with those alone that the golden texts name: asking all of them takes its time."""
    if request.param == "all":
        return ROOT
    folder = tmp_path_factory.mktemp("kit")
    for part in ("reference", "rubrics"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("misconceptions"))
    texts = "".join(path.read_text("utf-8") for path in GOLDEN.glob("*.md"))
    (folder / "reference" / "misconceptions").mkdir()
    for path in (ROOT / "reference" / "misconceptions").glob("*.yaml"):
        if f"“{yaml.safe_load(path.read_text('utf-8'))['believes'].strip()}”" in texts:
            shutil.copy(path, folder / "reference" / "misconceptions")
    return folder


@pytest.fixture(scope="module")
def told(run: Run, traces: dict[str, Path], misconceptions: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Show the ten mistakes from the command line, each alone as its student would, with diagnosis."""
    out, found = tmp_path_factory.mktemp("feedback"), {}
    for name, trace in traces.items():
        chosen = [word for step in MISTAKES[name][1] for word in ("--step", step)]
        printed = run("compare", trace, "--kit", misconceptions, "--out", out, "--diagnosis", "--jobs", cores(), *chosen).stdout
        terminal = masked(printed[: printed.index("\nReports: ")])
        found[name] = Told(terminal, masked((out / name / "report.md").read_text("utf-8")), report(out, name))
    if os.environ.get("UPDATE_GOLDEN"):
        for name, one in found.items():
            (GOLDEN / f"{name}.txt").write_text(one.terminal, "utf-8")
            (GOLDEN / f"{name}.md").write_text(one.markdown, "utf-8")
    return found


def masked(text: str) -> str:
    text = re.sub(r"^Submission .*", "Submission (masked).", text, flags=re.MULTILINE)
    text = re.sub(r"Python \d+\.\d+\.\d+", "Python 3.x", text)
    # Which line of a recursive function meets the limit depends on the version of Python.
    text = re.sub(r"(recursion depth exceeded\s+\(autodiff\.py, line )\d+", r"\1NN", text)
    return re.sub(r"within \S+ s of CPU", "within (masked) s of CPU", text)


def blocks(text: str, head: str) -> Iterator[list[str]]:
    """Yield the lines that stand below each line that begins with `head`, up to the next that does or an empty one."""
    for part in re.split(rf"^(?={head})", text, flags=re.MULTILINE)[1:]:
        yield part.split("\n\n")[0].rstrip("\n").split("\n")


HEADS = {"terminal": rf" {{4}}(?:{'|'.join(OUTCOMES)}) ", "markdown": r"- \["}


@pytest.mark.parametrize("kind", [".txt", ".md"])
@pytest.mark.parametrize("name", slow_but(QUICK, MISTAKES))
def test_what_a_student_reads_is_what_was_approved(name: str, kind: str, told: dict[str, Told]) -> None:
    one = told[name]
    assert (one.terminal if kind == ".txt" else one.markdown) == (GOLDEN / f"{name}{kind}").read_text("utf-8")


def test_the_golden_folder_holds_nothing_else() -> None:
    expected = {f"{name}{kind}" for name in MISTAKES for kind in (".txt", ".md")} | {"clears-the-screen.py"}
    assert {path.name for path in GOLDEN.iterdir() if path.is_file()} == expected


@pytest.mark.slow
def test_the_mistakes_show_every_outcome_every_core_step_and_every_kind_of_note(told: dict[str, Told]) -> None:
    steps = [step for one in told.values() for step in one.report["steps"]]
    criteria = [criterion for step in steps for criterion in step["criteria"]]
    assert {criterion["outcome"] for criterion in criteria} == set(OUTCOMES)
    assert {step["id"] for step in steps} == {"node-creation", "topological-order", "forward"}
    assert {criterion["public"] for criterion in criteria if criterion["outcome"] == "fail"} == {True, False}
    assert {criterion["diagnosis"]["id"] for criterion in criteria if criterion["diagnosis"]} > {"order-level-by-level"}
    notes = sorted(masked(note) for one in told.values() for note in one.report["notes"])
    assert [note[:15] for note in notes] == ["Python 3.x can'", "Python cannot i"]


@pytest.mark.parametrize("name", slow_but(QUICK, MISTAKES))
def test_a_criterion_takes_at_most_six_lines_and_says_all_that_is_promised(name: str, told: dict[str, Told]) -> None:
    one, criteria = told[name], [criterion for step in told[name].report["steps"] for criterion in step["criteria"]]
    for place, text in (("terminal", one.terminal), ("markdown", one.markdown)):
        shown, told_before = list(blocks(text, HEADS[place])), set[str]()
        assert len(shown) == len(criteria)
        for criterion, (_, *lines) in zip(criteria, shown, strict=True):
            assert len(lines) <= 6, lines
            assert place == "markdown" or max(map(len, lines), default=0) <= 120
            promised = promises(criterion, told_before)
            if place == "terminal" and criterion["diagnosis"]:
                promised -= {"why"}  # left out where the diagnosis takes its lines
            words = " ".join(lines)
            assert {label for label in promised if not re.search(rf"(?<!\w){label}\b", words)} == set(), lines


def promises(criterion: dict[str, Any], told_before: set[str]) -> set[str]:
    """Return the labels that a report shows of a criterion that did not pass; it shows no answer or advice twice."""
    if criterion["outcome"] == "pass" or not criterion["message"]:
        return set()
    if criterion["outcome"] == "unwritten":
        return {"Not written yet", "why"}
    advice = criterion["diagnosis"]["says"] if criterion["diagnosis"] else criterion["hint"]
    new = {"why"} | ({"perhaps" if criterion["diagnosis"] else "next"} if advice not in told_before else set())
    answer = next((f"{case['called']} {case['expected']} {case['got']}" for case in criterion["cases"] if case["outcome"] != "pass"), "")
    if criterion["public"] and answer not in told_before:
        new |= {"called", "expected", "got"}
    told_before |= {advice, answer}
    return new


def test_the_markdown_holds_what_the_terminal_cuts(told: dict[str, Told]) -> None:
    cut = 0
    for one in told.values():
        for criterion in (criterion for step in one.report["steps"] for criterion in step["criteria"]):
            case = next((case for case in criterion["cases"] if case["outcome"] != "pass"), None)
            if case and criterion["message"] and criterion["outcome"] != "unwritten":
                cut += case["called"] not in " ".join(one.terminal.split())
                assert masked(case["called"]) in one.markdown
                assert masked(case["got"]) in one.markdown
    assert cut >= 2  # each text is shown once, so there are fewer that could be cut


# ---- the sentences ------------------------------------------------------------


def all_sentences() -> list[str]:
    own = [text for section in SENTENCES.values() for text in section.values()]
    return own + [criterion[key] for criterion in CRITERIA for key in ("says", "why", "hint")]


def test_no_line_of_a_solution_stands_in_a_sentence_or_in_what_students_read() -> None:
    regions, inside = [], False
    for line in map(str.strip, REFERENCE.splitlines()):
        if line in ("### BEGIN SOLUTION", "### END SOLUTION"):
            inside = line == "### BEGIN SOLUTION"
        elif inside:
            regions.append(line)
    solution = {line for line in regions if len(line) > 12}
    assert len(solution) > 30
    golden = [path.read_text("utf-8") for path in GOLDEN.iterdir() if path.suffix in (".txt", ".md")]
    assert len(golden) == 2 * len(MISTAKES)
    assert [line for line in solution for text in (*all_sentences(), *golden) if line in text] == []


def test_every_criterion_says_in_one_line_why_it_matters_and_in_two_what_to_look_at() -> None:
    assert [criterion["id"] for criterion in CRITERIA if not len(criterion["why"]) <= 104] == []
    assert [criterion["id"] for criterion in CRITERIA if not len(criterion["hint"]) <= 125] == []
    assert len({criterion["why"] for criterion in CRITERIA}) == len({criterion["hint"] for criterion in CRITERIA}) == len(CRITERIA)


def test_no_sentence_is_changed_by_markdown() -> None:
    for text in all_sentences():
        [inline] = MarkdownIt().parse(text)[1:2]
        assert [token.type for token in inline.children or () if token.type not in ("text", "code_inline")] == [], text


def test_no_part_of_a_sentence_is_left_unfilled(told: dict[str, Told]) -> None:
    parts = {part for section in SENTENCES.values() for text in section.values() for part in PLACEHOLDER.findall(text)}
    assert len(parts) > 25
    shown = "".join(one.terminal + one.markdown + json.dumps(one.report) for one in told.values())
    assert [part for part in parts if f"{{{part}}}" in shown] == []


# ---- rewording ----------------------------------------------------------------


def reword(kit: Path) -> None:
    """Change every sentence that has a place for it, and a hint."""
    changed = {section: {name: f"{text} Ahem." for name, text in texts.items()} for section, texts in SENTENCES.items()}
    (kit / "rubrics" / "feedback" / "sentences.yaml").write_text(yaml.safe_dump(changed), "utf-8")
    rubric = kit / "rubrics" / "2-topological-order.yaml"
    rubric.write_text(rubric.read_text("utf-8").replace("Draw ", "Ahem, draw ").replace("Follow ", "Ahem, follow "), "utf-8")


@pytest.mark.slow
def test_rewording_changes_no_points_no_diagnosis_and_asks_no_student_again(run: Run, kit: Path, tmp_path: Path) -> None:
    known = kit / "reference" / "misconceptions"
    known.mkdir()
    for name in ("order-level-by-level", "sub-partials-both-one"):
        (known / f"{name}.yaml").write_bytes((ROOT / "reference" / "misconceptions" / f"{name}.yaml").read_bytes())
    works = [MISTAKES[name][0] for name in ("order-breadth-first", "sub-partials-both-one", "slices-an-iterator", "mateo-v")]
    run("grade", *works, "--kit", kit, "--out", tmp_path / "before", "--diagnosis", "--quiet")
    reword(kit)
    run("compare", tmp_path / "before", "--kit", kit, "--out", tmp_path / "after", "--diagnosis", "--quiet")
    diagnosed = 0
    for work in works:
        name = work.stem
        before, after = (report(tmp_path / out, name) for out in ("before", "after"))
        assert without_words(before) == without_words(after)
        assert before["provenance"]["rubric_sha256"] != after["provenance"]["rubric_sha256"]
        diagnosed += sum(criterion["diagnosis"] is not None for step in after["steps"] for criterion in step["criteria"])
        for text in (json.dumps(after["steps"]), (tmp_path / "after" / name / "report.md").read_text("utf-8")):
            assert text.count("Ahem") > 10
    assert diagnosed > 4


@pytest.mark.slow
def test_a_kit_without_sentences_of_its_own_speaks_in_ours(run: Run, kit: Path, tmp_path: Path) -> None:
    shutil.rmtree(kit / "rubrics" / "feedback")
    work = MISTAKES["sub-partials-both-one"][0]
    run("grade", work, "--out", tmp_path / "ours", "--quiet")
    run("grade", work, "--kit", kit, "--out", tmp_path / "theirs", "--quiet")
    ours, theirs = (report(tmp_path / out, work.stem) for out in ("ours", "theirs"))
    assert ours["steps"] == theirs["steps"]


def test_where_no_sentences_are_at_all_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentences, "OURS", tmp_path / "nowhere.yaml")
    marked = Marked()
    assert sentences.read_sentences(marked, sentences.place_of(tmp_path)) == {}
    [fault] = marked.faults
    assert fault.startswith(f"{tmp_path}/feedback/sentences.yaml:1:1: there are no sentences here: copy rubrics/feedback/sentences.yaml")


def test_faults_in_sentences_are_told_with_those_of_the_rubric_all_at_once(run: Run, kit: Path) -> None:
    words, rubric = kit / "rubrics" / "feedback" / "sentences.yaml", kit / "rubrics" / "1-node-creation.yaml"
    text = words.read_text("utf-8").replace("a {kind}", "a {kin}").replace("  refusal: ", "  refusals: ")
    words.write_text(text, "utf-8")
    rubric.write_text(rubric.read_text("utf-8").replace("title: Node creation", "title:"), "utf-8")
    faults = run("rubric", "check", "--kit", kit, status=2).stderr.splitlines()
    assert [re.sub(r"^.*/rubrics/", "", fault) for fault in faults] == [
        "1-node-creation.yaml:3:7: title must be a text",
        f"feedback/sentences.yaml:{line_of(text, 'a {kin}')}:12: values.foreign has no part {{kin}}: did you mean 'kind'?",
        f"feedback/sentences.yaml:{line_of(text, 'a {kin}')}:12: values.foreign lacks {{kind}}",
        f"feedback/sentences.yaml:{line_of(text, 'refusals')}:3: orders has no key 'refusals': did you mean 'refusal'?",
        f"feedback/sentences.yaml:{line_of(text, 'orders:') + 1}:3: orders lacks refusal",
        "5 fault(s) in the rubric.",
    ]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_an_extension_shows_bonus_points_and_no_others(run: Run, tmp_path: Path) -> None:
    run("grade", ROOT / "reference", "--out", tmp_path, "--no-diagnosis")
    lines = (tmp_path / "reference" / "report.md").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| Extension: ")]
    assert len(rows) == sum(not step["max_score"] for step in report(tmp_path, "reference")["steps"]) > 0
    assert [row for row in rows if not re.fullmatch(r"\| [^|]+ \|  \| \d+ / \d+ \|", row)] == []
