"""The course secret: what all numbers are drawn from, and which variant of a random case a submission meets.

A random case of the rubric is drawn in a few variants when the plan is made. With a course secret, HMAC(secret, submission, case)
chooses one for each submission, always the same, so that answers learnt by heart or passed on are of no use; without a secret
everybody meets the first.

The numbers themselves (random cases, given graphs, free graphs) are drawn from another HMAC of the secret. Without a secret they
are the public kit's, and everybody who has the kit can compute the answers beforehand.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.model import KitFault

SHORTEST = 16
"""Bytes of a secret; a shorter one could be guessed from the reports."""
VARIABLE = "AUTODIFF_KIT_SECRET"
"""The environment variable that may hold the secret; with _FILE at its end, the one that names a file with it."""
FIXED = "fixed"
"""The label without a secret."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Chooses variants by a course secret; without one, everybody gets the variant of this number."""

    secret: bytes = b""
    number: int = 0

    def __post_init__(self) -> None:
        if self.secret and len(self.secret) < SHORTEST:
            how = 'python -c "import secrets; print(secrets.token_urlsafe())"'
            raise KitFault(f"the course secret is shorter than {SHORTEST} bytes, so it could be guessed: make one with {how}")

    @classmethod
    def of(cls, file: Path | None = None, otherwise: Path | None = None) -> "Pick":
        """Return the pick by the secret in a file, or by that in the environment, or by that in the file `otherwise`, or without one."""
        if file is None and (named := os.environ.get(f"{VARIABLE}_FILE")):
            file = Path(named)
        if file is None and not os.environ.get(VARIABLE):
            file = otherwise
        if file is None:
            return cls(os.environ.get(VARIABLE, "").encode())
        if not (secret := file.read_bytes().strip()):
            raise KitFault(f"{file} is empty, and should hold the course secret")
        return cls(secret)

    def __repr__(self) -> str:
        return f"Pick({self.label})"

    @property
    def label(self) -> str:
        """Return a fingerprint of the secret: `fixed` without one, else the first digits of a keyed hash."""
        return self._keyed("label").hex()[:12] if self.secret else FIXED

    @property
    def seed(self) -> str:
        """Return the seed of all numbers that are drawn, a keyed hash of the secret; empty without a secret."""
        return self._keyed("numbers").hex() if self.secret else ""

    def keys(self, cases: Iterable[str], variants: Mapping[str, list[str]], submission: str) -> list[str]:
        """Return the cases' keys, in place of one that has variants the key of that which the submission meets."""
        return [self._choose(variants[case], submission) if case in variants else case for case in cases]

    def _choose(self, variants: list[str], submission: str) -> str:
        number = int.from_bytes(self._keyed("pick", submission, variants[0])[:8]) if self.secret else self.number
        return variants[number % len(variants)]

    def _keyed(self, *parts: str) -> bytes:
        return hmac.digest(self.secret, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)


EVERYBODY = Pick()
"""Takes the same cases for every submission."""
