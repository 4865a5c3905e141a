"""Turn Markdown into one self-contained page: the handout, or a deck of slides.

handout_page(text, figures, source)       handout.html; `figures` are SVG texts by name, shown by `![...](figures/NAME.svg)`
slides_page(text, figures, source)        slides.html; a line `---` parts two slides, and what follows `::: notes` is for the speaker

Formulas between dollar signs become MathML. The page has no script and asks nothing of anybody. It needs markdown-it-py,
mdit-py-plugins and latex2mathml, which come with the extra `docs`.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grader.pages.html import TEMPLATES, render

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

IMAGE = re.compile(r'<p><img src="figures/([\w-]+)\.svg" alt="[^"]*" /></p>')
NOTES = "\n::: notes\n"
PARTED = re.compile(r"^---$", re.MULTILINE)


def handout_page(text: str, figures: Mapping[str, str], source: str) -> str:
    """Return handout.html; `source` is the hash that the page carries of its sources."""
    from markupsafe import Markup

    reader = _reader()
    tokens = reader.parse(text)
    heads = [(t, words) for t, words in pairwise(tokens) if t.type == "heading_open" and t.level == 0]
    contents = [(t.attrs["id"], _plain(words.content)) for t, words in heads if t.tag == "h2"]
    body = _Shown(figures).page(reader.renderer.render(tokens[3:], reader.options, {}))  # after the title
    title = _plain(heads[0][1].content)
    return render("handout.html", rules=_rules("document.css"), title=title, contents=contents, body=Markup(body), source=source)


def slides_page(text: str, figures: Mapping[str, str], source: str) -> str:
    """Return slides.html; `source` is the hash that the page carries of its sources."""
    from markupsafe import Markup

    reader, shown = _reader(), _Shown(figures)
    slides = []
    for part in PARTED.split(text):
        body, _, notes = part.partition(NOTES)
        page = shown.page(reader.render(body))
        figure = re.search(r"<figure .*?</figure>", page, re.DOTALL)
        words = page.replace(figure[0], "") if figure else page
        slides.append(
            {
                "body": Markup(words),
                "figure": Markup(figure[0]) if figure else "",
                "notes": Markup(shown.page(reader.render(notes.replace("\n:::", "")))) if notes else "",
            }
        )
    title = next(line for line in text.splitlines() if line.startswith("# ")).removeprefix("# ")
    return render("slides.html", rules=_rules("document.css", "slides.css"), title=title, slides=slides, source=source)


def _reader() -> "MarkdownIt":
    from latex2mathml.converter import convert
    from markdown_it import MarkdownIt
    from mdit_py_plugins.anchors import anchors_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def formula(tex: str, options: dict[str, Any]) -> str:
        return str(convert(tex, display="block" if options["display_mode"] else "inline"))

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.use(anchors_plugin, max_level=3).use(dollarmath_plugin, renderer=formula)


class _Shown:
    """Puts figures into pages, each with ids of its own, and makes what may scroll reachable by keyboard."""

    def __init__(self, figures: Mapping[str, str]) -> None:
        self._figures = figures
        self._count = 0

    def page(self, body: str) -> str:
        body = IMAGE.sub(lambda found: self._figure(found[1]), body)
        body = re.sub(r' style="text-align:(right|left)"', lambda found: ' class="n"' if found[1] == "right" else "", body)
        body = body.replace("<th", '<th scope="col"').replace('<th scope="col"ead', "<thead")
        body = body.replace("<pre>", '<pre tabindex="0">')
        parts = body.split("<table>")
        return parts[0] + "".join(f"{self._opening(part)}{part}" for part in parts[1:]).replace("</table>", "</table></div>")

    def _opening(self, table: str) -> str:
        heads = ", ".join(_plain(re.sub("<[^>]*>", "", head)) for head in re.findall(r"<th[ >].*?</th>", table.partition("</tr>")[0]))
        return f'<div class="scroll" tabindex="0" role="group" aria-label="Table: {heads}"><table>'

    def _figure(self, name: str) -> str:
        self._count += 1
        svg = re.sub(r'(id="|url\(#)(tip|bad)-', rf"\g<1>\g<2>-{self._count}-", self._figures[name])
        return f'<figure class="drawn scroll" tabindex="0" role="group" aria-label="Figure {self._count}">{svg.strip()}</figure>'


def _plain(text: str) -> str:
    """Return Markdown of one line without its signs."""
    return re.sub(r"[`*]", "", text)


def _rules(*names: str) -> str:
    lines = (line for name in names for line in (TEMPLATES / name).read_text("utf-8").splitlines())
    return "\n" + "\n".join(line.strip() for line in lines if not line.startswith("/*"))
