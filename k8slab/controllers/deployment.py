"""Bring every Deployment's Pods to its template, through ReplicaSets.

Watches   Deployments, ReplicaSets through their owner, and Pods through their ReplicaSet.
Compares  the template with those of its ReplicaSets; the wanted replicas with what they have.
Writes    creates, scales and deletes ReplicaSets; patches its own status and revision.
Source    pkg/controller/deployment/{deployment_controller,sync,rolling,recreate}.go
Left out  adoption of orphaned ReplicaSets; the hash in a ReplicaSet's name is not upstream's number
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.pods import fits, index_pods_by_owner
from k8slab.controllers.revisions import (
    REVISION,
    annotated,
    find_new,
    new_replicaset,
    next_revision,
    revision_of,
    surplus_history,
)
from k8slab.controllers.rollout import (
    deployment_status,
    new_replicas,
    proportional,
    replicas_of,
    scale_down_old,
    wants_scaling,
)
from k8slab.objects import Key, controller_of, is_active, is_leaving

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
        index_pods_by_owner(self.replicasets)
        index_pods_by_owner(self.pods)
        self.pods.on_change(self._pod_changed)

    def reconcile(self, key: Key) -> After | None:
        """Take one step of the roll-out and tell how far it is."""
        deployment = self.deployments.get(key)
        if deployment is None:
            return None
        owned = self.replicasets.by_index("owner", deployment["metadata"]["uid"])
        owned.sort(key=lambda rs: (rs["metadata"]["creationTimestamp"], rs["metadata"]["name"]))
        new = find_new(deployment, owned)
        if is_leaving(deployment):
            return self._report(deployment, new, owned)

        if deployment["spec"].get("paused") or wants_scaling(deployment, owned):
            self._scale_all(deployment, new, owned)
        elif deployment["spec"]["strategy"]["type"] == "Recreate":
            new = self._recreate(deployment, new, owned)
        else:
            new = self._roll(deployment, new, owned)
        self._forget_old_revisions(deployment, new, owned)
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

    def _roll(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> Obj | None:
        """First room for new Pods, then old ones away, never beyond surge and unavailability."""
        old = [rs for rs in owned if rs is not new]
        if new is None:
            replicas = new_replicas(deployment, None, owned)
            return self._create(deployment, owned, replicas)
        new = self._revise(deployment, new, owned)
        wanted = new_replicas(deployment, new, owned)
        if wanted != replicas_of(new):
            self._scale(deployment, new, wanted)
            return new
        for rs, replicas in scale_down_old(deployment, new, old):
            self._scale(deployment, rs, replicas)
        return new

    def _recreate(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> Obj | None:
        """All old Pods away, and only then the new ones."""
        old = [rs for rs in owned if rs is not new]
        for rs in old:
            if replicas_of(rs):
                self._scale(deployment, rs, 0)
        if any(self._has_pods(rs) for rs in old):
            return new
        wanted = deployment["spec"]["replicas"]
        if new is None:
            return self._create(deployment, owned, wanted)
        new = self._revise(deployment, new, owned)
        if replicas_of(new) != wanted:
            self._scale(deployment, new, wanted)
        return new

    def _scale_all(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        """The Deployment was scaled in the middle of something: share the difference out in proportion."""
        for rs, replicas in proportional(deployment, new, owned):
            self._scale(deployment, rs, replicas)

    def _has_pods(self, rs: Obj) -> bool:
        return any(is_active(pod) or is_leaving(pod) for pod in self.pods.by_index("owner", rs["metadata"]["uid"]))

    def _create(self, deployment: Obj, owned: list[Obj], replicas: int) -> Obj:
        rs = self.client.create(new_replicaset(deployment, owned, replicas))
        self._note_revision(deployment, revision_of(rs))
        if replicas:
            self._say_scaled(deployment, rs, 0, replicas)
        return rs

    def _revise(self, deployment: Obj, new: Obj, owned: list[Obj]) -> Obj:
        """A template that comes back (a rollback) becomes the newest revision."""
        newest = next_revision([rs for rs in owned if rs is not new])
        revision = max(revision_of(new), newest)
        wanted = annotated(deployment, new, revision)
        if wanted != (new["metadata"].get("annotations") or {}):
            patch = {"metadata": {"annotations": wanted}}
            new = self.client.patch("ReplicaSet", *_place(new), patch, type="merge")
        self._note_revision(deployment, revision)
        return new

    def _note_revision(self, deployment: Obj, revision: int) -> None:
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) != str(revision):
            patch = {"metadata": {"annotations": {REVISION: str(revision)}}}
            self.client.patch("Deployment", *_place(deployment), patch, type="merge")

    def _scale(self, deployment: Obj, rs: Obj, replicas: int) -> None:
        before = replicas_of(rs)
        annotations = annotated(deployment, rs, revision_of(rs))
        if before == replicas and annotations == (rs["metadata"].get("annotations") or {}):
            return
        patch: Obj = {"spec": {"replicas": replicas}, "metadata": {"annotations": annotations}}
        self.client.patch("ReplicaSet", *_place(rs), patch, type="merge")
        if before != replicas:
            self._say_scaled(deployment, rs, before, replicas)

    def _say_scaled(self, deployment: Obj, rs: Obj, before: int, replicas: int) -> None:
        direction = "up" if replicas > before else "down"
        text = f"Scaled {direction} replica set {rs['metadata']['name']} from {before} to {replicas}"
        self.recorder.event(deployment, "Normal", "ScalingReplicaSet", text)

    def _forget_old_revisions(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> None:
        for rs in surplus_history(deployment, [rs for rs in owned if rs is not new]):
            self.client.delete("ReplicaSet", *_place(rs))

    def _report(self, deployment: Obj, new: Obj | None, owned: list[Obj]) -> After | None:
        """Patch the status if it changed; ask to come back when the progress deadline may pass."""
        status, deadline_s = deployment_status(deployment, new, owned, self.loop.now)
        if not fits(deployment.get("status") or {}, status):
            self.client.patch_status(deployment, status)
        return After(deadline_s, background=True) if deadline_s is not None else None


def _place(obj: Obj) -> tuple[str, str]:
    return obj["metadata"]["name"], obj["metadata"]["namespace"]
