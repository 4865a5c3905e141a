"""Node creation. Values and local partials are judged on single operators, links on whole programs."""

from grader.compare.expectations import depends_on


def test_values(graph):
    for node in graph.ready:
        node.expect_value()


def test_operator_names(graph):
    for node in graph.nodes:
        node.expect_operator()


def test_operands(graph):
    for node in graph.nodes:
        node.expect_operands()


def test_local_partials(graph):
    for node in (*graph.ready, *graph.inputs):
        node.expect_partials()


def test_children(graph):
    for node in graph.all_nodes:
        node.expect_children()


def test_links_in_programs(graph):
    for node in graph.nodes:
        node.expect_operands()
    for node in graph.all_nodes:
        node.expect_children()
    graph.expect_held()


@depends_on("operands")
def test_operands_untouched(graph):
    graph.require_operands()
    graph.expect_untouched()


@depends_on("operands")
def test_separate_nodes(graph):
    graph.require_operands()
    graph.expect_separate()


@depends_on("operands")
def test_collectable(graph):
    graph.require_operands()
    graph.expect_freed()


def test_any_node(graph):
    for node in graph.made:
        node.expect_value()
        node.expect_operator()
        node.expect_operands()
        node.expect_partials()
    for node in graph.all_nodes:
        node.expect_children()
    graph.expect_fresh()
    graph.expect_held()
