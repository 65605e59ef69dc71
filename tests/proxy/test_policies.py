"""NetworkPolicies: every case of the table, and what they do on machines."""

from __future__ import annotations

from typing import Any

import pytest
from policy_cases import CASES, NAMESPACES, PODS, Case
from proxy_bench import ProxyBench

from k8slab.proxy.policies import EGRESS, INGRESS, End, Packet, allows

Obj = dict[str, Any]


def a_pod(name: str) -> End:
    """A pod by its name, somebody outside by his address."""
    if "/" not in name:
        return End(name)
    namespace, _, short = name.partition("/")
    named = [("serve-80-tcp", 80, "TCP"), ("serve-81-tcp", 81, "TCP"), ("serve-80-udp", 80, "UDP")]
    ports = [{"name": what, "containerPort": number, "protocol": protocol} for what, number, protocol in named]
    about = {"name": short, "namespace": namespace, "labels": {"pod": short}}
    address = f"10.1.{NAMESPACES.index(namespace) + 1}.{PODS.index(short) + 1}"
    return End(address, {"metadata": about, "spec": {"containers": [{"name": "main", "ports": ports}]}})


@pytest.mark.parametrize("case", CASES, ids=[case.source for case in CASES])
def test_a_packet_passes_if_both_sides_allow_it(case: Case) -> None:
    packet = Packet(a_pod(case.client), a_pod(case.server), case.port, case.protocol)

    verdicts = [allows(case.policies, packet, way, lambda name: {"ns": name}) for way in (INGRESS, EGRESS)]

    assert all(verdicts) is case.passes


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(CASES) >= 60 and len({case.source for case in CASES}) == len(CASES)


# On machines


def policy(name: str, **spec: Any) -> Obj:
    """A NetworkPolicy of the default namespace."""
    about = {"name": name, "namespace": "default"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": about, "spec": spec}


@pytest.fixture
def guarded(bench: ProxyBench) -> ProxyBench:
    """A front pod on a and a web pod on b, whose objects are known; every machine has the agent."""
    for vm in (bench.a, bench.b, bench.c):
        bench.guard(vm)
    for name, vm in (("front", bench.a), ("web", bench.b)):
        address, node = bench.pod(name, vm, port=80), vm.name
        about = {"name": name, "namespace": "default", "labels": {"app": name}}
        status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
        spec = {"nodeName": node, "containers": [{"name": "main", "image": "nginx"}]}
        bench.given({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec, "status": status})
    bench.settle()
    return bench


FRONT, WEB = "10.244.0.2", "10.244.1.2"
DENY = {"podSelector": {}, "policyTypes": ["Ingress"]}


def test_without_a_policy_no_machine_has_a_filter(guarded: ProxyBench) -> None:
    guarded.given(policy("deny", **DENY))
    guarded.settle()
    there = guarded.b.filter is not None

    guarded.client.delete("NetworkPolicy", "deny", "default")
    guarded.settle()

    assert (there, guarded.b.filter) == (True, None)


def test_what_is_not_allowed_times_out_at_the_machine_that_stops_it(guarded: ProxyBench) -> None:
    guarded.given(policy("deny", **DENY))
    guarded.settle()

    answer = guarded.get(f"http://{WEB}/", guarded.a, client=FRONT)

    assert answer.error == f"curl: (28) Failed to connect to {WEB} port 80: Connection timed out"
    assert [(hop.stage, hop.node, hop.text) for hop in answer.hops] == [
        ("policy", "b", "default/web gets only what is allowed by deny: DROP")
    ]


@pytest.mark.parametrize(
    ("source", "passes"), [("its own node", True), ("another node", False), ("the allowed pod", True)]
)
def test_a_node_always_reaches_its_own_pods(guarded: ProxyBench, source: str, passes: bool) -> None:
    """Source: kubernetes.io, "Network Policies": traffic from the node where a pod runs is always allowed."""
    allowed = {"from": [{"podSelector": {"matchLabels": {"app": "front"}}}]}
    guarded.given(policy("some", podSelector={}, ingress=[allowed], policyTypes=["Ingress"]))
    guarded.settle()
    vm = {"its own node": guarded.b, "another node": guarded.c, "the allowed pod": guarded.a}[source]

    assert guarded.get(f"http://{WEB}/", vm, client=FRONT if vm is guarded.a else "").ok is passes


def test_a_filter_follows_labels_at_once(guarded: ProxyBench) -> None:
    allowed = {"from": [{"podSelector": {"matchLabels": {"role": "friend"}}}]}
    guarded.given(policy("some", podSelector={}, ingress=[allowed], policyTypes=["Ingress"]))
    guarded.settle()
    before = guarded.get(f"http://{WEB}/", guarded.a, client=FRONT).ok

    front = guarded.client.get("Pod", "front", "default")
    guarded.client.update({**front, "metadata": {**front["metadata"], "labels": {"role": "friend"}}})
    guarded.settle()

    assert (before, guarded.get(f"http://{WEB}/", guarded.a, client=FRONT).ok) == (False, True)


def test_without_its_agent_a_machine_keeps_the_filter_it_had(guarded: ProxyBench) -> None:
    guarded.given(policy("deny", **DENY))
    guarded.settle()
    guarded.b.stop_daemon("kube-network-policies")
    guarded.client.delete("NetworkPolicy", "deny", "default")
    guarded.settle()
    stale = guarded.get(f"http://{WEB}/", guarded.a, client=FRONT).ok

    guarded.b.start_daemon("kube-network-policies")
    guarded.settle()

    assert (stale, guarded.get(f"http://{WEB}/", guarded.a, client=FRONT).ok) == (False, True)


def test_a_filter_can_be_read(guarded: ProxyBench) -> None:
    some = {"from": [{"podSelector": {"matchLabels": {"app": "front"}}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}]}
    guarded.given(policy("some", podSelector={}, ingress=[{**some, "ports": [{"port": 80, "endPort": 90}]}]))
    guarded.given(policy("deny", podSelector={}, policyTypes=["Egress"]))
    guarded.settle()

    assert [" ".join(line.split()) for line in str(guarded.b.filter).splitlines()] == [
        "default/web <- pods app=front or 10.0.0.0/8 TCP 80-90 (some)",
        "default/web -> nothing (deny)",
    ]
