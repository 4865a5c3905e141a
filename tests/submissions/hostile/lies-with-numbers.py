# hostile: numbers that are equal to, less than and greater than everything; node-creation: fail; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

class Liar(float):
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = float.__hash__
    __float__ = __abs__ = __sub__ = __rsub__ = __neg__ = lambda self, *_: 0.0
    __repr__ = lambda self: "1.0"


def trick(*_):
    node = Node(0.0)
    node.value, node.operator = Liar(123.456), "?"
    node.parent_nodes, node.grad_wrt_parents, node.child_nodes = (), (), ()
    return node

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
