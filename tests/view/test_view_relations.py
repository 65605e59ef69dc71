"""The cluster as a graph for networkx."""

from __future__ import annotations

from typing import Any

from fake_reader import FakeReader
from objects_of_a_cluster import cluster, deploy, owner_of, pod

from k8slab.view import ClusterView, Focus


def arrows(view: ClusterView, relation: str) -> set[tuple[str, str]]:
    return {(a, b) for a, b, data in view.graph().edges(data=True) if data["relation"] == relation}


def view_of(reader: FakeReader, **focus: Any) -> ClusterView:
    return ClusterView(reader, focus=Focus(**focus))  # type: ignore[arg-type]


def test_who_owns_hosts_and_serves_whom() -> None:
    reader = cluster(2)
    deploy(reader, "web", ["node-1", "node-2"])
    view = view_of(reader)
    one, two = "Pod/web-7c5b8d9f4-b0x2q", "Pod/web-7c5b8d9f4-c1x4q"

    assert arrows(view, "owns") == {
        ("Deployment/web", "ReplicaSet/web-7c5b8d9f4"),
        ("ReplicaSet/web-7c5b8d9f4", one),
        ("ReplicaSet/web-7c5b8d9f4", two),
    }
    assert arrows(view, "hosts") == {("Node/node-1", one), ("Node/node-2", two)}
    assert arrows(view, "serves") == {("Service/web", one), ("Service/web", two)}


def test_an_ingress_routes_to_its_services() -> None:
    reader = cluster(1)
    deploy(reader, "web", ["node-1"])
    backends = [{"path": "/", "backend": {"service": {"name": name}}} for name in ("web", "missing")]
    spec = {"rules": [{"http": {"paths": backends}}]}
    reader.put({"kind": "Ingress", "metadata": {"name": "shop", "namespace": "default"}, "spec": spec})
    view = view_of(reader)

    assert arrows(view, "routes") == {("Ingress/shop", "Service/web")}
    assert view.graph().nodes["Ingress/shop"] == {"kind": "Ingress", "namespace": "default", "state": ""}


def test_everything_says_what_it_is_and_how_it_is() -> None:
    reader = cluster(1)
    deploy(reader, "web", ["node-1"])
    reader.put(pod("late", phase="Pending", namespace="shop"))

    nodes = dict(view_of(reader).graph().nodes(data=True))

    assert nodes["Node/node-1"] == {"kind": "Node", "namespace": "", "state": "Ready"}
    assert nodes["Deployment/web"] == {"kind": "Deployment", "namespace": "default", "state": "1/1"}
    assert nodes["Pod/late"] == {"kind": "Pod", "namespace": "shop", "state": "waiting"}
    assert nodes["Service/web"] == {"kind": "Service", "namespace": "default", "state": ""}


def test_the_system_is_left_out_but_its_machines() -> None:
    graph = view_of(cluster(1)).graph()

    assert set(graph) == {"Node/control-plane", "Node/node-1"}


def test_an_arrow_has_two_known_ends() -> None:
    """A focus leaves out some pods of a Service; an owner may be of a kind that nobody watches."""
    reader = cluster(2)
    deploy(reader, "web", ["node-1", "node-2"])
    strange = pod("strange", "node-1")
    owner = {**owner_of("Widget", "w"), "kind": "Widget"}
    reader.put({**strange, "metadata": {**strange["metadata"], "ownerReferences": [owner]}})

    graph = view_of(reader, node="node-1").graph()

    assert all(set(data) == {"kind", "namespace", "state"} for _, data in graph.nodes(data=True))
    assert {"Pod/strange", "Pod/web-7c5b8d9f4-b0x2q"} <= set(graph)
    assert "Pod/web-7c5b8d9f4-c1x4q" not in graph


def test_an_endpoint_without_traffic_is_not_served() -> None:
    reader = cluster(1)
    deploy(reader, "web", ["node-1"])
    (key,) = reader.objects["EndpointSlice"]
    (there,) = reader.objects["EndpointSlice"][key]["endpoints"]
    reader.change("EndpointSlice", str(key), endpoints=[{**there, "conditions": {"ready": False}}])

    assert arrows(view_of(reader), "serves") == set()


def test_the_graph_is_that_of_the_newest_picture() -> None:
    reader = cluster(1)
    view = view_of(reader)
    reader.put(pod("late", "node-1"))
    before = "Pod/late" in view.graph()

    view.update()

    assert (before, "Pod/late" in view.graph()) == (False, True)
