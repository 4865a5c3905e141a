"""What other differentiators say of a program: JAX, HIPS autograd, SymPy, and differences in 100 digits. PyTorch is in `pytorch`.

Each brings its own arithmetic and its own derivatives of the eight operators; here stands only how it is asked.

Every node is made with a nudge: of an input its value, of any other node a number that is added to it. d node / d nudge of the
root is then d node / d root, d output / d nudge of a node is d output / d node. The nudges are not zero but the rounding errors
of the reference's values, so that all differentiate at the very same values: where exp(x - y) rounds to another last digit, all
that follows from it may differ in the tenth, and that is no matter of derivatives. The values are compared by themselves.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from typing import Any, ClassVar

import autograd
import autograd.numpy as anp
import jax
import mpmath
import sympy
from jax import lax
from subjects import OPERATORS

from grader.model import Instruction

jax.config.update("jax_enable_x64", True)

Lines = Sequence[Instruction]
ARITHMETIC = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}
FUNCTIONS = [name for name in OPERATORS if name not in ARITHMETIC]  # all four libraries have them under these names
DIGITS = 100


class Framework:
    """Follows programs with its own numbers and operators, and differentiates what it followed.

    `forward` returns d node / d root for each node, `reverse` d output / d node, 0 where the one does not depend on the other.
    """

    name: str
    version: str
    operators: Mapping[str, Callable[..., Any]]
    number: Callable[[Any], Any] = float

    def apply(self, line: Instruction, values: Sequence[Any]) -> Any:
        """Return one node, computed from the values of its operands."""
        return self.operators[str(line.operator)](*(values[i] for i in line.operands))

    def follow(self, lines: Lines, nudges: Sequence[Any]) -> list[Any]:
        """Return all nodes, each with its nudge."""
        nodes: list[Any] = []
        for line, nudge in zip(lines, nudges, strict=True):
            nodes.append(self.operators["add"](self.apply(line, nodes), nudge) if line.operands else nudge)
        return nodes

    def nudges(self, lines: Lines, values: Sequence[float]) -> list[Any]:
        """Return the nudges with which `follow` finds exactly these values."""
        exact = [self.number(value) for value in values]
        subtract = self.operators["sub"]
        return [subtract(value, self.apply(line, exact)) if line.operands else value for line, value in zip(lines, exact, strict=True)]

    def values(self, lines: Lines, values: Sequence[float]) -> list[float]:
        """Return what each operator makes of these values of its operands."""
        exact = [self.number(value) for value in values]
        return [float(self.apply(line, exact)) if line.operands else value for line, value in zip(lines, values, strict=True)]

    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        raise NotImplementedError

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        raise NotImplementedError


def replaced(nudges: Sequence[Any], place: int, nudge: Any) -> list[Any]:
    """Return the nudges with one of them replaced."""
    return [*nudges[:place], nudge, *nudges[place + 1 :]]


class Jax(Framework):
    """JAX in 64 bits, operation by operation: jax.jvp and jax.vjp."""

    name, version = "JAX", jax.__version__
    operators: ClassVar = {name: getattr(lax, name) for name in (*ARITHMETIC, *FUNCTIONS)}
    number = staticmethod(jax.numpy.float64)

    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        nudges = self.nudges(lines, values)
        _, tangents = jax.jvp(lambda nudge: self.follow(lines, replaced(nudges, root, nudge)), (nudges[root],), (self.number(1),))
        return [float(tangent) for tangent in tangents]

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        _, pull = jax.vjp(lambda nudges: self.follow(lines, nudges)[output], self.nudges(lines, values))
        return [float(adjoint) for adjoint in pull(self.number(1))[0]]


class Autograd(Framework):
    """HIPS autograd: make_jvp and grad."""

    name, version = "autograd", metadata.version("autograd")
    operators: ClassVar = ARITHMETIC | {name: getattr(anp, name) for name in FUNCTIONS}

    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        nudges = self.nudges(lines, values)
        jvp = autograd.make_jvp(lambda nudge: anp.array(self.follow(lines, replaced(nudges, root, nudge))))
        return [float(tangent) for tangent in jvp(nudges[root])(1.0)[1]]

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        adjoints = autograd.grad(lambda nudges: self.follow(lines, nudges)[output])(self.nudges(lines, values))
        return [float(adjoint) for adjoint in adjoints]


class Exact(Framework):
    """Numbers of 100 digits."""

    version = f"mpmath {mpmath.__version__}"
    operators: ClassVar = ARITHMETIC | {name: getattr(mpmath, name) for name in FUNCTIONS}
    number = staticmethod(mpmath.mpf)


class SymPy(Framework):
    """SymPy: formulas, differentiated as formulas and only then evaluated, in 100 digits. It knows no modes."""

    name, version = "SymPy", sympy.__version__
    operators: ClassVar = ARITHMETIC | {name: getattr(sympy, name) for name in FUNCTIONS}
    number = staticmethod(partial(sympy.Float, dps=DIGITS))

    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        symbols = self._symbols(lines)
        return self._evaluate(lines, values, [sympy.diff(node, symbols[root]) for node in self.follow(lines, symbols)])

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        symbols = self._symbols(lines)
        formula = self.follow(lines, symbols)[output]
        return self._evaluate(lines, values, [sympy.diff(formula, symbol) for symbol in symbols])

    @staticmethod
    def _symbols(lines: Lines) -> list[Any]:
        return [sympy.Symbol(f"n{i}") for i in range(len(lines))]

    @mpmath.workdps(DIGITS)
    def _evaluate(self, lines: Lines, values: Sequence[float], formulas: Sequence[Any]) -> list[float]:
        evaluate = sympy.lambdify(self._symbols(lines), formulas, modules="mpmath", cse=True)
        return [float(number) for number in evaluate(*Exact().nudges(lines, values))]


class Differences(Exact):
    """Central differences in 100 digits, extrapolated once (Richardson). They know no derivative at all.

    With a step h of 1e-25 of the node's value the difference is wrong by h^2 f'''/6, near 1e-50, and by rounding, near 1e-75.
    What doubling the step changes is three times the first; if that exceeds 1e-20 of the derivative and 1e-40, ArithmeticError
    is raised. So whatever is returned is right to a double's last digit, and the tolerance need not allow for differences.
    """

    name = "differences"

    @mpmath.workdps(DIGITS)
    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        nudges = self.nudges(lines, values)
        step = abs(mpmath.mpf(values[root] or 1)) * mpmath.mpf(10) ** -25

        def moved(by: int) -> list[Any]:
            return self.follow(lines, replaced(nudges, root, nudges[root] + by * step))

        fine = [(up - down) / (2 * step) for up, down in zip(moved(1), moved(-1), strict=True)]
        coarse = [(up - down) / (4 * step) for up, down in zip(moved(2), moved(-2), strict=True)]
        for one, other in zip(fine, coarse, strict=True):
            if abs(one - other) > abs(one) * mpmath.mpf(10) ** -20 + mpmath.mpf(10) ** -40:
                raise ArithmeticError(f"differences of step {float(step)} do not settle: {one}, {other}")
        return [float((4 * one - other) / 3) for one, other in zip(fine, coarse, strict=True)]

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        return [self.forward(lines, values, node)[output] for node in range(len(lines))]
