"""axe-core finds nothing in the pages, light and dark; no page asks for anything outside or complains on the console."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import SUBMISSIONS
from members import RIGHT

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed: pip install -e '.[axe]'")
playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = (
    "mul-partials-not-swapped", "order-breadth-first", "assigned-for-accumulated", "adjoints-assigned", "cos-forgets-return",
    "order-without-visited", "log-calls-itself", "nothing-written", "arrays-mean", "order-forgets-return", "no-seed",
)  # fmt: skip
"""Submissions that between them show each kind of drawing, of mark and of ending; a right one comes to them."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine: apt-get install chromium")
def test_twelve_pages_are_accessible_in_light_and_dark(jury: Callable[[Iterable[Path]], Path]) -> None:
    works = [*(SUBMISSIONS / "wrong" / f"{name}.py" for name in PAGES), RIGHT[0]]
    out, found = jury(works), {}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme)
            asked: list[str] = []
            said: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, said=said: said.append(message.text))
            for work in works:
                page.goto((out / work.parent.name / work.stem / "report.html").as_uri())
                result = axe.Axe().run(page, options={"runOnly": RULES}).response
                assert result["passes"]
                told = [f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in result["violations"]]
                told += [url for url in asked if not url.startswith("file:")] + said
                if told:
                    found[work.stem, scheme] = told
                asked.clear()
                said.clear()
        browser.close()
    assert found == {}
