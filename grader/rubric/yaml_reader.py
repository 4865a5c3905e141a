"""Read YAML so that every fault knows its line: nothing is raised, all faults are gathered as file:line:column: message."""

import difflib
import re
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

POINTS = re.compile(r"-?\d{1,5}(\.\d{1,6})?|\d{1,5}/[1-9]\d{0,4}")
STRING = "tag:yaml.org,2002:str"
FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Marked:
    """A YAML file being read, and the faults found so far in all files."""

    kind = "a rubric file"

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.path = Path()
        self._keys: dict[int, yaml.Node] = {}

    def place(self, node: yaml.Node | yaml.Event | None) -> str:
        """Return file:line:column of a node."""
        return f"{self.path}:{_position(node.start_mark if node else None)}"

    def key(self, value: yaml.Node) -> yaml.Node:
        """Return the key under which a mapping holds this value."""
        return self._keys.get(id(value), value)

    def fault(self, node: yaml.Node | yaml.Event | None, message: str) -> None:
        self.faults.append(f"{self.place(node)}: {message}")

    def compose(self, path: Path, content: bytes) -> yaml.Node | None:
        """Return the file's root node, or None after telling why there is none."""
        self.path = path
        try:
            return self._compose(content, FAST_LOADER)
        except (yaml.YAMLError, UnicodeDecodeError):
            pass  # reported below, in the words of PyYAML's own parser on every machine
        try:
            return self._compose(content, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self.faults.append(f"{path}:{_position(error.problem_mark or error.context_mark)}: not YAML: {fault_of_yaml(error)}")
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self.faults.append(f"{path}:1:1: not YAML: {' '.join(str(error).split())}")
        return None

    def _compose(self, content: bytes, loader: Any) -> yaml.Node | None:
        for event in yaml.parse(content, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                self.fault(event, f"an alias (*{event.anchor}): write the text again")
                return None
        node: yaml.Node | None = yaml.compose(content, Loader=loader)
        if node is None:
            self.fault(None, f"{self.kind} must be a mapping (`key: value` lines), and it is empty")
        return node

    def mapping(
        self, node: yaml.Node, need: Collection[str] | None, more: Collection[str] = (), *, what: str
    ) -> dict[str, yaml.Node] | None:
        """Return the entries of a mapping, or None after telling that it can't be used. `need` None allows any key."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{what} must be a mapping (`key: value` lines)")
            return None
        entries: dict[str, yaml.Node] = {}
        known = (*need, *more) if need is not None else None
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key, f"a key of {what} must be a text")
                continue
            if key.value in entries:
                self.fault(key, f"the key {key.value!r} appears twice: remove one")
            elif known is not None and key.value not in known:
                self.fault(key, f"{what} has no key {key.value!r}{nearest(key.value, known)}")
            entries[key.value] = value
            self._keys[id(value)] = key
        missing = [name for name in need or () if name not in entries]
        if missing:
            self.fault(node, f"{what} lacks {', '.join(missing)}")
        return None if missing else entries

    def sequence(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.fault(node, f"{what} must be a list")
        return []

    def text(self, node: yaml.Node, what: str) -> str:
        if isinstance(node, yaml.ScalarNode) and node.tag == STRING and node.value.strip():
            return str(node.value).strip()
        self.fault(node, f"{what} must be a text")
        return ""

    def scalar(self, node: yaml.Node, what: str) -> str:
        """Return a single value as it is written, whether YAML takes it for a text, a number or a date."""
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value).strip()
        self.fault(node, f"{what} must be a single value")
        return ""

    def choice(self, node: yaml.Node, known: Collection[str], what: str) -> str:
        word = self.text(node, what)
        if word and word not in known:
            self.fault(node, f"{what} {word!r} is none of {', '.join(known)}")
        return word

    def flag(self, node: yaml.Node | None) -> bool:
        if node is None:
            return False
        if not (isinstance(node, yaml.ScalarNode) and node.value in ("true", "false")):
            self.fault(node, "this must be true or false")
            return False
        return bool(node.value == "true")

    def whole(self, node: yaml.Node, least: int, most: int) -> int:
        number = int(node.value) if isinstance(node, yaml.ScalarNode) and re.fullmatch("[0-9]{1,6}", node.value) else 0
        if not least <= number <= most:
            self.fault(node, f"this must be a whole number between {least} and {most}")
        return number

    def points(self, node: yaml.Node, *, zero: bool = False) -> Fraction | None:
        """Return points exactly (6, 2.5 and 1/3 are what they say), or None after telling that they are none."""
        if not (isinstance(node, yaml.ScalarNode) and POINTS.fullmatch(node.value)):
            self.fault(node, "points must be a number, such as 6, 2.5 or 1/3")
            return None
        points = Fraction(node.value)
        least = 0 if zero else Fraction(1, 100)
        if not least <= points <= 10_000:
            self.fault(node, f"points must lie between {least} and 10000, not {node.value}")
            return None
        return points


def fault_of_yaml(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong in YAML, and what to do where a colon in a text was taken for a key's."""
    hint = ": put quotes around the text" if error.problem == "mapping values are not allowed here" else ""
    return f"{error.problem}{hint}"


def nearest(word: str, known: Collection[str]) -> str:
    """Return `: did you mean ...?`, or what is known if nothing is near."""
    close = difflib.get_close_matches(word, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"


def _position(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
