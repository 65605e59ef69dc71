"""Who may answer on which node: traffic policies, hints, affinity, load balancers' addresses, health checks."""

from __future__ import annotations

from typing import Any

import pytest
from proxy_bench import ProxyBench, a_service, a_slice, an_endpoint

from k8slab.proxy import RuleTable, build_rules

Obj = dict[str, Any]

WEB, NODE, PUBLIC = "10.96.1.1", "192.168.0.10", "203.0.113.5"


def on_node(address: str, node: str, *, zones: str = "", nodes: str = "", **conditions: bool) -> Obj:
    """An endpoint on a node, with hints."""
    hints = {"forZones": [{"name": one} for one in zones.split()], "forNodes": [{"name": one} for one in nodes.split()]}
    return {**an_endpoint(address, **conditions), "nodeName": node, "hints": {k: v for k, v in hints.items() if v}}


def table(*endpoints: Obj, node: str = "n1", zone: str = "a", **spec: Any) -> RuleTable:
    """The rules of a node for one Service of type NodePort."""
    spec = {"type": "NodePort", "clusterIP": WEB, **spec}
    web = a_service("web", {"port": 80, "nodePort": 30080}, **spec)
    return build_rules([web], [a_slice("web", *endpoints)], node, zone)


def verdict(rules: RuleTable, address: str, port: int, *, is_outside: bool = False) -> str:
    """The last numbers of who may answer, or what is done to the packet instead."""
    rule = rules.find(address, port, NODE, is_outside=is_outside)
    assert rule is not None
    return " ".join(one.address[-1] for one in rule.backends) or ("DROP" if rule.is_dropping else "REJECT")


GONE = {"ready": False, "serving": True, "terminating": True}
HERE, THERE = on_node("10.0.0.1", "n1"), on_node("10.0.0.2", "n2")
LEAVING_HERE, LEAVING_THERE = on_node("10.0.0.3", "n1", **GONE), on_node("10.0.0.4", "n2", **GONE)
NOT_READY_HERE = on_node("10.0.0.5", "n1", ready=False, serving=False)


@pytest.mark.parametrize(
    ("endpoints", "cluster", "local"),
    [
        ([HERE, THERE], "1 2", "1"),
        ([THERE], "2", "DROP"),
        ([], "REJECT", "REJECT"),
        ([LEAVING_HERE, THERE], "2", "3"),
        ([LEAVING_HERE, HERE], "1", "1"),
        ([LEAVING_HERE, LEAVING_THERE], "3 4", "3"),
        ([LEAVING_THERE], "4", "DROP"),
        ([NOT_READY_HERE, THERE], "2", "DROP"),
        ([NOT_READY_HERE], "REJECT", "REJECT"),
    ],
)
def test_local_leaves_only_the_endpoints_of_this_node(endpoints: list[Obj], cluster: str, local: str) -> None:
    """Source: pkg/proxy/topology.go, CategorizeEndpoints; iptables/proxier.go ("has no local endpoints", DROP)."""
    inside, outside = table(*endpoints, internalTrafficPolicy="Local"), table(*endpoints, externalTrafficPolicy="Local")

    assert [verdict(inside, WEB, 80), verdict(inside, NODE, 30080, is_outside=True)] == [local, cluster]
    assert [verdict(outside, WEB, 80), verdict(outside, NODE, 30080, is_outside=True)] == [cluster, local]
    assert verdict(outside, NODE, 30080) == cluster  # from this very node: the short circuit


A, B = on_node("10.0.0.1", "n1", zones="a"), on_node("10.0.0.2", "n2", zones="b")
A1, A2 = on_node("10.0.0.3", "n1", zones="a", nodes="n1"), on_node("10.0.0.4", "n2", zones="a", nodes="n2")
A_NOT_READY = on_node("10.0.0.6", "n1", zones="a", ready=False)
A_LEAVING = on_node("10.0.0.7", "n1", zones="a", **GONE)


@pytest.mark.parametrize(
    ("endpoints", "node", "zone", "chosen"),
    [
        ([A, B], "n1", "a", "1"),
        ([A, B], "n9", "b", "2"),
        ([A, B], "n9", "c", "1 2"),  # nobody is meant for this zone
        ([A, B], "n9", "", "1 2"),
        ([A, THERE], "n1", "a", "1 2"),  # one without a hint: hints do not count
        ([A1, A2], "n1", "a", "3"),
        ([A1, A2], "n2", "a", "4"),
        ([A1, A2], "n9", "a", "3 4"),  # no endpoint on this node, but in this zone
        ([A1, A2], "n9", "b", "3 4"),
        ([A1, A2, B], "n1", "a", "3 4"),  # one without a node's hint: by zone
        ([A_NOT_READY, B], "n1", "a", "2"),  # who is not ready does not count
        ([A_LEAVING, B], "n1", "a", "2"),
        ([A_LEAVING], "n9", "b", "7"),
    ],
)
def test_hints_keep_traffic_near(endpoints: list[Obj], node: str, zone: str, chosen: str) -> None:
    """Source: pkg/proxy/topology.go, topologyModeFromHints; kubernetes.io, "Service", trafficDistribution."""
    assert verdict(table(*endpoints, node=node, zone=zone), WEB, 80) == chosen


def balanced(*ingress: Obj, **spec: Any) -> RuleTable:
    """The rules for a Service of type LoadBalancer."""
    web = a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="LoadBalancer", **spec)
    web["status"] = {"loadBalancer": {"ingress": list(ingress)}}
    return build_rules([web], [a_slice("web", HERE)], "n1", "a")


@pytest.mark.parametrize(
    ("ingress", "is_caught"),
    [
        ({"ip": PUBLIC}, True),
        ({"ip": PUBLIC, "ipMode": "VIP"}, True),
        ({"ip": PUBLIC, "ipMode": "Proxy"}, False),
        ({"hostname": "lb.example"}, False),
    ],
)
def test_the_address_of_a_load_balancer_is_caught_on_every_node(ingress: Obj, is_caught: bool) -> None:
    """Source: KEP-1860; pkg/proxy/serviceport.go (LoadBalancerVIPs)."""
    rules = balanced(ingress)

    assert (rules.find(PUBLIC, 80, NODE) is not None) is is_caught
    assert (rules.behind_balancer(PUBLIC, 80) is not None) is ("ip" in ingress)


def test_external_addresses_are_caught_as_if_they_were_the_services_own() -> None:
    rules = table(HERE, externalIPs=[PUBLIC])

    assert verdict(rules, PUBLIC, 80) == verdict(rules, PUBLIC, 80, is_outside=True) == "1"


def test_the_health_check_port_counts_the_endpoints_of_the_node() -> None:
    spec = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000}

    counts = [
        table(HERE, THERE, LEAVING_HERE, node=n, **spec).health[32000].local_endpoints for n in ("n1", "n2", "n3")
    ]

    assert counts == [1, 1, 0]


def test_the_listing_tells_what_is_special() -> None:
    """It is what a class looks at on the wall."""
    spec: Obj = {"externalTrafficPolicy": "Local", "healthCheckNodePort": 32000, "sessionAffinity": "ClientIP"}
    spec["loadBalancerSourceRanges"] = ["198.51.100.0/24"]
    web = a_service("web", {"port": 80, "nodePort": 30080}, clusterIP=WEB, type="LoadBalancer", **spec)
    web["status"] = {"loadBalancer": {"ingress": [{"ip": PUBLIC}]}}

    text = str(build_rules([web], [a_slice("web", THERE)], "n1", "a"))

    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "TCP 10.96.1.1:80 default/web -> 10.0.0.2:8080 [sticky 10800 s]",
        "TCP 203.0.113.5:80 default/web -> 10.0.0.2:8080 "
        "[load balancer; only from 198.51.100.0/24; sticky 10800 s; from this node]",
        "-> DROP (no local endpoints) [from elsewhere]",
        "TCP *:30080 default/web -> 10.0.0.2:8080 [sticky 10800 s; from this node]",
        "-> DROP (no local endpoints) [from elsewhere]",
        "TCP *:32000 default/web -> health check: 503 (0 local)",
    ]


# On machines


def web(bench: ProxyBench, **spec: Any) -> None:
    """Three pods on three machines behind one Service."""
    spec = {"clusterIP": WEB, "type": "LoadBalancer", **spec}
    made = bench.given(a_service("web", {"port": 80, "nodePort": 30080}, **spec))
    bench.client.update_status({**made, "status": {"loadBalancer": {"ingress": [{"ip": PUBLIC, "ipMode": "VIP"}]}}})
    machines = {"one": bench.a, "two": bench.b, "three": bench.c}
    endpoints = [{**an_endpoint(bench.pod(name, vm)), "nodeName": vm.name} for name, vm in machines.items()]
    bench.given(a_slice("web", *endpoints))
    bench.settle()


STICKY = {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 600}}}


def test_with_affinity_a_client_stays_with_its_pod_on_each_node(bench: ProxyBench) -> None:
    """Source: kubernetes.io, "Virtual IPs and Service Proxies", session affinity."""
    web(bench, **STICKY)

    one = {bench.get(f"http://{WEB}/", bench.a, client="10.244.0.2").pod for _ in range(20)}
    many = {bench.get(f"http://{WEB}/", bench.a, client=f"10.244.0.{n}").pod for n in range(2, 32)}

    assert (len(one), len(many)) == (1, 3)
    assert bench.get(f"http://{WEB}/", bench.a, client="10.244.0.2").hops[0].text.endswith("(as before)")


@pytest.mark.parametrize(("pause_s", "is_free"), [(599, False), (601, True)])
def test_affinity_ends_so_long_after_the_last_request(bench: ProxyBench, pause_s: float, is_free: bool) -> None:
    web(bench, **STICKY)
    bench.get(f"http://{WEB}/", bench.a)

    texts = []
    for _ in range(3):
        bench.loop.run_until(bench.loop.now + pause_s)
        texts.append(bench.get(f"http://{WEB}/", bench.a).hops[0].text)

    assert all(text.endswith("(one of 3 endpoints)") is is_free for text in texts)


def test_a_client_whose_pod_is_gone_gets_another(bench: ProxyBench) -> None:
    web(bench, **STICKY)
    first = bench.get(f"http://{WEB}/", bench.a).pod
    slice_ = bench.client.list("EndpointSlice")[0]
    place = ["one", "two", "three"].index(first.partition("/")[2])

    bench.client.update({**slice_, "endpoints": [e for n, e in enumerate(slice_["endpoints"]) if n != place]})
    bench.settle()

    pods = {bench.get(f"http://{WEB}/", bench.a).pod for _ in range(9)}
    assert len(pods) == 1 and first not in pods


def test_affinity_outlives_kube_proxy_but_no_boot(bench: ProxyBench) -> None:
    """Source: the `recent` lists are the kernel's."""
    web(bench, **STICKY)
    bench.get(f"http://{WEB}/", bench.a)

    bench.a.stop_daemon("kube-proxy")
    bench.a.start_daemon("kube-proxy")
    bench.settle()
    after_restart = bench.get(f"http://{WEB}/", bench.a).hops[0].text
    bench.b.power_off(), bench.b.power_on()
    bench.settle()

    assert after_restart.endswith("(as before)") and bench.rules(bench.b).sticky == {}


def test_a_load_balancer_brings_packets_to_machines_that_can_serve_them(bench: ProxyBench) -> None:
    web(bench, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    bench.c.stop_daemon("kube-proxy")

    answers = [bench.get(f"http://{PUBLIC}/", None) for _ in range(20)]

    assert {answer.pod for answer in answers} == {"default/one", "default/two"}
    assert {len({hop.node for hop in answer.hops[1:]}) for answer in answers} == {1}  # no second step


@pytest.mark.parametrize(("client", "error"), [("203.0.113.99", ""), ("198.51.100.1", "curl: (28)")])
def test_only_the_source_ranges_come_through(bench: ProxyBench, client: str, error: str) -> None:
    """Source: kubernetes.io, "Service", loadBalancerSourceRanges; iptables/proxier.go, KUBE-FW."""
    web(bench, loadBalancerSourceRanges=["203.0.113.0/24"])

    assert bench.get(f"http://{PUBLIC}/", None, client=client).error[:10] == error


def test_the_health_check_port_answers(bench: ProxyBench) -> None:
    web(bench, externalTrafficPolicy="Local", healthCheckNodePort=32000)
    slice_ = bench.client.list("EndpointSlice")[0]
    bench.client.update({**slice_, "endpoints": slice_["endpoints"][:1]})
    bench.settle()

    good, bad = (bench.get(f"http://192.168.0.1{number}:32000/healthz", None) for number in (0, 1))

    assert (good.status, bad.status) == (200, 503)
    assert '"localEndpoints": 1' in good.body and '"name": "web"' in good.body
