"""Work out the options of a quick check: the reference gives the right one, programs of misconceptions the wrong ones.

    with Programs(kit) as programs:
        options = programs.options(check)

Every program runs in the sandbox and answers the very question that a submission would be asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Self

from grader.diagnosis.misconceptions import Misconception, load_misconceptions
from grader.formats import Question, Reply
from grader.kit import Kit
from grader.model import KitFault, Operators, Program, Rows
from grader.plan.oracle import Oracle
from grader.plan.random_programs import draw_rows, rows_of
from grader.quiz.quick_checks import WANTS, QuickCheck
from grader.sandbox import Sandbox
from grader.topology import children_of, order_fault, reached

DIGITS = 6
"""Significant digits of a number in an option."""
PATIENCE = 20.0
"""Seconds of CPU that a program has for a question: a busy machine must not make a fault of the kit."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a check. A wrong one says what its misconception believes, and the hint; in the right one both are empty."""

    text: str
    misconception: str = ""
    believes: str = ""
    hint: str = ""

    @property
    def is_right(self) -> bool:
        return not self.misconception


class Programs:
    """The reference and the programs of all misconceptions, ready to be asked. Use it in a `with`."""

    def __init__(self, kit: Kit, sandbox: str = "auto") -> None:
        self.kit, self._wish = kit, sandbox
        self.beliefs: Mapping[str, Misconception] = {one.id: one for one in load_misconceptions(kit.root / "reference" / "misconceptions")}

    def __enter__(self) -> Self:
        self.oracle = Oracle(self.kit.reference, self.kit.pristine_node, self._wish).__enter__()
        self._sandbox = Sandbox(self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()
        self.oracle.__exit__()

    @property
    def operators(self) -> Operators:
        return self.oracle.operators

    def options(self, check: QuickCheck) -> list[Option]:
        """Return the right option, then the wrong ones. Raises KitFault where two options read the same, or a wrong one is right."""
        right = Option(self._answer(check, self.kit.reference, "the reference"))
        options = [right]
        for name in check.wrong:
            one = self.beliefs[name]
            text = self._answer(check, one.sources(self.kit.reference)[name], name)
            same = next((option for option in options if option.text == text), None)
            if same:
                raise KitFault(f"{check.place}: {name} answers as {same.misconception or 'the reference'} does, {text!r}: name another one")
            if check.wants == "order" and _is_order(check.program, text):
                raise KitFault(f"{check.place}: the order of {name} is right, {text!r}: name another misconception")
            options.append(Option(text, name, one.believes, one.hint))
        return options

    def _answer(self, check: QuickCheck, source: bytes, who: str) -> str:
        """Return one program's answer as text. Raises KitFault where it gives none that can be written down."""
        program, ask = check.program, WANTS[check.wants]
        rows = draw_rows(program, Random(check.id), self.operators, 0.25) if program.is_graph else rows_of(program)
        question: Question = {
            "id": 0,
            "ask": ask,
            "graph_source": "own",
            "build": "create" if program.is_graph else "operators",
            "rows": rows,
            "roots": [] if ask == "nodes" else list(program.roots),
        }
        with self._sandbox.start(source, self.kit.pristine_node) as child:
            answer = child.ask(question, limit=PATIENCE)
        if answer.kind != "answered" or answer.reply is None:
            raise KitFault(f"{check.place}: {who} does not answer ({answer.kind}): name another misconception, or change the program")
        try:
            return _text(check, answer.reply)
        except (IndexError, KeyError, TypeError, ValueError):
            raise KitFault(f"{check.place}: {who} answers with something that is no option: name another misconception") from None


def _text(check: QuickCheck, reply: Reply) -> str:
    names = [line.name for line in check.program.instructions]
    node = names.index(check.node) if check.node else 0
    if check.wants == "order":
        return _listed([_name(names, place) for place in reply["orders"][-1]])
    if check.wants in ("derivative", "adjoint"):
        return shown(reply["sweeps"][-1][node])
    return _of_nodes(check.wants, names, node, reply["graph"])


def _of_nodes(wants: str, names: list[str], node: int, graph: Rows) -> str:
    """Return what a snapshot of a graph says, about one node or about all."""
    value, _, operands, partials, children = graph[node]
    if wants == "arrows":
        arrows = [f"{names[i]} → {_name(names, i + offset)}" for i, row in enumerate(graph) for offset in dict.fromkeys(row[4])]
        return _listed(arrows, "no arrows at all")
    if wants == "values":
        return _listed([f"{name} = {shown(row[0])}" for name, row in zip(names, graph, strict=True) if row[2]])
    if wants == "value":
        return shown(value)
    if wants == "partials":
        return _listed([shown(partial) for partial in partials], "no local partial")
    offsets = dict.fromkeys(children) if wants == "children" else operands
    return _listed([_name(names, node + offset) for offset in offsets], "no node")


def _name(names: list[str], place: Any) -> str:
    if type(place) is not int or place < 0:
        raise IndexError(place)
    return names[place]


def _listed(parts: list[str], nothing: str = "nothing") -> str:
    return ", ".join(parts) or nothing


def shown(number: Any) -> str:
    """Return a number with DIGITS significant digits and a typographic minus. Raises TypeError for anything else."""
    if type(number) not in (int, float):
        raise TypeError(number)
    return f"{number + 0.0:.{DIGITS}g}".replace("-", "−", 1) if number else "0"


def _is_order(program: Program, text: str) -> bool:
    """Return whether a list of names is a topological order from the program's last root."""
    names = [line.name for line in program.instructions]
    order = [names.index(name) if name in names else None for name in text.split(", ")]
    parents, root = [line.operands for line in program.instructions], program.roots[-1]
    return not order_fault(parents, reached(children_of(parents), root), root, order)[0]
