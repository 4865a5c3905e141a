"""Render a template to one self-contained HTML file.

render("report.html", report=report)                    a page that extends base.html
render("report.html", t=speaker(words), ...)            with texts that it says by name: {{ t("page.case", case=code(id)) }}
render("report.html", rules=".k0:checked{...}", ...)    with CSS rules of its own besides style.css

Every value that a template prints passes `escape.plain` and is then escaped as HTML. A name that a template uses and nobody
gave raises jinja2.UndefinedError. The page's Content-Security-Policy allows its one style sheet, by hash, and nothing else: no
script, no image, no `style=` attribute. Widths come from SVG.
"""

import base64
import hashlib
import os
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from grader.cache import cache_folder
from grader.escape import plain
from grader.messages import say
from grader.model import Sentences

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, *, rules: str = "", **values: Any) -> str:
    """Return the page of a template. `rules` are CSS of ours, never text of a submission."""
    from markupsafe import Markup

    sheet = _sheet() + rules
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return _environment().get_template(template).render(sheet=Markup(sheet), sheet_hash=Markup(f"sha256-{digest}"), **values)


class Speaker(Protocol):
    """Says a text by its name, with its parts filled in."""

    def __call__(self, name: str, **parts: object) -> "Markup": ...


def speaker(words: Sentences) -> Speaker:
    """Return what says a text as HTML: text and parts are escaped, and markup of ours among the parts stays as it is."""
    from markupsafe import Markup, escape

    def speak(name: str, **parts: object) -> Markup:
        return Markup(say({name: str(escape(words[name]))}, name, **{key: escape(_printed(part)) for key, part in parts.items()}))

    return speak


@cache
def _sheet() -> str:
    """Return style.css without the space that only its readers need."""
    lines = (line.strip() for line in (TEMPLATES / "style.css").read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("/*"))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    compiled = cache_folder() / "templates"
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_printed, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    with suppress(OSError):  # without a cache the templates are compiled anew, which takes a tenth of a second
        compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.bytecode_cache = FileSystemBytecodeCache(str(compiled)) if os.access(compiled, os.W_OK) else None
    made.filters["points"] = points
    for tag in ("code", "strong"):  # for a part of a text; what it holds is made harmless and escaped
        made.filters[tag] = made.globals[tag] = partial(_tagged, Markup(f"<{tag}>%s</{tag}>"))
    made.filters["spans"] = spans
    made.globals["link"] = lambda anchor, text: Markup('<a href="#{}">{}</a>').format(anchor, text)
    return made


def _printed(value: Any) -> Any:
    """Return what a template prints, made harmless as on a terminal; markup of ours stays as it is."""
    return value if hasattr(value, "__html__") or not isinstance(value, str) else plain(value)


def _tagged(tag: "Markup", text: str) -> "Markup":
    return tag % plain(text)


def spans(text: str) -> Any:
    """Return a sentence of ours as markup in which `what is between backquotes` is code. A backquote without a partner stays."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in plain(text).split("`")]
    if len(parts) % 2 == 0:
        parts[-2:] = [parts[-2] + "`" + parts[-1]]
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts))


def points(number: float | None) -> str:
    """Return points for a reader: 35 and not 35.0, and a dash where nobody gave any."""
    return "–" if number is None else f"{number:g}"
