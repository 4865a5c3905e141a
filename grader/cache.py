"""Keep JSON data in the user's cache folder, or in a folder of the caller's choice."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.atomic_write import write_bytes


def cache_folder() -> Path:
    """Return the folder of the cache, which need not exist."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "autodiff-kit"


def kept(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """Return the data that `keep` wrote under this name, or None. The default folder is the cache."""
    try:
        return dict(json.loads(((folder or cache_folder()) / f"{name}.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def keep(name: str, data: Mapping[str, Any], folder: Path | None = None) -> bool:
    """Write data so that only its owner can read it, and return whether the folder, by default the cache, could be written."""
    path = (folder or cache_folder()) / f"{name}.json"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_bytes(path, json.dumps(data).encode(), mode=0o600)
    except OSError:
        return False
    return True
