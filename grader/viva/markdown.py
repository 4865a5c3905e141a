"""An oral check as Markdown, for an issue, a wiki or a text editor: what viva_page shows, without the drawing."""

import re
from collections.abc import Iterable, Sequence

from grader.escape import code, plain
from grader.quiz.trace_table import CellData, TableData
from grader.viva.questions import Viva

BLANK = "`______`"


def viva_markdown(viva: Viva) -> str:
    """Return both sheets, of what `questions.draw_viva` returns. A rule parts the student's from the examiner's."""
    line, trace, change = viva["line"], viva["trace"], viva["change"]
    head = f"file {viva['sha256'][:16]}, draw {code(viva['draw'])}"
    student = [f"# Oral check for {code(viva['submission'])}", head, "## 1. A line of yours", _prose(line["asks"])]
    examiner = [f"# Answers for the examiner: {code(viva['submission'])}", head, "## Answer 1"]
    if line["lines"]:
        student.append("\n".join(f"- {'**▶**' if one['asked'] else ''} {one['place']} {code(one['text'])}" for one in line["lines"]))
        examiner += [f"- A good answer says: {line['good']}\n- Ask next: {line['next']}"]
    else:
        examiner.append("No line of the file could be chosen by its text. Let the student show you the place that does the sweep.")
    if trace:
        student += ["## 2. A graph", _prose(trace["asks"]), _table(trace["table"], solution=False)]
        examiner += [
            "## Answer 2",
            _table(trace["table"], solution=True),
            f"The public case {code(trace['case'])}. Bold numbers were blank.",
        ]
    if change:
        student += ["## 3. One changed link", f"{_prose(change['asks'])} Write down each derivative that is another one than before."]
        rows = [("node", "before", "after"), ("---",) * 3, *((c["node"], c["before"], c["after"]) for c in change["changes"])]
        examiner += ["## Answer 3", _prose(change["asks"]), _rows(rows)]
    if viva["beliefs"]:
        examiner += ["## From the report: the student may believe", "\n".join(f"- {_prose(text)}" for text in viva["beliefs"])]
    return "\n\n".join([*student, "---", *examiner]) + "\n"


def _prose(text: str) -> str:
    """Return a text of the kit; a program in it holds signs that Markdown would take for its own."""
    return re.sub(r"([*_<\[`])", r"\\\1", plain(text))


def _table(table: TableData, *, solution: bool) -> str:
    def shown(cell: CellData) -> str:
        if not cell["is_blank"]:
            return cell["text"]
        return f"**{cell['text']}**" if solution else BLANK

    return _rows([table["heads"], ("---",) * len(table["heads"]), *(tuple(map(shown, row)) for row in table["rows"])])


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
