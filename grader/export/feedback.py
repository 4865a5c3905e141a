"""Write one archive with everybody's report, named so that a platform knows whose each is; or a folder with a folder for each.

moodle   `First Last_<number>_assignsubmission_file.../report.html`, as "Download all submissions" names folders and files. Moodle
         reads the number and the two words after it (mod/assign/feedback/file/importziplib.php); the file is a feedback file then.
canvas   `lastfirst_<student>_<upload>_<file>.html`, as "Download Submissions" names files. Canvas reads the first two numbers, or
         the id after `anon`, and the upload must be one of the student's own (infer_comment_context_from_filename).
folder   `<id>/report.html`, one folder for each person on the roster, else for each submission; an archive only if its name ends in .zip.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from grader.atomic_write import replacing, write_bytes
from grader.course.roster import Facts, kept_facts
from grader.escape import plain
from grader.model import KitFault
from grader.results.gradebook import Book, Entry

PAGES = ("report.html", "report.md")
"""What a student gets: the first of these that is there."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of all files in the archive, so that equal reports make equal archives."""
MOODLE = re.compile(r"^(?P<name>.*?)_(?P<rest>\d+_assignsubmission_file)(?:_(?P<file>.+)|(?P<end>_?))$")
CANVAS = re.compile(
    r"^(?P<upload>.+?_(?:late_)?(?:(?:(?<=^anon_)|(?<=^anon_late_))[0-9a-z]+|\d+)_(?:late_)?(?:[a-z]+_)?\d+)_(?P<file>.+?)(?:\.\w+){0,2}$",
    re.IGNORECASE,
)


def write_feedback(book: Book, target: str, path: Path) -> Iterator[str]:
    """Write the archive or folder and yield what was done, in sentences. Raises KitFault where it would be empty."""
    if target != "folder" and path.is_dir():
        raise KitFault(f"{path} is a folder, and {target} takes one archive: name a file, such as {path / 'feedback.zip'}")
    facts = kept_facts(book.out)
    members: dict[str, Path] = {}
    left: list[str] = []
    for entry in book.entries if target == "folder" else book.submissions():
        page = next((file for name in PAGES if not entry.note and (file := book.out / entry.id / name).is_file()), None)
        name = NAMES[target](entry, facts.get(entry.id, {}), page.suffix) if page else ""
        if page and name and name not in members:
            members[name] = page
        elif page:
            left.append(plain(entry.id))
    if not members:
        why = "" if target == "folder" else f": {WHY[target]}"
        raise KitFault(f"{book.out} holds no report that could go into the archive{why}")
    is_folder = target == "folder" and (path.is_dir() or path.suffix.lower() != ".zip")
    (_write_folder if is_folder else _write_archive)(path, members)
    yield f"{plain(str(path))}: {len(members)} reports"
    if is_folder and (others := sorted(plain(f.name) for f in path.iterdir() if not any(n.startswith(f"{f.name}/") for n in members))):
        yield f"was there before, and is none of these reports: {', '.join(others)}"
    if left:
        yield f"left out: {', '.join(left)}: {WHY[target]}"
    if without := sum(1 for page in members.values() if page.suffix == ".md"):
        yield f"{without} of them are Markdown, because their page is not there"
    yield HOW[target]


def _write_archive(path: Path, members: Mapping[str, Path]) -> None:
    with replacing(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(members.items()):
            member = zipfile.ZipInfo(name, EARLIEST)
            member.external_attr, member.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(member, page.read_bytes())


def _write_folder(path: Path, members: Mapping[str, Path]) -> None:
    """Write each report into a folder of its own. A report of an earlier call in the other format does not stay beside it."""
    for name, page in sorted(members.items()):
        place = path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        for other in PAGES:
            if other != place.name:
                (place.parent / other).unlink(missing_ok=True)
        write_bytes(place, page.read_bytes())


def _moodle(_: Entry, facts: Facts, suffix: str) -> str:
    """Return the name for Moodle: beside what was handed in, with the exported prefix. Moodle splits it at underscores."""
    found = MOODLE.match(str(facts.get("from", "")))
    if found is None or not _is_one_name(found[0]):
        return ""
    prefix = f"{found['name'].replace('_', ' ')}_{found['rest']}"
    return f"{prefix}_report{suffix}" if found["file"] else f"{prefix}{found['end']}/report{suffix}"


def _canvas(_: Entry, facts: Facts, suffix: str) -> str:
    """Return the name for Canvas: that of the last upload, with the page's suffix.

    Canvas knows no upload before the last one, reads `LATE` in capitals, and ignores a last part that begins with `link`.
    """
    found = CANVAS.match(str((facts.get("names") or [""])[-1]))
    if found is None or not _is_one_name(found[0]):
        return ""
    upload = found["upload"].replace("_late_", "_LATE_") if found["upload"].startswith("anon_") else found["upload"]
    file = "report" if found["file"].rpartition("_")[2].lower().startswith("link") else found["file"]
    return f"{upload}_{file}{suffix}"


def _folder(entry: Entry, _: Facts, suffix: str) -> str:
    name = entry.person.id if _is_one_name(entry.person.id) else entry.id
    return f"{name}/report{suffix}"


def _is_one_name(name: str) -> bool:
    """Return whether a name is that of one file or folder on every system, and leads nowhere else."""
    return name not in ("", ".", "..") and name.isprintable() and not set(name) & set('/\\:*?"<>|')


NAMES: dict[str, Callable[[Entry, Facts, str], str]] = {"moodle": _moodle, "canvas": _canvas, "folder": _folder}
WHY = {
    "moodle": "they did not come in under names that Moodle exports; grade what it exports with `grader cohort --from moodle`",
    "canvas": "they did not come in under names that Canvas exports; grade what it exports with `grader cohort --from canvas`",
    "folder": "two of them have one name",
}
HOW = {
    "moodle": "upload it in the assignment, under Grading action: Upload multiple feedback files in a zip",
    "canvas": "upload it in the gradebook, in the assignment's menu: Re-Upload Submissions. Canvas shows each page as a comment, under the "
    "name of the student's own file: ask students to save it with the ending .html",
    "folder": "one folder a person",
}
