"""Events: what an agent says about an object, with repetitions counted instead of repeated.

Source    staging/src/k8s.io/client-go/tools/record/event.go, events_cache.go
Left out  the spam filter (25 events per object, then one in five minutes), aggregation of similar texts
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from k8slab.client.client import Client
from k8slab.clock import Scheduling
from k8slab.objects import rfc3339
from k8slab.wire import AlreadyExists, ApiError, NotFound

__all__ = [
    "Recorder",
]

Obj = dict[str, Any]

REMEMBERED = 4096  # upstream's LRU size


class Recorder:
    """Writes Events in the name of one component (and, for a kubelet, of one host)."""

    def __init__(self, client: Client, loop: Scheduling, component: str, host: str = "") -> None:
        self._client = client
        self._loop = loop
        self._source = {"component": component, **({"host": host} if host else {})}
        self._seen: dict[tuple[str, ...], tuple[str, str, int]] = {}
        self._referred: tuple[Obj, Obj] = ({}, {})  # what was spoken of last, and the reference to it

    def event(self, obj: Obj, type: str, reason: str, message: str) -> None:
        """Record an event of `type` Normal or Warning about `obj`. What cannot be recorded is lost, as upstream."""
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "default")
        identity = (obj["kind"], namespace, metadata["name"], metadata.get("uid", ""), type, reason, message)
        name, first, count = self._seen.get(identity, ("", rfc3339(self._loop.now), 0))
        try:
            if not name or not self._repeat(name, namespace, count + 1):
                name = self._write(obj, namespace, type, reason, message, first, count + 1)
        except ApiError:
            self._seen.pop(identity, None)
            return
        if len(self._seen) >= REMEMBERED and identity not in self._seen:
            del self._seen[next(iter(self._seen))]
        self._seen[identity] = (name, first, count + 1)

    def _write(self, obj: Obj, namespace: str, type: str, reason: str, message: str, first: str, count: int) -> str:
        """Create an Event; answers its name. Another agent's name of the same moment is passed by, unlike upstream."""
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "involvedObject": self._reference(obj),
            "reason": reason,
            "message": message,
            "source": self._source,
            "firstTimestamp": first,
            "lastTimestamp": rfc3339(self._loop.now),
            "count": count,
            "type": type,
            "reportingComponent": self._source["component"],
            "reportingInstance": self._source.get("host", ""),
        }
        while True:
            name = f"{obj['metadata']['name']}.{self._loop_nanoseconds():x}"
            with suppress(AlreadyExists):
                self._client.create({**event, "metadata": {"name": name, "namespace": namespace}})
                return name

    def _reference(self, obj: Obj) -> Obj:
        """What the Event is about; Events about one form of an object share it."""
        if self._referred[0] is not obj:
            self._referred = obj, _reference(obj)
        return self._referred[1]

    def _repeat(self, name: str, namespace: str, count: int) -> bool:
        """Count an Event once more; False when the server has forgotten it (they are kept for an hour)."""
        patch = {"count": count, "lastTimestamp": rfc3339(self._loop.now)}
        try:
            self._client.patch("Event", name, namespace, patch, type="merge")
        except NotFound:
            return False
        return True

    def _loop_nanoseconds(self) -> int:
        """Virtual time as the number in an Event's name; two events of one moment still differ."""
        self._last_ns = max(int(self._loop.now * 1e9), getattr(self, "_last_ns", 0) + 1)
        return self._last_ns


def _reference(obj: Obj) -> Obj:
    metadata = obj["metadata"]
    reference = {"kind": obj["kind"], "namespace": metadata.get("namespace"), "name": metadata["name"]}
    reference |= {"uid": metadata.get("uid"), "apiVersion": obj["apiVersion"]}
    reference |= {"resourceVersion": metadata.get("resourceVersion")}
    return {name: value for name, value in reference.items() if value}
