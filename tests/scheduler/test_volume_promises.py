"""Claims that wait for their first consumer: what the scheduler promises, writes and awaits before it binds the pod."""

from __future__ import annotations

from typing import Any

import pytest
from plugin_cases import node_term_of, plugin_of, pod_of
from scheduler_bench import SchedulerBench, a_node, a_pod

from k8slab.scheduler import pod_info
from k8slab.wire import NotFound

Obj = dict[str, Any]

SELECTED = "volume.kubernetes.io/selected-node"
DONE = {"pv.kubernetes.io/bind-completed": "yes"}


def a_class(provisioner: str, mode: str = "WaitForFirstConsumer") -> Obj:
    """The StorageClass `slow`."""
    kind = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "slow"}}
    return {**kind, "provisioner": provisioner, "volumeBindingMode": mode}


def a_claim(name: str = "data", size: str = "5Gi") -> Obj:
    """A claim of the class `slow`."""
    spec = {"storageClassName": "slow", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def a_volume(name: str, node: str) -> Obj:
    """A free volume on a disk of this node."""
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    spec = {"storageClassName": "slow", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "5Gi"}}
    terms = [{"matchExpressions": [expression]}]
    spec |= {"local": {"path": "/data"}, "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec,
            "status": {"phase": "Available"}}  # fmt: skip


def nodes(*names: str) -> list[Obj]:
    """Nodes that know their names by a label."""
    return [a_node(name, labels={"kubernetes.io/hostname": name}) for name in names]


def a_user(name: str, claim: str = "data") -> Obj:
    """A pod that uses the claim."""
    return a_pod(name, volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": claim}}])


def finish(bench: SchedulerBench, claim: str, volume: str) -> None:
    """What the binder does in the end."""
    patch = {"metadata": {"annotations": DONE}, "spec": {"volumeName": volume}}
    bench.client.patch("PersistentVolumeClaim", claim, "default", patch, type="merge")


def test_the_volume_of_the_chosen_node_is_reserved_and_the_pod_waits_until_the_claim_has_it(
    bench: SchedulerBench,
) -> None:
    """Source: pkg/scheduler/framework/plugins/volumebinding/binder.go, BindPodVolumes."""
    bench.given(*nodes("a", "b"), a_class("kubernetes.io/no-provisioner"), a_claim(), a_volume("v", "b"))

    bench.given(a_user("db"))
    bench.run(3)
    waiting = bench.node_of("db")
    volume = bench.client.get("PersistentVolume", "v")
    finish(bench, "data", "v")
    bench.run(2)

    assert (volume["spec"]["claimRef"]["name"], waiting, bench.node_of("db")) == ("data", "", "b")
    assert volume["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"] == "yes"


def test_a_claim_without_a_volume_is_told_the_node(bench: SchedulerBench) -> None:
    bench.given(*nodes("a"), a_class("csi.example.com"), a_claim(), a_user("db"))

    bench.run(3)

    claim = bench.client.get("PersistentVolumeClaim", "data", "default")
    assert (claim["metadata"]["annotations"][SELECTED], bench.node_of("db")) == ("a", "")


def test_two_pods_of_one_claim_go_to_one_node(bench: SchedulerBench) -> None:
    """The second one counts with what the first was promised, before the API knows of it."""
    bench.given(*nodes("a", "b", "c"), a_class("csi.example.com"), a_claim())

    bench.given(a_user("one"), a_user("two"))
    bench.run(3)
    chosen = bench.client.get("PersistentVolumeClaim", "data", "default")["metadata"]["annotations"][SELECTED]
    bench.given({**a_volume("made", chosen), "status": {"phase": "Bound"}})
    finish(bench, "data", "made")
    bench.run(600)

    assert bench.node_of("one") == bench.node_of("two") == chosen


def test_two_claims_do_not_get_the_same_volume(bench: SchedulerBench) -> None:
    bench.given(
        *nodes("a"), a_class("kubernetes.io/no-provisioner"), a_claim("one"), a_claim("two"), a_volume("v", "a")
    )

    bench.given(a_user("first", "one"), a_user("second", "two"))
    bench.run(3)

    ref = bench.client.get("PersistentVolume", "v")["spec"]["claimRef"]["name"]
    loser = {"one": "second", "two": "first"}[ref]
    assert "1 node(s) didn't find available persistent volumes to bind" in bench.message_of(loser)


def test_a_provisioner_that_fails_takes_the_mark_away_and_the_pod_is_tried_again(bench: SchedulerBench) -> None:
    """Source: pkg/scheduler/framework/plugins/volumebinding/binder.go, checkBindings."""
    bench.given(*nodes("a"), a_class("csi.example.com"), a_claim(), a_user("db"))
    bench.run(1.5)

    without = {"metadata": {"annotations": {SELECTED: None}}}
    bench.client.patch("PersistentVolumeClaim", "data", "default", without, type="merge")
    bench.run(1)

    text = 'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"'
    assert bench.message_of("db") == f"SchedulerError: {text}"


def test_what_takes_longer_than_ten_minutes_is_given_up(bench: SchedulerBench) -> None:
    bench.given(*nodes("a"), a_class("csi.example.com"), a_claim(), a_user("db"))

    bench.run(602)

    text = 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded'
    assert bench.message_of("db") == f"SchedulerError: {text}"


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        ([], 'persistentvolumeclaim "data" not found'),
        ([a_class("x", "Immediate"), a_claim()], "pod has unbound immediate PersistentVolumeClaims"),
    ],
)
def test_why_no_node_is_asked_at_all(bench: SchedulerBench, objects: list[Obj], text: str) -> None:
    """Source: pkg/scheduler/schedule_one.go (a status of PreFilter speaks for all nodes)."""
    bench.given(*nodes("a", "b"), *objects, a_user("db"))

    bench.settle()

    assert bench.message_of("db").startswith(f"Unschedulable: 0/2 nodes are available: {text}. ")


def test_a_claim_that_comes_wakes_the_pod(bench: SchedulerBench) -> None:
    bench.given(*nodes("a"), a_class("csi.example.com"), a_user("db"))
    bench.settle()

    bench.given(a_claim())
    bench.run(15)

    assert bench.client.get("PersistentVolumeClaim", "data", "default")["metadata"]["annotations"][SELECTED] == "a"
    with pytest.raises(NotFound):
        bench.client.get("PersistentVolume", "data")


ON = {
    name: {"required": {"nodeSelectorTerms": [node_term_of([f"node In {name}"])]}}
    for name in "ab"
}  # fmt: skip
SLOW = {"slow": {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}}
MADE = {"slow": {"provisioner": "csi.example.com", "volumeBindingMode": "WaitForFirstConsumer"}}
NO_VOLUME = ("node(s) didn't find available persistent volumes to bind",)


def promised(storage_class: Obj, volumes: Obj, second: str) -> dict[str, Any]:
    """What the plugin says of nodes to a second pod, with the claim `second`, when the first has node a for `one`."""
    spec = {"storageClassName": "slow", "resources": {"requests": {"storage": "5Gi"}}}
    claims = {f"default/{name}": {"spec": spec} for name in ("one", "two")}
    objects = {"StorageClass": storage_class, "PersistentVolumeClaim": claims, "PersistentVolume": volumes}
    plugin = plugin_of({"plugin": "VolumeBinding"}, {"nodes": {"a": "node=a", "b": "node=b"}, "objects": objects})
    first, other = (pod_info(pod_of({"claims": [claim]}, f"{claim}-{i}")) for i, claim in enumerate(("one", second)))
    plugin.reserve(first, plugin.prepare(first), plugin.cluster.nodes["a"])
    prepared = plugin.prepare(other)
    return {name: plugin.filter(other, prepared, node) for name, node in plugin.cluster.nodes.items()}


@pytest.mark.parametrize(
    ("storage_class", "second", "refused"),
    [(SLOW, "one", "b"), (SLOW, "two", "a"), (MADE, "one", "b"), (MADE, "two", "")],
)
def test_a_promise_counts_before_it_is_written(storage_class: Obj, second: str, refused: str) -> None:
    """Source: pkg/scheduler/framework/plugins/volumebinding/assume_cache.go."""
    free = {"storageClassName": "slow", "capacity": {"storage": "5Gi"}}
    volumes = {
        f"v{node}": {"spec": {**free, "nodeAffinity": ON[node]}, "status": {"phase": "Available"}} for node in "ab"
    }

    verdicts = promised(storage_class, volumes if storage_class is SLOW else {}, second)

    assert "".join(name for name, verdict in verdicts.items() if verdict) == refused
    assert all(verdict is None or verdict.reasons == NO_VOLUME for verdict in verdicts.values())
