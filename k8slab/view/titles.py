"""The one line that matters about a thing, shown when the pointer rests on it."""

from __future__ import annotations

from typing import Any

from k8slab.objects import get_condition
from k8slab.view.facts import NodeCard, OwnerCard, PodCard, ServiceCard
from k8slab.view.figures import cores, gib, title_line
from k8slab.view.states import reason_of
from k8slab.view.words import Words

__all__ = [
    "image_of",
    "node_title",
    "owner_title",
    "pod_title",
    "service_address",
    "service_title",
    "service_way",
]


def pod_title(card: PodCard, words: Words) -> str:
    """`Pod shop/web-1 · Ready · nginx:1.27 · 10.244.1.5 · node-1 · ReplicaSet web-5d9f`."""
    pod = card.obj
    parts = [f"Pod {card.key}", words(card.state)]
    why = reason_of(pod) if card.state not in ("ready", "creating") else ""
    if why:
        parts.append(why)
    scheduled = get_condition(pod, "PodScheduled")
    if card.state == "waiting" and scheduled and scheduled.get("message"):
        parts.append(scheduled["message"])
    if card.restarts:
        parts.append(words("restarts", n=card.restarts))
    parts += [image_of(pod), (pod.get("status") or {}).get("podIP", ""), card.node]
    if card.owner[2]:
        parts.append(f"{card.owner[0]} {card.owner[2]}")
    mounts = (volume.get("persistentVolumeClaim") for volume in pod["spec"].get("volumes") or ())
    parts += [f"PersistentVolumeClaim {mount['claimName']}" for mount in mounts if mount]
    return title_line(parts, card.mark, words)


def node_title(card: NodeCard, words: Words) -> str:
    """`Node node-1 · Ready · zone-a · cpu 0.6 of 4 · memory 0.3 of 8 GiB · taints`."""
    room, used, use = card.room, card.used, card.measured
    ready = get_condition(card.obj, "Ready")
    why = ready.get("message", "") if ready and ready["status"] != "True" else ""
    taints = [f"{t['key']}:{t['effect']}" for t in (card.obj.get("spec") or {}).get("taints") or ()]
    parts = [
        f"Node {card.name}",
        card.status,
        why,
        card.zone,
        f"cpu {cores(used.cpu_m)}/{cores(room.cpu_m)}",
        f"memory {gib(used.memory_bytes)}/{gib(room.memory_bytes)} GiB",
        words("in use", cpu=cores(use.cpu_m), memory=gib(use.memory_bytes)) if use is not None else "",
        "taint " + ", ".join(taints) if taints else "",
    ]
    return title_line(parts, card.mark, words)


def owner_title(card: OwnerCard, words: Words) -> str:
    """`Deployment shop/web · 2/3 Ready · nginx:1.27`."""
    kind, namespace, name = card.id
    template = (card.obj.get("spec") or {}).get("template") or {}
    return title_line(
        [f"{kind} {namespace}/{name}", f"{card.ready}/{card.wanted} Ready", image_of(template)], card.mark, words
    )


def service_title(card: ServiceCard, words: Words) -> str:
    """`Service shop/web · ClusterIP 10.96.0.12:80 · 2/3 Ready`."""
    spec = card.obj.get("spec") or {}
    ready = sum(is_up for _, is_up in card.endpoints)
    parts = [
        f"Service {card.key}",
        f"{spec.get('type', 'ClusterIP')} {service_address(card)}",
        f"{ready}/{len(card.endpoints)} Ready",
    ]
    return title_line(parts, card.mark, words)


def service_address(card: ServiceCard) -> str:
    """`10.96.0.12:80`, with the node port where there is one: `10.96.0.12:80 ← :30080`."""
    spec = card.obj.get("spec") or {}
    port: dict[str, Any] = next(iter(spec.get("ports") or ()), {})
    address = spec.get("clusterIP") or spec.get("externalName") or ""
    text = f"{address}:{port['port']}" if port.get("port") else address
    return f"{text} ←:{port['nodePort']}" if port.get("nodePort") else text


def service_way(card: ServiceCard, words: Words) -> str:
    """How its users reach it: its address inside, its port on every Node, the address of its load balancer."""
    spec = card.obj.get("spec") or {}
    port: dict[str, Any] = next(iter(spec.get("ports") or ()), {})
    kind = spec.get("type", "ClusterIP")
    if kind == "NodePort":
        return f"NodePort :{port.get('nodePort', '')}"
    if kind == "LoadBalancer":
        points = ((card.obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        address = next((point.get("ip") or point.get("hostname") or "" for point in points), "")
        return f"LB {address}:{port.get('port', '')}" if address else words("no balancer")
    if kind == "ExternalName":
        return f"→ {spec.get('externalName', '')}"
    if spec.get("clusterIP") == "None":
        return "headless"
    return service_address(card)


def image_of(pod: dict[str, object]) -> str:
    """The image of the first container without its registry: `nginx:1.27`."""
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    image = str(containers[0].get("image", "")) if containers else ""
    return image.rsplit("/", 1)[-1].split("@")[0]
