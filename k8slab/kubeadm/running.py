"""What surrounds the loop while it runs: no pauses of Python's own, and an explanation when it never comes to rest.

And what surrounds a person's call: nobody else touches the engine meanwhile, though a server may pace it in a thread.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from itertools import islice
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from k8slab.api import Audit, AuditEntry
from k8slab.clock import HotLoop

__all__ = [
    "alone",
    "moving_time",
]


class HasLoop(Protocol):
    """What runs in a loop."""

    loop: Any


P = ParamSpec("P")
S = TypeVar("S", bound=HasLoop)
T = TypeVar("T")

LOOKED_AT = 1000
TOLD = 3


def alone(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """The method of a cluster, called while it holds the loop's lock."""

    def locked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self.loop.lock:
            return method(self, *args, **kwargs)

    return update_wrapper(locked, method)


@contextmanager
def moving_time(audit: Audit) -> Iterator[None]:
    """Add to a HotLoop which component kept writing which object; keep the garbage collector still meanwhile.

    Hardly anything here is part of a cycle, and looking for cycles in a whole cluster takes a fifth of the time.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    except HotLoop as error:
        writes = _busiest(audit)
        told = ", ".join(f"{who} {what} ({times} times)" for who, what, times in writes)
        hot = HotLoop(f"{error}; of the last writes: {told}" if told else f"{error}; nothing was written")
        hot.writes = writes
        raise hot from None
    finally:
        if was_collecting:
            gc.enable()


def _busiest(audit: Audit) -> tuple[tuple[str, str, int], ...]:
    """Who wrote what how often, of the last writes."""
    calls = Counter(_said(entry) for entry in islice(reversed(audit.entries), LOOKED_AT) if entry.revision)
    return tuple((*said, times) for said, times in calls.most_common(TOLD))


def _said(entry: AuditEntry) -> tuple[str, str]:
    where = f"{entry.namespace}/" if entry.namespace else ""
    part = f"/{entry.subresource}" if entry.subresource else ""
    return entry.user.rpartition(":")[2], f"{entry.verb} {entry.resource}{part} {where}{entry.name}"
