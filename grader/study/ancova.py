"""Analysis of covariance of two arms: post = a + difference * arm + slope * pre + error, by ordinary least squares.

    fit = ancova(arm, pre, post)
    fit.difference, fit.interval(), fit.p       the adjusted difference of the arms, from Student's t
    fit.robust().interval()                     the same difference with HC3 standard errors

Formulas: least squares with homoscedastic errors as in any textbook; HC3 from MacKinnon and White (1985), J. Econometrics 29, and Long
and Ervin (2000), The American Statistician 54, who advise it for samples below 250.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Vector = NDArray[np.float64]
LEVEL = 0.95
ALPHA = 1 - LEVEL


@dataclass(frozen=True, slots=True)
class Fit:
    """One coefficient, that of the arm, with its standard error and degrees of freedom; and the residuals of the whole model."""

    difference: float
    error: float
    df: int
    residuals: Vector
    robust_error: float
    """The HC3 standard error; NaN where a person alone decides a coefficient, so that it can't be computed."""

    def interval(self) -> tuple[float, float]:
        """Return the limits of the 95 % confidence interval."""
        half = float(special.stdtrit(self.df, 1 - ALPHA / 2)) * self.error
        return self.difference - half, self.difference + half

    @property
    def p(self) -> float:
        """Return the two-sided p-value of no difference."""
        return float(2 * special.stdtr(self.df, -abs(self.difference / self.error))) if self.error else float("nan")

    def robust(self) -> "Fit":
        """Return the same difference with the HC3 standard error and Student's t."""
        return Fit(self.difference, self.robust_error, self.df, self.residuals, self.robust_error)

    def detectable(self, power: float = 0.8) -> float:
        """Return about the smallest true difference that a study with this standard error finds with probability `power`.

        It is the sum of two quantiles of t times the standard error; nothing of the observed difference enters.
        """
        return float(special.stdtrit(self.df, 1 - ALPHA / 2) + special.stdtrit(self.df, power)) * self.error


def ancova(arm: Vector, pre: Vector, post: Vector, *more: Vector) -> Fit | None:
    """Return the fit of post on arm (0 or 1), pre and `more` columns, of one length and without NaN.

    None where the columns don't determine the coefficients or no degree of freedom is left.
    """
    return fit_first([arm, np.ones(len(arm)), pre, *more], post)


def fit_first(columns: list[Any], outcome: Vector) -> Fit | None:
    """Return the fit of the first column's coefficient; None where the columns don't determine it."""
    design = np.column_stack(columns)
    rows, width = design.shape
    if rows <= width or np.linalg.matrix_rank(design) < width:
        return None
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ outcome)
    residuals = outcome - design @ coefficients
    df = rows - width
    bread = inverse @ inverse.T
    error = float(np.sqrt(residuals @ residuals / df * bread[0, 0]))
    return Fit(float(coefficients[0]), error, df, residuals, _hc3(bread[0] @ design.T, residuals, np.einsum("ij,ij->i", q, q)))


def _hc3(weights: Vector, residuals: Vector, leverage: Vector) -> float:
    """Return the HC3 standard error of the coefficient that is the sum of weights times outcomes."""
    free = 1 - leverage
    if float(free.min()) < 1e-9:
        return float("nan")
    return float(np.sqrt(np.sum((weights * residuals / free) ** 2)))
