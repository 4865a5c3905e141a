"""Make the questions, and by asking the reference the very same way, the answers that are expected.

    plan = make_plan(kit, seed)
    plan.questions      what is asked: inputs only; `collect` gets this and nothing else
    plan.expected       what the reference answered; only `compare` and the instructor see it
    plan.rubric

A case of the rubric becomes several questions, one for each way in which it is asked (contract, section 1): on the
submission's own graph, and on given graphs of the same shape whose values and local partials are drawn freely.
"""

import itertools
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from grader import kit as kits
from grader.draw import draw_program, draw_rows, rows_of
from grader.kit import Kit
from grader.model import Case, KitFault, Program, RandomPrograms, Rubric, Step
from grader.oracle import Oracle, is_finite, well_conditioned
from grader.pick import Pick
from grader.rubric import drawn_name, load_rubric
from grader.settling import digest
from grader.wire import Rows, with_children

DEFAULT_SEED = "2026"
EXPECTED = "autodiff-kit/expected/v1"
LAYOUTS = [(build, link) for build in ("student", "pristine") for link in ("use", "node")]
ATTEMPTS = 200
Way = tuple[dict[str, Any], dict[str, Any]]
"""A question, and the entry in its case that will learn the question's number."""


@dataclass(frozen=True)
class Plan:
    """Questions, expected answers and the rubric that asks for them."""

    questions: dict[str, Any]
    expected: dict[str, Any]
    rubric: Rubric
    key: str
    """A hash of all that the plan was made from."""

    def public(self) -> "Plan":
        """Return the plan of the public criteria alone."""
        criteria = {f"{step.id}/{c.id}": c for step in self.rubric.steps for c in step.criteria if c.public and not c.manual}
        steps = []
        for step in self.rubric.steps:
            kept = tuple(criterion for criterion in step.criteria if criterion.public and not criterion.manual)
            points = sum((criterion.points for criterion in kept if not criterion.bonus), Fraction(0))
            steps.append(replace(step, criteria=kept, points=points))
        expected = {**self.expected, "criteria": {name: self.expected["criteria"][name] for name in criteria}}
        return replace(self, expected=expected, rubric=replace(self.rubric, steps=tuple(steps)))

    def cases_of(self, criterion: str, pick: Pick, submission: str) -> list[str]:
        """Return the keys of the cases that a criterion, as step/criterion, looks at for one submission."""
        return pick.keys(self.expected["criteria"][criterion], self.expected["variants"], submission)

    def picks(self, pick: Pick) -> list[Pick]:
        """Return picks that together take every variant that a submission may meet by `pick`."""
        most = max(map(len, self.expected["variants"].values()), default=1)
        return [Pick(number=number) for number in range(most)] if pick.secret else [pick]

    def questions_of(self, steps: frozenset[str], picks: Iterable[Pick], submission: str = "") -> frozenset[int]:
        """Return the numbers of the questions that the criteria of these steps look at."""
        return self.questions_for((name for name in self.expected["criteria"] if name.partition("/")[0] in steps), picks, submission)

    def questions_for(self, criteria: Iterable[str], picks: Iterable[Pick], submission: str = "") -> frozenset[int]:
        """Return the numbers of the questions that these criteria, each as step/criterion, look at for one submission."""
        pairs = itertools.product(picks, criteria)
        return self.questions_about({key for pick, name in pairs for key in self.cases_of(name, pick, submission)})

    def questions_about(self, cases: Iterable[str]) -> frozenset[int]:
        """Return the numbers of all questions about these cases, named by their keys."""
        numbers = set()
        for case in (self.expected["cases"][key] for key in cases):
            own = case["own"] or {}
            numbers |= {way["question"] for way in (own, own.get("order", {}), *case["given"]) if way}
        return frozenset(numbers)


def make_plan(kit: Kit, seed: str = DEFAULT_SEED, sandbox: str = "auto") -> Plan:
    """Return the plan for this kit and seed, from the cache if it was made before. The reference is asked in `sandbox`.

    Raises RubricError for faults in the rubric and KitFault where the reference does not answer.
    """
    rubric_bytes = b"".join(path.name.encode() + path.read_bytes() for path in sorted(kit.rubrics.glob("*.yaml")))
    parts = (kits.code_sha256(), sys.version, version("numpy"), seed)
    key = kits.digest_of([kit.reference, rubric_bytes, *(part.encode() for part in parts)])
    data = kept(f"plan-{key[:32]}")
    if data is None:
        with Oracle(kit.reference, kit.pristine_node, sandbox) as oracle:
            data, rubric = _make(kit, seed, oracle)
        keep(f"plan-{key[:32]}", data)
    else:
        rubric = load_rubric(kit.rubrics, data["expected"]["operators"], kits.check_names())
    return Plan(data["questions"], data["expected"], rubric, key)


def functions_of(step: Step, plan: Plan) -> frozenset[str]:
    """Return the names of a step's stubs, with the reference's operators in place of the word `operators`."""
    operators = plan.expected["operators"] if "operators" in step.functions else {}
    return frozenset(step.functions) - {"operators"} | frozenset(operators)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "autodiff-kit"


def kept(name: str) -> dict[str, Any] | None:
    """Return what was kept under a name, or None."""
    try:
        return dict(json.loads((_cache_folder() / f"{name}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def keep(name: str, data: dict[str, Any]) -> None:
    """Keep data where only its owner can read it; a cache that can't be written is no fault."""
    path = _cache_folder() / f"{name}.json"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(data), "utf-8")
        draft.replace(path)
    except OSError:
        return


def _make(kit: Kit, seed: str, oracle: Oracle) -> tuple[dict[str, Any], Rubric]:
    rubric = load_rubric(kit.rubrics, oracle.operators, kits.check_names())
    for case in (case for step in rubric.steps for criterion in step.criteria for case in criterion.cases):
        if isinstance(case.content, Program):
            for program in (*case.content.earlier, case.content):
                if not program.is_graph:
                    oracle.expect_answer(case.place, rows_of(program))
    planner = _Planner(oracle, seed)
    for step in rubric.steps:
        for criterion in step.criteria:
            planner.add(step.id, criterion.id, criterion.asks, criterion.public, criterion.cases)
    return planner.finish(kit, rubric), rubric


class _Planner:
    """Gathers cases, asks the oracle about each, and numbers the questions."""

    def __init__(self, oracle: Oracle, seed: str) -> None:
        self.oracle = oracle
        self.seed = seed
        self.drawn: dict[str, list[list[Case]]] = {}
        self.variants: dict[str, list[str]] = {}
        self.cases: dict[str, dict[str, Any]] = {}
        self.programs: dict[str, Program] = {}
        self.places: dict[str, str] = {}
        self.criteria: dict[str, list[str]] = {}

    def add(self, step: str, criterion: str, asks: str, public: bool, cases: tuple[Case, ...]) -> None:
        """Note a criterion's cases: the first variant of each in its list, and beside it which others there are."""
        concrete = [variants for case in cases for variants in self.concrete(case)]
        self.criteria[f"{step}/{criterion}"] = [f"{asks}/{variants[0].id}" for variants in concrete]
        self.variants |= {f"{asks}/{vs[0].id}": [f"{asks}/{case.id}" for case in vs] for vs in concrete if len(vs) > 1}
        for case in itertools.chain.from_iterable(concrete):
            key = f"{asks}/{case.id}"
            entry = {"id": case.id, "asks": asks, "step": step, "public": public, "text": case.text}
            self.cases.setdefault(key, entry)["public"] |= public
            assert isinstance(case.content, Program)
            self.programs[key] = case.content
            self.places[key] = case.place

    def concrete(self, case: Case) -> list[list[Case]]:
        """Return the cases that a line of the rubric stands for, each with its variants."""
        if isinstance(case.content, Program):
            return [[case]]
        if case.id not in self.drawn:
            self.drawn[case.id] = _draw_cases(case, case.content, self.oracle, self.seed)
        return self.drawn[case.id]

    def finish(self, kit: Kit, rubric: Rubric) -> dict[str, Any]:
        asked: list[tuple[tuple[Any, ...], dict[str, Any], list[dict[str, Any]]]] = []
        rank = {step.id: i for i, step in enumerate(rubric.steps)}
        for place, (key, case) in enumerate(self.cases.items()):
            for turn, (question, entry) in enumerate(self.placed_ways(key, case)):
                alike = (rank[question["step"]], question["way"] != "own", turn, place)
                sort = (not case["public"], "orders" in question, "deep" in question, *alike)
                asked.append((sort, question, [entry]))
        questions: list[dict[str, Any]] = []
        known: dict[str, int] = {}
        for sort, question, entries in sorted(asked, key=lambda item: item[0]):
            question["public"] = not sort[0]
            if "unless" in question:  # it is sorted before
                question["unless"] = known[json.dumps(question["unless"], sort_keys=True)]
            content = json.dumps(question, sort_keys=True)
            if content not in known:
                known[content] = len(questions)
                questions.append({"id": len(questions), **question})
            for entry in entries:
                entry["question"] = known[content]
        data = {"schema": kits.QUESTIONS, "pristine": kit.pristine_node, "questions": questions}
        expected = {
            "schema": EXPECTED,
            "questions_sha256": kits.questions_sha256(data),
            "reference_sha256": kit.reference_sha256,
            "seed": "default" if self.seed == DEFAULT_SEED else "private",
            "operators": dict(self.oracle.operators),
            "criteria": self.criteria,
            "variants": self.variants,
            "cases": self.cases,
        }
        return {"questions": data, "expected": expected}

    def placed_ways(self, key: str, case: dict[str, Any]) -> list[Way]:
        """Return the ways of a case. Raises KitFault, saying where the case stands, if the reference's answers can't be used."""
        try:
            ways = self.ways(case, self.programs[key])
            sides = (case["own"] or {}, {"graph": case.get("given_rows", []), "sweeps": case.get("given_sweeps")})
            if not all(is_finite(side.get("graph")) and is_finite(side.get("sweeps")) for side in sides):
                raise KitFault("the reference's answer holds a number that is not finite: choose another point")
        except KitFault as fault:
            raise KitFault(f"{self.places[key]}: {fault}") from None
        return ways

    def ways(self, case: dict[str, Any], program: Program) -> list[Way]:
        """Return a case's questions: about the submission's own graph first, then about given ones."""
        rng = Random(f"{self.seed}/{case['asks']}/{case['id']}")
        ask = case["asks"]
        case |= {"names": _names(program), "roots": list(program.roots), "built": list(program.built)}
        case |= {"own": None, "given": [], "cyclic": program.cyclic, "earlier": len(program.earlier)}
        free, *before = (self.draw_graph(part, rng, ask) for part in (program, *program.earlier))
        common = {"step": case["step"], "ask": ask, "roots": case["roots"]} | ({"deep": True} if program.deep else {})
        common |= {"built": case["built"]} if case["built"] else {}
        ways = []
        if not program.cyclic:
            ways = self.own_ways(case, program, common, [free, *before])
            if not before:  # of which nobody knows whether they are right
                common["unless"] = ways[-1][0]
        return ways if ask == "nodes" else [*ways, *self.given_ways(case, program, common, [free, *before])]

    def own_ways(self, case: dict[str, Any], program: Program, common: dict[str, Any], free: list[Rows]) -> list[Way]:
        """Return the question about the graph that a submission makes itself, and for a sweep that about its orders."""
        ask = common["ask"]
        parts: list[dict[str, Any]] = [
            {"build": "create" if part.is_graph else "operators", "rows": rows if part.is_graph else rows_of(part)}
            for part, rows in zip((program, *program.earlier), free, strict=True)
        ]
        case["own"] = self.own_side(ask, program, **parts[0])
        mine = common | {"way": "own"} | parts[0] | _earlier(program, parts[1:])
        order = mine | {"ask": "order", "step": "topological-order", "digest": digest(case["own"]["graph"])}
        if ask == "order":
            return [(mine | {"digest": order["digest"]}, case["own"])]
        if ask == "nodes":
            return [(mine, case["own"])]
        case["own"]["order"] = {}
        return [(mine, case["own"]), (order, case["own"]["order"])]

    def given_ways(self, case: dict[str, Any], program: Program, common: dict[str, Any], free: list[Rows]) -> list[Way]:
        """Return the questions about given graphs, in each layout and for a sweep also with a known-good order."""
        ask, rows = common["ask"], free[0]
        case["given_rows"] = rows
        if ask != "order":
            case["given_sweeps"] = self.oracle.sweeps(ask, rows, list(program.roots))
        parts = (program, *program.earlier)
        repeated = any(len(set(line.operands)) < len(line.operands) for part in parts for line in part.instructions)
        layouts = LAYOUTS if repeated else [layout for layout in LAYOUTS if layout[1] == "use"]
        ways: list[Way] = []
        for known_order in (True, False) if ask != "order" else (False,):
            first, *before = ({"rows": its} | ({"orders": self.oracle.orders(its)} if known_order else {}) for its in free)
            for build, link in layouts:
                question = common | {"way": "given", "build": build, "link": link} | first | _earlier(program, before)
                entry: dict[str, Any] = {"build": build, "link": link, "known_order": known_order}
                case["given"].append(entry)
                ways.append((question, entry))
        return ways

    def own_side(self, ask: str, program: Program, rows: Rows, build: str) -> dict[str, Any]:
        """Return the graph that the reference makes of a case, and what its sweeps leave there.

        A deep graph, which create_node makes, is what its rows say.
        """
        graph = with_children(rows) if program.deep else self.oracle.graph(rows, build)
        side: dict[str, Any] = {"build": build, "rows": rows, "graph": graph}
        if ask in ("forward", "backward"):
            side["sweeps"] = self.oracle.sweeps(ask, [row[:5] for row in graph], list(program.roots))
        return side

    def draw_graph(self, program: Program, rng: Random, ask: str) -> Rows:
        """Return a graph of the program's shape, its numbers drawn freely but so that no sweep loses many digits."""
        if program.cyclic or program.deep or ask in ("nodes", "order"):
            return draw_rows(program, rng, self.oracle.operators, negative=0.25)
        for attempt in range(ATTEMPTS):
            rows = draw_rows(program, rng, self.oracle.operators, negative=0.25 * 0.8**attempt)
            if well_conditioned(self.oracle.sweeps(ask, rows, list(program.roots))):
                return rows
        raise KitFault(f"no well conditioned graph was found for {_names(program)}")


def _earlier(program: Program, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a question tells of the programs that are swept before its own is made."""
    roots = ({"roots": list(part.roots)} for part in program.earlier)
    return {"earlier": [its | part for its, part in zip(roots, parts, strict=True)]} if parts else {}


def _names(program: Program) -> list[str]:
    return [] if program.deep else [line.name for line in program.instructions]


def _draw_cases(case: Case, wish: RandomPrograms, oracle: Oracle, seed: str) -> list[list[Case]]:
    """Return the variants of `wish.count` random programs; all variants of one are made of the same operators."""
    cases = []
    for place in range(wish.count):
        names = sorted(wish.operators or oracle.operators)
        names = names[place % len(names) :] + names[: place % len(names)]
        sequence = (names * (wish.size // len(names) + 1))[: wish.size]
        drawn = []
        for number in range(wish.variants):
            rng = f"{seed}/{case.id}/{place}" + (f"/{number}" if number else "")
            drawn.append(Case(drawn_name(case.id, place, number), "random", case.place, _draw_well(rng, case.place, sequence, oracle)))
        cases.append(drawn)
    return cases


def _draw_well(seed: str, place: str, sequence: list[str], oracle: Oracle) -> Program:
    """Return a random program of these operators, in any order, that the reference finds well conditioned."""
    for attempt in range(ATTEMPTS):
        rng = Random(f"{seed}/{attempt}")
        shuffled = sorted(sequence, key=lambda _: rng.random()) if len(sequence) > 1 else sequence
        program = draw_program(rng, shuffled, oracle.operators)
        if oracle.is_well_conditioned(rows_of(program), list(program.roots)):
            return program
    raise KitFault(f"{place}: no well conditioned random program was found: make `size` smaller")
