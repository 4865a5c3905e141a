"""How commands read course.yaml: its values replace options that were not given.

    @click.command(cls=CourseCommand, reads=("out", "secret"))

adds --course to a command, and takes the parameters of these names from the course.yaml in the current folder, or from the one that
--course names.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from grader.course.course_file import Course
    from grader.plan.plan import Plan

COURSE_KEY = "grader.course"
OPTION = "course"
READABLE = ("path", "out", "secret", "roster", "match", "platform", "pattern", "attempts", "show_code")


class CourseCommand(click.Command):
    """A command whose defaults come from course.yaml; `reads` names the parameters.

    A command that has a --course of its own, nbgrader's name of the course, keeps it: an existing course.yaml or its folder is ours.
    `any_kit` is for commands that work although the course is graded with another version of the kit.
    """

    def __init__(self, *args: Any, reads: Sequence[str] = (), any_kit: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.reads, self.any_kit = reads, any_kit
        self.has_own = any(param.name == OPTION for param in self.params)
        if not self.has_own:
            option = click.Option(
                ["--course"], type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER", expose_value=False,
                help="The course.yaml, or its folder, that says what options leave out; default: that of the current folder.",
            )  # fmt: skip
            self.params.append(option)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        said, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        given = {name: value for name, value in said.items() if isinstance(value, str | tuple | list | bool) and value}
        if not (ctx.resilient_parsing or {*args} & {*ctx.help_option_names}):
            self._read(ctx, given)
        try:
            rest = super().parse_args(ctx, args)
        except click.MissingParameter as error:
            if "out" not in self.reads or current_course(ctx):
                raise
            hint = "there is no course.yaml here that names it: go to the course's folder, name the file with --course, or make one with"
            raise click.UsageError(f"{error.format_message().rstrip('.')}, and {hint} `grader init`.", ctx) from None
        course = current_course(ctx)
        if course and self.has_own and _is_course(ctx.params[OPTION]):
            ctx.params[OPTION] = course.name
            ctx.set_parameter_source(OPTION, ParameterSource.DEFAULT_MAP)
        return rest

    def _read(self, ctx: click.Context, given: Mapping[str, Any]) -> None:
        """Remember the course, and take its defaults. A fault ends the process with a sentence."""
        from grader.commands.options import exit_on_fault
        from grader.course.course_file import find_course

        named = given.get(OPTION)
        with exit_on_fault():
            course = find_course(Path(named) if named and (not self.has_own or _is_course(named)) else None)
            if course is None:
                return
            if not self.any_kit:
                course.expect_kit()
            ctx.meta[COURSE_KEY] = course
            ctx.default_map = dict(self._defaults(course, given))

    def _defaults(self, course: "Course", given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        known = {
            "path": course.submissions, "out": course.out, "secret": course.secret, "roster": course.roster,
            "match": course.match, "platform": course.platform, "pattern": course.pattern, "attempts": course.attempts,
            "show_code": course.show_code,
        }  # fmt: skip
        keys = {"path": ("submissions", "PATH"), "roster": ("roster", "--roster"), "secret": ("secret", "--secret")}
        multiple = {param.name for param in self.params if param.multiple}
        if self.has_own:
            yield OPTION, course.name
        for name in self.reads:
            value = known[name]
            if given.get(name) or not value or (name == "secret" and _has_secret()) or (name == "match" and given.get("roster")):
                continue
            if name in keys and isinstance(value, Path):
                course.expect_there(keys[name][0], value, keys[name][1])
            yield name, [str(value)] if name in multiple else str(value)


def _is_course(named: object) -> bool:
    from grader.course.course_file import NAME

    path = Path(str(named))
    return path.name == NAME or (path / NAME).is_file()


def _has_secret() -> bool:
    """Return whether the environment names a course secret, which goes before course.yaml's."""
    from grader.plan.variant_choice import VARIABLE

    return bool(os.environ.get(VARIABLE) or os.environ.get(f"{VARIABLE}_FILE"))


def current_course(ctx: click.Context | None = None) -> "Course | None":
    """Return the course of the command that runs, if there is one."""
    ctx = ctx or click.get_current_context(silent=True)
    return ctx.meta.get(COURSE_KEY) if ctx else None


def without_left_out(plan: "Plan") -> "Plan":
    """Return the plan without the steps and criteria that course.yaml leaves out."""
    course = current_course()
    return plan.without(course.left_out) if course else plan


def record_policy(out: Path) -> int:
    """Add the late policy of course.yaml to the log in OUT, if it changed since it was last read. Return the number of entries added."""
    from grader.commands.options import note, user
    from grader.commands.results_messages import policy_in_force
    from grader.course import decision_log

    course = current_course()
    if course is None:
        return 0
    before, entries = decision_log.state(out).policy, decision_log.policy_of_course(out, course.policy)
    number = decision_log.add(out, entries, user()) if entries else 0
    if number:
        note(policy_in_force(out, before))
    return number
