"""kubectl describe service and endpointslice.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeService and describeEndpointSliceV1
Left out  session affinity's timeout, load balancer source ranges, topology
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import NONE, head, labels

__all__ = [
    "endpointslice",
    "service",
]

Obj = dict[str, Any]

UNSET = "<unset>"
SHOWN = 3  # addresses of one port


def service(client: Client, obj: Obj) -> Iterator[str]:
    """A Service, and behind each port who answers."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from head(obj)
    yield from labels("Selector", spec.get("selector"))
    yield f"Type:\t{spec.get('type', 'ClusterIP')}"
    if spec.get("ipFamilyPolicy"):
        yield f"IP Family Policy:\t{spec['ipFamilyPolicy']}"
    yield f"IP Families:\t{','.join(spec.get('ipFamilies') or ()) or NONE}"
    yield f"IP:\t{spec.get('clusterIP', '')}"
    yield f"IPs:\t{','.join(spec.get('clusterIPs') or ()) or NONE}"
    if spec.get("externalIPs"):
        yield f"External IPs:\t{','.join(spec['externalIPs'])}"
    if spec.get("externalName"):
        yield f"External Name:\t{spec['externalName']}"
    ingress = (status.get("loadBalancer") or {}).get("ingress")
    if ingress:
        yield f"LoadBalancer Ingress:\t{', '.join(entry.get('ip') or entry['hostname'] for entry in ingress)}"
    yield from _ports(client, obj)
    yield f"Session Affinity:\t{spec.get('sessionAffinity', '')}"
    for field, title in (("externalTrafficPolicy", "External"), ("internalTrafficPolicy", "Internal")):
        if spec.get(field):
            yield f"{title} Traffic Policy:\t{spec[field]}"


def _ports(client: Client, obj: Obj) -> Iterator[str]:
    metadata = obj["metadata"]
    wanted = f"kubernetes.io/service-name={metadata['name']}"
    slices = client.list("EndpointSlice.discovery.k8s.io", metadata["namespace"], labels=wanted)
    for port in obj["spec"].get("ports") or ():
        name, protocol = port.get("name") or UNSET, port.get("protocol", "TCP")
        yield f"Port:\t{name}\t{port['port']}/{protocol}"
        yield f"TargetPort:\t{port.get('targetPort', port['port'])}/{protocol}"
        if port.get("nodePort"):
            yield f"NodePort:\t{name}\t{port['nodePort']}/{protocol}"
        yield f"Endpoints:\t{_endpoints(slices, port.get('name', ''))}"


def _endpoints(slices: Iterable[Obj], port_name: str) -> str:
    slices = list(slices)
    found = [
        f"{address}:{port['port']}"
        for slice_ in slices
        for port in slice_.get("ports") or ()
        if port.get("name", "") == port_name
        for endpoint in slice_.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
        for address in endpoint["addresses"]
    ]
    if not found:
        return "" if any(slice_.get("ports") for slice_ in slices) else NONE
    rest = len(found) - SHOWN
    return ",".join(found[:SHOWN]) + (f" + {rest} more..." if rest > 0 else "")


def endpointslice(client: Client, obj: Obj) -> Iterator[str]:
    """An EndpointSlice: its ports, and who stands behind each address."""
    yield from head(obj)
    yield f"AddressType:\t{obj['addressType']}"
    if obj.get("ports"):
        yield "Ports:"
        yield "  Name\tPort\tProtocol"
        yield "  ----\t----\t--------"
        for port in obj["ports"]:
            yield f"  {port.get('name') or UNSET}\t{port.get('port', UNSET)}\t{port.get('protocol', 'TCP')}"
    else:
        yield f"Ports: {UNSET}"
    yield "Endpoints:" if obj.get("endpoints") else f"Endpoints: {NONE}"
    for endpoint in obj.get("endpoints") or ():
        yield from _endpoint(endpoint)


def _endpoint(endpoint: Obj) -> Iterator[str]:
    ready = (endpoint.get("conditions") or {}).get("ready")
    yield f"  - Addresses:\t{', '.join(endpoint['addresses']) or NONE}"
    yield "    Conditions:"
    yield f"      Ready:\t{UNSET if ready is None else str(ready).lower()}"
    yield f"    Hostname:\t{endpoint.get('hostname', UNSET)}"
    if target := endpoint.get("targetRef"):
        yield f"    TargetRef:\t{target['kind']}/{target['name']}"
    yield f"    NodeName:\t{endpoint.get('nodeName', UNSET)}"
    yield f"    Zone:\t{endpoint.get('zone', UNSET)}"
