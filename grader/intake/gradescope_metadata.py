"""submission_metadata.yml of a Gradescope export: whose each submission is, and when it was handed in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from grader.model import KitFault

NAME = "submission_metadata.yml"
LARGEST = 50_000_000


@dataclass(frozen=True, slots=True)
class Metadata:
    """One submission: the ids of all who handed it in (student id, else e-mail), and when."""

    owners: tuple[str, ...]
    handed_in: datetime | None


def read_metadata(content: bytes) -> dict[str, Metadata]:
    """Return the metadata of each submission, by its folder's name. Raises KitFault for what is none of Gradescope's."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if len(content) > LARGEST:
            raise KitFault(f"{NAME}: larger than {LARGEST // 1_000_000} MB")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content, Loader=loader)):
            raise KitFault(f"{NAME}: holds an alias, which Gradescope does not write")
        data = yaml.load(content, Loader=loader)
        return {str(name): _one(entry) for name, entry in data.items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, TypeError, KeyError, ValueError) as error:
        raise KitFault(f"{NAME}: not as Gradescope writes it: {' '.join(str(error).split())[:200]}") from None


def _one(entry: dict[str, Any]) -> Metadata:
    found = {str(key).lstrip(":"): value for key, value in entry.items()}
    owners = []
    for owner in found["submitters"]:
        known = {str(key).lstrip(":"): value for key, value in owner.items()}
        owners.append(str(known.get("sid") or known.get("email") or known["name"]))
    at = found.get("created_at")
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    if isinstance(at, datetime):
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return Metadata(tuple(owners), at if isinstance(at, datetime) else None)
