"""Have a cloud give machines for pods that find no place, and take back those that nobody needs.

Watches   Pods, Nodes, PodDisruptionBudgets; looks at them every 10 s, and at groups of nodes that somebody offers.
Compares  pods without a place with what new nodes of each group would hold; the use of each node with one half.
Writes    the sizes of the groups; the taint ToBeDeletedByClusterAutoscaler; Evictions; Events.
Source    github.com/kubernetes/autoscaler, cluster-autoscaler/core (static_autoscaler.go, scaleup, scaledown)
Left out  the ConfigMap of its status, soft taints, nodes that never come up, pods by priority (expendable ones),
          several nodes drained at a time; see also the files beside it
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8slab.client import Client, Informers, Recorder
from k8slab.clock import Scheduling
from k8slab.controllers.cluster_autoscaler_drain import blocker_of, is_bound_to_its_node, movable, utilization
from k8slab.controllers.cluster_autoscaler_groups import (
    Groups,
    NodeGroup,
    Option,
    Simulate,
    Simulation,
    least_waste,
    options,
    with_name,
)
from k8slab.objects import get_condition, is_leaving, is_ready
from k8slab.wire import ApiError

__all__ = [
    "ClusterAutoscaler",
]

Obj = dict[str, Any]

NAME = "cluster-autoscaler"
SCAN_S = 10.0
HALF = 0.5  # --scale-down-utilization-threshold
UNNEEDED_S = AFTER_ADD_S = 600.0
BACKOFF_S = 300.0
EVICTION_S = 120.0
TAINT = {"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}
ENDED = ("Succeeded", "Failed")
FULL = "max node group size reached"


class ClusterAutoscaler:
    """One process. `groups` answers what the cloud offers, `simulate` copies nodes and pods to try things on."""

    def __init__(
        self, client: Client, informers: Informers, loop: Scheduling, groups: Groups, simulate: Simulate
    ) -> None:
        self._client, self._loop, self._groups, self._simulate = client, loop, groups, simulate
        self._recorder = Recorder(client, loop, NAME)
        self._pods, self._nodes = informers.of("Pod"), informers.of("Node")
        self._budgets = informers.of("PodDisruptionBudget")
        self._unneeded: dict[str, float] = {}
        self._draining: dict[str, float] = {}
        self._failed_until: dict[str, float] = {}
        self._added_at = float("-inf")
        self._pods.on_change(self._pod_changed)
        loop.call_later(SCAN_S, self._scan, background=True)

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        """A cluster is not settled while somebody has still to look at a pod that finds no place."""
        if new is not None and _finds_no_place(new) and (old is None or not _finds_no_place(old)):
            self._loop.call_later(SCAN_S, _look_is_due)

    def _scan(self) -> None:
        """Look once."""
        try:
            self.run_once()
        except ApiError:
            pass  # the next look decides
        self._loop.call_later(SCAN_S, self._scan, background=True)

    def run_once(self) -> None:
        """Take a step up, or else one down. Raises ApiError."""
        groups = list(self._groups())
        if not groups or not self._nodes.is_synced or not self._pods.is_synced:
            return
        if not self._scale_up(groups):
            self._scale_down(groups)

    # Up

    def _scale_up(self, groups: list[NodeGroup]) -> bool:
        """Make one group larger for pods that find no place; answers whether that was done."""
        waiting = [pod for pod in self._pods.list() if _finds_no_place(pod) and not is_bound_to_its_node(pod)]
        if not waiting:
            return False
        simulation = self._with_upcoming(groups)
        pods = [pod for pod in waiting if not simulation.place(pod)]
        if not pods:
            return False
        open_groups = [group for group in groups if self._failed_until.get(group.name, 0.0) <= self._loop.now]
        found = options(open_groups, pods, lambda: self._with_upcoming(groups))
        best = least_waste(found)
        helped = {pod["metadata"]["uid"] for option in found for pod in option.pods}
        for pod in pods:
            if pod["metadata"]["uid"] not in helped:
                self._recorder.event(pod, "Normal", "NotTriggerScaleUp", self._no_help(pod, groups))
        return best is not None and self._increase(best)

    def _with_upcoming(self, groups: Iterable[NodeGroup]) -> Simulation:
        """The cluster as it will be when the machines that boot have joined."""
        nodes = [node for node in self._nodes.list() if node["metadata"]["name"] not in self._draining]
        simulation = self._simulate(nodes, [pod for pod in self._pods.list() if pod["spec"].get("nodeName")])
        ready = {node["metadata"]["name"] for node in nodes if is_ready(node)}
        for group in groups:
            for instance in group.instances:
                if instance.name not in ready and instance.name not in self._draining:
                    simulation.add_node(with_name(group.template, f"{instance.name}-upcoming"))
        return simulation

    def _increase(self, option: Option) -> bool:
        group, before = option.group, option.group.size
        try:
            group.increase(option.nodes)
        except Exception as error:  # whatever a cloud raises when it has no more
            self._failed_until[group.name] = self._loop.now + BACKOFF_S
            for pod in option.pods:
                text = f"pod didn't trigger scale-up: {group.name}: {error}"
                self._recorder.event(pod, "Normal", "NotTriggerScaleUp", text)
            return False
        self._added_at = self._loop.now
        text = f"pod triggered scale-up: [{{{group.name} {before}->{group.size} (max: {group.most})}}]"
        for pod in option.pods:
            self._recorder.event(pod, "Normal", "TriggeredScaleUp", text)
        return True

    def _no_help(self, pod: Obj, groups: Iterable[NodeGroup]) -> str:
        """Why no group helps a pod, counted as the scheduler counts nodes."""
        counts: dict[str, int] = {}
        for group in groups:
            simulation = self._simulate([with_name(group.template, group.name)], [])
            for reason in simulation.reasons(pod, group.name) or (FULL,):
                counts[reason] = counts.get(reason, 0) + 1
        told = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda one: one[0]))
        return f"pod didn't trigger scale-up: {told}" if told else "pod didn't trigger scale-up"

    # Down

    def _scale_down(self, groups: list[NodeGroup]) -> None:
        """Give back what has been unneeded for ten minutes: all that is empty, or one node that must be drained."""
        on_node: dict[str, list[Obj]] = {}
        for pod in self._pods.list():
            if pod["spec"].get("nodeName") and (pod.get("status") or {}).get("phase") not in ENDED:
                on_node.setdefault(pod["spec"]["nodeName"], []).append(pod)
        self._go_on_draining(groups, on_node)
        unneeded = self._find_unneeded(groups, on_node)
        now = self._loop.now
        self._unneeded = {name: self._unneeded.get(name, now) for name in unneeded}
        if now - self._added_at < AFTER_ADD_S or self._draining:
            return
        due = [name for name, since in self._unneeded.items() if now - since >= UNNEEDED_S]
        empty = [name for name in due if not movable(on_node.get(name, ()))]
        for name in empty or due[:1]:
            self._remove(name, groups, on_node)

    def _find_unneeded(self, groups: Iterable[NodeGroup], on_node: dict[str, list[Obj]]) -> list[str]:
        """The nodes of groups whose pods would find a place on the nodes that stay."""
        nodes = {node["metadata"]["name"]: node for node in self._nodes.list() if is_ready(node)}
        gone, found = set(self._draining), list[str]()
        budgets: dict[str, list[Obj]] = {}
        for budget in self._budgets.list():
            budgets.setdefault(budget["metadata"]["namespace"], []).append(budget)
        for group in groups:
            spare = group.size - group.least - sum(one.name in gone for one in group.instances)
            for instance in group.instances if spare > 0 else ():
                node, pods = nodes.get(instance.name), on_node.get(instance.name, [])
                if spare < 1 or node is None or instance.name in gone or utilization(node, pods) >= HALF:
                    continue
                if not blocker_of(node, pods, budgets) and self._fit_elsewhere(pods, nodes, gone | {instance.name}):
                    gone.add(instance.name)
                    found.append(instance.name)
                    spare -= 1
        return found

    def _fit_elsewhere(self, pods: list[Obj], nodes: dict[str, Obj], gone: set[str]) -> bool:
        moved = movable(pods)
        if not moved:
            return True
        staying = [node for name, node in nodes.items() if name not in gone]
        others = [pod for pod in self._pods.list() if pod["spec"].get("nodeName") not in (None, "", *gone)]
        simulation = self._simulate(staying, others)
        return all(simulation.place(_homeless(pod)) for pod in moved)

    def _remove(self, name: str, groups: Iterable[NodeGroup], on_node: dict[str, list[Obj]]) -> None:
        """Close a node, have its pods go, and give it back when they have gone."""
        node = next(one for one in self._nodes.list() if one["metadata"]["name"] == name)
        taint = {**TAINT, "value": str(int(self._loop.now))}
        taints = [*(node["spec"].get("taints") or ()), taint]
        self._client.patch("Node", name, "", {"spec": {"taints": taints}}, type="merge")
        self._draining[name] = self._loop.now
        for pod in movable(on_node.get(name, ())):
            self._evict(pod)
        if not movable(on_node.get(name, ())):
            self._give_back(node, groups)

    def _evict(self, pod: Obj) -> None:
        metadata = {name: pod["metadata"][name] for name in ("name", "namespace")}
        try:
            self._client.evict({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata})
        except ApiError:
            return
        self._recorder.event(pod, "Normal", "ScaleDown", "deleting pod for node scale down")

    def _go_on_draining(self, groups: Iterable[NodeGroup], on_node: dict[str, list[Obj]]) -> None:
        """Give nodes back that are empty by now; open those again whose pods do not go."""
        nodes = {node["metadata"]["name"]: node for node in self._nodes.list()}
        for name, since in list(self._draining.items()):
            if name not in nodes:
                del self._draining[name]
            elif not movable(on_node.get(name, ())):
                self._give_back(nodes[name], groups)
            elif self._loop.now - since >= EVICTION_S:
                self._open_again(nodes[name])

    def _give_back(self, node: Obj, groups: Iterable[NodeGroup]) -> None:
        name = node["metadata"]["name"]
        group = next((one for one in groups if any(each.name == name for each in one.instances)), None)
        if group is None:
            return  # it is on its way
        try:
            group.delete(name)
        except Exception as error:  # whatever a cloud raises
            self._recorder.event(node, "Warning", "ScaleDownFailed", f"failed to delete empty node: {error}")
            self._open_again(node)
        else:
            self._recorder.event(node, "Normal", "ScaleDown", "node removed by cluster autoscaler")

    def _open_again(self, node: Obj) -> None:
        taints = [taint for taint in node["spec"].get("taints") or () if taint["key"] != TAINT["key"]]
        self._client.patch("Node", node["metadata"]["name"], "", {"spec": {"taints": taints or None}}, type="merge")
        self._draining.pop(node["metadata"]["name"], None)
        self._unneeded.pop(node["metadata"]["name"], None)


def _finds_no_place(pod: Obj) -> bool:
    """The scheduler has looked, in vain."""
    if pod["spec"].get("nodeName") or is_leaving(pod):
        return False
    condition = get_condition(pod, "PodScheduled")
    return condition is not None and condition["status"] == "False" and condition.get("reason") == "Unschedulable"


def _homeless(pod: Obj) -> Obj:
    """The pod as it would be made anew."""
    return {**pod, "spec": {name: value for name, value in pod["spec"].items() if name != "nodeName"}}


def _look_is_due() -> None:
    """Something to wait for."""
