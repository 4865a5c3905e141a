# hostile: takes 1.5 s to load and ends its process at every question; everything: crash, timeout, not tried; scores 0
import os
import time

begun = time.process_time()
while time.process_time() < begun + 1.5:
    pass

class Node:
    def __init__(self, *parts):
        os._exit(0)

def create_node(*parts):
    os._exit(0)

add = sub = mul = div = log = exp = sin = cos = topological_order = forward = backward = create_node
