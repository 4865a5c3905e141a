"""Recognise files by their name and by their first bytes: programs, archives, and what can't be graded but should be named."""

import re
from collections.abc import Sequence

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar")
OTHER_ARCHIVES = (".rar", ".7z", ".tar.zst", ".zst", ".gz", ".bz2", ".xz")
SUFFIXES = (".py", ".ipynb", *ARCHIVES, *OTHER_ARCHIVES)
HEAD = 512
"""Bytes that are enough to recognise a file: `ustar` begins at 257."""
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
"""How a compressed tar archive begins."""
FOREIGN = {
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"xar!": "a XAR archive",
    b"%PDF-": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x4c\0\0\0\x01\x14\x02\0": "a Windows shortcut",
    b"book\0\0\0\0mark": "a macOS alias",
    b"\x7fELF": "a compiled program",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"version https://git-lfs.github.com/spec/": "a Git LFS pointer",
}
DEPENDENCIES = frozenset({"node_modules", "bower_components", "site-packages", "dist-packages", "conda-meta"})
"""Folders of programs that somebody else wrote, by their names in small letters."""
ENVIRONMENT = frozenset({"bin", "scripts", "include", "lib", "lib64", "share", "etc", "dlls", "library", "libs", "pkgs", "tcl"})
"""Folders in an environment of Python or conda, in small letters."""
LITTER = frozenset({"icon\r", "thumbs.db", "desktop.ini"})
"""Files that a desktop leaves in every folder, in small letters."""
SOURCES = (".py", ".pyw", ".ipynb")
TEXTS = (".txt", ".json")
"""What editors and browsers make of a program's suffix."""
NO_PROGRAM = re.compile(r"(test_.*|.*_test|conftest|setup|__.*)\.py", re.IGNORECASE)


def is_skipped(parts: Sequence[str]) -> bool:
    """Return whether a file lies in a hidden or dependency folder, or is itself hidden or litter. Such files are never read."""
    return any(part.startswith((".", "__")) or part.casefold() in DEPENDENCIES for part in parts) or parts[-1].casefold() in LITTER


def environment(parts: Sequence[str]) -> tuple[str, ...] | None:
    """Return the folder of the environment of Python or conda that this file belongs to, if the file gives one away."""
    if parts[-1] == "pyvenv.cfg":
        return tuple(parts[:-1])
    return tuple(parts[: parts.index("conda-meta")]) if "conda-meta" in parts else None


def is_program(name: str) -> bool:
    """Return whether a file may be a program, by its name: `solution.py`, `autodiff (1).py`, `autodiff.py.txt`, any notebook."""
    return name.lower().endswith((*SOURCES, *TEXTS)) or name.casefold() == "autodiff"


def is_likely(name: str) -> bool:
    """Return whether a file is a program even where it does not hold the functions: not a text, and no test."""
    return name.lower().endswith(SOURCES) and not NO_PROGRAM.fullmatch(name)


def is_archive(name: str) -> bool:
    """Return whether a file may be an archive, by its name."""
    return name.lower().endswith((*ARCHIVES, *OTHER_ARCHIVES))


def archive_kind(head: bytes) -> str:
    """Return `zip`, `tar`, how a tar archive is compressed, or nothing, by the first bytes of a file."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return "zip"
    packed = next((kind for magic, kind in PACKED.items() if head.startswith(magic)), "")
    return packed or ("tar" if head[257:262] == b"ustar" else "")


def foreign_kind(head: bytes) -> str:
    """Return what a file is that holds no program, such as `a RAR archive`; nothing where that is not known."""
    return next((kind for magic, kind in FOREIGN.items() if head.startswith(magic)), "")
