"""An existing Dask cluster as the crew that collects. Its workers are looked at before anything is sent to them."""

import contextlib
import importlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from grader import interrupts
from grader.cohort.dispatch import KEPT, Crew
from grader.cohort.remote_worker import Facts, let_go, look
from grader.kit import collecting_sha256
from grader.model import KitFault

ADDRESS = re.compile(r"((tcp|tls|wss?|ucx)://)?[^\s/]+:\d+")
PATIENCE = 60
"""Seconds without any worker after which none is waited for."""


@contextmanager
def dask_crew(address: str, wish: str, tell: Callable[[str], object]) -> Iterator[Crew]:
    """Yield the cluster at `address` as a crew, and report each worker's sandbox. All use the strongest that every worker has.

    `wish` is auto, bwrap or core. Raises KitFault, naming the worker, where one has another kit or no sandbox.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise KitFault("--dask needs Dask: pip install -e '.[dask]', run in the kit's folder") from None
    if not ADDRESS.fullmatch(address):  # Dask would tell that too, and then not let this process end
        raise KitFault(f"--dask {address}: an address is like tcp://head:8786, as the scheduler printed it")
    try:
        client = distributed.Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise KitFault(f"no Dask scheduler answers at {address} ({error})") from None
    with client:
        try:
            facts, width = client.run(look, wish, on_error="return"), sum(client.nthreads().values())
        except OSError as error:
            raise KitFault(f"the Dask scheduler at {address} has gone ({error})") from None
        if not facts or not width:
            raise KitFault(f"the Dask scheduler at {address} has no workers: start some with `dask worker {address}`")
        tier = _common_tier(facts, tell)

        def end_sandboxes() -> None:
            with contextlib.suppress(OSError, RuntimeError):  # the cluster may be gone
                client.run(let_go, on_error="ignore")

        interrupts.at_end(end_sandboxes)
        try:
            yield Crew(client.get_executor(pure=False), width, tier, _Lookout(client, address))
        finally:
            end_sandboxes()
            interrupts.not_at_end(end_sandboxes)


def _common_tier(facts: Mapping[str, object], tell: Callable[[str], object]) -> str:
    """Return the strongest tier that all workers have. Raises KitFault for a worker that can't be used."""
    tiers = set()
    for worker, found in sorted(facts.items()):
        if "No module named 'grader" in str(found):
            raise KitFault(f"worker {worker}: the kit is not installed there: install the version that is here")
        if not isinstance(found, Facts):
            raise KitFault(f"worker {worker}: {type(found).__name__}: {found}")
        if found.kit != collecting_sha256():
            raise KitFault(f"worker {worker}: another version of the kit is installed there than here")
        if found.problem:
            raise KitFault(f"worker {worker}: {found.problem}")
        tell(f"worker {worker}: Python {found.python}, sandbox {found.tier}")
        tiers.add(found.tier)
    if len(tiers) == 1:
        return tiers.pop()
    tell("not every worker has bubblewrap: all grade in the core sandbox")
    return "core"


class _Lookout:
    """Called now and then: raises KitFault when the scheduler is gone, or when there has been no worker for some time."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._seen = self._looked = time.monotonic()

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        try:
            if self._client.nthreads():
                self._seen = now
        except (OSError, RuntimeError) as error:
            raise KitFault(f"the Dask scheduler at {self._address} is gone ({type(error).__name__}): {KEPT}") from None
        if now - self._seen > PATIENCE:
            raise KitFault(f"the Dask scheduler at {self._address} has had no worker for {PATIENCE} s: {KEPT}")
