"""Turn Markdown into tagged PDFs (PDF/UA-1) with pandoc and Typst, both from PyPI.

handout_pdf(text, figures), slides_pdf(text, figures)        the PDF's bytes: the same text gives the same bytes

No font of the system is used and no date is written, so that the bytes depend on the text and the tools' versions alone.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grader.pages.document import NOTES, PARTED

TEMPLATES = Path(__file__).parent / "templates"
FORMAT = "gfm+tex_math_dollars+raw_attribute"
IMAGE = re.compile(r"^!\[([^\]]*)\]\((figures/[\w-]+\.svg)\)$", re.MULTILINE)

FORMULA = re.compile(r"^\$\$(.+)\$\$$", re.MULTILINE)


def handout_pdf(text: str, figures: Mapping[str, str]) -> bytes:
    """Return a text as A4 pages."""
    title, _, body = text.removeprefix("# ").partition("\n")
    body = IMAGE.sub(lambda found: _raw(f"#align(center, image({_string(found[2])}, width: 60%, alt: {_string(found[1])}))"), body)
    return _compile(body, title, "handout.typ", figures)


def slides_pdf(text: str, figures: Mapping[str, str]) -> bytes:
    """Return a deck, one slide a page, without the speaker's notes."""
    title = next(line for line in text.splitlines() if line.startswith("# ")).removeprefix("# ")
    slides: list[str] = []
    for part in PARTED.split(text):
        body = part.partition(NOTES)[0].strip()
        head, _, rest = body.partition("\n")
        if found := IMAGE.search(rest):
            image = f'image({_string(found[2])}, width: 100%, height: 9.9cm, fit: "contain", alt: {_string(found[1])})'
            rest = "\n\n".join((_raw("#pair(["), IMAGE.sub("", rest), _raw(f"], {image})")))
        head = head if slides else _raw("#v(3.5cm)") + head
        slides.append(f"{head}\n\n{rest}")
    return _compile(_raw("#pagebreak(weak: true)").join(slides), title, "slides.typ", figures)


def _compile(body: str, title: str, template: str, figures: Mapping[str, str]) -> bytes:
    import pypandoc
    import typst

    body = FORMULA.sub(lambda found: _raw(f"#set math.equation(alt: {_string(found[1])})") + f"\n{found[0]}", body)  # PDF/UA wants it
    text = pypandoc.convert_text(body, "typst", format=FORMAT, extra_args=["--wrap=none"])
    text = re.sub(r"\[(\d+)\. ", r"[\1\\. ", text)  # "1. Node creation" in a cell is no list
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "figures").mkdir()
        for figure, svg in figures.items():
            (folder / "figures" / f"{figure}.svg").write_text(svg, "utf-8")
        frame = (TEMPLATES / template).read_text("utf-8").replace("TITLE", _string(title))
        (folder / "main.typ").write_text(f"{frame}\n{text}", "utf-8")
        made: bytes = typst.compile(str(folder / "main.typ"), root=name, ignore_system_fonts=True, pdf_standards=["ua-1"])
    return made


def _raw(text: str) -> str:
    return f"\n```{{=typst}}\n{text}\n```\n"


def _string(text: str) -> str:
    """Return a text as Typst writes a string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
