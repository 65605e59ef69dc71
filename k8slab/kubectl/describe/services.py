"""kubectl describe service.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, describeService
Left out  session affinity's timeout, load balancer source ranges, topology
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.client import Client
from k8slab.kubectl.describe.heads import labels, marks
from k8slab.kubectl.describe.layout import Obj, told
from k8slab.kubectl.printers import NONE

__all__ = ["endpoints_of", "service"]

SHOWN = 3  # addresses of one port


def service(client: Client, obj: Obj) -> Iterator[str]:
    """A Service, and behind each port who answers."""
    spec, status = obj["spec"], obj.get("status") or {}
    yield from marks(obj)
    yield from labels("Selector", spec.get("selector"))
    yield from told(spec, {"Type": "type", "IP Family Policy": "ipFamilyPolicy"})
    yield from told(spec, {"IP Families": "ipFamilies"}, ",".join, missing=NONE)
    yield from told(spec, {"IP": "clusterIP"}, missing="")
    yield from told(spec, {"IPs": "clusterIPs"}, ",".join, missing=NONE)
    yield from told(spec, {"External IPs": "externalIPs"}, ",".join)
    yield from told(spec, {"External Name": "externalName"})
    if ingress := (status.get("loadBalancer") or {}).get("ingress"):
        yield f"LoadBalancer Ingress:\t{', '.join(map(_ingress, ingress))}"
    yield from _ports(client, obj)
    yield from told(spec, {"Session Affinity": "sessionAffinity"}, missing="")
    policies = {"External Traffic Policy": "externalTrafficPolicy", "Internal Traffic Policy": "internalTrafficPolicy"}
    yield from told(spec, policies)


def endpoints_of(client: Client, namespace: str, name: str, port_name: str) -> str:
    """The first addresses behind one port of a Service, and how many more there are."""
    return _endpoints(_slices(client, namespace, name), port_name)


def _slices(client: Client, namespace: str, name: str) -> list[Obj]:
    return client.list("EndpointSlice.discovery.k8s.io", namespace, labels=f"kubernetes.io/service-name={name}")


def _ports(client: Client, obj: Obj) -> Iterator[str]:
    slices = _slices(client, obj["metadata"]["namespace"], obj["metadata"]["name"])
    for port in obj["spec"].get("ports") or ():
        name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
        yield f"Port:\t{name}\t{port['port']}/{protocol}"
        yield f"TargetPort:\t{port.get('targetPort', port['port'])}/{protocol}"
        if port.get("nodePort"):
            yield f"NodePort:\t{name}\t{port['nodePort']}/{protocol}"
        yield f"Endpoints:\t{_endpoints(slices, port.get('name', ''))}"


def _endpoints(slices: list[Obj], port_name: str) -> str:
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


def _ingress(entry: Obj) -> str:
    mode = f" ({entry['ipMode']})" if entry.get("ipMode") else ""
    return f"{entry['ip']}{mode}" if entry.get("ip") else str(entry["hostname"])
