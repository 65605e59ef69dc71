"""The agent of a node: runs the pods that are bound to it, and says how they and the node are.

Watches   Pods with spec.nodeName of its node, its own Node; it reads ConfigMaps and Secrets when containers need them.
Compares  what the API (or a static manifest) wants with what its machine's runtime has.
Writes    Pod status and the last delete of a leaving Pod; Node and Lease; mirror Pods; Events.
Source    pkg/kubelet/kubelet.go (syncLoop, HandlePodAdditions, HandlePodUpdates, HandlePodRemoves),
          pkg/kubelet/kubelet_pods.go (HandlePodCleanups)
Left out  garbage collection of images and containers as long as there is room
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import Client, Informer, Recorder
from k8slab.clock import Scope
from k8slab.kubelet.admission import Rejection, rejection, total
from k8slab.kubelet.csi import CsiVolumes
from k8slab.kubelet.eviction import refusal_message
from k8slab.kubelet.images import ImageManager
from k8slab.kubelet.manifest_folder import ManifestFolder
from k8slab.kubelet.node_pressure import NodePressure
from k8slab.kubelet.node_reporter import NodeReporter
from k8slab.kubelet.node_status import KUBELET_PROGRAM, KUBELET_VERSION, NETWORK_PROBLEM, new_node
from k8slab.kubelet.pod_worker import PodWorker
from k8slab.kubelet.resizing import Resizer
from k8slab.kubelet.service_links import ServiceLinks
from k8slab.kubelet.shutdown import REFUSAL, NodeShutdown
from k8slab.kubelet.sources import Sources
from k8slab.kubelet.static_pods import MIRROR, StaticPods
from k8slab.kubelet.status_manager import StatusManager
from k8slab.objects import key_of
from k8slab.wire import NotFound
from k8slab.world import Container, Sandbox, Vm
from k8slab.world.files import text_of

__all__ = [
    "Kubelet",
]

Obj = dict[str, Any]

HOUSEKEEPING_S, ORPHAN_GRACE_S = 2.0, 1
CONTROL_PLANE_LABELS = {
    "node-role.kubernetes.io/control-plane": "",
    "node.kubernetes.io/exclude-from-external-load-balancers": "",
}
CLOUD_TAINT = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
CONTROL_PLANE_TAINT = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


class Kubelet:
    """One process of the agent, from now to the end of its `scope`.

    A control plane node is labelled and tainted as kubeadm does it; one that `has_cloud` (--cloud-provider=external)
    waits until that has told what it knows.
    """

    def __init__(
        self,
        client: Client,
        scope: Scope,
        vm: Vm,
        *,
        is_control_plane: bool = False,
        labels: Obj | None = None,
        taints: Iterable[Obj] = (),
        has_cloud: bool = False,
    ) -> None:
        self.client = client
        self.vm = vm
        self.scope = scope
        self.host_ip = vm.address
        self.runtime = vm.runtime
        self.network = vm.network
        self.recorder = Recorder(client, scope, "kubelet", vm.name)
        self.images = ImageManager(vm.runtime, scope, self.lookup)
        self.statuses = StatusManager(client, scope)
        self.csi = CsiVolumes(self)
        self.sources = Sources(client, scope, self._source_changed)
        self.services = ServiceLinks(client, scope)
        self.static_pods = StaticPods(self)
        self.manifests = ManifestFolder(vm, self.static_pods)
        self.workers: dict[str, PodWorker] = {}
        self.resizer = Resizer(self)
        taints = [*taints, *([CLOUD_TAINT] if has_cloud else [])]
        version = text_of(vm.files.get(KUBELET_PROGRAM, KUBELET_VERSION))
        node = new_node(vm, scope.now, labels or {}, taints, version)
        if is_control_plane:
            labels = CONTROL_PLANE_LABELS | (labels or {})
            node = new_node(vm, scope.now, labels, [CONTROL_PLANE_TAINT, *taints], version)
        self.reporter = NodeReporter(client, scope, vm, node, self.recorder)
        self.reporter.volumes_in_use = self._volumes_in_use
        self.pressure = NodePressure(self)
        self.shutdown = NodeShutdown(self)
        self._pods = Informer(client, scope, "Pod", fields=f"spec.nodeName={vm.name}")
        self._has_network = False
        self._start()

    def _start(self) -> None:
        """Come up: static pods need nobody, the rest needs the API."""
        self.runtime.on_exit = self._container_exited
        self.manifests.start()
        self.reporter.on_change(self._node_changed)
        self.reporter.start()
        self._pods.on_change(self._pod_changed)
        self._pods.start()
        self.pressure.start()
        self.shutdown.start()
        self.scope.call_later(HOUSEKEEPING_S, self._clean_up, background=not self.runtime.sandboxes)

    def stop(self) -> None:
        """The process is gone: its watches are closed, what it started runs on."""
        self.manifests.stop()
        self._pods.stop()
        self.reporter.stop()
        self.sources.stop()
        self.services.stop()
        self.pressure.stop()
        self.shutdown.stop()
        self.csi.stop()
        self.runtime.on_exit = None

    # What workers ask

    @property
    def is_registered(self) -> bool:
        """The API knows the node."""
        return self.reporter.node is not None

    @property
    def pod_cidr(self) -> str:
        """The range of the pods' addresses."""
        return self.reporter.pod_cidr

    @property
    def network_problem(self) -> str:
        """Why pods cannot have a network, "" when they can."""
        return "" if self.pod_cidr else NETWORK_PROBLEM

    @property
    def allocatable(self) -> Obj:
        """What the node offers to pods."""
        node: Obj = self.reporter.node or {}
        return (node.get("status") or {}).get("allocatable") or {}

    @property
    def node_reference(self) -> Obj:
        """The Node as owner of its mirror pods."""
        assert self.reporter.node is not None
        uid = self.reporter.node["metadata"]["uid"]
        return {"apiVersion": "v1", "kind": "Node", "name": self.vm.name, "uid": uid, "controller": True}

    def lookup(self, kind: str, namespace: str, name: str) -> Obj | None:
        """A ConfigMap or Secret, None when it is not there. Raises ApiError when nobody answers."""
        try:
            return self.client.get(kind, name, namespace)
        except NotFound:
            return None

    def record(self, pod: Obj, type_: str, reason: str, message: str, container: str = "") -> None:
        """Record an event about a pod, or about one of its containers."""
        self.recorder.event(pod, type_, reason, message)

    def run(self, worker: PodWorker) -> None:
        """Take a pod on."""
        self.workers[worker.uid] = worker
        self.pressure.admit(worker)
        self.resizer.adopt(worker)
        worker.begin(None if worker.is_static else self._refusal(worker))

    def forget(self, worker: PodWorker) -> None:
        """Nothing of the pod is left."""
        self.workers.pop(worker.uid, None)
        self.resizer.forget(worker.uid)
        self.statuses.forget(worker.uid)
        self.runtime.remove_pod_sandbox(worker.uid)
        self.vm.pod_disks.pop(worker.uid, None)
        for files in self.vm.volumes.pop(worker.uid, {}).values():
            files.lose()

    # What happens

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        either = new or old
        assert either is not None
        if MIRROR in (either["metadata"].get("annotations") or {}):
            self.static_pods.mirror_changed(key_of(either), new)
            return
        if old is not None and (new is None or new["metadata"]["uid"] != old["metadata"]["uid"]):
            self._pod_gone(old)
            old = None
        if new is None:
            return
        worker = self.workers.get(new["metadata"]["uid"])
        if worker is not None:
            worker.update(new)
        else:
            self.run(PodWorker(self, new))

    def _pod_gone(self, pod: Obj) -> None:
        worker = self.workers.get(pod["metadata"]["uid"])
        if worker is not None:
            worker.removed()

    def _volumes_in_use(self) -> list[str] | None:
        """What the node's status says of them; nothing new before the pods of this node are known."""
        return self.csi.in_use if self._pods.is_synced else None

    def _source_changed(self, uid: str) -> None:
        worker = self.workers.get(uid)
        if worker is not None and worker.volumes is not None:
            worker.volumes.source_changed()

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if old is None:
            self.static_pods.reflect_all()
            self.csi.register()
        if not self.pod_cidr:
            return
        self.runtime.use_pod_cidr(self.pod_cidr)
        if not self._has_network:
            self._has_network = True
            for worker in list(self.workers.values()):
                worker.sync()

    def _clean_up(self) -> None:
        """Kill the pods that an earlier kubelet left and nobody wants. This one leaves none, so once is enough."""
        if not self._pods.is_synced:
            self.scope.call_later(HOUSEKEEPING_S, self._clean_up, background=True)
            return
        for uid, sandbox in list(self.runtime.sandboxes.items()):
            if uid not in self.workers:
                worker = self.workers[uid] = PodWorker(self, _remains(sandbox))
                worker.removed()

    def _container_exited(self, container: Container) -> None:
        worker = self.workers.get(container.sandbox.uid)
        if worker is not None:
            worker.exited(container)

    def _refusal(self, worker: PodWorker) -> Rejection | None:
        pressed = refusal_message(worker.pod, self.pressure.conditions)
        if pressed:
            return Rejection("Evicted", pressed)
        if self.shutdown.is_under_way:
            return Rejection("NodeShutdown", REFUSAL)
        others = [one for one in self.workers.values() if one is not worker and not one.is_finished]
        used = total(one.requests for one in others)
        return rejection(worker.pod, worker.requests, used, len(others), self.reporter.node)


def _remains(sandbox: Sandbox) -> Obj:
    """A pod of which only the runtime knows."""
    metadata = {"name": sandbox.name, "namespace": sandbox.namespace, "uid": sandbox.uid}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**metadata, "deletionGracePeriodSeconds": ORPHAN_GRACE_S},
        "spec": {"containers": [{"name": name} for name in sandbox.containers]},
    }
