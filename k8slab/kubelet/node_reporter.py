"""Speak for the node: register it, renew its Lease, post its status.

Watches   its own Node.
Compares  what the node is with what the API says of it.
Writes    Node (create, status), Lease in kube-node-lease, Events about the node.
Source    pkg/kubelet/kubelet_node_status.go (registerWithAPIServer, syncNodeStatus),
          staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go
Left out  reconciling labels and taints of a node that is there already; jitter of the status period
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8slab.client import Client, Handler, Informer
from k8slab.clock import Scope
from k8slab.kubelet.node_status import NETWORK_PROBLEM, pressure_reason, status_of
from k8slab.objects import get_condition, rfc3339_micro
from k8slab.wire import AlreadyExists, ApiError, Conflict, NotFound
from k8slab.world import Vm

if TYPE_CHECKING:
    from k8slab.client import Recorder

__all__ = [
    "NodeReporter",
]

Obj = dict[str, Any]

LEASE_NAMESPACE, LEASE_DURATION_S, RENEW_S = "kube-node-lease", 40, 10.0
STATUS_PERIOD_S = 300.0
REGISTER_FIRST_S, REGISTER_MOST_S, PATIENCE_S = 0.1, 7.0, 30.0


class NodeReporter:
    """Keeps one Node and its Lease; `node` is the newest version known, None before the registration."""

    def __init__(self, client: Client, scope: Scope, vm: Vm, new_node: Obj, recorder: Recorder) -> None:
        self.node: Obj | None = None
        self._pressures: tuple[str, ...] = ()
        self._posted_pressures: tuple[str, ...] = ()
        self._shutdown = ""
        self.volumes_in_use: Callable[[], list[str] | None] = lambda: None
        self._new_node = new_node
        self._client = client
        self._scope = scope
        self._vm = vm
        self._recorder = recorder
        self._informer = Informer(client, scope, "Node", fields=f"metadata.name={vm.name}")
        self._lease: Obj | None = None
        self._posted_at = 0.0
        self._is_stale = False
        self._images = 0
        self._retry_s = REGISTER_FIRST_S
        self._since = scope.now

    @property
    def pod_cidr(self) -> str:
        """The range of the node's pod addresses, "" as long as it has none."""
        return self.node["spec"].get("podCIDR", "") if self.node is not None else ""

    def start(self) -> None:
        """Register, and go on from there."""
        self.say("Normal", "Starting", "Starting kubelet.")
        self._register()

    def stop(self) -> None:
        """Let go of the watch."""
        self._informer.stop()

    def on_change(self, handler: Handler) -> None:
        """Call `handler(old, new)` whenever the Node changes."""
        self._informer.on_change(handler)

    def pressures_are(self, names: tuple[str, ...]) -> None:
        """The node has these pressures: the next beat tells."""
        self._pressures = names
        self._is_stale = True

    def volumes_changed(self) -> None:
        """Pods use other volumes than before: the next beat tells."""
        self._is_stale = True

    def shutting_down(self, problem: str) -> None:
        """The machine is about to lose its power ("": not any more): tell at once."""
        self._shutdown = problem
        if self.node is not None:
            self._post_soon()

    def _register(self) -> None:
        now = self._scope.now
        try:
            try:
                self.node = self._client.create(self._new_node)
            except AlreadyExists:
                self.node = self._client.get("Node", self._vm.name)
                self._greet_again()
        except ApiError:
            is_patient = now - self._since < PATIENCE_S
            self._scope.call_later(self._retry_s, self._register, background=not is_patient)
            self._retry_s = min(self._retry_s * 2, REGISTER_MOST_S)
            return
        self._posted_at = now
        for name in ("MemoryPressure", "DiskPressure", "PIDPressure"):
            self._say_status(f"Node{pressure_reason(name, self._pressures)}")
        if not self._problem():
            self._say_status("NodeReady")
        self._informer.on_change(self._changed)
        self._informer.start()
        self._beat()

    def _greet_again(self) -> None:
        """The Node is known already: this is a restart, or the machine was rebooted."""
        assert self.node is not None
        known = (self.node.get("status") or {}).get("nodeInfo", {}).get("bootID", "")
        if known and known != self._vm.boot_id:
            self.say("Warning", "Rebooted", f"Node {self._vm.name} has been rebooted, boot id: {self._vm.boot_id}")
        self._post()

    def _beat(self) -> None:
        """Every ten seconds for ever: the Lease, and the status when it is due."""
        self._scope.call_later(RENEW_S, self._beat, background=True)
        try:
            self._renew()
            is_due = self._scope.now - self._posted_at >= STATUS_PERIOD_S
            if is_due or self._is_stale or len(self._vm.runtime.images) != self._images:
                self._post()
        except ApiError:
            pass  # the next beat tries again

    def _renew(self) -> None:
        spec = {
            "holderIdentity": self._vm.name,
            "leaseDurationSeconds": LEASE_DURATION_S,
            "renewTime": rfc3339_micro(self._scope.now),
        }
        try:
            if self._lease is None:
                self._lease = self._client.get("Lease", self._vm.name, LEASE_NAMESPACE)
            self._lease = self._client.update({**self._lease, "spec": spec})
        except NotFound:
            self._lease = self._client.create(self._new_lease(spec))
        except Conflict:
            self._lease = None

    def _new_lease(self, spec: Obj) -> Obj:
        assert self.node is not None
        owner = {"apiVersion": "v1", "kind": "Node", "name": self._vm.name, "uid": self.node["metadata"]["uid"]}
        metadata = {"name": self._vm.name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _post(self) -> None:
        """Write the status. Raises ApiError."""
        assert self.node is not None
        before = self.node.get("status") or {}
        conditions, problem = before.get("conditions") or [], self._problem()
        version = self._new_node["status"]["nodeInfo"]["kubeletVersion"]
        status = status_of(self._vm, conditions, problem, self._scope.now, self._pressures, version)
        volumes = self.volumes_in_use()
        if volumes is not None and (volumes or before.get("volumesInUse")):
            status["volumesInUse"] = volumes or None
        changed = {name: value for name, value in status.items() if before.get(name) != value}
        self.node = self._client.patch_status(self.node, changed)
        self._posted_at, self._is_stale = self._scope.now, False
        changed_pressures = {*self._pressures} ^ {*self._posted_pressures}
        self._posted_pressures = self._pressures
        for name in sorted(changed_pressures):
            self._say_status(f"Node{pressure_reason(name, self._pressures)}")
        self._images = len(self._vm.runtime.images)

    def _changed(self, old: Obj | None, new: Obj | None) -> None:
        """Somebody else may have written the status (the node controller does when heartbeats are missing)."""
        if new is None:
            return
        had_network = not self._problem()
        self.node = new
        ready = get_condition(new, "Ready")
        is_told = ready is not None and (ready["status"] == "True") == (not self._problem())
        self._is_stale = not is_told or self._pressures != self._posted_pressures or self._has_other_volumes()
        if not had_network and not self._problem():
            self._say_status("NodeReady")
            self._post_soon()

    def _has_other_volumes(self) -> bool:
        """The status does not say what is in use."""
        volumes, told = self.volumes_in_use(), (self.node or {}).get("status") or {}
        return volumes is not None and volumes != (told.get("volumesInUse") or [])

    def _post_soon(self) -> None:
        try:
            self._post()
        except ApiError:
            self._is_stale = True

    def _problem(self) -> str:
        return self._shutdown or ("" if self.pod_cidr else NETWORK_PROBLEM)

    def _say_status(self, reason: str) -> None:
        self.say("Normal", reason, f"Node {self._vm.name} status is now: {reason}")

    def say(self, type_: str, reason: str, message: str) -> None:
        """Record an Event about the node; it bears its name as uid, as upstream."""
        metadata = {"name": self._vm.name, "uid": self._vm.name}
        self._recorder.event({"apiVersion": "v1", "kind": "Node", "metadata": metadata}, type_, reason, message)
