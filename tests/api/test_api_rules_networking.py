"""What is refused about Ingresses, NetworkPolicies, Endpoints and their like, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest
from api_bench import BODIES, ApiBench, Obj, refused, sample
from bad_objects import LABEL, SUBDOMAIN
from bad_pods import PORT

CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
WILDCARD = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
    r"regex used for validation is '\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
GROUP = "networking.k8s.io"
SERVICE = {"service": {"name": "web", "port": {"number": 80}}}
PATH = "spec.rules[0].http.paths[0]"


def backend(**service: Any) -> Obj:
    return {"defaultBackend": {"service": service}}


def path(**fields: Any) -> Obj:
    given = {"path": "/", "pathType": "Prefix", "backend": SERVICE, **fields}
    return {"rules": [{"http": {"paths": [{name: value for name, value in given.items() if value is not None}]}}]}


def host(name: str) -> Obj:
    return {"rules": [{"host": name, **path()["rules"][0]}]}


def peers(*given: Obj) -> Obj:
    return {"podSelector": {}, "ingress": [{"from": list(given)}]}


def port(**fields: Any) -> Obj:
    return {"podSelector": {}, "egress": [{"ports": [fields]}]}


def block(cidr: str, *but: str) -> Obj:
    return peers({"ipBlock": {"cidr": cidr, "except": list(but)}})


def parameters(**fields: Any) -> Obj:
    return {"controller": "a.io/b", "parameters": {"kind": "Settings", "name": "fast", **fields}}


INGRESSES: list[tuple[Obj, str]] = [
    ({}, "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"),
    (backend(port={"number": 80}), "spec.defaultBackend.service.name: Required value"),
    (backend(name="web"), "spec.defaultBackend: Required value: port name or number is required"),
    (backend(name="Web", port={"number": 80}), f'spec.defaultBackend.service.name: Invalid value: "Web": {LABEL}'),
    (backend(name="web", port={"number": 70000}),
     f"spec.defaultBackend.service.port.number: Invalid value: 70000: {PORT}"),
    (backend(name="web", port={"number": 80, "name": "http"}),
     'spec.defaultBackend: Invalid value: "": cannot set both port name & port number'),
    ({"defaultBackend": {}}, 'spec.defaultBackend: Invalid value: "": resource or service backend is required'),
    ({"defaultBackend": {**SERVICE, "resource": {"kind": "Bucket", "name": "b"}}},
     'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends'),
    ({"rules": [{"http": {"paths": []}}]}, "spec.rules[0].http.paths: Required value"),
    (path(pathType=None), f"{PATH}.pathType: Required value: pathType must be specified"),
    (path(pathType="Fuzzy"),
     f'{PATH}.pathType: Unsupported value: "Fuzzy": supported values: "Exact", "ImplementationSpecific", "Prefix"'),
    (path(path="shop"), f'{PATH}.path: Invalid value: "shop": must be an absolute path'),
    (path(path="/a//b"), f"{PATH}.path: Invalid value: \"/a//b\": must not contain '//'"),
    (path(path="/a/.."), f"{PATH}.path: Invalid value: \"/a/..\": cannot end with '/..'"),
    (host("10.0.0.1"), 'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'),
    (host("shop_1.example"), f'spec.rules[0].host: Invalid value: "shop_1.example": {SUBDOMAIN}'),
    (host("a.*.example"), f'spec.rules[0].host: Invalid value: "a.*.example": {WILDCARD}'),
    ({**path(), "tls": [{"hosts": ["A"]}]}, f'spec.tls[0].hosts[0]: Invalid value: "A": {SUBDOMAIN}'),
    ({**path(), "tls": [{"secretName": "A"}]}, f'spec.tls[0].secretName: Invalid value: "A": {SUBDOMAIN}'),
    ({**path(), "ingressClassName": "A"}, f'spec.ingressClassName: Invalid value: "A": {SUBDOMAIN}'),
]  # fmt: skip
POLICIES: list[tuple[Obj, str]] = [
    (peers({}), "spec.ingress[0].from[0]: Required value: must specify a peer"),
    (peers({"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}),
     "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"),
    (block("10.0.0.1"), f'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1": {CIDR}'),
    (block(""), "spec.ingress[0].from[0].ipBlock.cidr: Required value"),
    (block("10.0.0.0/8", "ten"), f'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "ten": {CIDR}'),
    (block("10.0.0.0/8", "11.0.0.0/16"),
     'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'),
    (port(protocol="HTTP"),
     'spec.egress[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "TCP", "UDP", "SCTP"'),
    (port(port=0), f"spec.egress[0].ports[0].port: Invalid value: 0: {PORT}"),
    (port(port=80, endPort=70),
     "spec.egress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`"),
    (port(port="http", endPort=90),
     "spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric"),
    (port(endPort=90),
     "spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified"),
    ({"podSelector": {}, "policyTypes": ["Sideways"]},
     'spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Ingress", "Egress"'),
    ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}},
     'spec.podSelector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'),
]  # fmt: skip
CLASSES: list[tuple[Obj, str]] = [
    ({}, "spec.controller: Required value"),
    ({"controller": "nginx"},
     'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'),
    (parameters(kind=""), "spec.parameters.kind: Required value"),
    (parameters(name="a/b"), "spec.parameters.name: Invalid value: \"a/b\": may not contain '/'"),
    (parameters(scope="Planet"),
     'spec.parameters.scope: Unsupported value: "Planet": supported values: "Cluster", "Namespace"'),
    (parameters(scope="Namespace"),
     "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"),
    (parameters(scope="Cluster", namespace="a"),
     "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"),
]  # fmt: skip
RANGES: list[tuple[str, Obj, str]] = [
    ("ServiceCIDR", {}, "spec.cidrs: Required value: at least one CIDR required"),
    ("ServiceCIDR", {"cidrs": ["ten"]}, f'spec.cidrs[0]: Invalid value: "ten": {CIDR}'),
    ("IPAddress", {}, "spec.parentRef: Required value"),
    ("IPAddress", {"parentRef": {"resource": "services"}}, "spec.parentRef.name: Required value"),
    ("IPAddress", {"parentRef": {"name": "web"}}, "spec.parentRef.resource: Required value"),
]
BAD: list[tuple[str, Obj, str]] = [
    *(("Ingress", spec, text) for spec, text in INGRESSES),
    *(("NetworkPolicy", spec, text) for spec, text in POLICIES),
    *(("IngressClass", spec, text) for spec, text in CLASSES),
    *RANGES,
]
ENDPOINTS: list[tuple[Obj, str]] = [
    ({"ports": [{"port": 80}]}, "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"),
    ({"addresses": [{"ip": "ten"}]}, f'subsets[0].addresses[0].ip: Invalid value: "ten": {ADDRESS}'),
    ({"addresses": [{"ip": "127.0.0.1"}]}, 'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the '
     "loopback range (127.0.0.0/8, ::1/128)"),
    ({"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}, {"port": 81}]},
     "[subsets[0].ports[0].name: Required value, subsets[0].ports[1].name: Required value]"),
    ({"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 0}]},
     f"subsets[0].ports[0].port: Invalid value: 0: {PORT}"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spec", "message"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_network_object_is_refused(api: ApiBench, kind: str, spec: Obj, message: str) -> None:
    """Source: pkg/apis/networking/validation/validation.go."""
    error = refused(api.client.create, sample(kind, spec=spec))

    assert error == (422, "Invalid", f'{kind}.{GROUP} "web" is invalid: {message}')


@pytest.mark.parametrize(("subset", "message"), ENDPOINTS, ids=lambda value: str(value)[:60])
def test_bad_endpoints_are_refused(api: ApiBench, subset: Obj, message: str) -> None:
    """Source: pkg/apis/core/validation/validation.go, ValidateEndpoints."""
    error = refused(api.client.create, sample("Endpoints", subsets=[subset]))

    assert error == (422, "Invalid", f'Endpoints "web" is invalid: {message}')


def test_the_old_annotation_must_name_the_same_class(api: ApiBench) -> None:
    """Source: ValidateIngressCreate; an update does not ask."""
    ingress = sample("Ingress", spec={**BODIES["Ingress"]["spec"], "ingressClassName": "fast"})
    ingress["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "slow"}

    error = refused(api.client.create, ingress)

    text = 'annotations.kubernetes.io/ingress.class: Invalid value: "slow": must match `ingressClassName` when both are'
    assert error == (422, "Invalid", f'Ingress.{GROUP} "web" is invalid: {text} specified')


@pytest.mark.parametrize(
    ("kind", "patch", "message"),
    [
        ("IngressClass", {"controller": "a.io/b"}, 'spec.controller: Invalid value: "a.io/b": field is immutable'),
        (
            "IPAddress",
            {"parentRef": {"name": "db"}},
            'spec.parentRef: Invalid value: {"Group":"","Resource":"services","Namespace":"default","Name":"db"}: '
            "field is immutable",
        ),
        ("ServiceCIDR", {"cidrs": ["10.98.0.0/16"]},
         'spec.cidrs[0]: Invalid value: "10.98.0.0/16": field is immutable'),
    ],
)  # fmt: skip
def test_some_things_about_networks_stay(api: ApiBench, kind: str, patch: Obj, message: str) -> None:
    """Source: validation.go, Validate…Update."""
    api.given(sample(kind))

    error = refused(api.patch, kind, "web", {"spec": patch})

    assert error == (422, "Invalid", f'{kind}.{GROUP} "web" is invalid: {message}')


def test_a_range_of_the_other_family_can_be_added(api: ApiBench) -> None:
    """Source: ValidateServiceCIDRUpdate; kubernetes.io, "Extend Service IP Ranges"."""
    api.given(sample("ServiceCIDR"))

    spec = api.patch("ServiceCIDR", "web", {"spec": {"cidrs": ["10.97.0.0/16", "fd00:1::/108"]}})["spec"]

    assert spec["cidrs"] == ["10.97.0.0/16", "fd00:1::/108"]


@pytest.mark.parametrize(
    ("spec", "types"),
    [({}, ["Ingress"]), ({"egress": [{}]}, ["Ingress", "Egress"]), ({"policyTypes": ["Egress"]}, ["Egress"])],
)
def test_a_policy_is_about_what_it_has_rules_for(api: ApiBench, spec: Obj, types: list[str]) -> None:
    """Source: pkg/apis/networking/v1/defaults.go; kubernetes.io, "Network Policies", policyTypes."""
    created = api.given(sample("NetworkPolicy", spec={"podSelector": {}, **spec}))

    assert created["spec"]["policyTypes"] == types


def test_ports_of_policies_and_endpoints_are_of_tcp(api: ApiBench) -> None:
    policy = api.given(sample("NetworkPolicy", spec=port(port=80)))

    endpoints = api.given(sample("Endpoints"))

    assert policy["spec"]["egress"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert endpoints["subsets"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]


def test_parameters_are_those_of_the_whole_cluster(api: ApiBench) -> None:
    created = api.given(sample("IngressClass", spec=parameters()))

    assert created["spec"]["parameters"]["scope"] == "Cluster"
