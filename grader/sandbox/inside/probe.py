"""Runs inside the sandbox and drives one `autodiff` module through one question after another.

Standard library only (NumPy where a question holds arrays), and nothing of `grader`: this file and those that it uses are loaded by
their path. It reports facts; it holds no expected value and judges nothing.
"""

import builtins
import itertools
import json
import os
import struct
import types

from graph_builder import Maker, function
from interplay import interplay
from loading import LISTED, Program
from notebook_cells import ERRORS, compiled, problem
from snapshot import (
    FILE,
    FOLDERS,
    MISSING,
    Contents,
    clip,
    foreign,
    held_and_kept,
    identity,
    indices,
    numbers,
    places,
    raised,
    shared_lists,
    snapshot,
)
from stable_ids import NUMBERS, id
from streams import Streams

__all__ = ["FOLDERS", "FROZEN", "serve", "write_frame"]
FROZEN = 1 << 62  # objects that the template froze, which it counts
ORDER_FUNCTION = "topological_order"
ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)  # a reply is a tree

DECODER = json.JSONDecoder()


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
        parts, omitted = compiled(source, FILE, header["definitions_only"])
    except ERRORS as error:
        write_frame(replies, {"unreadable": {"line": getattr(error, "lineno", None), "message": problem(error)}})
        return
    del source
    program = Program(parts, Streams(), header["skipped"])
    module = program.first_load()
    write_frame(replies, describe(vars(module), program, omitted))
    while (frame := read_frame(requests)) is not None:
        question, _ = DECODER.raw_decode(frame.decode())
        if "whole" in question and not program.is_whole:
            module = program.load(whole=True)
        reply = answer(question, vars(module), pristine["Node"])
        write_frame(replies, reply)
        del module, frame, question, reply
        module = program.load()


def describe(names, program, omitted):
    functions = {k: v for k, v in names.items() if type(v) is types.FunctionType and type(k) is str}
    own = dict(itertools.islice(((k, v) for k, v in functions.items() if v.__code__.co_filename == FILE), 200))
    starter = names.get("STARTER")
    return {
        "raised": program.raised[:LISTED],
        "raised_total": len(program.raised),
        "omitted": omitted[:LISTED],
        "omitted_total": len(omitted),
        "skipped": sorted(program.skipped),
        "saved_seconds": round(program.saved_seconds, 6),
        "starter": clip(starter)[:40] if type(starter) is str else None,
        "lines": {clip(name): function.__code__.co_firstlineno for name, function in own.items()},
        "operands": {clip(name): function.__code__.co_argcount for name, function in own.items()},
    }


# ---- answering ----------------------------------------------------------------


def answer(question, names, pristine):
    """Return the reply to one question; whatever the submission raises is part of it."""
    stage = {"at": "build"}
    try:
        if "earlier_graphs" in question:
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
    common = {name: part for name, part in question.items() if name not in ("grown_sizes", "orders", "shows_graph")}
    for earlier in question["earlier_graphs"]:
        attend({**common, "graph_source": "earlier", **earlier}, names, pristine, stage)
        NUMBERS.collect()


def attend(question, names, pristine, stage):
    """Make the question's nodes, do with them what it asks, and return what was found."""
    stage["at"] = "build"
    maker = Maker(question, names, pristine, stage)
    maker.make(question["grown_sizes"][0] if "grown_sizes" in question else None)
    replaced = replace_order(names, maker.nodes, question["orders"]) if "orders" in question else {}
    between = interplay(question, names, pristine, maker)
    found = ASKED[question["ask"]](question, names, maker, stage, between)
    names |= replaced
    return {**found, **between.found(FROZEN)}


def ask_nodes(question, names, maker, stage, between):
    nodes, made = maker.nodes, maker.made
    stage["at"] = "read"
    rows = snapshot(nodes, maker.index())
    reply = {
        "graph": rows,
        "stale": made.stale,
        "changed": made.changed(nodes, rows),
        "shared": shared_lists(nodes),
        "identity": identity(nodes),
        "rehashed": made.rehashed(nodes),
    }
    reply["held"], reply["kept"] = held_and_kept(nodes, FROZEN)
    return reply


def ask_order(question, names, maker, stage, between):
    nodes, orders, changed, returned = maker.nodes, [], [], []
    for sweep, root in sweeps(question, maker, stage, between):
        before = Contents(nodes)
        stage.update(at="call", index=sweep)
        order = function(names, ORDER_FUNCTION)(nodes[root])
        if isinstance(order, (set, frozenset)) or not hasattr(order, "__iter__"):
            orders.append(foreign(order))
        else:
            orders.append(places(order, nodes, maker.index()))
            returned += [(sweep, order)] if isinstance(order, (list, tuple)) else []
        stage["at"] = "read"
        changed.append(before.changed())
    for sweep, order in returned:
        if sweep < len(orders) - 1:  # what a later call has done to an earlier answer counts
            orders[sweep] = places(order, nodes, maker.index())
    return {**stage.get("made", {}), "orders": orders, "changed": changed}


def sweeps(question, maker, stage, between):
    """Yield each sweep's number and root when the graph has grown as far as it shall; `made` shows the whole graph, if that is asked."""
    built = question.get("grown_sizes")
    for sweep, root in enumerate(question["roots"]):
        if built:
            maker.make(built[sweep])
        if "shows_graph" in question and "made" not in stage and (not built or built[sweep] == built[-1]):
            stage["made"] = {"graph": snapshot(maker.nodes, maker.index()), "identity": identity(maker.nodes)}
        between.before(sweep)
        yield sweep, root
        between.after(root)


def ask_sweeps(attribute, name):
    def ask(question, names, maker, stage, between):
        found, changed = [], []
        for sweep, root in sweeps(question, maker, stage, between):
            before = Contents(maker.nodes)
            stage.update(at="call", index=sweep)
            function(names, name)(maker.nodes[root])
            stage["at"] = "read"
            found.append(numbers([getattr(node, attribute, MISSING) for node in maker.nodes]))
            changed.append(before.changed())
        return {**stage.get("made", {}), "sweeps": found, "changed": changed}

    return ask


ASKED = {
    "nodes": ask_nodes,
    "order": ask_order,
    "forward": ask_sweeps("partial_derivative", "forward"),
    "backward": ask_sweeps("adjoint", "backward"),
}


class KnownOrder(list):
    """A known-good order: a list and, once somebody has called `next` on it, the iterator that a function of theirs may return."""

    def __init__(self, nodes):
        super().__init__(nodes)
        self._rest = None

    def __next__(self):
        self._rest = self._rest or super().__iter__()
        return next(self._rest)

    def __iter__(self):
        return self._rest or super().__iter__()


def replace_order(names, nodes, orders):
    """Put a known-good order, of the nodes made so far, wherever the module's namespace binds the submission's own.

    Returns the functions that were replaced.
    """

    def topological_order(root):
        return KnownOrder([nodes[i] for i in orders[indices(nodes)[id(root)]] if i < len(nodes)])

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
