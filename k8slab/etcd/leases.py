"""Leases: keys that disappear unless somebody keeps asking for them to stay.

Source    etcd-io/etcd, server/lease/lessor.go
Left out  whole seconds, the delay of up to half a second before an expiry is noticed, checkpoints
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from k8slab.clock import Scheduling, Timer

from .protocol import LeaseNotFound

__all__ = ["MIN_TTL_S", "Lease", "Leases"]

MIN_TTL_S = 2.0  # one and a half election timeouts, rounded up; shorter leases get this


class Lease:
    """A time to live, and the keys that live as long."""

    __slots__ = ("keys", "timer", "ttl_s")

    def __init__(self, ttl_s: float, timer: Timer) -> None:
        self.ttl_s = ttl_s
        self.timer = timer
        self.keys: set[str] = set()


class Leases:
    """All open leases; `expire` is told the keys of each one that ends, in key order."""

    def __init__(self, loop: Scheduling, expire: Callable[[list[str]], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._open: dict[int, Lease] = {}
        self._ids = count(1)

    def grant(self, ttl_s: float, lease: int = 0) -> int:
        """Open a lease under the id asked for, or under the next free one."""
        if lease in self._open:
            raise ValueError("etcdserver: lease already exists")
        if not lease:
            lease = next(number for number in self._ids if number not in self._open)
        ttl_s = max(ttl_s, MIN_TTL_S)
        self._open[lease] = Lease(ttl_s, self._timer(lease, ttl_s))
        return lease

    def keep_alive(self, lease: int) -> float:
        """Start the lease's time anew and answer it, in seconds. Raises LeaseNotFound."""
        found = self.find(lease)
        found.timer.cancel()
        found.timer = self._timer(lease, found.ttl_s)
        return found.ttl_s

    def revoke(self, lease: int) -> None:
        """End a lease, and its keys with it. Raises LeaseNotFound."""
        found = self.find(lease)
        found.timer.cancel()
        del self._open[lease]
        self._expire(sorted(found.keys))

    def find(self, lease: int) -> Lease:
        """Answer an open lease. Raises LeaseNotFound."""
        try:
            return self._open[lease]
        except KeyError:
            raise LeaseNotFound from None

    def attach(self, lease: int, key: str) -> None:
        """Bind a key to an open lease."""
        self._open[lease].keys.add(key)

    def detach(self, lease: int, key: str) -> None:
        """Free a key from its lease; nothing happens when that is the lease that just ended."""
        if lease in self._open:
            self._open[lease].keys.discard(key)

    def _timer(self, lease: int, ttl_s: float) -> Timer:
        return self._loop.call_later(ttl_s, self.revoke, lease, background=True)
