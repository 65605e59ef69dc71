"""Services: their defaults, and the addresses and ports that the server gives them."""

from __future__ import annotations

import ipaddress
import random
from typing import Any

import pytest
from api_bench import ApiBench, Obj, refused, sample

from k8slab.api.allocators import ServiceAddresses


def service_with(api: ApiBench, name: str = "web", **spec: Any) -> Any:
    return api.client.create(sample("Service", name, spec={**sample("Service")["spec"], **spec}))["spec"]


def test_a_service_is_filled_in(api: ApiBench) -> None:
    """Source: kubernetes.io, "Service"; pkg/apis/core/v1/defaults.go, SetDefaults_Service."""
    spec = service_with(api)

    address = spec["clusterIP"]
    assert ipaddress.ip_address(address) in ipaddress.ip_network("10.96.0.0/12")
    assert spec == {
        "type": "ClusterIP",
        "selector": {"app": "web"},
        "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}],
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "clusterIP": address,
        "clusterIPs": [address],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    }


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({"port": 80}, {"port": 80, "targetPort": 80, "protocol": "TCP"}),
        ({"port": 80, "targetPort": 8080}, {"port": 80, "targetPort": 8080, "protocol": "TCP"}),
        ({"port": 80, "targetPort": "http"}, {"port": 80, "targetPort": "http", "protocol": "TCP"}),
        ({"port": 80, "targetPort": 0}, {"port": 80, "targetPort": 80, "protocol": "TCP"}),
        ({"port": 80, "targetPort": ""}, {"port": 80, "targetPort": 80, "protocol": "TCP"}),
        ({"port": 53, "protocol": "UDP"}, {"port": 53, "targetPort": 53, "protocol": "UDP"}),
    ],
)
def test_a_service_port_leads_to_the_same_port(api: ApiBench, given: Obj, filled: Obj) -> None:
    """Source: SetDefaults_Service: targetPort 0 and "" count as absent."""
    assert service_with(api, ports=[given])["ports"] == [filled]


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("ClusterIP", {"internalTrafficPolicy": "Cluster"}),
        ("NodePort", {"internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Cluster"}),
        (
            "LoadBalancer",
            {
                "internalTrafficPolicy": "Cluster",
                "externalTrafficPolicy": "Cluster",
                "allocateLoadBalancerNodePorts": True,
            },
        ),
    ],
)
def test_each_type_of_service_has_its_policies(api: ApiBench, type: str, fields: Obj) -> None:
    spec = service_with(api, type=type)

    assert {name: value for name, value in spec.items() if "Policy" in name or "allocate" in name} == {
        **fields,
        "ipFamilyPolicy": "SingleStack",
    }


def test_an_external_name_has_no_address(api: ApiBench) -> None:
    spec = service_with(api, type="ExternalName", externalName="db.example.com", ports=None, selector=None)

    assert spec == {"type": "ExternalName", "externalName": "db.example.com", "sessionAffinity": "None"}


def test_sticky_sessions_last_three_hours(api: ApiBench) -> None:
    spec = service_with(api, sessionAffinity="ClientIP")

    assert spec["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}


def test_every_service_has_an_address_of_its_own(api: ApiBench) -> None:
    """Source: kubernetes.io, "Service ClusterIP allocation": dynamic addresses come from the upper band first."""
    addresses = [service_with(api, f"s{i}")["clusterIP"] for i in range(50)]

    assert len(set(addresses)) == 50
    assert all(int(ipaddress.ip_address(address)) > int(ipaddress.ip_address("10.96.0.255")) for address in addresses)


class LoadedDice(random.Random):
    """Chance that falls twice on the same number."""

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        """The next of 300, 300, 301."""
        return self.throws.pop(0)

    throws = [300, 300, 301]


def test_an_address_that_is_taken_is_not_given_again() -> None:
    services: list[Obj] = []
    addresses = ServiceAddresses(lambda: services, LoadedDice())

    for name in "ab":
        services.append(addresses.allocate(sample("Service", name)))

    assert [service["spec"]["clusterIP"] for service in services] == ["10.96.1.44", "10.96.1.45"]


def test_a_service_may_choose_its_address(api: ApiBench) -> None:
    assert service_with(api, clusterIP="10.96.0.10")["clusterIPs"] == ["10.96.0.10"]


def test_a_headless_service_has_no_address(api: ApiBench) -> None:
    spec = service_with(api, clusterIP="None")

    assert (spec["clusterIP"], spec["clusterIPs"]) == ("None", ["None"])
    assert service_with(api, "other", clusterIP="None")["clusterIP"] == "None"


def test_an_address_is_given_back(api: ApiBench) -> None:
    service_with(api, clusterIP="10.96.0.10")
    api.client.delete("Service", "web", "default")

    assert service_with(api, "other", clusterIP="10.96.0.10")["clusterIP"] == "10.96.0.10"


def test_an_address_stays_through_an_update_without_it(api: ApiBench) -> None:
    created = api.given(sample("Service"))

    updated = api.client.update(sample("Service", spec={**sample("Service")["spec"], "selector": {"app": "db"}}))

    assert updated["spec"]["clusterIP"] == created["spec"]["clusterIP"]


@pytest.mark.parametrize("type", ["NodePort", "LoadBalancer"])
def test_a_node_port_is_found_and_kept(api: ApiBench, type: str) -> None:
    """Source: kubernetes.io, "Service", "type: NodePort"."""
    (port,) = service_with(api, type=type)["ports"]
    patched = api.patch("Service", "web", {"spec": {"selector": {"app": "db"}}})

    assert 30000 <= port["nodePort"] <= 32767
    assert patched["spec"]["ports"] == [port]


def test_node_ports_are_not_given_twice(api: ApiBench) -> None:
    given = {service_with(api, f"s{i}", type="NodePort")["ports"][0]["nodePort"] for i in range(40)}

    assert len(given) == 40


@pytest.mark.parametrize("type", ["ClusterIP", "ExternalName"])
def test_a_service_that_is_no_longer_open_gives_its_ports_back(api: ApiBench, type: str) -> None:
    """Source: pkg/registry/core/service/strategy.go, dropTypeDependentFields."""
    service_with(api, type="NodePort")
    spec = {"type": type, **({"externalName": "db.example.com"} if type == "ExternalName" else {})}

    patched = api.patch("Service", "web", {"spec": spec})["spec"]

    assert "nodePort" not in patched["ports"][0] and "externalTrafficPolicy" not in patched
    assert ("clusterIP" in patched) == (type == "ClusterIP")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"clusterIP": "10.96.0.10"},
            'spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: '
            "provided IP is already allocated",
        ),
        (
            {"clusterIP": "192.0.2.1"},
            'spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: '
            "the provided network does not match the current range",
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
            "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]},
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
            "The range of valid ports is 30000-32767",
        ),
    ],
)
def test_what_cannot_be_given_is_refused(api: ApiBench, spec: Obj, text: str) -> None:
    """Source: pkg/registry/core/service/{ipallocator,portallocator}/{interfaces,allocator}.go."""
    service_with(api, clusterIP="10.96.0.10", type="NodePort", ports=[{"port": 80, "nodePort": 30080}])

    error = refused(service_with, api, "other", **spec)

    assert error == (422, "Invalid", f'Service "other" is invalid: {text}')
