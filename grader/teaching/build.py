"""Bring the generated parts of assignment/ up to date, and build what is handed out.

sources(kit, facts)        path in assignment/ and content: handout.md, slides.md and figures, each with fresh parts
page(kit)                  handout.html of the handout as it is in assignment/
documents(kit)             handout.html, handout.pdf, slides.html and slides.pdf
"""

from importlib.util import find_spec

from grader.kit import Kit
from grader.model import KitFault
from grader.pages.document import handout_page, slides_page
from grader.release.handout import ASSIGNMENT, FIGURES, HANDOUT, PAGE, fill, read_figures, shown_in, source_sha256, without_marks
from grader.teaching.parts import Facts, figures, parts
from grader.teaching.pdf import handout_pdf, slides_pdf

SLIDES = "slides.md"
PAGES = ("markdown_it", "mdit_py_plugins", "latex2mathml")
PDFS = ("pypandoc", "typst")


def sources(kit: Kit, facts: Facts) -> dict[str, str]:
    """Return the assignment's texts with fresh parts, and each figure that one of them shows."""
    made = parts(facts)
    texts = {name: fill(_read(kit, name), made, f"{ASSIGNMENT}/{name}") for name in (HANDOUT, SLIDES)}
    shown = set().union(*map(shown_in, texts.values()))
    return {**texts, **{f"{FIGURES}/{name}.svg": its.svg for name, its in figures(facts).items() if name in shown}}


def page(kit: Kit) -> str:
    """Return handout.html. Raises KitFault where the extra `docs` is missing."""
    expect_extra(PAGES)
    text, source, shown = _whole(kit, HANDOUT)
    return handout_page(text, shown, source)


def documents(kit: Kit) -> dict[str, bytes]:
    """Return all that is handed out, by file name. Raises KitFault where the extra `docs` is missing."""
    expect_extra((*PAGES, *PDFS))
    (text, source, drawn), (deck, deck_source, deck_drawn) = _whole(kit, HANDOUT), _whole(kit, SLIDES)
    return {
        PAGE: handout_page(text, drawn, source).encode(),
        "handout.pdf": handout_pdf(text, drawn),
        "slides.html": slides_page(deck, deck_drawn, deck_source).encode(),
        "slides.pdf": slides_pdf(deck, deck_drawn),
    }


def expect_extra(names: tuple[str, ...]) -> None:
    """Raise KitFault unless these libraries of the extra `docs` are installed."""
    if missing := [name for name in names if not find_spec(name)]:
        raise KitFault(f"{missing[0]} is not installed: pages and PDFs need `pip install -e '.[docs]'`, run in the kit's folder")


def _whole(kit: Kit, name: str) -> tuple[str, str, dict[str, str]]:
    """Return a text without marks, the hash of its sources, and the figures that it shows."""
    text = _read(kit, name)
    shown = {figure: svg for figure, svg in read_figures(kit).items() if figure in shown_in(text)}
    if missing := sorted(shown_in(text) - shown.keys()):
        raise KitFault(f"{ASSIGNMENT}/{FIGURES} holds no {missing[0]}.svg: run `grader handout`")
    return without_marks(text), source_sha256(text, shown), shown


def _read(kit: Kit, name: str) -> str:
    path = kit.root / ASSIGNMENT / name
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise KitFault(f"{path} can't be read: {error}") from None
