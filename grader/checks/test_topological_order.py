"""Topological order. Any valid order is right; each criterion looks at another kind of graph or call."""

from grader.compare.expectations import depends_on


def test_simple_graphs(order):
    order.expect_valid()


def test_unequal_paths(order):
    order.expect_valid()


def test_only_reachable(order):
    order.expect_valid()


def test_repeated_operands(order):
    order.expect_valid()


def test_asked_again(order):
    order.expect_valid()


@depends_on("order")
def test_graph_left_alone(order):
    order.require_nodes()
    order.expect_untouched()


def test_many_paths(order):
    order.expect_valid()


def test_deep_chain(order):
    order.expect_valid()


def test_cycles_refused(order):
    order.expect_valid()  # which asks for a ValueError where the graph has a cycle


@depends_on("order")
def test_asked_between_sweeps(order):
    order.require_first()
    order.expect_valid()
    order.expect_lasting()
