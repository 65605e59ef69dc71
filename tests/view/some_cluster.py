"""Clusters by chance, within what a picture has to bear, and how to draw them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from fake_reader import FakeReader
from hypothesis import strategies as st
from objects_of_a_cluster import endpoints, node, pod, service, workload

from k8slab.view import ClusterView, Picture
from k8slab.view.scene import Scene

Obj = dict[str, Any]
PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
ZONES = ("", "zone-a", "zone-b", "zone-c", "zone-d", "m" * 63)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Drawn:
    """A reader, and what draws it: the scene since the last one."""

    def __init__(self, reader: FakeReader, lang: str = "en") -> None:
        self.reader = reader
        self.view = ClusterView(reader, lang)  # type: ignore[arg-type]

    def scene(self) -> Scene:
        return self.picture().scene

    def picture(self) -> Picture:
        return self.view.update()


def some_name(chance: Random) -> str:
    """Mostly short, now and then as long and as wide as may be."""
    length = chance.choice((1, 6, 12, 20, 40, 63))
    letters = chance.choice((LETTERS, LETTERS, "mw", "il"))
    return "".join(chance.choice(letters) for _ in range(length))


def some_node(chance: Random, zones: Sequence[str]) -> Obj:
    """A node in one of the zones, in any state."""
    cpu = chance.choice(("0", "500m", "4", "128", "2000"))
    is_master, is_ready = chance.random() < 0.1, chance.random() < 0.8
    found = node(some_name(chance), chance.choice(zones), is_ready=is_ready, is_master=is_master, cpu=cpu)
    return {**found, "spec": {"unschedulable": chance.random() < 0.2}}


def some_pod(chance: Random, nodes: list[str]) -> Obj:
    """A pod somewhere or nowhere, in any state."""
    made = pod(
        some_name(chance),
        chance.choice([*nodes, ""] if chance.random() < 0.3 else nodes or [""]),
        chance.choice(PHASES),
        is_ready=chance.random() < 0.7,
        namespace=chance.choice(("default", "default", "shop", "kube-system")),
        owner=chance.choice(("", "web-7c5b8d9f4", "api-66b7c")),
        waiting=chance.choice(("", "", "CrashLoopBackOff", "ImagePullBackOff")),
        restarts=chance.choice((0, 0, 1, 12345)),
    )
    extra = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if chance.random() < 0.1 else {}
    return {**made, "metadata": {**made["metadata"], **extra}}


@st.composite
def some_cluster(draw: st.DrawFn) -> FakeReader:
    """Machines in zones, pods everywhere and nowhere, workloads and Services with long names."""
    chance = Random(draw(st.integers(0, 2**32)))
    reader, names = FakeReader(), []
    zones = chance.sample(ZONES, draw(st.sampled_from((1, 2, 3, 6))))
    for _ in range(draw(st.sampled_from((0, 1, 3, 5, 10, 14, 30, 60)))):
        names.append(reader.put(some_node(chance, zones))["metadata"]["name"])
    for _ in range(draw(st.sampled_from((0, 2, 10, 40, 90, 160)))):
        reader.put(some_pod(chance, names))
    for _ in range(draw(st.integers(0, 14))):
        name = some_name(chance)
        reader.put(workload("Deployment", name, chance.choice((0, 3, 3000))))
        reader.put(workload("ReplicaSet", f"{name}-7c5b8d9f4", 3, owner=name, revision=1))
    for _ in range(draw(st.integers(0, 18))):
        name = some_name(chance)
        reader.put(service(name, namespace=chance.choice(("default", "default", "kube-system"))))
        reader.put(endpoints(name, {key.name: True for key in list(reader.objects["Pod"])[:5]}))
    return reader


def shake(reader: FakeReader, seed: int) -> None:
    """Objects come, go and change, many times and by many hands."""
    chance = Random(seed)
    users = ("kubernetes-admin", "system:kube-scheduler", "system:serviceaccount:kube-system:replicaset-controller")
    for _ in range(chance.choice((1, 20, 300))):
        kind = chance.choice(("Pod", "Pod", "Node", "Service", "ReplicaSet", "Deployment"))
        keys = list(reader.objects[kind])
        nodes = [key.name for key in reader.objects["Node"]]
        by = chance.choice((*users, *(f"system:node:{name}" for name in nodes)))
        if chance.random() < 0.2:
            reader.put(some_pod(chance, nodes), by)
        elif keys and chance.random() < 0.2:
            reader.delete(kind, str(chance.choice(keys)), by)
        elif keys:
            reader.change(kind, str(chance.choice(keys)), by, metadata={"labels": {"shaken": "yes"}})
