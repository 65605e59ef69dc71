"""Names of Services, as cluster DNS answers them."""

from __future__ import annotations

import pytest
from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import Lookup, candidates

WEB = "10.96.1.1"
HERE = "default.svc.cluster.local"


@pytest.mark.parametrize(
    ("name", "tried"),
    [
        ("web", ["web.shop.svc.cluster.local", "web.svc.cluster.local", "web.cluster.local", "web"]),
        ("web.x", ["web.x.shop.svc.cluster.local", "web.x.svc.cluster.local", "web.x.cluster.local", "web.x"]),
        ("a.b.c.d.e", ["a.b.c.d.e.shop.svc.cluster.local", "a.b.c.d.e.svc.cluster.local", "a.b.c.d.e.cluster.local"]),
        ("a.b.c.d.e.f", ["a.b.c.d.e.f", "a.b.c.d.e.f.shop.svc.cluster.local", "a.b.c.d.e.f.svc.cluster.local"]),
        ("web.x.svc.cluster.local.", ["web.x.svc.cluster.local"]),
        ("example.com.", ["example.com"]),
    ],
)
def test_a_name_with_less_than_five_dots_is_tried_in_the_search_domains_first(name: str, tried: list[str]) -> None:
    """Source: kubernetes.io, "DNS for Services and Pods" (search, ndots:5); resolv.conf(5)."""
    assert candidates(name, "shop")[: len(tried)] == tried


def test_a_name_is_tried_four_times_at_most() -> None:
    assert [len(candidates(name, "shop")) for name in ("web", "a.b.c.d.e.f", "web.")] == [4, 4, 1]


@pytest.fixture
def names(bench: ProxyBench) -> ProxyBench:
    """Services of every kind."""
    bench.given({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    bench.given(a_service("web", clusterIP=WEB), a_service("web", namespace="shop", clusterIP="10.96.1.2"))
    bench.given(a_slice("web", an_endpoint("10.0.0.9", "web-0")), a_service("db", clusterIP="None"))
    ready = (an_endpoint("10.0.0.1", "db-0"), an_endpoint("10.0.0.2", "db-1", ready=True), an_endpoint("10.0.0.4"))
    bench.given(
        a_slice("db", *ready, an_endpoint("10.0.0.3", "db-2", ready=False)), a_slice("db", an_endpoint("10.0.0.5"))
    )
    bench.given(a_service("empty", clusterIP="None"), a_slice("empty", an_endpoint("10.0.0.6", ready=False)))
    bench.given(a_service("db", namespace="shop", clusterIP="None"))
    bench.given(a_slice("db", an_endpoint("10.0.1.1"), namespace="shop"))
    bench.given(a_service("out", type="ExternalName", externalName="example.com"))
    bench.settle()
    return bench


@pytest.mark.parametrize(
    ("name", "namespace", "found"),
    [
        ("web", "default", Lookup(f"web.{HERE}", (WEB,))),
        ("WEB", "default", Lookup(f"web.{HERE}", (WEB,))),
        ("web", "shop", Lookup("web.shop.svc.cluster.local", ("10.96.1.2",))),
        ("web.shop", "default", Lookup("web.shop.svc.cluster.local", ("10.96.1.2",))),
        ("web.shop.svc", "default", Lookup("web.shop.svc.cluster.local", ("10.96.1.2",))),
        ("web.shop.svc.cluster.local", "default", Lookup("web.shop.svc.cluster.local", ("10.96.1.2",))),
        ("web.shop.svc.cluster.local.", "default", Lookup("web.shop.svc.cluster.local", ("10.96.1.2",))),
        ("db", "default", Lookup(f"db.{HERE}", ("10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.5"))),
        ("db.shop", "default", Lookup("db.shop.svc.cluster.local", ("10.0.1.1",))),
        ("db-1.db", "default", Lookup(f"db-1.db.{HERE}", ("10.0.0.2",))),
        ("out", "default", Lookup(f"out.{HERE}", alias="example.com")),
        ("web-0.web", "default", Lookup(f"web-0.web.{HERE}", ("10.0.0.9",))),
        ("10-0-0-4.db", "default", Lookup(f"10-0-0-4.db.{HERE}", ("10.0.0.4",))),
        ("10-1-2-3.shop.pod", "default", Lookup("10-1-2-3.shop.pod.cluster.local", ("10.1.2.3",))),
    ],
)
def test_what_a_name_stands_for(names: ProxyBench, name: str, namespace: str, found: Lookup) -> None:
    """Source: kubernetes/dns, docs/specification.md, sections 2.3 to 2.5."""
    assert names.dns.resolve(name, namespace) == found


@pytest.mark.parametrize(
    "name",
    [
        "nobody",
        "db.nowhere",
        "web.",
        "web.default.",
        "example.com",
        "empty",
        "db-2.db",
        "db-9.db",
        "x.out",
        "x.db-0.db",
        "x.y.web",
        f"x.db-0.db.{HERE}",
        "svc.cluster.local.",
        "default.svc.cluster.local.",
    ],
)
def test_what_is_no_name(names: ProxyBench, name: str) -> None:
    """Source: kubernetes/dns, docs/specification.md: a headless Service without ready endpoints is NXDOMAIN too."""
    assert names.dns.resolve(name, "default") is None


@pytest.fixture
def records(bench: ProxyBench) -> ProxyBench:
    """A Service with named ports, a headless one, and aliases that lead to each other."""
    ports = [{"name": "http", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    bench.given(a_service("web", *ports, clusterIP=WEB), a_service("db", clusterIP="None"))
    offered = [{"name": "sql", "port": 5432, "protocol": "TCP"}]
    bench.given(a_slice("db", an_endpoint("10.0.0.1", "db-0"), an_endpoint("10.0.0.2"), ports=offered))
    for name, target in (("in", f"web.{HERE}"), ("far", f"in.{HERE}"), ("x", f"y.{HERE}"), ("y", f"x.{HERE}")):
        bench.given(a_service(name, type="ExternalName", externalName=target))
    bench.settle()
    return bench


@pytest.mark.parametrize(
    ("name", "type_", "code", "data"),
    [
        (f"web.{HERE}", "A", "NOERROR", [f"A {WEB}"]),
        (f"web.{HERE}", "AAAA", "NOERROR", []),
        (f"web.{HERE}.", "A", "NOERROR", [f"A {WEB}"]),
        (f"_http._tcp.web.{HERE}", "SRV", "NOERROR", [f"SRV 0 100 80 web.{HERE}.", f"A {WEB}"]),
        (f"_dns._udp.web.{HERE}", "SRV", "NOERROR", [f"SRV 0 100 53 web.{HERE}.", f"A {WEB}"]),
        (f"_http._udp.web.{HERE}", "SRV", "NXDOMAIN", []),
        (f"_none._tcp.web.{HERE}", "SRV", "NXDOMAIN", []),
        (f"web.{HERE}", "SRV", "NOERROR", [f"SRV 0 50 80 web.{HERE}.", f"SRV 0 50 53 web.{HERE}.", f"A {WEB}"]),
        (f"_sql._tcp.db.{HERE}", "SRV", "NOERROR",
         [f"SRV 0 50 5432 db-0.db.{HERE}.", f"SRV 0 50 5432 10-0-0-2.db.{HERE}.", "A 10.0.0.1", "A 10.0.0.2"]),
        (f"db-0.db.{HERE}", "A", "NOERROR", ["A 10.0.0.1"]),
        (f"10-0-0-2.db.{HERE}", "A", "NOERROR", ["A 10.0.0.2"]),
        ("1.1.96.10.in-addr.arpa", "PTR", "NOERROR", [f"PTR web.{HERE}."]),
        ("1.0.0.10.in-addr.arpa", "PTR", "NOERROR", [f"PTR db-0.db.{HERE}."]),
        ("2.0.0.10.in-addr.arpa", "PTR", "NOERROR", [f"PTR 10-0-0-2.db.{HERE}."]),
        ("9.0.0.10.in-addr.arpa", "PTR", "NXDOMAIN", []),
        ("10-0-0-9.default.pod.cluster.local", "A", "NOERROR", ["A 10.0.0.9"]),
        ("10-0-0.default.pod.cluster.local", "A", "NXDOMAIN", []),
        (f"in.{HERE}", "A", "NOERROR", [f"CNAME web.{HERE}.", f"A {WEB}"]),
        (f"far.{HERE}", "A", "NOERROR", [f"CNAME in.{HERE}.", f"CNAME web.{HERE}.", f"A {WEB}"]),
        (f"in.{HERE}", "CNAME", "NOERROR", [f"CNAME web.{HERE}."]),
        (f"a.in.{HERE}", "A", "NXDOMAIN", []),
        ("default.svc.cluster.local", "A", "NOERROR", []),
        ("nowhere.svc.cluster.local", "A", "NXDOMAIN", []),
        ("example.com", "A", "NXDOMAIN", []),
    ],
)  # fmt: skip
def test_what_is_answered(records: ProxyBench, name: str, type_: str, code: str, data: list[str]) -> None:
    """Source: kubernetes/dns, specification.md, 2.3 to 2.5; coredns, plugin/kubernetes (handler.go, reverse.go)."""
    answer = records.dns.query(name, type_)

    assert (answer.code, [f"{one.type} {one.data}" for one in answer.records]) == (code, data)
    assert all(one.ttl_s == 30 for one in answer.records)


def test_aliases_in_a_circle_lead_nowhere(records: ProxyBench) -> None:
    assert all(one.type == "CNAME" for one in records.dns.query(f"x.{HERE}").records)
    assert records.dns.resolve("x", "default") is not None


def test_names_follow_the_endpoints(names: ProxyBench) -> None:
    slice_ = next(s for s in names.client.list("EndpointSlice") if s["metadata"]["name"].startswith("empty-"))

    names.client.update({**slice_, "endpoints": [an_endpoint("10.0.0.6")]})
    names.settle()

    assert names.dns.resolve("empty", "default") == Lookup(f"empty.{HERE}", ("10.0.0.6",))
