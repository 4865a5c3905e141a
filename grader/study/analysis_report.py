"""Put the analysis of a study into words. Each sentence claims what the numbers bear, and says what they leave open."""

from collections.abc import Iterator

from grader.study.analysis import Analysis, describe
from grader.study.ancova import Fit
from grader.study.document import Document, Intervals, Part, Section, Table, figure, p_value

WHAT = {
    "diagnosis": "a report that names a misconception in place of a general hint, where the grader knew one",
    "page": "a page with drawings, beside the report in Markdown",
}
SMALL = 0.05
"""Below this p-value an assumption is called doubtful."""


def document(found: Analysis) -> Document:
    """Return the report on an analysis."""
    sections = [
        Section("Who is in the study", _people(found)),
        Section("The difference between the arms", _difference(found)),
        Section("Missing answers", _missing(found)),
        Section("Does the model fit?", _checks(found)),
        Section("What this report does not show", _limits(found)),
    ]
    return Document("The study: points in the quick check after", [*_lead(found)], sections)


def _lead(found: Analysis) -> list[str]:
    without, having = found.data.arms
    low, high = found.main.interval()
    small = "They are few: each number here can change much with one person. " if min(found.numbers) < 10 else ""
    return [
        f"The arm {having} got {WHAT[found.data.vary]}; the arm {without} did not. After adjustment for the check before, the points of "
        f"{having} are {_by(found.main.difference)} on average (95 % interval {figure(low)} to {figure(high)} points, "
        f"{p_value(found.main.p)}).",
        " ".join(_verdict(found)),
        f"{small}{_can_show(found)}",
    ]  # fmt: skip


def _by(difference: float) -> str:
    return f"{figure(abs(difference))} points {'higher' if difference >= 0 else 'lower'} than those of the other arm"


def _verdict(found: Analysis) -> Iterator[str]:
    """Yield what the interval shows, and what could undo it."""
    low, high = found.main.interval()
    if low <= 0 <= high:
        yield "The interval holds 0, so these data do not show which arm did better. They do not show either that the arms are alike:"
        yield f"true differences from {figure(low)} to {figure(high)} points fit them."
        return
    better, worse = found.data.arms[::-1] if low > 0 else found.data.arms
    yield f"The interval leaves out 0: the data speak for an advantage of the arm {better} over {worse} in this check."
    yield "How large it is stays open between the limits: the smaller one fits the data as well as the larger one."
    robust = found.main.robust().interval()
    if not (robust[0] > 0 or robust[1] < 0):
        yield "The HC3 interval does not leave out 0, so the result hangs on the assumption that both arms vary alike."
    if found.bounds and found.bounds[0] <= 0 <= found.bounds[1]:
        yield "Missing answers could undo it: see below."


def _can_show(found: Analysis) -> str:
    least, most = found.main.detectable(), found.data.largest
    return (
        f"What a class of this size can show: with {found.numbers[0]} and {found.numbers[1]} people and answers that vary as these do, "
        f"80 of 100 such studies find a true difference of about {figure(least)} points, {100 * least / most:.0f} % of the {most:g} points "
        "that the check has; smaller differences mostly stay hidden."
    )


def _people(found: Analysis) -> list[Part]:
    arms = [describe(found.data, arm) for arm in (0, 1)]

    def row(title: str, *cells: str) -> list[str]:
        return [title, *cells]

    def mean(name: str) -> list[str]:
        return [f"{figure(a[f'{name} mean'])} ({figure(a[f'{name} spread'])})" for a in arms]

    rows = [
        row("assigned by chance", *(str(a["assigned"]) for a in arms)),
        row("erased at their wish", *(str(a["assigned"] - a["kept"]) for a in arms)),
        row("got a report", *(str(a["reports"]) for a in arms)),
        row("got a report that names a misconception", *(str(a["named"]) for a in arms)),
        row("answered the check before", *(str(a["pre"]) for a in arms)),
        row("answered the check after: analysed", *(str(a["post"]) for a in arms)),
        row("points before: mean (SD)", *mean("pre")),
        row("points after: mean (SD)", *mean("post")),
    ]
    return [
        Table("Participants, by the arm that was drawn for them", ["", *found.data.arms], rows),
        "Everybody is counted in the arm that was drawn, whatever report they got or read (intention to treat). So the difference is the "
        "effect of being assigned to the arm, and not of reading the report; whether a report was read is not known.",
    ]


def _difference(found: Analysis) -> list[Part]:
    named: list[tuple[str, Fit | None]] = [
        ("ANCOVA (the main analysis)", found.main),
        ("the same, HC3 robust", found.main.robust()),
        ("the same, with the strata", found.with_strata),
        ("not adjusted", found.unadjusted),
    ]
    rows, drawn = [], []
    for name, fit in named:
        if fit is not None:
            low, high = fit.interval()
            g = [figure(found.hedges * value) for value in (fit.difference, low, high)]
            rows.append([name, figure(fit.difference), f"{figure(low)} to {figure(high)}", g[0], f"{g[1]} to {g[2]}"])
            if low == low:  # noqa: PLR0124  not NaN
                drawn.append((name, low, fit.difference, high))
    if found.bounds:
        low, high = found.bounds
        rows.append(["extreme bounds for missing answers", "–", f"{figure(low)} to {figure(high)}", "–", "–"])
    header = ["analysis", "difference, points", "95 % interval", "effect size", "its limits"]
    return [
        Intervals("Difference of the arms, with its 95 % interval", "points", drawn),
        Table(f"Points of {found.data.arms[1]} minus points of {found.data.arms[0]}", header, rows),
        f"Effect size: the difference over the pooled standard deviation of the check after within the arms "
        f"({figure(found.spread)} points), "
        "times Hedges' correction for small samples. Its limits are those of the difference over the same number: they leave "
        "out that the standard "
        "deviation is estimated, too.",
        "The first row was to be the main analysis; the others show how much hangs on the method. Do not choose among them "
        "by their result.",
    ]  # fmt: skip


def _missing(found: Analysis) -> list[Part]:
    arms = [describe(found.data, arm) for arm in (0, 1)]
    lost = [a["kept"] - a["post"] for a in arms]
    before = (
        f" {found.filled} of those analysed lack the check before; the mean of all takes its place. That is harmless only if the check "
        "came before anybody saw a report."
        if found.filled
        else ""
    )
    erased = sum(a["assigned"] - a["kept"] for a in arms)
    gone = f" {erased} were erased at their wish and are in no analysis, nor in the bounds." if erased else ""
    if found.bounds is None:
        return [f"Nobody whose data are here lacks the check after.{before}{gone}"]
    low, high = found.bounds
    shares = " and ".join(
        f"{lost[i]} of {a['kept']} in {name} ({100 * lost[i] / a['kept']:.0f} %)"
        for i, (a, name) in enumerate(zip(arms, found.data.arms, strict=True))
    )
    return [
        f"{shares} lack the check after and are not in the main analysis.{before}{gone}",
        "The main analysis is right only if those who are missing would have scored like the others of their arm with the same points "
        "before. No data can check that.",
        f"Without that assumption: were all missing answers as bad as can be in one arm (0 points) and as good as can be in the other "
        f"({found.data.largest:g} points), the estimate would lie between {figure(low)} and {figure(high)} points. These bounds leave out "
        "chance, so an interval would be wider still."
        + (
            " They hold 0: the data alone do not settle even the direction."
            if low <= 0 <= high
            else " They leave out 0: missing answers alone can't turn the direction of the estimate."
        ),
    ]  # fmt: skip


def _checks(found: Analysis) -> list[Part]:
    titles = {
        "normality": ("residuals are normal", "Shapiro-Wilk"),
        "slopes": ("the check before counts alike in both arms", "interaction of arm and check before"),
        "variances": ("residuals vary alike in both arms", "Brown-Forsythe"),
    }
    rows = [
        [says, test, p_value(found.checks[name]), "doubtful" if found.checks[name] < SMALL else "nothing seen"]
        for name, (says, test) in titles.items()
    ]
    doubts = {name for name in titles if found.checks[name] < SMALL}
    return [
        Table("Assumptions of the main analysis", ["assumption", "test", "result", "reading"], rows),
        "Nothing seen does not mean that the assumption holds: in a small class these tests miss much, and in a large one they find what "
        "does no harm. Look at the HC3 interval too, which does not need equal variances.",
        *(_advice(name) for name in titles if name in doubts),
    ]  # fmt: skip


def _advice(doubt: str) -> str:
    return {
        "normality": "Residuals do not look normal. With about 20 or more people in each arm that mostly does little harm, unless a few "
        "values lie far out; with fewer, read the interval with caution.",
        "slopes": "The difference seems to depend on the points before. The number above is then an average over this class, and does not "
        "hold for weak and strong students alike. Which students gain is exploration.",
        "variances": "The arms do not vary alike. Where the main interval and the HC3 interval differ, trust the HC3 one.",
    }[doubt]


def _limits(found: Analysis) -> list[Part]:
    together = (
        f"{found.data.together} participants handed in together with another one. They are not independent, which is not modelled: "
        "the interval is too narrow by an unknown amount."
    )
    strata = (
        "Arms were drawn within strata, such as sections. Differences between the strata do not bias the comparison. Students of one "
        "section who talk to each other are not independent, and that is not modelled."
    )
    return [
        *([together] if found.data.together else []),
        *([strata] if len(set(found.data.strata)) > 1 else []),
        "The quick check is not a validated test. Its points say how these questions were answered, and not how much anybody understands.",
        "One class, one course, one teacher: nothing here says that another class would show the same.",
        "Students were not blind to their report, and may have shown it to each other, which makes the arms more alike.",
        "Nothing here is computed on scores, attempts or misconceptions. Whoever tests several of those will find something "
        "by chance: call it "
        "exploration, and say how many were looked at. Misconceptions and scores come from the very grader that wrote the reports.",
        "This report can't know whether question, outcome and analysis were written down before the data were seen. If they were not, "
        "call the result exploratory.",
    ]  # fmt: skip
