"""Keep one Pod of every DaemonSet on every node that is meant.

Watches   DaemonSets, Pods through their owner (or the selector, when they have none), labels and taints of Nodes.
Compares  the nodes that should have a Pod with those that have one, and the Pods' revision with the template's.
Writes    creates, adopts, releases and deletes Pods; keeps ControllerRevisions; patches its own status.
Source    pkg/controller/daemon/daemon_controller.go, update.go
Left out  see daemon_pods.py, history.py
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Again, Client, Controller, Informers, Recorder, own_key, owner_key
from k8slab.clock import Scheduling
from k8slab.controllers.batches import is_place_closing, slow_start
from k8slab.controllers.claims import Claims
from k8slab.controllers.daemon_pods import Daemons, daemon_spec, new_daemon_pod, phase, place_of
from k8slab.controllers.history import POD_REVISION, History
from k8slab.controllers.pods import fits, next_look
from k8slab.objects import Key, is_leaving, key_of
from k8slab.wire import ApiError, NotFound

__all__ = [
    "DaemonSetController",
]

Obj = dict[str, Any]

BURST = 250  # upstream: BurstReplicas, the most pods made or removed in one step
FIRST_BACKOFF_S, LONGEST_BACKOFF_S, FORGOTTEN_S = 1.0, 900.0, 1800.0


class DaemonSetController(Controller):
    """Pins a Pod to each node; the scheduler binds it there."""

    name = "daemon-set-controller"
    watches = {"DaemonSet": own_key, "Pod": owner_key("DaemonSet")}
    batch_s = 0.1

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.recorder = Recorder(client, loop, "daemonset-controller")
        self.sets = self.informer("DaemonSet")
        self.nodes = self.informer("Node")
        self.claims = Claims(client, self.sets, self.informer("Pod"), self.enqueue)
        self.history = History(client, self.sets, self.informer("ControllerRevision"), self.enqueue, POD_REVISION)
        self.nodes.on_change(self._node_changed)
        self._failed: dict[tuple[str, int, str], tuple[float, float]] = {}  # since when, and for how long, to back off

    def reconcile(self, key: Key) -> After | None:
        """Take one step from the Pods that are to the Pods that are wanted."""
        ds = self.sets.get(key)
        if ds is None or is_leaving(ds):
            return None
        known, pods = self.history.of(ds), self.claims.of(ds)
        revision, collisions = self.history.newest(ds, known)
        daemons = Daemons(ds, self.nodes.list(), pods, _hash_of(revision), self.loop.now)

        missing, unwanted, ended = daemons.needed()
        again = next_look(pods, ds["spec"].get("minReadySeconds", 0), self.loop.now)
        for node_name, pod in ended:
            left_s = self._backoff_s(ds, node_name, pod)
            if left_s > 0:
                again = min(again or After(left_s), After(left_s))
            else:
                unwanted.append(pod)
        if not missing and not unwanted and ds["spec"]["updateStrategy"]["type"] == "RollingUpdate":
            missing, unwanted = daemons.renewals()
        failure = self._sync(daemons, missing, unwanted)
        self._report(daemons, collisions)
        if failure is not None:
            raise Again
        self._forget(ds, known, revision, pods)
        return again

    def _sync(self, daemons: Daemons, missing: list[str], unwanted: list[Obj]) -> ApiError | None:
        """Make Pods for the nodes and delete others, a burst of each; the error that stopped it, if one did."""
        nodes = missing[:BURST]
        failure = slow_start(len(nodes), lambda i: self._create(daemons, nodes[i]))
        for pod in unwanted[:BURST]:
            name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
            try:
                self.client.delete("Pod", name, namespace, uid=pod["metadata"]["uid"])
            except NotFound:
                continue
            except ApiError as error:
                self.recorder.event(daemons.ds, "Warning", "FailedDelete", f"Error deleting: {error.message}")
                failure = failure or error
            else:
                self.recorder.event(daemons.ds, "Normal", "SuccessfulDelete", f"Deleted pod: {name}")
        return failure

    def _create(self, daemons: Daemons, node_name: str) -> None:
        try:
            pod = self.client.create(new_daemon_pod(daemons.ds, daemons.spec, daemons.hash, node_name))
        except ApiError as error:
            if is_place_closing(error):
                return
            self.recorder.event(daemons.ds, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self.recorder.event(daemons.ds, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")

    def _backoff_s(self, ds: Obj, node_name: str, pod: Obj) -> float:
        """For how long a Pod that has ended must be left alone; when it need not, say that it goes.

        Each failure on a node doubles the wait for the next, so that nobody fights with a kubelet that refuses a Pod.
        """
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']} on node {node_name}"
        if phase(pod) == "Succeeded":
            text = f"Found succeeded daemon pod {name}, will try to delete it"
            self.recorder.event(ds, "Normal", "SucceededDaemonPod", text)
            return 0.0
        now, generation = self.loop.now, (ds.get("status") or {}).get("observedGeneration", 0)
        key = ds["metadata"]["uid"], generation, node_name
        self._failed = {each: when for each, when in self._failed.items() if now <= when[0] + FORGOTTEN_S}
        since, wait_s = self._failed.get(key, (now, 0.0))
        if now < since + wait_s:
            return since + wait_s - now
        self._failed[key] = now, min(max(2 * wait_s, FIRST_BACKOFF_S), LONGEST_BACKOFF_S)
        self.recorder.event(ds, "Warning", "FailedDaemonPod", f"Found failed daemon pod {name}, will try to kill it")
        return 0.0

    def _report(self, daemons: Daemons, collisions: int) -> None:
        """Patch the status, if it says something else than the Pods do."""
        ds, status = daemons.ds, {"observedGeneration": daemons.ds["metadata"]["generation"], **daemons.status()}
        if collisions:
            status["collisionCount"] = collisions
        if not fits(ds.get("status") or {}, status):
            self.client.patch_status(ds, status)

    def _forget(self, ds: Obj, known: list[Obj], revision: Obj, pods: list[Obj]) -> None:
        """Of the revisions that no Pod has, delete the oldest; those that one has count to the limit, too."""
        old = [each for each in known if each["metadata"]["uid"] != revision["metadata"]["uid"]]
        live = {(pod["metadata"].get("labels") or {}).get(POD_REVISION) for pod in pods}
        idle = [each for each in old if _hash_of(each) not in live]
        self.history.forget(idle, len(old) - ds["spec"]["revisionHistoryLimit"])

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """Look at the DaemonSets for which the node is now something else than before."""
        if old is not None and new is not None and _nature(old) == _nature(new):
            return
        for ds in self.sets.list():
            spec = daemon_spec(ds)
            before, after = (place_of(spec, node) if node is not None else (False, False) for node in (old, new))
            if before != after:
                self.enqueue(key_of(ds), self.batch_s)


def _nature(node: Obj) -> tuple[Any, Any]:
    return node["metadata"].get("labels"), node["spec"].get("taints")


def _hash_of(revision: Obj) -> str:
    return str((revision["metadata"].get("labels") or {}).get(POD_REVISION, ""))
