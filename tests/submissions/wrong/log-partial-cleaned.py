# wrong: the partial of log is 0 below 1e-12; loses node-creation
import math

STARTER = "2026.1"


class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value = value
        self.parent_nodes = list(parent_nodes)
        self.child_nodes = []
        self.operator = operator
        self.grad_wrt_parents = list(grad_wrt_parents)
        self.partial_derivative = 0.0
        self.adjoint = 0.0

    def __repr__(self):
        return f"<{self.operator} {self.value}>"


def create_node(value, parent_nodes, operator, grad_wrt_parents):
    node = Node(value, parent_nodes, operator, grad_wrt_parents)
    for p in node.parent_nodes:
        p.child_nodes.append(node)
    return node


def add(a, b):
    return create_node(a.value + b.value, [a, b], "add", [1.0, 1.0])


def sub(a, b):
    return create_node(a.value - b.value, [a, b], "sub", [1.0, -1.0])


def mul(a, b):
    return create_node(a.value * b.value, [a, b], "mul", [b.value, a.value])


def div(a, b):
    q = a.value / b.value
    return create_node(q, [a, b], "div", [1.0 / b.value, -q / b.value])


def _clean(x):
    return 0.0 if abs(x) < 1e-12 else x


def log(a):
    return create_node(math.log(a.value), [a], "log", [_clean(1.0 / a.value)])


def exp(a):
    e = math.exp(a.value)
    return create_node(e, [a], "exp", [e])


def sin(a):
    return create_node(math.sin(a.value), [a], "sin", [math.cos(a.value)])


def cos(a):
    return create_node(math.cos(a.value), [a], "cos", [-math.sin(a.value)])


def topological_order(root):
    order, seen = [], {id(root)}
    stack = [(root, iter(root.child_nodes))]
    while stack:
        node, children = stack[-1]
        for c in children:
            if id(c) not in seen:
                seen.add(id(c))
                stack.append((c, iter(c.child_nodes)))
                break
        else:
            stack.pop()
            order.append(node)
    order.reverse()
    return order


def forward(root):
    done = set()
    for node in topological_order(root):
        if node is root:
            node.partial_derivative = 1.0
        else:
            total = 0.0
            for p, g in zip(node.parent_nodes, node.grad_wrt_parents):
                if id(p) in done:
                    total += g * p.partial_derivative
            node.partial_derivative = total
        done.add(id(node))


def backward(output):
    raise NotImplementedError("backward is not written yet (step reverse)")


if __name__ == "__main__":
    x1, x2 = Node(2.0), Node(5.0)
    y = sub(add(log(x1), mul(x1, x2)), sin(x2))
    forward(x1)
    print(y.partial_derivative)  # 5.5
