"""How pods find names: dnsPolicy, dnsConfig, hostAliases."""

from __future__ import annotations

from typing import Any

import pytest

from k8slab.kubeadm import Cluster
from k8slab.kubelet.dns_config import resolver_of
from k8slab.world import Resolver

Obj = dict[str, Any]

CLUSTER = "10.96.0.10"
SEARCH = "search shop.svc.cluster.local svc.cluster.local cluster.local"
USUAL = f"{SEARCH}\nnameserver {CLUSTER}\noptions ndots:5\n"
NODE = "nameserver 192.168.0.1\n"
OWN: Obj = {"nameservers": ["192.0.2.1"], "searches": ["ns1.svc.cluster-domain.example", "my.dns.search.suffix"],
            "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}]}  # fmt: skip


def found(**spec: Any) -> tuple[Resolver | None, list[str]]:
    """The resolver of a pod in the namespace shop, and the events."""
    return resolver_of({"metadata": {"namespace": "shop", "name": "p"}, "spec": spec}, CLUSTER)


@pytest.mark.parametrize(
    "spec", [{}, {"dnsPolicy": "ClusterFirst"}, {"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": True}]
)
def test_a_pod_that_says_nothing_asks_the_cluster(spec: Obj) -> None:
    assert found(**spec) == (None, [])


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"dnsPolicy": "Default"}, NODE),
        ({"dnsPolicy": "ClusterFirst", "hostNetwork": True}, NODE),
        ({"dnsPolicy": "ClusterFirst", "hostAliases": [{"ip": "10.1.2.3", "hostnames": ["a"]}]}, USUAL),
        (
            {"dnsPolicy": "None", "dnsConfig": OWN},
            "search ns1.svc.cluster-domain.example my.dns.search.suffix\nnameserver 192.0.2.1\noptions ndots:2 edns0\n",
        ),
        (
            {"dnsConfig": OWN},
            f"{SEARCH} ns1.svc.cluster-domain.example my.dns.search.suffix\n"
            f"nameserver {CLUSTER}\nnameserver 192.0.2.1\noptions ndots:2 edns0\n",
        ),
        ({"dnsPolicy": "Default", "dnsConfig": {"searches": ["x.example"]}}, f"search x.example\n{NODE}"),
        ({"dnsConfig": {"nameservers": [CLUSTER]}}, USUAL),
    ],
)
def test_the_file_resolv_conf(spec: Obj, text: str) -> None:
    """Source: pkg/kubelet/network/dns/dns.go, GetPodDNS; kubernetes.io, "DNS for Services and Pods"."""
    resolver, said = found(**spec)

    assert resolver is not None and (resolver.text, said) == (text, [])


def test_too_many_name_servers_and_domains_are_cut_and_told() -> None:
    """Source: dns.go, formDNSNameserversFitsLimits, formDNSSearchFitsLimits (event DNSConfigForming)."""
    servers, domains = ["192.0.2.1", "192.0.2.2", "192.0.2.3"], [f"d{n}.example" for n in range(32)]

    resolver, said = found(dnsConfig={"nameservers": servers, "searches": domains})

    assert resolver is not None and (len(resolver.servers), len(resolver.domains)) == (3, 32)
    assert [text.partition(",")[0] for text in said] == [
        "Nameserver limits were exceeded", "Search Line limits were exceeded",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """Pods that find names in their own way, and a Service."""
    made = Cluster(nodes=1)
    specs: dict[str, Obj] = {
        "usual": {},
        "default": {"dnsPolicy": "Default"},
        "host": {"hostNetwork": True},
        "both": {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"},
        "lost": {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}},
        "direct": {"dnsConfig": {"options": [{"name": "ndots", "value": "1"}]}},
        "alias": {"hostAliases": [{"ip": "10.96.0.1", "hostnames": ["api.example"]}]},
    }
    for name, spec in specs.items():
        containers = [{"name": "main", "image": "busybox", "command": ["sleep", "9d"]}]
        about = {"name": name, "namespace": "default"}
        made.apply({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": containers, **spec}})
    made.settle()
    return made


@pytest.mark.parametrize(
    ("pod", "host", "hops"),
    [
        ("usual", "kubernetes", ["kubernetes.default.svc.cluster.local is 10.96.0.1"]),
        ("both", "kubernetes", ["kubernetes.default.svc.cluster.local is 10.96.0.1"]),
        ("default", "kubernetes", ["kubernetes: NXDOMAIN"]),
        ("host", "kubernetes", ["kubernetes: NXDOMAIN"]),
        ("direct", "kubernetes.default.svc.cluster.local", ["kubernetes.default.svc.cluster.local is 10.96.0.1"]),
        ("direct", "kubernetes", ["kubernetes.default.svc.cluster.local is 10.96.0.1"]),
        ("alias", "api.example", ["api.example is 10.96.0.1 in /etc/hosts"]),
        ("lost", "kubernetes", []),
    ],
)
def test_a_name_is_looked_up_as_the_pod_was_told(cluster: Cluster, pod: str, host: str, hops: list[str]) -> None:
    answer = cluster.request(f"http://{host}/", f"pod/{pod}")

    assert [hop.text for hop in answer.hops if hop.stage in ("dns", "hosts")] == hops
    assert (answer.error[:9] == "curl: (6)") is not any(" is " in hop for hop in hops)


def test_programs_in_containers_read_the_same_files(cluster: Cluster) -> None:
    assert "10.96.0.1\tapi.example" in cluster.kubectl("exec alias -- cat /etc/hosts")
    assert cluster.kubectl("exec default -- cat /etc/resolv.conf") == NODE.rstrip("\n") + "\n"
    assert "NXDOMAIN" in cluster.kubectl("exec default -- nslookup kubernetes")
    assert "10.96.0.1" in cluster.kubectl("exec usual -- nslookup kubernetes")
