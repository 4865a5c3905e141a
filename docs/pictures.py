"""Take the pictures in docs/ci.md: the real Markdown of a comment and of a check run, in a real browser.

    python docs/pictures.py SUBMISSION        needs chromium and markdown-it-py; writes docs/comment.png and docs/check.png

The frame around it is ours; GitHub's own has other fonts.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from grader.escape import html as escaped  # noqa: E402  from this checkout
from grader.kit import Kit  # noqa: E402
from grader.pull_requests.course_ci.artifact import read_artifact  # noqa: E402
from grader.pull_requests.course_ci.comment_page import OFFICIAL, PROVISIONAL, About, headline, scored  # noqa: E402
from grader.release.starter import ci_files  # noqa: E402
from grader.rubric.words import english  # noqa: E402

STYLE = """
body { font: 14px/1.5 'DejaVu Sans', sans-serif; color: #1f2328; margin: 16px; width: 868px }
.box { border: 1px solid #d1d9e0; border-radius: 6px } .head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px }
.page { padding: 12px 16px } h3 { font-size: 1.25em; margin: 0 0 12px }
blockquote { border-left: 4px solid #d1d9e0; margin: 0; padding: 0 1em; color: #59636e } tr:nth-child(2n) { background: #f6f8fa }
table { border-collapse: collapse; margin: 12px 0 } td, th { border: 1px solid #d1d9e0; padding: 6px 13px }
code { font: 12px/1.4 'DejaVu Sans Mono', monospace; background: #eff1f3; border-radius: 4px; padding: 2px 5px; overflow-wrap: anywhere }
ul { padding-left: 2em } sub { color: #59636e; font-size: 12px }
"""


def provisional(folder: Path, submission: Path) -> str:
    """Return the page that is posted for a submission's public tests; commit and link are made up."""
    shutil.copytree(ROOT / "starter", folder / "work")
    shutil.copy(submission, folder / "work" / "autodiff.py")
    command = [sys.executable, "run_public.py", "--results", folder / "in" / "results.json"]
    subprocess.run(command, cwd=folder / "work", check=True, stdout=subprocess.DEVNULL)
    grading = json.loads(ci_files(Kit.find(ROOT))["grading.json"])
    report = read_artifact(folder / "in", grading, "course/ada")
    sha = report["provenance"]["submission_sha256"][:40]
    about = About(PROVISIONAL, sha, "https://github.com/course/ada/actions/runs/500", full=float(grading["max_score"]))
    return scored(report, about, english())


def official(folder: Path, submission: Path) -> tuple[str, str]:
    """Return title and page of the official result of a submission."""
    command = [sys.executable, "-m", "grader", "grade", submission, "--out", folder / "out"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    report = json.loads(next((folder / "out").glob("*/report.json")).read_text("utf-8"))
    words = english()
    return headline(report, words), scored(report, About(OFFICIAL, report["provenance"]["submission_sha256"][:40]), words)


def take(target: Path, head: str, page: str, height: int) -> None:
    """Write a picture of a page in a frame."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "page.html")
        box = f'<div class="box"><div class="head">{head}</div><div class="page">{body}</div></div>'
        file.write_text(f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{box}', "utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size=900,{height}",
             f"--screenshot={target}", file.as_uri()],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def main() -> None:
    submission = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as base:
        take(ROOT / "docs" / "comment.png", "<b>github-actions</b> bot commented", provisional(Path(base), submission), 1035)
        title, page = official(Path(base), submission)
        take(ROOT / "docs" / "check.png", f"❌ <b>grader / official</b> &nbsp; {escaped(title)}", page, 690)


if __name__ == "__main__":
    main()
