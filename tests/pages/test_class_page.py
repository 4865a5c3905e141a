"""class.html: what it says, what hostile texts do to it (nothing), and what axe-core finds in a browser (nothing)."""

import json
import re
import shutil
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import Run
from made_reports import made_report, put_reports, unusable

MARKUP = "</td></style><script>alert(1)</script><img src=x onerror=alert(1)> {{ 7777 * 7777 }} \x1b[31m\u202e &lt;"


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(run: Run, out: Path, *options: object) -> Page:
    run("class", out, "--quiet", *options)
    return Page(out / "class.html")


def works(number: int) -> Iterable[dict[str, object]]:
    return (
        made_report(f"s{i:04}", {"first/easy": 4 * (i % 2), "first/hard": i % 7, "third/extra": 5 * (i % 3 == 0)}) for i in range(number)
    )


def test_the_page_shows_the_matrix_by_shape_and_links_to_each_report(run: Run, tmp_path: Path) -> None:
    out = put_reports(tmp_path / "out", *works(8), unusable("x", "There is no program."))
    (out / "s0001" / "report.html").write_text("<!doctype html>", "utf-8")
    page = page_of(run, out)
    rows = dict(re.findall(r"(s\d{4})[^●◐○–]*([●◐○–]+)", page.text))
    assert (rows["s0000"], rows["s0001"], rows["s0006"]) == ("○○●", "●◐○", "○●●")
    linked = {str(a["href"]) for a in page.all("a") if not str(a["href"]).startswith("#")}
    assert {"s0001/report.html", "s0002/report.json", "x/report.json"} <= linked
    assert all((out / unquote(address)).is_file() for address in linked)
    assert "Discrimination is left out" in page.text
    assert "There is no program." in page.text


def test_a_warning_stands_beside_discrimination_below_thirty_submissions(run: Run, tmp_path: Path) -> None:
    page = page_of(run, put_reports(tmp_path / "few", *works(29)))
    assert "Fewer than 30 submissions" in page.text
    page = page_of(run, put_reports(tmp_path / "enough", *works(30)))
    assert "Fewer than 30 submissions" not in page.text


def test_many_submissions_are_shown_in_parts_and_each_once(run: Run, tmp_path: Path) -> None:
    page = page_of(run, put_reports(tmp_path / "out", *works(101)))
    assert ("Submissions 1 to 100" in page.text, "Submissions 101 to 101" in page.text) == (True, True)
    assert sorted(re.findall(r"(s\d{4})[^●◐○–]*[●◐○–]{3}", page.text)) == [f"s{i:04}" for i in range(101)]


def test_pseudonyms_link_to_no_report(run: Run, tmp_path: Path) -> None:
    page = page_of(run, put_reports(tmp_path / "out", *works(3)), "--pseudonyms")
    assert {str(a["href"])[0] for a in page.all("a")} == {"#"}
    assert len(set(re.findall(r"S-[0-9a-f]{6,}", page.text))) == 3


def test_hostile_texts_are_text(run: Run, tmp_path: Path) -> None:
    """Texts of submissions and of rubrics pass through the page, in names, sentences and titles."""
    name = MARKUP.replace("/", "∕").replace("\x1b", "").replace("\u202e", "")
    report = made_report(name, {"first/easy": 0}, diagnoses={"first/easy": {"id": "odd", "says": MARKUP}}, source="same")
    other = made_report("javascript:alert(1)", {"first/easy": 4}, source="same")
    for made in (report, other):
        made["steps"][0]["title"] = made["steps"][0]["criteria"][0]["says"] = MARKUP
    page = page_of(run, put_reports(tmp_path / "out", report, other, unusable("u", MARKUP)))
    assert page.all("script") == page.all("img") == []
    assert len(page.all("style")) == 1
    assert [key for _, attributes in page.elements for key in attributes if key.startswith("on") or key == "style"] == []
    assert [a["href"] for a in page.all("a") if re.match(r"\s*\w+:", str(a["href"]))] == []
    assert page.text.count("<script>alert(1)</script>") >= 6
    assert ("60481729" in page.text, "\x1b" in page.text, "\u202e" in page.text) == (False, False, False)
    assert "default-src 'none'" in str(page.all("meta"))


def test_cohort_names_the_command_at_its_end(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "notes.pdf").write_bytes(b"%PDF-1.7")
    said = run("cohort", tmp_path / "in", "--out", tmp_path / "out").stdout
    assert said.splitlines()[-1] == f"What the class has not understood: grader class {tmp_path / 'out'}"
    assert "grader class" not in run("cohort", tmp_path / "in", "--out", tmp_path / "out", "--quiet").stdout
    page = page_of(run, tmp_path / "out")
    assert "0 submissions are graded" in page.text
    assert json.loads((tmp_path / "out" / "class.json").read_text("utf-8"))["without_points"][0]["status"] == "unusable"


# ---- in a browser -------------------------------------------------------------

CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine: apt-get install chromium")
@pytest.mark.parametrize("number", [2, 12, 120])
def test_axe_finds_nothing_in_light_and_dark_and_the_page_asks_for_nothing(number: int, run: Run, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    by_hand = made_report("hand", {"first/easy": 4, "second/late": 0}, manual=("second/late",))
    odd = made_report(MARKUP.replace("/", "∕"), {"first/easy": 0}, diagnoses={"first/easy": {"id": "odd", "says": MARKUP}}, source="s0001")
    out = put_reports(tmp_path / "out", *works(number), by_hand, odd, unusable("u", MARKUP))
    given = tmp_path / "points.csv"
    given.write_text("id,criterion,points,reason\ns0000,easy,1,agreed in class\n", "utf-8")
    run("points", out, given, "--by", "ann")  # after a decision all reports know what waits for a person
    assert "Waiting for points of a person" in page_of(run, out).text
    found: dict[str, list[str]] = {}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            for width in (360, 1280):
                page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
                heard: list[str] = []
                page.on("request", lambda request, heard=heard: heard.append(request.url))
                page.on("console", lambda message, heard=heard: heard.append(message.text))
                page.goto((out / "class.html").as_uri())
                result = axe.Axe().run(page, options={"runOnly": RULES}).response
                assert result["passes"]
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                found[f"{scheme} {width}"] = [
                    *(f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in result["violations"]),
                    *(text for text in heard if not text.startswith("file:")),
                    *(["the page is wider than its window"] if wide else []),
                ]
                page.close()
        browser.close()
    assert found == {f"{scheme} {width}": [] for scheme in ("light", "dark") for width in (360, 1280)}
