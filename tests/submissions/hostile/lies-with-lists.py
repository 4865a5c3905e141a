# hostile: lists that lie about their length, their entries and what they equal; node-creation: fail; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

class Liar(list):
    __eq__ = lambda self, other: True
    __len__ = lambda self: 1
    __iter__ = lambda self: iter([Node(1.0)] * 2)
    __getitem__ = lambda self, i: Node(1.0)


def trick(*_):
    node = Node(0.0)
    node.value, node.operator = 123.456, "?"
    node.parent_nodes, node.grad_wrt_parents, node.child_nodes = Liar(), Liar(), Liar()
    return node

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
