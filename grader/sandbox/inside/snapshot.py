"""Reads a submission's nodes and exceptions inside the sandbox, as facts that travel.

A snapshot's rows are those of `graph_builder` and carry the children's offsets too. Numbers travel as JSON numbers or "nan",
"inf", "-inf"; arrays as lists; what is none of these as {"not": type name}.
"""

import gc
import itertools
import operator
import sys
import types

from stable_ids import id

FILE = "autodiff.py"
BIG = 2.0**53
FOLDERS = []  # of Python and NumPy on the grader's machine: exceptions name files there, and a report need not
FEW = 200  # nodes that are compared with each other
TEXT = 300  # characters of a student's text that a reply carries
MISSING = object()
END = object()  # of a list, in what `held` found
FIELDS = operator.attrgetter("value", "operator", "parent_nodes", "child_nodes", "grad_wrt_parents")
FIXED = {float, int, str, type(END)}
FIXED_SCALARS = {"float64", "float32", "int64"}


def indices(nodes):
    """Return each node's index by its identity; of a node made twice the first."""
    return dict(zip(map(id, reversed(nodes)), reversed(range(len(nodes))), strict=True))


def core(node, i, index):
    """Return [value, operator, operand offsets, partials] of a node, in the form in which a row travels.

    Of None in place of a node all parts are None; an attribute that another object lacks is `missing`.
    """
    absent = None if node is None else MISSING
    value, name = getattr(node, "value", absent), getattr(node, "operator", absent)
    partials = getattr(node, "grad_wrt_parents", absent)
    return [
        value if type(value) is float and -BIG < value < BIG else number(value),
        clip(str.__str__(name)) if isinstance(name, str) else foreign(name),
        offsets(getattr(node, "parent_nodes", absent), i, index),
        numbers(partials) if isinstance(partials, (list, tuple)) else foreign(partials),
    ]


def snapshot(nodes, index):
    """Return the rows of all nodes, whose indices are `index`."""
    return [
        usual_row(node, i, index) or [*core(node, i, index), offsets(getattr(node, "child_nodes", MISSING), i, index)]
        for i, node in enumerate(nodes)
    ]


def usual_row(node, i, index):
    """Return the row of a node that holds a text and three lists, as most do, in half the time; else None."""
    try:
        value, name, parents, children, partials = FIELDS(node)
    except Exception:  # an attribute is missing, or a property of the submission raises
        return None
    if not (type(name) is str and type(parents) is type(children) is type(partials) is list):
        return None
    get = index.get
    return [
        value if type(value) is float and -BIG < value < BIG else number(value),
        clip(name),
        [None if (place := get(id(other))) is None else place - i for other in parents],
        numbers(partials),
        [None if (place := get(id(other))) is None else place - i for other in children],
    ]


COLUMNS = {"value": (0,), "operator": (1,), "parent_nodes": (2, 4), "grad_wrt_parents": (3,), "child_nodes": (5, 6)}  # of `contents`


class Contents:
    """What nodes hold, linked nodes by identity and the rest by value, to see what a call changes of it."""

    def __init__(self, nodes):
        self._nodes, self._held = nodes, held(nodes)
        self._contents_before = contents(nodes, indices(nodes)) if self._held is None else None

    def changed(self):
        """Return the names of the attributes in which a node holds something else now."""
        if self._held is not None:
            now = parts(self._nodes)
            if now is not None and len(now) == len(self._held) and all(map(operator.is_, now, self._held)):
                return []
        index = indices(self._nodes)
        before = self._contents_before or contents(list(were(self._held)), index)
        pairs = list(zip(before, contents(self._nodes, index), strict=True))
        return [name for name, columns in COLUMNS.items() if any(was[i] != now[i] for was, now in pairs for i in columns)]


def held(nodes):
    """Return the parts of nodes, or None if anything in them but their lists could be changed in place."""
    found = parts(nodes)
    kinds = set(map(type, found or ())) - FIXED - set(map(type, nodes))
    return found if all(kind.__module__ == "numpy" and kind.__name__ in FIXED_SCALARS for kind in kinds) else None


def parts(nodes):
    """Return all that nodes hold, one after the other, or None if they hold it in anything but lists."""
    found = []
    try:
        for node in nodes:
            parents, children, partials = node.parent_nodes, node.child_nodes, node.grad_wrt_parents
            if not (type(parents) is type(children) is type(partials) is list):
                return None
            found += (node.value, node.operator, *parents, END, *children, END, *partials, END)
    except AttributeError:
        return None
    return found


def were(found):
    """Yield nodes as they were when `held` found this."""
    rest = iter(found)
    for value in rest:
        node = types.SimpleNamespace(value=value, operator=next(rest))
        for attribute in ("parent_nodes", "child_nodes", "grad_wrt_parents"):
            setattr(node, attribute, list(itertools.takewhile(lambda part: part is not END, rest)))
        yield node


def contents(nodes, index):
    """Return what nodes hold in the form in which it travels, linked nodes by identity as well.

    Of children also whether they are a tuple, for then no node can be added that is made later.
    """
    found = []
    for node in nodes:
        parents, children = getattr(node, "parent_nodes", None), getattr(node, "child_nodes", None)
        found.append([*core(node, 0, index), ids(parents), ids(children), isinstance(children, tuple)])
    return found


def ids(things):
    return list(map(id, things)) if isinstance(things, (list, tuple)) else foreign(things)


def offsets(nodes, i, index):
    if not isinstance(nodes, (list, tuple)):
        return foreign(nodes)
    get = index.get
    return [None if (place := get(id(node))) is None else place - i for node in nodes]


def places(order, nodes, index):
    """Return the nodes' indices in an order; of one that never ends the beginning."""
    found = list(itertools.islice(order, 4 * len(nodes) + 16))  # held, or a new node could get the id of one that died
    return list(map(index.get, map(id, found)))


def numbers(values):
    """Return a list of numbers as they travel. Most are floats, for which nothing is called."""
    return [value if type(value) is float and -BIG < value < BIG else number(value) for value in values]


def number(value):
    kind = type(value)
    if kind is float or kind is int:
        return value if -BIG < value < BIG else finite(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return from_numpy(value, kind.__name__)
    if is_array(kind):
        return from_numpy(value, "ndarray")
    if isinstance(value, float):
        return finite(float.__float__(value))
    if isinstance(value, int) and kind is not bool:
        return finite(int.__int__(value))
    return foreign(value)


def is_array(kind):
    """Return whether a class is one of NumPy's arrays, such as a masked array, or made of one by the submission."""
    return any(base.__module__ == "numpy" and base.__name__ == "ndarray" for base in kind.__mro__)


def from_numpy(value, kind):
    plain = value.tolist()
    if type(plain) is list:
        return [number(entry) for entry in itertools.islice(plain, 1000)]
    if type(plain) in (float, int):
        return number(plain)
    return finite(float(value)) if kind.startswith(("float", "longdouble")) else foreign(value)


def finite(value):
    if type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            value = float("inf") if value > 0 else float("-inf")
    return value if abs(value) < float("inf") else repr(value)


def foreign(value):
    return {"not": "missing" if value is MISSING else clip(type(value).__name__)}


def shared_lists(nodes):
    """Return [attribute, i, attribute, j] where two nodes, or two attributes of one, hold the same list object."""
    owners, shared, all_held = {}, [], []
    for i, node in enumerate(nodes):
        for attribute in ("parent_nodes", "child_nodes", "grad_wrt_parents"):
            held = getattr(node, attribute, None)
            all_held.append(held)  # or a list made anew for each look would leave its id to the next
            if isinstance(held, list):
                first = owners.setdefault(id(held), (attribute, i))
                if first != (attribute, i):
                    shared.append([*first, attribute, i])
    return shared[:20]


def identity(nodes):
    """Return whether all nodes can be hashed, and the pairs of different nodes that are equal, or one unequal to itself."""
    kinds = set(map(type, nodes))
    if all(kind.__eq__ is object.__eq__ and kind.__hash__ is object.__hash__ for kind in kinds):
        return {"hashable": True, "wrong": []}
    few = nodes[:FEW]
    hashes = list(map(hashed, few))
    hashable = None not in hashes and hashes == list(map(hashed, few))
    pairs = itertools.combinations_with_replacement(range(len(few)), 2)
    wrong = ([i, j] for i, j in pairs if bool(few[i] == few[j]) != (few[i] is few[j]))
    return {"hashable": hashable, "wrong": list(itertools.islice(wrong, 20))}


def hashed(node):
    """Return a node's hash, or None if it has none."""
    try:
        return hash(node)
    except Exception:  # mostly a TypeError, but a __hash__ of the submission may raise anything
        return None


def held_and_kept(nodes, frozen):
    """Return how many nodes the last one holds by its parent_nodes alone, and how many live on without it. Empties the list.

    `frozen` is the number of objects that were frozen in the garbage collector before the submission was loaded.
    """
    kinds = {id(node): type(node) for node in nodes}
    last = nodes[-1:]
    nodes.clear()
    if "gc" in sys.modules and gc.get_freeze_count() > frozen:
        gc.unfreeze()  # the submission, which imported it, hid something from the collector; counting takes its time
    gc.collect()
    held = ancestors(last, set(kinds.values()), len(kinds))
    last.clear()
    gc.collect()
    return held, sum(kinds.get(id(thing)) is type(thing) for thing in gc.get_objects())


def ancestors(nodes, kinds, most):
    """Return how many nodes of these classes the nodes and their parents' parents are; not many more than `most` are counted."""
    found, todo = {}, list(nodes)
    while todo and len(found) <= most:
        node = todo.pop()
        if type(node) in kinds and id(node) not in found:
            found[id(node)] = node
            try:
                parents = node.parent_nodes
            except Exception:  # a property of a submission may raise anything
                continue
            todo += parents if isinstance(parents, (list, tuple)) else ()
    return len(found)


def raised(error):
    """Return what was raised, and where in the submission: its innermost line there, and whether that is in a `stub`."""
    line = code = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line, code = trace.tb_lineno, trace.tb_frame.f_code
        trace = trace.tb_next
    message = without_folders(clip(error))
    if any(kind is RecursionError for kind in type(error).__mro__):
        message = message.partition(" while ")[0]  # where Python noticed it differs between its versions
    kinds = [clip(kind.__name__) for kind in type(error).__mro__][:-1][:8]
    found = {"kinds": kinds, "message": message, "line": line, "function": clip(code.co_name) if code else None}
    is_stub = code and code.co_names == ("NotImplementedError",) and not code.co_freevars  # it can look at no graph
    return {**found, "stub": True} if is_stub else found


def without_folders(text):
    """Return a text with the files of Python and NumPy named as below their folders."""
    if "/" in text:
        for folder in FOLDERS:
            text = text.replace(folder, "")
    return text


def clip(thing):
    if type(thing) is str and len(thing) <= TEXT and thing.isascii():
        return thing
    try:
        text = str(thing)[:TEXT]
    except Exception:  # a student's __str__ may raise anything; its text is a courtesy
        text = ""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:TEXT]
