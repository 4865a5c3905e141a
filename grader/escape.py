"""The one way by which text from a submission reaches a terminal, Markdown or a spreadsheet."""

import re

LONGEST = 600
# C0 and C1 controls, line and paragraph separators, bidirectional and zero-width formatting, byte-order mark, surrogates
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")


def plain(text: str) -> str:
    """Return the text on one line, shortened, with what could steer a terminal or hide text written as \\x.. or \\u...."""
    text = text if len(text) <= LONGEST else text[:LONGEST] + " ..."
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def code(text: str) -> str:
    """Return the text as a Markdown code span: fenced by more backticks than it holds, so that nothing in it is Markdown."""
    text = plain(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Return the text for a CSV cell: what a spreadsheet would take for a formula gets an apostrophe before it."""
    text = plain(text)
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text
