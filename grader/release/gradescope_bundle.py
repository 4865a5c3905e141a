"""The autograder that Gradescope runs: a zip with setup.sh, run_autograder, the grader and the kit.

What that platform can hide, honestly: reference, rubrics, hidden cases and course secret lie in the container in which the submission
runs, and the container is run by root. Only the grader's own walls are between the two: a submission that the walls hold can't read
them (SECURITY.md). Where the container's kernel can't raise the walls, `setup.sh` fails and says so while the image is built, and
`run_autograder` never gives a score. There is no mode that grades hidden cases without walls.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from grader.atomic_write import write_bytes
from grader.kit import CODE, STARTERS, Kit
from grader.model import KitFault

LONG_AGO = (2026, 1, 1, 0, 0, 0)
"""The date of every file in the zip, so that the same kit gives the same bytes."""

SETUP = """\
#!/usr/bin/env bash
# Runs once, as root, while the image is built. It fails, in words, where the grader could not grade.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"
new_enough() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=""
for name in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3; do
    if new_enough "$name"; then python="$name"; break; fi
done
if [ -z "$python" ]; then
    apt-get update
    apt-get install -y python3.12 python3.12-venv || apt-get install -y python3.11 python3.11-venv
    python="$(command -v python3.12 || command -v python3.11)"
fi

"$python" -m venv "$root/venv"
"$root/venv/bin/pip" install --quiet "$root/source"
chmod -R go-rwx "$root/source"

# The reference goes through the walls once: does the kernel raise them, and does it get every point? It makes the plan too.
export XDG_CACHE_HOME="$root/cache"
"$root/source/grade" "$root/source/kit/reference/autodiff.py" "$root/tried"
"$root/venv/bin/python" - "$root/tried/reference/report.json" <<'END'
import json, sys
report = json.load(open(sys.argv[1], encoding="utf-8"))
if report["status"] != "graded" or report["score"] != report["max_score"]:
    sys.exit("setup.sh: the reference does not get all points here: nothing is graded by this image")
END
rm -rf "$root/tried"
"""

GRADE = """\
#!/usr/bin/env bash
# grade SUBMISSION OUT: through the walls, or not at all.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"
exec "${PYTHON:-$root/venv/bin/python}" -m grader grade "$1" --out "$2" --quiet \\
    --kit "$root/source/kit" --seed "$(cat "$root/source/seed")" --sandbox auto"""
OPTIONS_BY_FILE = {"secret": ' --secret "$root/source/secret"', "course.yaml": ' --course "$root/source/course.yaml"'}
"""What the script `grade` ends with for each of these files that the bundle holds."""

RUN = """\
#!/usr/bin/env bash
# Runs for each submission. Without results.json Gradescope tells that the autograder failed, and gives no score: a fault of ours
# is never a student's zero.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"
export XDG_CACHE_HOME="$root/cache"
rm -rf "$root/graded"
"$root/source/grade" "$root/submission" "$root/graded"
"${PYTHON:-$root/venv/bin/python}" -m grader export "$root/graded" --to gradescope --into "$root/exported" OPTIONS
mkdir -p "$root/results"
mv "$root/exported/submission.json" "$root/results/results.json"
"""


def write_bundle(kit: Kit, path: Path, seed: str, options: list[str], held: Mapping[str, bytes]) -> None:
    """Write the zip; `options` are those of `grader export --to gradescope`. Raises KitFault where the grader is no checkout.

    `held` may have the course secret and the course.yaml, under their names in OPTIONS_BY_FILE. Without a secret or a seed the numbers
    are those of the public kit.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, executable in _members(kit, seed, options, held):
            member = zipfile.ZipInfo(name, LONG_AGO)
            member.external_attr = (0o100755 if executable else 0o100644) << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    write_bytes(path, content.getvalue())


def _members(kit: Kit, seed: str, options: list[str], held: Mapping[str, bytes]) -> Iterator[tuple[str, bytes, bool]]:
    yield "setup.sh", SETUP.encode(), True
    yield "run_autograder", RUN.replace("OPTIONS", " ".join(options)).rstrip(" ").encode(), True
    yield "grade", "".join((GRADE, *(OPTIONS_BY_FILE[name] for name in held), "\n")).encode(), True
    yield "seed", seed.encode(), False
    yield from ((name, content, False) for name, content in held.items())
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        source = CODE.parent / name
        if not source.is_file():
            raise KitFault(f"{source} is not there: a bundle is built from a checkout of the kit, not from an installed grader")
        yield name, source.read_bytes(), False
    if (kit.root / STARTERS).is_file():
        yield f"kit/{STARTERS}", (kit.root / STARTERS).read_bytes(), False
    parts = [
        (CODE, "grader", (".py", ".json", ".html", ".css")),
        *((kit.root / part, f"kit/{part}", (".py", ".yaml")) for part in ("reference", "rubrics")),
    ]
    for folder, target, suffixes in parts:
        for source in sorted(path for path in folder.rglob("*") if path.suffix in suffixes and path.is_file()):
            yield f"{target}/{source.relative_to(folder).as_posix()}", source.read_bytes(), False
