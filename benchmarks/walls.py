"""Measure what the walls add to collecting one honest submission. Run by `tox run -e bench`.

The same submission is collected in turn without walls, in the core sandbox and in bubblewrap around it, so that what slows
the machine slows all three. A template's start is left out of the medians and told apart: a cohort pays it once a hundred.
"""

import argparse
import statistics
import time
from pathlib import Path

from grader.collect.collector import Questionnaire, collect
from grader.kit import Kit
from grader.plan.planner import make_plan
from grader.plan.variant_choice import EVERYBODY
from grader.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
TIERS = ("none", "core", "bwrap")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    plan = make_plan(Kit.find(ROOT))
    asked = Questionnaire(plan.questions, plan.question_ids_for_criteria(plan.expected["criteria"], [EVERYBODY]))
    source = (ROOT / "reference" / "autodiff.py").read_bytes()
    starts: dict[str, float] = {}
    sandboxes = {}
    for tier in TIERS:
        begun = time.perf_counter()
        sandboxes[tier] = Sandbox(tier)
        sandboxes[tier].wait_until_ready()
        starts[tier] = time.perf_counter() - begun
    wall: dict[str, list[float]] = {tier: [] for tier in TIERS}
    for turn in range(rounds + 1):
        for tier, sandbox in sandboxes.items():
            begun = time.perf_counter()
            trace = collect(sandbox, asked, source)
            assert trace["sandbox"] == tier
            assert trace["loading"]["kind"] == "loaded"
            if turn:  # the first round warms up
                wall[tier].append(time.perf_counter() - begun)
    for sandbox in sandboxes.values():
        sandbox.__exit__()
    print(f"{'walls':8}{'median ms':>12}{'added ms':>12}{'ratio':>8}{'start ms':>12}")
    before = None
    for tier in TIERS:
        median = statistics.median(wall[tier])
        pairs = [b - a for a, b in zip(wall[before], wall[tier], strict=True)] if before else [0.0]
        ratio = median / statistics.median(wall[before]) if before else 1.0
        print(f"{tier:8}{median * 1000:12.1f}{statistics.median(pairs) * 1000:12.1f}{ratio:8.3f}{starts[tier] * 1000:12.0f}")
        before = tier


if __name__ == "__main__":
    main()
