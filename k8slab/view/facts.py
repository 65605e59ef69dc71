"""From the objects of a cluster to the few facts that a picture shows. Pure.

Every object becomes a card: its name, its state in one word, what it belongs to, and whether it is new, changed or
gone since the last picture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from k8slab.objects import Key, controller_of
from k8slab.view.amounts import Amount, allocatable, requests_of
from k8slab.view.cards import EVERYTHING, UNSEEN, Facts, Focus, NodeCard, OwnerCard, PodCard, ServiceCard, SystemCard
from k8slab.view.entries import IngressCard, ingress_cards
from k8slab.view.fields import is_bookkeeping
from k8slab.view.measures import Flows
from k8slab.view.recorder import Change, Snapshot
from k8slab.view.states import (
    is_control_plane,
    node_status,
    pod_state,
    restarts_of,
)
from k8slab.view.storage import ClaimCard, claim_cards, mounted_claims
from k8slab.view.writers import component_of

__all__ = [
    "Facts",
    "Focus",
    "NodeCard",
    "OwnerCard",
    "PodCard",
    "PodMemory",
    "ServiceCard",
    "read_facts",
]

Obj = dict[str, Any]
Marks = Mapping[tuple[str, Key], str]

SYSTEM = ("kube-system", "kube-public", "kube-node-lease")
ZONE = "topology.kubernetes.io/zone"
SERVICE_OF_SLICE = "kubernetes.io/service-name"
OWNER_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "ReplicaSet")
BETWEEN = ("ReplicaSet", "Job")  # kinds that stand between a Pod and the workload that somebody wrote
NO_OWNER = ("", "", "")
MOST_KNOWN = 20_000


def read_facts(
    objects: Snapshot,
    changes: Iterable[Change] = (),
    focus: Focus = EVERYTHING,
    *,
    is_connected: bool = True,
    use: Mapping[str, Amount] = MappingProxyType({}),
    flows: Flows = MappingProxyType({}),
    known: PodMemory | None = None,
) -> Facts:
    """The facts of this moment, with what `changes` say has happened since the last picture.

    `known` remembers what was read from Pods that have not changed since.
    """
    changes = list(changes)
    marks, ghosts = _marks(changes)
    pods = _pods(objects, marks, ghosts, focus, PodMemory() if known is None else known)
    return Facts(
        _nodes(objects, marks, ghosts, pods, use),
        pods,
        _owners(objects, marks, ghosts, pods, focus),
        _services(objects, marks, ghosts, focus),
        Counter(component_of(change.writer) for change in changes if change.writer and change.kind != "Lease"),
        is_connected,
        _claims(objects, marks, ghosts, focus),
        _ingresses(objects, marks, ghosts, focus),
        _system(pods),
        flows,
        focus,
    )


def _claims(objects: Snapshot, marks: Marks, ghosts: Mapping[str, list[Obj]], focus: Focus) -> tuple[ClaimCard, ...]:
    """Claims in focus; an app or a Node has those that its Pods mount."""
    claims = _with_ghosts(objects, ghosts, "PersistentVolumeClaim")
    volumes = _with_ghosts(objects, ghosts, "PersistentVolume")
    if not claims and not volumes:
        return ()
    claims = [obj for obj in claims if not _is_out_of_focus(focus, obj["metadata"].get("namespace", ""))]
    mounted = mounted_claims(objects.get("Pod", {}).values())
    return claim_cards(
        claims, volumes, mounted, lambda kind, key: marks.get((kind, key), ""), has_unclaimed=focus == EVERYTHING
    )


def _ingresses(
    objects: Snapshot, marks: Marks, ghosts: Mapping[str, list[Obj]], focus: Focus
) -> tuple[IngressCard, ...]:
    found = _with_ghosts(objects, ghosts, "Ingress")
    inside = [obj for obj in found if not _is_out_of_focus(focus, obj["metadata"].get("namespace", ""))]
    return ingress_cards(inside, lambda kind, key: marks.get((kind, key), ""))


def _system(pods: Collection[PodCard]) -> tuple[SystemCard, ...]:
    """Folded Pods of kube-system that are no component of the control plane, by workload."""
    ready: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for pod in pods:
        if pod.key.namespace == "kube-system" and pod.is_folded and not pod.is_component and pod.mark != "gone":
            total[pod.app] += 1
            ready[pod.app] += pod.state in ("ready", "succeeded")
    return tuple(SystemCard(name, ready[name], total[name]) for name in sorted(total))


def _marks(changes: Iterable[Change]) -> tuple[dict[tuple[str, Key], str], dict[str, list[Obj]]]:
    """new, changed or gone per object, and the last form of what is gone."""
    first: dict[tuple[str, Key], Change] = {}
    last: dict[tuple[str, Key], Change] = {}
    for change in changes:
        place = (change.kind, change.key)
        if change.kind not in ("Event", "Lease") and not is_bookkeeping(change):
            first.setdefault(place, change)
            last[place] = change
    marks: dict[tuple[str, Key], str] = {}
    ghosts: dict[str, list[Obj]] = {}
    for place, newest in last.items():
        before, after = first[place].before, newest.after
        if before is not None and after is not None:
            marks[place] = "changed" if _is_same(before, after) else "new"
        elif after is not None:
            marks[place] = "new"
        elif before is not None:
            marks[place] = "gone"
            ghosts.setdefault(place[0], []).append(newest.before or before)
    return marks, ghosts


def _is_same(before: Obj, after: Obj) -> bool:
    return bool(before["metadata"].get("uid") == after["metadata"].get("uid"))


def _with_ghosts(objects: Snapshot, ghosts: Mapping[str, list[Obj]], kind: str) -> list[Obj]:
    return [*objects.get(kind, {}).values(), *ghosts.get(kind, ())]


def _key(obj: Obj) -> Key:
    metadata = obj["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def _pods(
    objects: Snapshot, marks: Marks, ghosts: Mapping[str, list[Obj]], focus: Focus, known: PodMemory
) -> tuple[PodCard, ...]:
    parents = {_id(obj, kind): _owner_id(obj) for kind in BETWEEN for obj in _with_ghosts(objects, ghosts, kind)}
    masters = {name for name, node in _names(objects.get("Node", {})) if is_control_plane(node)}
    cards = []
    for pod in _with_ghosts(objects, ghosts, "Pod"):
        card = known.card(pod)
        key, node, owner = card.key, card.node, card.owner
        top = parents.get(owner, NO_OWNER)
        app = (top if top != NO_OWNER else owner)[2] if owner[0] != "Node" else ""
        app = app or key.name
        is_component = key.namespace == "kube-system" and node in masters and owner[0] in ("Node", "")
        is_folded = is_component or _is_out_of_focus(focus, key.namespace, app, node)
        mark = marks.get(("Pod", key), "")
        if (app, mark, is_folded, is_component) != (card.app, card.mark, card.is_folded, card.is_component):
            card = card._replace(app=app, mark=mark, is_folded=is_folded, is_component=is_component)
        cards.append(card)
    return tuple(cards)


class PodMemory:
    """What Pods say about themselves, read once from each form of each of them: an object never changes in place."""

    def __init__(self) -> None:
        self._cards: dict[str, PodCard] = {}

    def card(self, pod: Obj) -> PodCard:
        """The card of a Pod, without what others know of it: its mark, whether it is folded."""
        metadata = pod["metadata"]
        name = metadata.get("uid") or f"{metadata.get('namespace', '')}/{metadata['name']}"
        card = self._cards.get(name)
        if card is None or card.obj is not pod:
            if len(self._cards) > MOST_KNOWN:
                self._cards.clear()
            card = self._cards[name] = _pod_card(pod)
        return card


def _pod_card(pod: Obj) -> PodCard:
    key, node, owner = _key(pod), pod["spec"].get("nodeName", ""), _owner_id(pod)
    app = owner[2] or key.name
    return PodCard(key, pod_state(pod), node, owner, app, restarts_of(pod), requests_of(pod), "", False, False, pod)


def _names(nodes: Mapping[Key, Obj]) -> list[tuple[str, Obj]]:
    return [(key.name, node) for key, node in nodes.items()]


def _is_out_of_focus(focus: Focus, namespace: str, app: str = "", node: str = "") -> bool:
    if focus.namespace and namespace != focus.namespace:
        return True
    if not focus.namespace and namespace in SYSTEM:
        return True
    return bool((focus.app and app and app != focus.app) or (focus.node and node and node != focus.node))


def _id(obj: Obj, kind: str) -> tuple[str, str, str]:
    metadata = obj["metadata"]
    return kind, metadata.get("namespace", ""), metadata["name"]


def _owner_id(obj: Obj) -> tuple[str, str, str]:
    owner = controller_of(obj)
    return (owner["kind"], obj["metadata"].get("namespace", ""), owner["name"]) if owner else NO_OWNER


def _natural(node: Obj) -> list[tuple[int, str]]:
    """`node-2` before `node-10`."""
    parts = re.split(r"(\d+)", node["metadata"]["name"])
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _nodes(
    objects: Snapshot,
    marks: Marks,
    ghosts: Mapping[str, list[Obj]],
    pods: Collection[PodCard],
    use: Mapping[str, Amount],
) -> tuple[NodeCard, ...]:
    """All Nodes; one that its Pods have outlived stays as gone, so that they have a place.

    Who may not look at Nodes knows their names from the Pods.
    """
    cpu: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    for pod in pods:
        if pod.mark != "gone":
            cpu[pod.node] += pod.requests.cpu_m
            memory[pod.node] += pod.requests.memory_bytes
    nodes = _with_ghosts(objects, ghosts, "Node")
    names = {node["metadata"]["name"] for node in nodes}
    is_seen = "Node" in objects
    outlived = dict.fromkeys(pod.node for pod in pods if pod.node and pod.node not in names)
    nodes += [{"metadata": {"name": name}} for name in outlived]
    nodes.sort(key=_natural)
    return tuple(
        NodeCard(
            name := node["metadata"]["name"],
            (node["metadata"].get("labels") or {}).get(ZONE, ""),
            node_status(node) if name not in outlived or is_seen else UNSEEN,
            is_control_plane(node),
            allocatable(node),
            Amount(cpu[name], memory[name]),
            marks.get(("Node", _key(node)), "gone" if name in outlived and is_seen else ""),
            node,
            use.get(name),
        )
        for node in nodes
    )


def _owners(
    objects: Snapshot, marks: Marks, ghosts: Mapping[str, list[Obj]], pods: Collection[PodCard], focus: Focus
) -> tuple[OwnerCard, ...]:
    """Workloads in focus; an old ReplicaSet that wants nothing, has nothing and did nothing is left out."""
    owning = {pod.owner for pod in pods}
    cards = []
    for kind in OWNER_KINDS:
        for obj in _with_ghosts(objects, ghosts, kind):
            id_, parent = _id(obj, kind), _owner_id(obj)
            mark = marks.get((kind, _key(obj)), "")
            wanted, ready = _wanted_and_ready(obj)
            app = parent[2] or id_[2]
            is_idle = kind == "ReplicaSet" and not wanted and not mark and id_ not in owning
            if not is_idle and not _is_out_of_focus(focus, id_[1], app):
                cards.append(OwnerCard(id_, parent, wanted, ready, mark, obj))
    return tuple(cards)


def _wanted_and_ready(obj: Obj) -> tuple[int, int]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if "completions" in spec or obj.get("kind") == "Job":  # a Job is well when its Pods have ended well
        return spec.get("completions") or spec.get("parallelism", 1), status.get("succeeded", 0)
    wanted = spec.get("replicas", spec.get("parallelism", status.get("desiredNumberScheduled", 0)))
    ready = status.get("readyReplicas", status.get("numberReady", status.get("ready", 0)))
    return wanted, ready


def _services(
    objects: Snapshot, marks: Marks, ghosts: Mapping[str, list[Obj]], focus: Focus
) -> tuple[ServiceCard, ...]:
    endpoints: dict[Key, dict[Key, bool]] = {}  # a Pod counts once, though it may have an address of each family
    for obj in objects.get("EndpointSlice", {}).values():
        namespace = obj["metadata"].get("namespace", "")
        service = Key(namespace, (obj["metadata"].get("labels") or {}).get(SERVICE_OF_SLICE, ""))
        for endpoint in obj.get("endpoints") or ():
            target = endpoint.get("targetRef") or {}
            is_up = (endpoint.get("conditions") or {}).get("ready") is not False
            if target.get("kind") == "Pod":
                pod = Key(target.get("namespace", namespace), target["name"])
                endpoints.setdefault(service, {})[pod] = is_up
    return tuple(
        ServiceCard(
            key := _key(obj),
            tuple(endpoints.get(key, {}).items()),
            marks.get(("Service", key), ""),
            _is_out_of_focus(focus, key.namespace) or (key == Key("default", "kubernetes") and not focus.namespace),
            obj,
        )
        for obj in _with_ghosts(objects, ghosts, "Service")
    )
