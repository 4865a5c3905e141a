# hostile: imports libraries that differentiate by themselves; loading: unwritten; scores 0
import torch

import jax

class Node:
    def __init__(self, value, parent_nodes=(), operator="input", grad_wrt_parents=()):
        self.value, self.operator = value, operator
        self.parent_nodes, self.grad_wrt_parents = list(parent_nodes), list(grad_wrt_parents)
        self.child_nodes, self.partial_derivative, self.adjoint = [], 0.0, 0.0

def create_node(value, parent_nodes, operator, grad_wrt_parents): raise NotImplementedError
def add(a, b): raise NotImplementedError
def sub(a, b): raise NotImplementedError
def mul(a, b): raise NotImplementedError
def div(a, b): raise NotImplementedError
def log(a): raise NotImplementedError
def exp(a): raise NotImplementedError
def sin(a): raise NotImplementedError
def cos(a): raise NotImplementedError
def topological_order(root): raise NotImplementedError
def forward(root): raise NotImplementedError
