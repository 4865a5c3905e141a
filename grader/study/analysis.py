"""Compute what the tables of a study say on its one question: does the treated arm score higher in the check after?

    data = read_data(folder)        students.csv and design.json
    found = analyse(data)           every number of the report (analysis_report.py)

Everybody is analysed in the arm that was drawn, whatever they were shown or handed in (intention to treat). Who lacks the check after
is left out of the main analysis, and bounds say what that can change. Where somebody lacks the check before, the mean of all others'
takes its place: in a randomised study that does not bias the comparison (White and Thompson 2005, Statistics in Medicine 24).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from grader.csv_reader import read_table
from grader.model import KitFault
from grader.study.ancova import Fit, ancova, fit_first

Vector = NDArray[np.float64]
FEWEST = 4
"""With fewer checks after in an arm nothing is computed: an interval would rest on the assumptions alone."""
NEEDED = ("student", "arm", "stratum", "reports", "named", "pre", "post")


@dataclass(frozen=True, slots=True)
class Data:
    """Everybody who was assigned and not erased, one entry each. `arm` is 1 for the arm that has what is studied; NaN is missing."""

    arms: tuple[str, str]
    vary: str
    arm: Vector
    pre: Vector
    post: Vector
    reports: Vector
    named: Vector
    strata: tuple[str, ...]
    randomised: Mapping[str, int]
    """By arm, how many were assigned, also those who were erased since."""
    largest: float
    """The most points of the check after."""
    together: int = 0
    """How many participants handed in together with another one."""


def read_data(folder: Path) -> Data:
    """Return what `grader study data` wrote into a folder. Raises KitFault where it is damaged."""
    path = folder / "design.json"
    try:
        design = json.loads(path.read_text("utf-8"))
        arms, randomised = tuple(design["arms"]), {str(arm): int(number) for arm, number in design["randomised"].items()}
        vary, largest, together = str(design["vary"]), float(design["most"]["after"]), int(design["together"])
        if len(arms) != 2 or not randomised.keys() <= set(arms):
            raise ValueError
    except FileNotFoundError:
        raise KitFault(f"{path} does not exist: name a folder that `grader study data` wrote") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KitFault(f"{path}: damaged, or made without a check after: run `grader study data` again with --after") from None
    rows = read_table(folder / "students.csv", NEEDED).rows
    if unknown := [row for row in rows if row["arm"] not in arms]:
        raise KitFault(f"{unknown[0].place}: {unknown[0]['arm']!r} is no arm of this study: there are {', '.join(arms)}")
    columns = {
        name: np.array([_number(row.place, name, row[name]) for row in rows], dtype=np.float64)
        for name in ("pre", "post", "reports", "named")
    }
    largest = max([largest, *columns["post"][~np.isnan(columns["post"])]])
    arm = np.array([float(row["arm"] == arms[1]) for row in rows])
    strata = tuple(row["stratum"] for row in rows)
    return Data((arms[0], arms[1]), vary, arm, strata=strata, randomised=randomised, largest=largest, together=together, **columns)


def _number(place: str, name: str, cell: str) -> float:
    try:
        number = float(cell) if cell else math.nan
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise KitFault(f"{place}: {name}: {cell!r} is no number")
    return number


@dataclass(frozen=True, slots=True)
class Analysis:
    """Every number of the report."""

    data: Data
    main: Fit
    numbers: tuple[int, int]
    """How many of each arm are analysed."""
    filled: int
    """How many of them lack the check before."""
    spread: float
    """The pooled standard deviation of the check after within the arms."""
    hedges: float
    """By what a difference in points is multiplied to give Hedges' g: 1 over the spread, times the correction for small samples."""
    unadjusted: Fit
    with_strata: Fit | None
    bounds: tuple[float, float] | None
    """The lowest and highest estimate where every missing check after is as unlucky as it can be; None where nothing is missing."""
    checks: Mapping[str, float]
    """The p-values of the assumption checks."""


def analyse(data: Data) -> Analysis:
    """Return the analysis. Raises KitFault where the data can't be analysed so, with the reason."""
    _refuse_clusters(data)
    seen = ~np.isnan(data.post)
    arm, post = data.arm[seen], data.post[seen]
    numbers = int((arm == 0).sum()), int((arm == 1).sum())
    if min(numbers) < FEWEST:
        raise KitFault(
            f"{numbers[0]} and {numbers[1]} participants answered the check after: nothing is computed from fewer than {FEWEST} in an arm; "
            "report these numbers, and that the study was too small"
        )
    if np.ptp(post) == 0:
        raise KitFault("all have the same points in the check after: there is nothing to compare")
    if np.isnan(data.pre).all():
        raise KitFault("nobody has points in the check before, which the planned analysis needs: run `grader study data` with --before")
    pre = np.where(np.isnan(data.pre), np.nanmean(data.pre), data.pre)
    main = ancova(arm, pre[seen], post)
    unadjusted = fit_first([arm, np.ones(len(arm))], post)
    if main is None or unadjusted is None:
        raise KitFault("all have the same points in the check before, so that nothing can be adjusted for")
    if main.error < 1e-9 * data.largest:
        raise KitFault("arm and check before give the check after exactly: this is no real class")
    spread = float(np.sqrt(sum((arm == a).sum() * post[arm == a].var() for a in (0, 1)) / (len(arm) - 2)))
    correction = 1 - 3 / (4 * (len(arm) - 2) - 1)
    return Analysis(
        data, main, numbers, int(np.isnan(data.pre[seen]).sum()), spread, correction / spread if spread else math.nan,
        unadjusted, _with_strata(data, pre), _bounds(data, pre), _checks(arm, pre[seen], post, main),
    )  # fmt: skip


def _refuse_clusters(data: Data) -> None:
    """Raise KitFault where whole strata share an arm: then sections were assigned, and not people."""
    arms: dict[str, set[float]] = {}
    for stratum, arm in zip(data.strata, data.arm, strict=True):
        arms.setdefault(stratum, set()).add(float(arm))
    counts = [data.strata.count(stratum) for stratum in arms]
    if len(arms) > 1 and min(counts) > 1 and all(len(found) == 1 for found in arms.values()):
        raise KitFault(
            "each stratum has one arm, so whole sections were assigned, and not people: this analysis would be far too sure of itself. "
            "Such a study needs many sections and a model with a term for them; ask a statistician"
        )


def _with_strata(data: Data, pre: Vector) -> Fit | None:
    seen = ~np.isnan(data.post)
    strata = np.array(data.strata)[seen]
    names = sorted(set(strata))
    if len(names) < 2:
        return None
    return ancova(data.arm[seen], pre[seen], data.post[seen], *((strata == name).astype(np.float64) for name in names[1:]))


def _bounds(data: Data, pre: Vector) -> tuple[float, float] | None:
    """Return the adjusted differences where missing points are 0 in one arm and the most in the other, and the other way round."""
    missing = np.isnan(data.post)
    if not missing.any():
        return None
    found = []
    for lucky in (0.0, 1.0):
        filled = np.where(missing, np.where(data.arm == lucky, data.largest, 0.0), data.post)
        fit = ancova(data.arm, pre, filled)
        found.append(fit.difference if fit else math.nan)
    return min(found), max(found)


def _checks(arm: Vector, pre: Vector, post: Vector, main: Fit) -> dict[str, float]:
    centred = pre - pre.mean()
    slopes = fit_first([arm * centred, np.ones(len(arm)), arm, centred], post)
    spreads = stats.levene(main.residuals[arm == 0], main.residuals[arm == 1], center="median")
    return {
        "normality": float(stats.shapiro(main.residuals).pvalue),
        "slopes": slopes.p if slopes else math.nan,
        "variances": float(spreads.pvalue),
    }


def describe(data: Data, arm: int) -> dict[str, float]:
    """Return counts, means and standard deviations of one arm."""
    mine = data.arm == arm
    found: dict[str, float] = {"assigned": int(data.randomised.get(data.arms[arm], mine.sum())), "kept": int(mine.sum())}
    for name, values in (("pre", data.pre[mine]), ("post", data.post[mine])):
        there = values[~np.isnan(values)]
        found[name] = len(there)
        found[f"{name} mean"] = float(there.mean()) if len(there) else math.nan
        found[f"{name} spread"] = float(there.std(ddof=1)) if len(there) > 1 else math.nan
    found["reports"], found["named"] = int((data.reports[mine] > 0).sum()), int((data.named[mine] > 0).sum())
    return found
