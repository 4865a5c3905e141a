# hostile: proxies that claim the class they are asked for; node-creation: fail; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

class Liar:
    __class__ = property(lambda self: float)
    __module__ = "numpy"
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
    __float__ = lambda self: 1.0
    __iter__ = lambda self: iter(())
    tolist = lambda self: Liar()


def trick(*_):
    node = Node(0.0)
    node.value, node.operator = Liar(), Liar()
    node.parent_nodes, node.grad_wrt_parents, node.child_nodes = Liar(), Liar(), Liar()
    return node

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
