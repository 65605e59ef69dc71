"""The columns of Services and EndpointSlices.

Source    pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from typing import Any

from k8slab.api.columns.cells import NONE, Columns, age

__all__ = ["COLUMNS"]

Obj = dict[str, Any]
Cells = list[Any]

UNSET = "<unset>"


def _service(obj: Obj) -> Cells:
    spec, type_ = obj["spec"], obj["spec"].get("type", "ClusterIP")
    selector = ",".join(f"{name}={value}" for name, value in sorted((spec.get("selector") or {}).items()))
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    cluster_ip = spec.get("clusterIP") or NONE
    return [obj["metadata"]["name"], type_, cluster_ip, _external(obj), ports or NONE, age(obj), selector or NONE]


def _external(service: Obj) -> str:
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        name: str = spec.get("externalName", "")
        return name
    given = list(spec.get("externalIPs") or ())
    if spec.get("type") == "LoadBalancer":
        balancer = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        given += [entry.get("ip") or entry.get("hostname") for entry in balancer]
        return ",".join(given) or "<pending>"
    return ",".join(given) or NONE


def _port(port: Obj) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _endpoint_slice(obj: Obj) -> Cells:
    ports = ",".join(str(port.get("port") or port.get("name") or "*") for port in obj.get("ports") or ()) or UNSET
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint["addresses"]]
    shown = ",".join(addresses[:3]) + (f" + {len(addresses) - 3} more..." if len(addresses) > 3 else "")
    return [obj["metadata"]["name"], obj["addressType"], ports, shown or UNSET, age(obj)]


COLUMNS = {
    "Service": Columns(("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "*Selector"), _service),
    "EndpointSlice": Columns(("Name", "AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice),
}  # fmt: skip
