"""ResourceQuota: a namespace gets no more than it is granted; what is let in is charged at once.

A quota counts from the moment its controller has written its limits into the status.

Source    staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest, checkQuotas
Left out  limited resources by configuration (AdmissionConfiguration)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8slab.api.admission.attempt import Attempt, Cluster
from k8slab.objects import (
    canonical_quantity,
    is_in_scope,
    parse_quantity,
    quota_names,
    quota_usage,
    sum_of_resources,
)
from k8slab.wire import Conflict

__all__ = ["charge_quotas", "warn_of_requests"]

Obj = dict[str, Any]
Write = Callable[[Obj, Obj], object]

TRIES = 4
UNCOUNTED = {"events", "events.events.k8s.io"}
COUNTED_WHEN_CHANGED = {"persistentvolumeclaims", "services"}
LIMITABLE = ("cpu", "memory", "storage", "ephemeral-storage")
NEEDED = ("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def warn_of_requests(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None) -> None:
    """Warn of a new quota that grants more requests than limits (pkg/registry/core/resourcequota/strategy.go)."""
    hard = (new.get("spec") or {}).get("hard") or {}
    for name in LIMITABLE if old is None else ():
        asked = f"requests.{name}" if f"requests.{name}" in hard or name not in ("cpu", "memory") else name
        request, limit = hard.get(asked), hard.get(f"limits.{name}")
        if request is not None and limit is not None and parse_quantity(request) > parse_quantity(limit):
            text = f"ResourceQuota {asked} ({request}) should be less than limits.{name} ({limit})"
            attempt.warnings.append(text)


def charge_quotas(cluster: Cluster, attempt: Attempt, new: Obj, old: Obj | None, write: Write) -> None:
    """Charge the object to every quota that counts it, or to none. Raises Forbidden, Conflict."""
    resource = attempt.kind.full_name
    is_counted = old is None or resource in COUNTED_WHEN_CHANGED or attempt.subresource == "resize"
    if resource in UNCOUNTED or not is_counted:
        return
    for tries_left in reversed(range(TRIES)):
        quotas = cluster.list("ResourceQuota", attempt.namespace)
        charged = [(quota, _charged(attempt, quota, new, old)) for quota in quotas]
        try:
            for quota, used in charged:
                if used and not attempt.is_dry_run:
                    write({**quota, "status": {**quota["status"], "used": used}}, quota)
        except Conflict:
            if not tries_left:
                raise
        else:
            return


def _charged(attempt: Attempt, quota: Obj, new: Obj, old: Obj | None) -> dict[str, str] | None:
    """The quota's new usage; None when nothing is charged. Raises Forbidden when it would be too much."""
    status, resource = quota.get("status") or {}, attempt.kind.full_name
    hard, used = status.get("hard") or {}, status.get("used") or {}
    names = quota_names(resource, hard)
    if not names or not is_in_scope(quota, resource, new):
        return None
    if resource == "pods":
        _check_needed(attempt, quota, new["spec"], names)
    if not set(names) <= set(used):
        place = f"{quota['metadata']['name']}, resources: {','.join(names)}"
        raise attempt.forbidden(f"status unknown for quota: {place}")
    before = quota_usage(resource, old) if old is not None and is_in_scope(quota, resource, old) else {}
    asked = {name: more for name, more in _added(quota_usage(resource, new), before).items() if name in names}
    after = sum_of_resources([used, asked])
    if exceeded := [name for name in asked if parse_quantity(after[name]) > parse_quantity(hard[name])]:
        shown = [_shown(each, exceeded) for each in (asked, used, hard)]
        text = f"exceeded quota: {quota['metadata']['name']}, requested: {shown[0]}, used: {shown[1]}"
        raise attempt.forbidden(f"{text}, limited: {shown[2]}")
    return after if asked else None


def _added(now: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """What is used now beyond what was used before, where it is more."""
    more = {}
    for name, quantity in now.items():
        value = parse_quantity(quantity) - parse_quantity(before.get(name, "0"))
        if value > 0:
            more[name] = canonical_quantity(value, is_binary=quantity.endswith("i"))
    return more


def _check_needed(attempt: Attempt, quota: Obj, spec: Obj, names: list[str]) -> None:
    """Raises Forbidden when a container leaves open what the quota counts of cpu or memory."""
    missing: dict[str, list[str]] = {}
    for name in sorted(set(names) & set(NEEDED)):
        field, _, what = name.rpartition(".")
        for container in (*spec["containers"], *(spec.get("initContainers") or ())):
            if what not in ((container.get("resources") or {}).get(field or "requests") or {}):
                missing.setdefault(name, []).append(container["name"])
    if missing:
        texts = [f"{name} for: {','.join(sorted(containers))}" for name, containers in missing.items()]
        raise attempt.forbidden(f"failed quota: {quota['metadata']['name']}: must specify {'; '.join(texts)}")


def _shown(resources: Mapping[str, Any], names: list[str]) -> str:
    return ",".join(f"{name}={resources[name]}" for name in sorted(names) if name in resources)
