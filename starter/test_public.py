"""The public cases, as tests that you can read and run. Written by the course's tools: leave this file as it is.

The lines of a test run without pytest, too: put `from autodiff import *` above them, and where they call `graph`
also `from public_checks import graph`.
"""

from autodiff import *

import numpy as np

from public_checks import (
    expect_adjoints, expect_children, expect_derivatives, expect_input, expect_node, expect_order, expect_refused,
    graph, within,
)


# ---- Node creation ---------------------------------------------------------


def test_node_creation__add():
    x, y = Node(1.3), Node(0.7)
    output = add(x, y)
    expect_input("x", x, children=[output])
    expect_input("y", y, children=[output])
    expect_node("output", output, value=2.0, operator="add", operands=[x, y], partials=[1.0, 1.0], children=[])


def test_node_creation__sub():
    x, y = Node(0.6), Node(2.2)
    output = sub(x, y)
    expect_input("x", x, children=[output])
    expect_input("y", y, children=[output])
    expect_node("output", output, value=-1.6, operator="sub", operands=[x, y], partials=[1.0, -1.0], children=[])


def test_node_creation__mul():
    x, y = Node(1.7), Node(0.45)
    output = mul(x, y)
    expect_input("x", x, children=[output])
    expect_input("y", y, children=[output])
    expect_node("output", output, value=0.765, operator="mul", operands=[x, y], partials=[0.45, 1.7], children=[])


def test_node_creation__div():
    x, y = Node(1.9), Node(2.4)
    output = div(x, y)
    expect_input("x", x, children=[output])
    expect_input("y", y, children=[output])
    expect_node("output", output, value=0.791666666667, operator="div", operands=[x, y], partials=[0.416666666667,
        -0.329861111111], children=[])


def test_node_creation__log():
    x = Node(2.3)
    output = log(x)
    expect_input("x", x, children=[output])
    expect_node("output", output, value=0.832909122935, operator="log", operands=[x], partials=[0.434782608696],
        children=[])


def test_node_creation__exp():
    x = Node(0.35)
    output = exp(x)
    expect_input("x", x, children=[output])
    expect_node("output", output, value=1.41906754859, operator="exp", operands=[x], partials=[1.41906754859],
        children=[])


def test_node_creation__sin():
    x = Node(0.8)
    output = sin(x)
    expect_input("x", x, children=[output])
    expect_node("output", output, value=0.7173560909, operator="sin", operands=[x], partials=[0.696706709347],
        children=[])


def test_node_creation__cos():
    x = Node(2.1)
    output = cos(x)
    expect_input("x", x, children=[output])
    expect_node("output", output, value=-0.5048461046, operator="cos", operands=[x], partials=[-0.863209366649],
        children=[])


def test_node_creation__x_plus_x():
    x = Node(1.6)
    output = add(x, x)
    expect_input("x", x, children=[output, output])
    expect_node("output", output, value=3.2, operator="add", operands=[x, x], partials=[1.0, 1.0], children=[])


def test_node_creation__x_minus_x():
    x = Node(2.7)
    output = sub(x, x)
    expect_input("x", x, children=[output, output])
    expect_node("output", output, value=0.0, operator="sub", operands=[x, x], partials=[1.0, -1.0], children=[])


def test_node_creation__x_times_x():
    x = Node(0.55)
    output = mul(x, x)
    expect_input("x", x, children=[output, output])
    expect_node("output", output, value=0.3025, operator="mul", operands=[x, x], partials=[0.55, 0.55], children=[])


def test_node_creation__x_over_x():
    x = Node(3.2)
    output = div(x, x)
    expect_input("x", x, children=[output, output])
    expect_node("output", output, value=1.0, operator="div", operands=[x, x], partials=[0.3125, -0.3125], children=[])


def test_node_creation__children__free_diamond():
    """A->B, A->C, B->D, C->D"""
    A = Node(0.487)
    B = create_node(1.81221508, [A], "cos", [-2.107])
    C = create_node(0.75295798, [A], "log", [2])
    D = create_node(1.11415097, [B, C], "sub", [1.881, 2])
    expect_children(A=[B, C], B=[D], C=[D], D=[])


def test_node_creation__children__free_repeated():
    A = Node(-3)
    B = create_node(-3, [A, A], "sub", [2, 2.42996345])
    C = create_node(2.42996345, [B, A], "mul", [-2, 0.86771849])
    expect_children(A=[B, B, C], B=[C], C=[])


def test_node_creation__children__free_long():
    """A->B, A->C, B->D, C->D, D->E, E->F, A->F, F->G, B->G"""
    A = Node(2.6055989)
    B = create_node(3, [A], "sin", [2])
    C = create_node(1.898, [A], "cos", [0.631])
    D = create_node(2.13962138, [B, C], "div", [3, 2])
    E = create_node(3, [D], "sin", [-0.443])
    F = create_node(2.13962138, [E, A], "add", [0.631, -1.30789129])
    G = create_node(-0.367, [F, B], "sub", [1.142, -1.30789129])
    expect_children(A=[B, C, F], B=[D, G], C=[D], D=[E], E=[F], F=[G], G=[])


def test_node_creation__children__free_many():
    """A->E, B->E, C->E, D->E, E->F"""
    A, B, C, D = Node(-3), Node(0.764), Node(0.40860996), Node(0.40860996)
    E = create_node(2.263, [A, B, C, D], "combine", [0.817, 2.50862222, 2.263, 2])
    F = create_node(0.791, [E], "exp", [-2])
    expect_children(A=[E], B=[E], C=[E], D=[E], E=[F], F=[])


# ---- Topological order -----------------------------------------------------


def test_topological_order__simple_graphs__two_nodes():
    A, B = graph("A->B")
    expect_order(A)


def test_topological_order__simple_graphs__three_in_a_row():
    A, B, C = graph("A->B, B->C")
    expect_order(A)


def test_topological_order__simple_graphs__diamond():
    A, B, C, D = graph("A->B, A->C, B->D, C->D")
    expect_order(A)


def test_topological_order__simple_graphs__tutorial_order():
    """log(x1) + x1*x2 - sin(x2) at x1=2, x2=5"""
    x1, x2 = Node(2), Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    expect_order(x1, [(x1, v1), (x1, v2), (v1, v3), (v2, v3), (v3, output)])


def test_topological_order__simple_graphs__sum_of_functions():
    """sin(x) + cos(x) at x=0.4"""
    x = Node(0.4)
    v1 = sin(x)
    v2 = cos(x)
    output = add(v1, v2)
    expect_order(x, [(x, v1), (x, v2), (v1, output), (v2, output)])


def test_topological_order__simple_graphs__two_outputs():
    A, B, C, D = graph("A->B, A->C, B->D")
    expect_order(A)


def test_topological_order__unequal_paths__long_and_short():
    A, B, C, D = graph("A->B, B->C, C->D, A->D")
    expect_order(A)


def test_topological_order__unequal_paths__short_first():
    A, B, C, D, E = graph("A->B, B->C, A->D, C->D, D->E")
    expect_order(A)


def test_topological_order__unequal_paths__skip_two():
    A, B, C, D, E = graph("A->B, B->C, B->D, C->D, A->E, C->E, D->E")
    expect_order(A)


def test_topological_order__unequal_paths__polynomial():
    """x*x + 2*x + 1 at x=1.7"""
    x, c2, c5 = Node(1.7), Node(2.0), Node(1.0)
    v1 = mul(x, x)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    output = add(v4, c5)
    expect_order(x, [(x, v1), (x, v3), (v1, v4), (v3, v4), (v4, output)])


def test_topological_order__unequal_paths__cube():
    """u = x*x + 1; u*u*u at x=1.4"""
    x, c2 = Node(1.4), Node(1.0)
    v1 = mul(x, x)
    u = add(v1, c2)
    v4 = mul(u, u)
    output = mul(v4, u)
    expect_order(x, [(x, v1), (v1, u), (u, v4), (u, output), (v4, output)])


def test_topological_order__unequal_paths__middle_operand_last():
    A, B, C, D = graph("A->B, B->C, A->D, C->D, B->D")
    expect_order(A)


def test_topological_order__unequal_paths__last_operand_last():
    A, B, C, D = graph("A->B, B->C, A->D, B->D, C->D")
    expect_order(A)


def test_topological_order__unequal_paths__level_twice():
    A, B, C, D, E, F = graph("A->B, B->C, C->D, A->D, A->E, D->E, C->F, E->F")
    expect_order(A)


def test_topological_order__unequal_paths__horner_order():
    """(((((x*0.4 + 1.2)*x + 0.7)*x + 2.1)*x + 0.3)*x + 1.6)*x at x=1.3"""
    x, c1, c3, c6, c9, c12, c15 = Node(1.3), Node(0.4), Node(1.2), Node(0.7), Node(2.1), Node(0.3), Node(1.6)
    v2 = mul(x, c1)
    v4 = add(v2, c3)
    v5 = mul(v4, x)
    v7 = add(v5, c6)
    v8 = mul(v7, x)
    v10 = add(v8, c9)
    v11 = mul(v10, x)
    v13 = add(v11, c12)
    v14 = mul(v13, x)
    v16 = add(v14, c15)
    output = mul(v16, x)
    expect_order(x, [(x, v2), (x, v5), (x, v8), (x, v11), (x, v14), (x, output), (v2, v4), (v4, v5), (v5, v7), (v7, v8),
        (v8, v10), (v10, v11), (v11, v13), (v13, v14), (v14, v16), (v16, output)])


def test_topological_order__unequal_paths__nested_shortcuts():
    A, B, G, C, D, E, F, H, I, J, K, L = graph("A->B, A->B, A->G, A->C, B->C, C->D, D->E, E->F, C->F, F->H, F->I, "
        "C->I, C->J, H->J, G->K, J->K, K->L, A->L")
    expect_order(A)


def test_topological_order__unequal_paths__side_branch():
    A, B, C, D, E = graph("A->B, B->C, B->D, A->E, D->E")
    expect_order(A)


# ---- Derivative propagation ------------------------------------------------


def test_forward__chain_rule__nested():
    """sin(exp(x*0.3)) at x=1.9"""
    x, c1 = Node(1.9), Node(0.3)
    v2 = mul(x, c1)
    v3 = exp(v2)
    output = sin(v3)
    forward(x)
    expect_derivatives(x=1.0, v2=0.3, v3=0.53048011543, output=-0.104074808823)


def test_forward__chain_rule__quotient():
    """cos(3 / log(x)) at x=2.6"""
    x, c1 = Node(2.6), Node(3.0)
    v2 = log(x)
    v3 = div(c1, v2)
    output = cos(v3)
    forward(x)
    expect_derivatives(x=1.0, v2=0.384615384615, v3=-1.26379350779, output=0.00241742748844)


def test_forward__chain_rule__scaled_sum():
    """(x + 2)*3 at x=0.4"""
    x, c1, c3 = Node(0.4), Node(2.0), Node(3.0)
    v2 = add(x, c1)
    output = mul(v2, c3)
    forward(x)
    expect_derivatives(x=1.0, v2=1.0, output=3.0)


def test_forward__chain_rule__free_chain():
    A = Node(0.573)
    B = Node(-1.876, [A], "exp", [-1.876])
    C = Node(3, [B], "cos", [-0.58062554])
    D = Node(-1.768, [C], "log", [0.787])
    A.child_nodes, B.child_nodes, C.child_nodes = [B], [C], [D]
    forward(A)
    expect_derivatives(A=1.0, B=-1.876, C=1.08925351304, D=0.857242514762)


def test_forward__sum_over_paths__tutorial():
    """log(x1) + x1*x2 - sin(x2) at x1=2, x2=5"""
    x1, x2 = Node(2), Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x1)
    expect_derivatives(x1=1.0, v1=0.5, v2=5.0, v3=5.5, output=5.5)


def test_forward__sum_over_paths__quadratic():
    """x*x + 2*x + 1 at x=1.7"""
    x, c2, c5 = Node(1.7), Node(2.0), Node(1.0)
    v1 = mul(x, x)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    output = add(v4, c5)
    forward(x)
    expect_derivatives(x=1.0, v1=3.4, v3=2.0, v4=5.4, output=5.4)


def test_forward__sum_over_paths__sum_of_squares():
    """x*x + y*y at x=1.2, y=0.7"""
    x, y = Node(1.2), Node(0.7)
    v1 = mul(x, x)
    v2 = mul(y, y)
    output = add(v1, v2)
    forward(x)
    expect_derivatives(x=1.0, v1=2.4, output=2.4)


def test_forward__sum_over_paths__sine_plus_cosine():
    """sin(x) + cos(x) at x=0.4"""
    x = Node(0.4)
    v1 = sin(x)
    v2 = cos(x)
    output = add(v1, v2)
    forward(x)
    expect_derivatives(x=1.0, v1=0.921060994003, v2=-0.389418342309, output=within(0.531642651694, 1.31047933631))


def test_forward__sum_over_paths__squared_plus_mixed():
    """x*x + 2*x*y at x=1.4, y=0.6"""
    x, y, c2 = Node(1.4), Node(0.6), Node(2.0)
    v1 = mul(x, x)
    v3 = mul(c2, x)
    v4 = mul(v3, y)
    output = add(v1, v4)
    forward(x)
    expect_derivatives(x=1.0, v1=2.8, v3=2.0, v4=1.2, output=4.0)


def test_forward__sum_over_paths__cube_of_sum():
    """u = x*x + 1; u*u*u at x=1.4"""
    x, c2 = Node(1.4), Node(1.0)
    v1 = mul(x, x)
    u = add(v1, c2)
    v4 = mul(u, u)
    output = mul(v4, u)
    forward(x)
    expect_derivatives(x=1.0, v1=2.8, u=2.8, v4=16.576, output=73.59744)


def test_forward__sum_over_paths__second_variable():
    """log(x1) + x1*x2 - sin(x2) at x1=2, x2=5 sweeps x2"""
    x1, x2 = Node(2), Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x2)
    expect_derivatives(x2=1.0, v2=2.0, v3=2.0, v4=0.283662185463, output=within(1.71633781454, 2.28366218546))


def test_forward__sum_over_paths__free_two_outputs():
    A = Node(0.588)
    B = Node(0.588, [A], "cos", [0.39921258])
    C = Node(3, [A], "log", [2.54569363])
    D = Node(1.37791848, [B], "exp", [3])
    A.child_nodes, B.child_nodes = [B, C], [D]
    forward(A)
    expect_derivatives(A=1.0, B=0.39921258, C=2.54569363, D=1.19763774)


def test_forward__sum_over_paths__diamond_sweep():
    A = Node(2)
    B = Node(2, [A], "cos", [0.562])
    C = Node(-1.41013683, [A], "log", [0.80919675])
    D = Node(-1.41013683, [B, C], "sub", [0.80919675, -1.41013683])
    A.child_nodes, B.child_nodes, C.child_nodes = [B, C], [D], [D]
    forward(A)
    expect_derivatives(A=1.0, B=0.562, C=0.80919675, D=within(-0.686309566391, 1.59584671339))


def test_forward__sum_over_paths__free_long_and_short():
    A = Node(-2.6)
    B = Node(2.40713792, [A], "exp", [-2.03])
    C = Node(2.023, [B], "sin", [1.759])
    D = Node(0.613, [C, A], "mul", [3, -0.397])
    E = Node(1.864, [D], "exp", [3])
    A.child_nodes, B.child_nodes, C.child_nodes, D.child_nodes = [B, D], [C], [D], [E]
    forward(A)
    expect_derivatives(A=1.0, B=-2.03, C=-3.57077, D=-11.10931, E=-33.32793)


def test_forward__two_sweeps():
    """Two sweeps of one graph: each input needs one."""
    x1, x2 = Node(2), Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    forward(x1)
    expect_derivatives(x1=1.0, v1=0.5, v2=5.0, v3=5.5, output=5.5)
    forward(x2)
    expect_derivatives(x2=1.0, v2=2.0, v3=2.0, v4=0.283662185463, output=within(1.71633781454, 2.28366218546))


# ---- Extensions ------------------------------------------------------------


def test_extension__deep_chain__chain_of_1200():
    nodes = [Node(0.5)]
    while len(nodes) < 1200:
        nodes.append(Node(0.5, [nodes[-1]], "sin", [1.5]))
        nodes[-2].child_nodes = [nodes[-1]]
    expect_order(nodes[0])


def test_extension__cycles_refused__no_ring():
    A, B, C, D = graph("A->B, A->C, B->C, C->D")
    expect_order(A)


def test_extension__cycles_refused__ring_of_three():
    root, r1, r3, r2 = graph("root->r1, r3->r1, r1->r2, r2->r3")
    expect_refused(root)


def test_extension__cycles_refused__ring_of_one():
    root, r1 = graph("root->r1, r1->r1")
    expect_refused(root)


def test_extension__cycles_refused__ring_through_root():
    C, A, B = graph("C->A, A->B, B->C")
    expect_refused(A)


def test_extension__cycles_refused__ring_of_root_alone():
    A, B = graph("A->A, A->B")
    expect_refused(A)


def test_extension__cycles_refused__ring_with_a_tail():
    A, B, C, D = graph("A->B, C->B, B->C, C->D")
    expect_refused(A)


def test_extension__cycles_refused__ring_away_from_root():
    A, B, C, D = graph("A->B, B->C, D->C, C->D")
    expect_refused(A)


def test_extension__adjoints__tutorial_adjoints():
    """log(x1) + x1*x2 - sin(x2) at x1=2, x2=5"""
    x1, x2 = Node(2), Node(5)
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    backward(output)
    expect_adjoints(x1=5.5, x2=within(1.71633781454, 2.28366218546), v1=1.0, v2=1.0, v3=1.0, v4=-1.0, output=1.0)


def test_extension__adjoints__quadratic_adjoints():
    """x*x + 2*x + 3 at x=1.7"""
    x, c2, c5 = Node(1.7), Node(2.0), Node(3.0)
    v1 = mul(x, x)
    v3 = mul(c2, x)
    v4 = add(v1, v3)
    output = add(v4, c5)
    backward(output)
    expect_adjoints(x=5.4, v1=1.0, c2=1.7, v3=1.0, v4=1.0, c5=1.0, output=1.0)


def test_extension__adjoints__long_and_short_adjoints():
    A = Node(0.83847593)
    B = Node(-2.015, [A], "log", [-2.015])
    C = Node(0.79542033, [B], "log", [0.79542033])
    D = Node(3, [C, A], "div", [1.36698127, -0.84111826])
    A.child_nodes, B.child_nodes, C.child_nodes = [B, D], [C], [D]
    backward(D)
    expect_adjoints(A=-3.03207751617, B=1.08732469289, C=1.36698127, D=1.0)


def test_extension__adjoints__from_many_inputs():
    """a*b + c*d + e*f - g at a=1.2, b=0.4, c=2.2, d=0.7, e=1.8, f=0.3, g=2.9"""
    a, b, c, d, e, f, g = Node(1.2), Node(0.4), Node(2.2), Node(0.7), Node(1.8), Node(0.3), Node(2.9)
    v1 = mul(a, b)
    v2 = mul(c, d)
    v3 = add(v1, v2)
    v4 = mul(e, f)
    v5 = add(v3, v4)
    output = sub(v5, g)
    backward(output)
    expect_adjoints(a=0.4, b=1.2, c=0.7, d=2.2, e=0.3, f=1.8, g=-1.0, v1=1.0, v2=1.0, v3=1.0, v4=1.0, v5=1.0,
        output=1.0)


def test_extension__adjoints__inner_output():
    """u = x*z; sin(u) - u*x at x=1.3, z=0.7 sweeps u"""
    x, z = Node(1.3), Node(0.7)
    u = mul(x, z)
    v2 = sin(u)
    v3 = mul(u, x)
    output = sub(v2, v3)
    backward(u)
    expect_adjoints(x=0.7, z=1.3, u=1.0)


def test_extension__tutorial_array():
    """log(x1) + x1*x2 - sin(x2) at x1=[2, 0.7, 3.1], x2=[5, 1.4, -0.6] sweeps x1, x2"""
    x1, x2 = Node(np.array([2, 0.7, 3.1])), Node(np.array([5, 1.4, -0.6]))
    v1 = log(x1)
    v2 = mul(x1, x2)
    v3 = add(v1, v2)
    v4 = sin(x2)
    output = sub(v3, v4)
    expect_node("v1", v1, value=[0.69314718056, -0.356674943939, 1.13140211149], partials=[[0.5, 1.42857142857,
        0.322580645161]])
    expect_node("v2", v2, value=[10.0, 0.98, -1.86], partials=[[5.0, 1.4, -0.6], [2.0, 0.7, 3.1]])
    expect_node("v3", v3, value=[10.6931471806, 0.623325056061, -0.728597888509], partials=[[1.0] * 3, [1.0] * 3])
    expect_node("v4", v4, value=[-0.958924274663, 0.985449729988, -0.564642473395], partials=[[0.283662185463,
        0.1699671429, 0.82533561491]])
    expect_node("output", output, value=[11.6520714552, -0.362124673927, -0.163955415114], partials=[[1.0] * 3,
        [-1.0] * 3])
    forward(x1)
    expect_derivatives(x1=[1.0] * 3, v1=[0.5, 1.42857142857, 0.322580645161], v2=[5.0, 1.4, -0.6], v3=within([5.5,
        2.82857142857, -0.277419354839], [5.5, 2.82857142857, 0.922580645161]), output=within([5.5, 2.82857142857,
        -0.277419354839], [5.5, 2.82857142857, 0.922580645161]))
    forward(x2)
    expect_derivatives(x2=[1.0] * 3, v2=[2.0, 0.7, 3.1], v3=[2.0, 0.7, 3.1], v4=[0.283662185463, 0.1699671429,
        0.82533561491], output=within([1.71633781454, 0.5300328571, 2.27466438509], [2.28366218546, 0.8699671429,
        3.92533561491]))


def test_extension__shared_array():
    """u = x*x + y; u*u - u*x at x=[1.4, -0.6, 0.3], y=0.5 sweeps x, u, x, y"""
    x, y = Node(np.array([1.4, -0.6, 0.3])), Node(0.5)
    v1 = mul(x, x)
    u = add(v1, y)
    v3 = mul(u, u)
    v4 = mul(u, x)
    output = sub(v3, v4)
    expect_node("v1", v1, value=[1.96, 0.36, 0.09], partials=[[1.4, -0.6, 0.3], [1.4, -0.6, 0.3]])
    expect_node("u", u, value=[2.46, 0.86, 0.59], partials=[[1.0] * 3, [1.0] * 3])
    expect_node("v3", v3, value=[6.0516, 0.7396, 0.3481], partials=[[2.46, 0.86, 0.59], [2.46, 0.86, 0.59]])
    expect_node("v4", v4, value=[3.444, -0.516, 0.177], partials=[[1.4, -0.6, 0.3], [2.46, 0.86, 0.59]])
    expect_node("output", output, value=[2.6076, 1.2556, 0.1711], partials=[[1.0] * 3, [-1.0] * 3])
    forward(x)
    expect_derivatives(x=[1.0] * 3, v1=[2.8, -1.2, 0.6], u=[2.8, -1.2, 0.6], v3=[13.776, -2.064, 0.708], v4=[6.38, 1.58,
        0.77], output=within([7.396, -3.644, -0.062], [20.156, 3.644, 1.478]))
    forward(u)
    expect_derivatives(u=[1.0] * 3, v3=[4.92, 1.72, 1.18], v4=[1.4, -0.6, 0.3], output=within([3.52, 2.32, 0.88], [6.32,
        2.32, 1.48]))
    forward(x)
    expect_derivatives(x=[1.0] * 3, v1=[2.8, -1.2, 0.6], u=[2.8, -1.2, 0.6], v3=[13.776, -2.064, 0.708], v4=[6.38, 1.58,
        0.77], output=within([7.396, -3.644, -0.062], [20.156, 3.644, 1.478]))
    forward(y)
    expect_derivatives(y=[1.0] * 3, u=[1.0] * 3, v3=[4.92, 1.72, 1.18], v4=[1.4, -0.6, 0.3], output=within([3.52, 2.32,
        0.88], [6.32, 2.32, 1.48]))


def test_extension__constant_before_array():
    """(2 - x) * (3 / x) at x=[1.4, -0.6, 0.3]"""
    x, c1, c3 = Node(np.array([1.4, -0.6, 0.3])), Node(2.0), Node(3.0)
    v2 = sub(c1, x)
    v4 = div(c3, x)
    output = mul(v2, v4)
    expect_node("v2", v2, value=[0.6, 2.6, 1.7], partials=[[1.0] * 3, [-1.0] * 3])
    expect_node("v4", v4, value=[2.14285714286, -5.0, 10.0], partials=[[0.714285714286, -1.66666666667, 3.33333333333],
        [-1.5306122449, -8.33333333333, -33.3333333333]])
    expect_node("output", output, value=[1.28571428571, -13.0, 17.0], partials=[[2.14285714286, -5.0, 10.0], [0.6, 2.6,
        1.7]])
    forward(x)
    expect_derivatives(x=[1.0] * 3, v2=[-1.0] * 3, v4=[-1.5306122449, -8.33333333333, -33.3333333333],
        output=within([-3.0612244898, -16.6666666667, -66.6666666667], [3.0612244898, 26.6666666667, 66.6666666667]))


def test_extension__whole_number_entries():
    """x*x*x + x*0.5 at x=[2, -3, 5]"""
    x, c3 = Node(np.array([2, -3, 5])), Node(0.5)
    v1 = mul(x, x)
    v2 = mul(v1, x)
    v4 = mul(x, c3)
    output = add(v2, v4)
    expect_node("v1", v1, value=[4, 9, 25], partials=[[2, -3, 5], [2, -3, 5]])
    expect_node("v2", v2, value=[8, -27, 125], partials=[[2, -3, 5], [4, 9, 25]])
    expect_node("v4", v4, value=[1.0, -1.5, 2.5], partials=[[0.5] * 3, [2, -3, 5]])
    expect_node("output", output, value=[9.0, -28.5, 127.5], partials=[[1.0] * 3, [1.0] * 3])
    forward(x)
    expect_derivatives(x=[1.0] * 3, v1=[4.0, -6.0, 10.0], v2=[12.0, 27.0, 75.0], v4=[0.5] * 3, output=[12.5, 27.5,
        75.5])


def test_extension__one_entry():
    """u = x*x + 0.5; u*u - u*x at x=[1.4]"""
    x, c2 = Node(np.array([1.4])), Node(0.5)
    v1 = mul(x, x)
    u = add(v1, c2)
    v4 = mul(u, u)
    v5 = mul(u, x)
    output = sub(v4, v5)
    expect_node("v1", v1, value=[1.96], partials=[[1.4], [1.4]])
    expect_node("u", u, value=[2.46], partials=[[1.0], [1.0]])
    expect_node("v4", v4, value=[6.0516], partials=[[2.46], [2.46]])
    expect_node("v5", v5, value=[3.444], partials=[[1.4], [2.46]])
    expect_node("output", output, value=[2.6076], partials=[[1.0], [-1.0]])
    forward(x)
    expect_derivatives(x=[1.0], v1=[2.8], u=[2.8], v4=[13.776], v5=[6.38], output=within([7.396], [20.156]))


def test_extension__twelve_entries():
    """x*y + sin(x) at x=[0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6], y=[1.9, -0.3, 0.7, 2.4, -1.1,
    0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1] sweeps x, y"""
    x = Node(np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]))
    y = Node(np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1]))
    v1 = mul(x, y)
    v2 = sin(x)
    output = add(v1, v2)
    expect_node("v1", v1, value=[0.76, -0.51, 1.82, -3.12, -0.88, 1.86, -0.3, -0.88, 1.1, -3.24, -1.44, 3.36],
        partials=[[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1], [0.4, 1.7, 2.6, -1.3, 0.8, 3.1,
        -0.2, 1.1, 2.2, -2.7, 0.9, 1.6]])
    expect_node("v2", v2, value=[0.389418342309, 0.991664810452, 0.515501371821, -0.963558185417, 0.7173560909,
        0.0415806624333, -0.198669330795, 0.891207360061, 0.80849640382, -0.427379880234, 0.783326909627,
        0.999573603042], partials=[[0.921060994003, -0.128844494296, -0.856888753369, 0.267498828625, 0.696706709347,
        -0.999135150273, 0.980066577841, 0.453596121426, -0.588501117255, -0.904072142017, 0.621609968271,
        -0.0291995223013]])
    expect_node("output", output, value=[1.14941834231, 0.481664810452, 2.33550137182, -4.08355818542, -0.1626439091,
        1.90158066243, -0.498669330795, 0.0112073600614, 1.90849640382, -3.66737988023, -0.656673090373, 4.35957360304],
        partials=[[1.0] * 12, [1.0] * 12])
    forward(x)
    expect_derivatives(x=[1.0] * 12, v1=[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1],
        v2=[0.921060994003, -0.128844494296, -0.856888753369, 0.267498828625, 0.696706709347, -0.999135150273,
        0.980066577841, 0.453596121426, -0.588501117255, -0.904072142017, 0.621609968271, -0.0291995223013],
        output=within([2.821060994, -0.428844494296, -0.156888753369, 2.66749882862, -0.403293290653, -0.399135150273,
        2.48006657784, -0.346403878574, -0.0885011172553, 0.295927857983, -0.978390031729, 2.0708004777], [2.821060994,
        0.428844494296, 1.55688875337, 2.66749882862, 1.79670670935, 1.59913515027, 2.48006657784, 1.25359612143,
        1.08850111726, 2.10407214202, 2.22160996827, 2.1291995223]))
    forward(y)
    expect_derivatives(y=[1.0] * 12, v1=[0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6], output=[0.4,
        1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6])


def test_extension__zero_entry():
    """u = x - y; sin(u*u) + u at x=[1.3, 1.4, -0.6], y=[1.3, 0.2, 0.7]"""
    x, y = Node(np.array([1.3, 1.4, -0.6])), Node(np.array([1.3, 0.2, 0.7]))
    u = sub(x, y)
    v2 = mul(u, u)
    v3 = sin(v2)
    output = add(v3, u)
    expect_node("u", u, value=[0.0, 1.2, -1.3], partials=[[1.0] * 3, [-1.0] * 3])
    expect_node("v2", v2, value=[0.0, 1.44, 1.69], partials=[[0.0, 1.2, -1.3], [0.0, 1.2, -1.3]])
    expect_node("v3", v3, value=[0.0, 0.991458348192, 0.992903651094], partials=[[1.0, 0.130423708738,
        -0.118921569297]])
    expect_node("output", output, value=[0.0, 2.19145834819, -0.307096348906], partials=[[1.0] * 3, [1.0] * 3])
    forward(x)
    expect_derivatives(x=[1.0] * 3, u=[1.0] * 3, v2=[0.0, 2.4, -2.6], v3=[0.0, 0.313016900972, 0.309196080171],
        output=[1.0, 1.31301690097, 1.30919608017])


def test_extension__zero_array():
    """(x - x) + x*y at x=[1.4, -0.6, 0.3], y=[0.2, 2.7, 1.8]"""
    x, y = Node(np.array([1.4, -0.6, 0.3])), Node(np.array([0.2, 2.7, 1.8]))
    v1 = sub(x, x)
    v2 = mul(x, y)
    output = add(v1, v2)
    expect_node("v1", v1, value=[0.0] * 3, partials=[[1.0] * 3, [-1.0] * 3])
    expect_node("v2", v2, value=[0.28, -1.62, 0.54], partials=[[0.2, 2.7, 1.8], [1.4, -0.6, 0.3]])
    expect_node("output", output, value=[0.28, -1.62, 0.54], partials=[[1.0] * 3, [1.0] * 3])
    forward(x)
    expect_derivatives(x=[1.0] * 3, v1=within([0.0] * 3, [2.0] * 3), v2=[0.2, 2.7, 1.8], output=within([0.2, 2.7, 1.8],
        [2.2, 4.7, 3.8]))


def test_extension__array_operators__free_beside_arrays():
    A = Node(2)
    B = create_node(1.908, [A], "log", [1.908])
    C = create_node(3, [B, A], "div", [0.36497515, 0.858])
    expect_node("B", B, value=1.908, partials=[1.908])
    expect_node("C", C, value=3, partials=[0.36497515, 0.858])


def test_extension__array_operators__array_mul():
    x, y = Node(np.array([0.4, 1.7, 2.6])), Node(np.array([1.9, -0.3, 0.7]))
    output = mul(x, y)
    expect_node("output", output, value=[0.76, -0.51, 1.82], partials=[[1.9, -0.3, 0.7], [0.4, 1.7, 2.6]])


def test_extension__array_operators__array_div():
    x, y = Node(np.array([0.4, 1.7, 2.6])), Node(np.array([2e-10, -0.3, 0.7]))
    output = div(x, y)
    expect_node("output", output, value=[2000000000.0, -5.66666666667, 3.71428571429], partials=[[5000000000.0,
        -3.33333333333, 1.42857142857], [-1e+19, -18.8888888889, -5.30612244898]])


def test_extension__array_operators__array_log():
    x = Node(np.array([2, 5, 3]))
    output = log(x)
    expect_node("output", output, value=[0.69314718056, 1.60943791243, 1.09861228867], partials=[[0.5, 0.2,
        0.333333333333]])


def test_extension__array_operators__array_exp():
    x = Node(np.array([600, -600, 2]))
    output = exp(x)
    expect_node("output", output, value=[3.77302030093e+260, 2.650396553e-261, 7.38905609893],
        partials=[[3.77302030093e+260, 2.650396553e-261, 7.38905609893]])


def test_extension__array_operators__array_of_tiny_and_large():
    """log(x) - exp(y) at x=[0.0004, 52000, 1.7], y=[24.5, -21.3, 31.5]"""
    x, y = Node(np.array([0.0004, 52000, 1.7])), Node(np.array([24.5, -21.3, 31.5]))
    v1 = log(x)
    v2 = exp(y)
    output = sub(v1, v2)
    expect_node("v1", v1, value=[-7.82404601086, 10.8589989976, 0.530628251062], partials=[[2500.0, 1.92307692308e-05,
        0.588235294118]])
    expect_node("v2", v2, value=[43673179097.6, 5.61729892442e-10, 47893456332500.0], partials=[[43673179097.6,
        5.61729892442e-10, 47893456332500.0]])
    expect_node("output", output, value=[-43673179105.5, 10.858998997, -47893456332500.0], partials=[[1.0] * 3,
        [-1.0] * 3])


def test_extension__array_operators__array_of_whole_numbers():
    x, y = Node(np.array([7, -3, 5])), Node(np.array([4, 2, -3]))
    output = div(x, y)
    expect_node("output", output, value=[1.75, -1.5, -1.66666666667], partials=[[0.25, 0.5, -0.333333333333], [-0.4375,
        0.75, -0.555555555556]])


def test_extension__array_operators__array_of_one():
    x = Node(np.array([3e-15]))
    output = log(x)
    expect_node("output", output, value=[-33.4401641062], partials=[[333333333333000.0]])


def test_extension__array_operators__array_of_twenty():
    x = Node(np.array([0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7, 0.9, 1.6, 0.3, 1.4, -0.9, 2.3, 0.6, -1.8,
        2.9, 1.2]))
    y = Node(np.array([1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5, 1.2, -1.6, 2.1, 0.9, -2.2, 1.7, 0.4, 2.6, -0.7,
        1.3, 3.2]))
    output = mul(x, y)
    expect_node("output", output, value=[0.76, -0.51, 1.82, -3.12, -0.88, 1.86, -0.3, -0.88, 1.1, -3.24, -1.44, 3.36,
        0.27, -3.08, -1.53, 0.92, 1.56, 1.26, 3.77, 3.84], partials=[[1.9, -0.3, 0.7, 2.4, -1.1, 0.6, 1.5, -0.8, 0.5,
        1.2, -1.6, 2.1, 0.9, -2.2, 1.7, 0.4, 2.6, -0.7, 1.3, 3.2], [0.4, 1.7, 2.6, -1.3, 0.8, 3.1, -0.2, 1.1, 2.2, -2.7,
        0.9, 1.6, 0.3, 1.4, -0.9, 2.3, 0.6, -1.8, 2.9, 1.2]])


def test_extension__array_operators__array_trigonometry():
    """sin(x) - cos(x) at x=[2, -1, 3]"""
    x = Node(np.array([2, -1, 3]))
    v1 = sin(x)
    v2 = cos(x)
    output = sub(v1, v2)
    expect_node("v1", v1, value=[0.909297426826, -0.841470984808, 0.14112000806], partials=[[-0.416146836547,
        0.540302305868, -0.9899924966]])
    expect_node("v2", v2, value=[-0.416146836547, 0.540302305868, -0.9899924966], partials=[[-0.909297426826,
        0.841470984808, -0.14112000806]])
    expect_node("output", output, value=[1.32544426337, -1.38177329068, 1.13111250466], partials=[[1.0] * 3,
        [-1.0] * 3])


def test_extension__array_sweeps__free_beside_arrays():
    A = Node(1.2780538)
    B = Node(0.51302714, [A], "sin", [-0.593])
    C = Node(-3, [B, A], "div", [1.2780538, -3])
    A.child_nodes, B.child_nodes = [B, C], [C]
    forward(A)
    expect_derivatives(A=1.0, B=-0.593, C=-3.7578859034)
