"""Runs inside the sandbox and drives one `autodiff` module through one question after another.

Standard library only (NumPy where a question holds arrays), and nothing of `grader`: this file is loaded by its path.
It reports facts; it holds no expected value and judges nothing.

A graph travels as rows [times, value, operator, operands, partials], operands as offsets from the row's own node (-1 is
the node before it); `times` stands for that many equal rows. A snapshot's rows carry the children's offsets too. Numbers
travel as JSON numbers or "nan", "inf", "-inf"; arrays as lists; what is none of these as {"not": type name}.
"""

import gc
import itertools
import json
import os
import struct
import sys
import types

FILE = "autodiff.py"
BIG = 2.0**53
FROZEN = 1 << 62  # objects that the template froze; known when serving begins
FEW = 200  # nodes that are compared with each other
TEXT = 300  # characters of a student's text that a reply carries
MISSING = object()
ORDER_FUNCTION = "topological_order"


def serve(requests, replies):
    """Answer questions until the requests end: a header, the source, then one question at a time.

    The first reply says how loading went; then follows one reply per question. Each question meets a freshly loaded module.
    """
    global FROZEN  # noqa: PLW0603  one process serves once
    FROZEN = gc.get_freeze_count()
    header = json.loads(read_frame(requests))
    source = read_frame(requests)
    pristine = {}
    exec(header["pristine"], pristine)
    try:
        code = compile(source, FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        write_frame(replies, {"unreadable": {"line": getattr(error, "lineno", None), "message": clip(getattr(error, "msg", error))}})
        return
    del source
    streams = sys.stdout, sys.stderr
    module, stopped = load(code, streams)
    write_frame(replies, describe(vars(module), stopped))
    while (frame := read_frame(requests)) is not None:
        reply = answer(json.loads(frame), vars(module), pristine["Node"])
        write_frame(replies, reply)
        del module, frame, reply
        module, _ = load(code, streams)


def load(code, streams):
    """Execute the submission into a new module; return it, and where and why loading stopped, or None."""
    sys.stdout, sys.stderr = streams
    sys.setrecursionlimit(1000)
    module = types.ModuleType("autodiff")
    module.__file__ = FILE
    sys.modules["autodiff"] = module
    try:
        exec(code, vars(module))
    except BaseException as error:  # whatever a submission raises, SystemExit too: what it bound until then is graded
        return module, raised(error)
    return module, None


def describe(names, stopped):
    functions = {k: v for k, v in names.items() if type(v) is types.FunctionType and type(k) is str}
    own = dict(itertools.islice(((k, v) for k, v in functions.items() if v.__code__.co_filename == FILE), 200))
    starter = names.get("STARTER")
    return {
        "stopped": stopped,
        "starter": starter[:40] if type(starter) is str else None,
        "lines": {name[:TEXT]: function.__code__.co_firstlineno for name, function in own.items()},
        "operands": {name[:TEXT]: function.__code__.co_argcount for name, function in own.items()},
        "python": sys.version.split()[0],
    }


# ---- answering ----------------------------------------------------------------


def answer(question, names, pristine):
    """Return the reply to one question; whatever the submission raises is part of it."""
    stage = {"at": "build"}
    try:
        nodes = build(question, names, pristine, stage)
        if "orders" in question:
            replace_order(names, nodes, question["orders"])
        return {"id": question["id"], **ASKED[question["ask"]](question, names, nodes, stage)}
    except BaseException as error:  # SystemExit and KeyboardInterrupt are answers too
        reply = {"id": question["id"], "raised": raised(error), "stage": stage["at"], "at": stage.get("index", 0)}
        return {**stage.get("made", {}), **reply}


def ask_nodes(question, names, nodes, stage):
    stage["at"] = "read"
    index = indices(nodes)
    reply = {
        "graph": snapshot(nodes, index),
        "changed": [i for i, before in enumerate(stage["cores"]) if core(nodes[i], i, index) != before],
        "shared": shared_lists(nodes),
        "identity": identity(nodes),
    }
    stage.clear()
    reply["kept"] = kept_alive(nodes)
    return reply


def ask_order(question, names, nodes, stage):
    index = indices(nodes)
    if question["way"] == "own":
        stage["made"] = {"graph": snapshot(nodes, index), "identity": identity(nodes)}
    before = None if question.get("deep") else contents(nodes)
    orders, changed, returned = [], [], []
    for sweep, root in enumerate(question["roots"]):
        stage.update(at="call", index=sweep)
        order = function(names, ORDER_FUNCTION)(nodes[root])
        if isinstance(order, (set, frozenset)) or not hasattr(order, "__iter__"):
            orders.append(foreign(order))
        else:
            orders.append(places(order, index))
            returned += [(sweep, order)] if isinstance(order, (list, tuple)) else []
        stage["at"] = "read"
        changed.append(before is not None and contents(nodes) != before)
    for sweep, order in returned:  # what a later call has done to an earlier answer counts
        orders[sweep] = places(order, index)
    return {**stage.get("made", {}), "orders": orders, "changed": changed}


def places(order, index):
    """Return the nodes' indices in an order; of one that never ends the beginning."""
    return [index.get(id(node)) for node in itertools.islice(order, 4 * len(index) + 16)]


def ask_sweeps(attribute, name):
    def ask(question, names, nodes, stage):
        if question["way"] == "own":
            stage["made"] = {"graph": snapshot(nodes, indices(nodes)), "identity": identity(nodes)}
        sweeps = []
        for sweep, root in enumerate(question["roots"]):
            stage.update(at="call", index=sweep)
            function(names, name)(nodes[root])
            stage["at"] = "read"
            sweeps.append([number(getattr(node, attribute, MISSING)) for node in nodes])
        return {**stage.get("made", {}), "sweeps": sweeps}

    return ask


ASKED = {
    "nodes": ask_nodes,
    "order": ask_order,
    "forward": ask_sweeps("partial_derivative", "forward"),
    "backward": ask_sweeps("adjoint", "backward"),
}


def function(names, name):
    """Return a function of the submission; a missing one is told in words that a student understands."""
    if name not in names:
        raise NameError(f"autodiff.py has no {name}")
    return names[name]


def replace_order(names, nodes, orders):
    """Put a known-good order wherever the module's namespace binds the submission's own."""
    place = indices(nodes)

    def topological_order(root):
        return [nodes[i] for i in orders[place[id(root)]]]

    own = names.get(ORDER_FUNCTION)
    for name in [k for k, v in names.items() if own is not None and v is own]:
        names[name] = topological_order
    names[ORDER_FUNCTION] = topological_order


# ---- building -----------------------------------------------------------------


def build(question, names, pristine, stage):
    """Return the question's nodes: computed by the submission's operators or create_node, or laid out for it."""
    rows = list(expand(question["rows"]))
    if question["build"] in ("student", "pristine"):
        cls = pristine if question["build"] == "pristine" else function(names, "Node")
        return lay_out(rows, cls, per_use=question["link"] == "use")
    nodes, index, cores = [], {}, []
    stage["cores"] = cores
    create = None if question["build"] == "operators" else function(names, "create_node")
    node_class = function(names, "Node")
    for i, (value, operator, offsets, partials) in enumerate(rows):
        stage["index"] = i
        operands = [nodes[i + offset] for offset in offsets]
        if not operands:
            node = node_class(array(value))
        elif create is None:
            node = function(names, operator)(*operands)
        else:
            node = create(array(value), operands, operator, arrays(partials))
        nodes.append(node)
        index[id(node)] = i
        if question["ask"] == "nodes":
            cores.append(core(node, i, index))
    return nodes


def lay_out(rows, cls, per_use):
    nodes = []
    for i, (value, operator, offsets, partials) in enumerate(rows):
        parents = [nodes[i + offset] for offset in offsets if offset < 0]
        nodes.append(cls(array(value), parents, operator, arrays(partials)))
    children = [[] for _ in nodes]
    for i, (_, _, offsets, partials) in enumerate(rows):
        for offset in offsets if per_use else dict.fromkeys(offsets):
            children[i + offset].append(nodes[i])
        nodes[i].parent_nodes = [nodes[i + offset] for offset in offsets]
        nodes[i].grad_wrt_parents = arrays(partials)
    for node, its in zip(nodes, children, strict=True):
        node.child_nodes = its
    return nodes


def expand(rows):
    for times, *row in rows:
        for _ in range(times):
            yield row


def array(value):
    if type(value) is not list:
        return value
    import numpy  # noqa: PLC0415  only where a question holds arrays

    return numpy.array(value, dtype=float)


def arrays(values):
    return [array(value) if type(value) is list else value for value in values]


# ---- reading ------------------------------------------------------------------


def indices(nodes):
    """Return each node's index by its identity; of a node made twice the first."""
    return {id(node): i for i, node in reversed(list(enumerate(nodes)))}


def core(node, i, index):
    """Return [value, operator, operand offsets, partials] of a node, in the form in which a row travels."""
    operator = getattr(node, "operator", MISSING)
    partials = getattr(node, "grad_wrt_parents", MISSING)
    return [
        number(getattr(node, "value", MISSING)),
        str.__str__(operator)[:TEXT] if isinstance(operator, str) else foreign(operator),
        offsets(getattr(node, "parent_nodes", MISSING), i, index),
        [number(value) for value in partials] if isinstance(partials, (list, tuple)) else foreign(partials),
    ]


def snapshot(nodes, index):
    rows, last = [], None
    for i, node in enumerate(nodes):
        row = core(node, i, index)
        row.append(offsets(getattr(node, "child_nodes", MISSING), i, index))
        if row == last:
            rows[-1][0] += 1
        else:
            rows.append([1, *row])
            last = row
    return rows


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
    if len(nodes) == 1 and id(nodes[0]) in index:
        return [index[id(nodes[0])] - i]
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
    kinds = {type(node) for node in nodes}
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


def kept_alive(nodes):
    """Return how many of the nodes live on when the question lets go of them. Empties the list."""
    kinds = {id(node): type(node) for node in nodes}
    nodes.clear()
    if gc.get_freeze_count() > FROZEN:
        gc.unfreeze()  # the submission hid something from the collector
    gc.collect()
    return sum(kinds.get(id(thing)) is type(thing) for thing in gc.get_objects())


def raised(error):
    """Return what was raised, and where in the submission: its innermost line there."""
    line = where = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line, where = trace.tb_lineno, trace.tb_frame.f_code.co_name[:TEXT]
        trace = trace.tb_next
    kinds = [clip(kind.__name__) for kind in type(error).__mro__][:-1]
    return {"kinds": kinds[:8], "message": clip(error), "line": line, "function": where}


def clip(thing):
    try:
        text = str(thing)[:TEXT]
    except Exception:  # a student's __str__ may raise anything; its text is a courtesy
        text = ""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


# ---- frames -------------------------------------------------------------------


def read_frame(stream):
    """Return the bytes of one length-prefixed frame, or None where the stream ends."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return stream.read(struct.unpack(">I", head)[0])


def write_frame(descriptor, reply):
    body = json.dumps(reply, separators=(",", ":"), allow_nan=False).encode()
    view = memoryview(struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]
