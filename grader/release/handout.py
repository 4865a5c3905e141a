"""Release the handout: its Markdown without the marks of generated parts, its figures, and its page if it is up to date.

The Markdown of handout and slides marks what is computed: `<!-- = value.y -->11.652071<!-- / -->`, in a line or around whole lines.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping

from grader.kit import Kit
from grader.model import KitFault

ASSIGNMENT = "assignment"
HANDOUT, PAGE, FIGURES = "handout.md", "handout.html", "figures"
MARK = re.compile(r"<!-- = ([^ ]+) -->(\n?)(.*?)(\n?)<!-- / -->", re.DOTALL)
SOURCE = re.compile(r'<meta name="source-sha256" content="([0-9a-f]{64})">')


def without_marks(text: str) -> str:
    """Return Markdown as readers get it: generated parts stay, their marks go."""
    return MARK.sub(lambda found: found[3], text)


def fill(text: str, parts: Mapping[str, str], where: str) -> str:
    """Return Markdown with each marked part as it is in `parts`. Raises KitFault, with file and line, for an unknown name."""

    def filled(found: re.Match[str]) -> str:
        line = text.count("\n", 0, found.start()) + 1
        if found[1] not in parts:
            raise KitFault(f"{where}:{line}: no generated part is called {found[1]}")
        if not found[2] and (found.start() == 0 or text[found.start() - 1] == "\n"):
            raise KitFault(f"{where}:{line}: a line must not begin with a mark, or Markdown reads the line as HTML: put a word before it")
        return f"<!-- = {found[1]} -->{found[2]}{parts[found[1]]}{found[2]}<!-- / -->"

    return MARK.sub(filled, text)


def source_sha256(text: str, figures: Mapping[str, str]) -> str:
    """Return the hash of all that a page is made of: the Markdown without marks, and the figures by name."""
    digest = hashlib.sha256(without_marks(text).encode())
    for name in sorted(figures):
        digest.update(f"\0{name}\0{figures[name]}".encode())
    return digest.hexdigest()


def read_figures(kit: Kit) -> dict[str, str]:
    """Return the SVG files of the assignment by name without suffix."""
    return {path.stem: path.read_text("utf-8") for path in sorted((kit.root / ASSIGNMENT / FIGURES).glob("*.svg"))}


def shown_in(text: str) -> set[str]:
    """Return the names of the figures that a Markdown text shows."""
    return set(re.findall(r"\]\(figures/([\w-]+)\.svg\)", text))


def handout_files(kit: Kit) -> dict[str, str]:
    """Return handout.md, its figures and handout.html as students get them; nothing without a handout, no page that is out of date."""
    path = kit.root / ASSIGNMENT / HANDOUT
    if not path.is_file():
        return {}
    text = path.read_text("utf-8")
    files = {HANDOUT: without_marks(text), **figure_files(kit, text)}
    page = kit.root / ASSIGNMENT / PAGE
    return files if next(old_pages(kit), "") else {**files, PAGE: page.read_text("utf-8")}


def figure_files(kit: Kit, text: str, folder: str = FIGURES) -> dict[str, str]:
    """Return the figures that a text shows, as files in `folder`. Raises KitFault where one is missing."""
    figures = read_figures(kit)
    if missing := sorted(shown_in(text) - figures.keys()):
        raise KitFault(f"{kit.root / ASSIGNMENT / FIGURES} holds no {missing[0]}.svg: run `grader handout`")
    return {f"{folder}/{name}.svg": figures[name] for name in sorted(shown_in(text))}


def old_pages(kit: Kit) -> Iterator[str]:
    """Yield a sentence if the handout's page is missing or was made of another text."""
    text, page = (kit.root / ASSIGNMENT / name for name in (HANDOUT, PAGE))
    if not text.is_file():
        return
    known = SOURCE.search(page.read_text("utf-8")) if page.is_file() else None
    shown = {name: svg for name, svg in read_figures(kit).items() if name in shown_in(text.read_text("utf-8"))}
    if not known or known[1] != source_sha256(text.read_text("utf-8"), shown):
        state = "is out of date" if known else "is missing"
        yield f"{page} {state}: run `pip install -e '.[docs]'` and `grader handout`, or students get the handout as Markdown alone"
