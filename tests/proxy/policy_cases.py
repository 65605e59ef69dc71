"""NetworkPolicies and packets: who may talk to whom. Policies, source, target, port, and the verdict.

Pods: `x/a` is the pod a of the namespace x. Every pod listens on 80 ("serve-80-tcp"), 81 ("serve-81-tcp") and on
UDP 80 ("serve-80-udp"). An address stands for somebody outside. Namespaces have the label ns=NAME, pods pod=NAME.

Sources: D = kubernetes.io, "Network Policies"; E = test/e2e/network/netpol/network_policy.go (its test's name follows).
"""

from __future__ import annotations

from typing import Any, NamedTuple

Obj = dict[str, Any]

NAMESPACES = ("x", "y", "z")
PODS = ("a", "b", "c")


class Case(NamedTuple):
    """One packet under some policies."""

    source: str
    policies: tuple[Obj, ...]
    client: str
    server: str
    port: int
    passes: bool
    protocol: str = "TCP"


def policy(namespace: str = "x", pods: Obj | None = None, name: str = "p", **spec: Any) -> Obj:
    """A NetworkPolicy for the pods of a namespace."""
    spec = {"podSelector": pods or {}, **spec}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def pod(*names: str) -> Obj:
    """Select pods by name."""
    return {"podSelector": {"matchExpressions": [{"key": "pod", "operator": "In", "values": list(names)}]}}


def ns(*names: str) -> Obj:
    """Select namespaces by name."""
    return {"namespaceSelector": {"matchExpressions": [{"key": "ns", "operator": "In", "values": list(names)}]}}


def not_ns(*names: str) -> Obj:
    """Select all namespaces but these."""
    return {"namespaceSelector": {"matchExpressions": [{"key": "ns", "operator": "NotIn", "values": list(names)}]}}


def block(cidr: str, *excepted: str) -> Obj:
    """A range of addresses."""
    return {"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}


A: Obj = {"matchLabels": {"pod": "a"}}
TCP_80, TCP_81, UDP_80 = {"port": 80}, {"port": 81}, {"port": 80, "protocol": "UDP"}
DNS = {"protocol": "UDP", "port": 53}
DENY_IN = policy(policyTypes=["Ingress"])
DENY_OUT = policy(policyTypes=["Egress"])
DENY_ALL = policy(policyTypes=["Ingress", "Egress"])
ALLOW_IN = policy(ingress=[{}], policyTypes=["Ingress"])
ALLOW_OUT = policy(egress=[{}], policyTypes=["Egress"])


def into(*peers: Obj, ports: list[Obj] | None = None, pods: Obj | None = None, **more: Any) -> Obj:
    """Allow what comes from these peers at these ports."""
    rule = {**({"from": list(peers)} if peers else {}), **({"ports": ports} if ports else {})}
    return policy(pods=pods, ingress=[rule], policyTypes=["Ingress"], **more)


def out_to(*peers: Obj, ports: list[Obj] | None = None, pods: Obj | None = None, **more: Any) -> Obj:
    """Allow what goes to these peers at these ports."""
    rule = {**({"to": list(peers)} if peers else {}), **({"ports": ports} if ports else {})}
    return policy(pods=pods, egress=[rule], policyTypes=["Egress"], **more)


BOTH = {**pod("a"), **ns("y")}
TOGETHER = policy(
    pods=A, ingress=[{"from": [pod("b")]}], egress=[{"ports": [TCP_80]}], policyTypes=["Ingress", "Egress"]
)
CASES = [
    Case("D: non-isolated by default", (), "y/b", "x/a", 80, True),
    Case("D: default deny all ingress", (DENY_IN,), "x/b", "x/a", 80, False),
    Case("D: default deny all ingress, other namespaces", (DENY_IN,), "x/a", "y/b", 80, True),
    Case("D: default deny all ingress leaves egress", (DENY_IN,), "x/a", "z/c", 80, True),
    Case("D: a pod cannot block access to itself", (DENY_ALL,), "x/a", "x/a", 80, True),
    Case("D: allow all ingress", (ALLOW_IN,), "y/b", "x/a", 80, True),
    Case("D: allow all wins over deny", (DENY_IN, ALLOW_IN), "y/b", "x/a", 80, True),
    Case("D: default deny all egress", (DENY_OUT,), "x/a", "y/b", 80, False),
    Case("D: default deny all egress leaves ingress", (DENY_OUT,), "y/b", "x/a", 80, True),
    Case("D: allow all egress", (DENY_OUT, ALLOW_OUT), "x/a", "y/b", 80, True),
    Case("D: default deny both, in", (DENY_ALL,), "y/b", "x/a", 80, False),
    Case("D: default deny both, out", (DENY_ALL,), "x/a", "y/b", 80, False),
    Case("D: default deny egress stops DNS too", (DENY_OUT,), "x/a", "z/c", 53, False, "UDP"),
    Case("D: DNS has to be allowed", (DENY_OUT, out_to(ports=[DNS])), "x/a", "z/c", 53, True, "UDP"),
    Case("D: and only that", (DENY_OUT, out_to(ports=[DNS])), "x/a", "z/c", 53, False),
    Case("D: without policyTypes it is about ingress", (policy(),), "y/b", "x/a", 80, False),
    Case("D: without policyTypes and egress rules, not about egress", (policy(),), "x/a", "y/b", 80, True),
    Case("D: without policyTypes, with egress rules, about both", (policy(egress=[{"to": [pod("b")]}]),),
         "x/a", "y/b", 80, False),
    Case("D: … and what they allow goes", (policy(egress=[{"to": [pod("b")]}], ingress=[{}]),), "x/a", "x/b", 80, True),
    Case("D: two peers are an or: one", (into(ns("y"), pod("a")),), "y/c", "x/b", 80, True),
    Case("D: two peers are an or: the other", (into(ns("y"), pod("a")),), "x/a", "x/b", 80, True),
    Case("D: two peers are an or: neither", (into(ns("y"), pod("a")),), "z/a", "x/b", 80, False),
    Case("D: both selectors in a peer are an and", (into(BOTH),), "y/a", "x/b", 80, True),
    Case("D: both selectors in a peer, other pod", (into(BOTH),), "y/b", "x/b", 80, False),
    Case("D: both selectors in a peer, other namespace", (into(BOTH),), "x/a", "x/b", 80, False),
    Case("D: the connection needs both sides: egress missing", (out_to(pod("c")), into(pod("a"), name="q")),
         "x/a", "x/b", 80, False),
    Case("D: the connection needs both sides: both there",
         (out_to(pod("b"), pods=A), into(pod("a"), pods={"matchLabels": {"pod": "b"}}, name="q")),
         "x/a", "x/b", 80, True),
    Case("D: ipBlock", (into(block("172.17.0.0/16")),), "172.17.2.3", "x/a", 80, True),
    Case("D: ipBlock, except", (into(block("172.17.0.0/16", "172.17.1.0/24")),), "172.17.1.3", "x/a", 80, False),
    Case("D: ipBlock, beside the exception",
         (into(block("172.17.0.0/16", "172.17.1.0/24")),), "172.17.2.3", "x/a", 80, True),
    Case("D: ipBlock, outside of it", (into(block("172.17.0.0/16")),), "10.9.9.9", "x/a", 80, False),
    Case("D: egress to an ipBlock and port", (out_to(block("10.0.0.0/24"), ports=[{"port": 5978}]),),
         "x/a", "10.0.0.7", 5978, True),
    Case("D: egress to an ipBlock, other port", (out_to(block("10.0.0.0/24"), ports=[{"port": 5978}]),),
         "x/a", "10.0.0.7", 80, False),
    Case("D: endPort, within", (out_to(block("10.0.0.0/24"), ports=[{"port": 32000, "endPort": 32768}]),),
         "x/a", "10.0.0.7", 32500, True),
    Case("D: endPort, its end", (out_to(block("10.0.0.0/24"), ports=[{"port": 32000, "endPort": 32768}]),),
         "x/a", "10.0.0.7", 32768, True),
    Case("D: endPort, beyond", (out_to(block("10.0.0.0/24"), ports=[{"port": 32000, "endPort": 32768}]),),
         "x/a", "10.0.0.7", 32769, False),
    Case("D: endPort, below", (out_to(block("10.0.0.0/24"), ports=[{"port": 32000, "endPort": 32768}]),),
         "x/a", "10.0.0.7", 31999, False),
    Case("D: a namespace by its name", (into(ns("y")),), "y/a", "x/b", 80, True),
    Case("E: support a 'default-deny-ingress' policy", (DENY_IN,), "z/c", "x/b", 81, False),
    Case("E: support a 'default-deny-all' policy", (DENY_ALL,), "x/a", "x/b", 80, False),
    Case("E: allow traffic from pods within server namespace based on PodSelector", (into(pod("b"), pods=A),),
         "x/b", "x/a", 80, True),
    Case("E: … not from others of the namespace", (into(pod("b"), pods=A),), "x/c", "x/a", 80, False),
    Case("E: … not from a pod of that name elsewhere", (into(pod("b"), pods=A),), "y/b", "x/a", 80, False),
    Case("E: … others are not isolated", (into(pod("b"), pods=A),), "y/b", "x/c", 80, True),
    Case("E: allow ingress traffic from all namespaces", (into({"namespaceSelector": {}}),), "z/c", "x/a", 80, True),
    Case("E: … which is no address outside", (into({"namespaceSelector": {}}),), "172.17.2.3", "x/a", 80, False),
    Case("E: allow traffic only from a different namespace, based on NamespaceSelector", (into(ns("y")),),
         "x/b", "x/a", 80, False),
    Case("E: enforce policy based on PodSelector with MatchExpressions",
         (into(pod("b", "c"), pods=A),), "x/c", "x/a", 80, True),
    Case("E: enforce policy based on NamespaceSelector with MatchExpressions",
         (into(not_ns("y")),), "z/a", "x/a", 80, True),
    Case("E: … NotIn leaves out", (into(not_ns("y")),), "y/a", "x/a", 80, False),
    Case("E: enforce policy based on PodSelector or NamespaceSelector",
         (into(ns("y"), pod("b")),), "y/a", "x/a", 80, True),
    Case("E: enforce policy based on PodSelector and NamespaceSelector",
         (into({**pod("b"), **ns("y")}),), "y/b", "x/a", 80, True),
    Case("E: enforce policy based on Multiple PodSelectors and NamespaceSelectors",
         (into({**pod("b", "c"), **not_ns("x")}),), "x/b", "x/a", 80, False),
    Case("E: enforce policy based on any PodSelectors", (into(pod("b"), pod("c")),), "x/c", "x/a", 80, True),
    Case("E: enforce policy to allow traffic only from a pod in a different namespace",
         (into({**pod("a"), **ns("y")}),),
         "y/a", "x/a", 80, True),
    Case("E: enforce policy based on Ports", (into(ns("y"), ports=[TCP_81], pods=A),), "y/a", "x/a", 81, True),
    Case("E: … another port", (into(ns("y"), ports=[TCP_81], pods=A),), "y/a", "x/a", 80, False),
    Case("E: … another namespace", (into(ns("y"), ports=[TCP_81], pods=A),), "z/a", "x/a", 81, False),
    Case("E: enforce multiple, stacked policies with overlapping podSelectors",
         (into(ns("y"), ports=[TCP_81], pods=A), into(ns("y"), ports=[TCP_80], pods=A, name="q")),
         "y/a", "x/a", 80, True),
    Case("E: support allow-all policy", (ALLOW_IN,), "172.17.2.3", "x/a", 81, True),
    Case("E: allow ingress access on one named port",
         (into(ports=[{"port": "serve-81-tcp"}]),), "y/a", "x/a", 81, True),
    Case("E: … not on another", (into(ports=[{"port": "serve-81-tcp"}]),), "y/a", "x/a", 80, False),
    Case("E: allow ingress access from namespace on one named port", (into(ns("y"), ports=[{"port": "serve-80-tcp"}]),),
         "z/a", "x/a", 80, False),
    Case("E: allow egress access on one named port",
         (out_to(ports=[{"port": "serve-80-tcp"}], pods=A),), "x/a", "y/b", 80, True),
    Case("E: … not on another (egress)", (out_to(ports=[{"port": "serve-80-tcp"}], pods=A),), "x/a", "y/b", 81, False),
    Case("E: a name that no container has", (into(ports=[{"port": "nobody"}]),), "y/a", "x/a", 80, False),
    Case("E: a named port is of its protocol", (into(ports=[{"port": "serve-80-udp", "protocol": "TCP"}]),),
         "y/a", "x/a", 80, False),
    Case("E: enforce updated policy (an empty rule list denies)", (policy(ingress=[], policyTypes=["Ingress"]),),
         "y/a", "x/a", 80, False),
    Case("E: allow egress to a server in a different namespace", (out_to(ns("y"), pods=A),), "x/a", "y/b", 80, True),
    Case("E: … not to a third one", (out_to(ns("y"), pods=A),), "x/a", "z/b", 80, False),
    Case("E: enforce ingress policy allowing any port traffic to a server on a specific protocol",
         (into(ports=[{"protocol": "TCP"}], pods=A),), "y/a", "x/a", 81, True),
    Case("E: … not on another protocol", (into(ports=[{"protocol": "TCP"}], pods=A),), "y/a", "x/a", 80, False, "UDP"),
    Case("E: enforce except clause while egress access to server in CIDR block",
         (out_to(block("10.1.0.0/16", "10.1.1.2/32")),), "x/a", "x/b", 80, False),
    Case("E: ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed",
         (out_to(block("10.1.0.0/16", "10.1.1.0/24")), out_to(block("10.1.1.2/32"), name="q")), "x/a", "x/b", 80, True),
    Case("E: allow egress access to server in CIDR block", (out_to(block("10.1.1.2/32")),), "x/a", "x/b", 80, True),
    Case("E: ingress and egress policies can be controlled independently based on PodSelector",
         (into(pod("b"), pods=A), out_to(pod("b"), pods=A, name="q")), "x/b", "x/a", 80, True),
    Case("E: … the other way", (into(pod("b"), pods=A), out_to(pod("c"), pods=A, name="q")), "x/a", "x/b", 80, False),
    Case("E: not mistakenly treat 'protocol: SCTP' as 'protocol: TCP'",
         (into(ports=[{"protocol": "SCTP", "port": 80}]),),
         "y/a", "x/a", 80, False),
    Case("E: not allow access by TCP when a policy specifies only UDP",
         (into(ports=[UDP_80]),), "y/a", "x/a", 80, False),
    Case("E: … UDP itself", (into(ports=[UDP_80]),), "y/a", "x/a", 80, True, "UDP"),
    Case("E: properly isolate pods that are selected by a policy allowing SCTP",
         (into(ports=[{"protocol": "SCTP", "port": 80}]),),
         "y/a", "x/a", 80, False, "UDP"),
    Case("E: work with Ingress, Egress specified together", (TOGETHER,),
         "x/a", "y/b", 81, False),
    Case("E: … the port that is allowed", (TOGETHER,),
         "x/a", "y/b", 80, True),
    Case("E: support denying of egress traffic on the client side (even if the server explicitly allows this traffic)",
         (policy(pods=A, policyTypes=["Egress"]), into(name="q", namespace="y")), "x/a", "y/b", 80, False),
    Case("a rule's ports and peers are an and",
         (into(ns("y"), ports=[TCP_80]), into(ns("z"), ports=[TCP_81], name="q")),
         "y/a", "x/a", 81, False),
    Case("policies are about their own namespace", (into(pod("b"), namespace="y"),), "z/c", "x/a", 80, True),
    Case("an empty peer is nobody", (into({}),), "x/b", "x/a", 80, False),
    Case("a range of IPv6 is nobody of IPv4", (into(block("2001:db8::/32")),), "172.17.2.3", "x/a", 80, False),
    Case("who is outside is not subject to policies", (DENY_ALL,), "172.17.2.3", "10.9.9.9", 80, True),
]  # fmt: skip
