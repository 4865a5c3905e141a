"""Turn the cases of a rubric into questions, and ask the reference each of them the very same way.

    planner = QuestionPlanner(oracle, seed)
    planner.add(step, criterion)             for each criterion, in the order of the rubric
    planner.finish(kit, rubric, label)       questions and expected answers, as they are cached

A case becomes several questions, one for each way of asking (handout, "How the steps are scored apart"): on the submission's own graph,
and on given graphs of the same shape whose values and local partials are drawn freely.
"""

import itertools
import json
from random import Random
from typing import Any, NamedTuple

from grader import kit as kits
from grader.formats import Asked, CaseData, Expected, GivenWay, GraphPart, OwnWay, PlanData, Question, QuestionPart, Questions
from grader.kit import Kit
from grader.model import BETWEEN, Case, Criterion, KitFault, Program, Rows, Rubric
from grader.plan.drawn_cases import draw_cases
from grader.plan.oracle import Oracle, is_finite, well_conditioned
from grader.plan.random_programs import draw_rows, rows_of
from grader.topology import graph_digest, sweeps_digest

EXPECTED = "autodiff-kit/expected/v2"
LAYOUTS = [(build, link) for build in ("student", "pristine") for link in ("use", "node")]
ANSWERS = ("graph", "sweeps", "tangents", "given_rows", "given_sweeps", "given_tangents")
"""The parts of a case that hold numbers of the reference."""
ATTEMPTS = 200


class Way(NamedTuple):
    """A question, and the entry in its case that will learn the question's number. It is skipped if the answer to another is right."""

    question: QuestionPart
    entry: Asked
    skip_if_right: QuestionPart | None = None


class QuestionPlanner:
    """Gathers cases, asks the oracle about each, and numbers the questions."""

    def __init__(self, oracle: Oracle, seed: str) -> None:
        self.oracle = oracle
        self.seed = seed
        self.drawn: dict[str, list[list[Case]]] = {}
        self.variants: dict[str, list[str]] = {}
        self.cases: dict[str, CaseData] = {}
        self.programs: dict[str, Program] = {}
        self.places: dict[str, str] = {}
        self.criteria: dict[str, list[str]] = {}
        self.core: set[str] = set()

    def add(self, step: str, criterion: Criterion) -> None:
        """Note a criterion's cases: the first variant of each in its list, and beside it which others there are."""
        asks, public = criterion.asks, criterion.public
        concrete = [variants for case in criterion.cases for variants in self.concrete(case)]
        self.criteria[f"{step}/{criterion.id}"] = [f"{asks}/{variants[0].id}" for variants in concrete]
        self.variants |= {f"{asks}/{vs[0].id}": [f"{asks}/{case.id}" for case in vs] for vs in concrete if len(vs) > 1}
        for case in itertools.chain.from_iterable(concrete):
            key = f"{asks}/{case.id}"
            assert isinstance(case.content, Program)
            self.cases.setdefault(key, _case_data(case, case.content, asks, step, public=public))["public"] |= public
            self.programs[key] = case.content
            self.places[key] = case.place
            if not criterion.bonus:
                self.core.add(key)

    def concrete(self, case: Case) -> list[list[Case]]:
        """Return the cases of a line of the rubric, each with its variants."""
        if isinstance(case.content, Program):
            return [[case]]
        if case.id not in self.drawn:
            self.drawn[case.id] = draw_cases(case, case.content, self.oracle, self.seed)
        return self.drawn[case.id]

    def finish(self, kit: Kit, rubric: Rubric, label: str) -> PlanData:
        """Return the plan: each question once, numbered in the order in which questions are asked."""
        asked: list[tuple[tuple[Any, ...], Way, bool]] = []
        rank = {step.id: i for i, step in enumerate(rubric.steps)}
        for place, (key, case) in enumerate(self.cases.items()):
            for turn, way in enumerate(self.placed_ways(key, case)):
                alike = (rank[case["step"]], way.question["graph_source"] != "own", turn, place)
                way.question["public"] = case["public"]
                if way.question["graph_source"] == "own" and (way.question["ask"] == "order" or case["public"]):
                    way.question["shows_graph"] = True
                asked.append(((not case["public"], "orders" in way.question, *alike), way, key in self.core))
        questions: list[Question] = []
        known: dict[str, int] = {}
        core: set[int] = set()
        for _, (question, entry, skip_if_right), is_core in sorted(asked, key=lambda item: item[0]):
            content = json.dumps(question, sort_keys=True)
            decides = known[json.dumps(skip_if_right, sort_keys=True)] if skip_if_right else None  # it is sorted before
            number = entry["question"] = known.setdefault(content, len(questions))
            if number == len(questions):
                questions.append({"id": number, **question})
                if decides is not None:
                    questions[number]["skip_if_right"] = decides
            elif questions[number].get("skip_if_right") != decides:  # two cases share it, and do without it for different reasons
                questions[number].pop("skip_if_right", None)
            core |= {number} if is_core else set()
        for asked_once in questions:
            if asked_once["id"] not in core:
                asked_once["bonus"] = True
        data: Questions = {"schema": kits.QUESTIONS, "pristine": kit.pristine_node, "questions": questions}
        expected: Expected = {
            "schema": EXPECTED,
            "questions_sha256": kits.questions_sha256(data),
            "reference_sha256": kit.reference_sha256,
            "seed": label,
            "operators": dict(self.oracle.operators),
            "criteria": self.criteria,
            "variants": self.variants,
            "cases": self.cases,
        }
        return {"questions": data, "expected": expected}

    def placed_ways(self, key: str, case: CaseData) -> list[Way]:
        """Return the ways of a case. Raises KitFault with the case's place if the reference's answers can't be used."""
        try:
            ways = self.ways(case, self.programs[key])
            found = [part for side in filter(None, (case, case["own"])) for name, part in side.items() if name in ANSWERS]
            if not is_finite(found):
                raise KitFault("the reference's answer holds a number that is not finite: choose another point")
        except KitFault as fault:
            raise KitFault(f"{self.places[key]}: {fault}") from None
        return ways

    def ways(self, case: CaseData, program: Program) -> list[Way]:
        """Return a case's questions: about the submission's own graph first, then about given ones."""
        rng = Random(f"{self.seed}/{case['asks']}/{case['id']}")
        ask = case["asks"]
        free, *before = (self.draw_graph(part, rng, ask) for part in (program, *program.earlier))
        common: QuestionPart = {"step": case["step"], "ask": ask, "roots": case["roots"]}
        if case["grown_sizes"]:
            common["grown_sizes"] = case["grown_sizes"]
        if program.between:
            common["between"] = program.between
        if program.between == BETWEEN["backward"]:
            common["inputs"] = _inputs(program)
        ways: list[Way] = []
        skip_if_right = None
        if not program.cyclic:
            ways = self.own_ways(case, program, common, [free, *before])
            if program.between != BETWEEN["backward"]:  # or nobody knows whether all that comes before is right
                skip_if_right = ways[-1].question
        if ask == "nodes":
            return ways
        return [*ways, *(way._replace(skip_if_right=skip_if_right) for way in self.given_ways(case, program, common, [free, *before]))]

    def own_ways(self, case: CaseData, program: Program, common: QuestionPart, free: list[Rows]) -> list[Way]:
        """Return the question about the graph that a submission makes itself, and for a sweep that about its orders.

        These need not be known if the sweep is right, unless something happens between two calls.
        """
        ask = common["ask"]
        parts: list[GraphPart] = [
            {"build": "create" if part.is_graph else "operators", "rows": rows if part.is_graph else rows_of(part)}
            for part, rows in zip((program, *program.earlier), free, strict=True)
        ]
        own = case["own"] = self.own_side(ask, program, parts[0])
        mine: QuestionPart = {**common, "graph_source": "own", **parts[0], **_earlier(program, parts[1:])}
        order: QuestionPart = {**mine, "ask": "order", "step": "topological-order", "digest": graph_digest(own["graph"])}
        order.pop("inputs", None)
        if program.between:
            order["between"] = BETWEEN["order"]
        if program.between == BETWEEN["forward"]:  # a sweep may order the graph as well
            order["roots"] = [root for root in program.roots for _ in range(2)]
        elif ask == "backward":
            order |= _orders_for_backward(program, case["grown_sizes"])
        if ask == "order":
            return [Way({**mine, "digest": order["digest"]}, own)]
        if ask != "nodes" and not program.between:
            sizes = case["grown_sizes"] or [len(program.instructions)] * len(program.roots)
            swept = zip(own["sweeps"]["values"], sizes, strict=True)
            mine["digest"] = sweeps_digest([[number for number in sweep[:size] if number is not None] for sweep, size in swept])
        if ask == "nodes" or program.earlier:  # after other programs the best way counts, whether the orders are right or not
            return [Way(mine, own)]
        own["order"] = {"roots": order["roots"], "sizes": order.get("grown_sizes") or [len(program.instructions)] * len(order["roots"])}
        return [Way(mine, own), Way(order, own["order"], None if program.between else mine)]

    def given_ways(self, case: CaseData, program: Program, common: QuestionPart, free: list[Rows]) -> list[Way]:
        """Return the questions about given graphs, in each layout and for a sweep also with a known-good order."""
        ask, rows = common["ask"], free[0]
        case["given_rows"] = rows
        if ask != "order":
            case["given_sweeps"] = self.oracle.sweeps(ask, rows, list(program.roots))
        if program.between == BETWEEN["backward"]:
            case["given_tangents"] = self.oracle.sweeps("forward", rows, _inputs(program))
        programs = (program, *program.earlier)
        repeated = any(len(set(line.operands)) < len(line.operands) for part in programs for line in part.instructions)
        layouts = LAYOUTS if repeated else [layout for layout in LAYOUTS if layout[1] == "use"]
        ways: list[Way] = []
        for known_order in (True, False) if ask != "order" else (False,):
            parts: list[GraphPart] = [{"rows": its, "orders": self.oracle.orders(its)} if known_order else {"rows": its} for its in free]
            earlier = _earlier(program, parts[1:])
            for build, link in layouts:
                entry: GivenWay = {"build": build, "link": link, "known_order": known_order}
                case["given"].append(entry)
                ways.append(Way({**common, "graph_source": "given", "build": build, "link": link, **parts[0], **earlier}, entry))
        return ways

    def own_side(self, ask: str, program: Program, part: GraphPart) -> OwnWay:
        """Return the graph that the reference makes of a case, and what its sweeps leave there."""
        graph = self.oracle.graph(part["rows"], part["build"])
        side: OwnWay = {"build": part["build"], "rows": part["rows"], "graph": graph}
        if ask in ("forward", "backward"):
            side["sweeps"] = self.oracle.sweeps(ask, [row[:4] for row in graph], list(program.roots))
        if program.between == BETWEEN["backward"]:
            side["tangents"] = self.oracle.sweeps("forward", [row[:4] for row in graph], _inputs(program))
        return side

    def draw_graph(self, program: Program, rng: Random, ask: str) -> Rows:
        """Return a graph of the program's shape, its numbers drawn freely but so that no sweep loses many digits."""
        if program.cyclic or ask in ("nodes", "order"):
            return draw_rows(program, rng, self.oracle.operators, negative=0.25)
        for attempt in range(ATTEMPTS):
            rows = draw_rows(program, rng, self.oracle.operators, negative=0.25 * 0.8**attempt)
            if well_conditioned(self.oracle.sweeps(ask, rows, list(program.roots))):
                return rows
        raise KitFault(f"no well conditioned graph was found for {_names(program)[:12]}")


def _case_data(case: Case, program: Program, asks: str, step: str, *, public: bool) -> CaseData:
    """Return a case as it is before anything is asked."""
    return {
        "id": case.id,
        "asks": asks,
        "step": step,
        "public": public,
        "text": case.text,
        "names": _names(program),
        "roots": list(program.roots),
        "grown_sizes": list(program.grown_sizes),
        "own": None,
        "given": [],
        "cyclic": program.cyclic,
        "earlier_graph_count": len(program.earlier),
        "between": program.between,
    }


def _earlier(program: Program, parts: list[GraphPart]) -> QuestionPart:
    """Return the part of a question that describes the programs swept before its own is made."""
    if not parts:
        return {}
    return {"earlier_graphs": [{"roots": list(its.roots), **part} for its, part in zip(program.earlier, parts, strict=True)]}


def _inputs(program: Program) -> list[int]:
    """Return the first two nodes without operands, from which forward sweeps start in turn."""
    return _without_operands(program)[:2]


def _orders_for_backward(program: Program, grown_sizes: list[int]) -> QuestionPart:
    """Return the orders that a right `backward` may ask for: from the output, and from every node without operands."""
    sizes = grown_sizes or [len(program.instructions)] * len(program.roots)
    inputs = _without_operands(program)
    calls = [(root, size) for output, size in zip(program.roots, sizes, strict=True) for root in (*inputs, output) if root < size]
    roots, its_sizes = zip(*dict.fromkeys(calls), strict=True)
    return {"roots": list(roots), "grown_sizes": list(its_sizes)} if grown_sizes else {"roots": list(roots)}


def _without_operands(program: Program) -> list[int]:
    return [i for i, line in enumerate(program.instructions) if not line.operands]


def _names(program: Program) -> list[str]:
    return [line.name for line in program.instructions]
