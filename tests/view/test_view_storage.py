"""Claims and volumes in the picture: what is asked for, what it got, and who mounts it."""

from __future__ import annotations

from typing import Any

import pytest
from objects_of_a_cluster import cluster, pod
from some_cluster import Drawn

from k8slab.objects import Key
from k8slab.view.scene import Scene
from k8slab.view.storage import claim_cards, mounted_claims

Obj = dict[str, Any]


def claim(name: str, volume: str = "", phase: str = "Bound", namespace: str = "default") -> Obj:
    spec = {
        "resources": {"requests": {"storage": "10Gi"}},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "farm",
    }
    metadata = {"name": name, "namespace": namespace}
    spec |= {"volumeName": volume} if volume else {}
    return {"kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec, "status": {"phase": phase}}


def volume(name: str, phase: str = "Bound") -> Obj:
    spec = {"capacity": {"storage": "10Gi"}, "storageClassName": "farm"}
    return {"kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec, "status": {"phase": phase}}


def mounting(name: str, *volumes: Obj, node: str = "node-1") -> Obj:
    made = pod(name, node)
    return {**made, "spec": {**made["spec"], "volumes": list(volumes)}}


def of_claim(name: str) -> Obj:
    return {"name": "data", "persistentVolumeClaim": {"claimName": name}}


def texts(scene: Scene, role: str) -> list[tuple[str, str, str]]:
    return [(chip.text, chip.note, chip.state) for chip in scene.chips if chip.role == role]


@pytest.mark.parametrize(
    ("mounted", "name"),
    [
        (of_claim("data"), "data"),
        ({"name": "scratch", "ephemeral": {}}, "web-1-scratch"),
        ({"name": "x", "emptyDir": {}}, ""),
    ],
)
def test_pods_are_known_by_the_claims_they_mount(mounted: Obj, name: str) -> None:
    """Source: kubernetes.io, "Ephemeral Volumes": the claim is named after the Pod and the volume."""
    found = mounted_claims([mounting("web-1", mounted)])

    assert found == ({Key("default", name): [Key("default", "web-1")]} if name else {})


@pytest.mark.parametrize("has_unclaimed", [True, False])
def test_volumes_that_nobody_claims_come_last(has_unclaimed: bool) -> None:
    volumes = [volume("free", "Available"), volume("pv-1")]
    cards = claim_cards(
        [claim("a", "pv-1"), claim("b", "", "Pending")], volumes, {}, lambda *_: "", has_unclaimed=has_unclaimed
    )

    rows = [(card.id, card.volume, card.phase, card.volume_phase, card.size) for card in cards]
    assert rows[:2] == [
        ("PersistentVolumeClaim/default/a", "pv-1", "Bound", "Bound", "10Gi"),
        ("PersistentVolumeClaim/default/b", "", "Pending", "", "10Gi"),
    ]
    assert rows[2:] == ([("PersistentVolume/free", "free", "", "Available", "10Gi")] if has_unclaimed else [])


def test_a_claim_stands_beside_its_volume_and_points_to_who_mounts_it() -> None:
    reader = cluster()
    reader.put(claim("data", "pvc-0a1b2c3d-99"))
    reader.put(volume("pvc-0a1b2c3d-99"))
    reader.put(claim("late", "", "Pending"))
    reader.put(mounting("db-0", of_claim("data")))

    scene = Drawn(reader).scene()

    assert texts(scene, "claim") == [("data", "10Gi", "ready"), ("late", "10Gi", "waiting")]
    assert texts(scene, "volume") == [("0a1b2c3d", "farm", "disk")]
    assert [(edge.role, edge.source, edge.target) for edge in scene.edges if edge.role == "mounts"] == [
        ("mounts", "PersistentVolume/pvc-0a1b2c3d-99", "default/db-0")
    ]


def test_hovering_tells_of_class_and_pods() -> None:
    reader = cluster()
    reader.put(claim("data", "pv-1"))
    reader.put(volume("pv-1", "Released"))
    reader.put(mounting("db-0", of_claim("data")))
    scene = Drawn(reader).scene()

    titles = {chip.role: chip.title for chip in scene.chips}
    (tile,) = scene.tiles

    shared = "PersistentVolumeClaim default/data · Bound · 10Gi · ReadWriteOnce · StorageClass farm"
    assert titles["claim"] == f"{shared} · Pod db-0"
    assert titles["volume"] == "PersistentVolume pv-1 · Released · 10Gi · StorageClass farm · default/data"
    assert tile.title.endswith("PersistentVolumeClaim data")


def test_a_volume_that_is_not_bound_says_so() -> None:
    reader = cluster()
    reader.put(volume("pv-1", "Released"))

    assert texts(Drawn(reader).scene(), "volume") == [("pv-1", "Released", "disk")]


def test_many_claims_are_counted() -> None:
    reader = cluster()
    for number in range(9):
        reader.put(claim(f"data-{number}"))
    scene = Drawn(reader).scene()

    assert len(texts(scene, "claim")) == 6
    assert "+3 more" in [label.text for label in scene.labels]


def test_without_claims_there_is_no_shelf_for_them() -> None:
    assert not any("claims" in label.text for label in Drawn(cluster()).scene().labels)
