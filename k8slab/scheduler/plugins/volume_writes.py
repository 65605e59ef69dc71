"""Volumes that the scheduler has promised: assumed at once, written before the binding, awaited.

Source    pkg/scheduler/framework/plugins/volumebinding/binder.go (AssumePodVolumes, bindAPIUpdate, checkBindings,
          BindPodVolumes); staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go (GetBindVolumeToClaim)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.client import Client
from k8slab.scheduler.framework import NodeInfo, Snapshot, Verdict
from k8slab.scheduler.plugins.volume_claims import is_fully_bound, is_reachable

__all__ = ["SELECTED_NODE", "Bindings"]

Obj = dict[str, Any]

SELECTED_NODE = "volume.kubernetes.io/selected-node"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
POLL_S = 1.0


class _Promise:
    """What one pod gets on its node."""

    def __init__(self, bindings: list[tuple[Obj, Obj]], provisions: list[Obj], node_name: str) -> None:
        self.bindings, self.provisions, self.node_name = bindings, provisions, node_name
        self.since: float | None = None


class Bindings:
    """The promises by pod (uid); claims and volumes can be seen as they will be when these are kept."""

    def __init__(self) -> None:
        self._promises: dict[str, _Promise] = {}

    def has(self, uid: str) -> bool:
        """The pod has been promised something."""
        return uid in self._promises

    def assume(self, uid: str, bindings: list[tuple[Obj, Obj]], provisions: list[Obj], node_name: str) -> None:
        """Promise a pod these volumes, and volumes to be made for these claims."""
        self._promises[uid] = _Promise(bindings, provisions, node_name)

    def forget(self, uid: str) -> None:
        """The promise is kept, or broken."""
        self._promises.pop(uid, None)

    def claim(self, claim: Obj | None) -> Obj | None:
        """The claim as it will be: with the node that has been chosen for it."""
        if claim is None or not self._promises:
            return claim
        key = _key(claim)
        for promise in self._promises.values():
            if any(_key(one) == key for one in promise.provisions):
                return _annotated(claim, SELECTED_NODE, promise.node_name)
        return claim

    def volumes(self, volumes: Iterable[Obj]) -> Iterator[Obj]:
        """The volumes as they will be: reserved for the claims that they are promised to."""
        promised = {v["metadata"]["name"]: c for one in self._promises.values() for v, c in one.bindings}
        for volume in volumes:
            claim = promised.get(volume["metadata"]["name"])
            yield volume if claim is None else _reserved(volume, claim)

    def step(
        self, uid: str, client: Client | None, cluster: Snapshot, node: NodeInfo, timeout_s: float
    ) -> Verdict | float | None:
        """Write what is promised, then look whether it has come true. Raises ApiError."""
        promise = self._promises[uid]
        if promise.since is None:
            promise.since = cluster.now
            if client is not None:
                _write(promise, client)
            return POLL_S
        problem = _problem(promise, cluster, node)
        if problem:
            return Verdict((f"binding volumes: {problem}",))
        if _is_kept(promise, cluster):
            self.forget(uid)
            return None
        if cluster.now - promise.since >= timeout_s:
            return Verdict(("binding volumes: context deadline exceeded",))
        return POLL_S


def _write(promise: _Promise, client: Client) -> None:
    """Reserve each volume for its claim, and tell the provisioner for which node a claim's volume is to be."""
    for volume, claim in promise.bindings:
        client.update(_reserved(volume, claim))
    for claim in promise.provisions:
        client.update(_annotated(claim, SELECTED_NODE, promise.node_name))


def _reserved(volume: Obj, claim: Obj) -> Obj:
    """The volume with a reference to the claim; one that had none bears the mark that it was not a person's."""
    metadata = claim["metadata"]
    ref = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    ref |= {key: metadata[key] for key in ("namespace", "name", "uid", "resourceVersion") if key in metadata}
    marked = volume if volume["spec"].get("claimRef") else _annotated(volume, BOUND_BY_CONTROLLER, "yes")
    return {**marked, "spec": {**volume["spec"], "claimRef": ref}}


def _problem(promise: _Promise, cluster: Snapshot, node: NodeInfo) -> str:
    """Why it will never come true, "" when it may."""
    for volume, _ in promise.bindings:
        name = volume["metadata"]["name"]
        now = cluster.get("PersistentVolume", "", name)
        if now is None:
            return f'failed to check binding: could not find v1.PersistentVolume "{name}"'
        if not (now["spec"].get("claimRef") or {}).get("uid"):
            return f'ClaimRef got reset for pv "{name}"'
    for claim in promise.provisions:
        name = claim["metadata"]["name"]
        there = _now(cluster, claim)
        if there is None:
            return f'failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "{_key(claim)}"'
        chosen = (there["metadata"].get("annotations") or {}).get(SELECTED_NODE)
        if chosen != promise.node_name:  # a provisioner that could not make it says so by taking the mark away
            return f'provisioning failed for PVC "{name}"'
        volume_name = there["spec"].get("volumeName", "")
        made = cluster.get("PersistentVolume", "", volume_name) if volume_name else None
        if made is not None and not is_reachable(made, node.labels):
            return f'pv "{volume_name}" node affinity doesn\'t match node "{node.name}": no matching NodeSelectorTerms'
    return ""


def _is_kept(promise: _Promise, cluster: Snapshot) -> bool:
    claims = [_now(cluster, claim) for claim in (*(claim for _, claim in promise.bindings), *promise.provisions)]
    return all(claim is not None and is_fully_bound(claim) for claim in claims)


def _now(cluster: Snapshot, claim: Obj) -> Obj | None:
    metadata = claim["metadata"]
    return cluster.get("PersistentVolumeClaim", metadata["namespace"], metadata["name"])


def _key(claim: Obj) -> str:
    return f"{claim['metadata'].get('namespace', '')}/{claim['metadata']['name']}"


def _annotated(obj: Obj, name: str, text: str) -> Obj:
    annotations = {**(obj["metadata"].get("annotations") or {}), name: text}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
