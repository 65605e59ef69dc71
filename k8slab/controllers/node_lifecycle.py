"""Notice that a node has gone silent, say so, and taint it.

Watches   Nodes, and the Leases that their kubelets renew.
Compares  when a node's Lease or status last changed with how long it may be silent.
Writes    node conditions (Unknown), Ready=False on its Pods, the NoSchedule and NoExecute taints, Events.
Source    pkg/controller/nodelifecycle/node_lifecycle_controller.go (monitorNodeHealth, processTaintBaseEviction,
          doNoScheduleTaintingPass, handleDisruption)
Left out  the labels beta.kubernetes.io/os and /arch (the kubelet sets them)
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from k8slab.client import After, Client, Controller, Informers, own_key
from k8slab.clock import Scheduling
from k8slab.controllers.zone_states import Zones
from k8slab.objects import Key, get_condition, is_ready, rfc3339, with_condition

__all__ = [
    "NodeLifecycleController",
    "with_no_schedule",
]

Obj = dict[str, Any]

MONITOR = Key("", "")  # the look at all nodes at once
MONITOR_PERIOD_S = 5.0
GRACE_S = 50.0  # --node-monitor-grace-period, 50 s since v1.32
STARTUP_GRACE_S = 60.0  # --node-startup-grace-period, for a node that has not said anything yet
LEASES = "kube-node-lease"
EXCLUDED = "node.kubernetes.io/exclude-disruption"
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
CORDONED = "node.kubernetes.io/unschedulable"
OURS = {*NO_SCHEDULE.values(), CORDONED}
SILENT = ("NodeStatusUnknown", "Kubelet stopped posting node status.")
NEVER = ("NodeStatusNeverUpdated", "Kubelet never posted node status.")


class NodeLifecycleController(Controller):
    """Every five seconds: is every node still there?"""

    name = "node-controller"
    watches = {"Node": own_key}

    def __init__(self, client: Client, informers: Informers, loop: Scheduling) -> None:
        super().__init__(client, informers, loop)
        self.nodes = self.informer("Node")
        self.leases = self.informer("Lease")
        self.pods = self.informer("Pod")
        self.pods.add_index("node", lambda pod: (pod["spec"].get("nodeName", ""),))
        self.zones = Zones()
        self._heard: dict[str, float] = {}
        self._signs: dict[tuple[str, str], str] = {}
        self._known: dict[str, Obj] = {}
        self._troubled: set[str] = set()
        self.leases.on_change(self._lease_changed)
        self.nodes.on_change(self._node_changed)
        self.enqueue(MONITOR)

    def reconcile(self, key: Key) -> After | None:
        """Give a node the NoSchedule taints its conditions ask for; every five seconds, look at the health of all."""
        if key == MONITOR:
            self._monitor()
            return After(MONITOR_PERIOD_S, background=True)
        node = self.nodes.get(key)
        self._greet(key.name, node)
        if node is not None:
            self._set_taints(node, with_no_schedule(node, rfc3339(self.loop.now)))
        return None

    def _greet(self, name: str, node: Obj | None) -> None:
        """Say that a node has come or gone."""
        if node is not None and name not in self._known:
            self._say(node, "RegisteredNode", f"event: Registered Node {name} in Controller")
            self._known[name] = node
        elif node is None and name in self._known:
            self._say(self._known.pop(name), "RemovingNode", f"event: Removing Node {name} from Controller")

    def _say(self, node: Obj, reason: str, text: str) -> None:
        self.recorder.event(node, "Normal", reason, f"Node {node['metadata']['name']} {text}")

    def _lease_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A heartbeat counts from the moment this controller hears of it, as clocks of nodes may differ."""
        if new is not None and new["metadata"]["namespace"] == LEASES:
            self._note_sign(new["metadata"]["name"], "lease", (new.get("spec") or {}).get("renewTime", ""))

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A node's status is a sign of life, too."""
        if new is None:
            assert old is not None
            name = old["metadata"]["name"]
            self._heard.pop(name, None)
            self._troubled.discard(name)
            self.zones[_zone(old)].remove(name)
            return
        name, ready = new["metadata"]["name"], get_condition(new, "Ready") or {}
        self._heard.setdefault(name, self.loop.now)
        self._note_sign(name, "status", ready.get("lastHeartbeatTime", ""))
        is_calm = ready.get("status") == "True" and not _no_execute(new)
        (self._troubled.discard if is_calm else self._troubled.add)(name)

    def _note_sign(self, name: str, source: str, sign: str) -> None:
        if self._signs.get((name, source)) != sign:
            self._signs[name, source] = sign
            self._heard[name] = self.loop.now

    def _monitor(self) -> None:
        now = self.loop.now
        if not self._troubled and all(now - heard <= GRACE_S for heard in self._heard.values()):
            self.zones.note({}, now)
            return
        ready: dict[str, list[bool]] = defaultdict(list)
        for node in self.nodes.list():
            marked = self._mark_if_silent(node)
            if EXCLUDED not in (node["metadata"].get("labels") or {}):
                ready[_zone(node)].append(is_ready(marked))
            if get_condition(marked, "Ready"):
                self._queue(marked, (get_condition(node, "Ready") or {"status": "Unknown"})["status"])
            if is_ready(node) and not is_ready(marked):
                self._say(node, "NodeNotReady", "status is now: NodeNotReady")
            if not is_ready(marked):
                self._mark_pods_not_ready(marked)
        self._set_rates(ready)
        self._taint_whose_turn_it_is()

    def _mark_if_silent(self, node: Obj) -> Obj:
        """The node, its conditions Unknown when nothing has been heard of it for too long."""
        silence_s = self.loop.now - self._heard[node["metadata"]["name"]]
        if silence_s <= (GRACE_S if get_condition(node, "Ready") else STARTUP_GRACE_S):
            return node
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
        return node if conditions == before else self.client.patch_status(node, {"conditions": conditions})

    def _queue(self, node: Obj, observed: str) -> None:
        """By what was observed of Ready before this look: queue the node for its taint, swap it, or take it away."""
        name, tainting = node["metadata"]["name"], self.zones[_zone(node)]
        has = _no_execute(node)
        if observed == "True":
            tainting.remove(name)
            if has:
                self._set_no_execute(node, "")
        elif not has:
            tainting.add(name)
        elif has != {NO_EXECUTE[observed]}:
            self._set_no_execute(node, NO_EXECUTE[observed])

    def _set_rates(self, ready: dict[str, list[bool]]) -> None:
        """Set the pace of each zone; with no node ready anywhere, the fault is the control plane's: none is tainted."""
        was_disrupted = self.zones.all_disrupted
        self.zones.note(ready, self.loop.now)
        if self.zones.all_disrupted and not was_disrupted:
            for node in [node for node in self.nodes.list() if _no_execute(node)]:
                self._set_no_execute(node, "")
        elif was_disrupted and not self.zones.all_disrupted:
            self._heard = dict.fromkeys(self._heard, self.loop.now)

    def _taint_whose_turn_it_is(self) -> None:
        for zone in {_zone(node): None for node in self.nodes.list()}:
            for name in self.zones[zone].due(self.loop.now):
                node = self.client.get("Node", name)
                status = (get_condition(node, "Ready") or {"status": "Unknown"})["status"]
                if status in NO_EXECUTE:
                    self._set_no_execute(node, NO_EXECUTE[status])

    def _set_no_execute(self, node: Obj, key: str) -> None:
        """Leave the node with this NoExecute taint of ours, or with none of them."""
        others = [taint for taint in node["spec"].get("taints") or () if not _is_no_execute(taint)]
        taint = {"key": key, "effect": "NoExecute", "timeAdded": rfc3339(self.loop.now)}
        self._set_taints(node, [*others, taint] if key else others)

    def _set_taints(self, node: Obj, taints: list[Obj]) -> None:
        """Write the taints if they differ. Raises Conflict when somebody else has written the node meanwhile."""
        if taints != (node["spec"].get("taints") or []):
            metadata = node["metadata"]
            patch = {
                "metadata": {"resourceVersion": metadata["resourceVersion"]},
                "spec": {"taints": taints or None},
            }
            self.client.patch("Node", metadata["name"], "", patch, type="merge")

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


def with_no_schedule(node: Obj, now: str) -> list[Obj]:
    """The node's taints, with this controller's NoSchedule ones as its conditions ask for, in a stable order."""
    status = {c["type"]: c["status"] for c in (node.get("status") or {}).get("conditions") or ()}
    keys = [key for (type_, value), key in NO_SCHEDULE.items() if status.get(type_) == value]
    if node["spec"].get("unschedulable"):
        keys.append(CORDONED)
    taints = node["spec"].get("taints") or []
    had = {taint["key"]: taint for taint in taints if taint["effect"] == "NoSchedule" and taint["key"] in OURS}
    kept = [taint for taint in taints if taint["key"] not in had or taint != had[taint["key"]] or taint["key"] in keys]
    missing = [key for key in keys if key not in had]
    return kept + [{"key": key, "effect": "NoSchedule", "timeAdded": now} for key in missing]


def _is_no_execute(taint: Obj) -> bool:
    return taint["effect"] == "NoExecute" and taint["key"] in NO_EXECUTE.values()


def _no_execute(node: Obj) -> set[str]:
    return {taint["key"] for taint in node["spec"].get("taints") or () if _is_no_execute(taint)}


def _zone(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    return f"{labels.get('topology.kubernetes.io/region', '')}/{labels.get('topology.kubernetes.io/zone', '')}"
