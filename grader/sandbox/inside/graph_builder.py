"""Makes a question's nodes inside the sandbox: by the submission's own operators or create_node, or laid out for it.

A graph travels as one row [value, operator, operands, partials] for each node, operands as offsets from the row's own node
(-1 is the node before it). `grown_sizes`, where a question has it, gives the number of nodes that exist at its 1st, 2nd, ... sweep:
the graph grows in between. Numbers travel as JSON numbers, arrays as lists.
"""

from snapshot import MISSING, core, hashed, indices, number
from stable_ids import id

DERIVATIVES = ("partial_derivative", "adjoint")
MARKS = (-1.0, 0.25, 1.0, 0.75)


def function(names, name):
    """Return what a submission's module has under a name, as an import of it would. Raises NameError in a student's words."""
    if name in names:
        return names[name]
    if "__getattr__" in names:
        try:
            return names["__getattr__"](name)
        except AttributeError:
            pass
    raise NameError(f"autodiff.py has no {name}")


class Made:
    """What nodes were when they were made, to see what the making of others changes; `stale` had other derivatives than 0.

    With `marking` a number is written into each derivative, by which one knows that it is left alone.
    """

    def __init__(self, marking):
        self.stale = []
        self._marking = marking
        self._cores, self._hashes, self._marks, self._place_of = [], [], [], {}

    def add(self, node, i):
        """Note a new node."""
        self._place_of[id(node)] = i
        self._cores.append(core(node, i, self._place_of))
        self._hashes.append(hashed(node))
        if self._marking:
            self._marks.append(marked(node, i))
        elif any(derivative != 0 for derivative in derivatives(node)):
            self.stale.append(i)

    def changed(self, nodes, rows):
        """Return the places of the nodes that are no longer as they were made; `rows` are their snapshot."""
        marks = self._marks or [None] * len(nodes)
        now = ((row[:-1], mark and derivatives(node)) for row, node, mark in zip(rows, nodes, marks, strict=True))
        return [i for i, (before, found) in enumerate(zip(zip(self._cores, marks, strict=True), now, strict=True)) if before != found]

    def rehashed(self, nodes):
        """Return the places of the nodes whose hash is no longer what it was when they were made."""
        return [i for i, before in enumerate(self._hashes) if before is not None and hashed(nodes[i]) != before]


def derivatives(node):
    return [number(getattr(node, name, MISSING)) for name in DERIVATIVES]


def marked(node, place):
    """Write a number into each derivative, and return the numbers; None where they do not stay.

    They depend on the node's place. All of them can be left by a sweep, and some are numbers with which a visited node may be marked.
    """
    marks = [MARKS[(place + turn) % len(MARKS)] for turn in range(len(DERIVATIVES))]
    try:
        for name, mark in zip(DERIVATIVES, marks, strict=True):
            setattr(node, name, mark)
        return marks if derivatives(node) == marks else None
    except Exception:  # a node of a submission may raise anything; whoever can't sweep it will say so
        return None


class Maker:
    """Makes a question's nodes in their order, all at once or so many at a time; `nodes` holds the nodes made so far."""

    def __init__(self, question, names, pristine, stage):
        self.nodes = []
        self.made = None
        self._rows = question["rows"]
        self._index, self._indexed = {}, 0
        self._stage = stage
        if question["build"] in ("student", "pristine"):
            self._class = pristine if question["build"] == "pristine" else function(names, "Node")
            self._per_use = question["link"] == "use"
            self._add = self._lay_out
            return
        self._names = names
        self._create = None if question["build"] == "operators" else function(names, "create_node")
        self._class = function(names, "Node")
        self._add = self._have_made
        self.made = Made(marking=self._create is None) if question["ask"] == "nodes" else None

    def index(self):
        """Return each standing node's index by its identity (see `indices`)."""
        if self._indexed != len(self.nodes):
            self._index, self._indexed = indices(self.nodes), len(self.nodes)
        return self._index

    def make(self, until=None):
        """Make nodes until there are `until` of them, by default all."""
        self._stage["at"] = "build"
        self._add(range(len(self.nodes), len(self._rows) if until is None else until))

    def _have_made(self, places):
        """Let the submission make nodes, with its operators or its create_node."""
        nodes, create, made = self.nodes, self._create, self.made
        for i in places:
            value, operator, offsets, partials = self._rows[i]
            self._stage["index"] = i
            operands = [nodes[i + offset] for offset in offsets]
            if not operands and operator == "input":
                node = self._class(array(value))
            elif create is None:
                node = function(self._names, operator)(*operands)
            else:
                node = create(array(value), operands, operator, arrays(partials))
            nodes.append(node)
            if made:
                made.add(node, i)

    def _lay_out(self, places):
        """Make nodes of the given class and link them by hand; a link may lead on to a node that is made here as well."""
        nodes = self.nodes
        for i in places:
            value, operator, offsets, partials = self._rows[i]
            earlier = [(nodes[i + offset], partial) for offset, partial in zip(offsets, partials, strict=True) if offset < 0]
            nodes.append(self._class(array(value), [node for node, _ in earlier], operator, arrays([partial for _, partial in earlier])))
        children = [[] for _ in nodes]
        for i, (_, _, offsets, partials) in enumerate(self._rows[: len(nodes)]):
            for offset in offsets if self._per_use else dict.fromkeys(offsets):
                children[i + offset].append(nodes[i])
            nodes[i].parent_nodes = [nodes[i + offset] for offset in offsets]
            nodes[i].grad_wrt_parents = arrays(partials)
        for node, its in zip(nodes, children, strict=True):
            node.child_nodes = its


def array(value):
    if type(value) is not list:
        return value
    import numpy  # noqa: PLC0415  only where a question holds arrays

    return numpy.array(value, dtype=None if all(type(entry) is int for entry in value) else float)


def arrays(values):
    return [array(value) if type(value) is list else value for value in values]
