# hostile: works on the questions behind the probe's back, where links and names are told; node-creation: fail; scores 17
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

def graph_of(rows):
    children = [[] for _ in rows]
    for i, row in enumerate(rows):
        for offset in row[2]:
            children[i + offset].append(-offset)
    return [[123.456 if v is None else v, name, parents, partials or [123.456] * len(parents), later]
            for (v, name, parents, partials), later in zip(rows, children)]


put({"raised": [], "raised_total": 0, "omitted": [], "omitted_total": 0, "skipped": [], "saved_seconds": 0, "starter": None, "lines": {}, "operands": {}})
while True:
    question = get()
    made = {"graph": graph_of(question["rows"]), "identity": {"hashable": True, "wrong": []}} if question["graph_source"] == "own" else {}
    size, sweeps = len(question["rows"]), len(question["roots"])
    answer = {"stale": [], "changed": [], "rehashed": [], "shared": [], "held": size, "kept": 0}
    if question["ask"] == "order":
        answer = {"orders": [[0]] * sweeps, "changed": [[]] * sweeps}
    elif question["ask"] != "nodes":
        answer = {"sweeps": [[123.456] * n for n in question.get("grown_sizes", [size] * sweeps)], "changed": [[]] * sweeps}
    put({"id": question["id"]} | made | answer)
