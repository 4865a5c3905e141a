"""Read rubrics/feedback/sentences.yaml: what students read besides the criteria's own sentences, hints and titles.

A sentence names its parts in braces: "Called: {called}." Each part that is offered must stand in it, and no other, so that no
rewording loses what was called, expected or got.
"""

from pathlib import Path

import yaml

from grader.marked import Marked, nearest
from grader.wording import PLACEHOLDER

FILE = Path("feedback", "sentences.yaml")
OURS = Path(__file__).parent.parent / "rubrics" / FILE
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
        "foreign": "kind",
        "foreign_node": "",
        "more": "count",
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
    },
    "messages": {
        "public": "called expected got",
        "hidden": "passed total ended",
        "unwritten": "passed total",
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
        "no_function": "hint?",
        "no_file": "hint?",
        "no_number": "hint?",
        "no_list": "hint?",
        "no_order": "hint?",
        "diagnosis": "believes hint",
    },
    "notes": {
        "practice": "",
        "not_graded": "fault",
        "unreadable": "problem",
        "unreadable_at": "line problem",
        "not_loaded": "why",
        "stopped": "exception",
        "stopped_at": "line exception",
        "cell": "exception",
        "cell_at": "cell line exception",
        "by_hand": "",
    },
    "report": {
        "title": "submission",
        "points": "score most",
        "points_and_bonus": "score most bonus",
        "provisional": "",
        "not_graded": "",
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
        "why": "",
        "next": "",
        "perhaps": "",
        "cut": "",
    },
}


def place_of(rubrics: Path) -> Path:
    """Return where the sentences of the rubric in this folder stand: beside it, or else in the grader's own checkout."""
    own = rubrics / FILE
    return own if own.exists() or not OURS.exists() else OURS


def read_sentences(marked: Marked, path: Path) -> dict[str, str]:
    """Return the sentences by section.name; faults are gathered in `marked`."""
    if not path.exists():
        marked.faults.append(f"{path}:1:1: there are no sentences here: copy rubrics/{FILE} of the kit's repository to this place")
        return {}
    root = marked.compose(path, path.read_bytes())
    sections = marked.mapping(root, PARTS, what="the file of sentences") if root else None
    found: dict[str, str] = {}
    for section, wanted in PARTS.items() if sections else ():
        entries = marked.mapping(sections[section], wanted, what=section) if sections else None
        for name, parts in wanted.items() if entries else ():
            found[f"{section}.{name}"] = _sentence(marked, entries[name], f"{section}.{name}", parts.split()) if entries else ""
    return found


def _sentence(marked: Marked, node: yaml.Node, name: str, parts: list[str]) -> str:
    text = marked.text(node, name)
    if not text:
        return ""
    if "\n" in text or len(text) > LONGEST:
        marked.fault(node, f"{name} must be one line of at most {LONGEST} characters")
    if set(PLACEHOLDER.sub("", text)) & set("{}"):
        marked.fault(node, f"{name} has a brace that belongs to no part: write a part as {{name}}")
    named, known = PLACEHOLDER.findall(text), [part.rstrip("?") for part in parts]
    for part in dict.fromkeys(named):
        if part not in known:
            marked.fault(node, f"{name} has no part {{{part}}}{nearest(part, known) if known else ': it has no parts at all'}")
    if missing := [f"{{{part}}}" for part in parts if not part.endswith("?") and part not in named]:
        marked.fault(node, f"{name} lacks {', '.join(missing)}")
    return text
