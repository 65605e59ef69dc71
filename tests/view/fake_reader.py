"""A cluster made of dicts, with a Reader's face: enough to record, draw and compare, and nothing that decides.

`put`, `change` and `delete` act as a named user, so that the audit record can tell who it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8slab.client import ObjectList
from k8slab.objects import Key, key_of, rfc3339, rfc3339_micro
from k8slab.wire import Expired, NotFound, ServiceUnavailable, WatchEvent

Obj = dict[str, Any]
START = 1_767_225_600.0
KINDS = (
    "Namespace", "Node", "Lease", "Deployment", "ReplicaSet", "Pod", "Service", "EndpointSlice", "ConfigMap", "Secret",
    "Event", "DaemonSet", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume", "Ingress",
)  # fmt: skip


class FakeStream:
    """A watch whose events a test, or the fake reader, puts in."""

    def __init__(self) -> None:
        self.events: list[WatchEvent] = []
        self.is_closed = False

    def pull(self) -> list[WatchEvent]:
        """Take what is there."""
        events, self.events = self.events, []
        return events

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Nobody waits here."""

    def close(self) -> None:
        """End it."""
        self.is_closed = True


class FakeReader:
    """Objects by kind and key, their history, and open watches."""

    def __init__(self, *, has_audit: bool = True) -> None:
        self.now = START
        self.has_audit = has_audit
        self.is_reachable = True
        self.revision = 0
        self.compacted = 0
        self.lists: list[str] = []
        self.objects: dict[str, dict[Key, Obj]] = {kind: {} for kind in KINDS}
        self.streams: dict[str, list[FakeStream]] = {kind: [] for kind in KINDS}
        self.history: dict[str, list[WatchEvent]] = {kind: [] for kind in KINDS}
        self.records: list[Obj] = []
        self.answers: dict[str, Any] = {}  # to paths that are no resource

    def list(self, kind: str, namespace: str = "", *, continue_: str = "", **_: Any) -> ObjectList:
        """The objects of a kind; audit records from the cursor on."""
        self._answer(kind)
        self.lists.append(kind)
        if kind == "AuditRecord":
            if not self.has_audit:
                raise NotFound("no such resource")
            return ObjectList(self.records[int(continue_ or 0) :], {"continue": str(len(self.records))})
        return ObjectList(self.objects[kind].values(), {"resourceVersion": str(self.revision)})

    def watch(self, kind: str, namespace: str = "", *, since: str = "", **_: Any) -> FakeStream:
        """What has changed after `since`, and what will."""
        self._answer(kind)
        stream = FakeStream()
        if int(since) < self.compacted:
            stream.events.append(WatchEvent("ERROR", Expired("too old resource version").status))
            stream.close()
            return stream
        stream.events = [e for e in self.history[kind] if int(e.object["metadata"]["resourceVersion"]) > int(since)]
        self.streams[kind].append(stream)
        return stream

    def raw(self, path: str) -> Any:
        """What a test has written down for this path."""
        if path not in self.answers:
            raise NotFound("the server could not find the requested resource")
        return self.answers[path]

    def ask(self, resource: Any, namespace: str = "", name: str = "", subresource: str = "", **_: Any) -> Any:
        """What a test has written down for the path that this makes."""
        where = f"/apis/{resource.group}/{resource.version}/namespaces/{namespace}"
        return self.raw(f"{where}/{resource.plural}/{name}/{subresource}")

    def put(self, obj: Obj, by: str = "kubernetes-admin") -> Obj:
        """Create or replace an object."""
        key, kind = key_of(obj), obj["kind"]
        self.revision += 1
        known = self.objects[kind].get(key)
        born = (
            known["metadata"]
            if known
            else {"uid": f"{kind}-{key}-{self.revision}", "creationTimestamp": rfc3339(self.now)}
        )
        extra = {name: born[name] for name in ("uid", "creationTimestamp")}
        stored = {**obj, "metadata": {**extra, **obj["metadata"], "resourceVersion": str(self.revision)}}
        self.objects[kind][key] = stored
        self._tell(kind, WatchEvent("MODIFIED" if known else "ADDED", stored), by, "update" if known else "create")
        return stored

    def change(self, kind: str, name: str, by: str = "kubernetes-admin", **parts: Any) -> Obj:
        """Merge `spec`, `status`, `metadata` … into an object."""
        namespace, _, name = name.rpartition("/")
        obj = self.objects[kind][Key(namespace, name)]
        merged = {part: {**obj.get(part, {}), **new} if isinstance(new, dict) else new for part, new in parts.items()}
        return self.put({**obj, **merged}, by)

    def delete(self, kind: str, name: str, by: str = "kubernetes-admin") -> None:
        """Remove an object."""
        namespace, _, name = name.rpartition("/")
        self.revision += 1
        gone = self.objects[kind].pop(Key(namespace, name))
        last = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self.revision)}}
        self._tell(kind, WatchEvent("DELETED", last), by, "delete")

    def close_streams(self) -> None:
        """Every open watch ends, as after a restart of the server."""
        for streams in self.streams.values():
            for stream in streams:
                stream.close()
            streams.clear()

    def _tell(self, kind: str, event: WatchEvent, by: str, verb: str) -> None:
        self.history[kind].append(event)
        for stream in self.streams[kind]:
            stream.events.append(event)
        spec = {"user": by, "verb": verb, "time": rfc3339_micro(self.now), "code": 200}
        self.records.append({"metadata": {"name": "r", "resourceVersion": str(self.revision)}, "spec": spec})

    def _answer(self, kind: str) -> None:
        if not self.is_reachable:
            raise ServiceUnavailable("Unable to connect to the server")
        if kind not in self.objects and kind != "AuditRecord":
            raise NotFound(f'the server doesn\'t have a resource type "{kind}"')
