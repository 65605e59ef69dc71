"""kubectl describe ingress, ingressclass and networkpolicy.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeIngressV1, describeIngressClassV1,
          describeNetworkPolicy and printNetworkPolicySpecIngressFrom
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.heads import annotation_lines, labels, marks
from k8slab.kubectl.describe.layout import Obj, told
from k8slab.kubectl.describe.services import endpoints_of
from k8slab.kubectl.printers import NONE
from k8slab.objects import as_text, parse_rfc3339
from k8slab.wire import ApiError

__all__ = ["ingress", "ingress_class", "network_policy"]

EVERY_POD = f"{NONE} (Allowing the specific traffic to all pods in this namespace)"
EVERY_PORT = "To Port: <any> (traffic allowed to all ports)"
EVERYBODY = {"From": "traffic not restricted by source", "To": "traffic not restricted by destination"}


def ingress(client: Client, obj: Obj) -> Iterator[str]:
    """An Ingress: where it is, and which path of which host leads to whom."""
    spec, metadata = obj.get("spec") or {}, obj["metadata"]
    default = _backend(client, metadata["namespace"], spec["defaultBackend"]) if spec.get("defaultBackend") else None
    yield f"Name:\t{metadata['name']}"
    yield from labels("Labels", metadata.get("labels"))
    yield f"Namespace:\t{metadata['namespace']}"
    yield f"Address:\t{','.join(_addresses(obj))}"
    yield from told(spec, {"Ingress Class": "ingressClassName"}, missing=NONE)
    yield f"Default backend:\t{default or '<default>'}"
    yield from _tls(spec.get("tls") or [])
    yield from ("Rules:", "  Host\tPath\tBackends", "  ----\t----\t--------")
    rules = [rule for rule in spec.get("rules") or () if rule.get("http")]
    for rule in rules:
        yield f"  {rule.get('host') or '*'}\t"
        for path in rule["http"].get("paths") or ():
            yield f"    \t{path.get('path', '')} \t{_backend(client, metadata['namespace'], path['backend'])}"
    if not rules:
        yield f"  *\t*\t{default or '<default>'}"
    yield from annotation_lines("Annotations", metadata.get("annotations"))


def _addresses(obj: Obj) -> Iterator[str]:
    for entry in ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        yield str(entry.get("ip") or entry.get("hostname") or "")


def _tls(entries: list[Obj]) -> Iterator[str]:
    if entries:
        yield "TLS:"
    for entry in entries:
        hosts = ",".join(entry.get("hosts") or ())
        yield f"  {entry['secretName']} terminates {hosts}" if entry.get("secretName") else f"  SNI routes {hosts}"


def _backend(client: Client, namespace: str, backend: Obj) -> str:
    """`web:80 (10.244.1.2:80)`, or what is wrong with it."""
    if found := backend.get("resource"):
        return f"APIGroup: {found.get('apiGroup') or NONE}, Kind: {found['kind']}, Name: {found['name']}"
    service, port = backend["service"], backend["service"].get("port") or {}
    text = f"{service['name']}:{port.get('name') or port.get('number', '')}"
    try:
        ports = client.get("Service", service["name"], namespace)["spec"].get("ports") or ()
    except ApiError as error:
        return f"{text} (<error: {error}>)"
    meant = [one for one in ports if one["port"] == port.get("number") or (one.get("name") or "") == port.get("name")]
    return f"{text} ({endpoints_of(client, namespace, service['name'], meant[-1].get('name', '') if meant else '')})"


def ingress_class(client: Client, obj: Obj) -> Iterator[str]:
    """An IngressClass: who stands behind it."""
    spec = obj.get("spec") or {}
    yield from marks(obj)
    yield f"Controller:\t{spec.get('controller', '')}"
    if parameters := spec.get("parameters"):
        yield "Parameters:"
        yield from (f"  {line}" for line in told(parameters, {"APIGroup": "apiGroup", "Kind": "kind", "Name": "name"}))


def network_policy(client: Client, obj: Obj) -> Iterator[str]:
    """A NetworkPolicy: which pods it is for, what they may get and send."""
    spec, created = obj.get("spec") or {}, parse_rfc3339(obj["metadata"]["creationTimestamp"])
    yield f"Created on:\t{_date(created)}"
    yield from marks(obj)
    yield from ("Spec:", f"  PodSelector:     {as_text(spec.get('podSelector') or {}) or EVERY_POD}")
    types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    for name, key, peers in (("Ingress", "from", "From"), ("Egress", "to", "To")):
        if name in types:
            yield f"  Allowing {name.lower()} traffic:"
            yield from _rules(spec.get(name.lower()) or [], name.lower(), key, peers)
        else:
            yield f"  Not affecting {name.lower()} traffic"
    yield f"  Policy Types: {', '.join(spec.get('policyTypes') or ())}"


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def _rules(rules: list[Obj], direction: str, key: str, title: str) -> Iterator[str]:
    if not rules:
        yield f"    {NONE} (Selected pods are isolated for {direction} connectivity)"
    for number, rule in enumerate(rules):
        if number:
            yield "    ----------"
        yield from (f"    {_port(port)}" for port in rule.get("ports") or ())
        if not rule.get("ports"):
            yield f"    {EVERY_PORT}"
        for peer in rule.get(key) or ():
            yield f"    {title}:"
            yield from (f"      {line}" for line in _peer(peer))
        if not rule.get(key):
            yield f"    {title}: <any> ({EVERYBODY[title]})"


def _port(port: Obj) -> str:
    number, protocol = port.get("port", "<nil>"), port.get("protocol", "TCP")
    return (
        f"To Port Range: {number}-{port['endPort']}/{protocol}"
        if port.get("endPort")
        else f"To Port: {number}/{protocol}"
    )


def _peer(peer: Obj) -> Iterator[str]:
    block: Any = peer.get("ipBlock")
    if block:
        yield from ("IPBlock:", f"  CIDR: {block['cidr']}", f"  Except: {', '.join(block.get('except') or ())}")
        return
    for name, field in (("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")):
        if peer.get(field) is not None:
            yield f"{name}: {as_text(peer[field]) or NONE}"
