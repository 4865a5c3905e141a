"""Derivative propagation. Each criterion looks at another kind of graph or sweep."""


def test_chain_rule(sweep):
    sweep.expect_derivatives()


def test_sum_over_paths(sweep):
    sweep.expect_derivatives()


def test_same_node_twice(sweep):
    sweep.expect_derivatives()


def test_cancellation(sweep):
    sweep.expect_derivatives()


def test_second_sweep(sweep):
    sweep.expect_derivatives()
    sweep.expect_untouched(besides="child_nodes")  # what is lost there the next sweep lacks


def test_intermediate_root(sweep):
    sweep.expect_derivatives()


def test_larger_programs(sweep):
    sweep.expect_derivatives()


def test_swept_between_orders(sweep):
    sweep.expect_derivatives()
    sweep.expect_orders()
    sweep.expect_lasting()
