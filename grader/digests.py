"""SHA-256, in hexadecimal digits: of bytes, of several parts, and of data."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes, as `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def digest_of_parts(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of several byte strings, so that no two different sequences share one."""
    return digest(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def digest_of_data(data: Any) -> str:
    """Return the SHA-256 of data as JSON, whatever the order of its keys."""
    return digest(json.dumps(data, sort_keys=True).encode())
