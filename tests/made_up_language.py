"""A made-up language: English in Cyrillic letters, one for one. So a word in Latin letters passed through no catalogue, or it is code.

fill(kit, "qaa")        translate every text of a catalogue that `grader rubric language qaa` wrote
"""

import json
import re
from pathlib import Path

import yaml

LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абцдефгхийклмнопярстувшжюз"
TABLE = str.maketrans(LATIN + LATIN.upper(), CYRILLIC + CYRILLIC.upper())


def translated(text: str) -> str:
    """Return a text in the made-up language; words in braces stay."""
    return "".join(part if part.startswith("{") else part.translate(TABLE) for part in re.split(r"(\{\w+\})", text))


def fill(kit: Path, language: str) -> Path:
    """Translate every text of a language, and return its folder. The files are edited as a translator does it: in `text` alone."""
    folder = kit / "rubrics" / "languages" / language
    for path in folder.glob("*.yaml"):
        lines = path.read_text("utf-8").splitlines()
        english = ""
        for number, line in enumerate(lines):
            key, _, value = line.strip().partition(": ")
            if key == "english":
                english = yaml.safe_load(value)
            elif key == "text":
                lines[number] = line.replace(value, json.dumps(translated(english), ensure_ascii=False))
        path.write_text("\n".join(lines) + "\n", "utf-8")
    return folder
