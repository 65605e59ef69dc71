"""A loop that never rests, explained: who writes what again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from k8slab.api import Audit, AuditEntry
from k8slab.clock import HotLoop

__all__ = [
    "explained",
]

LOOKED_AT = 1000
TOLD = 3


@contextmanager
def explained(audit: Audit) -> Iterator[None]:
    """Add to a HotLoop which component kept writing which object."""
    try:
        yield
    except HotLoop as error:
        raise HotLoop(f"{error}; {_busiest(audit)}") from None


def _busiest(audit: Audit) -> str:
    calls = Counter(_said(entry) for entry in islice(reversed(audit.entries), LOOKED_AT) if entry.revision)
    if not calls:
        return "nothing was written"
    return "of the last writes: " + ", ".join(f"{said} ({times} times)" for said, times in calls.most_common(TOLD))


def _said(entry: AuditEntry) -> str:
    where = f"{entry.namespace}/" if entry.namespace else ""
    part = f"/{entry.subresource}" if entry.subresource else ""
    return f"{entry.user.rpartition(':')[2]} {entry.verb} {entry.resource}{part} {where}{entry.name}"
