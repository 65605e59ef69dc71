"""A cluster autoscaler over a stand-in for a cloud's node groups.

Source: github.com/kubernetes/autoscaler, cluster-autoscaler/FAQ.md ("How does scale-up work?", "How does scale-down
work?", "What types of pods can prevent CA from removing a node?"); cluster-autoscaler/expander/waste.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from bench import Bench, replicaset

from k8slab.client import Client, Informers, InProcess
from k8slab.controllers.cluster_autoscaler import ClusterAutoscaler
from k8slab.objects import owner_reference
from k8slab.scheduler.simulation import Simulation

Obj = dict[str, Any]

STUCK = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}


class Machine(NamedTuple):
    name: str


class Group:
    """Machines of which each is a Node at once, unless they boot slowly."""

    def __init__(self, bench: Bench, name: str, cpu: str, least: int, most: int, **more: Any) -> None:
        self.bench, self.name, self.cpu, self.least, self.most = bench, name, cpu, least, most
        self.labels, self.taints = more.get("labels") or {}, more.get("taints") or []
        self.is_slow, self.is_sold_out = more.get("slow", False), more.get("sold_out", False)
        self.instances: list[Machine] = []
        self._count = 0

    @property
    def size(self) -> int:
        return len(self.instances)

    @property
    def template(self) -> Obj:
        there = {"cpu": self.cpu, "memory": "8Gi", "pods": "110"}
        ready = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"{self.name}-template", "labels": self.labels},
            "spec": {"taints": self.taints},
            "status": {"allocatable": there, "capacity": there, "conditions": ready},
        }

    def increase(self, count: int) -> None:
        if self.is_sold_out:
            raise RuntimeError("out of capacity")
        for _ in range(count):
            self._count += 1
            name = f"{self.name}-{self._count}"
            self.instances.append(Machine(name))
            if not self.is_slow:
                self.bench.given({**self.template, "metadata": {"name": name, "labels": self.labels}})

    def delete(self, name: str) -> None:
        self.instances = [one for one in self.instances if one.name != name]
        self.bench.client.delete("Node", name)


class Scaled(Bench):
    """`scan` takes one look; `wait` takes many, ten seconds apart."""

    def __init__(self) -> None:
        super().__init__()
        client = Client(InProcess(self.api.handle, lambda: self.loop.now, "cluster-autoscaler"))
        self.informers = Informers(client, self.loop)
        scope = self.loop.scope()
        self.groups: list[Group] = []
        self.autoscaler = ClusterAutoscaler(
            client,
            self.informers,
            scope,
            lambda: self.groups,
            lambda nodes, pods: Simulation(client, self.informers, scope, nodes, pods),
        )
        self.informers.start()

    def group(self, name: str, cpu: str = "4", least: int = 0, most: int = 5, size: int = 0, **more: Any) -> Group:
        group = Group(self, name, cpu, least, most, **more)
        self.groups.append(group)
        if size:
            group.increase(size)
        return group

    def scan(self) -> None:
        self.loop.run_until(self.loop.now + 1)
        self.autoscaler.run_once()

    def wait(self, seconds: float) -> None:
        self.loop.run_until(self.loop.now + seconds)

    def pod(self, name: str, cpu: str = "1", node: str = "", owner: bool = True, **more: Any) -> Obj:
        """A Pod that finds no place, or is on a node."""
        metadata: Obj = {"name": name, "namespace": more.pop("namespace", "default"), "labels": {"app": "web"}}
        metadata["annotations"] = more.pop("annotations", {})
        if owner:
            metadata["ownerReferences"] = [owner_reference(self.owner)]
        container = {"name": "main", "image": "nginx", "resources": {"requests": {"cpu": cpu}}}
        spec = {"containers": [container], **({"nodeName": node} if node else {}), **more}
        status = {"phase": "Running"} if node else {"conditions": [STUCK]}
        made: Obj = self.given(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}
        )
        return made

    @property
    def owner(self) -> Obj:
        found = {obj["metadata"]["name"]: obj for obj in self.client.list("ReplicaSet")}
        made: Obj = found.get("web") or self.given(replicaset("web"))
        return made


@pytest.fixture
def bench() -> Scaled:
    return Scaled()


def sizes(bench: Scaled) -> dict[str, int]:
    return {group.name: group.size for group in bench.groups}


@pytest.mark.parametrize(
    ("pods", "cpu", "most", "expected"),
    [(1, "1", 5, 1), (4, "1", 5, 1), (5, "1", 5, 2), (3, "3", 5, 3), (9, "3", 5, 5), (1, "5", 5, 0), (0, "1", 5, 0)],
)
def test_as_many_nodes_come_as_the_pods_need(bench: Scaled, pods: int, cpu: str, most: int, expected: int) -> None:
    """Source: "How does scale-up work?"; nodes of 4 CPUs."""
    bench.group("small", most=most)
    for i in range(pods):
        bench.pod(f"p{i}", cpu)

    bench.scan()

    assert sizes(bench) == {"small": expected}


def test_events_tell_what_was_done(bench: Scaled) -> None:
    bench.group("small", size=1, most=5)
    bench.pod("full", "4", node="small-1")
    bench.pod("p", "3")
    bench.pod("giant", "5")

    bench.scan()

    assert bench.events() == [
        "NotTriggerScaleUp: pod didn't trigger scale-up: 1 Insufficient cpu",
        "TriggeredScaleUp: pod triggered scale-up: [{small 1->2 (max: 5)}]",
    ]


def test_a_group_at_its_most_helps_nobody(bench: Scaled) -> None:
    bench.group("small", size=1, most=1)
    bench.pod("full", "4", node="small-1")
    bench.pod("p", "3")

    bench.scan()

    assert bench.events() == ["NotTriggerScaleUp: pod didn't trigger scale-up: 1 max node group size reached"]


@pytest.mark.parametrize(("pods", "cpu", "expected"), [(1, "1", "small"), (1, "7", "large"), (2, "4", "large")])
def test_the_group_that_wastes_least_is_chosen(bench: Scaled, pods: int, cpu: str, expected: str) -> None:
    """Source: expander/waste: two pods of 4 leave nothing of one node of 8, and half of the memory less."""
    bench.group("small", cpu="5")
    bench.group("large", cpu="8")
    for i in range(pods):
        bench.pod(f"p{i}", cpu)

    bench.scan()

    assert [name for name, size in sizes(bench).items() if size] == [expected]


@pytest.mark.parametrize(
    ("group", "pod", "expected"),
    [
        ({"labels": {"disk": "ssd"}}, {"nodeSelector": {"disk": "ssd"}}, 1),
        ({"labels": {"disk": "hdd"}}, {"nodeSelector": {"disk": "ssd"}}, 0),
        ({"taints": [{"key": "gpu", "effect": "NoSchedule"}]}, {}, 0),
        (
            {"taints": [{"key": "gpu", "effect": "NoSchedule"}]},
            {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
            1,
        ),
    ],
)
def test_the_filters_of_the_scheduler_decide(bench: Scaled, group: Obj, pod: Obj, expected: int) -> None:
    bench.group("small", **group)
    bench.pod("p", **pod)

    bench.scan()

    assert sizes(bench) == {"small": expected}


def test_nodes_that_boot_are_counted_on(bench: Scaled) -> None:
    """Source: "upcoming nodes"."""
    bench.group("small", slow=True)
    bench.pod("p", "3")

    for _ in range(3):
        bench.scan()

    assert sizes(bench) == {"small": 1}


def test_a_cloud_without_room_is_asked_again_later(bench: Scaled) -> None:
    """Source: a group that failed is left alone for five minutes; meanwhile another helps."""
    bench.group("cheap", cpu="3", sold_out=True)
    bench.group("dear", cpu="8")
    bench.pod("p", "3")

    bench.scan()
    first = sizes(bench)
    bench.scan()

    assert (first, sizes(bench)) == ({"cheap": 0, "dear": 0}, {"cheap": 0, "dear": 1})
    assert "out of capacity" in bench.events()[0]


@pytest.mark.parametrize(("waited_s", "expected"), [(500, 2), (700, 1)])
def test_an_empty_node_goes_after_ten_minutes(bench: Scaled, waited_s: float, expected: int) -> None:
    """Source: --scale-down-unneeded-time."""
    bench.group("small", size=2, least=1)

    bench.wait(waited_s)

    assert sizes(bench) == {"small": expected}


def test_a_little_used_node_is_drained(bench: Scaled) -> None:
    """Source: "How does scale-down work?": its pods are evicted, then it is given back."""
    bench.group("small", size=2)
    bench.pod("busy", "3", node="small-1")
    bench.pod("idle", "500m", node="small-2")

    bench.wait(640)
    before = sizes(bench)
    bench.client.delete("Pod", "idle", "default", grace_s=0)  # its kubelet has ended it
    bench.wait(20)

    assert before == {"small": 2}
    assert [one.name for one in bench.groups[0].instances] == ["small-1"]
    assert "ScaleDown: deleting pod for node scale down" in bench.events()


def test_a_node_whose_pods_do_not_go_is_opened_again(bench: Scaled) -> None:
    """Source: --max-pod-eviction-time, two minutes."""
    bench.group("small", size=2)
    bench.pod("busy", "3", node="small-1")
    bench.pod("idle", "500m", node="small-2")

    bench.wait(640)
    closed = bench.client.get("Node", "small-2")["spec"].get("taints")
    bench.wait(130)

    assert [taint["key"] for taint in closed] == ["ToBeDeletedByClusterAutoscaler"]
    assert not bench.client.get("Node", "small-2")["spec"].get("taints")


BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "default"},
          "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}  # fmt: skip
EVICTED = "ScaleDown: deleting pod for node scale down"
SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"
DATA: Obj = {"volumes": [{"name": "data", "emptyDir": {}}]}


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({"cpu": "2"}, 2),  # half of the node is in use
        ({"cpu": "1900m"}, 2),  # nor would it find a place elsewhere
        ({"owner": False}, 2),
        ({"annotations": {SAFE: "false"}}, 2),
        (DATA, 2),
        ({"namespace": "kube-system"}, 2),
    ],
)
def test_what_keeps_a_node(bench: Scaled, pod: Obj, expected: int) -> None:
    """Source: "What types of pods can prevent CA from removing a node?"."""
    bench.group("small", size=2)
    bench.pod("busy", "3", node="small-1")
    bench.pod("idle", **{"cpu": "500m", "node": "small-2", **pod})

    bench.wait(700)

    assert (sizes(bench), EVICTED in bench.events()) == ({"small": expected}, False)


@pytest.mark.parametrize(
    "pod", [{}, {"owner": False, "annotations": {SAFE: "true"}}, {**DATA, "annotations": {SAFE: "true"}}]
)
def test_what_keeps_no_node(bench: Scaled, pod: Obj) -> None:
    """Source: as above; what is safe to evict is evicted whatever else it is."""
    bench.group("small", size=2)
    bench.pod("busy", "3", node="small-1")
    bench.pod("idle", **{"cpu": "500m", "node": "small-2", **pod})

    bench.wait(640)

    assert "ScaleDown: deleting pod for node scale down" in bench.events()


def test_a_budget_keeps_a_node(bench: Scaled) -> None:
    bench.group("small", size=2)
    bench.given(BUDGET)
    bench.pod("busy", "3", node="small-1")
    bench.pod("idle", "500m", node="small-2")

    bench.wait(700)

    assert (sizes(bench), EVICTED in bench.events()) == ({"small": 2}, False)


def test_a_node_may_say_that_it_stays(bench: Scaled) -> None:
    bench.group("small", size=1)
    note = {"cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"}
    bench.client.patch("Node", "small-1", "", {"metadata": {"annotations": note}}, type="merge")

    bench.wait(700)

    assert sizes(bench) == {"small": 1}


def test_the_least_size_is_kept(bench: Scaled) -> None:
    bench.group("small", size=3, least=2)

    bench.wait(2000)

    assert sizes(bench) == {"small": 2}


def test_nothing_goes_soon_after_something_came(bench: Scaled) -> None:
    """Source: --scale-down-delay-after-add."""
    bench.group("small", size=1)
    bench.wait(500)
    bench.group("large", cpu="16")
    bench.pod("p", "9")
    bench.wait(300)

    assert sizes(bench) == {"small": 1, "large": 1}
