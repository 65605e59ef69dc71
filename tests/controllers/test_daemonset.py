"""A DaemonSet has one Pod on every node that is meant."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from bench import Bench, node, pod, replicaset
from running import Nodes, Running

from k8slab.client import After, Again
from k8slab.controllers import DaemonSetController
from k8slab.controllers.daemon_pods import daemon_spec, place_of
from k8slab.controllers.history import POD_REVISION

Obj = dict[str, Any]

CONTROLLER = DaemonSetController
STATUS = "patch DaemonSet/log/status"
AGENT = {"containers": [{"name": "main", "image": "fluentd"}]}
NODE_AFFINITY = "requiredDuringSchedulingIgnoredDuringExecution"


def daemonset(name: str = "log", pod_spec: Obj | None = None, **spec: Any) -> Obj:
    """A DaemonSet of fluentd."""
    made = {**replicaset(name, **spec), "kind": "DaemonSet"}
    made["spec"].pop("replicas")
    if "template" not in spec:
        made["spec"]["template"]["spec"] = {**AGENT, **(pod_spec or {})}
    return made


def labelled(name: str, **labels: str) -> Obj:
    """A Node with labels."""
    made = node(name)
    return {**made, "metadata": {"name": name, "labels": labels}}


def tainted(effect: str, key: str = "disk") -> Obj:
    """The part of a Node's spec that taints it."""
    return {"taints": [{"key": key, "value": "slow", "effect": effect}]}


def tolerating(**toleration: str) -> Obj:
    """The part of a pod's spec that lets it bear a taint."""
    return {"tolerations": [toleration]}


def needing(*terms: Obj) -> Obj:
    """The part of a pod's spec that says which nodes it needs."""
    return {"affinity": {"nodeAffinity": {NODE_AFFINITY: {"nodeSelectorTerms": list(terms)}}}}


def nodes_of(bench: Bench) -> list[str]:
    """The node that every Pod is pinned to, in order."""
    terms = [
        found["spec"]["affinity"]["nodeAffinity"][NODE_AFFINITY]["nodeSelectorTerms"]
        for found in bench.client.list("Pod")
    ]
    return sorted(term["matchFields"][0]["values"][0] for (term,) in terms)


def status(bench: Bench) -> Obj:
    """The DaemonSet's status."""
    found: Obj = bench.client.get("ds", "log", "default")["status"]
    return found


YES, STAYS, NO = (True, True), (False, True), (False, False)
SSD = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
BY_NAME = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}


@pytest.mark.parametrize(
    ("pod_spec", "labels", "node_spec", "place"),
    [
        ({}, {}, {}, YES),
        ({"nodeName": "node-1"}, {}, {}, YES),
        ({"nodeName": "node-2"}, {}, {}, NO),
        ({"nodeSelector": {"disk": "ssd"}}, {"disk": "ssd", "zone": "a"}, {}, YES),
        ({"nodeSelector": {"disk": "ssd"}}, {"disk": "hdd"}, {}, NO),
        (needing(SSD), {"disk": "ssd"}, {}, YES),
        (needing(SSD), {}, {}, NO),
        (needing(SSD, BY_NAME), {}, {}, YES),
        ({}, {}, tainted("NoSchedule"), STAYS),
        ({}, {}, tainted("NoExecute"), NO),
        ({}, {}, tainted("PreferNoSchedule"), YES),
        (tolerating(key="disk", operator="Exists"), {}, tainted("NoExecute"), YES),
        (tolerating(key="disk", operator="Exists", effect="NoSchedule"), {}, tainted("NoExecute"), NO),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/unschedulable"), YES),
        ({}, {}, {"unschedulable": True}, YES),
        ({}, {}, tainted("NoExecute", "node.kubernetes.io/not-ready"), YES),
        ({}, {}, tainted("NoExecute", "node.kubernetes.io/unreachable"), YES),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/not-ready"), STAYS),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/disk-pressure"), YES),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/memory-pressure"), YES),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/pid-pressure"), YES),
        ({}, {}, tainted("NoSchedule", "node.kubernetes.io/network-unavailable"), STAYS),
        ({"hostNetwork": True}, {}, tainted("NoSchedule", "node.kubernetes.io/network-unavailable"), YES),
        ({}, {}, tainted("NoSchedule", "node-role.kubernetes.io/control-plane"), STAYS),
    ],
)
def test_what_a_node_is_to_a_daemonset(
    pod_spec: Obj, labels: dict[str, str], node_spec: Obj, place: tuple[bool, bool]
) -> None:
    """Whether a Pod comes, whether it may stay. Source: daemon_controller.go, NodeShouldRunDaemonPod; kubernetes.io."""
    here = {**labelled("node-1", **labels), "spec": node_spec}

    assert place_of(daemon_spec(daemonset(pod_spec=pod_spec)), here) == place


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({}, 6),
        ({"hostNetwork": True}, 7),
        (tolerating(key="disk", operator="Exists"), 7),
        (tolerating(key="node.kubernetes.io/not-ready", operator="Exists", effect="NoExecute"), 6),
    ],
)
def test_every_daemon_tolerates_a_troubled_node(bench: Bench, given: Obj, count: int) -> None:
    """Source: kubernetes.io, "DaemonSet", Taints and tolerations; AddOrUpdateDaemonPodTolerations."""
    bench.given(node("node-1"), daemonset(pod_spec=given))

    bench.reconcile("default/log")

    (made,) = bench.client.list("Pod")
    tolerations = made["spec"]["tolerations"]
    assert len(tolerations) == count
    assert {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"} in tolerations


def test_a_toleration_for_a_time_becomes_one_for_ever(bench: Bench) -> None:
    """Source: component-helpers, AddOrUpdateTolerationInPodSpec: in the place of the one that was given."""
    given = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}

    tolerations = daemon_spec(daemonset(pod_spec={"tolerations": [{**given, "tolerationSeconds": 5}]}))["tolerations"]

    assert tolerations[0] == given and len(tolerations) == 6


def test_a_pod_is_pinned_to_its_node_and_left_to_the_scheduler(bench: Bench) -> None:
    """Source: util/daemonset_util.go, ReplaceDaemonSetPodNodeNameNodeAffinity: required terms give way, others stay."""
    wish = {"weight": 1, "preference": SSD}
    affinity = {**needing(SSD)["affinity"], "podAntiAffinity": {}}
    affinity["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"] = [wish]
    bench.given(labelled("node-1", disk="ssd"), daemonset(pod_spec={"affinity": affinity}))

    bench.reconcile("default/log")

    (made,) = bench.client.list("Pod")
    pinned = made["spec"]["affinity"]["nodeAffinity"]
    assert pinned[NODE_AFFINITY] == {"nodeSelectorTerms": [BY_NAME]}
    assert pinned["preferredDuringSchedulingIgnoredDuringExecution"] == [wish]
    assert "nodeName" not in made["spec"] and "podAntiAffinity" in made["spec"]["affinity"]


def test_every_node_gets_a_pod_of_the_newest_revision(bench: Bench) -> None:
    """Source: kubernetes.io, "DaemonSet"; util/daemonset_util.go, CreatePodTemplate."""
    bench.given(*(node(f"node-{i}") for i in range(3)), daemonset())

    bench.reconcile("default/log")

    (revision,) = bench.client.list("controllerrevisions")
    pods = bench.client.list("Pod")
    assert nodes_of(bench) == ["node-0", "node-1", "node-2"]
    hashes = {found["metadata"]["labels"][POD_REVISION] for found in pods}
    assert hashes == {revision["metadata"]["labels"][POD_REVISION]}
    assert revision["metadata"]["name"] == f"log-{hashes.pop()}"
    said = [f"SuccessfulCreate: Created pod: {found['metadata']['name']}" for found in pods]
    assert sorted(bench.events()) == sorted(said)


def test_a_pod_tells_of_which_template_it_is(bench: Bench) -> None:
    """Source: util/daemonset_util.go, CreatePodTemplate; registry/apps/daemonset/strategy.go."""
    bench.given(node("node-1"), daemonset())

    bench.reconcile("default/log")

    (made,) = bench.client.list("Pod")
    assert made["metadata"]["labels"]["pod-template-generation"] == "1"


def here(bench: Bench, *states: str) -> list[str]:
    """Pods for node-1: r(eady), u(nready), p(ending), l(eaving), f(ailed), s(ucceeded), g(one but for a mark)."""
    owner, names = bench.client.get("ds", "log", "default"), []
    for i, state in enumerate(states):
        made = pod(f"log-{i}", owner=owner, ready=state in "rl", node="" if state == "p" else "node-1")
        if state == "p":
            made["spec"] = {**made["spec"], **needing(BY_NAME)}
        if state in "pfsg":
            made["status"] = {"phase": {"p": "Pending", "s": "Succeeded"}.get(state, "Failed")}
        made["metadata"]["finalizers"] = ["a.b/c"] if state in "lg" else []
        bench.given(made)
        if state in "lg":
            bench.client.delete("Pod", f"log-{i}", "default")
        bench.loop.run_until(bench.loop.now + 1)
        names.append(f"log-{i}")
    return names


@pytest.mark.parametrize(
    ("node_spec", "states", "writes"),
    [
        ({}, "", ["create Pod"]),
        ({}, "r", []),
        ({}, "u", []),
        ({}, "p", []),
        ({}, "l", []),
        ({}, "g", ["create Pod"]),
        ({}, "rr", ["delete Pod/log-1"]),
        ({}, "ru", ["delete Pod/log-1"]),
        ({}, "ur", ["delete Pod/log-1"]),
        ({}, "pr", ["delete Pod/log-0"]),
        ({}, "lr", []),
        ({}, "f", ["delete Pod/log-0"]),
        ({}, "s", ["delete Pod/log-0"]),
        ({}, "fr", ["delete Pod/log-0"]),
        (tainted("NoSchedule"), "", []),
        (tainted("NoSchedule"), "r", []),
        (tainted("NoSchedule"), "rr", ["delete Pod/log-1"]),
        (tainted("NoExecute"), "", []),
        (tainted("NoExecute"), "r", ["delete Pod/log-0"]),
        (tainted("NoExecute"), "rp", ["delete Pod/log-0", "delete Pod/log-1"]),
        (tainted("NoExecute"), "l", []),
    ],
)
def test_one_pod_is_kept_on_a_node(bench: Bench, node_spec: Obj, states: str, writes: list[str]) -> None:
    """Source: daemon_controller.go, podsShouldBeOnNode."""
    bench.given(daemonset(updateStrategy={"type": "OnDelete"}), node("node-1", **node_spec))
    here(bench, *states)

    bench.reconcile("default/log")

    assert sorted(write for write in bench.writes if "Pod" in write) == writes


@pytest.mark.parametrize(("state", "writes"), [("p", ["delete Pod/log-0"]), ("r", [])])
def test_a_pod_that_waits_for_a_node_that_is_gone_is_deleted(bench: Bench, state: str, writes: list[str]) -> None:
    """Source: daemon_controller.go, getUnscheduledPodsWithoutNode: bound Pods belong to the Pod GC."""
    bench.given(daemonset(updateStrategy={"type": "OnDelete"}))
    here(bench, state)

    bench.reconcile("default/log")

    assert [write for write in bench.writes if "Pod" in write] == writes


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("f", "FailedDaemonPod: Found failed daemon pod default/log-0 on node node-1, will try to kill it"),
        ("s", "SucceededDaemonPod: Found succeeded daemon pod default/log-0 on node node-1, will try to delete it"),
    ],
)
def test_a_pod_that_has_ended_is_told_and_replaced(bench: Bench, state: str, event: str) -> None:
    """Source: daemon_controller.go, podsShouldBeOnNode."""
    bench.given(daemonset(), node("node-1"))
    here(bench, state)
    bench.reconcile("default/log")

    bench.reconcile("default/log")

    assert bench.writes == ["create Pod", STATUS]
    assert bench.events()[:2] == [event, "SuccessfulDelete: Deleted pod: log-0"]


def test_a_node_on_which_pods_fail_is_tried_ever_more_rarely() -> None:
    """Source: daemon_controller.go, failedPodsBackoff: 1 s, doubling to 15 minutes."""
    bench = Running(DaemonSetController, Refusing)
    bench.given(node("node-1"), daemonset())
    creations: list[float] = []

    def note() -> None:
        if bench.writes.count("create Pod") > len(creations):
            creations.append(bench.loop.now)

    bench.run(120, note)

    waits = [round(after - before) for before, after in pairwise(creations)]
    assert waits[2:6] == [2, 4, 8, 16]


class Refusing(Nodes):
    """A node that refuses every Pod."""

    name = "refusing"
    start_s = 0.01

    def reconcile(self, key: Any) -> None:
        """Let the Pod fail."""
        found = self.informer("Pod").get(key)
        if found is not None and found["status"]["phase"] == "Pending":
            self.client.patch_status(found, {"phase": "Failed", "reason": "NodeAffinity"})


@pytest.mark.parametrize(
    ("node_spec", "states", "counts"),
    [
        ({}, "", (1, 0, 0, 0, 0, 1)),
        ({}, "r", (1, 1, 0, 1, 1, 0)),
        ({}, "u", (1, 1, 0, 0, 0, 1)),
        ({}, "p", (1, 1, 0, 0, 0, 1)),
        ({}, "rr", (1, 1, 0, 1, 1, 0)),
        (tainted("NoSchedule"), "r", (0, 0, 1, 0, 0, 0)),
        (tainted("NoSchedule"), "", (0, 0, 0, 0, 0, 0)),
    ],
)
def test_the_status_counts_nodes(bench: Bench, node_spec: Obj, states: str, counts: tuple[int, ...]) -> None:
    """Source: daemon_controller.go, updateDaemonSetStatus."""
    bench.given(daemonset(updateStrategy={"type": "OnDelete"}), node("node-1", **node_spec))
    here(bench, *states)

    bench.reconcile("default/log")

    found = status(bench)
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberMisscheduled")
    names += ("numberReady", "numberAvailable", "numberUnavailable")
    assert tuple(found.get(name, 0) for name in names) == counts
    assert found["observedGeneration"] == 1


def test_what_is_settled_is_left_alone(bench: Bench) -> None:
    bench.given(daemonset(updateStrategy={"type": "OnDelete"}), node("node-1"))
    here(bench, "r")
    bench.reconcile("default/log")

    bench.reconcile("default/log")

    assert bench.writes == []


def test_a_pod_is_available_when_it_has_been_ready_for_long_enough(bench: Bench) -> None:
    bench.given(daemonset(minReadySeconds=10, updateStrategy={"type": "OnDelete"}), node("node-1"))
    here(bench, "r")

    again = bench.reconcile("default/log")

    assert again == After(9.0)
    assert (status(bench)["numberReady"], status(bench)["numberAvailable"]) == (1, 0)


def test_a_leaving_daemonset_is_left_alone(bench: Bench) -> None:
    """Source: daemon_controller.go, syncDaemonSet: not even its status is written."""
    bench.given(daemonset(), node("node-1"))
    bench.client.delete("ds", "log", "default", propagation="Foreground")

    bench.reconcile("default/log")

    assert bench.writes == []


def test_a_refused_pod_is_told_and_tried_again(bench: Bench) -> None:
    bench.given(daemonset(pod_spec={"priorityClassName": "nobody"}), *(node(f"node-{i}") for i in range(8)))

    with pytest.raises(Again):
        bench.reconcile("default/log")

    assert bench.writes == ["create ControllerRevision", "create Pod -> 403", STATUS]
    assert bench.events()[0].startswith("FailedCreate: Error creating: pods ")


def test_an_orphan_on_a_node_is_adopted(bench: Bench) -> None:
    bench.given(daemonset(updateStrategy={"type": "OnDelete"}), node("node-1"), pod("mine", node="node-1", app="log"))

    bench.reconcile("default/log")

    assert bench.writes == ["patch Pod/mine", "create ControllerRevision", STATUS]


def test_nodes_that_come_change_and_go_are_noticed() -> None:
    """Source: daemon_controller.go, addNode, updateNode."""
    bench = Running(DaemonSetController, Nodes)
    bench.given(labelled("node-1", disk="ssd"), daemonset(pod_spec={"nodeSelector": {"disk": "ssd"}}))
    bench.run(5)

    bench.given(labelled("node-2", disk="ssd"), labelled("node-3", disk="hdd"))
    bench.run(5)
    came = nodes_of(bench)
    bench.client.patch("Node", "node-3", "", {"metadata": {"labels": {"disk": "ssd"}}})
    bench.client.patch("Node", "node-1", "", {"metadata": {"labels": {"disk": "hdd"}}})
    bench.run(5)

    assert came == ["node-1", "node-2"]
    assert nodes_of(bench) == ["node-2", "node-3"] and bench.failures() == []
    bench.client.delete("Node", "node-2", "")
    bench.run(5)
    assert status(bench)["desiredNumberScheduled"] == 1


def test_what_no_daemonset_asks_for_is_nothing_new() -> None:
    bench = Running(DaemonSetController, Nodes)
    there = bench.given(node("node-1"), daemonset()) and bench.client.get("Node", "node-1", "")
    bench.run(5)
    before = bench.running[DaemonSetController].reconciles

    bench.client.patch_status(there, {"conditions": [{"type": "Ready", "status": "True", "reason": "Again"}]})
    bench.client.patch("Node", "node-1", "", {"metadata": {"labels": {"nobody": "asks"}}})
    bench.run(5)

    assert bench.running[DaemonSetController].reconciles == before
