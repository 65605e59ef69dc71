"""Services that a server must refuse: what is changed in a sample, and what the server says.

Source: pkg/apis/core/validation/validation.go, ValidateService; registry/core/service/portallocator.
"""

from __future__ import annotations

from typing import Any

from bad_pods import PORT, QUALIFIED

Case = tuple[str, dict[str, Any], str]

TWO_PORTS = [{"name": "a", "port": 80}, {"name": "b", "port": 80}]
GO_PORT = '{"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'


def ports(*given: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"spec": {"ports": list(given), **fields}}


BAD_SERVICES: list[Case] = [
    ("Service", ports(), "spec.ports: Required value"),
    ("Service", ports({"port": 0}), f"[spec.ports[0].port: Invalid value: 0: {PORT}, "
     f"spec.ports[0].targetPort: Invalid value: 0: {PORT}]"),
    ("Service", ports({"port": 80, "targetPort": 70000}), f"spec.ports[0].targetPort: Invalid value: 70000: {PORT}"),
    ("Service", ports({"port": 80}, {"port": 81}),
     "[spec.ports[0].name: Required value, spec.ports[1].name: Required value]"),
    (
        "Service",
        ports({"name": "a", "port": 80}, {"name": "a", "port": 81}),
        'spec.ports[1].name: Duplicate value: "a"',
    ),
    ("Service", ports(*TWO_PORTS), f"spec.ports[1]: Duplicate value: {GO_PORT}"),
    (
        "Service",
        ports({"port": 80, "protocol": "HTTP"}),
        'spec.ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ),
    (
        "Service",
        ports({"port": 80}, type="Fancy"),
        'spec.type: Unsupported value: "Fancy": supported values: "ClusterIP", "ExternalName", "LoadBalancer", '
        '"NodePort"',
    ),
    (
        "Service",
        ports({"port": 80, "nodePort": 30080}),
        "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ),
    (
        "Service",
        ports({"port": 80, "nodePort": 8080}, type="NodePort"),
        "spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid "
        "ports is 30000-32767",
    ),
    (
        "Service",
        ports({"port": 80}, sessionAffinity="Cookie"),
        'spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"',
    ),
    (
        "Service",
        ports({"port": 80}, clusterIP="ten"),
        'spec.clusterIPs[0]: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ),
    (
        "Service",
        ports({"port": 80}, clusterIP="None", type="NodePort"),
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
    ),
    ("Service", {"spec": {"type": "ExternalName"}}, "spec.externalName: Required value"),
    (
        "Service",
        ports({"port": 80}, externalTrafficPolicy="Local"),
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ),
    ("Service", ports({"port": 80}, selector={"a b": "c"}), f'spec.selector: Invalid value: "a b": {QUALIFIED}'),
]  # fmt: skip
