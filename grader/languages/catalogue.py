"""The catalogue of one language: rubrics/languages/CODE/*.yaml. Read it, compare it with the English texts, and write it to be filled in.

    page:
      share:
        english: "share"            for the translator; nobody else reads it
        hash: "0a1b2c3d4e5f"        of the English text that `text` was made from
        text: ""                    the translation; empty where there is none yet

A text counts if its hash is that of the English text as it is now, and if it has the very same parts. Any other falls back to English.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.languages.source_texts import FREE, Source
from grader.model import ENGLISH, KitFault
from grader.rubric import sentences, words
from grader.rubric.loading import RubricError
from grader.rubric.yaml_reader import Marked

FOLDER = "languages"
CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A language's name, as HTML's `lang` takes it: de, pt-BR, zh-Hant; qaa to qtz are free for languages of one's own."""
Tree = dict[str, "Tree | list[str]"]
"""The lines of texts, nested as their keys are."""
MISSING, STALE, BROKEN, UNKNOWN = KINDS = ("missing", "stale", "broken", "unknown")
HEAD = """\
# {language}: {file}, to be translated. Write the translation into `text`; words in braces stay as they are. Where `hash` is not `now`, the
# English has changed since: translate again, and put the value of `now` into `hash`. How: ../../README.md#languages
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of a catalogue, the hash of the English one that it was made from, and file:line:column."""

    text: str
    hash: str
    place: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A text that does not count: its kind, its key, where it is, and what to do."""

    kind: str
    key: str
    place: str
    says: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language by key, and where they lie."""

    language: str
    folder: Path
    entries: Mapping[str, Entry]

    def compare(self, sources: Mapping[str, Source]) -> tuple[dict[str, str], list[Finding]]:
        """Return the texts that count, by key, and a finding for each of the others."""
        counting, findings = {}, []
        for key, source in sources.items():
            finding = _finding(key, source, self.entries.get(key), self.folder)
            if finding:
                findings.append(finding)
            else:
                counting[key] = self.entries[key].text
        for key, entry in self.entries.items():
            if key not in sources and entry.text:
                findings.append(Finding(UNKNOWN, key, entry.place, "no English text has this name: remove it"))
        return counting, findings


def _finding(key: str, source: Source, entry: Entry | None, folder: Path) -> Finding | None:
    file, _, name = key.partition(".")
    if entry is None or not entry.text:
        return Finding(MISSING, key, entry.place if entry else f"{folder / file}.yaml:1:1", f"translate {source.text!r}")
    if entry.hash != source.hash:
        return Finding(STALE, key, entry.place, f'the English is now {source.text!r}: translate it again, with hash: "{source.hash}"')
    if file not in FREE and (faults := list(sentences.faults_in(entry.text, name, source.parts.split(), words.LONGEST))):
        return Finding(BROKEN, key, entry.place, "; ".join(faults))
    return None


def folder_of(rubrics: Path, language: str) -> Path:
    """Return where a language lies: beside the rubric, or else in the grader's own checkout. Raises KitFault if it is in neither."""
    places = [rubrics / FOLDER, sentences.OURS.parents[1] / FOLDER]
    if not CODE.fullmatch(language):
        raise KitFault(f"{language!r} is not the name of a language, such as de or pt-BR")
    for place in places:
        if (place / language).is_dir():
            return place / language
    known = [ENGLISH, *sorted({folder.name for place in places if place.is_dir() for folder in place.iterdir() if folder.is_dir()})]
    raise KitFault(f"there is no language {language!r}: {places[0]} has {', '.join(known)}; `grader rubric language {language}` begins it")


def read_catalogue(folder: Path) -> Catalogue:
    """Return the catalogue in a folder. Raises RubricError with every fault of its files, as file:line:column: message."""
    marked = Marked()
    marked.kind = "a catalogue"
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.yaml")):
        node = marked.compose(path, path.read_bytes())
        entries |= dict(_entries(marked, node, path.stem)) if node else {}
    if marked.faults:
        raise RubricError(marked.faults)
    return Catalogue(folder.name, folder, entries)


def _entries(marked: Marked, node: Any, key: str) -> Iterator[tuple[str, Entry]]:
    """Yield the texts below a node of YAML: a mapping in which `text` is a text is one of them, any other holds more."""
    found = marked.mapping(node, None, what=key) or {}
    text = getattr(found.get("text"), "value", None)
    if not isinstance(text, str):
        for name, inner in found.items():
            yield from _entries(marked, inner, f"{key}.{name}")
        return
    marked.mapping(node, ("text", "hash"), ("english", "now"), what=key)
    if "hash" in found:
        yield key, Entry(text.strip(), marked.scalar(found["hash"], "hash"), marked.place(found["text"]))


def catalogue_files(language: str, sources: Mapping[str, Source], known: Mapping[str, Entry]) -> dict[str, str]:
    """Return the files of a language, by name: every English text, with the translation where there is one.

    A stale translation keeps its hash, and `now` is the one to put there. Translations that are unknown come last.
    """
    files: Tree = {}
    lacking = {key: Source("") for key, entry in known.items() if key not in sources and entry.text}
    for key, source in {**sources, **lacking}.items():
        inner = files
        *path, name = key.split(".")
        for part in path:
            below = inner.setdefault(part, {})
            assert isinstance(below, dict)
            inner = below
        inner[name] = list(_lines(source, known.get(key), is_known=key in sources))
    return {f"{file}.yaml": "\n".join([HEAD.format(language=language, file=file), *_indented(files[file])]) + "\n" for file in files}


def _indented(part: Tree | list[str]) -> Iterator[str]:
    """Yield the lines of YAML for what is nested, or for the lines of one text."""
    for name, inner in part.items() if isinstance(part, dict) else ():
        yield f"{name}:"
        yield from (f"  {line}" for line in _indented(inner))
    if isinstance(part, list):
        yield from part


def _lines(source: Source, entry: Entry | None, *, is_known: bool) -> Iterator[str]:
    translated = entry is not None and entry.text
    if is_known:
        yield f"english: {_quoted(source.text)}"
    yield f"hash: {_quoted(entry.hash if entry and translated else source.hash)}"
    if is_known and entry and translated and entry.hash != source.hash:
        yield f"now: {_quoted(source.hash)}"
    yield f"text: {_quoted(entry.text if entry else '')}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
