# hostile: raises SystemExit with status 0; everything: error; scores 0
class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

def trick(*_):
    raise SystemExit(0)

def topological_order(root):
    return trick(root)

create_node = add = sub = mul = div = log = exp = sin = cos = forward = backward = trick
