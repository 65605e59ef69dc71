"""Where a thing is drawn: everything has a place by its name, what is folded has that of what holds it."""

from __future__ import annotations

import pytest
from fake_reader import FakeReader
from hypothesis import HealthCheck, given, settings
from objects_of_a_cluster import cluster, deploy, pod
from some_cluster import Drawn, some_cluster

from k8slab.view.geometry import Rect
from k8slab.view.scene import Scene

CALM = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def scene() -> Scene:
    """A shop's web on two nodes, a pod that waits, and a pod of the system."""
    reader = cluster()
    deploy(reader, "web", ["node-1", "node-2"])
    reader.put(pod("late", phase="Pending"))
    reader.put(pod("lone", "node-3", namespace="shop"))
    return Drawn(reader).scene()


@pytest.mark.parametrize(
    "part", ["you", "users", "kube-proxy", "api-server", "etcd", "scheduler", "controller-manager"]
)
def test_every_part_has_a_place(scene: Scene, part: str) -> None:
    place = scene.anchor(part)

    assert place is not None and 0 <= place.cx <= 900 and 0 <= place.cy <= scene.height


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("replicaset-controller", "controller-manager"),
        ("kubelet node-2", "Node/node-2"),
        ("node/node-2", "Node/node-2"),
        ("Pod/lone", "Pod/shop/lone"),
        ("Service/web", "Service/default/web"),
        ("Deployment/web", "Deployment/default/web"),
    ],
)
def test_other_names_of_a_part_lead_to_it(scene: Scene, name: str, part: str) -> None:
    assert scene.anchor(name) == scene.anchor(part) is not None


def test_of_two_of_the_same_name_the_one_in_default_is_meant() -> None:
    reader = cluster()
    for namespace in ("a", "default"):
        reader.put(pod("web-1", "node-1", namespace=namespace))
    scene = Drawn(reader).scene()

    assert scene.anchor("Pod/web-1") == scene.anchor("Pod/default/web-1") != scene.anchor("Pod/a/web-1")


@pytest.mark.parametrize("name", ["Pod/nobody", "Node/node-9", "nonsense", "Pod/", "a/b/c/d"])
def test_what_is_not_in_the_picture_has_no_place(scene: Scene, name: str) -> None:
    assert scene.anchor(name) is None


def test_a_pod_has_the_place_of_its_tile(scene: Scene) -> None:
    (tile,) = [tile for tile in scene.tiles if tile.card.key.name == "lone"]

    assert scene.anchor("Pod/shop/lone") == tile.rect


def test_a_pod_of_a_large_cluster_has_the_place_of_its_node() -> None:
    reader = cluster(40)
    deploy(reader, "web", ["node-7"])
    scene = Drawn(reader).scene()

    (name,) = [key.name for key in reader.objects["Pod"] if key.name.startswith("web")]

    assert scene.mode == "fleet"
    assert scene.anchor(f"Pod/{name}") == scene.anchor("Node/node-7") is not None


@CALM
@given(some_cluster())
def test_nothing_is_without_a_place(reader: FakeReader) -> None:
    scene = Drawn(reader).scene()

    paper = Rect(0, 0, 900, scene.height)
    names = [f"{kind}/{key}" for kind in ("Pod", "Service", "Deployment") for key in reader.objects[kind]]
    places = [scene.anchor(name) for name in names if not name.startswith("Deployment/kube-system")]
    assert None not in places
    assert all(place and place.x >= 0 and place.bottom <= paper.bottom for place in places)
