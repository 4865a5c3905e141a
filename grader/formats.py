"""The data that pass between plan, collect and compare: questions, expected answers and traces, as JSON holds them.

A reply stays `dict[str, Any]`: it comes from where student code ran, and `grader.sandbox.reply_schema` checks its form.
"""

from typing import Any, NotRequired, TypedDict

from grader.model import Rows

Reply = dict[str, Any]
"""A reply of the form that its question asks for."""


# ---- questions.json -----------------------------------------------------------


class GraphPart(TypedDict, total=False):
    """A graph to make, and where its sweeps start."""

    build: str
    """How: by the submission's `operators` or by `create`; or laid out with the `student` Node or the `pristine` one."""
    rows: Rows
    roots: list[int]
    orders: list[list[int]]
    """A known-good order from each node."""


class QuestionPart(GraphPart, total=False):
    """A question without its number. `step`, `ask`, `graph_source`, `build`, `rows` and `roots` are in every one."""

    step: str
    """The step whose budget pays for it."""
    ask: str
    """What is asked: one of ASKS."""
    graph_source: str
    """`own` where the submission makes the graph, `given` where it is laid out."""
    public: bool
    link: str
    """Whether a given graph lists a child once per `use` or once per `node`."""
    grown_sizes: list[int]
    """How many nodes there are at each call, of a graph that grows between calls."""
    earlier_graphs: list[GraphPart]
    """Graphs that are swept before this one is made, and let go of."""
    between: str
    """What happens between two calls: a value of BETWEEN."""
    inputs: list[int]
    """The nodes from which forward sweeps start in turn, where those happen between two calls."""
    digest: str
    """The hash of what is right: of the submission's own graph where orders are asked, of the derivatives where sweeps are."""
    skip_if_right: int
    """The number of a question about the own graph. If its answer is right, or there is no function to ask, this question is not asked."""
    shows_graph: bool
    """The reply also holds the graph that the submission made. Orders are judged by it; of public sweeps a report draws it."""
    bonus: bool
    """Only bonus criteria ask it: another budget pays for it."""
    whole: bool
    """It is asked again, after a load that skips no statement."""
    graph_alone: bool
    """The question of this number got no reply: only its graph is to be made and shown."""


class Question(QuestionPart):
    """A complete question: a QuestionPart with its number."""

    id: int


class Questions(TypedDict):
    """A questions.json. `pristine` is the text of the class Node as it is given to students."""

    schema: str
    pristine: str
    questions: list[Question]


# ---- expected.json ------------------------------------------------------------


class Sweeps(TypedDict):
    """What sweeps leave, for each sweep and node, and the scale by which an error is measured. None is a node that is not reached."""

    values: list[list[Any]]
    scale: list[list[Any]]


class Asked(TypedDict, total=False):
    """One way of asking a case. The plan numbers its questions last."""

    question: int


class AskedOrders(Asked):
    """The question about the orders from these nodes, each of a graph of so many nodes."""

    roots: list[int]
    sizes: list[int]


class OwnWay(Asked):
    """The graph that a submission is to make: as it is asked, and as the reference makes it with what sweeps leave there."""

    build: str
    rows: Rows
    graph: Rows
    sweeps: NotRequired[Sweeps]
    tangents: NotRequired[Sweeps]
    """What the forward sweeps leave that happen between two backward ones."""
    order: NotRequired[AskedOrders]
    """The question about the orders of that graph, where a sweep is asked."""


class GivenWay(Asked):
    """One layout of the given graph."""

    build: str
    link: str
    known_order: bool


class CaseData(TypedDict):
    """A case, with the answers that are expected on its own and on its given graph."""

    id: str
    asks: str
    step: str
    public: bool
    text: str
    names: list[str]
    roots: list[int]
    grown_sizes: list[int]
    """Empty for a graph that does not grow."""
    own: OwnWay | None
    given: list[GivenWay]
    cyclic: bool
    earlier_graph_count: int
    between: str
    given_rows: NotRequired[Rows]
    given_sweeps: NotRequired[Sweeps]
    given_tangents: NotRequired[Sweeps]


class Expected(TypedDict):
    """An expected.json. Cases are named asks/id, criteria step/criterion."""

    schema: str
    questions_sha256: str
    reference_sha256: str
    seed: str
    """A label of the seed, never the seed."""
    operators: dict[str, int]
    criteria: dict[str, list[str]]
    """The cases of each criterion: of a random case the first variant."""
    variants: dict[str, list[str]]
    cases: dict[str, CaseData]


class PlanData(TypedDict):
    """Both files of a plan."""

    questions: Questions
    expected: Expected


# ---- trace.json ---------------------------------------------------------------


class Ended(TypedDict):
    """How a question ended: `answered` and `raised` carry a reply, other kinds may say why."""

    kind: str
    why: NotRequired[str]
    reply: NotRequired[Reply]


class AnswerData(Ended):
    """The answer to a question."""

    question: int


class GraphAlone(TypedDict):
    """The graph of a question that got no reply, as it was made for a question about nothing else."""

    question: int
    reply: Reply


class Unreadable(TypedDict):
    """What Python can't read, and where."""

    message: str
    line: int | None


class RaisedData(TypedDict):
    """An exception: its class and the classes above it, and the line and function of the submission that raised it."""

    kinds: list[str]
    message: str
    line: int | None
    function: str | None


class StatementRaised(RaisedData):
    """An exception of a statement, which is known by its line, while the submission was loaded."""

    statement: int


class LoadingData(TypedDict):
    """How loading ended, and what the submission claims about itself."""

    kind: str
    why: str
    unreadable: Unreadable | None
    """Only where the kind is `unreadable`."""
    raised: list[StatementRaised]
    omitted: list[int]
    """The statements that were left out, by their lines."""
    raised_total: int
    omitted_total: int
    starter: str | None
    lines: dict[str, int]
    """The first line of each function."""


class Hashes(TypedDict):
    """What a trace was made from, and by which code."""

    questions_sha256: str
    kit_sha256: str


class TraceHeader(Hashes):
    """The part of a trace that is known before the submission is loaded."""

    schema: str
    asked: list[list[int]]
    """The numbers of the questions, as ranges [first, last]."""
    submission_sha256: str
    cells: list[int]
    """How many lines each cell of a notebook has."""
    notes: list[str]


class Trace(TraceHeader):
    """A trace.json: what one submission answered."""

    sandbox: str
    seconds: float
    python: str
    loading: LoadingData
    printed: int
    """Bytes."""
    graphs: list[GraphAlone]
    """The own graphs of questions that got no reply."""
    answers: list[AnswerData]
