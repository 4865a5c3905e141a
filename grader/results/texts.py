"""The words in which the reports of a run are written, in OUT: so that one can be written again without the kit, in the same language."""

import json
from pathlib import Path

from grader.atomic_write import write_text
from grader.model import KitFault, Sentences
from grader.rubric.words import PARTS, english

SENTENCES = ".sentences.json"
NAMES = frozenset(f"{section}.{name}" for section, names in PARTS.items() for name in names)


def keep_sentences(out: Path, sentences: Sentences) -> None:
    """Keep in OUT the words in which its reports are written, for when one is written again without the kit."""
    write_text(out / SENTENCES, json.dumps(sentences))


def kept_sentences(out: Path) -> Sentences:
    """Return the words in which the reports of a run are written; what an earlier version did not write there is English.

    Raises KitFault if they are not there.
    """
    try:
        kept = dict(json.loads((out / SENTENCES).read_text("utf-8")))
    except (OSError, ValueError):
        raise KitFault(
            f"{out / SENTENCES} can't be read: it is written by `grader grade`, `cohort` and `compare`; run one of them again"
        ) from None
    return kept if kept.keys() >= NAMES else {**english(), **kept}


def texts_of(out: Path) -> Sentences:
    """Return the words in which the reports of a run are written, or English ones where none are kept."""
    return kept_sentences(out) if (out / SENTENCES).is_file() else english()
