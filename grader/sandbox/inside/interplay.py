"""Does something else to a graph between the calls of the function that a question is about, and reports what this shows.

`between` names it. `derivatives`: the probe writes both derivative fields of every node. `order`: the graph is ordered after each sweep.
`forward`: forward sweeps run before and after each backward sweep. On a graph that the probe laid out, the probe sweeps forward itself.
"""

import gc
import itertools

from graph_builder import Maker, derivatives, function, marked
from snapshot import MISSING, hashed, held_and_kept, numbers, places

FUNCTIONS = {"order": "topological_order", "forward": "forward", "backward": "backward"}
BEFORE = (0, 1, 0)  # by places in `inputs`: three forward sweeps must be right before a backward sweep can spoil one


def interplay(question, names, pristine, maker):
    """Return what happens between the calls of a question."""
    return KINDS[question.get("between")](question, names, pristine, maker)


class Between:
    """Base class of what happens between two calls. On its own it does nothing."""

    def __init__(self, question, names, pristine, maker):
        self._question, self._names, self._pristine, self._maker = question, names, pristine, maker

    def before(self, sweep):
        """Do what precedes a call."""

    def after(self, root):
        """Do what follows a call from `root`."""

    def found(self, frozen):
        """Return what was found, as parts of the reply. May let go of the graph; `frozen` as for `held_and_kept`."""
        return {}


class Alternating(Between):
    """What all kinds report: nodes whose hash changed, nodes that live on, and whether the graph is sound without the judged function."""

    def before(self, sweep):
        if sweep == 0:
            self._hashes = list(map(hashed, self._maker.nodes))
            self._begin()

    def _begin(self):
        """Do what precedes the first call."""

    def _left(self, frozen):
        """Let go of the graph; return the nodes whose hash changed, and how many live on."""
        nodes = self._maker.nodes
        rehashed = [i for i, before in enumerate(self._hashes) if hashed(nodes[i]) != before]
        return {"rehashed": rehashed, "kept": held_and_kept(nodes, frozen)[1]}

    def found(self, frozen):
        kinds = set(map(type, self._maker.nodes))
        found = {**self._facts(), **self._left(frozen)}
        if found["kept"]:
            found["kept"] = min(found["kept"], self._growth(kinds))
        if self._question["graph_source"] == "own":
            found["sound"] = self._is_sound(frozen)
        return found

    def _growth(self, kinds):
        """Return how many more nodes live on after the judged function has met another graph: to keep the last one only is fine."""
        lived = living(kinds)
        self._meet_another()
        return max(0, living(kinds) - lived)

    def _meet_another(self):
        maker = self._second()._maker
        try:
            order = function(self._names, FUNCTIONS[self._question["ask"]])(maker.nodes[self._question["roots"][0]])
            for _ in order if self._question["ask"] == "order" else ():
                pass
        except Exception:  # it was called before, and what it did then is in the reply
            return

    def _second(self):
        second = type(self)(self._question, self._names, self._pristine, Maker(self._question, self._names, self._pristine, {}))
        second._maker.make()
        return second

    def _is_sound(self, frozen):
        """Return whether a second graph keeps its hashes and can be freed if the judged function is never called."""
        second = self._second()
        second.before(0)
        list(map(marked, second._maker.nodes, itertools.count()))  # in no loop, whose variable would hold a node
        return second._left(frozen) == {"rehashed": [], "kept": 0}


class Derivatives(Alternating):
    """After each call the probe writes both derivatives of every node; `spoilt` are the nodes in which a later call changed them."""

    def _begin(self):
        self._marks, self._spoilt = None, []

    def after(self, root):
        nodes = self._maker.nodes
        if self._marks:
            pairs = enumerate(zip(self._marks, nodes, strict=True))
            self._spoilt += [i for i, (mark, node) in pairs if mark and derivatives(node) != mark and i not in self._spoilt]
        self._marks = list(map(marked, nodes, itertools.count()))

    def _facts(self):
        return {"spoilt": self._spoilt}


class Order(Alternating):
    """After each sweep the graph is ordered from the same root; `orders` are the answers."""

    def _begin(self):
        self._orders = []

    def after(self, root):
        nodes = self._maker.nodes
        try:
            order = function(self._names, "topological_order")(nodes[root])
            self._orders.append(places(order, nodes, self._maker.index()))
        except Exception as error:  # another step judges the function; here it gave no order
            self._orders.append({"not": type(error).__name__[:100]})

    def _facts(self):
        return {"orders": self._orders}


class Forward(Alternating):
    """Forward sweeps alternate with backward ones.

    `tangents` are the partial derivatives after three sweeps from inputs in turn, then after each backward sweep and the forward sweep
    that follows it. `adjoints` are those after each of these forward sweeps.
    """

    def _begin(self):
        self._tangents, self._adjoints = [], []
        for place in BEFORE:
            self._sweep(self._question["inputs"][place])

    def after(self, root):
        self._read()
        self._sweep(self._question["inputs"][1 - len(self._adjoints) % 2])
        self._adjoints.append(numbers([getattr(node, "adjoint", MISSING) for node in self._maker.nodes]))

    def _read(self):
        self._tangents.append(numbers([getattr(node, "partial_derivative", MISSING) for node in self._maker.nodes]))

    def _sweep(self, root):
        nodes = self._maker.nodes
        if self._question["graph_source"] == "given":
            sweep_forward(nodes, self._question["rows"], root)
            self._read()
            return
        try:
            function(self._names, "forward")(nodes[root])
            self._read()
        except Exception as error:  # another step judges the function; here it gave no derivatives
            self._tangents.append([{"not": type(error).__name__[:100]}] * len(nodes))

    def _facts(self):
        return {"tangents": self._tangents, "adjoints": self._adjoints}


def living(kinds):
    """Return how many objects of these classes live."""
    gc.collect()
    return sum(type(thing) in kinds for thing in gc.get_objects())


def sweep_forward(nodes, rows, root):
    """Write the derivatives of a laid-out graph, whose operands precede their results."""
    tangents = {root: 1.0}
    for i in range(root + 1, len(rows)):
        _, _, offsets, partials = rows[i]
        reached = [partial * tangents[i + o] for o, partial in zip(offsets, partials, strict=True) if i + o in tangents]
        if reached:
            tangents[i] = sum(reached)
    for i, tangent in tangents.items():
        nodes[i].partial_derivative = tangent


KINDS = {None: Between, "derivatives": Derivatives, "order": Order, "forward": Forward}
