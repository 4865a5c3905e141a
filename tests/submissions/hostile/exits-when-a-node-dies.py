# hostile: ends the process with status 0 when a node is freed; node-creation: crash; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

import os


def trick(*_):
    node = Node(123.456)
    node.itself = node
    return node


Node.__del__ = lambda self: os._exit(0)

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
