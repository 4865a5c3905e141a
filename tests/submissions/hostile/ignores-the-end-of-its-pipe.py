# hostile: answers everything itself, and stays when its requests end; everything: fail, error; scores 0
import json, os, signal, struct, time

def put(reply):
    body = json.dumps(reply).encode()
    os.write(4, struct.pack(">I", len(body)) + body)

def get():
    head = os.read(3, 4)
    while not head:
        time.sleep(1)
    size = struct.unpack(">I", head)[0]
    body = b""
    while len(body) < size:
        body += os.read(3, size - len(body))
    return json.loads(body)

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
put({"raised": [], "raised_total": 0, "omitted": [], "omitted_total": 0, "skipped": [], "saved_seconds": 0, "starter": None, "lines": {}, "operands": {}})
while True:
    question = get()
    size, sweeps = len(question["rows"]), len(question["roots"])
    reply = {"id": question["id"]}
    if question["graph_source"] == "own":
        reply |= {"graph": [[123.456, "", [], [], []]] * size, "identity": {"hashable": True, "wrong": []}}
    if question["ask"] == "nodes":
        put(reply | {"stale": [], "changed": [], "rehashed": [], "shared": [], "held": size, "kept": 0})
    elif question["ask"] == "order":
        put(reply | {"orders": [[0]] * sweeps, "changed": [[]] * sweeps})
    else:
        put(reply | {"sweeps": [[123.456] * n for n in question.get("grown_sizes", [size] * sweeps)], "changed": [[]] * sweeps})
