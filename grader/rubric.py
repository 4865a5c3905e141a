"""Read rubrics/*.yaml into a Rubric, or tell every fault at once as file:line:column: message.

Two lists that must agree are compared both ways: criteria and checks, operators and cases, a step's points and the sum
of its criteria's.
"""

import difflib
import hashlib
import re
from collections.abc import Collection, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from grader.model import ASKS, Case, Criterion, Operators, Program, RandomPrograms, Rubric, Step
from grader.program import CaseError, parse_case

CHECKS = "grader/checks/"
SCORING = ("proportional", "all-or-nothing")
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CRITERION_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class RubricError(ValueError):
    """The rubric can't be used; `faults` holds one line per fault, each as file:line:column: message."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def load_rubric(folder: Path, operators: Operators, checks: Collection[str]) -> Rubric:
    """Return the rubric of all *.yaml files in `folder`, steps in the order of the files' names.

    `operators` are the reference's, `checks` the names of the check functions without `test_`. Raises RubricError.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise RubricError([f"{folder}: no rubric file (*.yaml) here: name the kit's folder with --kit"])
    reader = _Reader(operators)
    steps, digest = [], hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(content)
        steps.append(reader.read(path, content))
    reader.compare_checks(checks)
    reader.compare_operators()
    if reader.faults:
        raise RubricError(list(dict.fromkeys(reader.faults)))
    return Rubric(tuple(step for step in steps if step), digest.hexdigest())


class _Reader:
    """Walks the YAML nodes, which know their lines, and gathers faults instead of stopping at the first."""

    def __init__(self, operators: Operators) -> None:
        self.operators = operators
        self.faults: list[str] = []
        self.path = Path()
        self.seen: dict[str, dict[str, str]] = {"step": {}, "criterion": {}, "case": {}}  # name -> file:line:column
        self.exercised: set[str] = set()
        self.operators_place = ""

    def place(self, node: yaml.Node | None) -> str:
        return f"{self.path}:{_position(node.start_mark if node else None)}"

    def fault(self, node: yaml.Node | None, message: str) -> None:
        self.faults.append(f"{self.place(node)}: {message}")

    def read(self, path: Path, content: bytes) -> Step | None:
        self.path = path
        try:
            for event in yaml.parse(content, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    self.faults.append(f"{path}:{_position(event.start_mark)}: an alias (*{event.anchor}): write the text again")
                    return None
            node = yaml.compose(content, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self.faults.append(f"{path}:{_position(error.problem_mark or error.context_mark)}: not YAML: {error.problem}")
            return None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            self.faults.append(f"{path}:1:1: not YAML: {error}")
            return None
        return self.step(node)

    # ---- the parts of a file --------------------------------------------------

    def step(self, node: yaml.Node | None) -> Step | None:
        need = ("step", "title", "points", "functions", "asks", "cases", "criteria")
        entry = self.mapping(node, need, what="a rubric file")
        if entry is None:
            return None
        name = self.name(entry["step"], ID, "step")
        points = self.points(entry["points"], least=0)
        asks = self.choice(entry["asks"], ASKS, "asks")
        groups = self.groups(entry["cases"])
        if asks == "nodes":
            self.operators_place = self.place(entry["cases"])
        criteria = [self.criterion(item, groups, asks) for item in self.sequence(entry["criteria"], "criteria")]
        found = tuple(criterion for criterion in criteria if criterion)
        self.compare_groups(entry["cases"], groups, entry["criteria"])
        total = sum((criterion.points for criterion in found if not criterion.bonus), Fraction(0))
        if len(found) == len(criteria) and total != points:
            self.fault(entry["points"], f"points do not add up: the step has {points}, its criteria without bonus {total}")
        functions = tuple(self.text(item, "functions") for item in self.sequence(entry["functions"], "functions"))
        return Step(name, self.text(entry["title"], "title"), points, functions, found)

    def criterion(self, node: yaml.Node, groups: dict[str, yaml.Node], asks: str) -> Criterion | None:
        need, more = ("id", "points", "public", "says", "hint", "cases"), ("scoring", "bonus", "asks")
        entry = self.mapping(node, need, more, what="a criterion")
        if entry is None:
            return None
        name = self.name(entry["id"], CRITERION_ID, "criterion")
        if "asks" in entry:
            asks = self.choice(entry["asks"], ASKS, "asks")
        scoring = self.choice(entry["scoring"], SCORING, "scoring") if "scoring" in entry else SCORING[0]
        cases: list[Case] = []
        for item in self.sequence(entry["cases"], "cases"):
            group = self.text(item, "cases")
            if group in groups:
                cases += self.cases(groups[group], asks)
            else:
                self.fault(item, f"there is no group of cases {group!r}{_nearest(group, groups)}")
        if not cases:
            self.fault(entry["cases"], f"criterion {name} has no cases: name at least one group of `cases`")
        if asks == "forward" and scoring == SCORING[0]:
            self.fault(node, f"criterion {name} asks for sweeps: write `scoring: all-or-nothing`")
        if asks == "forward" and not any(_is_graph(case) for case in cases):
            self.fault(entry["cases"], f"criterion {name} needs a graph case (such as `A->B, B->C`) beside its programs")
        return Criterion(
            name, self.points(entry["points"]), self.text(entry["says"], "says"), self.text(entry["hint"], "hint"),
            self.flag(entry["public"]), scoring != SCORING[0], self.flag(entry.get("bonus")), asks, tuple(cases),
        )  # fmt: skip

    def groups(self, node: yaml.Node) -> dict[str, yaml.Node]:
        groups = self.mapping(node, None, what="cases") or {}
        for name, group in groups.items():
            for case, line in (self.mapping(group, None, what=f"the group {name}") or {}).items():
                if not ID.fullmatch(case):
                    self.fault(line, f"{case!r} is not a case's name: small letters, digits and single hyphens")
                if case in self.seen["case"]:
                    self.fault(line, f"the case {case} exists already: names are permanent and stand once in all files")
                self.seen["case"][case] = self.place(line)
        return groups

    def compare_groups(self, node: yaml.Node, groups: dict[str, yaml.Node], criteria: yaml.Node) -> None:
        used = {item.value for item in _scalars(criteria)}
        for name, group in groups.items():
            if name not in used:
                self.fault(group, f"no criterion uses the group of cases {name!r}: name it in a criterion's `cases` or remove it")

    def cases(self, group: yaml.Node, asks: str) -> Iterator[Case]:
        if isinstance(group, yaml.MappingNode):
            for key, value in group.value:
                if (content := self.content(value, asks)) is not None:
                    yield Case(key.value, value.value if isinstance(value, yaml.ScalarNode) else "random", content)

    def content(self, node: yaml.Node, asks: str) -> Program | RandomPrograms | None:
        if isinstance(node, yaml.MappingNode):
            entry = self.mapping(node, ("random",), what="a case")
            return self.random(entry["random"]) if entry else None
        try:
            program = parse_case(self.text(node, "a case"), self.operators, from_output=asks == "backward")
        except CaseError as error:
            self.fault(node, str(error))
            return None
        if asks == "nodes":
            self.exercised.update(line.operator for line in program.instructions if line.operator)
        return program

    def random(self, node: yaml.Node) -> RandomPrograms | None:
        entry = self.mapping(node, ("count", "size"), ("operators",), what="random")
        if entry is None:
            return None
        operators = None
        if "operators" in entry:
            operators = tuple(self.text(item, "operators") for item in self.sequence(entry["operators"], "operators"))
            for name in operators:
                if name not in self.operators:
                    self.fault(entry["operators"], f"{name!r} is not an operator of the reference{_nearest(name, self.operators)}")
        return RandomPrograms(self.whole(entry["count"], 1, 200), self.whole(entry["size"], 1, 40), operators)

    # ---- comparing lists ------------------------------------------------------

    def compare_checks(self, checks: Collection[str]) -> None:
        for name in sorted(set(checks) - set(self.seen["criterion"])):
            self.faults.append(f"{CHECKS}:1:1: the check test_{name} has no criterion: add `id: {name}` to a rubric file, or remove it")
        for name, place in self.seen["criterion"].items():
            if name not in checks:
                self.faults.append(f"{place}: criterion {name} has no check: write test_{name} in {CHECKS}, or remove the criterion")

    def compare_operators(self) -> None:
        for name in sorted(set(self.operators) - self.exercised):
            operands = ", ".join("xyz"[: self.operators[name]])
            point = ", ".join(f"{letter}=0.7" for letter in "xyz"[: self.operators[name]])
            self.faults.append(
                f"{self.operators_place}: the operator {name} has no case: add a line, `{name}: {name}({operands}) at {point}`"
            )

    # ---- the parts of YAML ----------------------------------------------------

    def mapping(
        self, node: yaml.Node | None, need: Collection[str] | None, more: Collection[str] = (), *, what: str
    ) -> dict[str, yaml.Node] | None:
        """Return the entries of a mapping, or None after telling that it can't be used. `need` None allows any key."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{what} must be a mapping (`key: value` lines)")
            return None
        entries: dict[str, yaml.Node] = {}
        known = (*need, *more) if need is not None else None
        for key, value in node.value:
            if key.value in entries:
                self.fault(key, f"the key {key.value!r} stands twice: remove one")
            elif known is not None and key.value not in known:
                self.fault(key, f"{what} has no key {key.value!r}{_nearest(key.value, known)}")
            entries[key.value] = value
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
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value).strip()
        self.fault(node, f"{what} must be a text")
        return ""

    def name(self, node: yaml.Node, pattern: re.Pattern[str], kind: str) -> str:
        name = self.text(node, kind)
        if name and not pattern.fullmatch(name):
            self.fault(
                node, f"{name!r} is not a {kind}'s name: small letters and digits, parted by {'_' if '_' in pattern.pattern else '-'}"
            )
        if name in self.seen[kind]:
            self.fault(node, f"the {kind} {name} exists already")
        self.seen[kind][name] = self.place(node)
        return name

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

    def points(self, node: yaml.Node, least: Fraction | int = Fraction(1, 100)) -> Fraction:
        """Return points exactly: 6, 2.5 and 1/3 are what they say."""
        try:
            points = Fraction(node.value if isinstance(node, yaml.ScalarNode) else "")
        except (ValueError, ZeroDivisionError):
            self.fault(node, "points must be a number, such as 6, 2.5 or 1/3")
            return Fraction(0)
        if not least <= points <= 10_000:
            self.fault(node, f"points must lie between {least} and 10000, not {points}")
        return points


def _position(mark: Any) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"


def _is_graph(case: Case) -> bool:
    return isinstance(case.content, Program) and case.content.is_graph


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield the scalars of every `cases` list below a node."""
    for criterion in node.value if isinstance(node, yaml.SequenceNode) else ():
        for key, value in criterion.value if isinstance(criterion, yaml.MappingNode) else ():
            if key.value == "cases" and isinstance(value, yaml.SequenceNode):
                yield from (item for item in value.value if isinstance(item, yaml.ScalarNode))


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"
