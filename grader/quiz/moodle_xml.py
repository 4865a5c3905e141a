"""Quick checks and trace tables as Moodle XML, for Question bank > Import.

The form is that which question/format/xml/format.php of Moodle reads: a category, `multichoice` questions with one right answer,
and `cloze` questions, in which `{1:NUMERICAL:=5.5:0.01}` is a field for a number.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from grader.escape import html, plain
from grader.quiz.answers import Option
from grader.quiz.quick_checks import QuickCheck, edges, listing
from grader.quiz.trace_table import Cell, Table

CATEGORY = "$course$/top/Automatic differentiation/{name}"
PENALTY = "0.3333333"
"""Moodle's default: the share that each wrong try costs where a quiz lets students try again."""
TOLERANCE = 0.005
"""Relative error of a number that is right in a field: students work with three or four digits."""
LEAST_TOLERANCE = 0.001


def moodle_xml(checks: Sequence[tuple[QuickCheck, Sequence[Option]]], tables: Sequence[tuple[str, Table]]) -> str:
    """Return the text of a file for Moodle's import."""
    quiz = ET.Element("quiz")
    _category(quiz, "Quick checks")
    for check, options in checks:
        _multichoice(quiz, check, options)
    if tables:
        _category(quiz, "Trace tables")
    for id, table in tables:
        _cloze(quiz, id, table)
    ET.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(quiz, encoding="unicode") + "\n"


def _category(quiz: ET.Element, name: str) -> None:
    question = ET.SubElement(quiz, "question", type="category")
    _text(question, "category", CATEGORY.format(name=name), "")
    _text(question, "info", "Made by grader quiz of the autodiff kit.")


def _multichoice(quiz: ET.Element, check: QuickCheck, options: Sequence[Option]) -> None:
    question = _question(quiz, "multichoice", check.title, check.id, _asked(check))
    _text(question, "generalfeedback", f"<p>{html(check.why)}</p>")
    _plain(question, defaultgrade="1", penalty=PENALTY, hidden="0", idnumber=check.id)
    _plain(question, single="true", shuffleanswers="true", answernumbering="abc", showstandardinstruction="0")
    for name, words in (("correct", "Right."), ("partiallycorrect", ""), ("incorrect", "Not right.")):
        _text(question, f"{name}feedback", f"<p>{words}</p>" if words else "")
    for option in options:
        answer = ET.SubElement(question, "answer", fraction="100" if option.is_right else "0", format="html")
        ET.SubElement(answer, "text").text = f"<p>{html(option.text)}</p>"
        _text(answer, "feedback", "" if option.is_right else _hint(option))
    _tags(question, check.step)


def _asked(check: QuickCheck) -> str:
    if check.program.is_graph:
        return f"<p>{html(check.asks)}</p><p>{html(edges(check.text))}</p>"
    return f"<p>{html(check.asks)}</p>{_listed(listing(check.program))}"


def _listed(lines: Sequence[str]) -> str:
    return "<pre>" + "\n".join(map(html, lines)) + "</pre>"


def _hint(option: Option) -> str:
    return f"<p>Students who answer this way may believe: “{html(option.believes)}”</p><p>{html(option.hint)}</p>"


def _cloze(quiz: ET.Element, id: str, table: Table) -> None:
    asked = f"<p>Fill in the blanks: the trace of a {table.sweep} sweep from {html(table.root)}. Three or four digits will do.</p>"
    heads = "".join(f'<th scope="col">{html(head)}</th>' for head in table.heads)
    rows = "".join(f"<tr>{''.join(f'<td>{_field(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    question = _question(quiz, "cloze", table.title, id, f"{asked}{_listed(table.listing)}<table><tr>{heads}</tr>{rows}</table>")
    _text(question, "generalfeedback", "")
    _plain(question, penalty=PENALTY, hidden="0", idnumber=id)
    _tags(question, table.sweep)


def _field(cell: Cell) -> str:
    if not cell.is_blank or cell.number is None:
        return html(cell.text)
    return f"{{1:NUMERICAL:={cell.number:.8g}:{max(LEAST_TOLERANCE, TOLERANCE * abs(cell.number)):.3g}}}"


def _question(quiz: ET.Element, kind: str, title: str, id: str, asked: str) -> ET.Element:
    question = ET.SubElement(quiz, "question", type=kind)
    _text(question, "name", f"{title} ({id})", "")
    _text(question, "questiontext", asked)
    return question


def _text(parent: ET.Element, name: str, text: str, form: str = "html") -> None:
    element = ET.SubElement(parent, name, {"format": form} if form else {})
    ET.SubElement(element, "text").text = text if form else plain(text)


def _plain(parent: ET.Element, **values: str) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = value


def _tags(question: ET.Element, *names: str) -> None:
    tags = ET.SubElement(question, "tags")
    for name in ("autodiff", *names):
        ET.SubElement(ET.SubElement(tags, "tag"), "text").text = name
