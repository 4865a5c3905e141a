"""Make a course.yaml that explains itself, and a course secret that lies outside of every repository."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader import __version__
from grader.course.course_file import course_of
from grader.model import KitFault
from grader.plan.variant_choice import Pick

FOLDER = "autodiff-kit"
TEXT = """\
# The course, as the commands of `grader` read it in this folder, or elsewhere with --course.
# An option of a command goes before a line here. Paths are relative to this file.

# The course's name.
course: {name}

# The version of the kit that grades this course. With another version commands stop with a sentence, so that no score moves
# unnoticed; `grader regrade --dry-run` shows what would change.
kit: {kit}

# What was handed in: a folder in which each child is one student's work, or one archive of it.
submissions: {submissions}

# The folder for reports, grades.csv and decisions.
out: {out}

# The file with the course secret. All numbers of the cases are drawn from it, so that students can't look up the answers.
# Give it to those who grade, and to nobody else. A lost secret can't be made again: grade everybody anew with another.
secret: {secret}

# Who is in the course: a CSV with a header (id, name, email, groups). Who handed in nothing is then listed as missing.
{roster}

# The column of the roster that holds the names of submissions, where these are not ids, e-mails or names.
{match}

# The platform that exported the submissions: canvas, moodle, gradescope or github. Their names are read as its names.
{platform}

# Where names are of another kind: a pattern (a regular expression) in which (?P<id>...) is the id, and perhaps (?P<attempt>...) a number.
{id}

# Where several came in under one id, which one counts: last or best. Without this line they are refused.
{attempts}

# When the work is due, with the zone. `grader cohort` and `grader late` take it, and what lateness costs, into the log of decisions.
{due}

# What lateness costs. grace: how late costs nothing. per_day: for each day begun a share (10%) or points (5) or none.
# cutoff: after so long nothing counts.
{late}

# The language of reports: a folder of rubrics/languages. Without this line it is English.
{language}

# Steps (reverse), and criteria (topological-order/cycles_refused), that do not count. The others keep their points, so the maximum falls.
{leave_out}

# Whether report.html shows the student's own function beside the first drawing of each step: true or false. report.json then holds it, too.
{show_code}
"""
EXAMPLES = {
    "roster": "roster: roster.csv",
    "match": "match: Moodle ID",
    "platform": "platform: moodle",
    "id": "id: '^(?P<id>[^_]+)_(?P<attempt>[0-9]+)'",
    "attempts": "attempts: last",
    "due": "due: 2026-11-30T23:59+01:00",
    "late": "late: {grace: 1h, per_day: 10%, cutoff: 7d}",
    "language": "language: de",
    "leave_out": "leave_out: [reverse, arrays]",
    "show_code": "show_code: true",
}
PLAIN = re.compile(r"(?:[A-Za-z]|~/|/|\./|\.\./)(?:[\w ./~@+-]*[\w/])?")
"""A text that needs no quotes in YAML."""
RAW = re.compile(r"[\w.+%:-]+")
"""A moment, a time or a cost: course.yaml is read as it is written, whatever YAML takes these for."""
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
"""What YAML takes for something else than a text."""
COSTS = ("grace", "per_day", "cutoff")
BESIDE = {**dict.fromkeys(COSTS, ("due",)), "match": ("roster",), "submissions": ("out",), "out": ("submissions",)}
"""What a line of course.yaml is checked together with."""


def expect_free(file: Path) -> None:
    """Raise KitFault if the course has a course.yaml."""
    if os.path.lexists(file):
        raise KitFault(f"{file} exists, and is not replaced: edit it, or delete it first")


def checked(file: Path, options: Mapping[str, Any]) -> None:
    """Raise KitFault if a course.yaml with these options would have a fault."""
    course_of(file, text_of({**options, "name": options["name"] or "course"}, Path("/secret")).encode())


def text_of(options: Mapping[str, Any], secret: Path) -> str:
    """Return the course.yaml for these options. Those that were not given become examples in comments."""
    costs = {key: options[key] for key in COSTS if options[key]}
    lines = {
        key: f"{key}: {_yaml(options[key])}" for key in ("roster", "match", "platform", "id", "attempts", "language") if options.get(key)
    }
    if options["due"]:
        lines["due"] = f"due: {_raw(options['due'])}"
    if costs:
        lines["late"] = "late: {" + ", ".join(f"{key}: {_raw(value)}" for key, value in costs.items()) + "}"
    if options["leave_out"]:
        lines["leave_out"] = "leave_out: [" + ", ".join(map(_yaml, options["leave_out"])) + "]"
    return TEXT.format(
        name=_yaml(options["name"]),
        kit=json.dumps(__version__),
        submissions=_yaml(options["submissions"] or "submissions"),
        out=_yaml(options["out"] or "out"),
        secret=_yaml(_short(secret)),
        **{key: lines.get(key, f"# {example}") for key, example in EXAMPLES.items()},
    )


def _yaml(text: str) -> str:
    """Return a text as YAML reads it back: plain where it can be, else in quotes."""
    return text if PLAIN.fullmatch(text) and text.casefold() not in WORDS else json.dumps(text, ensure_ascii=False)


def _raw(text: str) -> str:
    return text if RAW.fullmatch(text) else _yaml(text)


def _short(path: Path) -> str:
    """Return a path from the home folder on, if it lies there."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)


def check_options(file: Path, options: Mapping[str, Any]) -> None:
    """Raise KitFault for the first option that would be a fault in course.yaml, by its name on the command line."""
    nothing = dict.fromkeys(options)
    for key, value in options.items():
        beside = {name: options[name] for name in BESIDE.get(key, ())}
        try:
            checked(file, {**nothing, "leave_out": (), **beside, key: value})
        except KitFault as fault:
            message = str(fault).splitlines()[0].partition(": ")[2]
            raise KitFault(f"--{key.replace('_', '-')}: {message.removeprefix(f'{key}: ')}") from None


def secret_place(folder: Path, name: str, named: Path | None) -> Path:
    """Return where the secret of the course in `folder` is kept. Raises KitFault for a place in the folder or its repository."""
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "course"
    place = Path(os.path.abspath(named)) if named else _config() / f"{slug}.secret"
    inside = _repository(folder)
    if place.resolve().is_relative_to(inside):
        raise KitFault(f"{place} lies in {inside}, and would be handed on with it: name another place with --secret")
    if named and not place.parent.is_dir():
        raise KitFault(f"{place.parent} does not exist: make it first, or leave out --secret")
    return place


def _config() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".config") / FOLDER


def _repository(folder: Path) -> Path:
    """Return the top of the git repository that a folder lies in; of one in none the folder itself."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def make_secret(place: Path) -> bool:
    """Make a secret that only this user can read, and return True; return False where there is one already. Never replaces a file."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_new(place, secrets.token_urlsafe() + "\n", mode=0o600)
    except FileExistsError:
        Pick.of(place)  # raises KitFault for a file that is no secret
        return False
    return True


def write_new(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file that must not be there yet. Raises FileExistsError."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
