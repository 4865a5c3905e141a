"""Text from a submission does no harm where it comes out: each escape against a parser of its format, and one hostile
submission from end to end."""

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
from conftest import REFERENCE, ROOT, Run
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from grader.escape import LONGEST, MARKS, cell, code, html, plain, plain_log, workflow, workflow_property
from grader.report import terminal
from grader.rubric.words import english

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
NASTY = {
    "colour": "\x1b[31mred\x1b[0m",
    "title of the window": "\x1b]0;octocat\x07",
    "link of a terminal": "\x1b]8;;https://evil.example\x1b\\octocat\x1b]8;;\x1b\\",
    "C1 control": "\x9b31mred",
    "overwriting": "wrong\rright\b\b",
    "lines": "one\ntwo\u2028three\u2029four\x85five\x0bsix",
    "right to left": "admin\u202etxt.exe\u2066\u2069",
    "zero width": "pass\u200bword\ufeff\u00ad\u2060",
    "tags": "hi\U000e0001\U000e0041\U000e007f",
    "variation selectors": "a\ufe0f\U000e0100b",
    "fillers": "\u115f\u3164\uffa0\u034f",
    "private use": "\ue0b0\uf8ff\U0010fffd",
    "half a letter": "\ud800 \udcff",
    "flood of marks": "Z" + "\u0335\u0336\u20dd" * 100,
    "a mark at the start": "\u0338x",
    "link": "[octocat](https://evil.example) <https://evil.example> https://evil.example",
    "image": "![octocat](https://evil.example/x.png)",
    "mention": "@octocat octocat/repository#12 #12 closes #1",
    "markup": "</details><img src=x onerror=alert(1)><script>octocat</script>",
    "attribute": "\" onmouseover=\"alert(1) ' onfocus='",
    "entity": "&lt;img&gt; &amp; &#x1b; ]]> <!--",
    "fences": "`` ``` ~~~~ ```` `octocat",
    "backtick at the end": "octocat`",
    "backslash and pipe": "a \\| b | c \\\\| `d` |",
    "heading": "# octocat",
    "command": "::error file=a.py,line=1::octocat",
    "command after space": " \u3000\t::add-mask::octocat",
    "old command": "text ##[error]octocat ##vso[task.setvariable]x",
    "stop": "::stop-commands::token",
    "percent": "100%0A%25::notice::",
    "formula": "=HYPERLINK(\"http://evil.example\";\"octocat\")",
    "formula after space": " \t\r=1+1",
    "full-width formula": "\uff1d1+1",
    "formula after a semicolon": "octocat;=1+1; @SUM(1)",
    "number": "-1",
    "empty": "",
    "spaces": "  ",
    "spaces around": " a ",
}  # fmt: skip
LETTERS = st.characters(exclude_categories=()) | st.sampled_from("`|\\<>&\"'[]()!@#:;=+-%,* \t\r\n\x1b\u0301\u202e")
TEXTS = st.lists(st.sampled_from(sorted(NASTY.values())) | st.text(LETTERS, max_size=40), max_size=5).map("".join)
bounded = settings(max_examples=200, deadline=None)


def nasty(test: Any) -> Any:
    """Run a property on every nasty text, and on texts made of them."""
    for text in NASTY.values():
        test = example(text)(test)
    return bounded(given(TEXTS)(test))


def runner_commands(output: str) -> list[str]:
    """Return the lines that GitHub's runner would obey, by its rules: `::` after white space, or `##[` anywhere."""
    lines = [line.lstrip() for line in re.split("[\r\n]", click.unstyle(output))]
    return [line for line in lines if line.startswith("::") or re.search(r"##\w*\[", line)]


def unsafe(text: str) -> list[str]:
    return [letter for letter in text if unicodedata.category(letter) in UNSAFE]


# ---- one property for each escape ---------------------------------------------


@nasty
def test_plain_text_is_one_short_line_that_steers_and_hides_nothing(text: str) -> None:
    shown = plain(text)
    assert unsafe(shown) == []
    assert len(shown) <= 10 * (LONGEST + 4)
    assert shown.encode("utf-8").decode() == shown
    assert not re.search("[\ufe00-\ufe0f\u3164]", shown)
    marks = "".join("m" if unicodedata.category(letter)[0] == "M" else " " for letter in shown)
    assert "m" * (MARKS + 1) not in marks
    assert not marks.startswith("m")


PLAIN = {
    "what students write": ("x = 'é' * 3 | \\n naïve 中文 ∂f/∂x 🙂 Việt", "x = 'é' * 3 | \\n naïve 中文 ∂f/∂x 🙂 Việt"),
    "colour": (NASTY["colour"], "\\x1b[31mred\\x1b[0m"),
    "lines": ("a\nb\u2028c", "a\\nb\\u2028c"),
    "right to left": ("a\u202eb", "a\\u202eb"),
    "half a letter": ("\ud800", "\\ud800"),
    "tag": ("\U000e0041", "\\U000e0041"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_harmless_stays_and_the_rest_is_spelled_out(name: str) -> None:
    text, shown = PLAIN[name]
    assert plain(text) == shown


@pytest.mark.parametrize("escape", [plain, code, cell, html, workflow, workflow_property])
@pytest.mark.parametrize("letter", ["\x1b", "`", "\u0301", "&", "::", "=;"])
def test_ten_megabytes_are_cut_before_anything_looks_at_them(escape: Any, letter: str) -> None:
    assert len(escape(letter * 10_000_000)) <= 10 * (LONGEST + 10)


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])


@nasty
def test_code_is_one_code_span_wherever_it_stands_in_markdown(text: str) -> None:
    shown = plain(text).replace("|", "\u00a6")
    for before, after in (("", ""), ("- got ", " and more"), ("> ", ""), ("# Report for ", ""), ("  - **1/2** ", "."), ("a\n\n", "\n\nb")):
        spans = [token for token in flat(MARKDOWN.parse(before + code(text) + after)) if token.type not in {"inline", "text"}]
        assert [token.content.strip(" ") for token in spans if token.type == "code_inline"] == [shown.strip(" ")]
        kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in spans}
        assert kinds <= {"code_inline", "paragraph", "list_item", "bullet_list", "blockquote", "heading", "strong"}


@nasty
def test_code_is_one_code_span_and_one_cell_in_a_table(text: str) -> None:
    tokens = MARKDOWN.parse(f"| step | got |\n| --- | --- |\n| {code(text)} | the end |\n")
    cells = [token for before, token in pairwise(tokens) if before.type == "td_open"]
    assert [[child.type for child in cell.children or []] for cell in cells] == [["code_inline"], ["text"]]
    assert cells[1].content == "the end"


@nasty
def test_a_csv_cell_comes_back_and_is_no_formula_whatever_parts_the_cells(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(["before", cell(text), "after"])
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [["before", cell(text), "after"]]
    assert not any(part.strip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")) for part in cell(text).split(";"))
    assert re.sub("(^|;)'", r"\1", cell(text)) == re.sub("(^|;)'", r"\1", plain(text))


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@nasty
def test_html_gives_the_plain_text_back_and_no_tag(text: str) -> None:
    page = Page()
    page.feed(f"<p>{html(text)}</p>")
    page.close()
    assert page.tags == [("p", [])]
    assert page.text == plain(text)


@nasty
def test_xml_is_legal_and_gives_the_plain_text_back(text: str) -> None:
    element = ElementTree.Element("p", a=plain(text))
    element.text = plain(text)
    found = ElementTree.fromstring(ElementTree.tostring(element, "utf-8", xml_declaration=True))
    assert (found.text or "", found.attrib, len(found)) == (plain(text), {"a": plain(text)}, 0)


@nasty
def test_an_annotation_says_what_it_should_and_nothing_else(text: str) -> None:
    line = f"::error file=autodiff.py,title={workflow_property(text)}::{workflow(text)}"
    assert "\n" not in line
    assert "\r" not in line
    head, _, message = line.removeprefix("::").partition("::")  # as the runner reads it
    name, _, rest = head.partition(" ")
    properties = dict(entry.split("=", 1) for entry in rest.split(","))
    for escaped, letter in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(escaped, letter)
    title = properties["title"].strip()
    for escaped, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        title = title.replace(escaped, letter)
    assert (name, set(properties), message, title) == ("error", {"file", "title"}, plain(text), plain(text).strip())


@nasty
def test_no_line_in_a_log_is_a_command(text: str) -> None:
    styled = click.style(plain(text), fg="red", bold=True)
    for line in (plain(text), f"  {plain(text)}", f" \t{styled}", f"a\n{plain(text)}\n\n   {styled}", styled * 2):
        assert runner_commands(plain_log(line)) == []
    assert json.loads(plain_log(json.dumps({"a": text}))) == {"a": text}
    assert json.loads(plain_log(json.dumps([text], ensure_ascii=False, indent=1))) == [text]


def test_a_wrapped_line_starts_no_command() -> None:
    case = {"outcome": "error", "called": "f", "expected": "g", "got": "::error::a " * 30 + "##[add-mask]a " * 30}
    criterion = {
        "outcome": "error",
        "score": 0,
        "max_score": 1,
        "bonus": False,
        "says": "s",
        "cases": [case],
        "why": "",
        "hint": "",
        "message": "It failed.",
        "diagnosis": None,
        "automatic": "",
    }
    lines = list(terminal._criterion(criterion, english(), set()))
    assert runner_commands("\n".join(lines)) != []
    assert runner_commands("\n".join(map(plain_log, lines))) == []


@pytest.mark.parametrize("line", ["x[::2]", "a::b", "# [x]", "std::vector", "issue ##1"])
def test_an_ordinary_line_is_printed_as_it_is(line: str) -> None:
    assert plain_log(line) == line


# ---- one hostile submission, from end to end ----------------------------------

MARKER = "octocat"
FOLDER = "::error::<img src=x>`@octocat` [x](y) |\x1b[31m\u202e ##[error]x=1"
RAISING = f"""
NASTY = {[text for text in NASTY.values() if text.strip()]!r}
STARTER = "\\ud800\\x1b[31m@octocat"


class Sly(Exception):
    "::error::@octocat"


Sly.__name__ = "<img src=x>@octocat\\n::warning::x"


def harm(number):
    "![octocat](https://evil.example)"
    raise Sly(NASTY[number % len(NASTY)] + " " + "x" * 60 + " ::error::octocat")


harm.__code__ = harm.__code__.replace(co_name="::add-mask::@octocat\\x1b[0m")
"""
WAYS = {
    "add": "return harm(int(10 * a.value))",
    "sub": "raise Sly('::error::' + chr(27) * 10_000_000)",
    "mul": "return create_node(a.value * b.value, [a, b], NASTY[8] + '\\ud800' + '`@octocat' * 99, [b.value, a.value])",
    "div": "return create_node(type('<b>@octocat' + chr(27), (), {})(), [a, b], 'div', ['::error::', '\\ud800'])",
    "log": "raise type('::error::@octocat|`' + chr(0x202e), (Exception,), {})('\\n##[error]octocat\\n::error::octocat')",
    "exp": "raise Sly('\\ud800' * 300)",
    "sin": "raise Sly('`' * 200 + '@octocat')",
}
FORMULA = '=HYPERLINK("evil.example";"octocat")'


def hostile() -> str:
    """Return the reference with functions that answer with every nasty text there is."""
    source = RAISING + REFERENCE.replace('STARTER = "', 'REAL_STARTER = "')
    for name, body in WAYS.items():
        start = source.index(":\n", source.index(f"def {name}(")) + 2
        source = f"{source[:start]}    {body}\n{source[start:]}"
    source = source.replace("def forward(root):\n", "def forward(root):\n    harm(len(root.child_nodes) + int(10 * abs(root.value)))\n")
    return source + "\nraise Sly(' '.join(NASTY))\n"


class Ran:
    """What one run printed and wrote."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.out, self.name = run, folder / "out", FOLDER
        for name in (self.name, FORMULA):
            (folder / "in" / name).mkdir(parents=True)
            (folder / "in" / name / "autodiff.py").write_text(hostile(), "utf-8", "surrogatepass")
        self.printed = run("grade", folder / "in" / self.name, "--out", self.out).stdout
        self.as_json = run("grade", folder / "in" / self.name, "--out", self.out, "--json").stdout
        self.table = run("cohort", folder / "in", "--out", self.out).stdout
        self.collected = run("collect", folder / "in" / self.name, "--out", folder / "traces").stdout
        self.trace = folder / "traces" / f"{self.name}.json"
        self.case = run("case", "tutorial", "--trace", self.trace).stdout
        self.markdown = (self.out / self.name / "report.md").read_bytes()
        self.report = (self.out / self.name / "report.json").read_bytes()


@pytest.fixture(scope="module")
def ran(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(run, tmp_path_factory.mktemp("hostile"))


def test_the_hostile_submission_reaches_its_report(ran: Ran) -> None:
    report = json.loads(ran.report)
    got = [case["got"] for step in report["steps"] for criterion in step["criteria"] for case in criterion["cases"]]
    assert len({text for text in got if MARKER in text}) > 10
    assert any("::add-mask::" in text for text in got)
    assert any("\x1b" in text for text in got)
    assert report["starter"].startswith("\\ud800\x1b[31m@octocat")
    assert report["notes"][0].startswith("Python cannot import your file as it stands: line ")


@pytest.mark.parametrize("printed", ["printed", "as_json", "table", "collected", "case"])
def test_the_terminal_and_a_ci_log_show_it_unharmed(printed: str, ran: Ran) -> None:
    output = getattr(ran, printed)
    assert MARKER in output
    assert unsafe(output.replace("\n", "")) == []
    assert runner_commands(output) == []


@pytest.mark.slow
def test_pytest_shows_the_trace_unharmed(ran: Ran) -> None:
    command = [sys.executable, "-m", "pytest", "--trace", str(ran.trace), "-p", "no:randomly"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 1
    assert MARKER in ended.stdout
    assert unsafe(ended.stdout.replace("\n", "")) == []
    assert runner_commands(ended.stdout) == []


def test_a_refused_trace_is_told_unharmed(ran: Ran, tmp_path: Path) -> None:
    trace = json.loads(ran.trace.read_text())
    trace["schema"] = "::error::\x1b[31m" + NASTY["right to left"] * 1000
    (tmp_path / f"{ran.name}.json").write_text(json.dumps(trace))
    ended = ran.run("compare", tmp_path / f"{ran.name}.json", "--out", tmp_path / "out", status=2)
    assert "its schema is" in ended.stderr
    assert unsafe(ended.stderr.replace("\n", "")) == []
    assert runner_commands(ended.stderr) == []
    assert len(ended.stderr) < 2 * LONGEST


def test_what_a_trace_says_of_its_sandbox_is_told_unharmed(ran: Ran, tmp_path: Path) -> None:
    trace = json.loads(ran.trace.read_text())
    (tmp_path / "t.json").write_text(json.dumps({**trace, "sandbox": "<img src=x>![octocat](y)\x1b[31m"}))
    ran.run("compare", tmp_path / "t.json", "--out", tmp_path / "out", "--quiet")
    tokens = list(flat(MARKDOWN.parse((tmp_path / "out" / "t" / "report.md").read_text("utf-8"))))
    assert "<img src=x>![octocat](y)\\x1b[31m" in [token.content for token in tokens if token.type == "code_inline"]
    assert not {"image", "html_inline"} & {token.type for token in tokens}


def test_the_markdown_report_holds_its_text_in_code_spans_only(ran: Ran) -> None:
    tokens = list(flat(MARKDOWN.parse(ran.markdown.decode("utf-8"))))
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    known = {"heading", "inline", "text", "code_inline", "paragraph", "strong", "blockquote", "softbreak", "bullet_list", "list_item"}
    assert kinds <= known | {"table", "thead", "tbody", "tr", "th", "td"}
    spans = [token.content for token in tokens if token.type == "code_inline"]
    assert sum(MARKER in span for span in spans) > 5
    assert [token.content for token in tokens if token.type == "text" and (MARKER in token.content or "::" in token.content)] == []
    assert unsafe("".join(spans)) == []


def test_the_grades_hold_no_formula(ran: Ran) -> None:
    with (ran.out / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["submission"] for row in rows] == [plain(ran.name), "'" + FORMULA]
    assert not any(entry.startswith(("=", "+", "-", "@")) for row in rows for entry in row.values())
    assert unsafe("".join(entry for row in rows for entry in row.values())) == []


def test_the_json_report_is_utf_8_and_fits_its_schema(ran: Ran) -> None:
    report = json.loads(ran.report.decode("utf-8"))
    json.dumps(report, ensure_ascii=False).encode("utf-8")  # not even half a letter in it
    schema = json.loads((ROOT / "grader" / "schemas" / "report.schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(report)) == []
    assert len(ran.report) < 1_000_000


# ---- names --------------------------------------------------------------------


@pytest.mark.slow
def test_a_name_that_is_not_utf_8_or_too_long_for_a_file_stops_nobody(run: Run, tmp_path: Path) -> None:
    for name in (b"\xff\xfe", "é".encode() * 125):
        folder = tmp_path / "in" / name.decode("utf-8", "surrogateescape")
        folder.mkdir(parents=True)
        (folder / "autodiff.py").write_text(REFERENCE)
    run("cohort", tmp_path / "in", "--out", tmp_path / "out")
    run("compare", tmp_path / "out", "--out", tmp_path / "again")
    for out in ("out", "again"):
        reports = [json.loads(path.read_bytes().decode("utf-8")) for path in (tmp_path / out).glob("*/report.json")]
        assert {report["submission"][:4]: report["score"] for report in reports} == {"\\udc": 100, "éééé": 100}
    named = tmp_path / b"\xff.json".decode("utf-8", "surrogateescape")
    named.write_bytes(next((tmp_path / "out" / ".traces").glob("*.json")).read_bytes())
    assert "\\udcff: 100 of 100 points" in run("compare", named, "--out", tmp_path / "named").stdout
    json.loads(next((tmp_path / "named").glob("*/report.json")).read_bytes().decode("utf-8"))
