# hostile: says in the sandbox's own words that the walls do not hold; loading: error; scores 0
import json, os, struct

def put(reply):
    body = json.dumps(reply).encode()
    os.write(4, struct.pack(">I", len(body)) + body)

put({"unlocked": ["read a file"]})
os._exit(0)
