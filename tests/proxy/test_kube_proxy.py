"""How the rules of a machine follow the API."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import RuleMaker, RuleTable
from k8slab.proxy.pictures import Sight

WEB = "10.96.1.1"


def addresses(bench: ProxyBench) -> list[str]:
    """Who answers for web on the machine a."""
    rule = bench.rules(bench.a).find(WEB, 80, "")
    return [] if rule is None else [backend.address for backend in rule.backends]


def test_without_services_a_machine_has_an_empty_table(bench: ProxyBench) -> None:
    bench.settle()

    assert bench.rules(bench.a) == RuleTable()


def test_every_machine_has_the_same_rules(bench: ProxyBench) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))

    bench.settle()

    assert str(bench.rules(bench.a)) == str(bench.rules(bench.b)) == str(bench.rules(bench.c)) != ""


def test_the_rules_follow_at_most_once_a_second(bench: ProxyBench) -> None:
    """Source: kubernetes.io, kube-proxy, --iptables-min-sync-period 1s."""
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()
    slice_ = bench.client.list("EndpointSlice")[0]
    seen = []

    for number in range(2, 32):
        slice_ = bench.client.update({**slice_, "endpoints": [an_endpoint(f"10.0.0.{number}")]})
        bench.loop.run_until(bench.loop.now + 0.1)
        seen += addresses(bench)

    assert 3 <= len(set(seen)) <= 4


def test_what_happens_between_two_writes_is_looked_at_together(
    bench: ProxyBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()
    looks = Mock(side_effect=Sight.apply)
    monkeypatch.setattr(Sight, "apply", lambda self, events: looks(self, events))

    for number in range(2, 32):
        slice_ = bench.client.list("EndpointSlice")[0]
        bench.client.update({**slice_, "endpoints": [an_endpoint(f"10.0.0.{number}")]})
        bench.loop.run_until(bench.loop.now + 0.1)
    bench.settle()

    assert looks.call_count <= 5 * len(bench.world.vms)
    assert addresses(bench) == ["10.0.0.31"]


def test_services_that_change_together_are_written_together(bench: ProxyBench) -> None:
    bench.given(*(a_service(name, clusterIP=f"10.96.2.{n}") for n, name in enumerate("abc", 1)))
    bench.given(*(a_slice(name, an_endpoint("10.0.0.1")) for name in "abc"))

    bench.settle()

    found = [bench.rules(bench.a).find(f"10.96.2.{n}", 80, "") for n in (1, 2, 3)]
    assert [len(rule.backends) if rule is not None else None for rule in found] == [1, 1, 1]


def test_what_has_not_changed_is_not_made_anew(bench: ProxyBench) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()
    before = bench.rules(bench.a).find(WEB, 80, "")

    bench.given(a_service("other", clusterIP="10.96.2.1"))
    bench.settle()

    assert bench.rules(bench.a).find(WEB, 80, "") is before


def test_machines_that_share_a_maker_share_the_rules(bench: ProxyBench) -> None:
    """They differ only where a traffic policy or hints make them."""
    service, slices = a_service("web", clusterIP=WEB), [a_slice("web", an_endpoint("10.0.0.1"))]
    local = a_service("local", clusterIP=WEB, internalTrafficPolicy="Local")
    maker = RuleMaker()

    made = maker.make(service, slices)
    assert maker.make(service, slices) is made and made.on("n1", "a") is made.on("n2", "b")
    assert maker.make(local, slices).on("n1", "a") is not maker.make(local, slices).on("n2", "b")


def test_a_service_that_is_gone_has_no_rule_any_more(bench: ProxyBench) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()

    bench.client.delete("Service", "web", "default")
    bench.settle()

    assert bench.rules(bench.a).find(WEB, 80, "") is None


def test_without_its_kube_proxy_a_machine_keeps_the_rules_it_had(bench: ProxyBench) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()

    bench.a.stop_daemon("kube-proxy")
    bench.given(a_slice("web", an_endpoint("10.0.0.2")))
    bench.settle()
    assert addresses(bench) == ["10.0.0.1"]
    bench.a.start_daemon("kube-proxy")
    bench.settle()

    assert sorted(addresses(bench)) == ["10.0.0.1", "10.0.0.2"]


def test_a_boot_begins_without_rules_and_gets_them_anew(bench: ProxyBench) -> None:
    bench.given(a_service("web", clusterIP=WEB), a_slice("web", an_endpoint("10.0.0.1")))
    bench.settle()

    bench.a.power_off()
    assert bench.a.rules is None
    bench.a.power_on()
    bench.settle()

    assert addresses(bench) == ["10.0.0.1"]
