# hostile: tells a starter and lines that are none, and ends; loading: error; scores 0
import json, os, struct

def put(reply):
    body = json.dumps(reply).encode()
    os.write(4, struct.pack(">I", len(body)) + body)

put({"raised": [], "raised_total": 0, "omitted": [], "omitted_total": 0, "skipped": [], "saved_seconds": 0, "starter": "\ud800" * 9, "lines": {"=1+1": 7}, "operands": {}})
os._exit(0)
