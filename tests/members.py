"""The members of the jury, and by rule those of them that the quick layer takes."""

from pathlib import Path

import yaml
from conftest import SUBMISSIONS

RIGHT = sorted((SUBMISSIONS / "right").iterdir())
WRONG = sorted((SUBMISSIONS / "wrong").iterdir())

KILLERS_FILE = Path(__file__).parent / "killers.yaml"
KILLERS: dict[str, list[str]] = yaml.safe_load(KILLERS_FILE.read_text("utf-8"))
"""Wrong submissions by the criterion, as step/criterion, that catches them. `test_jury.py` writes the file and holds it to be true."""
QUICK_RIGHT = {path.stem for path in RIGHT[::6]}
QUICK_WRONG = {name for names in KILLERS.values() for name in names}
