"""The rules for Ingresses, NetworkPolicies and their like.

Source    pkg/apis/networking/validation/validation.go
Left out  names of IPAddresses (any name does), leniency towards what was stored before, dual stack of ServiceCIDRs
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from k8slab.api.validation.containers import port_name, port_or_name
from k8slab.api.validation.meta import (
    Errors,
    forbidden,
    immutable,
    invalid,
    label_selector,
    not_supported,
    required,
)
from k8slab.api.validation.rules import Rules, nothing, rules
from k8slab.api.validation.values import cidr, network_of, reference
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain
from k8slab.wire import FieldError

__all__ = ["RULES"]

Obj = dict[str, Any]

PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
BAD_SEQUENCES, BAD_ENDINGS = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")
SCOPES = ("Cluster", "Namespace")
PROTOCOLS = ("TCP", "UDP", "SCTP")
DIRECTIONS = ("Ingress", "Egress")
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
WILDCARD = r"\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
WILDCARD_TEXT = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', "
    f"regex used for validation is '{WILDCARD}')"
)
DOMAIN_PATH_TEXT = 'must be a domain-prefixed path (such as "acme.io/foo")'
LONGEST_CONTROLLER = 250
MOST_CIDRS = 2


def _ingress(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    backend, rules_given = spec.get("defaultBackend"), spec.get("rules") or []
    if not rules_given and backend is None:
        yield invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _backend(backend, "spec.defaultBackend")
    for i, rule in enumerate(rules_given):
        yield from _ingress_rule(rule, f"spec.rules[{i}]")
    for i, tls in enumerate(spec.get("tls") or ()):
        for j, host in enumerate(tls.get("hosts") or ()):
            yield from _host(host, f"spec.tls[{i}].hosts[{j}]")
        for problem in is_dns1123_subdomain(tls["secretName"]) if tls.get("secretName") else ():
            yield invalid(f"spec.tls[{i}].secretName", tls["secretName"], problem)
    name = spec.get("ingressClassName")
    for problem in is_dns1123_subdomain(name) if name is not None else ():
        yield invalid("spec.ingressClassName", name, problem)


def _ingress_create(obj: Obj) -> Errors:
    yield from _ingress(obj)
    named = (obj["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION)
    wanted = (obj.get("spec") or {}).get("ingressClassName")
    if named is not None and wanted is not None and named != wanted:
        text = "must match `ingressClassName` when both are specified"
        yield invalid(f"annotations.{CLASS_ANNOTATION}", named, text)


def _ingress_rule(rule: Obj, place: str) -> Errors:
    if rule.get("host"):
        if _is_address(rule["host"]):
            yield invalid(f"{place}.host", rule["host"], "must be a DNS name, not an IP address")
        yield from _host(rule["host"], f"{place}.host")
    if rule.get("http") is None:
        return
    paths = rule["http"].get("paths") or []
    if not paths:
        yield required(f"{place}.http.paths")
    for i, path in enumerate(paths):
        yield from _path(path, f"{place}.http.paths[{i}]")


def _host(host: str, field: str) -> Errors:
    if "*" in host:
        if not re.fullmatch(WILDCARD, host):
            yield invalid(field, host, WILDCARD_TEXT)
        return
    for problem in is_dns1123_subdomain(host):
        yield invalid(field, host, problem)


def _path(given: Obj, place: str) -> Errors:
    kind, path = given.get("pathType"), given.get("path", "")
    if kind is None:
        yield required(f"{place}.pathType", "pathType must be specified")
        return
    if kind not in PATH_TYPES:
        yield not_supported(f"{place}.pathType", kind, PATH_TYPES)
    elif not path.startswith("/") and (path or kind != "ImplementationSpecific"):
        yield invalid(f"{place}.path", path, "must be an absolute path")
    if kind in ("Exact", "Prefix"):
        for part in BAD_SEQUENCES:
            if part in path:
                yield invalid(f"{place}.path", path, f"must not contain '{part}'")
        for part in BAD_ENDINGS:
            if path.endswith(part):
                yield invalid(f"{place}.path", path, f"cannot end with '{part}'")
    yield from _backend(given.get("backend") or {}, f"{place}.backend")


def _backend(backend: Obj, place: str) -> Errors:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield invalid(place, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from _group(resource.get("apiGroup"), f"{place}.resource.apiGroup")
        yield from reference(resource.get("kind", ""), f"{place}.resource.kind")
        yield from reference(resource.get("name", ""), f"{place}.resource.name")
    elif service is not None:
        yield from _service_backend(service, place)
    else:
        yield invalid(place, "", "resource or service backend is required")


def _service_backend(service: Obj, place: str) -> Errors:
    name, port = service.get("name", ""), service.get("port") or {}
    if not name:
        yield required(f"{place}.service.name")
    for problem in is_dns1123_label(name) if name else ():
        yield invalid(f"{place}.service.name", name, problem)
    if port.get("name") and port.get("number"):
        yield invalid(place, "", "cannot set both port name & port number")
    elif port.get("name"):
        yield from port_or_name(port["name"], f"{place}.service.port.name")
    elif port.get("number"):
        yield from port_or_name(port["number"], f"{place}.service.port.number")
    else:
        yield required(place, "port name or number is required")


def _group(group: str | None, field: str) -> Errors:
    for problem in is_dns1123_subdomain(group) if group is not None else ():
        yield invalid(field, group, problem)


def _ingress_class(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    controller, field = spec.get("controller", ""), "spec.controller"
    domain, slash, path = controller.partition("/")
    if not controller:
        yield required(field)
    elif len(controller) > LONGEST_CONTROLLER:
        yield FieldError("FieldValueTooLong", field, f"may not be more than {LONGEST_CONTROLLER} bytes")
    if controller and not (slash and domain and path):
        yield invalid(field, controller, DOMAIN_PATH_TEXT)
    for problem in is_dns1123_subdomain(domain) if slash and domain and path else ():
        yield invalid(field, domain, problem)
    if spec.get("parameters") is not None:
        yield from _parameters(spec["parameters"], "spec.parameters")


def _parameters(given: Obj, place: str) -> Errors:
    yield from _group(given.get("apiGroup"), f"{place}.apiGroup")
    yield from reference(given.get("kind", ""), f"{place}.kind")
    yield from reference(given.get("name", ""), f"{place}.name")
    scope, namespace = given.get("scope"), given.get("namespace")
    if scope not in SCOPES:
        yield not_supported(f"{place}.scope", scope, SCOPES)
    elif scope == "Cluster" and namespace is not None:
        yield forbidden(f"{place}.namespace", "`parameters.scope` is set to 'Cluster'")
    elif scope == "Namespace" and namespace is None:
        yield required(f"{place}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Namespace":
        for problem in is_dns1123_label(str(namespace)):
            yield invalid(f"{place}.namespace", namespace, problem)


def _ingress_class_update(new: Obj, old: Obj) -> Errors:
    after, before = ((obj.get("spec") or {}).get("controller") for obj in (new, old))
    yield from immutable("spec.controller", after, before)


def _network_policy(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    yield from label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(direction) or ()):
            place = f"spec.{direction}[{i}]"
            for j, port in enumerate(rule.get("ports") or ()):
                yield from _policy_port(port, f"{place}.ports[{j}]")
            for j, peer in enumerate(rule.get(peers) or ()):
                yield from _peer(peer, f"{place}.{peers}[{j}]")
    types = spec.get("policyTypes") or []
    if len(types) > len(DIRECTIONS):
        yield invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for i, word in enumerate(types):
        if word not in DIRECTIONS:
            yield not_supported(f"spec.policyTypes[{i}]", word, DIRECTIONS)


def _policy_port(given: Obj, place: str) -> Errors:
    if given.get("protocol", "TCP") not in PROTOCOLS:
        yield not_supported(f"{place}.protocol", given["protocol"], PROTOCOLS)
    port, end = given.get("port"), given.get("endPort")
    if port is None:
        if end is not None:
            yield invalid(f"{place}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(port, str):
        if end is not None:
            yield invalid(f"{place}.endPort", end, "may not be specified when `port` is non-numeric")
        for problem in port_name(port):
            yield invalid(f"{place}.port", port, problem)
    else:
        yield from port_or_name(port, f"{place}.port")
        if end is not None and end < port:
            yield invalid(f"{place}.endPort", end, "must be greater than or equal to `port`")
        if end is not None:
            yield from port_or_name(end, f"{place}.endPort")


def _peer(peer: Obj, place: str) -> Errors:
    for name in ("podSelector", "namespaceSelector"):
        if peer.get(name) is not None:
            yield from label_selector(peer[name], f"{place}.{name}")
    block = peer.get("ipBlock")
    if block is not None:
        yield from _ip_block(block, f"{place}.ipBlock")
    count = sum(peer.get(name) is not None for name in ("podSelector", "namespaceSelector", "ipBlock"))
    if not count:
        yield required(place, "must specify a peer")
    elif count > 1 and block is not None:
        yield forbidden(place, "may not specify both ipBlock and another peer")


def _ip_block(block: Obj, place: str) -> Errors:
    given = block.get("cidr", "")
    if not given:
        yield required(f"{place}.cidr")
        return
    yield from cidr(given, f"{place}.cidr")
    whole = network_of(given)
    for i, text in enumerate(block.get("except") or () if whole else ()):
        field, part = f"{place}.except[{i}]", network_of(text)
        yield from cidr(text, field)
        if whole is None or part is None:
            continue
        is_inside = part.version == whole.version and part.network_address in whole
        if not is_inside or whole.prefixlen >= part.prefixlen:
            yield invalid(field, text, "must be a strict subset of `cidr`")


def _ip_address(obj: Obj) -> Errors:
    parent, place = (obj.get("spec") or {}).get("parentRef"), "spec.parentRef"
    if parent is None:
        yield required(place)
        return
    yield from _group(parent.get("group") or None, f"{place}.group")
    yield from reference(parent.get("resource", ""), f"{place}.resource")
    yield from reference(parent.get("name", ""), f"{place}.name")
    if parent.get("namespace"):
        yield from reference(parent["namespace"], f"{place}.namespace")


def _ip_address_update(new: Obj, old: Obj) -> Errors:
    after, before = ((obj.get("spec") or {}).get("parentRef") or {} for obj in (new, old))
    if after != before:
        shown = {name: after.get(name.lower(), "") for name in ("Group", "Resource", "Namespace", "Name")}
        yield invalid("spec.parentRef", shown, "field is immutable")


def _service_cidr(obj: Obj) -> Errors:
    cidrs = (obj.get("spec") or {}).get("cidrs") or []
    if not cidrs:
        yield required("spec.cidrs", "at least one CIDR required")
    elif len(cidrs) > MOST_CIDRS:
        yield invalid("spec.cidrs", {"CIDRs": cidrs}, "may only hold up to 2 values")
    else:
        for i, text in enumerate(cidrs):
            yield from cidr(text, f"spec.cidrs[{i}]")


def _service_cidr_update(new: Obj, old: Obj) -> Errors:
    after, before = ((obj.get("spec") or {}).get("cidrs") or [] for obj in (new, old))
    if (len(before), len(after)) not in ((len(before), len(before)), (1, 2)):
        yield invalid("spec.cidrs", after, "field is immutable")
        return
    for i, text in enumerate(before):
        yield from immutable(f"spec.cidrs[{i}]", after[i], text)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


GROUP = "networking.k8s.io/v1"
INGRESS = rules(is_dns1123_subdomain, _ingress)
RULES: dict[tuple[str, str], Rules] = {
    (GROUP, "Ingress"): INGRESS._replace(create=rules(is_dns1123_subdomain, _ingress_create).create),
    (GROUP, "IngressClass"): rules(is_dns1123_subdomain, _ingress_class, _ingress_class_update),
    (GROUP, "IPAddress"): rules(is_dns1123_subdomain, _ip_address, _ip_address_update, nothing),
    (GROUP, "NetworkPolicy"): rules(is_dns1123_subdomain, _network_policy),
    (GROUP, "ServiceCIDR"): rules(is_dns1123_subdomain, _service_cidr, _service_cidr_update),
}
