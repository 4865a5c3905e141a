"""course.yaml: the one file that describes a course. It is normally beside the folder of submissions.

    course = read_course(path)          every line checked; all faults at once as file:line:column: message
    course = find_course()              that of the current folder, or None

A path in it is relative to the file. An option of a command goes before what the file says.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from grader import __version__
from grader.course import late_policy
from grader.model import ATTEMPTS, PLATFORMS, KitFault
from grader.rubric.yaml_reader import Marked

NAME = "course.yaml"
NEEDED = ("course", "kit", "submissions", "out")
MORE = ("secret", "roster", "match", "platform", "id", "due", "late", "attempts", "leave_out", "show_code", "language")
LARGEST = 100_000
"""Bytes of a course.yaml."""


@dataclass(frozen=True, slots=True)
class Course:
    """What course.yaml says. Paths are absolute; what the file leaves out is None or empty."""

    path: Path
    name: str
    kit: str
    submissions: Path
    out: Path
    secret: Path | None = None
    roster: Path | None = None
    match: str = ""
    platform: str | None = None
    pattern: str = ""
    """The pattern of --id, which marks the id in a name."""
    attempts: str | None = None
    show_code: bool = False
    """Whether a student's page shows the student's own functions."""
    language: str = ""
    """The language of reports; empty for English."""
    policy: Mapping[str, str] = field(default_factory=dict)
    """The late policy as the log of decisions holds it; empty without a due date."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Steps, and criteria as step/criterion, that do not count; and where the file names each."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Of each key, where it is in the file."""

    def fault(self, key: str, message: str) -> KitFault:
        """Return the fault of a line of the file."""
        return KitFault(f"{self.places.get(key, self.path)}: {message}")

    def expect_kit(self) -> None:
        """Raise KitFault unless the kit that runs has the version that this course is graded with."""
        if self.kit != __version__:
            raise self.fault(
                "kit",
                f"this course is graded with version {self.kit} of the kit, and this is {__version__}: see what would change with "
                f"`grader regrade --dry-run`, and to go on with {__version__} write it here",
            )

    def expect_there(self, key: str, path: Path, option: str) -> None:
        """Raise KitFault if there is nothing at a path that the file names."""
        if not path.exists():
            raise self.fault(key, f"{path} does not exist: bring it there, correct this line, or name another with {option}")


def find_course(named: Path | None = None) -> Course | None:
    """Return the course in a file or folder that is named, or else in the current folder, if there is one. Raises KitFault."""
    path = named or Path()
    file = path / NAME if path.is_dir() else path
    if not file.is_file():
        if named:
            raise KitFault(f"{file} does not exist: make one with `grader init`, or name another file or folder with --course")
        return None
    return read_course(file)


def read_course(path: Path) -> Course:
    """Return the course that a file describes. Raises KitFault with all faults of the file."""
    return course_of(path, path.read_bytes()[: LARGEST + 1])


def course_of(path: Path, content: bytes) -> Course:
    """Return the course that a course.yaml with this content at this path would describe. Raises KitFault with all faults."""
    reader = _Reader()
    if len(content) > LARGEST:
        raise KitFault(f"{path}: larger than {LARGEST // 1000} kB: this is no course.yaml")
    node = reader.compose(path, content)
    course = reader.course(node) if node else None
    if reader.faults or course is None:
        raise KitFault("\n".join(dict.fromkeys(reader.faults)))
    return course


class _Reader(Marked):
    """Reads a course.yaml and gathers its faults."""

    kind = NAME

    def course(self, node: yaml.Node) -> Course | None:
        entries = self.mapping(node, NEEDED, MORE, what="course.yaml")
        if entries is None:
            return None
        places = {key: self.place(value) for key, value in entries.items()}

        def text(key: str) -> str:
            return self.scalar(entries[key], key) if key in entries else ""

        def path(key: str) -> Path | None:
            path_text = self.text(entries[key], key) if key in entries else ""
            return self._path(path_text) if path_text else None

        def choice(key: str, known: Collection[str]) -> str | None:
            return self.choice(entries[key], known, key) if key in entries else None

        if "match" in entries and "roster" not in entries:
            self.fault(entries["match"], "match names a column of a roster: name that too, as roster")
        submissions, out = path("submissions"), path("out")
        if submissions and out and (submissions == out or submissions in out.parents or out in submissions.parents):
            self.fault(entries["out"], "out and submissions must be two folders, neither inside the other")
        return Course(
            path=self.path,
            name=self.text(entries["course"], "course"),
            kit=text("kit"),
            submissions=submissions or Path(),
            out=out or Path(),
            secret=path("secret"),
            roster=path("roster"),
            match=self.text(entries["match"], "match") if "match" in entries else "",
            platform=choice("platform", PLATFORMS),
            pattern=self._pattern(entries["id"]) if "id" in entries else "",
            attempts=choice("attempts", ATTEMPTS),
            show_code=self.flag(entries.get("show_code")),
            language=self.scalar(entries["language"], "language") if "language" in entries else "",
            policy=self._policy(entries),
            left_out=self._left_out(entries),
            places=places,
        )

    def _path(self, text: str) -> Path:
        """Return an absolute path, without `..` in it, so that two of them can be compared."""
        return Path(os.path.abspath(self.path.parent / Path(text).expanduser()))

    def _pattern(self, node: yaml.Node) -> str:
        pattern = self.text(node, "id")
        try:
            if pattern and "id" not in re.compile(pattern).groupindex:
                self.fault(node, f"id: {pattern!r} does not say where the id stands: write that part as (?P<id>...)")
        except re.error as error:
            self.fault(node, f"id: {pattern!r} is not a regular expression: {error}")
        return pattern

    def _policy(self, entries: Mapping[str, yaml.Node]) -> Mapping[str, str]:
        costs = {}
        if "late" in entries:
            found = self.mapping(entries["late"], (), [key for key in late_policy.KEYS if key != "due"], what="late")
            costs = {key: self.scalar(value, key) for key, value in (found or {}).items()}
            if "due" not in entries:
                self.fault(entries["late"], "late needs a due date: write it as due: 2026-11-30T23:59+01:00")
        if "due" not in entries:
            return {}
        due = self.scalar(entries["due"], "due")
        try:
            late_policy.exact(due)
            if datetime.fromisoformat(due).tzinfo is None:
                raise KitFault(f"{due!r} has no zone: write it as 2026-11-30T23:59+01:00")
        except KitFault as fault:
            self.fault(entries["due"], f"due: {fault}")
            return {}
        try:
            return late_policy.new_policy({"due": due, **costs})
        except KitFault as fault:
            self.fault(entries["late"], str(fault))
            return {}

    def _left_out(self, entries: Mapping[str, yaml.Node]) -> Mapping[str, str]:
        nodes = self.sequence(entries["leave_out"], "leave_out") if "leave_out" in entries else []
        return {name: self.place(node) for node in nodes if (name := self.text(node, "a step or criterion"))}
