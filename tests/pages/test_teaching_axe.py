"""axe-core finds nothing in the pages for lectures and oral checks, at two widths, light and dark; a sheet fits on one printed page."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Run

CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COHORT = ("kofi-b", "chiara-dv", "mateo-v", "emeka42")
"""Members of the sample cohort: a long function, a wide line, wrong nodes, and nothing that can be asked about."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine: apt-get install chromium")
def test_axe_finds_nothing_and_a_sheet_is_one_printed_page(run: Run, tmp_path: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    run("quiz", "--into", tmp_path)
    works = tmp_path / "in"
    for name in COHORT:
        shutil.copytree(ROOT / "examples" / "cohort" / name, works / name)
    run("cohort", works, "--out", tmp_path / "out", "--quiet")
    for name in COHORT:
        run("viva", tmp_path / "out", name, "--into", tmp_path / f"viva-{name}.html")
    found: dict[str, list[str]] = {}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for file in sorted(tmp_path.glob("*.html")):
            for scheme in ("light", "dark"):
                for width in (360, 1280):
                    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
                    heard: list[str] = []
                    page.on("request", lambda request, heard=heard: heard.append(request.url))
                    page.on("console", lambda message, heard=heard: heard.append(message.text))
                    page.goto(file.as_uri())
                    for part in page.query_selector_all("summary"):
                        part.click()
                    result = axe.Axe().run(page, options={"runOnly": RULES}).response
                    assert result["passes"]
                    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                    found[f"{file.name} {scheme} {width}"] = [
                        *(f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in result["violations"]),
                        *(text for text in heard if not text.startswith("file:")),
                        *(["the page is wider than its window"] if wide else []),
                    ]
                    if (scheme, width) == ("light", 1280) and file.name.startswith("viva"):
                        pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
                        found[f"{file.name} in print"] = [] if pages == 2 else [f"{pages} pages"]
                    page.close()
        browser.close()
    assert len(found) == 4 * 3 + 5 * len(COHORT)
    assert {name: faults for name, faults in found.items() if faults} == {}
