"""Pseudonyms: names that stay the same from run to run and that nobody can trace back without the key in OUT."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from pathlib import Path

from grader.atomic_write import write_bytes
from grader.course.roster import COURSE
from grader.model import KitFault

KEY = "pseudonyms.key"
KEY_BYTES = 32
SHORTEST = 6
"""Hexadecimal digits of a pseudonym, more where two would be the same."""


def pseudonyms(out: Path, names: Iterable[str]) -> dict[str, str]:
    """Return a pseudonym for each name, such as `S-3fa9c1`: a keyed digest (HMAC-SHA-256). The key is made once, in OUT/.course/.

    Raises KitFault where the key is damaged.
    """
    key = _key(out / COURSE / KEY)
    digests = {name: hmac.new(key, name.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest() for name in names}
    length = next(n for n in range(SHORTEST, 65) if len({digest[:n] for digest in digests.values()}) == len(digests))
    return {name: f"S-{digest[:length]}" for name, digest in digests.items()}


def _key(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, secrets.token_bytes(KEY_BYTES))
        path.chmod(0o600)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise KitFault(f"{path}: damaged: delete it, and everybody gets a new pseudonym")
    return key
