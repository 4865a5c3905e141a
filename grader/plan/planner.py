"""Make the questions, and by asking the reference the very same way, the answers that are expected.

    plan = make_plan(kit, seed)
    plan.questions      what is asked: inputs only; `collect` gets this and nothing else
    plan.expected       what the reference answered; only `compare` and the instructor see it
    plan.rubric

How a case becomes questions is in `question_planner`. A plan is kept in the cache by all that it depends on.
"""

import sys
from importlib.metadata import version

from grader import kit as kits
from grader.cache import keep, kept
from grader.digests import digest_of_parts
from grader.formats import PlanData
from grader.garbage import uncollected
from grader.kit import Kit
from grader.model import Program, Rubric
from grader.plan.oracle import Oracle
from grader.plan.plan import Plan
from grader.plan.question_planner import QuestionPlanner
from grader.plan.random_programs import rows_of
from grader.plan.variant_choice import Pick
from grader.rubric.loading import load_rubric
from grader.rubric.words import files_of

DEFAULT_SEED = "2026"
PUBLIC_NUMBERS = "default"
"""The label of the seed that is in the public kit."""
_last: dict[str, Plan] = {}
"""The plan that was made or read last, by all that it depends on. A process that forks for each command, as the tests do, reads it once."""


def plan_for(kit: Kit, seed: str, pick: Pick, sandbox: str = "auto") -> Plan:
    """Return the plan drawn from `seed`; without a seed from the course secret, and without a secret from the public kit's seed."""
    if seed or not pick.secret:
        return make_plan(kit, seed or DEFAULT_SEED, sandbox)
    return make_plan(kit, pick.seed, sandbox, f"secret {pick.label}")


def make_plan(kit: Kit, seed: str = DEFAULT_SEED, sandbox: str = "auto", label: str = "") -> Plan:
    """Return the plan for this kit and seed, from the cache if it was made before. The reference is asked in `sandbox`.

    `label` names the seed in reports; by default it says only whether the seed is the public one. A seed that is made from the
    course secret is a keyed hash, so the plan's key in the cache is one too.
    Raises RubricError for faults in the rubric and KitFault where the reference does not answer.
    """
    label = label or (PUBLIC_NUMBERS if seed == DEFAULT_SEED else "private")
    rubric_bytes = b"".join(path.name.encode() + path.read_bytes() for path in sorted(kit.rubrics.glob("*.yaml")))
    parts = (kits.code_sha256(), sys.version, version("numpy"), seed, label)
    key = digest_of_parts([kit.reference, rubric_bytes, *(part.encode() for part in parts)])
    texts = (path.read_bytes() if path.exists() else b"" for path in files_of(kit.rubrics))
    own = (str(kit.rubrics), " ".join(sorted(kit.check_names())))  # the rubric of a plan knows its files, and holds the sentences
    whole = digest_of_parts([key.encode(), *(part.encode() for part in own), *texts])
    if whole not in _last:
        with uncollected():
            plan = _kept_or_made(kit, seed, sandbox, label, key)
        _last.clear()
        _last[whole] = plan
    return _last[whole]


def _kept_or_made(kit: Kit, seed: str, sandbox: str, label: str, key: str) -> Plan:
    if cached := kept(f"plan-{key[:32]}"):
        rubric = load_rubric(kit.rubrics, cached["expected"]["operators"], kit.check_names())
        return Plan(cached["questions"], cached["expected"], rubric, key, kit.check_folders)
    with Oracle(kit.reference, kit.pristine_node, sandbox) as oracle:
        data, rubric = _make(kit, seed, label, oracle)
    keep(f"plan-{key[:32]}", data)
    return Plan(data["questions"], data["expected"], rubric, key, kit.check_folders)


def _make(kit: Kit, seed: str, label: str, oracle: Oracle) -> tuple[PlanData, Rubric]:
    rubric = load_rubric(kit.rubrics, oracle.operators, kit.check_names())
    for case in (case for step in rubric.steps for criterion in step.criteria for case in criterion.cases):
        if isinstance(case.content, Program):
            for program in (*case.content.earlier, case.content):
                if not program.is_graph:
                    oracle.expect_answer(case.place, rows_of(program))
    planner = QuestionPlanner(oracle, seed)
    for step in rubric.steps:
        for criterion in step.criteria:
            planner.add(step.id, criterion)
    return planner.finish(kit, rubric, label), rubric
