"""axe-core finds nothing in handout and deck, light and dark, wide and narrow; neither asks for anything outside."""

import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Run

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed: pip install -e '.[axe]'")
playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("typst", reason="Typst is not installed: pip install -e '.[docs]'")
CHROMIUM = shutil.which("chromium")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (360, 1280)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine: apt-get install chromium")
def test_handout_and_deck_are_accessible_and_fit_their_windows(run: Run, tmp_path: Path) -> None:
    run("handout", "--into", tmp_path)
    pages = (ROOT / "starter" / "handout.html", tmp_path / "slides.html")
    found = {}
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
                told: list[str] = []
                page.on("request", lambda request, told=told: told.append(request.url))
                page.on("console", lambda message, told=told: told.append(message.text))
                for path in pages:
                    page.goto(path.as_uri())
                    if path.name == "slides.html":
                        page.evaluate("document.querySelectorAll('details').forEach(its => its.open = true)")
                    result = axe.Axe().run(page, options={"runOnly": RULES}).response
                    assert result["passes"]
                    wide = page.evaluate("document.documentElement.scrollWidth")
                    said = [f"{rule['id']}: {rule['nodes'][0]['target']}" for rule in result["violations"]]
                    said += [text for text in told if not text.startswith("file:")] + ([f"{wide} pixels wide"] if wide > width else [])
                    if said:
                        found[path.name, scheme, width] = said
                    told.clear()
        browser.close()
    assert found == {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine: apt-get install chromium")
def test_no_slide_is_taller_than_the_screen_and_the_deck_prints_a_slide_a_page(run: Run, tmp_path: Path) -> None:
    run("handout", "--into", tmp_path)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto((tmp_path / "slides.html").as_uri())
        heights = page.evaluate("[...document.querySelectorAll('section')].map(its => its.getBoundingClientRect().height)")
        hidden = page.evaluate("[...document.querySelectorAll('.scroll')].map(its => its.scrollWidth - its.clientWidth)")
        printed = page.pdf(prefer_css_page_size=True)
        browser.close()
    assert len(heights) >= 25
    assert [(place, height) for place, height in enumerate(heights, 1) if height > 722] == []
    assert max(hidden) <= 1
    assert printed.count(b"/Type /Page\n") == len(heights)
