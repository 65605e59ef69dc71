"""The events about an object, at the end of its description.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, DescribeEvents; pkg/util/event (SortableEvents)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import NONE
from k8slab.kubectl.describe.moments import age
from k8slab.kubectl.events import last_seen

__all__ = [
    "events_of",
]

Obj = dict[str, Any]

MIRROR = "kubernetes.io/config.mirror"


def events_of(client: Client, obj: Obj) -> Iterator[str]:
    """The table of the events about an object, the oldest first."""
    found = _found(client, obj)
    if not found:
        yield f"Events:\t{NONE}"
        return
    yield "Events:"
    yield "  Type\tReason\tAge\tFrom\tMessage"
    yield "  ----\t------\t----\t----\t-------"
    for event in sorted(found, key=lambda event: event.get("lastTimestamp") or ""):
        seen = last_seen(event, client.now) if event.get("lastTimestamp") else age(event.get("eventTime"), client.now)
        origin = (event.get("source") or {}).get("component") or event.get("reportingComponent", "")
        yield f"  {event['type']}\t{event['reason']}\t{seen}\t{origin}\t{event['message'].strip()}"


def _found(client: Client, obj: Obj) -> list[Obj]:
    """Events carry an object's uid; a kubelet names its node, and a static pod's mirror, by other marks."""
    metadata = obj["metadata"]
    uids = [(metadata.get("annotations") or {}).get(MIRROR) or metadata["uid"]]
    if obj["kind"] == "Node":
        uids.append(metadata["name"])
    about = f"involvedObject.name={metadata['name']}"
    if "namespace" in metadata:
        about += f",involvedObject.namespace={metadata['namespace']}"
    if obj["kind"] != "Pod":
        about += f",involvedObject.kind={obj['kind']}"
    fields = [f"{about},involvedObject.uid={uid}" for uid in uids]
    return [event for field in fields for event in client.list("Event", metadata.get("namespace", ""), fields=field)]
