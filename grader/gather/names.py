"""Whose is this file? A pattern finds the student's id, and perhaps the number of the attempt, in a file's or folder's name."""

import re
from dataclasses import dataclass

from grader.intake import SUFFIXES, safe_id, stem
from grader.model import KitFault


@dataclass(frozen=True, slots=True)
class Naming:
    """How names are read. Without a pattern the whole name is the id; what `ignored` finds is no submission."""

    pattern: re.Pattern[str] | None = None
    ignored: re.Pattern[str] | None = None
    suffixed: bool = False
    """The pattern looks at the name with its suffix (.py, .zip)."""

    def read(self, name: str, *, folder: bool) -> tuple[str, int, bool]:
        """Return the id in a name, the attempt's number (0 if none is told), and whether the name fits the pattern."""
        bare = name.removesuffix(".git") if folder else stem(name).removesuffix(".bundle")
        found = self.pattern.search(name if self.suffixed else bare) if self.pattern else None
        if found is None or not found["id"]:
            return safe_id(bare), 0, self.pattern is None
        attempt = found.groupdict().get("attempt") or "0"
        return safe_id(found["id"]), int(attempt) if attempt.isascii() and attempt.isdigit() else 0, True


PLATFORMS = {
    # lastfirst[_LATE]_<student's Canvas ID>_<upload's number>_<file>[-<resubmission>].<suffix>
    "canvas": Naming(
        re.compile(r"^[^_]+_(?:LATE_)?(?P<id>\d+)_(?:[a-z]+_)?\d+_.*?(?:-(?P<attempt>\d{1,4}))?(?:\.\w+){0,2}$"), suffixed=True
    ),
    # First Last_<number in the worksheet's Identifier>_assignsubmission_file[_<file>]
    "moodle": Naming(re.compile(r"_(?P<id>\d+)_assignsubmission_file"), re.compile(r"_assignsubmission_onlinetext")),
    # submission_<number>, and submission_metadata.yml that says whose it is
    "gradescope": Naming(re.compile(r"^submission_(?P<id>\d+)$"), re.compile(r"^submission_metadata\.yml$")),
    # <repository>-<branch or commit>.zip
    "github": Naming(re.compile(r"^(?P<id>.+?)(?:-(?:main|master|[0-9a-f]{40}))?$")),
}


def naming(platform: str, pattern: str) -> Naming:
    """Return how names are read: as a platform exports them, or by a pattern of one's own, which goes before."""
    known = PLATFORMS.get(platform, Naming())
    if not pattern:
        return known
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise KitFault(f"--id {pattern!r} is not a regular expression: {error}") from None
    if "id" not in compiled.groupindex:
        raise KitFault(f"--id {pattern!r} does not say where the id stands: write that part as (?P<id>...)")
    return Naming(compiled, known.ignored, suffixed=True)


def is_gradable(name: str, *, folder: bool) -> bool:
    return folder or name.lower().endswith((*SUFFIXES, ".bundle"))


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which attempt-2 goes before attempt-10."""
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in re.split(r"(\d+)", name)]
