"""Measure what the deepest case costs in a submission's own code alone: 50,000 nodes by create_node, and one topological_order.

python chain.py [SUBMISSION]     median CPU ms of nine fresh interpreters; nothing is read, compared or walled in
"""

import gc
import statistics
import subprocess
import sys
import time
from pathlib import Path

REFERENCE = Path(__file__).parent.parent / "reference" / "autodiff.py"
DEPTH = 50_000


def once(path: Path) -> float:
    """Return the CPU time in ms, with the collector set as in the sandbox's template."""
    names = {"__name__": "autodiff"}
    exec(compile(path.read_bytes(), str(path), "exec"), names)
    gc.freeze()
    gc.set_threshold(250_000)
    node_class, create_node, order = names["Node"], names["create_node"], names["topological_order"]
    begun = time.process_time()
    nodes = [node_class(2)]
    while len(nodes) < DEPTH:
        nodes.append(create_node(3, [nodes[-1]], "cos", [2]))
    assert len(order(nodes[0])) == DEPTH
    return (time.process_time() - begun) * 1000


def main() -> None:
    if sys.argv[1:2] == ["--once"]:
        print(once(Path(sys.argv[2])))
        return
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE
    command = [sys.executable, __file__, "--once", path]
    runs = [float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(9)]
    print(f"the chain in {path.name}: {statistics.median(runs):.0f} ms of CPU")


if __name__ == "__main__":
    main()
