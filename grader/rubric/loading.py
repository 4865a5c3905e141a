"""Read rubrics/*.yaml into a Rubric, or report all faults at once as file:line:column: message.

Two lists that must agree are compared both ways: operators and cases, groups of cases and the criteria that use them, a step's
points and the sum of its criteria's. Every criterion needs a check; a check that no criterion names is a note of `rubric check`.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import yaml

from grader.model import ASKS, BETWEEN, Case, Criterion, Instruction, Operators, Program, RandomPrograms, Rubric, Step, round_points
from grader.rubric.case_syntax import CaseError, parse_case
from grader.rubric.words import read_texts
from grader.rubric.yaml_reader import Marked, nearest

CHECKS = "grader/checks/"
VARIANTS = 4
MOST_VARIANTS = 9
PROPORTIONAL, ALL_OR_NOTHING, BY_OPERATOR = SCORING = ("proportional", "all-or-nothing", "by-operator")
STUBS = ("create_node", "operators", "topological_order", "forward", "backward")
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
        node = reader.compose(path, content)
        step = reader.step(node) if node else None
        reader.complete &= step is not None
        steps.append(step)
    sentences = read_texts(reader, folder)
    digest.update("\0".join(sentences.values()).encode())
    reader.compare_checks(checks)
    reader.compare_operators(paths[0])
    if reader.faults:
        raise RubricError(list(dict.fromkeys(reader.faults)))
    return Rubric(tuple(step for step in steps if step), digest.hexdigest(), sentences)


def drawn_name(name: str, place: int, variant: int) -> str:
    """Return the name of a random case: `name-1`, `name-2`, ..., and `name-1b`, `name-1c`, ... for its other variants."""
    return f"{name}-{place + 1}{'abcdefghi'[variant] if variant else ''}"


class _Reader(Marked):
    """Reads the parts of a rubric and remembers what must be unique or complete over all files."""

    def __init__(self, operators: Operators) -> None:
        super().__init__()
        self.operators = operators
        self.seen: dict[str, dict[str, str]] = {"step": {}, "criterion": {}, "case": {}}  # name -> file:line:column
        self.exercised: set[str] = set()
        self.operators_place = ""
        self.checked_by: dict[str, tuple[str, str]] = {}  # criterion -> its check, file:line:column
        self.complete = True  # while a part can't be read, a missing name may be in it

    def step(self, node: yaml.Node) -> Step | None:
        need = ("step", "title", "points", "functions", "asks", "criteria")
        entry = self.mapping(node, need, ("cases",), what="a rubric file")
        if entry is None:
            return None
        name = self.name(entry["step"], ID, "step")
        points = self.points(entry["points"], zero=True)
        asks = self.choice(entry["asks"], ASKS, "asks")
        groups = self.groups(entry["cases"]) if "cases" in entry else {}
        criteria = [self.criterion(item, groups, asks) for item in self.sequence(entry["criteria"], "criteria")]
        found = tuple(criterion for criterion in criteria if criterion)
        self.compare_groups(groups, entry["criteria"])
        if len(found) == len(criteria) and points is not None:
            self.compare_points(entry["points"], points, found)
        if points != 0 and asks == "nodes":
            self.operators_place = self.place(entry.get("cases", entry["criteria"]))
            core = (case for c in found if c.asks == "nodes" for case in c.cases)
            self.exercised |= {line.operator or "" for case in core for line in _instructions(case)}
        functions = tuple(self.choice(item, STUBS, "functions") for item in self.sequence(entry["functions"], "functions"))
        return Step(name, self.text(entry["title"], "title"), points or Fraction(0), functions, found)

    def compare_points(self, node: yaml.Node, points: Fraction, criteria: Iterable[Criterion]) -> None:
        parts = [criterion.points for criterion in criteria if not criterion.bonus]
        written = sum(map(round_points, parts), Fraction(0))
        if sum(parts, Fraction(0)) != points:
            points_of_each = ", ".join(f"{criterion.id} {criterion.points}" for criterion in criteria if not criterion.bonus)
            sums = f"the step has {points}, its criteria without bonus {sum(parts, Fraction(0))}"
            self.fault(node, f"points do not add up: {sums}" + (f" ({points_of_each})" if points_of_each else ""))
        elif written != round_points(points):
            sums = f"the step has {float(round_points(points)):g}, its criteria without bonus {float(written):g}"
            self.fault(node, f"points do not add up as they are written, each rounded to 0.01: {sums}")

    def criterion(self, node: yaml.Node, groups: dict[str, yaml.Node], asks: str) -> Criterion | None:
        if _is_manual(node):
            return self.manual(node)
        need, more = ("id", "points", "public", "says", "hint", "cases"), ("scoring", "bonus", "asks", "manual", "why", "check")
        entry = self.mapping(node, need, more, what="a criterion")
        if entry is None:
            self.complete = False
            return None
        name = self.name(entry["id"], CRITERION_ID, "criterion")
        if "asks" in entry:
            asks = self.choice(entry["asks"], ASKS, "asks")
        scoring = self.choice(entry["scoring"], SCORING, "scoring") if "scoring" in entry else PROPORTIONAL
        cases = self.chosen_cases(name, entry["cases"], groups, asks)
        if asks == "forward" and scoring == PROPORTIONAL:
            self.fault(node, f"criterion {name} asks for sweeps: write `scoring: all-or-nothing`")
        if asks != "nodes" and scoring == BY_OPERATOR:
            self.fault(entry["scoring"], f"criterion {name} asks for {asks}: only what asks for nodes can be scored by operator")
        if asks == "forward" and not any(isinstance(case.content, Program) and case.content.is_graph for case in cases):
            self.fault(entry["cases"], f"criterion {name} needs a graph case (such as `A->B, B->C`) beside its programs")
        points, says, hint = self.points(entry["points"]), self.text(entry["says"], "says"), self.text(entry["hint"], "hint")
        public, bonus = self.flag(entry["public"]), self.flag(entry.get("bonus"))
        self.flag(entry.get("manual"))
        programs = [case.content for case in cases if isinstance(case.content, Program)]
        self.compare_with_visibility(entry["cases"], f"criterion {name}", programs, asks, public=public)
        why = self.text(entry["why"], "why") if "why" in entry else ""
        check = self.text(entry["check"], "check") if "check" in entry else name
        self.checked_by[name] = check, self.place(entry.get("check", entry["id"]))
        if points is None:
            return None
        whole, by_operator = scoring == ALL_OR_NOTHING, scoring == BY_OPERATOR
        return Criterion(name, points, says, hint, public, whole, bonus, asks, tuple(cases), why, check=check, by_operator=by_operator)

    def compare_with_visibility(self, node: yaml.Node, what: str, programs: list[Program], asks: str, *, public: bool) -> None:
        """Note cases that can only be hidden, or that do not fit what the criterion asks."""
        if any(program.grown_sizes for program in programs) and (public or asks == "nodes"):
            self.fault(node, f"{what}: a case with `grows` asks for orders or sweeps, and can only be hidden")
        if any(program.between and (public or program.between != BETWEEN.get(asks)) for program in programs):
            kinds = ", ".join(f"{kind} if the criterion asks {ask}" for ask, kind in BETWEEN.items())
            self.fault(node, f"{what}: a case with `between` can only be hidden; it may be {kinds}")
        if public and any(program.earlier for program in programs):
            self.fault(node, f"{what}: a case with `after` can only be hidden")

    def manual(self, node: yaml.Node) -> Criterion | None:
        """Return a criterion whose points a person gives."""
        entry = self.mapping(node, ("id", "points", "public", "says", "hint", "manual"), ("bonus",), what="a manual criterion")
        if entry is None:
            self.complete = False
            return None
        self.name(entry["id"], CRITERION_ID, "criterion")
        points, says, hint = self.points(entry["points"]), self.text(entry["says"], "says"), self.text(entry["hint"], "hint")
        public, bonus = self.flag(entry["public"]), self.flag(entry.get("bonus"))
        name = entry["id"].value
        return Criterion(name, points, says, hint, public, False, bonus, "nodes", (), manual=True) if points else None

    def name(self, node: yaml.Node, pattern: re.Pattern[str], kind: str) -> str:
        name = self.text(node, kind)
        if name and not pattern.fullmatch(name):
            parted = "_" if "_" in pattern.pattern else "-"
            self.fault(node, f"{name!r} is not a {kind}'s name: small letters and digits, parted by {parted}")
        if name in self.seen[kind]:
            self.fault(node, f"the {kind} {name} exists already")
        self.seen[kind][name] = self.place(node)
        return name

    # ---- cases ----------------------------------------------------------------

    def groups(self, node: yaml.Node) -> dict[str, yaml.Node]:
        """Return the groups of cases that several criteria share, by their names."""
        groups = self.mapping(node, None, what="cases") or {}
        for name, group in groups.items():
            self.name_cases(group, f"the group {name}")
        return groups

    def name_cases(self, group: yaml.Node, what: str) -> None:
        """Note the names of a group's cases; each must be new."""
        for case, line in (self.mapping(group, None, what=what) or {}).items():
            key = self.key(line)
            if not ID.fullmatch(case):
                self.fault(key, f"{case!r} is not a case's name: small letters, digits and single hyphens")
            for taken in (case, *_drawn_names(case, line)):
                if taken in self.seen["case"]:
                    self.fault(key, f"the case {taken} exists already: names are permanent and stand once in all files")
                self.seen["case"][taken] = self.place(key)

    def chosen_cases(self, criterion: str, node: yaml.Node, groups: dict[str, yaml.Node], asks: str) -> list[Case]:
        """Return a criterion's cases: its own, a mapping, or a list of the names of groups and mappings of its own."""
        cases: list[Case] = []
        named: set[str] = set()
        for item in [node] if isinstance(node, yaml.MappingNode) else self.sequence(node, "cases"):
            if isinstance(item, yaml.MappingNode):
                self.name_cases(item, f"the cases of criterion {criterion}")
                cases += self.cases(item, asks)
                continue
            group = self.text(item, "cases")
            if group in named:
                self.fault(item, f"the group {group!r} appears twice: its cases would count twice")
            elif group in groups:
                cases += self.cases(groups[group], asks)
            elif group:
                self.fault(item, f"there is no group of cases {group!r}{nearest(group, groups)}")
            named.add(group)
        if not cases:
            self.fault(node, f"criterion {criterion} has no cases: write them here, or name at least one group of `cases`")
        return cases

    def cases(self, group: yaml.Node, asks: str) -> Iterator[Case]:
        for key, value in group.value if isinstance(group, yaml.MappingNode) else ():
            content = self.content(value, asks)
            if content is not None:
                text = value.value if isinstance(value, yaml.ScalarNode) else "random"
                yield Case(str(key.value), text, self.place(value), content)

    def content(self, node: yaml.Node, asks: str) -> Program | RandomPrograms | None:
        if isinstance(node, yaml.MappingNode):
            entry = self.mapping(node, ("random",), what="a case")
            return self.random(entry["random"]) if entry else None
        text = self.text(node, "a case")
        try:
            return parse_case(text, self.operators, from_output=asks == "backward") if text else None
        except CaseError as error:
            self.fault(node, str(error))
            return None

    def random(self, node: yaml.Node) -> RandomPrograms | None:
        entry = self.mapping(node, ("count", "size"), ("variants", "operators"), what="random")
        if entry is None:
            return None
        operators: tuple[str, ...] | None = None
        if "operators" in entry:
            items = self.sequence(entry["operators"], "operators")
            operators = tuple(self.text(item, "operators") for item in items)
            for item, name in zip(items, operators, strict=True):
                if name and name not in self.operators:
                    self.fault(item, f"{name!r} is not an operator of the reference{nearest(name, self.operators)}")
        variants = self.whole(entry["variants"], 1, MOST_VARIANTS) if "variants" in entry else VARIANTS
        return RandomPrograms(self.whole(entry["count"], 1, 200), self.whole(entry["size"], 1, 40), variants, operators)

    # ---- comparing lists ------------------------------------------------------

    def compare_groups(self, groups: dict[str, yaml.Node], criteria: yaml.Node) -> None:
        used = set(_named_groups(criteria))
        for name, group in groups.items():
            if name not in used:
                key = self.key(group)
                self.fault(key, f"no criterion uses the group of cases {name!r}: name it in a criterion's `cases` or remove it")

    def compare_checks(self, checks: Collection[str]) -> None:
        for name, (check, place) in self.checked_by.items():
            if check not in checks:
                self.faults.append(f"{place}: criterion {name} has no check: write test_{check} in {CHECKS}, or remove the criterion")

    def compare_operators(self, first: Path) -> None:
        place = self.operators_place or f"{first}:1:1"
        for name in sorted(set(self.operators) - self.exercised) if self.complete else ():
            letters = "xyz"[: self.operators[name]]
            point = ", ".join(f"{letter}=0.7" for letter in letters)
            line = f"{name}: {name}({', '.join(letters)}) at {point}"
            self.faults.append(f"{place}: the operator {name} has no case: add a line, `{line}`")


def _is_manual(node: yaml.Node) -> bool:
    """Say whether a criterion is marked `manual: true`."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return any(key.value == "manual" and getattr(value, "value", None) == "true" for key, value in pairs)


def _instructions(case: Case) -> Collection[Instruction]:
    return case.content.instructions if isinstance(case.content, Program) else ()


def _drawn_names(name: str, node: yaml.Node) -> Iterator[str]:
    """Yield the names that random cases and their variants may have."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        for inner, count in value.value if key.value == "random" and isinstance(value, yaml.MappingNode) else ():
            if inner.value == "count" and isinstance(count, yaml.ScalarNode) and re.fullmatch("[0-9]{1,3}", count.value):
                yield from (drawn_name(name, i, k) for i in range(int(count.value)) for k in range(MOST_VARIANTS))


def _named_groups(criteria: yaml.Node) -> Iterator[str]:
    """Yield the entries of every `cases` list of the criteria."""
    for criterion in criteria.value if isinstance(criteria, yaml.SequenceNode) else ():
        for key, value in criterion.value if isinstance(criterion, yaml.MappingNode) else ():
            if key.value == "cases" and isinstance(value, yaml.SequenceNode):
                yield from (item.value for item in value.value if isinstance(item, yaml.ScalarNode))
