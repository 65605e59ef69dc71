"""Notice that a node has gone silent, say so, and taint it.

Watches   Nodes, and the Leases that their kubelets renew.
Compares  when a node's Lease or status last changed with how long it may be silent.
Writes    node conditions (Unknown), Ready=False on its Pods, the NoSchedule and NoExecute taints.
Source    pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth, processTaintBaseEviction)
Left out  slower eviction when much of a zone is gone, the rate limit of 0.1 nodes a second
"""

from __future__ import annotations

from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.objects import Key, get_condition, is_ready, rfc3339, with_condition

__all__ = [
    "NodeLifecycleController",
    "wanted_taints",
]

Obj = dict[str, Any]

MONITOR_PERIOD_S = 5.0
GRACE_S = 50.0  # --node-monitor-grace-period, 50 s since v1.32
STARTUP_GRACE_S = 60.0  # --node-startup-grace-period, for a node that has not said anything yet
LEASES = "kube-node-lease"
CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
NO_SCHEDULE = {
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("Ready", "False"): "node.kubernetes.io/not-ready",
    ("Ready", "Unknown"): "node.kubernetes.io/unreachable",
}
NO_EXECUTE = {"False": "node.kubernetes.io/not-ready", "Unknown": "node.kubernetes.io/unreachable"}
OURS = {*NO_SCHEDULE.values(), "node.kubernetes.io/unschedulable"}
SILENT = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
NEVER = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")


class NodeLifecycleController(Controller):
    """Every five seconds, for each node: is anybody still there?"""

    name = "node-controller"
    watches = {"Node": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.nodes = self.informer("Node")
        self.leases = self.informer("Lease")
        self.pods = self.informer("Pod")
        self.pods.add_index("node", lambda pod: (pod["spec"].get("nodeName", ""),))
        self._heard: dict[str, float] = {}
        self._signs: dict[tuple[str, str], str] = {}
        self.leases.on_change(self._lease_changed)
        self.nodes.on_change(self._node_changed)

    def reconcile(self, key: Key) -> After | None:
        """Mark a silent node, and give every node the taints its conditions ask for."""
        node = self.nodes.get(key)
        if node is None:
            self._heard.pop(key.name, None)
            return None
        silence_s = self.loop.now - self._heard.setdefault(key.name, self.loop.now)
        if silence_s > (GRACE_S if get_condition(node, "Ready") else STARTUP_GRACE_S):
            node = self._mark_silent(node)
        if not is_ready(node):
            self._mark_pods_not_ready(node)
        taints = wanted_taints(node, rfc3339(self.loop.now))
        if taints != (node["spec"].get("taints") or []):
            patch = {"spec": {"taints": taints or None}}
            self.client.patch("Node", key.name, "", patch, type="merge")
        return After(MONITOR_PERIOD_S, background=True)

    def _lease_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A heartbeat counts from the moment this controller hears of it, as clocks of nodes may differ."""
        if new is not None and new["metadata"]["namespace"] == LEASES:
            self._note_sign(new["metadata"]["name"], "lease", (new.get("spec") or {}).get("renewTime", ""))

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A node's status is a sign of life, too."""
        if new is not None:
            ready = get_condition(new, "Ready") or {}
            self._note_sign(new["metadata"]["name"], "status", ready.get("lastHeartbeatTime", ""))

    def _note_sign(self, name: str, source: str, sign: str) -> None:
        if self._signs.get((name, source)) != sign:
            self._signs[name, source] = sign
            self._heard[name] = self.loop.now

    def _mark_silent(self, node: Obj) -> Obj:
        now = rfc3339(self.loop.now)
        before: list[Obj] = (node.get("status") or {}).get("conditions") or []
        conditions = before
        for type_ in CONDITIONS:
            had = get_condition(node, type_)
            reason, message = SILENT if had else NEVER
            if had is None or had["status"] != "Unknown":
                unknown = {"type": type_, "status": "Unknown", "reason": reason, "message": message}
                if had is not None and "lastHeartbeatTime" in had:
                    unknown["lastHeartbeatTime"] = had["lastHeartbeatTime"]
                conditions = with_condition(conditions, unknown, now)
        if conditions == before:
            return node
        was_ready = is_ready(node)
        marked = self.client.patch_status(node, {"conditions": conditions})
        if was_ready:
            text = f"Node {node['metadata']['name']} status is now: NodeNotReady"
            self.recorder.event(node, "Normal", "NodeNotReady", text)
        return marked

    def _mark_pods_not_ready(self, node: Obj) -> None:
        """What runs on a node that is not ready gets no more traffic."""
        now = rfc3339(self.loop.now)
        for pod in self.pods.by_index("node", node["metadata"]["name"]):
            if not is_ready(pod):
                continue
            had = get_condition(pod, "Ready")
            assert had is not None
            not_ready = {**had, "status": "False"}
            conditions = with_condition(pod["status"]["conditions"], not_ready, now)
            self.client.patch_status(pod, {"conditions": conditions})
            self.recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")


def wanted_taints(node: Obj, now: str) -> list[Obj]:
    """The node's taints with this controller's own ones as its conditions ask for, in a stable order."""
    status = {c["type"]: c["status"] for c in (node.get("status") or {}).get("conditions") or ()}
    keys = [(key, "NoSchedule") for (type_, value), key in NO_SCHEDULE.items() if status.get(type_) == value]
    if node["spec"].get("unschedulable"):
        keys.append(("node.kubernetes.io/unschedulable", "NoSchedule"))
    if status.get("Ready") in NO_EXECUTE:
        keys.append((NO_EXECUTE[status["Ready"]], "NoExecute"))
    had = {(taint["key"], taint["effect"]): taint for taint in node["spec"].get("taints") or ()}
    others = [taint for (key, effect), taint in had.items() if key not in OURS]
    return others + [had.get(place) or {"key": place[0], "effect": place[1], "timeAdded": now} for place in keys]
