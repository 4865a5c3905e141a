"""Read rubrics/feedback/sentences.yaml: what students read besides the criteria's own sentences, hints and titles.

A sentence names its parts in braces: "Called: {called}." It must use each part that is offered, and no other, so that no
rewording loses what was called, expected or got.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from grader.messages import PLACEHOLDER
from grader.rubric.yaml_reader import Marked, nearest

FILE = Path("feedback", "sentences.yaml")
OURS = Path(__file__).parents[2] / "rubrics" / FILE
"""The sentences of the checkout that the grader runs from, for a kit that has none of its own."""
LONGEST = 300

# section -> sentence -> its parts; a part with ? may be left out
PARTS: dict[str, dict[str, str]] = {
    "called": {
        "given": "code",
        "large": "text nodes",
    },
    "values": {
        "attribute": "node attribute value",
        "attribute_after_sweep": "node attribute value sweep sweeps",
        "missing": "",
        "none": "node",
        "foreign": "kind",
        "foreign_node": "",
        "more": "count",
        "early": "node",
        "twice": "count",
        "beyond": "",
        "left_out": "",
        "not_first": "",
    },
    "nodes": {
        "untouched": "node",
        "touched": "node",
        "hashable": "",
        "unhashable": "",
        "same_hash": "node",
        "other_hash": "node",
        "alike": "first second answer",
        "alike_got": "answer",
        "own_lists": "",
        "shared_list": "first second",
        "fresh": "node",
        "stale": "node",
        "held": "count",
        "lost": "left",
        "freed": "",
        "kept": "count",
    },
    "orders": {
        "wanted": "nodes root",
        "no_order": "answer",
        "foreign": "order",
        "unreached": "order node",
        "repeated": "order node",
        "missing": "order node",
        "start": "order node",
        "early": "order node parent",
        "in_call": "answer call calls",
        "refusal": "",
        "untouched": "",
        "touched": "attributes",
    },
    "endings": {
        "wanted": "",
        "exception": "exception line function",
        "not_tried": "",
        "unreadable": "",
        "died": "detail",
        "ended": "",
        "cpu": "detail",
        "slept": "detail",
        "early": "",
        "twice": "",
        "size": "detail",
        "empty": "",
        "form": "detail",
        "never": "",
        "loading": "",
    },
    "messages": {
        "public": "called expected got",
        "hidden": "passed total ended",
        "unwritten": "functions passed total",
        "not_judged": "depends",
    },
    "depends": {
        "operands": "",
        "values": "",
        "order": "",
    },
    "hidden": {
        "fail": "",
        "error": "",
        "timeout": "",
        "crash": "",
        "forbidden": "",
        "not_tried": "",
    },
    "next": {
        "fail": "hint?",
        "error": "hint?",
        "timeout": "hint?",
        "crash": "hint?",
        "forbidden": "hint?",
        "not_tried": "hint?",
        "not_judged": "hint?",
        "no_function": "hint?",
        "no_file": "hint?",
        "no_number": "hint?",
        "no_list": "hint?",
        "no_order": "hint?",
        "no_time": "hint?",
        "no_return": "hint?",
        "no_name": "hint?",
        "no_node": "hint?",
        "no_module": "function hint?",
        "no_fit": "hint?",
        "no_array": "hint?",
        "earlier": "function step says",
        "no_depth": "hint?",
        "diagnosis": "believes hint",
    },
    "notes": {
        "practice": "",
        "not_graded": "fault",
        "unreadable": "problem python",
        "unreadable_at": "line problem python",
        "not_loaded": "why",
        "raised": "line exception python",
        "raised_many": "lines python",
        "raised_in": "line exception",
        "cell_raised": "cell line exception python",
        "cells_raised": "lines python",
        "raised_in_cell": "cell line exception",
        "cell_place": "cell line",
        "inside": "exception function line",
        "definitions_only": "why lines",
        "by_hand": "",
    },
    "report": {
        "title": "submission",
        "points": "score most",
        "points_and_bonus": "score most bonus",
        "provisional": "",
        "not_graded": "",
        "unusable": "",
        "origin": "sha256 time sandbox",
        "cases_everybody": "",
        "cases_own": "secret",
        "step": "",
        "points_head": "",
        "bonus_head": "",
        "case": "case",
        "called": "",
        "expected": "",
        "got": "",
        "line": "",
        "why": "",
        "next": "",
        "perhaps": "",
        "cut": "",
    },
}


def place_of(rubrics: Path, file: Path = FILE) -> Path:
    """Return the path of a file of texts for the rubric in this folder: beside it, or else in the grader's own checkout."""
    own, ours = rubrics / file, OURS.parents[1] / file
    return own if own.exists() or not ours.exists() else ours


def read_sentences(marked: Marked, path: Path) -> dict[str, str]:
    """Return the sentences by section.name; faults are gathered in `marked`."""
    return read_file(marked, path, FILE, PARTS, LONGEST)


def read_file(marked: Marked, path: Path, file: Path, parts_of: dict[str, dict[str, str]], longest: int) -> dict[str, str]:
    """Return the texts of a file by section.name; faults are gathered in `marked`. `file` is where such a file lies in a kit."""
    if not path.exists():
        marked.faults.append(f"{path}:1:1: there are no {file.stem} here: copy rubrics/{file} of the kit's repository to this place")
        return {}
    root = marked.compose(path, path.read_bytes())
    sections = marked.mapping(root, parts_of, what=f"the file of {file.stem}") if root else None
    found: dict[str, str] = {}
    for section, wanted in parts_of.items() if sections else ():
        entries = marked.mapping(sections[section], wanted, what=section) if sections else None
        for name, parts in wanted.items() if entries else ():
            found[f"{section}.{name}"] = _text(marked, entries[name], f"{section}.{name}", parts.split(), longest) if entries else ""
    return found


def _text(marked: Marked, node: yaml.Node, name: str, parts: list[str], longest: int) -> str:
    text = marked.text(node, name)
    for fault in faults_in(text, name, parts, longest) if text else ():
        marked.fault(node, fault)
    return text


def faults_in(text: str, name: str, parts: list[str], longest: int = LONGEST) -> Iterator[str]:
    """Yield what is wrong with a text and the parts that it names; a part with ? may be left out."""
    if "\n" in text or len(text) > longest:
        yield f"{name} must be one line of at most {longest} characters"
    if set(PLACEHOLDER.sub("", text)) & set("{}"):
        yield f"{name} has a brace that belongs to no part: write a part as {{name}}"
    named, known = PLACEHOLDER.findall(text), [part.rstrip("?") for part in parts]
    for part in dict.fromkeys(named):
        if part not in known:
            yield f"{name} has no part {{{part}}}{nearest(part, known) if known else ': it has no parts at all'}"
    if missing := [f"{{{part}}}" for part in parts if not part.endswith("?") and part not in named]:
        yield f"{name} lacks {', '.join(missing)}"
