"""The rules for containers.

Source    pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers, validateContainerCommon
          and what they call)
Left out  security contexts, resize policies, volume devices, subpaths, quantities of huge pages, claims
"""

from __future__ import annotations

import re
from typing import Any

from k8slab.api.validation.meta import (
    Errors,
    config_key,
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_negative,
    not_supported,
    required,
)
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, is_qualified_name, parse_quantity

__all__ = ["PORT_TEXT", "PROTOCOLS", "containers", "ephemeral_containers", "port_name", "port_or_name"]

Obj = dict[str, Any]

PORT_TEXT = "must be between 1 and 65535, inclusive"
PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
SCHEMES = ("HTTP", "HTTPS")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
NOT_EPHEMERAL = ("ports", "resources", *PROBES, "lifecycle", "resizePolicy", "restartPolicy", "restartPolicyRules")
EPHEMERAL_TEXT = "cannot be set for an Ephemeral Container"
INIT_ONLY = "may not be set for init containers without restartPolicy=Always"
NATIVE = ("cpu", "memory", "ephemeral-storage")
STANDARD = (*NATIVE, "storage", "pods", "services", "secrets", "configmaps", "persistentvolumeclaims")
FIELD_PATHS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
KNOWN_PATHS = (*FIELD_PATHS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName",
               "status.phase")  # fmt: skip
SUBSCRIPT = re.compile(r"metadata\.(?:annotations|labels)\['[^']*'\]")


def containers(spec: Obj, field: str, volumes: set[str]) -> Errors:
    """The containers of a pod's spec, then its init containers."""
    given, names = spec.get("containers") or [], set[str]()
    if not given:
        yield required(f"{field}.containers")
    for i, container in enumerate(given):
        place = f"{field}.containers[{i}]"
        yield from _common(container, place, volumes)
        if container.get("name", "") in names:
            yield duplicate(f"{place}.name", container.get("name", ""))
        names.add(container.get("name", ""))
        yield from _hooks(container, place)
        if container.get("restartPolicy") is not None:
            yield forbidden(f"{place}.restartPolicy", "may not be set for non-init containers")
    yield from _host_ports(given, f"{field}.containers")
    for i, container in enumerate(spec.get("initContainers") or ()):
        yield from _init_container(container, f"{field}.initContainers[{i}]", names, volumes)


def _init_container(container: Obj, place: str, names: set[str], volumes: set[str]) -> Errors:
    yield from _common(container, place, volumes)
    policy, name = container.get("restartPolicy"), container.get("name", "")
    if policy is not None and policy != "Always":
        yield not_supported(f"{place}.restartPolicy", policy, ("Always",))
    if name in names:
        yield duplicate(f"{place}.name", name)
    elif name:
        names.add(name)
    if policy == "Always":
        yield from _hooks(container, place)
        return
    for hook in ("lifecycle", *PROBES):
        if container.get(hook) is not None:
            yield forbidden(f"{place}.{hook}", INIT_ONLY)


def ephemeral_containers(spec: Obj, field: str, volumes: set[str]) -> Errors:
    """The containers that were added to a running pod to look at it."""
    others = {each.get("name", "") for group in ("containers", "initContainers") for each in spec.get(group) or ()}
    names = set(others)
    for i, container in enumerate(spec.get("ephemeralContainers") or ()):
        place, name = f"{field}.ephemeralContainers[{i}]", container.get("name", "")
        yield from _common(container, place, volumes)
        if name in names:
            yield duplicate(f"{place}.name", name)
        names.add(name)
        target = container.get("targetContainerName", "")
        if target and target not in others:
            yield not_found(f"{place}.targetContainerName", target)
        for word in NOT_EPHEMERAL:
            if container.get(word):
                yield forbidden(f"{place}.{word}", EPHEMERAL_TEXT)
        for j, mount in enumerate(container.get("volumeMounts") or ()):
            for word in ("subPath", "subPathExpr"):
                if mount.get(word):
                    yield forbidden(f"{place}.volumeMounts[{j}].{word}", EPHEMERAL_TEXT)


def _common(container: Obj, place: str, volumes: set[str]) -> Errors:
    name = container.get("name", "")
    if not name:
        yield required(f"{place}.name")
    for problem in is_dns1123_label(name) if name else ():
        yield invalid(f"{place}.name", name, problem)
    if not container.get("image"):
        yield required(f"{place}.image")
    policy = container.get("terminationMessagePolicy")
    if policy not in MESSAGE_POLICIES:
        yield not_supported(f"{place}.terminationMessagePolicy", policy, MESSAGE_POLICIES)
    if container.get("ports"):
        yield from _ports(container["ports"], f"{place}.ports")
    if container.get("env"):
        yield from _env(container["env"], f"{place}.env")
    if container.get("envFrom"):
        yield from _env_from(container["envFrom"], f"{place}.envFrom")
    if container.get("volumeMounts"):
        yield from _mounts(container["volumeMounts"], f"{place}.volumeMounts", volumes)
    if container.get("imagePullPolicy") not in PULL_POLICIES:
        yield not_supported(f"{place}.imagePullPolicy", container.get("imagePullPolicy", ""), PULL_POLICIES)
    if container.get("resources"):
        yield from _resources(container["resources"], f"{place}.resources")


def _ports(ports: list[Obj], field: str) -> Errors:
    names: set[str] = set()
    for i, port in enumerate(ports):
        place, name = f"{field}[{i}]", port.get("name", "")
        problems = port_name(name) if name else ()
        for problem in problems:
            yield invalid(f"{place}.name", name, problem)
        if not problems and name in names:
            yield duplicate(f"{place}.name", name)
        elif name and not problems:
            names.add(name)
        number, host = port.get("containerPort", 0), port.get("hostPort", 0)
        if not number:
            yield required(f"{place}.containerPort")
        elif not 1 <= number <= 65535:
            yield invalid(f"{place}.containerPort", number, PORT_TEXT)
        if host and not 1 <= host <= 65535:
            yield invalid(f"{place}.hostPort", host, PORT_TEXT)
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"{place}.protocol", port.get("protocol", ""), PROTOCOLS)


def port_name(name: str) -> list[str]:
    """What is wrong with the name of a container's port (RFC 6335, in lower case)."""
    rules = (
        (len(name) > 15, "must be no more than 15 bytes"),
        (
            not re.fullmatch("[-a-z0-9]+", name),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (not re.search("[a-z]", name), "must contain at least one letter (a-z)"),
        ("--" in name, "must not contain consecutive hyphens"),
        (name[:1] == "-" or name[-1:] == "-", "must not begin or end with a hyphen"),
    )
    return [problem for is_broken, problem in rules if is_broken]


def port_or_name(port: Any, field: str) -> Errors:
    """A port by its number or its name."""
    if isinstance(port, str):
        for problem in port_name(port):
            yield invalid(field, port, problem)
    elif not 1 <= port <= 65535:
        yield invalid(field, port, PORT_TEXT)


def _host_ports(given: list[Obj], field: str) -> Errors:
    seen: set[str] = set()
    for i, container in enumerate(given):
        for j, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            identity = f"{port.get('protocol')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if identity in seen:
                yield duplicate(f"{field}[{i}].ports[{j}].hostPort", identity)
            seen.add(identity)


def _env(env: list[Obj], field: str) -> Errors:
    for i, variable in enumerate(env):
        place, name = f"{field}[{i}]", variable.get("name", "")
        if not name:
            yield required(f"{place}.name")
        elif not all(" " <= letter <= "~" and letter != "=" for letter in name):
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            yield invalid(f"{place}.name", name, text)
        source, place = variable.get("valueFrom"), f"{place}.valueFrom"
        if source is None:
            continue
        yield from _env_source(source, place)
        if not source:
            text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            yield invalid(place, "", text)
        elif variable.get("value"):
            yield invalid(place, "", "may not be specified when `value` is not empty")
        elif len(source) > 1:
            yield invalid(place, "", "may not have more than one field specified at a time")


def _env_source(source: Obj, place: str) -> Errors:
    if (about := source.get("fieldRef")) is not None:
        path, place_of_path = about.get("fieldPath", ""), f"{place}.fieldRef.fieldPath"
        if not path:
            yield required(place_of_path)
        elif not SUBSCRIPT.fullmatch(path) and path not in KNOWN_PATHS:
            yield invalid(place_of_path, path, f"error converting fieldPath: field label not supported: {path}")
        elif not SUBSCRIPT.fullmatch(path) and path not in FIELD_PATHS:
            yield not_supported(place_of_path, path, FIELD_PATHS)
    if (about := source.get("resourceFieldRef")) is not None and not about.get("resource"):
        yield required(f"{place}.resourceFieldRef.resource")
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if (about := source.get(kind)) is None:
            continue
        for problem in is_dns1123_subdomain(about.get("name", "")):
            yield invalid(f"{place}.{kind}.name", about.get("name", ""), problem)
        if not about.get("key"):
            yield required(f"{place}.{kind}.key")
        else:
            yield from config_key(about["key"], f"{place}.{kind}.key")


def _env_from(sources: list[Obj], field: str) -> Errors:
    for i, source in enumerate(sources):
        kinds = [kind for kind in ("configMapRef", "secretRef") if source.get(kind) is not None]
        for kind in kinds:
            name = source[kind].get("name", "")
            if not name:
                yield required(f"{field}[{i}].{kind}.name")
            for problem in is_dns1123_subdomain(name) if name else ():
                yield invalid(f"{field}[{i}].{kind}.name", name, problem)
        if not kinds:
            yield invalid(field, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(kinds) > 1:
            yield invalid(field, "", "may not have more than one field specified at a time")


def _mounts(mounts: list[Obj], field: str, volumes: set[str]) -> Errors:
    paths: set[str] = set()
    for i, mount in enumerate(mounts):
        place, name, path = f"{field}[{i}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{place}.name")
        if name not in volumes:
            yield not_found(f"{place}.name", name)
        if not path:
            yield required(f"{place}.mountPath")
        if path in paths:
            yield invalid(f"{place}.mountPath", path, "must be unique")
        paths.add(path)


def _resources(resources: Obj, field: str) -> Errors:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, quantity in limits.items():
        yield from _amount(name, quantity, f"{field}.limits[{name}]")
    for name, quantity in requests.items():
        yield from _amount(name, quantity, f"{field}.requests[{name}]")
        limit = limits.get(name)
        if limit is None:
            if not _may_overcommit(name):
                yield required(f"{field}.limits", "Limit must be set for non overcommitable resources")
        elif parse_quantity(quantity) != parse_quantity(limit) and not _may_overcommit(name):
            yield invalid(f"{field}.requests", str(quantity), f"must be equal to {name} limit of {limit}")
        elif parse_quantity(quantity) > parse_quantity(limit):
            yield invalid(f"{field}.requests", str(quantity), f"must be less than or equal to {name} limit of {limit}")


def _amount(name: str, quantity: Any, place: str) -> Errors:
    problems = is_qualified_name(name)
    for problem in problems:
        yield invalid(place, name, problem)
    if "/" not in name and not name.startswith("hugepages-"):
        if not problems and name not in STANDARD:
            yield invalid(place, name, "must be a standard resource type or fully qualified")
        if name not in NATIVE:
            yield invalid(place, name, "must be a standard resource for containers")
    if parse_quantity(quantity) < 0:
        yield invalid(place, str(quantity), "must be greater than or equal to 0")
    if not _may_overcommit(name) and parse_quantity(quantity) % 1 and "/" in name:
        yield invalid(place, str(quantity), "must be an integer")


def _may_overcommit(name: str) -> bool:
    """Whether the sum of limits may be more than there is: not of devices, and not of huge pages."""
    return ("/" not in name or name.partition("/")[0].endswith("kubernetes.io")) and not name.startswith("hugepages-")


def _hooks(container: Obj, place: str) -> Errors:
    for hook in ("postStart", "preStop"):
        handler = (container.get("lifecycle") or {}).get(hook)
        if handler is not None:
            yield from _handler(handler, f"{place}.lifecycle.{hook}")
    for name in PROBES:
        probe, field = container.get(name), f"{place}.{name}"
        if probe is None:
            continue
        yield from _handler(probe, field)
        for number in (
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ):
            yield from not_negative(probe.get(number, 0), f"{field}.{number}")
        if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            yield invalid(f"{field}.successThreshold", probe["successThreshold"], "must be 1")


def _handler(given: Obj, field: str) -> Errors:
    handlers = [name for name in HANDLERS if given.get(name) is not None]
    if not handlers:
        yield required(field, "must specify a handler type")
        return
    first, *extras = handlers
    handler, place = given[first], f"{field}.{first}"
    if first == "exec" and not handler.get("command"):
        yield required(f"{place}.command")
    if first == "httpGet" and not handler.get("path"):
        yield required(f"{place}.path")
    if first in ("httpGet", "tcpSocket", "grpc"):
        yield from port_or_name(handler.get("port", 0), f"{place}.port")
    if first == "httpGet" and handler.get("scheme", "HTTP") not in SCHEMES:
        yield not_supported(f"{place}.scheme", handler["scheme"], SCHEMES)
    for extra in extras:
        yield forbidden(f"{field}.{extra}", "may not specify more than 1 handler type")
