"""The extensions: reverse mode and arrays."""


def test_adjoints(sweep):
    sweep.expect_derivatives()


def test_adjoints_again(sweep):
    sweep.expect_derivatives()
    sweep.expect_untouched()


def test_both_modes_in_turn(sweep):
    sweep.expect_derivatives()
    sweep.expect_both_fields()
    sweep.expect_lasting()


def test_array_operators(graph):
    for node in graph.made:
        node.expect_value()
        node.expect_partials()


def test_array_sweeps(sweep):
    sweep.expect_derivatives()
