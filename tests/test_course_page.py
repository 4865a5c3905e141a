"""docs/course.md: its ten commands run, in their order, and print what stands below them."""

import csv
import re
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Run

SECTION = (ROOT / "docs" / "course.md").read_text("utf-8").partition("## One course, from init to export")[2].partition("\n## ")[0]
COMMANDS = [
    (shlex.split(block.splitlines()[0].removeprefix("$ grader ")), block.splitlines()[1:])
    for block in re.findall(r"^```\n(\$ grader .*?)^```", SECTION, re.MULTILINE | re.DOTALL)
]


def as_told(lines: list[str]) -> re.Pattern[str]:
    """Return a pattern of what is printed: `...` stands for any text, and as a whole line for any lines."""
    return re.compile("".join(r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in lines))


@pytest.mark.slow
def test_ten_commands_take_a_course_from_init_to_export(run: Run, tmp_path: Path) -> None:
    assert len(COMMANDS) == 10
    course = tmp_path / "numerics"
    shutil.copytree(ROOT / "examples" / "course", course)
    shutil.copytree(ROOT / "examples" / "cohort", course / "submissions")
    for words, told in COMMANDS:
        said = run(*words, cwd=course, XDG_CONFIG_HOME=str(tmp_path / "config")).stdout
        assert as_told(told).match(said), (words, said)
    assert (course / "out" / "class.html").exists()
    rows = {row["id"]: row for row in csv.DictReader((course / "grades.csv").read_text("utf-8").splitlines())}
    assert (rows["kofi-b"]["automatic"], rows["kofi-b"]["score"], rows["mateo-v"]["score"]) == ("70", "60", "4")
    assert rows["nadia-t"]["status"] == "missing"
