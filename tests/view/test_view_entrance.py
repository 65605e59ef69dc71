"""Where users come in: Services by the way that leads to them, Ingresses by host, and what is folded of the system."""

from __future__ import annotations

from typing import Any

import pytest
from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, endpoints, pod, service, workload
from some_cluster import Drawn

from k8slab.view.entries import ingress_cards
from k8slab.view.scene import Chip

Obj = dict[str, Any]


def ingress(name: str = "shop", namespace: str = "default", **spec: Any) -> Obj:
    return {"kind": "Ingress", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def rule(host: str, *services: str) -> Obj:
    paths = [{"path": f"/{n or ''}", "backend": {"service": {"name": name}}} for n, name in enumerate(services)]
    return {"host": host, "http": {"paths": paths}} if host else {"http": {"paths": paths}}


def chips(reader: FakeReader, role: str) -> list[Chip]:
    return [chip for chip in Drawn(reader).scene().chips if chip.role == role]


@pytest.mark.parametrize(
    ("spec", "hosts", "services"),
    [
        ({"rules": [rule("a.example", "web", "api")]}, ("a.example/", "a.example/1"), ("web", "api")),
        ({"rules": [rule("", "web")]}, ("*/",), ("web",)),
        ({"defaultBackend": {"service": {"name": "web"}}}, ("*",), ("web",)),
        ({"rules": [{"host": "bare.example"}]}, (), ()),
    ],
)
def test_an_ingress_is_read_by_its_rules(spec: Obj, hosts: tuple[str, ...], services: tuple[str, ...]) -> None:
    """Source: kubernetes.io, "Ingress", "Ingress rules" and "DefaultBackend"."""
    (card,) = ingress_cards([ingress(**spec)], lambda *_: "")

    assert (card.hosts, card.services) == (hosts, services)


def test_an_ingress_says_for_which_host_it_sends_whereto() -> None:
    reader = cluster()
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    reader.put({**ingress(rules=[rule("shop.example", "web", "web")]), "status": status})

    (chip,) = chips(reader, "ingress")

    assert (chip.text, chip.second, chip.note) == ("shop", "shop.example/ +1 → web", "203.0.113.7")
    assert chip.title == "Ingress default/shop · shop.example/, shop.example/1 · Service web · 203.0.113.7"


def test_more_ingresses_than_fit_are_counted() -> None:
    reader = cluster()
    for number in range(5):
        reader.put(ingress(f"i{number}", rules=[rule("", "web")]))

    scene = Drawn(reader).scene()

    assert sum(chip.role == "ingress" for chip in scene.chips) == 3
    assert "+2 more" in [label.text for label in scene.labels]


@pytest.mark.parametrize(
    ("spec", "status", "way"),
    [
        ({}, {}, "10.96.1.20:80"),
        ({"clusterIP": "None"}, {}, "headless"),
        ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]}, {}, "NodePort :30080"),
        ({"type": "LoadBalancer"}, {}, "LB: no address yet"),
        ({"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}, "LB 203.0.113.7:80"),
        ({"type": "ExternalName", "externalName": "db.example"}, {}, "→ db.example"),
    ],
)
def test_a_service_says_how_its_users_reach_it(spec: Obj, status: Obj, way: str) -> None:
    """Source: kubernetes.io, "Service", "Publishing Services"."""
    reader = cluster()
    reader.put({**service("web", **spec), "status": status})

    assert [chip.second for chip in chips(reader, "service")] == [way]


def test_names_get_their_namespace_where_there_are_several() -> None:
    reader = cluster()
    for namespace in ("default", "shop"):
        reader.put(service("web", namespace=namespace))
        reader.put(endpoints("web", {}, namespace))
        reader.put(workload("Deployment", "web", 1, namespace=namespace))

    assert [chip.text for chip in chips(reader, "service")] == ["web", "shop/web"]
    assert [chip.text for chip in chips(reader, "owner")] == ["web", "shop/web"]


def system(is_ready: bool) -> FakeReader:
    reader = cluster()
    for number in range(1, 4):
        made = pod(f"kube-proxy-{number}", f"node-{number}", is_ready=is_ready or number > 1, namespace="kube-system")
        owner = {"kind": "DaemonSet", "name": "kube-proxy", "uid": "u", "controller": True}
        reader.put({**made, "metadata": {**made["metadata"], "ownerReferences": [owner]}})
    deploy(reader, "web", ["node-1"])
    return reader


@pytest.mark.parametrize(("is_ready", "text", "role"), [(True, "3/3", "muted"), (False, "2/3", "alarm")])
def test_the_proxies_are_folded_into_the_proxy(is_ready: bool, text: str, role: str) -> None:
    scene = Drawn(system(is_ready)).scene()

    (label,) = [label for label in scene.labels if label.text.startswith("kube-proxy")]

    assert (label.text, label.role) == (f"kube-proxy {text}: the same rules on every Node", role)
    assert [dot.card.key.name for dot in scene.dots] == ([] if is_ready else ["kube-proxy-1"])


def test_the_rest_of_the_system_is_a_line_of_the_control_plane() -> None:
    scene = Drawn(system(is_ready=True)).scene()

    (label,) = [label for label in scene.labels if label.text.startswith("coredns")]
    place = scene.anchor("control plane")

    assert label.text == "coredns-5d78c 2/2"
    assert place is not None and place.x < label.x < place.right and place.y < label.y < place.bottom
