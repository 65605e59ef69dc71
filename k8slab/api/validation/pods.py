"""The rules for pods.

Source    pkg/apis/core/validation/validation.go (ValidatePodCreate, ValidatePodSpec, ValidatePodUpdate,
          ValidatePodEphemeralContainersUpdate)
Left out  security contexts, volumes beyond name and use, pod-level resources, dnsConfig, tightening the affinity of
          a gated pod; what changed, when nearly nothing may, is named field by field instead of as Go writes it
"""

from __future__ import annotations

import json
from typing import Any

from k8slab.api.validation.affinity import affinity, topology_spread
from k8slab.api.validation.containers import containers, ephemeral_containers
from k8slab.api.validation.meta import Errors, duplicate, forbidden, invalid, labels, not_supported, required
from k8slab.api.validation.rules import Rules, rules
from k8slab.objects import is_dns1123_label, is_dns1123_subdomain, is_label_value, is_qualified_name

__all__ = [
    "RULES",
    "pod",
    "pod_spec",
    "pod_update",
    "taint_effect",
]

Obj = dict[str, Any]

UPDATABLE_TEXT = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
MIRROR = "kubernetes.io/config.mirror"
DEADLINE_TEXT = "must be between {} and 2147483647, inclusive"
BLANK_TEXT = "must not have leading or trailing whitespace"
RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
TOLERATION_OPERATORS = ("Equal", "Exists")
VOLUME_NEEDS = {"configMap": "name", "secret": "secretName", "hostPath": "path", "persistentVolumeClaim": "claimName"}


def pod(obj: Obj) -> Errors:
    """A pod: its spec, and what a template is not held to."""
    spec = obj.get("spec") or {}
    yield from pod_spec(spec, "spec")
    if spec.get("schedulingGates") and spec.get("nodeName"):
        yield forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    for group in ("containers", "initContainers", "ephemeralContainers"):
        for i, container in enumerate(spec.get(group) or ()):
            image = container.get("image", "")
            if image != image.strip():
                yield invalid(f"spec.{group}[{i}].image", image, BLANK_TEXT)


def _new_pod(obj: Obj) -> Errors:
    if (obj.get("spec") or {}).get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    yield from pod(obj)


def pod_spec(spec: Obj | None, field: str) -> Errors:
    """A pod's spec, or a template's."""
    if not spec:
        yield required(f"{field}.containers")
        return
    volumes = yield from _volumes(spec.get("volumes") or [], f"{field}.volumes")
    yield from containers(spec, field, volumes)
    if spec.get("ephemeralContainers"):
        if field != "spec":
            yield forbidden(f"{field}.ephemeralContainers", "ephemeral containers not allowed in pod template")
        yield from ephemeral_containers(spec, field, volumes)
    for name, known in (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES)):
        if spec.get(name) not in known:
            yield not_supported(f"{field}.{name}", spec.get(name, ""), known)
    yield from labels(spec.get("nodeSelector") or {}, f"{field}.nodeSelector")
    yield from affinity(spec.get("affinity") or {}, f"{field}.affinity")
    yield from _gates(spec, field)
    yield from topology_spread(spec.get("topologySpreadConstraints") or [], f"{field}.topologySpreadConstraints")
    for name, check in (
        ("serviceAccountName", is_dns1123_subdomain),
        ("nodeName", is_dns1123_subdomain),
        ("hostname", is_dns1123_label),
        ("subdomain", is_dns1123_label),
        ("priorityClassName", is_dns1123_subdomain),
    ):
        for problem in check(spec[name]) if spec.get(name) else ():
            yield invalid(f"{field}.{name}", spec[name], problem)
    deadline_s = spec.get("activeDeadlineSeconds")
    if deadline_s is not None and not 1 <= deadline_s < 2**31:
        yield invalid(f"{field}.activeDeadlineSeconds", deadline_s, DEADLINE_TEXT.format(1))
    yield from _tolerations(spec.get("tolerations") or [], f"{field}.tolerations")


def _volumes(volumes: list[Obj], field: str) -> Any:
    """Check the volumes; answers the names of those that are in order."""
    names: set[str] = set()
    for i, volume in enumerate(volumes):
        problems = list(_volume(volume, f"{field}[{i}]", names))
        yield from problems
        if not problems:
            names.add(volume["name"])
    return names


def _volume(volume: Obj, place: str, names: set[str]) -> Errors:
    name = volume.get("name", "")
    first, *extras = [source for source in volume if source != "name"] or [""]
    for extra in extras:
        yield forbidden(f"{place}.{extra}", "may not specify more than 1 volume type")
    need = VOLUME_NEEDS.get(first)
    if need and not volume[first].get(need):
        yield required(f"{place}.{first}.{need}")
    if not name:
        yield required(f"{place}.name")
    for problem in is_dns1123_label(name) if name else ():
        yield invalid(f"{place}.name", name, problem)
    if name in names:
        yield duplicate(f"{place}.name", name)


def _gates(spec: Obj, field: str) -> Errors:
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        for problem in is_qualified_name(gate.get("conditionType", "")):
            yield invalid(f"{field}.readinessGates[{i}].conditionType", gate.get("conditionType", ""), problem)
    seen: set[str] = set()
    for i, gate in enumerate(spec.get("schedulingGates") or ()):
        name = gate.get("name", "")
        for problem in is_qualified_name(name):
            yield invalid(f"{field}.schedulingGates[{i}]", name, problem)
        if name in seen:
            yield duplicate(f"{field}.schedulingGates[{i}]", name)
        seen.add(name)


def _tolerations(given: list[Obj], field: str) -> Errors:
    for i, toleration in enumerate(given):
        place, key, op = f"{field}[{i}]", toleration.get("key", ""), toleration.get("operator", "")
        value, effect = toleration.get("value", ""), toleration.get("effect", "")
        for problem in is_qualified_name(key) if key else ():
            yield invalid(f"{place}.key", key, problem)
        if not key and op != "Exists":
            text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(f"{place}.operator", op, text)
        if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
            yield invalid(f"{place}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        if op in ("Equal", "") and (problems := is_label_value(value)):
            yield invalid(f"{place}.operator", value, ";".join(problems))
        if op == "Exists" and value:
            yield invalid(f"{place}.operator", value, "value must be empty when `operator` is 'Exists'")
        if op not in ("", *TOLERATION_OPERATORS):
            yield not_supported(f"{place}.operator", op, TOLERATION_OPERATORS)
        if effect:
            yield from taint_effect(effect, f"{place}.effect")


def taint_effect(effect: str, field: str) -> Errors:
    """What a taint does, and what a toleration bears."""
    if not effect:
        yield required(field)
    elif effect not in TAINT_EFFECTS:
        yield not_supported(field, effect, TAINT_EFFECTS)


def pod_update(new: Obj, old: Obj) -> Errors:
    """Nearly everything about a pod is decided when it is created."""
    before, after = old["spec"], new["spec"]
    if before is after:
        return
    yield from pod(new)
    for group in ("containers", "initContainers"):
        if len(after.get(group) or ()) != len(before.get(group) or ()):
            yield forbidden(f"spec.{group}", "pod updates may not add or remove containers")
            return
    yield from _deadline_update(after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    kept = [_without_seconds(toleration) for toleration in after.get("tolerations") or ()]
    if any(_without_seconds(toleration) not in kept for toleration in before.get("tolerations") or ()):
        yield forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
    yield from _gates_update(after.get("schedulingGates"), before.get("schedulingGates"))
    loose = {"activeDeadlineSeconds", "tolerations", "schedulingGates"}
    if before.get("schedulingGates") and _only_adds(after.get("nodeSelector"), before.get("nodeSelector")):
        loose.add("nodeSelector")
    if before.get("terminationGracePeriodSeconds", 0) < 0 and after.get("terminationGracePeriodSeconds") == 1:
        loose.add("terminationGracePeriodSeconds")
    wanted, found = _fixed(after, loose), _fixed(before, loose)
    if wanted != found:
        names = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        yield forbidden("spec", f"{UPDATABLE_TEXT}\nchanged: {json.dumps(names)}")


def _ephemeral_update(new: Obj, old: Obj) -> Errors:
    """Containers may be added to look at the pod; those that are there stay as they are."""
    if MIRROR in (old["metadata"].get("annotations") or {}):
        yield forbidden("", "static pods do not support ephemeral containers")
        return
    yield from pod(new)
    found = {container["name"]: container for container in new["spec"].get("ephemeralContainers") or ()}
    for container in old["spec"].get("ephemeralContainers") or ():
        name = container["name"]
        if name not in found:
            text = f'existing ephemeral containers "{name}" may not be removed\n'
            yield forbidden("spec.ephemeralContainers", text)
        elif found[name] != container:
            changed = sorted(key for key in found[name] | container if found[name].get(key) != container.get(key))
            text = f'existing ephemeral containers "{name}" may not be changed\nchanged: {json.dumps(changed)}'
            yield forbidden("spec.ephemeralContainers", text)


def _gates_update(after: list[Obj] | None, before: list[Obj] | None) -> Errors:
    known = {gate["name"] for gate in before or ()}
    added = sorted(gate["name"] for gate in after or () if gate["name"] not in known)
    if added:
        text = f"only deletion is allowed, but found new scheduling gate '{added[0]}'"
        yield forbidden("spec.schedulingGates", text)


def _only_adds(after: Obj | None, before: Obj | None) -> bool:
    return (before or {}).items() <= (after or {}).items()


def _deadline_update(after: int | None, before: int | None) -> Errors:
    field = "spec.activeDeadlineSeconds"
    if after is None:
        if before is not None:
            yield invalid(field, "null", "must not update from a positive integer to nil value")
    elif not 0 <= after < 2**31:
        yield invalid(field, after, DEADLINE_TEXT.format(0))
    elif before is not None and before < after:
        yield invalid(field, after, "must be less than or equal to previous value")


def _without_seconds(toleration: Obj) -> Obj:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _fixed(spec: Obj, loose: set[str]) -> Obj:
    """The spec without what may change."""
    plain = {name: value for name, value in spec.items() if name not in loose}
    for group in ("containers", "initContainers"):
        if plain.get(group):
            plain[group] = [{**container, "image": ""} for container in plain[group]]
    return plain


RULES: dict[tuple[str, str], Rules] = {
    ("v1", "Pod"): rules(is_dns1123_subdomain, _new_pod)._replace(
        update=rules(is_dns1123_subdomain, change=pod_update).update,
        parts={"ephemeralcontainers": rules(is_dns1123_subdomain, change=_ephemeral_update).update},
    ),
}
