"""Which events wake a pod that fits nowhere, by the plugin that has refused it; and pods that may not be tried yet.

Source: EventsToRegister and the hints of upstream's plugins (pkg/scheduler/framework/plugins/*, isSchedulableAfter…);
pkg/scheduler/backend/queue/scheduling_queue.go, isPodWorthRequeuing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import STANDARD_PLUGINS, ClusterEvent, NodeInfo, Plugin, PodInfo, Verdict

Obj = dict[str, Any]
Change = Callable[[SchedulerBench], object]

TAINT, OTHER = ({"key": key, "value": "v", "effect": "NoSchedule"} for key in ("k", "other"))
TOLERATES_ALL = {"operator": "Exists"}
PORT = {"containerPort": 80, "hostPort": 80}


def node(**fields: Any) -> Change:
    """Change the node a: labels, status or spec."""
    if "labels" in fields:
        return lambda b: b.client.patch("Node", "a", "", {"metadata": {"labels": fields["labels"]}})
    if "allocatable" in fields:
        return lambda b: b.client.patch("Node", "a", "", {"status": fields}, subresource="status")
    return lambda b: b.client.patch("Node", "a", "", {"spec": fields}, type="merge")


def new(**fields: Any) -> Change:
    """A node comes."""
    return lambda b: b.given(a_node("new", **fields))


def gone(name: str) -> Change:
    """A pod is deleted."""
    return lambda b: b.client.delete("Pod", name, "default", grace_s=0)


def tolerating(b: SchedulerBench) -> None:
    """The waiting pod bears more."""
    pod = b.client.get("Pod", "web", "default")
    pod["spec"]["tolerations"].append(TOLERATES_ALL)
    b.client.update(pod)


def placed(name: str, **spec: Any) -> Change:
    """A pod gets a node."""
    return lambda b: b.given(a_pod(name, nodeName="a", **spec))


PLAIN = a_node("a")
PLUGINS: dict[str, tuple[list[Obj], Obj, dict[str, Change], dict[str, Change]]] = {
    "NodeResourcesFit": (
        [PLAIN, a_pod("there", cpu="3", nodeName="a")],
        a_pod("web", cpu="2"),
        {"a pod is gone": gone("there"), "a node grows": node(allocatable={"cpu": "8"}), "a node": new(),
         "it has ended": lambda b: b.client.patch_status(b.client.get("Pod", "there", "default"),
                                                         {"phase": "Succeeded"})},
        {"labels": node(labels={"x": "y"}), "taints go": node(taints=None),
         "memory": node(allocatable={"memory": "9Gi"}),
         "a small node": new(cpu="1"), "a node without room for pods": new(pods=0), "a pod": placed("more"),
         "a toleration": tolerating, "a node shrinks": node(allocatable={"cpu": "3500m"})},
    ),
    "TaintToleration": (
        [a_node("a", taints=[TAINT])],
        a_pod("web"),
        {"the taint goes": node(taints=None), "a node": new(), "it bears more": tolerating},
        {"another taint": node(taints=[OTHER]), "one more": node(taints=[TAINT, OTHER]),
         "labels": node(labels={"x": "y"}),
         "a tainted node": new(taints=[TAINT]), "room": node(allocatable={"cpu": "9"}), "a pod": placed("more")},
    ),
    "NodeUnschedulable": (
        [a_node("a", unschedulable=True)],
        a_pod("web"),
        {"uncordoned": node(unschedulable=None), "a node": new(), "it bears more": tolerating},
        {"a cordoned node": new(unschedulable=True), "labels": node(labels={"x": "y"}),
         "room": node(allocatable={"cpu": "9"})},
    ),
    "NodeAffinity": (
        [PLAIN],
        a_pod("web", nodeSelector={"disk": "ssd"}),
        {"the label": node(labels={"disk": "ssd"}), "a node with it": new(labels={"disk": "ssd"})},
        {"another label": node(labels={"disk": "hdd"}), "a node without": new(), "room": node(allocatable={"cpu": "9"}),
         "taints": node(taints=[TAINT]), "it bears more": tolerating, "a pod": placed("more")},
    ),
    "NodePorts": (
        [PLAIN, a_pod("there", nodeName="a"), a_pod("other", nodeName="a")],
        a_pod("web"),
        {"the port is free": gone("there"), "a node": new()},
        {"another pod is gone": gone("other"), "labels": node(labels={"x": "y"}),
         "room": node(allocatable={"cpu": "9"}), "a pod": placed("more")},
    ),
}  # fmt: skip
for ported in (PLUGINS["NodePorts"][0][1], PLUGINS["NodePorts"][1]):
    ported["spec"]["containers"][0]["ports"] = [PORT]
HELP = [(plugin, name, True) for plugin, (_, _, help, _) in PLUGINS.items() for name in help]
NO_HELP = [(plugin, name, False) for plugin, (_, _, _, no_help) in PLUGINS.items() for name in no_help]


@pytest.mark.parametrize(("plugin", "name", "helps"), HELP + NO_HELP)
def test_a_pod_is_woken_by_what_could_help_it(bench: SchedulerBench, plugin: str, name: str, helps: bool) -> None:
    before, pod, help, no_help = PLUGINS[plugin]
    bench.given(*before, pod)
    bench.run(60)
    assert bench.scheduler.decisions[-1].refusers == {plugin}
    tried = len(bench.attempts("web"))

    (help if helps else no_help)[name](bench)
    bench.run(15)

    assert (len(bench.attempts("web")) > tried) is helps


class Moody(Plugin):
    """Refuses all nodes, and says what it thinks of events."""

    name = "Moody"
    seen: ClassVar[list[str]] = []
    answer: ClassVar[Any] = True

    def filter(self, pod: PodInfo, prepared: Any, node: NodeInfo) -> Verdict | None:
        """No."""
        return Verdict(("moody",))

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """As the test wants it."""
        self.seen.append(f"{event.kind} {' '.join(sorted(event.actions))}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return bool(self.answer)


@pytest.mark.parametrize(("answer", "helps"), [(True, True), (False, False), (KeyError("x"), True)])
def test_a_plugin_of_ones_own_is_asked(monkeypatch: pytest.MonkeyPatch, answer: Any, helps: bool) -> None:
    """Source: framework/types.go, QueueingHintFn: an error counts as Queue, so that no pod is stuck for it."""
    monkeypatch.setattr(Moody, "answer", answer)
    monkeypatch.setattr(Moody, "seen", [])
    bench = SchedulerBench(plugins=[*STANDARD_PLUGINS, Moody])
    bench.given(a_node("a"), a_pod("web"))
    bench.run(5)

    bench.client.patch("Node", "a", "", {"metadata": {"labels": {"x": "y"}, "annotations": {"a": "b"}}})
    bench.run(15)

    assert Moody.seen == ["Node Update UpdateNodeAnnotation UpdateNodeLabel"]
    assert len(bench.attempts("web")) == 1 + helps


GATED = [{"name": "example.com/a"}, {"name": "example.com/b"}]


def test_a_pod_waits_until_its_last_gate_is_gone(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go."""
    bench.given(a_node("a"), a_pod("web", schedulingGates=GATED))
    bench.run(400)
    for gates in (GATED[:1], []):
        assert bench.attempts("web") == [] and bench.node_of("web") == ""
        pod = bench.client.get("Pod", "web", "default")
        pod["spec"]["schedulingGates"] = gates
        bench.client.update(pod)
        bench.run(20)

    assert bench.node_of("web") == "a"
    assert bench.events() == ["Scheduled: Successfully assigned default/web to a"]


class Patient(Plugin):
    """Keeps pods until some node has the label go."""

    name = "Patient"

    def pre_enqueue(self, pod: Obj) -> Verdict | None:
        """Wait for the label."""
        is_open = any("go" in node.labels for node in self.cluster.nodes.values())
        return None if is_open else Verdict(("not yet",))

    def hint(self, event: ClusterEvent, pod: Obj) -> bool:
        """A node has it."""
        return event.kind == "Node" and event.has("UpdateNodeLabel")


def test_a_plugin_may_keep_a_pod_out_of_the_queue() -> None:
    """Source: kubernetes.io, "Scheduling Framework", PreEnqueue."""
    bench = SchedulerBench(plugins=[*STANDARD_PLUGINS, Patient])
    bench.given(a_node("a"), a_pod("web"))
    bench.run(400)
    assert bench.attempts("web") == []

    bench.client.patch("Node", "a", "", {"metadata": {"labels": {"go": ""}}})
    bench.run(0.1)

    assert bench.node_of("web") == "a"


@pytest.mark.parametrize(
    ("change", "asked"),
    [(node(labels={"x": "y"}), 1), (node(allocatable={"cpu": "9"}), 0), (gone("there"), 0)],
    ids=["an event that it minds", "an event of nodes that it does not mind", "one of pods"],
)
def test_what_an_event_costs_does_not_grow_with_the_pods_that_wait(
    bench: SchedulerBench, monkeypatch: pytest.MonkeyPatch, change: Change, asked: int
) -> None:
    """Source: kube-scheduler/framework/types.go, ClusterEventWithHint; pods of one kind need one answer."""
    (affinity,) = (plugin for plugin in bench.scheduler.plugins if plugin.name == "NodeAffinity")
    calls: list[str] = []
    hint = affinity.hint
    monkeypatch.setattr(affinity, "hint", lambda *asked: [calls.append("asked"), hint(*asked)][1])
    bench.given(PLAIN, a_pod("there", nodeName="a"))
    bench.given(*(a_pod(f"web-{number}", nodeSelector={"x": "z"}) for number in range(30)))
    bench.run(60)

    change(bench)
    bench.run(1)

    assert len(calls) == asked
