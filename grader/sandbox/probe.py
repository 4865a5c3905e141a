"""Runs inside the sandbox and drives one `autodiff` module through one question after another.

Standard library only (NumPy where a question holds arrays), and nothing of `grader`: this file and the four that it uses,
`building`, `cells`, `numbering` and `reading`, are loaded by their path. It reports facts; it holds no expected value and judges nothing.
"""

import builtins
import itertools
import json
import operator
import os
import struct
import sys
import types

from building import Maker, function
from cells import ERRORS, Unreadable, compiled
from numbering import NUMBERS, id
from reading import (
    FILE,
    LONG,
    MISSING,
    Contents,
    clip,
    foreign,
    held_and_kept,
    identity,
    indices,
    number,
    raised,
    shared_lists,
    snapshot,
)

FROZEN = 1 << 62  # objects that the template froze, which it counts
ORDER_FUNCTION = "topological_order"
ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def serve(requests, replies):
    """Answer questions until the requests end: a header, the source, then one question at a time.

    The first reply says how loading went; then follows one reply per question. Each question meets a freshly loaded module.
    """
    header = json.loads(read_frame(requests))
    source = read_frame(requests)
    builtins.id = NUMBERS.id
    pristine = {}
    exec(header["pristine"], pristine)
    try:
        parts = compiled(source, FILE)
    except ERRORS as error:
        write_frame(replies, {"unreadable": {"line": getattr(error, "lineno", None), "message": clip(getattr(error, "msg", error))}})
        return
    del source
    streams = sys.stdout, sys.stderr
    module, stopped = load(parts, streams)
    write_frame(replies, describe(vars(module), stopped))
    while (frame := read_frame(requests)) is not None:
        reply = answer(json.loads(frame), vars(module), pristine["Node"])
        write_frame(replies, reply)
        del module, frame, reply
        module, _ = load(parts, streams)


def load(parts, streams):
    """Execute the submission into a new module; return it, and where and why it, or a cell of it, first stopped, or None."""
    sys.stdout, sys.stderr = streams
    sys.setrecursionlimit(1000)
    module = types.ModuleType("autodiff")
    module.__file__ = FILE
    sys.modules["autodiff"] = module
    stopped = None
    for part in parts:
        if isinstance(part, Unreadable):
            stopped = stopped or part.told
            continue
        try:
            exec(part, vars(module))
        except BaseException as error:  # whatever a submission raises, SystemExit too: what it bound until then is graded
            stopped = stopped or raised(error)
    return module, stopped


def describe(names, stopped):
    functions = {k: v for k, v in names.items() if type(v) is types.FunctionType and type(k) is str}
    own = dict(itertools.islice(((k, v) for k, v in functions.items() if v.__code__.co_filename == FILE), 200))
    starter = names.get("STARTER")
    return {
        "stopped": stopped,
        "starter": clip(starter)[:40] if type(starter) is str else None,
        "lines": {clip(name): function.__code__.co_firstlineno for name, function in own.items()},
        "operands": {clip(name): function.__code__.co_argcount for name, function in own.items()},
        "python": sys.version.split()[0],
    }


# ---- answering ----------------------------------------------------------------


def answer(question, names, pristine):
    """Return the reply to one question; whatever the submission raises is part of it."""
    stage = {"at": "build"}
    try:
        if "earlier" in question:
            take_up_earlier(question, names, pristine, stage)
        return {"id": question["id"], **attend(question, names, pristine, stage)}
    except BaseException as error:  # SystemExit and KeyboardInterrupt are answers too
        reply = {"id": question["id"], "raised": raised(error), "stage": stage["at"], "at": stage.get("index", 0)}
        return {**stage.get("made", {}), **reply}
    finally:
        NUMBERS.forget()


def take_up_earlier(question, names, pristine, stage):
    """Do with each earlier graph what will be done with the question's own, and let go of it."""
    NUMBERS.begin(pristine if question["build"] == "pristine" else function(names, "Node"))
    common = {name: part for name, part in question.items() if name not in ("built", "deep", "orders")}
    for earlier in question["earlier"]:
        attend({**common, "way": "earlier", **earlier}, names, pristine, stage)
        NUMBERS.collect()


def attend(question, names, pristine, stage):
    """Make the question's nodes, do with them what it asks, and return what was found."""
    stage["at"] = "build"
    maker = Maker(question, names, pristine, stage)
    maker.make(question["built"][0] if "built" in question else None)
    replaced = replace_order(names, maker.nodes, question["orders"]) if "orders" in question else {}
    found = ASKED[question["ask"]](question, names, maker, stage)
    names |= replaced
    return found


def ask_nodes(question, names, maker, stage):
    nodes, made = maker.nodes, maker.made
    stage["at"] = "read"
    reply = {
        "graph": snapshot(nodes, maker.index),
        "stale": made.stale,
        "changed": made.changed(nodes, maker.index()),
        "shared": shared_lists(nodes),
        "identity": identity(nodes),
        "rehashed": made.rehashed(nodes),
    }
    reply["held"], reply["kept"] = held_and_kept(nodes, FROZEN)
    return reply


def ask_order(question, names, maker, stage):
    nodes, orders, changed, returned = maker.nodes, [], [], []
    for sweep, root in sweeps(question, maker, stage):
        before = None if question.get("deep") else Contents(nodes)
        stage.update(at="call", index=sweep)
        order = function(names, ORDER_FUNCTION)(nodes[root])
        if isinstance(order, (set, frozenset)) or not hasattr(order, "__iter__"):
            orders.append(foreign(order))
        else:
            orders.append(places(order, nodes, root, maker.index))
            returned += [(sweep, order)] if isinstance(order, (list, tuple)) else []
        stage["at"] = "read"
        changed.append(before.changed() if before else [])
    for sweep, order in returned:
        if sweep < len(orders) - 1:  # what a later call has done to an earlier answer counts
            orders[sweep] = places(order, nodes, question["roots"][sweep], maker.index)
    return {**stage.get("made", {}), "orders": orders, "changed": changed}


def sweeps(question, maker, stage):
    """Yield each sweep's number and root when the graph has grown as far as it shall; `made` tells of the whole graph."""
    built = question.get("built")
    for sweep, root in enumerate(question["roots"]):
        if built:
            maker.make(built[sweep])
        if question["way"] == "own" and "made" not in stage and (not built or built[sweep] == built[-1]):
            stage["made"] = {"graph": snapshot(maker.nodes, maker.index), "identity": identity(maker.nodes)}
        yield sweep, root


def places(order, nodes, root, index):
    """Return the nodes' indices in an order; of one that never ends the beginning. A long one may travel as runs."""
    found = list(itertools.islice(order, 4 * len(nodes) + 16))
    if len(found) <= LONG:
        return list(map(index().get, map(id, found)))
    every = len(found) == len(nodes) - root and all(map(operator.is_, found, itertools.islice(nodes, root, None)))
    if every and len(set(map(id, found))) == len(found):  # seen without an index, which takes longer to make
        return {"runs": [[root, len(found)]]}
    return runs(list(map(index().get, map(id, found))))


def runs(places):
    """Return {"runs": [[first, length], ...]} for places that mostly count up by one, else the places."""
    found = []
    following = None
    for place in places:
        if place is not None and place == following:
            found[-1][1] += 1
        else:
            found.append([place, 1])
        following = None if place is None else place + 1
    return {"runs": found} if 4 * len(found) < len(places) else places


def ask_sweeps(attribute, name):
    def ask(question, names, maker, stage):
        found, changed = [], []
        for sweep, root in sweeps(question, maker, stage):
            before = None if question.get("deep") else Contents(maker.nodes)
            stage.update(at="call", index=sweep)
            function(names, name)(maker.nodes[root])
            stage["at"] = "read"
            found.append([number(getattr(node, attribute, MISSING)) for node in maker.nodes])
            changed.append(before.changed() if before else [])
        return {**stage.get("made", {}), "sweeps": found, "changed": changed}

    return ask


ASKED = {
    "nodes": ask_nodes,
    "order": ask_order,
    "forward": ask_sweeps("partial_derivative", "forward"),
    "backward": ask_sweeps("adjoint", "backward"),
}


def replace_order(names, nodes, orders):
    """Put a known-good order, of those nodes that stand, wherever the module's namespace binds the submission's own.

    Returns what stood there.
    """

    def topological_order(root):
        return [nodes[i] for i in orders[indices(nodes)[id(root)]] if i < len(nodes)]

    own = names.get(ORDER_FUNCTION)
    replaced = {k: v for k, v in names.items() if own is not None and v is own} or {ORDER_FUNCTION: own}
    names |= dict.fromkeys(replaced, topological_order)
    return replaced


# ---- frames -------------------------------------------------------------------


def read_frame(stream):
    """Return the bytes of one length-prefixed frame, or None where the stream ends."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return stream.read(struct.unpack(">I", head)[0])


def write_frame(descriptor, reply):
    body = ENCODER.encode(reply).encode()
    view = memoryview(struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(descriptor, view) :]
