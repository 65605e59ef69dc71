"""What the API of a cloud refuses, and why."""

from __future__ import annotations

__all__ = [
    "INSUFFICIENT",
    "NOT_FOUND",
    "QUOTA",
    "UNAVAILABLE",
    "CloudError",
]

UNAVAILABLE, QUOTA, INSUFFICIENT, NOT_FOUND = (
    "ServiceUnavailable",
    "QuotaExceeded",
    "InsufficientCapacity",
    "NotFound",
)


class CloudError(Exception):
    """The cloud has said no; `code` is why, as its API has it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
