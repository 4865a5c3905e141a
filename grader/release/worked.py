"""The notebook's worked cells: the reader predicts numbers of the handout's example, runs the cell and compares. They are not graded."""

WORKED_TOOLS = '''
def example():
    """Return the handout's example by name, made by the functions of this notebook."""
    x1, x2 = Node(2.0), Node(5.0)
    v1, v2 = log(x1), mul(x1, x2)
    v3, v4 = add(v1, v2), sin(x2)
    return {"x1": x1, "x2": x2, "v1": v1, "v2": v2, "v3": v3, "v4": v4, "y": sub(v3, v4)}


def compare_predictions(predicted, ask):
    """Print each prediction beside what your functions give; `ask` takes the example's nodes and returns answers by name."""
    try:
        found = ask(example())
    except NotImplementedError as error:
        print(f"{error}: come back when it is")
        return
    except Exception as error:
        print(f"your functions raised {type(error).__name__}: {error}")
        return
    for name, guess in predicted.items():
        got = found.get(name)
        shown = str(guess).replace("Ellipsis", "...")
        said = "no prediction yet" if "..." in shown else "as predicted" if agree(guess, got) else "look again"
        print(f"{name:4} you {shown:16} your functions {got!s:24} {said}")


def agree(guess, got):
    """Return whether a prediction, a number or several, fits what came back to three digits."""
    try:
        if isinstance(guess, (list, tuple)):
            return len(guess) == len(got) and all(map(agree, guess, got))
        return guess == got or abs(float(guess) - float(got)) <= 0.0015 * max(1.0, abs(float(got)))
    except (TypeError, ValueError):
        return False
'''
"""What goes into the notebook's cell of tools."""

HEAD = "# Predict, run, compare: write numbers in place of the dots, then run this cell. It is not graded."
CELLS = {
    "node-creation": f"""{HEAD}
# Which local partials does each node hold, one per operand?
compare_predictions(
    {{"v1": [...], "v2": [..., ...], "v3": [..., ...], "v4": [...], "y": [..., ...]}},
    lambda nodes: {{name: [float(partial) for partial in node.grad_wrt_parents] for name, node in nodes.items()}},
)""",
    "topological-order": f"""{HEAD}
# Which nodes must come before each of these, in every right order from x2? Write for example "a b", sorted.
def before(nodes):
    order = list(topological_order(nodes["x2"]))
    names = {{id(node): name for name, node in nodes.items()}}
    print("your order from x2:", ", ".join(names[id(node)] for node in order))
    reached = {{id(node) for node in order}}
    needed = {{}}
    for one in order:
        parents = [parent for parent in one.parent_nodes if id(parent) in reached]
        needed[id(one)] = sorted({{names[id(p)] for p in parents}} | {{n for p in parents for n in needed[id(p)]}})
    return {{names[key]: " ".join(its) for key, its in needed.items()}}


compare_predictions({{"v2": "...", "v4": "...", "v3": "...", "y": "..."}}, before)""",
    "forward": f"""{HEAD}
# The second sweep: after forward(x1), what does forward(x2) leave in each node that x2 reaches?
def second_sweep(nodes):
    forward(nodes["x1"])
    forward(nodes["x2"])
    return {{name: float(node.partial_derivative) for name, node in nodes.items()}}


compare_predictions({{"x2": ..., "v2": ..., "v3": ..., "v4": ..., "y": ...}}, second_sweep)""",
}
"""A worked cell by the step after whose stubs it comes."""
