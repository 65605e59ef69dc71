"""From Services and EndpointSlices to the rules of a node."""

from __future__ import annotations

from typing import Any

import pytest
from proxy_bench import a_service, a_slice, an_endpoint

from k8slab.proxy import RuleTable, build_rules

Obj = dict[str, Any]

NODE = "192.168.0.10"
WEB = "10.96.1.1"


def backends(table: RuleTable, address: str, port: int, protocol: str = "TCP") -> list[str] | None:
    """`address:port` of who may answer, None when no rule catches the packet."""
    rule = table.find(address, port, NODE, protocol)
    return None if rule is None else [f"{backend.address}:{backend.port}" for backend in rule.backends]


def test_a_cluster_ip_stands_for_its_ready_endpoints() -> None:
    web = a_service("web", clusterIP=WEB)

    table = build_rules([web], [a_slice("web", an_endpoint("10.244.0.2"), an_endpoint("10.244.1.2"))])

    assert backends(table, WEB, 80) == ["10.244.0.2:8080", "10.244.1.2:8080"]
    assert backends(table, WEB, 8080) is backends(table, "10.96.1.2", 80) is backends(table, NODE, 80) is None


def test_a_service_without_endpoints_has_a_rule_that_rejects() -> None:
    """Source: pkg/proxy/iptables/proxier.go, syncProxyRules ("has no endpoints", REJECT)."""
    web = a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="NodePort")

    table = build_rules([web], [])

    assert backends(table, WEB, 80) == backends(table, NODE, 30080) == []


def test_a_node_port_is_caught_on_the_nodes_own_address() -> None:
    web = a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="NodePort")

    table = build_rules([web], [a_slice("web", an_endpoint("10.244.0.2"))])

    assert backends(table, NODE, 30080) == backends(table, WEB, 80) == ["10.244.0.2:8080"]
    assert backends(table, "192.168.0.11", 30080) is backends(table, WEB, 30080) is None


@pytest.mark.parametrize(
    "spec", [{"clusterIP": "None"}, {"type": "ExternalName"}, {"type": "ExternalName", "clusterIP": WEB}]
)
def test_headless_and_external_services_have_no_rules(spec: Obj) -> None:
    """Source: pkg/proxy/util/utils.go, ShouldSkipService."""
    table = build_rules([a_service("web", **spec)], [a_slice("web", an_endpoint("10.244.0.2"))])

    assert table == RuleTable()


READY = an_endpoint("10.0.0.1", ready=True, serving=True, terminating=False)
NOT_READY = an_endpoint("10.0.0.2", ready=False, serving=False, terminating=False)
LEAVING = an_endpoint("10.0.0.3", ready=False, serving=True, terminating=True)
DYING = an_endpoint("10.0.0.4", ready=False, serving=False, terminating=True)
UNKNOWN = an_endpoint("10.0.0.5")
WARM = an_endpoint("10.0.0.6", ready=False, serving=True, terminating=False)


@pytest.mark.parametrize(
    ("endpoints", "chosen"),
    [
        ([READY, NOT_READY, LEAVING, DYING], ["10.0.0.1:8080"]),
        ([NOT_READY, LEAVING, DYING], ["10.0.0.3:8080"]),
        ([NOT_READY, DYING, WARM], []),
        ([UNKNOWN, NOT_READY], ["10.0.0.5:8080"]),
        ([], []),
    ],
)
def test_the_ready_ones_answer_or_else_those_that_leave_and_still_serve(
    endpoints: list[Obj], chosen: list[str]
) -> None:
    """Source: pkg/proxy/topology.go, CategorizeEndpoints; KEP-1669."""
    table = build_rules([a_service("web", clusterIP=WEB)], [a_slice("web", *endpoints)])

    assert backends(table, WEB, 80) == chosen


def test_ports_meet_by_name_and_protocol_not_by_number() -> None:
    """A named targetPort may be another number in every pod: then there are several slices."""
    ports = [{"name": "http", "port": 80, "targetPort": "web"}, {"name": "metrics", "port": 9090}]
    old = a_slice(
        "web", an_endpoint("10.0.0.1"), ports=[{"name": "http", "port": 8080}, {"name": "metrics", "port": 1}]
    )
    new = a_slice("web", an_endpoint("10.0.0.2"), ports=[{"name": "http", "port": 8443}])

    table = build_rules([a_service("web", *ports, clusterIP=WEB)], [old, new])

    assert backends(table, WEB, 80) == ["10.0.0.1:8080", "10.0.0.2:8443"]
    assert backends(table, WEB, 9090) == ["10.0.0.1:1"]


def test_the_same_port_of_two_protocols_is_two_rules() -> None:
    dns = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    offered = [{"name": "dns", "port": 5353, "protocol": "UDP"}, {"name": "dns-tcp", "port": 5354, "protocol": "TCP"}]

    table = build_rules(
        [a_service("dns", *dns, clusterIP=WEB)], [a_slice("dns", an_endpoint("10.0.0.1"), ports=offered)]
    )

    assert backends(table, WEB, 53, "TCP") == ["10.0.0.1:5354"]
    assert backends(table, WEB, 53, "UDP") == ["10.0.0.1:5353"]


@pytest.mark.parametrize(
    "slice_",
    [
        a_slice("other", an_endpoint("10.0.0.9")),
        a_slice("web", an_endpoint("10.0.0.9"), namespace="other"),
        a_slice("web", an_endpoint("fd00::9"), addressType="IPv6"),
        a_slice("web", an_endpoint("10.0.0.9"), ports=[{"name": "", "port": 8080, "protocol": "UDP"}]),
        a_slice("web", an_endpoint("10.0.0.9"), ports=[{"name": "", "protocol": "TCP"}]),
        a_slice("web", an_endpoint("10.0.0.9"), ports=[]),
        {**a_slice("web", an_endpoint("10.0.0.9")), "metadata": {"name": "web-1", "namespace": "default"}},
    ],
)
def test_slices_of_others_do_not_count(slice_: Obj) -> None:
    mine = a_slice("web", an_endpoint("10.0.0.1"))

    table = build_rules([a_service("web", clusterIP=WEB)], [mine, slice_])

    assert backends(table, WEB, 80) == ["10.0.0.1:8080"]


def test_an_endpoint_in_two_slices_is_one_endpoint() -> None:
    """Source: pkg/proxy/endpointslicecache.go, addEndpoints (deduplicates while slices are rewritten)."""
    twice = [a_slice("web", an_endpoint("10.0.0.1")), a_slice("web", an_endpoint("10.0.0.1"), an_endpoint("10.0.0.2"))]

    table = build_rules([a_service("web", clusterIP=WEB)], twice)

    assert backends(table, WEB, 80) == ["10.0.0.1:8080", "10.0.0.2:8080"]


def test_the_table_can_be_read() -> None:
    ports = [{"name": "http", "port": 80, "nodePort": 30080}, {"name": "admin", "port": 81, "protocol": "UDP"}]
    web = a_service("web", *ports, clusterIP=WEB, type="NodePort")

    text = str(build_rules([web], [a_slice("web", an_endpoint("10.0.0.1"), ports=[{"name": "http", "port": 8080}])]))

    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "TCP 10.96.1.1:80 default/web:http -> 10.0.0.1:8080",
        "UDP 10.96.1.1:81 default/web:admin -> REJECT (no endpoints)",
        "TCP *:30080 default/web:http -> 10.0.0.1:8080",
    ]
