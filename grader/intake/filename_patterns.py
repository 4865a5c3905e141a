"""Whose is this file? A pattern finds the student's id, and perhaps the number of the attempt, in a file's or folder's name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from grader.intake import safe_id, stem
from grader.intake.kinds import SUFFIXES
from grader.model import KitFault


@dataclass(frozen=True, slots=True)
class Name:
    """What a name says: the student's id and name, the number of the attempt (0 if there is none), what the student called the file."""

    id: str
    attempt: int = 0
    file: str = ""
    name: str = ""
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Naming:
    """How names are read. Without a pattern the whole name is the id. What `ignored` finds counts if the same id has nothing else."""

    pattern: re.Pattern[str] | None = None
    ignored: re.Pattern[str] | None = None
    suffixed: bool = False
    """The pattern looks at the name with its suffix (.py, .zip)."""

    def read(self, name: str, *, folder: bool) -> Name:
        """Return what a name says. Where it does not fit the pattern, nobody knows whose file this is."""
        bare = name.removesuffix(".git") if folder else stem(name).removesuffix(".bundle")
        found = self.pattern.search(name if self.suffixed else bare) if self.pattern else None
        if found is None or not found["id"]:
            return Name(safe_id(bare), fits=self.pattern is None)
        groups = found.groupdict(default="")
        attempt = groups.get("attempt", "")
        file = (groups.get("file") or groups.get("entry", "")) + groups.get("suffix", "")
        number = int(attempt) if attempt.isascii() and attempt.isdigit() else 0
        return Name(safe_id(found["id"]), number, "" if folder else file, groups.get("name", ""))

    def ignored_among(self, names: Iterable[str]) -> set[str]:
        """Return the names of what is no submission: it is nobody's, or the same student has handed in something else as well."""
        if not self.ignored:
            return set()
        found = {name: self.read(name, folder=True) for name in names}
        may_count = {name for name in found if not self.ignored.search(name)}
        ids = {found[name].id for name in may_count if found[name].fits}
        return {name for name, said in found.items() if name not in may_count and (not said.fits or said.id in ids)}


PLATFORMS = {
    # lastfirst[_LATE]_<student's Canvas ID>_<upload's number>_<file>[-<resubmission>].<suffix>, or with anonymous grading
    # anon_<student's anonymous ID>[_LATE]_<upload's number>_<file>[-<resubmission>].<suffix>. A text entry has no upload's number.
    "canvas": Naming(
        re.compile(
            r"^.+?_(?:late_)?(?P<id>(?:(?<=^anon_)|(?<=^anon_late_))[0-9a-z]+|\d+)_(?:late_)?(?:(?:[a-z]+_)?\d+_(?P<file>.*?)(?:-(?P<attempt>\d{1,4}))?|(?P<entry>text|link))"
            r"(?P<suffix>(?:\.\w+){0,2})$",
            re.IGNORECASE,
        ),
        suffixed=True,
    ),
    # First Last_<number in the worksheet's Identifier>_assignsubmission_file[_<file>]. Text typed into the page is in ..._onlinetext.
    "moodle": Naming(
        re.compile(r"^(?P<name>.*?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.+))?"),
        re.compile(r"_assignsubmission_onlinetext"),
        suffixed=True,
    ),
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
    """Return whether something may hold a program, by its name."""
    return folder or name.lower().endswith((*SUFFIXES, ".bundle"))


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which attempt-2 goes before attempt-10."""
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in re.split(r"(\d+)", name)]
