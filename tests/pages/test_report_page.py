"""report.html marks the node at which a mistake first acts, holds nothing hidden, and escapes whatever a submission says."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, SUBMISSIONS, Run, report, selected
from html_structure import Structure
from members import QUICK_RIGHT, RIGHT

from grader.pages.report import LARGEST, report_page
from grader.pull_requests.course_ci.comment_page import PROVISIONAL, About, scored
from grader.rubric.words import english

Jury = Callable[[Iterable[Path]], Path]
WRONG = SUBMISSIONS / "wrong"
FIRST_ACTS: dict[str, list[str]] = yaml.safe_load((ROOT / "tests" / "first_acts.yaml").read_text("utf-8"))
QUICK = ("mul-partials-not-swapped", "order-breadth-first", "assigned-for-accumulated", "adjoints-assigned")
ROW = re.compile(r'<tr class="([a-z-]+) k\d+">.*?<th scope="row">(.*?)</th>')
NASTY = "</td></svg><script>alert(1)</script>\" onload='x' \u202e\x1b[2J\ud800 {{ 7*7 }} &amp; ]]>"


def task(page: str, anchor: str) -> str:
    """Return a criterion's part of a page."""
    return page.partition(f'id="{anchor}"')[2].partition('<li class="task"')[0].partition("</section>")[0]


def marked(part: str) -> list[str]:
    return [name for mark, name in ROW.findall(part) if mark == "broken"]


def with_nasty_texts(part: Any, key: str = "") -> Any:
    """Return a report in which each text that the schema leaves free has hostile text behind it."""
    if isinstance(part, dict):
        return {name: with_nasty_texts(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [with_nasty_texts(value, key) for value in part]
    fixed = {
        "id",
        "schema",
        "status",
        "outcome",
        "paid_by",
        "mark",
        "asks",
        "graded_at",
        "submission_sha256",
        "seconds",
        "cases",
        "kind",
        "at",
    }
    return part + NASTY if isinstance(part, str) and part and key not in fixed else part


@pytest.fixture(scope="module")
def reports(pages: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Some wrong submissions of the jury: their reports and pages, as the command line wrote them."""
    return {name: (report(pages, name), (pages / name / "report.html").read_text("utf-8")) for name in QUICK}


@pytest.fixture(scope="module")
def pages(request: pytest.FixtureRequest, jury: Jury) -> Path:
    """The folder with the pages of all wrong submissions that the selected tests look at."""
    return jury([WRONG / f"{name}.py" for name in sorted({*QUICK, *selected(request, "name")})]) / "wrong"


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FIRST_ACTS])
def test_the_page_marks_the_node_at_which_a_mistake_first_acts(name: str, pages: Path) -> None:
    where, case, node = FIRST_ACTS[name]
    page = (pages / name / "report.html").read_text("utf-8")
    part = task(page, where.replace("/", "-", 1))
    assert f"Case <code>{case}</code>" in part
    assert marked(part)[:1] == [node]


def test_the_table_of_first_nodes_holds_forty_programs_of_all_steps() -> None:
    assert len(FIRST_ACTS) >= 40
    assert {where.partition("/")[0] for where, _, _ in FIRST_ACTS.values()} == {"node-creation", "topological-order", "forward", "reverse"}


def test_a_node_that_follows_from_a_wrong_one_is_marked_apart(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    part = task(reports["assigned-for-accumulated"][1], "forward-sum_over_paths")
    assert [(name, mark) for mark, name in ROW.findall(part) if mark in ("broken", "inherited")] == [
        ("v3", "broken"),
        ("output", "inherited"),
    ]
    assert part.count('<g class="broken k') == part.count('<g class="inherited k') == 1


def test_the_first_arrow_that_points_backward_is_drawn_apart(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    part = task(reports["order-breadth-first"][1], "topological-order-unequal_paths")
    assert "The first arrow that points backward leads from C to D" in part
    assert part.count('class="arrow backward"') == 1


@pytest.mark.parametrize("path", [path for path in RIGHT if path.stem in QUICK_RIGHT][:4], ids=lambda path: path.stem)
def test_a_right_submission_has_no_marked_node(path: Path, jury: Jury) -> None:
    page = (jury([path]) / "right" / path.stem / "report.html").read_text("utf-8")
    core = page.partition('<h2 id="reverse">')[0]
    assert marked(core) == []
    assert '<g class="broken' not in core


def test_the_reference_has_no_drawing_and_is_told_what_to_try_next(run: Run, tmp_path: Path) -> None:
    run("grade", ROOT / "reference" / "autodiff.py", "--out", tmp_path, "--quiet")
    [page] = tmp_path.glob("*/report.html")
    assert "<figure" not in page.read_text("utf-8")
    assert "What to try next" in page.read_text("utf-8")


def test_each_page_is_small_whole_and_loads_nothing(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for name, (_, page) in reports.items():
        assert len(page.encode()) <= LARGEST, name
        tags = Structure(page).tags
        assert {"script", "img", "link", "iframe", "style", "form", "a"} & {tag for tag, _ in tags} == {"style", "a"}
        assert not [names for _, names in tags if "style" in names or any(n.startswith("on") for n in names)]
        assert not re.search(r'(href|src)="(?!#)|url\((?!#)|@import', page), name


def test_hostile_texts_change_no_tag_of_a_page(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for name, (got, _) in reports.items():
        nasty = report_page(with_nasty_texts(got), english())
        assert Structure(nasty).tags == Structure(report_page(got, english())).tags, name
        assert "<script" not in nasty
        assert not set("\u202e\x1b\ud800") & set(nasty)
        assert "{{ 7*7 }}" in nasty


def test_a_page_is_made_of_report_json_alone_and_the_same_each_time(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for got, page in reports.values():
        assert report_page(json.loads(json.dumps(got)), english()) == page


def test_a_criterion_that_passed_has_nothing_more_to_say(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for name, (got, page) in reports.items():
        passed = [f"{step['id']}-{c['id']}" for step in got["steps"] for c in step["criteria"] if c["outcome"] == "pass"]
        assert passed
        assert all("<p>" not in task(page, anchor) for anchor in passed), name


def test_a_text_stands_once_in_a_page(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for name, (_, page) in reports.items():
        said = re.findall(r"<p><strong>(?:Look next|Why it matters|Perhaps):</strong> (.*?)</p>", page)
        assert len(said) == len(set(said)) > 0, name


def drawings(got: dict[str, Any]) -> Iterator[tuple[bool, dict[str, Any], dict[str, Any]]]:
    yield from ((c["public"], case, case.get("drawing")) for step in got["steps"] for c in step["criteria"] for case in c["cases"])


def test_only_public_cases_that_failed_are_drawn(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    for got, page in reports.values():
        assert all(public and case["outcome"] != "pass" for public, case, drawn in drawings(got) if drawn)
        assert all(drawn for public, case, drawn in drawings(got) if case["outcome"] == "fail")
        hidden = [
            f"{step['id']}-{c['id']}" for step in got["steps"] for c in step["criteria"] if not c["public"] and c["outcome"] != "pass"
        ]
        assert hidden or got["score"] == 100
        assert all("<svg" not in task(page, anchor) and "<code>" not in task(page, anchor) for anchor in hidden)


def test_pages_are_left_out_on_demand_and_an_old_one_goes(run: Run, tmp_path: Path) -> None:
    work = WRONG / "mul-partials-not-swapped.py"
    run("grade", work, "--out", tmp_path, "--quiet")
    assert (tmp_path / work.stem / "report.html").exists()
    run("grade", work, "--out", tmp_path, "--quiet", "--no-pages")
    assert {path.name for path in (tmp_path / work.stem).iterdir()} == {"report.json", "report.md"}


def test_a_page_follows_what_people_decide(run: Run, tmp_path: Path) -> None:
    work = WRONG / "mul-partials-not-swapped.py"
    run("grade", work, "--out", tmp_path, "--quiet")
    table = tmp_path / "points.csv"
    table.write_text("id,criterion,points,reason\nmul-partials-not-swapped,node-creation/local_partials,5,half a <b>slip</b>\n")
    run("points", tmp_path, table, "--by", "ann")
    page = (tmp_path / work.stem / "report.html").read_text("utf-8")
    assert "is what counts" in page
    assert "The grader gave" in page
    assert "half a &lt;b&gt;slip&lt;/b&gt;" in page
    assert page == report_page(report(tmp_path, work.stem), english())


def test_the_comment_on_a_pull_request_shows_the_trace_of_the_first_broken_node(reports: dict[str, tuple[dict[str, Any], str]]) -> None:
    comment = scored(reports["assigned-for-accumulated"][0], About(PROVISIONAL, "0" * 40), english())
    assert "\n| `v3` | `add(v1, v2)` | `5.5` | `5.5` | `5` | **the rule is broken here** |\n" in comment
    assert "\n| `output` | `sub(v3, v4)` | `5.5` | `5` | `5` | follows from above |\n" in comment
    other = scored(with_nasty_texts(reports["assigned-for-accumulated"][0]), About(PROVISIONAL, "0" * 40), english())
    rows = [line for line in other.splitlines() if line.startswith("| `")]
    assert len(rows) == comment.count("\n| `")
    assert {line.count("|") for line in rows} == {7}
