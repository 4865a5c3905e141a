"""Reads a submission's nodes and exceptions inside the sandbox, as facts that travel.

A snapshot's rows are those of `building` and carry the children's offsets too. Numbers travel as JSON numbers or "nan",
"inf", "-inf"; arrays as lists; what is none of these as {"not": type name}.
"""

import gc
import itertools
import sys

FILE = "autodiff.py"
BIG = 2.0**53
PLAIN = (float, int)
FEW = 200  # nodes that are compared with each other
TEXT = 300  # characters of a student's text that a reply carries
MISSING = object()


def indices(nodes):
    """Return each node's index by its identity; of a node made twice the first."""
    return dict(zip(map(id, reversed(nodes)), reversed(range(len(nodes))), strict=True))


def core(node, i, index):
    """Return [value, operator, operand offsets, partials] of a node, in the form in which a row travels."""
    operator = getattr(node, "operator", MISSING)
    partials = getattr(node, "grad_wrt_parents", MISSING)
    return [
        number(getattr(node, "value", MISSING)),
        clip(str.__str__(operator)) if isinstance(operator, str) else foreign(operator),
        offsets(getattr(node, "parent_nodes", MISSING), i, index),
        list(map(number, partials)) if isinstance(partials, (list, tuple)) else foreign(partials),
    ]


def snapshot(nodes, index):
    rows, last, link = [], None, None
    for i, node in enumerate(nodes):
        if link and is_such(node, link, i, nodes):
            rows[-1][0] += 1
            continue
        row = core(node, i, index)
        row.append(offsets(getattr(node, "child_nodes", MISSING), i, index))
        if row == last:
            rows[-1][0] += 1
            link = chain_link(row) if len(index) == len(nodes) else None
        else:
            rows.append([1, *row])
            last, link = row, None
    return rows


def chain_link(row):
    """Return the row's parts if it is that of a node in a chain, with one parent and one child, else None."""
    try:
        value, operator, (parent,), (partial,), (child,) = row
    except (ValueError, TypeError):
        return None
    plain = type(operator) is str and type(value) in PLAIN and type(partial) in PLAIN
    return (value, operator, parent, partial, child) if plain and type(parent) is type(child) is int else None


def is_such(node, link, i, nodes):
    """Return whether a node is seen at a glance to have the row of which `link` holds the parts: 50,000 nodes of a chain have."""
    value, operator, parent, partial, child = link
    try:
        parents, children, partials = node.parent_nodes, node.child_nodes, node.grad_wrt_parents
        if not (type(parents) is type(children) is type(partials) is list and len(parents) == len(children) == len(partials) == 1):
            return False
        its, of, name = node.value, partials[0], node.operator
        alike = type(its) is type(value) and its == value and type(of) is type(partial) and of == partial
        return alike and type(name) is str and name == operator and parents[0] is nodes[i + parent] and children[0] is nodes[i + child]
    except (AttributeError, IndexError):
        return False


def contents(nodes):
    """Return what the nodes hold, linked nodes by identity: to see whether a call changed it."""
    index = indices(nodes)
    linked = ("parent_nodes", "child_nodes")
    return [[core(node, 0, index), *(ids(getattr(node, attribute, None)) for attribute in linked)] for node in nodes]


def ids(things):
    return list(map(id, things)) if isinstance(things, (list, tuple)) else foreign(things)


def offsets(nodes, i, index):
    if not isinstance(nodes, (list, tuple)):
        return foreign(nodes)
    if len(nodes) == 1 and (place := index.get(id(nodes[0]))) is not None:
        return [place - i]
    return [index[id(node)] - i if id(node) in index else None for node in nodes]


def number(value):
    kind = type(value)
    if kind is float or kind is int:
        return value if -BIG < value < BIG else finite(value)
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return from_numpy(value, kind.__name__)
    if isinstance(value, float):
        return finite(float.__float__(value))
    if isinstance(value, int) and kind is not bool:
        return finite(int.__int__(value))
    return foreign(value)


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
    try:
        hashable = all(hash(node) == hash(node) for node in few)
    except TypeError:
        hashable = False
    pairs = itertools.combinations_with_replacement(range(len(few)), 2)
    wrong = ([i, j] for i, j in pairs if bool(few[i] == few[j]) != (few[i] is few[j]))
    return {"hashable": hashable, "wrong": list(itertools.islice(wrong, 20))}


def kept_alive(nodes, frozen):
    """Return how many of the nodes live on when the question lets go of them. Empties the list.

    `frozen` is how many objects the collector was told to overlook before the submission came.
    """
    kinds = {id(node): type(node) for node in nodes}
    nodes.clear()
    if "gc" in sys.modules and gc.get_freeze_count() > frozen:
        gc.unfreeze()  # the submission, which imported it, hid something from the collector; counting takes its time
    gc.collect()
    return sum(kinds.get(id(thing)) is type(thing) for thing in gc.get_objects())


def raised(error):
    """Return what was raised, and where in the submission: its innermost line there."""
    line = where = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line, where = trace.tb_lineno, clip(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    kinds = [clip(kind.__name__) for kind in type(error).__mro__][:-1]
    return {"kinds": kinds[:8], "message": clip(error), "line": line, "function": where}


def clip(thing):
    if type(thing) is str and len(thing) <= TEXT and thing.isascii():
        return thing
    try:
        text = str(thing)[:TEXT]
    except Exception:  # a student's __str__ may raise anything; its text is a courtesy
        text = ""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:TEXT]
