"""The verb: which objects are meant, in which layout they are told, and the events about them.

A kind that has no layout is told field by field, with their names in words.

Source    staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go; pkg/describe/describe.go, DescribeEvents,
          genericDescriber and printUnstructuredContent; pkg/util/event (SortableEvents)
Left out  -f; the layouts of kinds beyond LAYOUTS
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from k8slab.client import Client
from k8slab.kubectl.command import Command, Obj, Session, UsageError
from k8slab.kubectl.describe.heads import marks, names
from k8slab.kubectl.describe.layout import age, section
from k8slab.kubectl.describe.networking import ingress, ingress_class, network_policy
from k8slab.kubectl.describe.nodes import node
from k8slab.kubectl.describe.pods import claim, pod
from k8slab.kubectl.describe.services import service
from k8slab.kubectl.describe.settings import budget, configmap, limits, namespace, quota, secret
from k8slab.kubectl.describe.storage import csi_node, storage_class, volume
from k8slab.kubectl.describe.workloads import autoscaler, daemonset, deployment, job, replicaset, statefulset
from k8slab.kubectl.events import last_seen
from k8slab.kubectl.printers import aligned
from k8slab.kubectl.report import error_text
from k8slab.kubectl.targets import kinds_and_names, objects
from k8slab.schema import go_text
from k8slab.wire import NotFound

__all__ = ["describe"]

HIDDEN = {".metadata." + name for name in ("name", "namespace", "labels", "annotations", "managedFields")}
ACRONYMS = {"API", "URL", "UID", "GUID"}
MIRROR = "kubernetes.io/config.mirror"
WITHOUT_EVENTS = {"LimitRange", "Namespace", "NetworkPolicy", "ResourceQuota", "Secret"}
WITH_OWN_HEAD = {"Ingress"}
COLUMNS = ["  Type\tReason\tAge\tFrom\tMessage", "  ----\t------\t----\t----\t-------"]


def describe(session: Session, command: Command) -> str:
    """kubectl describe KIND [NAME…], KIND/NAME…, -l SELECTOR."""
    if not command.words:
        raise UsageError(
            'error: You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list '
            "of supported resources."
        )
    client, objs, errors = session.client, list[Obj](), ""
    for target in kinds_and_names(client, command.words, command.namespace):
        try:
            objs += objects(client, target, command.flag("selector"))
        except NotFound as error:
            everything = objects(client, target._replace(name=""))
            if begins := [obj for obj in everything if obj["metadata"]["name"].startswith(target.name)]:
                return _described(client, begins, with_events=False)
            errors += error_text(error) + "\n"
    if not objs and not errors:
        return f"No resources found{f' in {command.namespace} namespace.' if command.namespace else ''}\n"
    wish = command.flag("show-events", str(len(objs) == 1).lower())
    return _described(client, objs, with_events=wish == "true") + errors


def _described(client: Client, objs: list[Obj], *, with_events: bool) -> str:
    texts = []
    for obj in objs:
        layout = LAYOUTS.get(f"{obj['apiVersion']} {obj['kind']}", _generic)
        head = () if obj["kind"] in WITH_OWN_HEAD and layout is not _generic else names(obj)
        lines = [*head, *layout(client, obj)]
        if with_events and obj["kind"] not in WITHOUT_EVENTS:
            lines += _events(client, obj)
        texts.append(aligned("\n".join(lines), gap=2))
    return "\n\n".join(texts)


def _events(client: Client, obj: Obj) -> Iterator[str]:
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


def _generic(client: Client, obj: Obj) -> Iterator[str]:
    """Every field but those at the head, in the order of their names."""
    if "namespace" not in obj["metadata"]:
        yield "Namespace:\t"
    yield from marks(obj)
    yield from _fields(obj, "", 0)


def _fields(content: Obj, path: str, depth: int) -> Iterator[str]:
    start = "  " * depth
    for name, value in sorted(content.items()):
        where, title = f"{path}.{name}", _title(name)
        if where in HIDDEN:
            continue
        if not isinstance(value, (dict, list)):
            yield f"{start}{title}:\t{go_text(value)}"
            continue
        yield f"{start}{title}:"
        for item in value if isinstance(value, list) else [value]:
            yield from _fields(item, where, depth + 1) if isinstance(item, dict) else [f"{start}  {go_text(item)}"]


def _title(name: str) -> str:
    """`apiVersion` as `API Version`, `podCIDRs` as `Pod CIDRs`; what is no plain name stays as it is."""
    if not re.fullmatch(r"[A-Za-z-]+", name):
        return name
    words = re.findall(r"[A-Z]{3,}[a-z]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-", name)
    return " ".join(word.upper() if word.upper() in ACRONYMS else word[:1].upper() + word[1:] for word in words)


LAYOUTS: dict[str, Callable[[Client, Obj], Iterator[str]]] = {
    "networking.k8s.io/v1 Ingress": ingress, "networking.k8s.io/v1 IngressClass": ingress_class,
    "networking.k8s.io/v1 NetworkPolicy": network_policy,
    "storage.k8s.io/v1 CSINode": csi_node, "storage.k8s.io/v1 StorageClass": storage_class,
    "v1 PersistentVolume": volume,
    "v1 ConfigMap": configmap, "v1 LimitRange": limits, "v1 Namespace": namespace, "v1 Node": node,
    "v1 PersistentVolumeClaim": claim, "v1 Pod": pod, "v1 ResourceQuota": quota, "v1 Secret": secret,
    "v1 Service": service, "apps/v1 DaemonSet": daemonset, "apps/v1 Deployment": deployment,
    "apps/v1 ReplicaSet": replicaset, "apps/v1 StatefulSet": statefulset,
    "autoscaling/v2 HorizontalPodAutoscaler": autoscaler, "batch/v1 Job": job, "policy/v1 PodDisruptionBudget": budget,
}  # fmt: skip
