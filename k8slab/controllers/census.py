"""How many Pods of each kind of state a controller has, counted as they change: nobody has to walk through all of them.

Source    none: upstream walks through the Pods of a ReplicaSet at every look (syncReplicaSet, calculateStatus)
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from k8slab.client import Informer
from k8slab.objects import controller_of, is_active, is_leaving, is_ready

__all__ = [
    "Census",
    "State",
]

Obj = dict[str, Any]


class State(NamedTuple):
    """What a ReplicaSet wants to know of a Pod; Pods of one template that do equally well have the same."""

    labels: frozenset[tuple[str, str]]
    is_active: bool
    is_ready: bool
    is_leaving: bool


class Census:
    """The Pods of an informer, by the uid of their controller and their state."""

    def __init__(self, pods: Informer) -> None:
        self._counts: dict[str, Counter[State]] = {}
        pods.on_change(self._changed)

    def of(self, uid: str) -> Counter[State]:
        """How many Pods this controller has in each state that there is."""
        return self._counts.get(uid) or Counter()

    def _changed(self, old: Obj | None, new: Obj | None) -> None:
        if new is not None and (owner := controller_of(new)) is not None:
            self._counts.setdefault(owner["uid"], Counter())[_state(new)] += 1
        if old is not None and (owner := controller_of(old)) is not None:
            self._take_out(owner["uid"], _state(old))

    def _take_out(self, uid: str, state: State) -> None:
        counts = self._counts[uid]
        counts[state] -= 1
        if not counts[state]:
            del counts[state]
        if not counts:
            del self._counts[uid]


def _state(pod: Obj) -> State:
    labels = frozenset((pod["metadata"].get("labels") or {}).items())
    return State(labels, is_active(pod), is_ready(pod), is_leaving(pod))
