# hostile: fills every reply with as many numbers as its form allows; everything: fail, not tried; scores 0
import json, os, struct

def put(reply):
    body = json.dumps(reply).encode()
    os.write(4, struct.pack(">I", len(body)) + body)

def get():
    size = struct.unpack(">I", os.read(3, 4))[0]
    body = b""
    while len(body) < size:
        body += os.read(3, size - len(body))
    return json.loads(body)

put({"raised": [], "raised_total": 0, "omitted": [], "omitted_total": 0, "skipped": [], "saved_seconds": 0, "starter": None, "lines": {}, "operands": {}})
while True:
    question = get()
    size, sweeps = len(question["rows"]), len(question["roots"])
    reply = {"id": question["id"]}
    if question["graph_source"] == "own":
        reply |= {"graph": [[123.5, "", [], [0.5] * (40_000 // size), []]] * size, "identity": {"hashable": True, "wrong": []}}
    if question["ask"] == "nodes":
        put(reply | {"stale": [], "changed": [], "rehashed": [], "shared": [], "held": size, "kept": 0})
    elif question["ask"] == "order":
        put(reply | {"orders": [[0] * (60_000 // sweeps)] * sweeps, "changed": [[]] * sweeps})
    else:
        put(reply | {"sweeps": [[123.5] * n for n in question.get("grown_sizes", [size] * sweeps)], "changed": [[]] * sweeps})
