# hostile: operator names that are equal to every text; node-creation: fail; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

class Liar(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
    __str__ = __getitem__ = encode = lambda self, *_: "add"


def trick(*_):
    node = Node(0.0)
    node.value, node.operator = 123.456, Liar("?")
    node.parent_nodes, node.grad_wrt_parents, node.child_nodes = (), (), ()
    return node

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
