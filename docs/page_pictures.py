"""Take the pictures of pages that README.md and docs/ show, with Debian's Chromium, from the sample cohort.

python docs/page_pictures.py        needs the kit and `chromium` on the PATH
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
SIZES = {"report": (1000, 1860), "class": (1000, 1180), "viva": (1000, 1250)}
"""Width and height of each picture in pixels."""


def main() -> None:
    """Grade the sample cohort, make the pages, and write one PNG each."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        grader("cohort", ROOT / "examples" / "cohort", "--out", out, "--quiet")
        grader("class", out)
        grader(
            "viva",
            out,
            "freya-l",
            "--submission",
            ROOT / "examples" / "cohort" / "freya-l",
            "--draw",
            "picture",
            "--into",
            Path(folder) / "viva.html",
            "--quiet",
        )
        grader("grade", ROOT / "examples" / "cohort" / "freya-l", "--step", "forward", "--out", Path(folder) / "forward", "--quiet")
        for name, page in {
            "report": Path(folder) / "forward" / "freya-l" / "report.html",
            "class": out / "class.html",
            "viva": Path(folder) / "viva.html",
        }.items():
            picture(page, PICTURES / f"{name}.png", *SIZES[name])


def grader(*words: object) -> None:
    """Run the grader, and end with its words if it could not do its work."""
    subprocess.run([sys.executable, "-m", "grader", *map(str, words)], check=True, cwd=ROOT)


def picture(page: Path, png: Path, width: int, height: int) -> None:
    """Write a picture of the top of a page."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},{height}", f"--screenshot={png}")
    subprocess.run(["chromium", *options, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
