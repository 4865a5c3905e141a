"""Write a file in one move: a reader finds the old content or the new one, never a part.

write_text(path, text)
write_bytes(path, data)
with replacing(path) as file:       # in parts
    file.write(data)

Each raises OSError with the path where it can't write, such as on a full disk. The old file is then as it was, and no draft is left.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

_DRAFT = re.compile(r"\.[0-9a-f]{16}\.draft")
"""The names of unfinished files."""


@contextmanager
def replacing(path: Path, *, durable: bool = False, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends; where the block raises, `path` stays as it was.

    `durable` waits until the disk has it. `mode` are the permissions of a new file, before the umask. A link stays a link, and a
    device or pipe is written to directly.
    """
    target = path.resolve() if path.is_symlink() else path
    draft = target if _is_special(target) else target.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        with open(draft, "wb", opener=partial(os.open, mode=mode)) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if draft is not target:
            if target.exists():
                draft.chmod(stat.S_IMODE(target.stat().st_mode))
            draft.replace(target)
    except BaseException as error:
        if draft is not target:
            draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(draft)):
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
        raise


def write_bytes(path: Path, data: bytes, *, durable: bool = False, mode: int = 0o666) -> None:
    """Write a whole file."""
    with replacing(path, durable=durable, mode=mode) as file:
        file.write(data)


def write_text(path: Path, text: str, *, durable: bool = False) -> None:
    """Write a whole file in UTF-8, line ends as they are. Half of a surrogate pair becomes an escape, as in JSON."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"), durable=durable)


def drafts_in(folder: Path) -> list[Path]:
    """Return the unfinished files in a folder. Where no other process writes there, a process that was killed left them."""
    return [path for path in folder.iterdir() if _DRAFT.fullmatch(path.name)] if folder.is_dir() else []


def _is_special(path: Path) -> bool:
    """Return whether a path is a device, a pipe or a socket."""
    try:
        return not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode))
    except OSError:
        return False
