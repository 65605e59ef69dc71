"""How long to wait before the same thing is tried again: 10 s, twice as long each time, at most 300 s.

Ten good minutes since the last try make it start from 10 s again.

Source    staging/src/k8s.io/client-go/util/flowcontrol/backoff.go
Left out  a smaller maximum per node (KubeletCrashLoopBackOffMax), garbage collection of old entries
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "BackOff",
]

FIRST_S, MOST_S = 10.0, 300.0


class Entry(NamedTuple):
    """The delay that holds after the try at `at`."""

    delay_s: float
    at: float


class BackOff:
    """One delay per key."""

    def __init__(self, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._entries: dict[str, Entry] = {}

    def delay_s(self, key: str) -> float:
        """The delay that holds for `key` now; 0 when it was never tried again."""
        entry = self._entries.get(key)
        return entry.delay_s if entry is not None else 0.0

    def ready_at(self, key: str, since: float) -> float:
        """When the next try after a failure at `since` is due; `since` itself when there is nothing to wait for."""
        entry = self._entries.get(key)
        if entry is None or self._is_expired(entry, since):
            return since
        return since + entry.delay_s

    def note(self, key: str, since: float, now: float) -> None:
        """A new try begins at `now` after a failure at `since`: the next delay is twice as long."""
        entry = self._entries.get(key)
        if entry is None or self._is_expired(entry, since):
            self._entries[key] = Entry(self._first_s, now)
        else:
            self._entries[key] = Entry(min(entry.delay_s * 2, self._most_s), now)

    def _is_expired(self, entry: Entry, since: float) -> bool:
        return since - entry.at > 2 * self._most_s
