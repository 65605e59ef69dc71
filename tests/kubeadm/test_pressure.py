"""Machines that run out of room or are switched off, seen from the whole cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kubeadm_bench import manifest
from test_time_travel import whole_store

from k8slab import Cluster


def pods(cluster: Cluster) -> list[Any]:
    """The pods of the namespace `default`."""
    return list(cluster.client.list("Pod", "default"))


def taints(cluster: Cluster, name: str) -> list[str]:
    """Keys and effects of a node's taints."""
    node = cluster.client.get("Node", name)
    return [f"{taint['key']}:{taint['effect']}" for taint in node["spec"].get("taints") or ()]


@pytest.mark.parametrize(
    ("lever", "taint"),
    [
        ({"memory": "7900Mi"}, "node.kubernetes.io/memory-pressure:NoSchedule"),
        ({"disk": "90Gi"}, "node.kubernetes.io/disk-pressure:NoSchedule"),
    ],
)
def test_a_node_under_pressure_is_tainted_and_its_pods_move(lever: Any, taint: str) -> None:
    """Source: kubernetes.io, "Node-pressure Eviction", "Taints and Tolerations" (taints by condition)."""
    cluster = Cluster(nodes=2)
    cluster.apply(manifest(4))
    cluster.settle()

    cluster.occupy("node-1", **lever)
    cluster.run("2m")

    running = [pod["spec"]["nodeName"] for pod in pods(cluster) if pod["status"]["phase"] == "Running"]
    reasons = {pod["status"].get("reason") for pod in pods(cluster) if pod["status"]["phase"] == "Failed"}
    assert taints(cluster, "node-1") == [taint]
    assert running == ["node-2"] * 4 and reasons == {"Evicted"}


def test_pods_come_back_to_a_node_that_has_room_again() -> None:
    cluster = Cluster(nodes=1)
    cluster.apply(manifest(1))
    cluster.occupy("node-1", memory="7900Mi")
    cluster.run("2m")
    before = [pod["status"]["phase"] for pod in pods(cluster)].count("Pending")

    cluster.occupy("node-1")
    cluster.run("7m")

    assert before == 1 and taints(cluster, "node-1") == []
    assert [pod["status"]["phase"] for pod in pods(cluster)].count("Running") == 1


def test_pods_of_a_machine_that_is_switched_off_are_made_anew_elsewhere() -> None:
    """Source: kubernetes.io, "Node Shutdowns"."""
    cluster = Cluster(nodes=2)
    cluster.apply(manifest(4))
    cluster.settle()

    cluster.shut_down("node-1")
    cluster.run("2m")

    running = [pod["spec"]["nodeName"] for pod in pods(cluster) if pod["status"]["phase"] == "Running"]
    assert running == ["node-2"] * 4
    assert {pod["status"].get("reason") for pod in pods(cluster)} == {None, "Terminated"}


@pytest.mark.parametrize(
    "pull",
    [
        lambda cluster: cluster.occupy("node-1", memory="7900Mi"),
        lambda cluster: cluster.occupy("node-1", disk="90Gi"),
        lambda cluster: cluster.shut_down("node-1", "20s", "5s"),
    ],
)
def test_a_lever_is_part_of_the_history(pull: Callable[[Cluster], None], tmp_path: Path) -> None:
    cluster = Cluster(nodes=2)
    cluster.apply(manifest(3))
    cluster.settle()
    pull(cluster)
    cluster.run("90s")

    cluster.save(tmp_path / "history")

    assert whole_store(Cluster.load(tmp_path / "history")) == whole_store(cluster) == whole_store(cluster.fork())


@pytest.mark.parametrize(
    ("pull", "problem"),
    [
        (lambda c: c.occupy("node-9"), 'no VM "node-9"'),
        (lambda c: c.occupy("node-1", memory="much"), "quantities must match"),
        (lambda c: c.occupy("node-1", disk="-1Gi"), "must not be negative"),
        (lambda c: c.shut_down("node-9"), 'no VM "node-9"'),
        (lambda c: c.shut_down("node-1", "soon"), '"soon" is not a duration'),
    ],
)
def test_a_lever_that_cannot_be_pulled_says_why(pull: Callable[[Cluster], None], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        pull(Cluster(nodes=1))
