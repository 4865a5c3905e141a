# hostile: tells a starter and lines that are none, and ends; loading: error; scores 0
import json, os, struct

def put(reply):
    body = json.dumps(reply).encode()
    os.write(4, struct.pack(">I", len(body)) + body)

put({"stopped": None, "starter": "\ud800" * 9, "lines": {"=1+1": 7}, "operands": {}, "python": "\x1b[2J"})
os._exit(0)
