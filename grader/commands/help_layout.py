"""How `--help` lists commands and options: in sections, and without the names that they had before.

@click.group(cls=SectionedGroup, sections={"Grade": ("grade", "cohort")})
@click.option("--ask-all", cls=RenamedOption, was=("--again",))
"""

from collections.abc import Mapping, Sequence
from typing import Any

import click


class SectionedGroup(click.Group):
    """A group whose help lists its commands in sections. A command in no section works and is not listed."""

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.sections = sections

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()), col_max=18)


class RenamedOption(click.Option):
    """An option that still accepts the names it had before, `was`. Help and errors show the new name only."""

    def __init__(self, names: Sequence[str], *, was: Sequence[str], **options: Any) -> None:
        super().__init__([*names, *was], **options)
        self._shown = [name for name in names if name.startswith("-")]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        every, self.opts = self.opts, self._shown
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = every

    def get_error_hint(self, ctx: click.Context | None) -> str:
        return " / ".join(f"'{name}'" for name in self._shown)
