"""The one way by which text from a submission reaches people: one function for each place where text can do harm.

plain         a terminal, what every other function starts from, and what ElementTree is given for XML: all of it is legal there
spaced        the same for a name in a sentence: in quotes where space in it could be overlooked
argument      an argument of a command that a message names, quoted for a shell where that is needed
plain_log     finished lines that are printed where a CI service may be listening
code          Markdown, also in a cell of a table
cell          a CSV cell
html          the text of an HTML element
workflow, workflow_property     the message, and a property's value, of a GitHub workflow command

Text is escaped once, on its way out; traces and report.json hold what the submission said. `plain_log` is no second
escape: it is for the whole line that was put together from plain text and is printed.
"""

import html as _html
import re
import shlex
import unicodedata

LONGEST = 1200
"""Characters of a text that are shown. A text is cut to this length before anything looks at all of it."""
MARKS = 4
"""Combining marks in a row that are shown; Vietnamese, Hebrew and Thai need up to three on a letter, a flood has hundreds."""

# Of what `str.isprintable` calls printable these have no look of their own, and can hide text or tell two equal-looking
# texts apart: the grapheme joiner, Hangul fillers, Khmer vowels that are not written, and all variation selectors.
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
# `::error::` opens a command where a line begins with it, after any white space; `##[error]` and `##vso[` do so anywhere in a line.
COLOUR = r"\x1b\[[0-9;]*m"
COMMAND = re.compile(rf"((?:\A|[\r\n])(?:[^\S\r\n]|{COLOUR})*):(?=(?:{COLOUR})*:)|#(?=(?:{COLOUR})*#(?:\w|{COLOUR})*\[)")
# Full-width signs too: some spreadsheets take them for the narrow ones. A semicolon parts cells where a comma is the decimal point.
FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def plain(text: str) -> str:
    """Return the text on one line, shortened, with what could steer a terminal or hide text written as \\x.. or \\u....

    No character of the result is a control, a format character (bidirectional, zero-width, tags), a surrogate, a line or
    paragraph separator, an unusual space, for private use (fonts put arrows and logos there) or unassigned. No letter
    carries a flood of combining marks, and none is at the start, where it would change what is written before it.
    Every result can be encoded as UTF-8. A backslash stays as it is: what is shown is to be read, not to be decoded.
    """
    text = text if len(text) <= LONGEST else text[:LONGEST] + " ..."
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], MARKS
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter)[0] == "M" else 0
        harmless = letter.isprintable() and letter not in INVISIBLE and marks <= MARKS
        shown.append(letter if harmless else letter.encode("unicode_escape").decode())
    return "".join(shown)


def spaced(name: str) -> str:
    """Return a name as `plain` does, in quotes where it has space at an end or more than one in a row, which nobody would see."""
    shown = plain(name)
    return shown if shown == " ".join(shown.split()) else f"'{shown}'"


def argument(path: object) -> str:
    """Return a path as plain text, quoted so that a shell takes it for one argument."""
    return shlex.quote(plain(str(path)))


def plain_log(lines: str) -> str:
    """Return lines of plain text, perhaps coloured by us, so that no CI service takes one of them for a command.

    That is `::...::` at the start of a line, and `##[...]` and `##vso[...]` anywhere. JSON stays the same JSON.
    """
    return COMMAND.sub(lambda match: r"\u0023" if match[1] is None else match[1] + r"\u003a", lines)


def code(text: str) -> str:
    """Return the text as one Markdown code span, in which nothing is a link, an image, HTML, a mention or a fence.

    It is fenced by more backticks than it holds. A pipe would end a table's cell, even in code, and parsers disagree on how
    to escape one after a backslash: it becomes a broken bar.
    """
    text = plain(text).replace("|", "\u00a6")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if not text or "`" in (text[0], text[-1]) or (text[0] == text[-1] == " " and text.strip()) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """Return the text for a CSV cell: what a spreadsheet would take for a formula gets an apostrophe before it."""
    return FORMULA.sub(r"\1'", plain(text))


def html(text: str) -> str:
    """Return the text for an HTML element: no tag, no entity. Quotes stay, so it is for no attribute."""
    return _html.escape(plain(text), quote=False)


def workflow(text: str) -> str:
    """Return the text as the message of a GitHub workflow command, what follows `::error file=...::`."""
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """Return the text as the value of a property of a GitHub workflow command, as in `title=...`."""
    return workflow(text).replace(":", "%3A").replace(",", "%2C")
