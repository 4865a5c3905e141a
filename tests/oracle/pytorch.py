"""PyTorch, asked as the others in `frameworks` are. It is apart because its wheel is large: only tox's oracle-torch has it."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from frameworks import ARITHMETIC, FUNCTIONS, Framework, Lines, replaced
from torch.autograd import forward_ad


class PyTorch(Framework):
    """PyTorch, operation by operation: dual numbers, and torch.autograd.grad."""

    name, version = "PyTorch", torch.__version__
    operators: ClassVar = {name: getattr(torch, name) for name in (*ARITHMETIC, *FUNCTIONS)}

    @staticmethod
    def number(value: float) -> Any:
        return torch.tensor(float(value), dtype=torch.float64)

    def forward(self, lines: Lines, values: Sequence[float], root: int) -> list[float]:
        nudges = self.nudges(lines, values)
        with forward_ad.dual_level():
            nodes = self.follow(lines, replaced(nudges, root, forward_ad.make_dual(nudges[root], self.number(1))))
            return [_number_or_zero(forward_ad.unpack_dual(node).tangent) for node in nodes]

    def reverse(self, lines: Lines, values: Sequence[float], output: int) -> list[float]:
        nudges = [nudge.requires_grad_() for nudge in self.nudges(lines, values)]
        adjoints = torch.autograd.grad(self.follow(lines, nudges)[output], nudges, allow_unused=True)
        return [_number_or_zero(adjoint) for adjoint in adjoints]


def _number_or_zero(derivative: Any) -> float:
    """Return a derivative; PyTorch leaves out those that are zero."""
    return 0.0 if derivative is None else float(derivative)
