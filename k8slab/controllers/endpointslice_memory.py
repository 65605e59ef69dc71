"""What the controller knows of the slices of one Service, so that it looks only at what has changed since.

A slice is settled when it names its Pods exactly as they are. It stays so until one of these Pods changes, or somebody
else writes the slice. All of this can be forgotten at any time: then every Pod of the Service is looked at again.

Source    none: upstream reads all Pods of a Service every time (pkg/controller/endpointslice, syncService)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = [
    "Memory",
]

Obj = dict[str, Any]


class Seen(NamedTuple):
    """A slice as it was settled: its resourceVersion, and the names of its Pods."""

    version: str
    pods: list[str]


class Memory:
    """The slices that were settled at the last look at this form of a Service, and the Pods that changed since."""

    def __init__(self, service: Obj) -> None:
        self.service = service
        self.changed: dict[str, None] = {}
        self._slices: dict[str, Seen] = {}
        self._slice_of: dict[str, str] = {}  # by the name of a Pod

    def settled(self, slices: Iterable[Obj]) -> set[str]:
        """The names of those slices that need no look."""
        touched = {self._slice_of.get(pod) for pod in self.changed}
        return {
            metadata["name"]
            for metadata in (slice_["metadata"] for slice_ in slices)
            if metadata["name"] in self._slices
            and metadata["name"] not in touched
            and metadata["resourceVersion"] == self._slices[metadata["name"]].version
        }

    def pods_to_see(self, slices: Iterable[Obj], settled: set[str]) -> dict[str, None]:
        """The names of the Pods that have changed, or that a slice names, or named, which is not settled."""
        found = dict(self.changed)
        for name, seen in self._slices.items():
            if name not in settled:
                found.update(dict.fromkeys(seen.pods))
        for slice_ in slices:
            if slice_["metadata"]["name"] not in settled:
                found.update(dict.fromkeys(_pods_of(slice_)))
        return found

    def settle(self, settled: set[str], slices: Iterable[Obj]) -> None:
        """These slices are as they should be now, besides the `settled` ones; nothing has changed since."""
        for pod in self.changed:
            self._slice_of.pop(pod, None)
        self.changed = {}
        self._slices = {name: seen for name, seen in self._slices.items() if name in settled}
        for slice_ in slices:
            if pods := _pods_of(slice_):  # who names nobody is looked at each time: it may have to go
                name = slice_["metadata"]["name"]
                self._slices[name] = Seen(slice_["metadata"]["resourceVersion"], pods)
                self._slice_of.update(dict.fromkeys(pods, name))


def _pods_of(slice_: Obj) -> list[str]:
    """The names of the Pods that are a slice's endpoints."""
    targets = (endpoint.get("targetRef") or {} for endpoint in slice_.get("endpoints") or ())
    return [target["name"] for target in targets if target.get("name")]
