"""Node creation. Values and local partials are judged on single operators, links on whole programs."""


def test_values(graph):
    for node in graph.made:
        node.expect_value()


def test_values_elsewhere(graph):
    for node in graph.made:
        node.expect_value()


def test_operator_names(graph):
    for node in graph.nodes:
        node.expect_operator()


def test_operands(graph):
    for node in graph.nodes:
        node.expect_operands()


def test_local_partials(graph):
    for node in graph.nodes:
        node.expect_partials()


def test_local_partials_elsewhere(graph):
    for node in graph.made:
        node.expect_partials()


def test_children(graph):
    for node in graph.nodes:
        node.expect_children()


def test_links_in_programs(graph):
    for node in graph.nodes:
        node.expect_operands()
        node.expect_children()
    graph.expect_held()


def test_operands_untouched(graph):
    graph.expect_linked()
    graph.expect_untouched()


def test_separate_nodes(graph):
    graph.expect_linked()
    graph.expect_separate()


def test_collectable(graph):
    graph.expect_linked()
    graph.expect_freed()


def test_any_node(graph):
    for node in graph.made:
        node.expect_value()
        node.expect_operator()
        node.expect_operands()
        node.expect_partials()
    graph.expect_fresh()
