"""Find out how the known misconceptions fail the cases of a step: asked when a submission first fails there, and cached.

    known = KnownFailures(kit, plan, sandbox, picks, out)
    known.of_step("forward", False, similar)        one KnownFailure for each program of the step's misconceptions

The programs are asked in the sandbox and judged by the checks, like submissions. All processes of a run share the work through the
store: each takes programs that the others have not claimed. A step's core cases and its bonus cases are asked apart.
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import NamedTuple, TypeVar

from grader.collect.collector import Questionnaire, collect
from grader.compare import Comparer
from grader.diagnosis.failure_store import CaseName, Entry, FailureStore, case_keys
from grader.diagnosis.misconceptions import Misconception, load_misconceptions
from grader.formats import Trace
from grader.kit import Kit
from grader.messages import say
from grader.model import CriterionResult, FailureSignature, KitFault, Sentences
from grader.plan.plan import Plan
from grader.plan.variant_choice import Pick
from grader.sandbox import Sandbox

BUDGET, LIMIT = 2.0, 0.1
"""Seconds of CPU for each way of asking, and for a question. The slowest honest answer takes 0.015; endless programs show nothing."""
TRIES = 5
BATCH = 4
"""Programs that are compared together: a session of pytest takes as long as two of them, and an interrupt loses at most these."""

Signs = Mapping[str, Mapping[str, FailureSignature]]
"""By criterion and case, and then by way: how the case failed."""


@dataclass(frozen=True, eq=False, slots=True)
class KnownFailure:
    """How one program of a misconception fails the core cases of its step, or the bonus cases.

    `fails` says whether it fails any; `signs` are those of the failed cases that bear signs.
    """

    misconception: Misconception
    program: str
    fails: bool
    signs: Signs

    @property
    def id(self) -> str:
        return self.misconception.id

    def says(self, sentences: Sentences) -> str:
        """Return the diagnosis in the language of these sentences, which hold translations of misconceptions beside them."""
        texts = {name: sentences.get(f"misconceptions.{self.id}.{name}") for name in ("believes", "hint")}
        believes, hint = texts["believes"] or self.misconception.believes, texts["hint"] or self.misconception.hint
        return say(sentences, "next.diagnosis", believes=believes, hint=hint)


class Asking(NamedTuple):
    """News of a process: the names of programs that it found unasked, and of those whose answers are now known."""

    unasked: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


Report = Callable[[Asking], object]
Similar = Callable[[KnownFailure], bool]
T = TypeVar("T")
R = TypeVar("R")


class _Program(NamedTuple):
    key: str
    misconception: Misconception
    source: bytes


class KnownFailures:
    """How the misconceptions of a kit fail, by step. What was found out once is remembered, also by copies of this object.

    `picks` take all variants of random cases that a submission may meet; `out` is the folder of the results.
    """

    def __init__(self, kit: Kit, plan: Plan, sandbox: str, picks: Sequence[Pick], out: Path) -> None:
        """Read the misconceptions. Raises KitFault if a file is not in order."""
        self._reference, self._plan, self._sandbox, self._picks, self._out = kit.reference, plan, sandbox, tuple(picks), out
        self._found = load_misconceptions(kit.root / "reference" / "misconceptions")
        self._programs: dict[str, dict[str, _Program]] = {}
        self._failures: dict[tuple[str, bool], KnownFailure] = {}
        self._faults: dict[str, KitFault] = {}

    def of_step(self, step: str, bonus: bool, similar: Similar, threads: int = 1, report: Report = lambda _: None) -> list[KnownFailure]:
        """Return how the programs of a step's misconceptions fail its core cases or, with `bonus`, its bonus cases.

        Of the bonus cases, only programs that are `similar` and fail no core case count. Programs that were not asked before are
        asked now, in so many threads; `report` gets news of that. Raises KitFault, for one step each time, if that is not possible.
        """
        if step in self._faults:
            raise self._faults[step]
        try:
            found = self._in_half(step, bonus, self._programs_of(step), threads, report)
            if not bonus:
                return found
            close = [one for one in found if similar(one)]
            core = self._in_half(step, False, [one.program for one in close], threads, report)
            return [one for one, other in zip(close, core, strict=True) if not other.fails]
        except KitFault as fault:
            self._faults[step] = fault
            raise

    def _programs_of(self, step: str) -> dict[str, _Program]:
        """Return the programs of a step's misconceptions by their keys, in the order of their ids."""
        if step not in self._programs:
            mine = [(one, *part) for one in self._found if one.step == step for part in one.sources(self._reference).items()]
            with FailureStore(self._out) as store:
                programs = [_Program(store.key(name, source), one, source) for one, name, source in mine]
            self._programs[step] = {program.key: program for program in programs}
        return self._programs[step]

    def _in_half(self, name: str, bonus: bool, programs: Collection[str], threads: int, report: Report) -> list[KnownFailure]:
        """Return how programs, given by their keys, fail a step's core cases or bonus cases."""
        if missing := [self._programs_of(name)[key] for key in programs if (key, bonus) not in self._failures]:
            step = next(step for step in self._plan.rubric.steps if step.id == name)
            cases = case_keys(self._plan, step, [criterion for criterion in step.criteria if criterion.bonus == bonus], self._picks)
            with FailureStore(self._out) as store:
                known = {program: store.read(program.key) for program in missing}
                if unasked := [program for program in missing if not known[program].keys() >= set(cases.values())]:
                    lacking = {case: key for case, key in cases.items() if any(key not in known[program] for program in unasked)}
                    for program, entries in self._ask(name, unasked, lacking, store, threads, report):
                        known[program] |= entries
            for program, entries in known.items():
                self._failures[program.key, bonus] = self._failure(program, {case: entries[key] for case, key in cases.items()})
        return [self._failures[key, bonus] for key in programs]

    def _ask(
        self, step: str, unasked: list[_Program], cases: dict[CaseName, str], store: FailureStore, threads: int, report: Report
    ) -> Iterator[tuple[_Program, dict[str, Entry]]]:
        """Ask programs these cases, given with their entry keys. Yield each program's entries, which are in the store by then."""
        report(Asking(unasked=tuple(program.key for program in unasked)))
        criteria: dict[str, list[str]] = {}
        for criterion, key in cases:
            criteria.setdefault(criterion, []).append(key)
        narrowed = self._plan.narrowed(step, {f"{step}/{criterion}": keys for criterion, keys in criteria.items()})
        questions = narrowed.question_ids_for_cases(key for _, key in cases)
        asked = Questionnaire(narrowed.questions, questions, budget=BUDGET, limit=LIMIT, retry=False)
        comparer = Comparer(narrowed)

        def ask(walls: Sandbox, program: _Program) -> tuple[_Program, dict[str, Entry], Trace | None]:
            """Return the program's trace or, if another process has asked the program by now, its entries and no trace."""
            entries = store.read(program.key)
            known = entries.keys() >= set(cases.values())
            return program, entries, None if known else _trace(walls, asked, program.source)

        turns = _side_by_side(_turns(unasked, store), ask, self._sandbox, min(threads, len(unasked)))
        while batch := list(itertools.islice(turns, BATCH)):
            results = comparer.compare({program.key: trace for program, _, trace in batch if trace})
            for program, known, trace in batch:
                entries = known
                if trace:
                    entries = _entries(results[program.key], criteria, cases)
                    store.add(program.key, entries)
                yield program, entries
            report(Asking(known=tuple(program.key for program, *_ in batch)))

    def _failure(self, program: _Program, entries: dict[CaseName, Entry]) -> KnownFailure:
        failed = {case: signs for case, signs in entries.items() if signs is not None}
        ids = {key: self._plan.expected["cases"][key]["id"] for _, key in failed}
        signs = {f"{criterion}/{ids[key]}": signs for (criterion, key), signs in failed.items() if signs}
        return KnownFailure(program.misconception, program.key, bool(failed), signs)


def _entries(results: list[CriterionResult] | KitFault, criteria: dict[str, list[str]], cases: dict[CaseName, str]) -> dict[str, Entry]:
    """Return the entries of results; `criteria` are the keys of the cases in their order."""
    if isinstance(results, KitFault):
        raise results
    return {
        cases[result.criterion, key]: None if case.outcome == "pass" else dict(case.signs)
        for result in results
        for key, case in zip(criteria[result.criterion], result.cases, strict=True)
    }


def _turns(programs: list[_Program], store: FailureStore) -> Iterator[_Program]:
    """Yield programs to ask: first those that no other process has claimed, then the rest, in case their processes came to nothing."""
    claimed = []
    for program in programs:
        if store.claim(program.key):
            yield program
        else:
            claimed.append(program)
    yield from claimed


def _side_by_side(things: Iterator[T], work: Callable[[Sandbox, T], R], sandbox: str, threads: int) -> Iterator[R]:
    """Yield what `work` makes of each thing as it is done, in threads with a sandbox each. No exit of the process waits for a thread."""
    done: SimpleQueue[list[R] | Exception] = SimpleQueue()
    stopped, taking = Event(), Lock()

    def run() -> None:
        try:
            with Sandbox(sandbox) as walls:
                while not stopped.is_set():
                    with taking:
                        thing = list(itertools.islice(things, 1))
                    if not thing:
                        break
                    done.put([work(walls, *thing)])
            done.put([])
        except Exception as error:
            done.put(error)

    for _ in range(threads):
        Thread(target=run, daemon=True).start()
    try:
        while threads:
            got = done.get()
            if isinstance(got, Exception):
                raise got if isinstance(got, KitFault) else KitFault(f"asking the known misconceptions failed: {got}")
            threads -= not got
            yield from got
    finally:
        stopped.set()


def _trace(walls: Sandbox, asked: Questionnaire, source: bytes) -> Trace:
    """Return a program's trace. It is ours and does load: if it crashes or times out once and not again, the machine was too busy."""
    for _ in range(TRIES):
        trace = collect(walls, asked, source)
        kinds = {answer["question"]: answer["kind"] for answer in trace["answers"]}
        lost = any("skip_if_right" not in question and question["id"] not in kinds for question in asked.questions)
        slow = [number for number, kind in kinds.items() if kind == "timeout"]
        if "crash" not in kinds.values() and (_times_out(walls, asked, source, slow[0]) if slow else not lost):
            return trace
    if trace["loading"]["kind"] != "loaded":
        raise KitFault(f"a misconception's program does not load ({trace['loading']['why']}): grade with --no-diagnosis")
    return trace


def _times_out(walls: Sandbox, asked: Questionnaire, source: bytes, question: int) -> bool:
    """Return whether a question times out also when it is asked alone."""
    again = collect(walls, asked, source, frozenset({question}))
    return all(answer["kind"] == "timeout" for answer in again["answers"])
