"""Load balancers for Services."""

from __future__ import annotations

from typing import Any

import pytest
from bench import node
from cloud_bench import CloudBench, balancer, service

from k8slab.cloud import ServiceController
from k8slab.cloud.service import needs_cleanup, needs_update, wants_balancer

CONTROLLER = ServiceController
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
DOWN = "ServiceUnavailable: the cloud is down"


def made(bench: CloudBench, name: str = "web") -> Any:
    """The Service, with its load balancer made."""
    bench.reconcile(f"default/{name}")
    bench.later(20)
    bench.reconcile(f"default/{name}")
    return bench.client.get("Service", name, "default")


def test_a_service_gets_a_load_balancer_an_address_and_a_finalizer(bench: CloudBench) -> None:
    """Source: controller.go, syncLoadBalancerIfNeeded."""
    bench.given(node("n1"), service())

    found = made(bench)

    assert found["status"]["loadBalancer"] == {"ingress": [{"ip": "203.0.113.2", "ipMode": "VIP"}]}
    assert found["metadata"]["finalizers"] == [FINALIZER]
    assert repr(bench.cloud.balancers.there["default/web"]) == (
        "<Balancer of default/web at 203.0.113.2: 80 to 30080, 1 nodes>"
    )
    assert bench.events() == [
        "EnsuringLoadBalancer: Ensuring load balancer",
        "EnsuredLoadBalancer: Ensured load balancer",
    ]


def test_a_load_balancer_takes_its_time(bench: CloudBench) -> None:
    bench.given(node("n1"), service())

    again = bench.reconcile("default/web")

    assert again == (20.0, False)
    assert bench.client.get("Service", "web", "default")["status"]["loadBalancer"] == {}
    assert bench.cloud.balancers.at("203.0.113.2") is None


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_others_get_none(bench: CloudBench, kind: str) -> None:
    assert not wants_balancer(balancer(kind))
    assert wants_balancer(balancer())
    assert not wants_balancer(service(loadBalancerClass="mine.example/lb"))


def test_a_service_that_goes_takes_its_load_balancer_along(bench: CloudBench) -> None:
    bench.given(node("n1"), service())
    made(bench)

    bench.client.delete("Service", "web", "default")
    bench.reconcile("default/web")

    assert bench.cloud.balancers.there == {}
    assert list(bench.client.list("Service", "default")) == []
    assert bench.events()[-2:] == [
        "DeletingLoadBalancer: Deleting load balancer",
        "DeletedLoadBalancer: Deleted load balancer",
    ]


def test_a_service_that_wants_none_any_more_gives_it_back_and_stays(bench: CloudBench) -> None:
    bench.given(node("n1"), service())
    found = made(bench)

    bench.client.update({**found, "spec": {**found["spec"], "type": "NodePort"}})
    bench.reconcile("default/web")

    left = bench.client.get("Service", "web", "default")
    assert bench.cloud.balancers.there == {}
    assert "finalizers" not in left["metadata"]
    assert not left["status"]["loadBalancer"].get("ingress")


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ("outage", "ServiceUnavailable", "the cloud is down"),
        ("quota", "QuotaExceeded", "0 load balancers are all that the quota of region-1 allows"),
        ("address", "InvalidAddress", "the address 8.8.8.8 cannot be had"),
    ],
)
def test_a_cloud_that_says_no_is_quoted_and_asked_again(bench: CloudBench, change: str, code: str, text: str) -> None:
    """Source: controller.go, processServiceCreateOrUpdate; minRetryDelay, maxRetryDelay."""
    bench.given(node("n1"), service(**({"loadBalancerIP": "8.8.8.8"} if change == "address" else {})))
    bench.cloud.outage = "the cloud is down" if change == "outage" else ""
    bench.cloud.balancers.quota = 0 if change == "quota" else 50

    waits = [bench.reconcile("default/web").seconds for _ in range(8)]

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    failed = f"SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: {code}: {text}"
    assert failed in bench.events()


def test_an_outage_keeps_a_service_that_goes_until_it_is_over(bench: CloudBench) -> None:
    bench.given(node("n1"), service())
    made(bench)
    bench.cloud.outage = "the cloud is down"
    bench.client.delete("Service", "web", "default")
    bench.reconcile("default/web")
    assert bench.client.get("Service", "web", "default")["metadata"]["deletionTimestamp"]

    bench.cloud.outage = ""
    bench.reconcile("default/web")

    assert list(bench.client.list("Service", "default")) == []


NODES = [
    (node("n2"), ["n1", "n2"]),
    (node("n2", ready="False"), ["n1", "n2"]),  # its health is for the load balancer to see
    (node("n2", unschedulable=True), ["n1", "n2"]),
    (node("n2", taints=[{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]), ["n1"]),
]


@pytest.mark.parametrize(("other", "names"), NODES, ids=range(len(NODES)))
def test_who_stands_behind_a_load_balancer(bench: CloudBench, other: Any, names: list[str]) -> None:
    """Source: controller.go, stableNodeSetPredicates (KEP-3458)."""
    bench.given(node("n1"), other, service())

    made(bench)

    assert list(bench.cloud.balancers.there["default/web"].nodes) == names


@pytest.mark.parametrize(("value", "names"), [("", ["n1"]), ("true", ["n1"]), ("x", ["n1"]), ("false", ["n1", "n2"])])
def test_a_label_keeps_a_node_out(bench: CloudBench, value: str, names: list[str]) -> None:
    """Source: controller.go, nodeIncludedPredicate."""
    other = node("n2")
    other["metadata"]["labels"] = {"node.kubernetes.io/exclude-from-external-load-balancers": value}
    bench.given(node("n1"), other, service())

    made(bench)

    assert list(bench.cloud.balancers.there["default/web"].nodes) == names


def test_when_the_nodes_change_all_load_balancers_do(bench: CloudBench) -> None:
    """Source: controller.go, nodeSyncService."""
    bench.given(node("n1"), service())
    made(bench)
    bench.given(node("n2"))

    bench.reconcile("")
    bench.reconcile("")

    assert bench.cloud.balancers.there["default/web"].nodes == ("n1", "n2")
    assert bench.events()[-1] == "UpdatedLoadBalancer: Updated load balancer with new hosts"
    assert len(bench.events()) == 3


def test_without_a_node_a_load_balancer_is_of_no_use_and_says_so(bench: CloudBench) -> None:
    bench.given(service())

    made(bench)

    assert "UnAvailableLoadBalancer: There are no available nodes for LoadBalancer" in bench.events()


def test_nodes_that_cannot_be_put_behind_a_load_balancer_are_told(bench: CloudBench) -> None:
    bench.given(node("n1"), service())
    made(bench)
    bench.given(node("n2"))
    bench.cloud.outage = "the cloud is down"

    bench.reconcile("")

    told = "Error updating load balancer with new hosts [n1 n2] [node names limited, total number of nodes: 2], error: "
    assert bench.events()[-1] == f"UpdateLoadBalancerFailed: {told}{DOWN}"


CHANGES = [
    ({"loadBalancerSourceRanges": ["10.0.0.0/8"]}, True),
    ({"ports": [{"port": 81}]}, True),
    ({"sessionAffinity": "ClientIP"}, True),
    ({"externalTrafficPolicy": "Local"}, True),
    ({"externalIPs": ["1.2.3.4"]}, True),
    ({"type": "ClusterIP"}, True),
    ({"selector": {"app": "other"}}, False),
    ({"publishNotReadyAddresses": True}, False),
]


@pytest.mark.parametrize(("change", "is_update"), CHANGES, ids=[next(iter(change)) for change, _ in CHANGES])
def test_what_of_a_service_has_its_load_balancer_changed(change: Any, is_update: bool) -> None:
    """Source: controller.go, needsUpdate."""
    old = service()
    old["metadata"]["uid"] = "u"

    assert needs_update(old, {**old, "spec": {**old["spec"], **change}}) is is_update


@pytest.mark.parametrize(
    ("kind", "finalizers", "is_leaving", "expected"),
    [
        ("LoadBalancer", [FINALIZER], False, False),
        ("LoadBalancer", [FINALIZER], True, True),
        ("LoadBalancer", [], True, False),
        ("ClusterIP", [FINALIZER], False, True),
        ("ClusterIP", ["other"], False, False),
    ],
)
def test_who_needs_cleaning_up(kind: str, finalizers: list[str], is_leaving: bool, expected: bool) -> None:
    """Source: controller.go, needsCleanup."""
    found = service(kind=kind)
    found["metadata"] |= {
        "finalizers": finalizers,
        **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if is_leaving else {}),
    }

    assert needs_cleanup(found) is expected
