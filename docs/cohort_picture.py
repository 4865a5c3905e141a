"""Make docs/cohort.svg: the sample cohort and one report, as a terminal shows them.

python docs/cohort_picture.py             needs rich (pip install rich); takes as long as the sample cohort
"""

import io
import os
import pty
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
COLUMNS = 106  # of the terminal; a report is as wide
COMMANDS = ("cohort examples/cohort --out out", "grade examples/cohort/hana-suz --out out")
LINES = 17
"""How many lines of the report are shown."""


def typed(command: str, folder: str) -> list[Text]:
    """Return what a command prints on a terminal, line by line, without progress and without what it says on stderr."""
    printed = io.BytesIO()

    def read(terminal: int) -> bytes:
        data = os.read(terminal, 65536)
        printed.write(data)
        return data

    pty.spawn(["sh", "-c", f"cd '{folder}' && COLUMNS={COLUMNS} exec '{sys.executable}' -m grader {command} 2>/dev/null"], read)
    return [Text.from_ansi(line.rstrip("\r")) for line in printed.getvalue().decode().split("\n")]


def main() -> None:
    console = Console(record=True, width=COLUMNS + 12, file=io.StringIO())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "examples").symlink_to(ROOT / "examples")
        for command, most in zip(COMMANDS, (None, LINES), strict=True):
            lines = typed(command, folder)
            console.print(Text(f"$ grader {command}", style="bold"))
            for line in lines[:most]:
                console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    console.print("    ...")
    console.save_svg(str(ROOT / "docs" / "cohort.svg"), title="")


if __name__ == "__main__":
    main()
