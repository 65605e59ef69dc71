"""metrics.k8s.io: what kubelets say that Nodes and Pods use, and what is answered when they say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import ApiBench, Obj, sample

from k8slab.api import Api
from k8slab.wire import Request, Response

GROUP = ("metrics.k8s.io", "v1beta1")
ADDRESSES = {"node-1": "10.0.0.1", "node-2": "10.0.0.2"}


def stats(cpu_n: int | None, memory_bytes: int | None) -> Obj:
    return {"cpu": {"usageNanoCores": cpu_n}, "memory": {"workingSetBytes": memory_bytes}}


def pod(name: str, *containers: Obj) -> Obj:
    return {"podRef": {"namespace": "default", "name": name}, "containers": list(containers)}


SUMMARIES: dict[str, Obj] = {
    "node-1": {
        "node": {"nodeName": "node-1", **stats(156_340_105, 512 * 2**20)},
        "pods": [
            pod("web", {"name": "main", **stats(250_000_000, 100_000)}, {"name": "side", **stats(1_500_000, 2**20)}),
            pod("new", {"name": "main", **stats(None, None)}),
            pod("long-gone", {"name": "main", **stats(1, 1)}),
        ],
    },
    "node-2": {"node": {"nodeName": "node-2"}, "pods": []},
}


class Kubelets:
    """What listens at the addresses of the Nodes."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def dial(self, host: str, request: Request) -> Response:
        self.asked.append(f"{host}{request.path}")
        for name, address in ADDRESSES.items():
            if host == f"{address}:10250":
                return Response(200, SUMMARIES[name])
        raise ConnectionError("no route to host")


@pytest.fixture
def kubelets() -> Kubelets:
    return Kubelets()


@pytest.fixture
def metered(api: ApiBench, kubelets: Kubelets) -> ApiBench:
    """Three Nodes, of which the last one is down, and four Pods."""
    api.api = Api(api.store, api.loop, dial=kubelets.dial)
    for name in ("node-1", "node-2", "node-3"):
        address = {"type": "InternalIP", "address": ADDRESSES.get(name, "10.0.0.3")}
        node = api.given(sample("Node", name, labels={"disk": "ssd"} if name == "node-1" else None))
        api.client.update_status({**node, "status": {"addresses": [address]}})
    for name, node_name in (("web", "node-1"), ("new", "node-1"), ("idle", "node-2"), ("lost", "node-3")):
        api.given(sample("Pod", name, labels={"app": name}))
        api.client.bind(api.client.get("Pod", name, "default"), node_name)
    return api


def ask(api: ApiBench, verb: str, resource: str, name: str = "", **more: Any) -> Response:
    namespace = "default" if resource == "pods" else ""
    return api.api.handle(Request(verb, resource, *GROUP, name=name, **{"namespace": namespace, **more}))


def names(answer: Response) -> list[str]:
    return [item["metadata"]["name"] for item in answer.body["items"]]


def test_a_node_tells_what_it_uses(metered: ApiBench) -> None:
    """Source: staging/src/k8s.io/metrics/pkg/apis/metrics/v1beta1/types.go."""
    answer = ask(metered, "get", "nodes", "node-1")

    moment = "2026-01-01T00:00:00Z"
    assert answer.body == {
        "kind": "NodeMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {"name": "node-1", "labels": {"disk": "ssd"}, "creationTimestamp": moment},
        "timestamp": moment,
        "window": "15s",
        "usage": {"cpu": "156340105n", "memory": "512Mi"},
    }


def test_a_pod_tells_what_its_containers_use(metered: ApiBench) -> None:
    answer = ask(metered, "get", "pods", "web")

    assert (answer.body["kind"], answer.body["metadata"]["namespace"]) == ("PodMetrics", "default")
    assert answer.body["containers"] == [
        {"name": "main", "usage": {"cpu": "250m", "memory": "100000"}},
        {"name": "side", "usage": {"cpu": "1500u", "memory": "1Mi"}},
    ]


@pytest.mark.parametrize(
    ("resource", "more", "expected"),
    [
        ("nodes", {}, ["node-1"]),
        ("nodes", {"params": {"labelSelector": "disk=hdd"}}, []),
        ("pods", {}, ["web"]),
        ("pods", {"namespace": ""}, ["web"]),
        ("pods", {"namespace": "kube-system"}, []),
        ("pods", {"params": {"labelSelector": "app=web"}}, ["web"]),
        ("pods", {"params": {"fieldSelector": "metadata.name=idle"}}, []),
    ],
)
def test_a_list_has_those_of_whom_something_is_known(
    metered: ApiBench, resource: str, more: Obj, expected: list[str]
) -> None:
    """Source: metrics-server, pkg/api/{node,pod}.go: what has no metrics is left out of a list."""
    assert names(ask(metered, "list", resource, **more)) == expected


@pytest.mark.parametrize(
    ("resource", "name", "message"),
    [
        ("nodes", "node-2", 'nodemetrics.metrics.k8s.io "node-2" not found'),
        ("nodes", "node-3", 'nodemetrics.metrics.k8s.io "node-3" not found'),
        ("nodes", "ghost", 'nodes "ghost" not found'),
        ("pods", "new", 'podmetrics.metrics.k8s.io "default/new" not found'),
        ("pods", "lost", 'podmetrics.metrics.k8s.io "default/lost" not found'),
        ("pods", "ghost", 'pods "ghost" not found'),
    ],
)
def test_of_whom_nothing_is_known_there_is_nothing(metered: ApiBench, resource: str, name: str, message: str) -> None:
    """Source: metrics-server, pkg/api/{node,pod}.go, Get, and install.go, which names the resources."""
    answer = ask(metered, "get", resource, name)

    details = answer.body["details"]
    assert (answer.code, answer.body["reason"], answer.body["message"]) == (404, "NotFound", message)
    assert message.startswith(".".join(filter(None, (details["kind"], details.get("group")))))


def test_each_kubelet_is_asked_once(metered: ApiBench, kubelets: Kubelets) -> None:
    ask(metered, "list", "pods")

    assert kubelets.asked == [f"10.0.0.{number}:10250/stats/summary" for number in (1, 2, 3)]


def test_without_kubelets_nobody_can_answer(api: ApiBench) -> None:
    """Source: kube-aggregator: an APIService without endpoints is answered with 503."""
    answer = ask(api, "list", "nodes")

    text = "the server is currently unable to handle the request (get nodes.metrics.k8s.io)"
    assert (answer.code, answer.body["reason"], answer.body["message"]) == (503, "ServiceUnavailable", text)


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete", "deletecollection", "watch"])
def test_nobody_writes_metrics(metered: ApiBench, verb: str) -> None:
    assert ask(metered, verb, "nodes", "node-1", body={}).code == 405


@pytest.mark.parametrize(
    ("resource", "cells"), [("nodes", ["node-1", "156340105n", "512Mi"]), ("pods", ["web", "251500u", "1148576"])]
)
def test_metrics_have_columns(metered: ApiBench, resource: str, cells: list[str]) -> None:
    """Source: metrics-server, pkg/api/table.go."""
    table = ask(metered, "list", resource, accept="Table").body

    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "cpu", "memory", "Window"]
    assert [row["cells"] for row in table["rows"]] == [[*cells, "15s"]]
