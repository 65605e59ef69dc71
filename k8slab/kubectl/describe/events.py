"""The events about an object, at the end of its description.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, DescribeEvents; pkg/util/event (SortableEvents)
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.layout import Obj, age, section
from k8slab.kubectl.events import last_seen

__all__ = ["events_of"]

MIRROR = "kubernetes.io/config.mirror"
COLUMNS = ["  Type\tReason\tAge\tFrom\tMessage", "  ----\t------\t----\t----\t-------"]


def events_of(client: Client, obj: Obj) -> Iterator[str]:
    """The table of the events about an object, the oldest first."""
    events = sorted(_found(client, obj), key=lambda event: event.get("lastTimestamp") or "")
    return section("Events", COLUMNS + [_row(event, client.now) for event in events] if events else ())


def _row(event: Obj, now: float) -> str:
    seen = last_seen(event, now) if event.get("lastTimestamp") else age(event.get("eventTime"), now)
    origin = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
    return f"  {event['type']}\t{event['reason']}\t{seen}\t{origin}\t{event['message'].strip()}"


def _found(client: Client, obj: Obj) -> list[Obj]:
    """Events carry an object's uid; a kubelet names its node, and a static pod's mirror, by other marks."""
    metadata, namespace = obj["metadata"], obj["metadata"].get("namespace", "")
    uids = [(metadata.get("annotations") or {}).get(MIRROR) or metadata["uid"]]
    if obj["kind"] == "Node":
        uids.append(metadata["name"])
    about = {"name": metadata["name"], "namespace": namespace, "kind": obj["kind"]}
    fields = "".join(f"involvedObject.{field}={value}," for field, value in about.items() if value)
    return [
        event for uid in uids for event in client.list("Event", namespace, fields=f"{fields}involvedObject.uid={uid}")
    ]
