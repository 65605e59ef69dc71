"""The rules for pods.

Source    pkg/apis/core/validation/validation.go (ValidatePodCreate, ValidatePodSpec, validateContainers,
          ValidatePodUpdate)
Left out  security contexts, host ports that clash, volumes beyond name and use, ephemeral containers,
          pod-level resources
"""

from __future__ import annotations

import json
import re
from typing import Any

from k8slab.api.validation.meta import Errors, forbidden, invalid, label_selector, not_supported, required
from k8slab.objects import cpu_m, is_dns1123_label, is_dns1123_subdomain, is_qualified_name, parse_quantity
from k8slab.wire import FieldError

__all__ = [
    "pod_spec",
    "pod_update",
    "tolerations",
]

Obj = dict[str, Any]

PORT_TEXT = "must be between 1 and 65535, inclusive"
ENV_NAME = re.compile(r"[^=]+")
PORT_NAME = re.compile(r"[-a-z0-9]{1,15}")
MUTABLE_TEXT = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
PROTOCOLS = ("TCP", "UDP", "SCTP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def pod_spec(spec: Obj | None, field: str) -> Errors:
    """A pod's spec, or a template's."""
    if not spec or not spec.get("containers"):
        yield required(f"{field}.containers")
        return
    volumes = yield from _volumes(spec.get("volumes") or [], f"{field}.volumes")
    names: set[str] = set()
    for group in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(group) or ()):
            yield from _container(container, f"{field}.{group}[{i}]", names, volumes, is_init=group != "containers")
    words = (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES))
    for name, known in words:
        if spec.get(name) not in known:
            yield not_supported(f"{field}.{name}", spec.get(name, ""), known)
    grace_s = spec.get("terminationGracePeriodSeconds", 0)
    if grace_s < 0:
        yield invalid(f"{field}.terminationGracePeriodSeconds", grace_s, "must be greater than or equal to 0")
    deadline_s = spec.get("activeDeadlineSeconds")
    if deadline_s is not None and deadline_s < 1:
        yield invalid(f"{field}.activeDeadlineSeconds", deadline_s, "must be between 1 and 2147483647, inclusive")
    yield from tolerations(spec.get("tolerations") or [], f"{field}.tolerations")
    yield from _affinity(spec.get("affinity") or {}, f"{field}.affinity")
    if spec.get("nodeName"):
        for problem in is_dns1123_subdomain(spec["nodeName"]):
            yield invalid(f"{field}.nodeName", spec["nodeName"], problem)


def _volumes(volumes: list[Obj], field: str) -> Any:
    """Check the volumes; answers their names."""
    names: set[str] = set()
    for i, volume in enumerate(volumes):
        name, place = volume.get("name", ""), f"{field}[{i}]"
        if not name:
            yield required(f"{place}.name")
        for problem in is_dns1123_label(name) if name else ():
            yield invalid(f"{place}.name", name, problem)
        if name in names:
            yield FieldError("FieldValueDuplicate", f"{place}.name", "", name)
        names.add(name)
        sources = [source for source in volume if source != "name"]
        for extra in sources[1:]:
            yield forbidden(f"{place}.{extra}", "may not specify more than 1 volume type")
    return names


def _container(container: Obj, field: str, names: set[str], volumes: set[str], *, is_init: bool) -> Errors:
    yield from _container_name(container.get("name", ""), f"{field}.name", names)
    image = container.get("image", "")
    if not image:
        yield required(f"{field}.image")
    elif image != image.strip():
        yield invalid(f"{field}.image", image, "must not have leading or trailing whitespace")
    if container.get("imagePullPolicy") not in PULL_POLICIES:
        yield not_supported(f"{field}.imagePullPolicy", container.get("imagePullPolicy", ""), PULL_POLICIES)
    if container.get("ports"):
        yield from _ports(container["ports"], f"{field}.ports")
    if container.get("env"):
        yield from _env(container["env"], f"{field}.env")
    if container.get("volumeMounts"):
        yield from _mounts(container["volumeMounts"], f"{field}.volumeMounts", volumes)
    if container.get("resources"):
        yield from _resources(container["resources"], f"{field}.resources")
    may_probe = not is_init or container.get("restartPolicy") == "Always"
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(probe) and may_probe:
            yield from _probe(container[probe], f"{field}.{probe}", ready=probe == "readinessProbe")
        elif container.get(probe):
            yield forbidden(f"{field}.{probe}", "may not be set for init containers without restartPolicy=Always")


def _container_name(name: str, field: str, names: set[str]) -> Errors:
    if not name:
        yield required(field)
        return
    if name in names:
        yield FieldError("FieldValueDuplicate", field, "", name)
    for problem in is_dns1123_label(name):
        yield invalid(field, name, problem)
    names.add(name)


def _ports(ports: list[Obj], field: str) -> Errors:
    names: set[str] = set()
    for i, port in enumerate(ports):
        place, name = f"{field}[{i}]", port.get("name")
        if name:
            if not PORT_NAME.fullmatch(name) or not re.search("[a-z]", name) or "--" in name or name.strip("-") != name:
                problem = (
                    "must be no more than 15 characters"
                    if len(name) > 15
                    else "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
                )
                yield invalid(f"{place}.name", name, problem)
            elif name in names:
                yield FieldError("FieldValueDuplicate", f"{place}.name", "", name)
            names.add(name)
        number = port.get("containerPort")
        if not number:
            yield required(f"{place}.containerPort")
        elif not 1 <= number <= 65535:
            yield invalid(f"{place}.containerPort", number, PORT_TEXT)
        host = port.get("hostPort", 0)
        if host and not 1 <= host <= 65535:
            yield invalid(f"{place}.hostPort", host, PORT_TEXT)
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"{place}.protocol", port.get("protocol", ""), PROTOCOLS)


def _env(env: list[Obj], field: str) -> Errors:
    for i, variable in enumerate(env):
        place, name = f"{field}[{i}]", variable.get("name", "")
        if not name:
            yield required(f"{place}.name")
        elif not ENV_NAME.fullmatch(name):
            text = "a valid environment variable name must consist only of printable ASCII characters other than '='"
            yield invalid(f"{place}.name", name, text)
        source = variable.get("valueFrom")
        if source is not None:
            if variable.get("value"):
                yield invalid(f"{place}.valueFrom", "", "may not be specified when `value` is not empty")
            if not source:
                text = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                yield invalid(f"{place}.valueFrom", "", text)
            elif len(source) > 1:
                yield invalid(f"{place}.valueFrom", "", "may not have more than one field specified at a time")


def _mounts(mounts: list[Obj], field: str, volumes: set[str]) -> Errors:
    paths: set[str] = set()
    for i, mount in enumerate(mounts):
        place, name, path = f"{field}[{i}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            yield required(f"{place}.name")
        elif name not in volumes:
            yield FieldError("FieldValueNotFound", f"{place}.name", "", name)
        if not path:
            yield required(f"{place}.mountPath")
        elif path in paths:
            yield invalid(f"{place}.mountPath", path, "must be unique")
        paths.add(path)


def _resources(resources: Obj, field: str) -> Errors:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, amounts in (("limits", limits), ("requests", requests)):
        for name, quantity in amounts.items():
            place = f"{field}.{group}[{name}]" if "/" in name else f"{field}.{group}.{name}"
            if (
                "/" not in name
                and name not in ("cpu", "memory", "ephemeral-storage")
                and not name.startswith("hugepages-")
            ):
                yield invalid(f"{field}.{group}[{name}]", name, "must be a standard resource type or fully qualified")
            elif "/" in name and (problems := is_qualified_name(name)):
                yield invalid(place, name, problems[0])
            if parse_quantity(quantity) < 0:
                yield invalid(place, str(quantity), "must be greater than or equal to 0")
    for name, quantity in requests.items():
        if name in limits and parse_quantity(quantity) > parse_quantity(limits[name]):
            text = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid(f"{field}.requests", str(quantity), text)
    for name, quantity in limits.items():
        if "/" in name and name in requests and cpu_m(quantity) != cpu_m(requests[name]):
            yield invalid(f"{field}.requests", str(requests[name]), f"must be equal to {name} limit of {quantity}")


def _probe(probe: Obj, field: str, *, ready: bool) -> Errors:
    handlers = [name for name in ("exec", "httpGet", "tcpSocket", "grpc") if probe.get(name) is not None]
    if not handlers:
        yield required(field, "must specify a handler type")
    for extra in handlers[1:]:
        yield forbidden(f"{field}.{extra}", "may not specify more than 1 handler type")
    for name, least in (
        ("initialDelaySeconds", 0),
        ("timeoutSeconds", 0),
        ("periodSeconds", 0),
        ("successThreshold", 0),
        ("failureThreshold", 0),
    ):
        if probe.get(name, least) < least:
            yield invalid(f"{field}.{name}", probe[name], f"must be greater than or equal to {least}")
    if not ready and probe.get("successThreshold", 1) != 1:
        yield invalid(f"{field}.successThreshold", probe["successThreshold"], "must be 1")
    for name in ("httpGet", "tcpSocket"):
        port = (probe.get(name) or {}).get("port")
        if isinstance(port, int) and not 1 <= port <= 65535:
            yield invalid(f"{field}.{name}.port", port, PORT_TEXT)


def tolerations(given: list[Obj], field: str) -> Errors:
    """The rules for tolerations."""
    for i, toleration in enumerate(given):
        place, op = f"{field}[{i}]", toleration.get("operator") or "Equal"
        if op not in ("Equal", "Exists"):
            yield not_supported(f"{place}.operator", op, ("Equal", "Exists"))
        if not toleration.get("key") and op != "Exists":
            text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(f"{place}.operator", op, text)
        if op == "Exists" and toleration.get("value"):
            yield invalid(f"{place}.operator", "", "value must be empty when `operator` is 'Exists'")
        if toleration.get("effect") and toleration["effect"] not in TAINT_EFFECTS:
            yield not_supported(f"{place}.effect", toleration["effect"], TAINT_EFFECTS)
        if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
            text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield invalid(f"{place}.effect", toleration.get("effect", ""), text)


def _affinity(affinity: Obj, field: str) -> Errors:
    node = affinity.get("nodeAffinity") or {}
    needed = node.get("requiredDuringSchedulingIgnoredDuringExecution")
    place = f"{field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    if needed is not None and not needed.get("nodeSelectorTerms"):
        yield required(place, "must have at least one node selector term")
    for i, term in enumerate((needed or {}).get("nodeSelectorTerms") or ()):
        yield from _node_term(term, f"{place}[{i}]")
    place = f"{field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution"
    for i, wish in enumerate(node.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        if not 1 <= wish.get("weight", 0) <= 100:
            yield invalid(f"{place}[{i}].weight", wish.get("weight", 0), "must be in the range 1-100")
        yield from _node_term(wish.get("preference") or {}, f"{place}[{i}].preference")
    for kind in ("podAffinity", "podAntiAffinity"):
        terms = (affinity.get(kind) or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        for i, term in enumerate(terms):
            place = f"{field}.{kind}.requiredDuringSchedulingIgnoredDuringExecution[{i}]"
            if not term.get("topologyKey"):
                yield required(f"{place}.topologyKey", "can not be empty")
            yield from label_selector(term.get("labelSelector") or {}, f"{place}.labelSelector")


def _node_term(term: Obj, field: str) -> Errors:
    for i, expression in enumerate(term.get("matchExpressions") or ()):
        place, op, values = (
            f"{field}.matchExpressions[{i}]",
            expression.get("operator", ""),
            expression.get("values") or (),
        )
        if op not in NODE_OPERATORS:
            yield invalid(f"{place}.operator", op, "not a valid selector operator")
        elif op in ("In", "NotIn") and not values:
            yield required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif op in ("Exists", "DoesNotExist") and values:
            yield forbidden(f"{place}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif op in ("Gt", "Lt") and len(values) != 1:
            yield required(f"{place}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")


def pod_update(new: Obj, old: Obj) -> Errors:
    """Nearly everything about a pod is decided when it is created."""
    before, after = old["spec"], new["spec"]
    if before is after:
        return
    kept = [t for t in before.get("tolerations") or () if t not in (after.get("tolerations") or ())]
    if kept:
        yield forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
    allowed = _without_mutable(after)
    if allowed != _without_mutable(before):
        changed = {name: value for name, value in allowed.items() if value != _without_mutable(before).get(name)}
        text = f"{MUTABLE_TEXT}\nchanged: {json.dumps(sorted(changed))}" if changed else MUTABLE_TEXT
        yield forbidden("spec", text)


def _without_mutable(spec: Obj) -> Obj:
    plain = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    for group in ("containers", "initContainers"):
        if plain.get(group):
            plain[group] = [{**container, "image": ""} for container in plain[group]]
    return plain
