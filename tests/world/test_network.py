"""Who reaches whom."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.world import Connection, HttpRequest
from k8slab.world.network import PodAddresses


def test_a_pod_is_reached_at_its_own_address_from_everywhere(machines: Any) -> None:
    web = machines.run("nginx", machines.a)

    for source in (machines.a, machines.b, None):
        connection = machines.world.network.dial(source, web.sandbox.ip, 80)
        assert connection.container is web
    assert "Welcome to nginx!" in connection.ask(HttpRequest()).body


@pytest.mark.parametrize(
    ("address", "port", "outcome"),
    [
        ("10.244.1.2", 80, "connected"),
        ("10.244.1.2", 81, "refused"),
        ("10.244.1.3", 80, "timeout"),
        ("192.168.0.11", 80, "refused"),
        ("192.168.0.99", 80, "timeout"),
    ],
)
def test_a_dial_ends_as_a_real_one_would(machines: Any, address: str, port: int, outcome: str) -> None:
    machines.run("nginx", machines.a)

    assert machines.world.network.dial(machines.b, address, port).outcome == outcome


@pytest.mark.parametrize("dark", ["a", "b"])
def test_nothing_answers_where_the_power_is_off_on_either_end(machines: Any, dark: str) -> None:
    web = machines.run("nginx", machines.a)
    address = web.sandbox.ip

    getattr(machines, dark).power_off()

    assert machines.world.network.dial(machines.b, address, 80) == Connection("timeout")


def test_nobody_listens_where_the_process_has_ended(machines: Any) -> None:
    web = machines.run("nginx")

    web.kill()

    assert machines.world.network.dial(None, web.sandbox.ip, 80).outcome == "refused"


def test_a_pod_on_the_hosts_network_listens_at_the_machines_address(machines: Any) -> None:
    done: list[Any] = []
    runtime = machines.a.runtime
    runtime.run_pod_sandbox("h", "kube-system", "etcd", True, done.append)
    machines.loop.settle()
    web = machines.run("nginx")
    done[0].containers["main"] = web

    assert done[0].ip == "192.168.0.10"
    assert machines.world.network.dial(machines.b, "192.168.0.10", 80).container is web


def test_the_way_is_longer_between_zones(machines: Any) -> None:
    network = machines.world.network
    near = machines.world.create_vm("node-3", zone="zone-a")

    ways = [network.latency_s(machines.a, vm) for vm in (machines.a, near, machines.b)]

    assert ways == sorted(ways) and len(set(ways)) == 3


def test_addresses_come_in_turn_and_a_freed_one_comes_back_late() -> None:
    addresses = PodAddresses("10.244.1.0/29")

    first = [addresses.take() for _ in range(3)]
    addresses.give_back("10.244.1.2")
    then = [addresses.take() for _ in range(4)]

    assert first == ["10.244.1.2", "10.244.1.3", "10.244.1.4"]
    assert then == ["10.244.1.5", "10.244.1.6", "10.244.1.2", ""]


@pytest.mark.parametrize("cidr", ["10.244.1.0/40", "10.244.1/24", "300.1.1.0/24"])
def test_a_range_that_is_none_is_refused(cidr: str) -> None:
    with pytest.raises(ValueError, match="is not an IPv4 range"):
        PodAddresses(cidr)
