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
    flat = [row for times, *row in rows for _ in range(times)]
    children = [[] for _ in flat]
    for i, row in enumerate(flat):
        for offset in row[2]:
            children[i + offset].append(-offset)
    return [[1, 123.456 if v is None else v, name, parents, partials or [123.456] * len(parents), later]
            for (v, name, parents, partials), later in zip(flat, children)]


put({"stopped": None, "starter": None, "lines": {}, "operands": {}, "python": "3"})
while True:
    question = get()
    made = {"graph": graph_of(question["rows"]), "identity": {"hashable": True, "wrong": []}} if question["way"] == "own" else {}
    size, sweeps = sum(row[0] for row in question["rows"]), len(question["roots"])
    answer = {"stale": [], "changed": [], "rehashed": [], "shared": [], "held": size, "kept": 0}
    if question["ask"] == "order":
        answer = {"orders": [[0]] * sweeps, "changed": [[]] * sweeps}
    elif question["ask"] != "nodes":
        answer = {"sweeps": [[123.456] * n for n in question.get("built", [size] * sweeps)], "changed": [[]] * sweeps}
    put({"id": question["id"]} | made | answer)
