"""Draw the random cases of a rubric: programs that the reference finds well conditioned, each in several variants."""

from random import Random

from grader.model import Case, KitFault, Program, RandomPrograms
from grader.plan.oracle import Oracle
from grader.plan.random_programs import draw_program, rows_of
from grader.rubric.loading import drawn_name

ATTEMPTS = 200


def draw_cases(case: Case, wish: RandomPrograms, oracle: Oracle, seed: str) -> list[list[Case]]:
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
