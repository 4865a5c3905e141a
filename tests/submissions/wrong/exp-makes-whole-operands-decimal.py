# wrong: exp puts a new node in place of one that holds a whole number; loses node-creation
"""Forward-mode automatic differentiation on an explicit graph (after arXiv 2402.16020).

Build f(x1, x2) = log x1 + x1 x2 - sin x2 at (2, 5) and ask what x1 does to it:

    x1, x2 = Node(2.0), Node(5.0)
    y = sub(add(log(x1), mul(x1, x2)), sin(x2))
    forward(x1)                     # x1 is the ROOT: the input whose influence is followed
    y.partial_derivative            # d y / d x1 = 5.5

In this file `root` is always an input (or intermediate) node and never the output.
Constants are nodes too: Node(2.0), a new one at each use.
"""

import numpy as np

STARTER = "2026.1"


class Node:
    """One number of the computation, what it was computed from, and what was computed from it."""

    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)  # the operands, in operand order; x * x holds x twice
        self.child_nodes = []  # the nodes computed from this one
        self.operator = operator  # "input", or the name of the function that made the node
        self.grad_wrt_parents = list(grad_wrt_parents)  # d self / d operand, one per operand
        self.partial_derivative = 0.0  # d self / d root, after forward(root)
        self.adjoint = 0.0  # d output / d self, after backward(output)

    def __repr__(self):
        return f"<{self.operator} {self.value}>"


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    """Return a new node that knows its operands, and that each operand knows as a child."""
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for parent in parent_nodes:
        parent.child_nodes.append(node)
    return node


def add(a, b):
    """Return the node a + b."""
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    """Return the node a - b."""
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    """Return the node a * b."""
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    """Return the node a / b."""
    return create_node(a.value / b.value, [a, b], "div", [1.0 / b.value, -a.value / b.value**2])


def log(a):
    """Return the node log a, the natural logarithm."""
    return create_node(np.log(a.value), [a], "log", [1.0 / a.value])


def exp(a):
    """Return the node e to the a."""
    if isinstance(a.value, int):
        a = Node(float(a.value))
    return create_node(np.exp(a.value), [a], "exp", [np.exp(a.value)])


def sin(a):
    """Return the node sin a, a in radians."""
    return create_node(np.sin(a.value), [a], "sin", [np.cos(a.value)])


def cos(a):
    """Return the node cos a, a in radians."""
    return create_node(np.cos(a.value), [a], "cos", [-np.sin(a.value)])


def _linearize(start, neighbours):
    """Return what `start` reaches along `neighbours`, each node after all that lead to it (Kahn 1962)."""
    waiting, found = {start: 0}, [start]  # node -> links into it that are not yet followed
    while found:
        for node in neighbours(found.pop()):
            if node not in waiting:
                waiting[node] = 0
                found.append(node)
            waiting[node] += 1
    order, ready = [], [node for node, links in waiting.items() if links == 0]
    while ready:
        order.append(ready.pop())
        for node in neighbours(order[-1]):
            waiting[node] -= 1
            if waiting[node] == 0:
                ready.append(node)
    if len(order) < len(waiting):
        raise ValueError("the graph has a cycle: no topological order exists")
    return order


def topological_order(root):
    """Return root and every node reachable from it along child_nodes, each once, each after its reachable parents."""
    return _linearize(root, lambda node: node.child_nodes)


def forward(root):
    """Set partial_derivative to d node / d root on root and on every node reachable from it."""
    tangents = {root: 1.0}  # a parent that is not in here is not reached: it counts as 0, whatever it holds
    for node in topological_order(root):
        if node is not root:
            pairs = zip(node.parent_nodes, node.grad_wrt_parents, strict=True)
            tangents[node] = sum(partial * tangents[parent] for parent, partial in pairs if parent in tangents)
        node.partial_derivative = tangents[node]


def backward(output):
    """Set adjoint to d output / d node on output and on every node it was computed from."""
    order = _linearize(output, lambda node: node.parent_nodes)
    for node in order:
        node.adjoint = 1.0 if node is output else 0.0
    for node in order:
        for parent, partial in zip(node.parent_nodes, node.grad_wrt_parents, strict=True):
            parent.adjoint = parent.adjoint + node.adjoint * partial  # not +=, which would change arrays in place


if __name__ == "__main__":
    x1, x2 = Node(2.0), Node(5.0)
    y = sub(add(log(x1), mul(x1, x2)), sin(x2))
    forward(x1)
    print(y.partial_derivative)  # 5.5
