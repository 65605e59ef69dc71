"""Bring every Deployment's Pods to its template, through ReplicaSets.

Watches   Deployments, ReplicaSets through their owner or the selector, and Pods through their ReplicaSet.
Compares  the template with those of its ReplicaSets; the wanted replicas with what they have.
Writes    creates, adopts, releases, scales and deletes ReplicaSets; patches its own status and revision.
Source    pkg/controller/deployment/{deployment_controller,sync,rolling,recreate}.go
Left out  the hash in a ReplicaSet's name is not upstream's number
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.claims import Claims
from k8slab.controllers.pods import fits, index_pods_by_owner, replicas_of
from k8slab.controllers.revisions import (
    REVISION,
    annotated,
    find_new,
    new_replicaset,
    next_revision,
    revision_of,
    sized,
    surplus_history,
)
from k8slab.controllers.rollout import (
    begun,
    deployment_status,
    is_complete,
    new_replicas,
    proportional,
    scale_down_old,
    wants_scaling,
)
from k8slab.objects import Key, controller_of, get_condition, is_leaving, key_of, owned_by
from k8slab.wire import AlreadyExists

__all__ = [
    "DeploymentController",
]

Obj = dict[str, Any]


class DeploymentController(Controller):
    """Asks ReplicaSets to grow and to shrink; it never makes a Pod itself."""

    name = "deployment-controller"
    watches = {"Deployment": own_key, "ReplicaSet": owner_key("Deployment")}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.deployments = self.informer("Deployment")
        self.replicasets = self.informer("ReplicaSet")
        self.pods = self.informer("Pod")
        index_pods_by_owner(self.pods)
        self.claims = Claims(client, self.deployments, self.replicasets, self.enqueue)
        self.pods.on_change(self._pod_changed)

    def reconcile(self, key: Key) -> After | None:
        """Take one step of the roll-out and tell how far it is."""
        deployment = self.deployments.get(key)
        if deployment is None:
            return None
        owned = self.claims.of(deployment)
        owned.sort(key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]))
        new = find_new(deployment, owned)
        if is_leaving(deployment):
            return self._report(deployment, new, owned)

        if new is not None:
            new = self._revise(deployment, new, _others(owned, new))
            owned = [*_others(owned, new), new]
            if get_condition(deployment, "Progressing") is None:
                deployment = begun(deployment, new, "Found", self.loop.now)
        old = _others(owned, new)
        if deployment["spec"].get("paused") or wants_scaling(deployment, owned):
            self._scale_all(deployment, new, owned)
        elif new is None and not self._waits_for_the_end(deployment, old):
            new = self._create(deployment, owned)
            deployment = begun(deployment, new, "Created", self.loop.now)
        elif deployment["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(deployment, new, old)
        elif new is not None:
            self._roll(deployment, new, old)
        if deployment["spec"].get("paused") or is_complete(deployment, deployment.get("status") or {}):
            self._forget_old_revisions(deployment, old)
        return self._report(deployment, new, owned)

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A Recreate waits until the last old Pod is gone: look again when one goes."""
        if new is not None or old is None:
            return
        owner = controller_of(old)
        rs = self.replicasets.get(Key(old["metadata"]["namespace"], owner["name"])) if owner else None
        above = controller_of(rs) if rs else None
        if above is not None:
            self.queue.add(Key(old["metadata"]["namespace"], above["name"]))

    def _roll(self, deployment: Obj, new: Obj, old: list[Obj]) -> None:
        """First room for new Pods, then old ones away, never beyond surge and unavailability."""
        wanted = new_replicas(deployment, new, [*old, new])
        if wanted != replicas_of(new):
            self._scale(deployment, new, wanted)
            return
        for rs, replicas in scale_down_old(deployment, new, old):
            self._scale(deployment, rs, replicas)

    def _recreate(self, deployment: Obj, new: Obj | None, old: list[Obj]) -> None:
        """All old Pods away, and only then the new ones."""
        for rs in old:
            if replicas_of(rs):
                self._scale(deployment, rs, 0)
        if new is not None and not self._waits_for_the_end(deployment, old):
            self._scale(deployment, new, deployment["spec"]["replicas"])

    def _waits_for_the_end(self, deployment: Obj, old: list[Obj]) -> bool:
        """A Recreate waits until no old Pod runs or is asked for any more."""
        if deployment["spec"]["strategy"]["type"] != "Recreate":
            return False
        return any(replicas_of(rs) or self._has_pods(rs) for rs in old)

    def _scale_all(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        """The Deployment was scaled in the middle of something: share the difference out in proportion."""
        for rs, replicas in proportional(deployment, new, owned):
            self._scale(deployment, rs, replicas)

    def _has_pods(self, rs: Obj) -> bool:
        pods = self.pods.by_index("owner", rs["metadata"]["uid"])
        running = any((pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") for pod in pods)
        return running or bool((rs.get("status") or {}).get("replicas"))

    def _create(self, deployment: Obj, owned: list[Obj]) -> Obj:
        wanted = new_replicaset(deployment, owned, new_replicas(deployment, None, owned))
        try:
            rs = self.client.create(wanted)
        except AlreadyExists:
            self._note_collision(deployment, wanted)
            raise
        self._note_revision(deployment, revision_of(rs))
        if replicas_of(rs):
            self._say_scaled(deployment, rs, 0, replicas_of(rs))
        return rs

    def _note_collision(self, deployment: Obj, wanted: Obj) -> None:
        """Somebody else has the name: count that, so that the hash is another next time."""
        there = self.client.get("ReplicaSet", *_place(wanted))
        if not owned_by(there, deployment) or find_new(deployment, [there]) is None:
            collisions = (deployment.get("status") or {}).get("collisionCount", 0)
            self.client.patch_status(deployment, {"collisionCount": collisions + 1})

    def _revise(self, deployment: Obj, new: Obj, old: list[Obj]) -> Obj:
        """A template that comes back (a rollback) becomes the newest revision; minReadySeconds goes along."""
        revision = max(revision_of(new), next_revision(old))
        annotations, wait_s = annotated(deployment, new, revision), deployment["spec"].get("minReadySeconds", 0)
        patch: Obj = {}
        if annotations != (new["metadata"].get("annotations") or {}):
            patch["metadata"] = {"annotations": annotations}
        if wait_s != new["spec"].get("minReadySeconds", 0):
            patch["spec"] = {"minReadySeconds": wait_s}
        if patch:
            new = self.client.patch("ReplicaSet", *_place(new), patch, type="merge")
        self._note_revision(deployment, revision)
        return new

    def _note_revision(self, deployment: Obj, revision: int) -> None:
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) != str(revision):
            patch = {"metadata": {"annotations": {REVISION: str(revision)}}}
            self.client.patch("Deployment", *_place(deployment), patch, type="merge")

    def _scale(self, deployment: Obj, rs: Obj, replicas: int) -> None:
        before, annotations = replicas_of(rs), sized(deployment)
        if before == replicas and annotations.items() <= (rs["metadata"].get("annotations") or {}).items():
            return
        patch: Obj = {"spec": {"replicas": replicas}, "metadata": {"annotations": annotations}}
        self.client.patch("ReplicaSet", *_place(rs), patch, type="merge")
        if before != replicas:
            self._say_scaled(deployment, rs, before, replicas)

    def _say_scaled(self, deployment: Obj, rs: Obj, before: int, replicas: int) -> None:
        direction = "up" if replicas > before else "down"
        text = f"Scaled {direction} replica set {rs['metadata']['name']} from {before} to {replicas}"
        self.recorder.event(deployment, "Normal", "ScalingReplicaSet", text)

    def _forget_old_revisions(self, deployment: Obj, old: list[Obj]) -> None:
        for rs in surplus_history(deployment, old):
            self.client.delete("ReplicaSet", *_place(rs))

    def _report(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> After | None:
        """Patch the status if it changed; ask to come back when the progress deadline may pass."""
        status, deadline_s = deployment_status(deployment, new, owned, self.loop.now)
        known = self.deployments.get(key_of(deployment)) or deployment
        if not fits(known.get("status") or {}, status):
            self.client.patch_status(deployment, status)
        return After(deadline_s, background=True) if deadline_s is not None else None


def _place(obj: Obj) -> tuple[str, str]:
    return obj["metadata"]["name"], obj["metadata"]["namespace"]


def _others(owned: list[Obj], new: Obj | None) -> list[Obj]:
    return [rs for rs in owned if new is None or rs["metadata"]["uid"] != new["metadata"]["uid"]]
