"""The rules of NetworkPolicies in words, for the listing of a node's filter."""

from __future__ import annotations

from typing import Any

from k8slab.objects import as_text
from k8slab.proxy.policies import INGRESS

__all__ = ["rules_text"]

Obj = dict[str, Any]


def rules_text(policies: list[Obj], direction: str) -> list[str]:
    """What policies that isolate a pod leave it in a direction, a line for each rule."""
    arrow, key, peers = ("<-", "ingress", "from") if direction == INGRESS else ("->", "egress", "to")
    lines = []
    for policy in sorted(policies, key=lambda one: str(one["metadata"]["name"])):
        for rule in policy["spec"].get(key) or [None]:
            what = "nothing" if rule is None else f"{_peers(rule.get(peers))}  {_ports(rule.get('ports'))}"
            lines.append(f"{arrow} {what}  ({policy['metadata']['name']})")
    return lines


def _peers(peers: list[Obj] | None) -> str:
    return " or ".join(map(_peer, peers)) if peers else "everybody"


def _peer(peer: Obj) -> str:
    if block := peer.get("ipBlock"):
        return f"{block['cidr']} without {', '.join(block['except'])}" if block.get("except") else str(block["cidr"])
    pods = _selected(peer.get("podSelector"), "pods")
    if peer.get("namespaceSelector") is None:
        return pods
    return f"{pods} in {_selected(peer['namespaceSelector'], 'namespaces')}"


def _selected(selector: Obj | None, what: str) -> str:
    text = as_text(selector) if selector else ""
    return f"{what} {text}" if text else f"all {what}"


def _ports(ports: list[Obj] | None) -> str:
    return ", ".join(map(_port, ports)) if ports else "all ports"


def _port(port: Obj) -> str:
    number = port.get("port", "all")
    end = f"-{port['endPort']}" if port.get("endPort") else ""
    return f"{port.get('protocol', 'TCP')} {number}{end}"
