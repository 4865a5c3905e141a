"""Handout and slides: their figures are computed and up to date, and the part before the appendix has at most 1,800 words."""

import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import REFERENCE, ROOT, Run

ASSIGNMENT = ROOT / "assignment"
HANDOUT = (ASSIGNMENT / "handout.md").read_text("utf-8")
SLIDES = (ASSIGNMENT / "slides.md").read_text("utf-8")
PAGE = (ASSIGNMENT / "handout.html").read_text("utf-8")
MARK = re.compile(r"<!-- = (\S+) -->\n?(.*?)\n?<!-- / -->", re.DOTALL)
MOST_WORDS = 1800
X1, X2 = 2.0, 5.0
RIGHT = {
    "value.y": math.log(X1) + X1 * X2 - math.sin(X2),
    "d.x1.y": 1 / X1 + X2,
    "d.x2.y": X1 - math.cos(X2),
    "walked.y": -math.cos(X2),
    "stale.y": (1 / X1) + (X2 + X1) - math.cos(X2),
}
"""What a person gets with paper and calculus, by the name of the part that shows it."""


def parts(text: str) -> dict[str, str]:
    return {name: shown for name, shown in MARK.findall(text)}


@pytest.fixture
def teaching_kit(kit: Path) -> Path:
    """A copy of the kit with its assignment, for tests that change it."""
    shutil.copytree(ASSIGNMENT, kit / "assignment")
    return kit


def test_every_value_table_and_figure_is_up_to_date(run: Run) -> None:
    run("handout", "--check")


def test_the_numbers_are_those_of_calculus() -> None:
    shown = {**parts(HANDOUT), **parts(SLIDES)}
    found = {name: float(shown[name].replace("−", "-")) for name in RIGHT if name in shown}
    assert len(found) > 3
    assert found == {name: pytest.approx(RIGHT[name], abs=5e-7) for name in found}


@pytest.mark.parametrize("name", ["handout.md", "slides.md"])
def test_no_number_with_a_point_is_typed(name: str) -> None:
    text = MARK.sub("", (ASSIGNMENT / name).read_text("utf-8").partition("## Appendix")[0])
    typed = re.findall(r"(?<![\w.])\d+\.\d+", re.sub(r"Node\(\d\.0\)|It is 0\.0 at the start|2402\.16020", "", text))
    assert typed == []


def test_the_way_has_at_most_1800_words() -> None:
    way = MARK.sub("", HANDOUT.partition("## Appendix")[0])
    assert 1500 < len([word for word in way.split() if re.search(r"\w", word)]) <= MOST_WORDS


STEPS = ("## Step 1", "## Step 2", "## Step 3")


def test_handout_and_starter_name_every_function_that_students_write() -> None:
    functions = set(re.findall(r"^def ([a-z]\w*)\(", REFERENCE, re.MULTILINE))
    table = "".join(re.findall(r"^\| \d\. .*$", HANDOUT, re.MULTILINE)[:3])
    assert set(re.findall(r"`(\w+)`", table)) == functions - {"backward"}  # an extension
    operators = functions - {"create_node", "topological_order", "forward", "backward"}
    assert len(operators) == 8
    for document in (HANDOUT, (ROOT / "assignment" / "slides.md").read_text("utf-8")):
        assert "eight operators" in document


@pytest.mark.parametrize("step", STEPS)
def test_each_step_asks_draws_lets_fill_in_promises_frees_and_shows(step: str) -> None:
    section = HANDOUT[HANDOUT.index(step) :].split("\n## ")[0]
    first = section.splitlines()[2]
    assert re.match(r"\*\*[^*]+\?\*\*", first), first
    assert "![" in section
    assert any("?" in shown and shown.startswith("|") for shown in parts(section).values())
    for words in ("**You promise:**", "**You are free**", "**Watch it work:**", "python show.py", "python -m pytest -k"):
        assert words in section


def test_a_changed_reference_makes_the_values_stale(teaching_kit: Path, run: Run) -> None:
    reference = teaching_kit / "reference" / "autodiff.py"
    changed = reference.read_text("utf-8").replace("np.log(a.value)", "np.log10(a.value)").replace("[1.0 / a.value]", "[2.0 / a.value]")
    reference.write_text(changed, "utf-8")
    said = run("handout", "--check", "--kit", teaching_kit, status=1).stderr
    assert "handout.md is out of date: run `grader handout`" in said
    assert "graph.svg is out of date" in said
    run("handout", "--kit", teaching_kit)
    run("handout", "--check", "--kit", teaching_kit)
    assert parts((teaching_kit / "assignment" / "handout.md").read_text("utf-8"))["d.x1.y"] == "6"


FAULTS = {
    "an unknown part": ("<!-- = d.x1.y -->", "<!-- = d.x9.y -->", "handout.md:27: no generated part is called d.x9.y"),
    "a mark that begins a line": ("= <!-- = walked.y", "=\n<!-- = walked.y", "a line must not begin with a mark"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_mark_is_named_with_its_line(name: str, teaching_kit: Path, run: Run) -> None:
    old, new, sentence = FAULTS[name]
    path = teaching_kit / "assignment" / "handout.md"
    text = path.read_text("utf-8")
    assert old in text
    line = text.count("\n", 0, text.index(old)) + 1
    path.write_text(text.replace(old, new, 1), "utf-8")
    said = run("handout", "--kit", teaching_kit, status=2).stderr
    assert re.sub(r":27:", f":{line}:", sentence) in said


def test_a_changed_handout_makes_its_page_stale_and_leaves_it_out_of_the_starter(teaching_kit: Path, run: Run, tmp_path: Path) -> None:
    path = teaching_kit / "assignment" / "handout.md"
    path.write_text(HANDOUT.replace("Whom to write to, and until when.", "Ann, May 1."), "utf-8")
    assert "handout.html is out of date" in run("handout", "--check", "--kit", teaching_kit, status=1).stderr
    assert "handout.html is out of date" in run("release", tmp_path / "starter", "--kit", teaching_kit, "--owner", "course").stderr
    assert "Ann, May 1." in (tmp_path / "starter" / "handout.md").read_text("utf-8")
    assert not (tmp_path / "starter" / "handout.html").exists()
    assert "handout.html" not in (tmp_path / "starter" / "README.md").read_text("utf-8")
    run("handout", "--kit", teaching_kit)
    said = run("release", tmp_path / "starter", "--kit", teaching_kit, "--owner", "course", "--force").stderr
    assert "out of date" not in said
    assert "Ann, May 1." in (tmp_path / "starter" / "handout.html").read_text("utf-8")


# ---- the pages ------------------------------------------------------------------


class Page(HTMLParser):
    """Collects addresses, ids and tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "src"):
                self.links.append(value or "")


def expect_self_contained(text: str) -> Page:
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert "default-src 'none'" in text
    assert len(page.ids) == len(set(page.ids))
    assert [link for link in page.links if not link.startswith(("#", "https://"))] == []
    assert [link for link in page.links if link.startswith("#") and link[1:] not in page.ids] == []
    return page


def test_the_page_holds_all_in_itself_and_every_link_leads_somewhere() -> None:
    page = expect_self_contained(PAGE)
    assert page.tags.count("svg") == len(set(re.findall(r"figures/[\w-]+\.svg", HANDOUT)))
    assert page.tags.count("math") == HANDOUT.count("$$") // 2
    assert [tag for tag in page.tags if tag in ("h1", "h2")].count("h1") == 1
    assert "$" not in re.sub("<style>.*?</style>", "", PAGE, flags=re.DOTALL)
    assert "<!-- =" not in PAGE


def test_links_between_sections_lead_somewhere_in_the_markdown() -> None:
    heads = re.findall(r"^#+ (.+)$", HANDOUT, re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    links = re.findall(r"\]\(#([\w-]+)\)", HANDOUT)
    assert len(links) >= 4
    assert [link for link in links if link not in slugs] == []


def test_students_get_the_handout_without_marks() -> None:
    text = (ROOT / "starter" / "handout.md").read_text("utf-8")
    assert "<!--" not in text
    assert "5.5" in text
    assert (ROOT / "starter" / "handout.html").read_text("utf-8") == PAGE
    shown = set(re.findall(r"\]\((figures/.+?)\)", text))
    assert {path.relative_to(ROOT / "starter").as_posix() for path in (ROOT / "starter" / "figures").iterdir()} == shown


def test_every_figure_is_shown_and_says_in_words_what_it_shows() -> None:
    shown = re.findall(r"!\[([^\]]+)\]\(figures/([\w-]+)\.svg\)", HANDOUT + SLIDES)
    assert {name for _, name in shown} == {path.stem for path in (ASSIGNMENT / "figures").glob("*.svg")}
    for says, name in shown:
        svg = (ASSIGNMENT / "figures" / f"{name}.svg").read_text("utf-8")
        assert len(says) > 40
        assert f'aria-label="{says}"' in svg


# ---- worked cells of the notebook --------------------------------------------------


def notebook_cells() -> dict[str, str]:
    notebook = json.loads((ASSIGNMENT / "source" / "autodiff" / "autodiff.ipynb").read_text("utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}


def run_worked(step: str, *, solved: bool, filled: str = "", capture: pytest.CaptureFixture[str]) -> list[str]:
    """Return what a worked cell prints in a notebook with or without solutions; `filled` takes the place of its predictions."""
    names: dict[str, object] = {}
    for name, text in notebook_cells().items():
        if name in ("given", "public-tools") or name.startswith("solution-"):
            cut = re.sub(r"    ### BEGIN.*?### END SOLUTION", "    raise NotImplementedError('not written yet')", text, flags=re.DOTALL)
            exec(text if solved or not name.startswith("solution-") else cut, names)
    cell = notebook_cells()[f"public-{step}-worked"]
    capture.readouterr()
    exec(re.sub(r"\{\"\w+\": .*\}(?=,)", filled, cell) if filled else cell, names)
    return capture.readouterr().out.splitlines()


WORKED = {
    "node-creation": '{"v2": [5, 2], "v4": [0.2837], "y": [1, 1]}',
    "topological-order": '{"v2": "x2", "v4": "x2", "y": "x2 v2 v3"}',
    "forward": '{"v2": 2, "v4": 0.284, "y": 7.216}',
}
"""Predictions: right, right, wrong."""


@pytest.mark.parametrize("step", WORKED)
def test_a_worked_cell_compares_predictions_with_the_students_own_functions(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert all("no prediction yet" in line for line in run_worked(step, solved=True, capture=capsys) if line.startswith(("v", "y ")))
    said = [line for line in run_worked(step, solved=True, filled=WORKED[step], capture=capsys) if not line.startswith("your order")]
    assert [line.endswith("as predicted") for line in said] == [True, True, False]
    assert said[-1].endswith("look again")
    assert "not written yet" in run_worked(step, solved=False, capture=capsys)[-1]


# ---- slides and PDFs ---------------------------------------------------------------


def slides() -> list[str]:
    return re.split(r"^---$", SLIDES, flags=re.MULTILINE)


def test_the_deck_is_for_45_minutes_and_each_slide_has_notes() -> None:
    assert 25 <= len(slides()) <= 30
    minutes = [int(re.findall(r"^Minute (\d+)", slide, re.MULTILINE)[0]) for slide in slides()[1:]]
    assert minutes == sorted(minutes)
    assert minutes[-1] < 45
    for slide in slides():
        assert re.search(r"\n::: notes\n.+\n:::\n?\Z", slide.rstrip() + "\n", re.DOTALL), slide


def test_the_deck_has_a_slide_for_each_node() -> None:
    heads = [re.findall(r"^## (.+)$", slide, re.MULTILINE) for slide in slides()]
    nodes = [head[0].partition(" = ")[0] for head in heads if head and re.match(r"(v\d|y) = ", head[0])]
    assert nodes == ["v1", "v2", "v3", "v4", "y"]


@pytest.mark.slow
def test_the_deck_is_one_page_without_script_that_prints_a_slide_a_page(run: Run, tmp_path: Path) -> None:
    text = built(run, tmp_path)["slides.html"].decode()
    page = expect_self_contained(text)
    assert page.tags.count("section") == len(slides())
    assert page.tags.count("details") == len(slides())
    assert "break-after: page" in text
    assert "::: notes" not in text


def built(run: Run, folder: Path) -> dict[str, bytes]:
    """Return what `grader handout --into` writes, by file name."""
    pytest.importorskip("typst", reason="Typst is not installed: pip install -e '.[docs]'")
    pytest.importorskip("pypandoc", reason="pandoc is not installed: pip install -e '.[docs]'")
    run("handout", "--into", folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_pages_and_pdfs_are_the_same_bytes_each_time(run: Run, tmp_path: Path) -> None:
    first, second = built(run, tmp_path / "first"), built(run, tmp_path / "second")
    assert set(first) == {"handout.html", "handout.pdf", "slides.html", "slides.pdf"}
    assert first == second
    assert first["handout.html"].decode() == PAGE


@pytest.mark.slow
def test_pdfs_are_tagged_and_name_their_title_and_language(run: Run, tmp_path: Path) -> None:
    for name, content in built(run, tmp_path).items():
        if name.endswith(".pdf"):
            assert content.startswith(b"%PDF-1.7")
            for mark in (b"/StructTreeRoot", b"/MarkInfo", b"pdfuaid:part", b"Build your own automatic differentiation"):
                assert mark in content, (name, mark)
            assert re.search(rb"/Lang ?\(en\)", content), name


# ---- what to build, answered by the text -------------------------------------------

QUESTIONS = {
    "Is root the input or the output?": "`root` is the INPUT whose influence you follow. It is never the output.",
    "How do I write 3 times x?": "For 3·x write `mul(Node(3.0), x)`, with a new `Node` at each use.",
    "Does x * x hold x once or twice among the operands?": "In `mul(x, x)` the node `x` appears **twice**",
    "And among the children of x?": "whether x lists the node `mul(x, x)` among its children once or twice",
    "Must operators call create_node?": "whether an operator calls `create_node` or does the work itself",
    "May x - 0 return x?": "Every call of an operator makes a new node. Do not simplify",
    "May Node define __eq__ by value?": "its hash never changes, and it equals only itself",
    "May I keep a list of all nodes?": "So keep no list of all nodes on the side.",
    "Which order is wanted?": "which of the valid orders you return (there are many, and all are right)",
    "May the order be a set?": "A set will not: it has no order.",
    "Do constants belong to the order?": "such as constants. They do not belong to the order",
    "How deep may recursion go?": "no path is longer than 150 nodes, and no graph has more than 300",
    "May I raise the recursion limit?": "You may raise Python's recursion limit.",
    "How quick must an order be?": "Such a graph is ordered at once if each node is handled once",
    "What does a node get that an earlier sweep has filled?": "counts as **0, whatever an earlier sweep left in it**",
    "May the root be a node in the middle?": "`root` may be a node in the middle. It has parents, and it still gets 1.",
    "What does forward return?": "what `forward` returns",
    "May I use a difference quotient?": "their cleverer relatives, earn nothing in step 3",
    "What happens at a cycle?": "Then `topological_order` raises `ValueError`.",
    "May backward be called twice?": "Calling it again, also for another output, gives right numbers again.",
    "How exact must a number be?": "A number you return is right if **|got - expected| ≤ 1e-9 · m**",
    "What may I import?": "Python's standard library and NumPy.",
    "What if my file raises at one line?": "**If a line raises, you lose only the names that it would define.**",
    "What must log(0) or a division by 0 give?": "you need no rule for `log(Node(0.0))` or a division by 0",
    "How often does a given graph list a repeated child?": "Graphs that we lay out list a repeated child once or once per use",
    "Does the order of child_nodes matter?": "and the order of `child_nodes`",
    "What of a cycle that root does not reach?": "A cycle that `root` does not reach is never asked.",
    "What does backward return, and what do other nodes hold?": "in what `backward` returns, and in what other nodes hold",
    "How deep are graphs for backward?": "Paths are no longer than 150 nodes.",
    "May a partial stay 1.0 beside arrays?": "the same for all entries may be one number, such as 1",
    "Must backward work with arrays?": "`backward` is not asked with arrays",
    "How exact must an adjoint be?": "For a derivative or an adjoint",
    "May forward change child_nodes?": "If it removes entries from `child_nodes`, the next sweep misses those nodes.",
    "Must forward reset nodes that root does not reach?": "You need not write that 0.",
    "What is each criterion worth?": "Your report lists them with their points.",
    "Does a mistake in step 1 cost points in step 3?": "a mistake in step 1 costs you nothing in step 3",
}


def test_questions_on_what_to_build_are_answered_by_a_line_of_the_handout() -> None:
    text = " ".join(MARK.sub("", HANDOUT).replace("\n> ", " ").split())
    assert {question for question, answer in QUESTIONS.items() if answer not in text} == set()
    assert len(QUESTIONS) >= 20


def test_neither_handout_nor_slides_nor_a_worked_cell_holds_a_line_of_the_solution() -> None:
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", REFERENCE, re.DOTALL)
    solution = {line.strip() for region in regions for line in region.splitlines() if len(line.strip()) > 12}
    assert len(solution) > 30
    cells = [text for name, text in notebook_cells().items() if not name.startswith("solution-")]
    assert [line for line in sorted(solution) for text in (HANDOUT, SLIDES, *cells) if line in text] == []
